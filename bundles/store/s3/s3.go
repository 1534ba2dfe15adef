// Package s3 keeps objects in a bucket of Amazon S3, or of anything that speaks its protocol and honours conditional writes (If-Match and
// If-None-Match on PutObject: Amazon since 2024, MinIO, Ceph, Cloudflare R2, versitygw): s3://BUCKET/PREFIX. With a server that ignores
// the conditions two publishers at once would both believe that they won.
//
// The environment says the rest, as Amazon's own tools name it: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION or
// AWS_DEFAULT_REGION, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL for a server other than Amazon's.
package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/internal/remote"
)

// Store is a bucket, or what lies under a prefix of it.
type Store struct {
	name        string   // s3://BUCKET/PREFIX
	bucket      *url.URL // of the bucket on its server
	prefix      string   // "" or ends with a slash
	region      string
	credentials aws.Credentials
	signer      *v4.Signer
	now         func() time.Time
}

// Open gives the store in a bucket. getenv is os.Getenv, or what stands for it.
func Open(u *url.URL, getenv func(string) string) (*Store, error) {
	s := &Store{
		name:   u.String(),
		prefix: strings.Trim(u.Path, "/"),
		region: first(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), "us-east-1"),
		credentials: aws.Credentials{
			AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    getenv("AWS_SESSION_TOKEN"),
		},
		signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }), // S3 signs paths as they are sent
		now:    time.Now,
	}
	if s.prefix != "" {
		s.prefix += "/"
	}
	if u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%s: write s3://BUCKET/PREFIX", u.Redacted())
	}
	if s.credentials.AccessKeyID == "" || s.credentials.SecretAccessKey == "" {
		return nil, &store.Error{Op: "open", URL: s.name, Err: errors.New("no credentials"),
			Todo: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws configure export-credentials --format env` prints them"}
	}
	var err error
	s.bucket, err = bucketURL(u.Host, s.region, first(getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")))
	return s, err
}

// bucketURL is where a bucket lies: at Amazon's in its own host, elsewhere and where its name is no host's in a path.
func bucketURL(bucket, region, endpoint string) (*url.URL, error) {
	if endpoint == "" && !strings.Contains(bucket, ".") {
		return url.Parse("https://" + bucket + ".s3." + region + ".amazonaws.com/")
	}
	u, err := url.Parse(first(endpoint, "https://s3."+region+".amazonaws.com"))
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("AWS_ENDPOINT_URL is no URL: %q", endpoint)
	}
	return u.JoinPath(bucket + "/"), nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (s *Store) String() string { return s.name }

// Get reads an object.
func (s *Store) Get(ctx context.Context, key, known string) (store.Object, error) {
	header := http.Header{}
	if known != "" {
		header.Set("If-None-Match", known)
	}
	response, err := s.do(ctx, http.MethodGet, s.bucket.JoinPath(s.prefix+key), header, nil)
	if err == nil && response.Status == http.StatusNotModified {
		err = store.ErrSame
	}
	if err != nil {
		return store.Object{}, s.fail("read", key, err)
	}
	return store.Object{Data: response.Body, Tag: response.Header.Get("ETag")}, nil
}

// Put writes an object.
func (s *Store) Put(ctx context.Context, key string, data []byte, unchanged string) (string, error) {
	header := http.Header{"Content-Type": {"application/octet-stream"}}
	if unchanged == "" {
		header.Set("If-None-Match", "*")
	} else {
		header.Set("If-Match", unchanged)
	}
	response, err := s.do(ctx, http.MethodPut, s.bucket.JoinPath(s.prefix+key), header, data)
	if code := codeOf(err); code == "PreconditionFailed" || code == "ConditionalRequestConflict" || code == "NoSuchKey" {
		err = store.ErrChanged
	}
	if err != nil {
		return "", s.fail("write", key, err)
	}
	return response.Header.Get("ETag"), nil
}

// listing is an answer to ListObjectsV2.
type listing struct {
	Contents              []struct{ Key string }
	NextContinuationToken string
}

// List asks for page after page.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	for token := ""; ; {
		query := url.Values{"list-type": {"2"}, "prefix": {s.prefix + prefix}}
		if token != "" {
			query.Set("continuation-token", token)
		}
		at := *s.bucket
		at.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // as the signature wants it
		response, err := s.do(ctx, http.MethodGet, &at, nil, nil)
		var page listing
		if err == nil {
			err = xml.Unmarshal(response.Body, &page)
		}
		if err != nil {
			return nil, s.fail("list", prefix, err)
		}
		for _, object := range page.Contents {
			keys = append(keys, strings.TrimPrefix(object.Key, s.prefix))
		}
		if token = page.NextContinuationToken; token == "" {
			slices.Sort(keys)
			return keys, nil
		}
	}
}

// do makes a signed request. Answers that are errors become errors.
func (s *Store) do(ctx context.Context, method string, at *url.URL, header http.Header, body []byte) (*remote.Response, error) {
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	response, err := remote.Do(ctx, method, at.String(), header, body, func(request *http.Request) error {
		request.Header.Set("X-Amz-Content-Sha256", digest)
		return s.signer.SignHTTP(ctx, s.credentials, request, digest, "s3", s.region, s.now())
	})
	if err != nil {
		return nil, err
	}
	switch response.Status {
	case http.StatusOK, http.StatusNotModified:
		return response, nil
	}
	answer := failure{Status: response.Status}
	if xml.Unmarshal(response.Body, &answer) != nil || answer.Code == "" {
		return nil, remote.Unexpected(response)
	}
	return nil, &answer
}

// failure is an answer of the server that tells what is wrong.
type failure struct {
	Status  int `xml:"-"`
	Code    string
	Message string
}

func (f *failure) Error() string {
	return fmt.Sprintf("the server answered %d %s: %q", f.Status, f.Code, f.Message)
}

func codeOf(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func (s *Store) fail(op, key string, err error) error {
	todo := ""
	switch codeOf(err) {
	case "NoSuchKey":
		err = store.ErrNotFound
	case "NoSuchBucket":
		todo = "make the bucket, or see whether AWS_ENDPOINT_URL_S3 and AWS_REGION name the right server"
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
		todo = "see whether AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are those of somebody who may " + op + " there"
	case "AuthorizationHeaderMalformed", "PermanentRedirect":
		todo = "set AWS_REGION to the region of the bucket"
	case "NotImplemented":
		todo = "this server cannot write under a condition, so that two publishers at once could not be told apart; use another"
	}
	return &store.Error{Op: op, URL: s.name, Key: key, Err: err, Todo: todo}
}
