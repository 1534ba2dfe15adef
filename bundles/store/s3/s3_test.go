package s3

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
)

// server starts versitygw, an S3 server, over an empty folder, and gives the environment of somebody who may use it. It ends with the test.
func server(t *testing.T) map[string]string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	programs, err := filepath.Glob(filepath.Join(cache, "edgewise", "tools", "versitygw-*", "bin", "versitygw"))
	require.NoError(t, err)
	if len(programs) == 0 {
		require.Empty(t, os.Getenv("CI"), "no S3 server: run scripts/setup versitygw")
		t.Skip("no S3 server: run scripts/setup versitygw")
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := port.Addr().String()
	require.NoError(t, port.Close())

	root := t.TempDir()
	for _, folder := range []string{"objects", "attributes"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o755))
	}
	command := exec.Command(programs[len(programs)-1], "--quiet", "--port", address, "--access", "tester", "--secret", "SECRET",
		"posix", "--sidecar", filepath.Join(root, "attributes"), filepath.Join(root, "objects"))
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	for range 100 {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
			return map[string]string{"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_S3": "http://" + address}
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Fail(t, "the S3 server does not listen")
	return nil
}

func open(t *testing.T, name string, environment map[string]string) *Store {
	u, err := url.Parse(name)
	require.NoError(t, err)
	s, err := Open(u, func(name string) string { return environment[name] })
	require.NoError(t, err)
	return s
}

func makeBucket(t *testing.T, s *Store) {
	_, err := s.do(t.Context(), http.MethodPut, s.bucket, nil, nil)
	require.NoError(t, err)
}

func TestStore(t *testing.T) {
	environment := server(t)
	makeBucket(t, open(t, "s3://shop", environment))
	storetest.Run(t, storetest.Kind{
		Open: func(t *testing.T, name string) store.Store {
			return open(t, "s3://shop/rules and more/"+name+"/", environment)
		},
		Many: 1003, // a page holds 1,000
	})
}

func TestFailures(t *testing.T) {
	environment := server(t)
	_, err := open(t, "s3://none", environment).Get(t.Context(), "head", "")
	require.ErrorContains(t, err, "cannot read s3://none: head: the server answered 404 NoSuchBucket")
	hint(t, err, "make the bucket")

	makeBucket(t, open(t, "s3://shop", environment))
	environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
	_, err = open(t, "s3://shop", environment).Put(t.Context(), "head", nil, "")
	require.ErrorContains(t, err, "SignatureDoesNotMatch")
	hint(t, err, "AWS_ACCESS_KEY_ID")

	environment["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:1"
	_, err = open(t, "s3://shop", environment).List(t.Context(), "log/")
	require.ErrorContains(t, err, "cannot list s3://shop: log/: dial tcp 127.0.0.1:1")
	require.NotContains(t, fmt.Sprint(err), "tester")
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name, url   string
		environment map[string]string
		bucket, err string
	}{
		{"at Amazon's", "s3://shop/rules", map[string]string{"AWS_REGION": "eu-west-1"}, "https://shop.s3.eu-west-1.amazonaws.com/", ""},
		{"at Amazon's, where nothing is said", "s3://shop", nil, "https://shop.s3.us-east-1.amazonaws.com/", ""},
		{"with a name that is no host's", "s3://my.shop", map[string]string{"AWS_DEFAULT_REGION": "eu-west-1"},
			"https://s3.eu-west-1.amazonaws.com/my.shop/", ""},
		{"elsewhere", "s3://shop", map[string]string{"AWS_ENDPOINT_URL": "http://localhost:9000/s3/"}, "http://localhost:9000/s3/shop/", ""},
		{"elsewhere for S3 only", "s3://shop", map[string]string{"AWS_ENDPOINT_URL": "http://x", "AWS_ENDPOINT_URL_S3": "http://y"}, "http://y/shop/", ""},
		{"without a bucket", "s3:///rules", nil, "", "write s3://BUCKET/PREFIX"},
		{"with a query", "s3://shop?region=x", nil, "", "write s3://BUCKET/PREFIX"},
		{"with an endpoint that is no URL", "s3://shop", map[string]string{"AWS_ENDPOINT_URL": "localhost"}, "", "AWS_ENDPOINT_URL is no URL"},
		{"without credentials", "s3://shop", map[string]string{"AWS_SECRET_ACCESS_KEY": ""}, "", "no credentials"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(test.url)
			require.NoError(t, err)
			environment := map[string]string{"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "SECRET"}
			for name, value := range test.environment {
				environment[name] = value
			}
			s, err := Open(u, func(name string) string { return environment[name] })
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.bucket, s.bucket.String())
		})
	}
}

func hint(t *testing.T, err error, want string) {
	var failed *store.Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Hint(), want)
}
