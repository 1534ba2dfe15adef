// Package cloudflarekv keeps objects in a namespace of Cloudflare Workers KV, where a Worker can read them:
// cloudflare-kv://ACCOUNT/NAMESPACE, with the identifiers of both. It speaks the API described at
// https://developers.cloudflare.com/api/resources/kv/. CLOUDFLARE_API_TOKEN is the token of somebody who may write there;
// CLOUDFLARE_API_BASE_URL stands for https://api.cloudflare.com/client/v4.
//
// Workers KV cannot write under a condition, and what was written is seen elsewhere up to a minute later. So Put reads before it
// writes, and reads again a second after: of two publishers at once the later one wins, and the earlier is told. Two that are further
// apart than that second but nearer than their reads are old would both believe that they won; then the log is missing the earlier
// one's record, and `edgewise log --verify` says so. Let one pipeline publish here, or publish to another store and promote from there.
package cloudflarekv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/internal/remote"
)

// Store is one namespace.
type Store struct {
	name      string // cloudflare-kv://ACCOUNT/NAMESPACE
	namespace string // its URL
	token     string
	settle    time.Duration // from a write to the reading that looks whether another came after
}

// Open gives a namespace. getenv is os.Getenv, or what stands for it.
func Open(u *url.URL, getenv func(string) string) (*Store, error) {
	namespace := strings.Trim(u.Path, "/")
	if u.Host == "" || namespace == "" || strings.Contains(namespace, "/") || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%s: write cloudflare-kv://ACCOUNT/NAMESPACE, with their identifiers", u.Redacted())
	}
	s := &Store{name: u.String(), token: getenv("CLOUDFLARE_API_TOKEN"), settle: time.Second}
	if s.token == "" {
		return nil, &store.Error{Op: "open", URL: s.name, Err: errors.New("no credentials"), Todo: "set CLOUDFLARE_API_TOKEN"}
	}
	endpoint := getenv("CLOUDFLARE_API_BASE_URL")
	if endpoint == "" {
		endpoint = "https://api.cloudflare.com/client/v4"
	}
	var err error
	s.namespace, err = url.JoinPath(endpoint, "accounts", url.PathEscape(u.Host), "storage/kv/namespaces", url.PathEscape(namespace))
	return s, err
}

func (s *Store) String() string { return s.name }

// Get reads a value. Its digest is its tag, as the API gives none.
func (s *Store) Get(ctx context.Context, key, known string) (store.Object, error) {
	response, err := s.do(ctx, http.MethodGet, s.value(key), nil)
	if err != nil {
		return store.Object{}, s.fail("read", key, err)
	}
	tag := store.DigestTag(response.Body)
	if tag == known {
		return store.Object{}, s.fail("read", key, store.ErrSame)
	}
	return store.Object{Data: response.Body, Tag: tag}, nil
}

// Put writes a value; the package comment says what its condition is worth.
func (s *Store) Put(ctx context.Context, key string, data []byte, unchanged string) (string, error) {
	before, err := s.Get(ctx, key, "")
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if before.Tag != unchanged {
		return "", s.fail("write", key, store.ErrChanged)
	}
	if _, err := s.do(ctx, http.MethodPut, s.value(key), data); err != nil {
		return "", s.fail("write", key, err)
	}
	select {
	case <-ctx.Done():
		return "", s.fail("write", key, ctx.Err())
	case <-time.After(s.settle):
	}
	tag := store.DigestTag(data)
	after, err := s.Get(ctx, key, "")
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && after.Tag == before.Tag: // what was read is older than the write
		return tag, nil
	case err != nil:
		return "", err
	case after.Tag != tag:
		return "", s.fail("write", key, store.ErrChanged)
	}
	return tag, nil
}

// listing is a page of keys.
type listing struct {
	Result     []struct{ Name string }
	ResultInfo struct{ Cursor string } `json:"result_info"`
}

// List asks for page after page.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	keys := []string{}
	for cursor := ""; ; {
		query := url.Values{"prefix": {prefix}, "limit": {"1000"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		response, err := s.do(ctx, http.MethodGet, s.namespace+"/keys?"+query.Encode(), nil)
		var page listing
		if err == nil {
			err = json.Unmarshal(response.Body, &page)
		}
		if err != nil {
			return nil, s.fail("list", prefix, err)
		}
		for _, key := range page.Result {
			keys = append(keys, key.Name)
		}
		if cursor = page.ResultInfo.Cursor; cursor == "" {
			slices.Sort(keys)
			return keys, nil
		}
	}
}

func (s *Store) value(key string) string { return s.namespace + "/values/" + url.PathEscape(key) }

func (s *Store) do(ctx context.Context, method, at string, body []byte) (*remote.Response, error) {
	header := http.Header{"Authorization": {"Bearer " + s.token}}
	if body != nil {
		header.Set("Content-Type", "application/octet-stream")
	}
	response, err := remote.Do(ctx, method, at, header, body, nil)
	if err != nil {
		return nil, err
	}
	if response.Status/100 == 2 {
		return response, nil
	}
	var answer struct {
		Errors []struct {
			Code    int
			Message string
		}
	}
	f := &failure{status: response.Status, error: remote.Unexpected(response)}
	if json.Unmarshal(response.Body, &answer) == nil && len(answer.Errors) > 0 {
		first := answer.Errors[0]
		f.code, f.error = first.Code, fmt.Errorf("the server answered %d, code %d: %q", response.Status, first.Code, first.Message)
	}
	return nil, f
}

// keyNotFound is the code of an answer about a key that is not there; namespaces that are not there have others.
const keyNotFound = 10009

// failure is an answer with a status that is an error.
type failure struct {
	status, code int
	error
}

func (s *Store) fail(op, key string, err error) error {
	todo := ""
	var f *failure
	if errors.As(err, &f) {
		switch {
		case f.code == keyNotFound:
			err = store.ErrNotFound
		case f.status == http.StatusUnauthorized || f.status == http.StatusForbidden:
			todo = "see whether CLOUDFLARE_API_TOKEN is that of somebody who may " + op + " there"
		case f.status == http.StatusNotFound:
			todo = "see whether there is such a namespace: `wrangler kv namespace list` prints identifiers"
		}
	}
	return &store.Error{Op: op, URL: s.name, Key: key, Err: err, Todo: todo}
}
