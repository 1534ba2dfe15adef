package s3

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
)

func open(t *testing.T, name string, environment map[string]string) *Store {
	u, err := url.Parse(name)
	require.NoError(t, err)
	s, err := Open(u, func(name string) string { return environment[name] })
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	environment := storetest.S3(t, "shop")
	storetest.Run(t, storetest.Kind{
		Open: func(t *testing.T, name string) store.Store {
			return open(t, "s3://shop/rules and more/"+name+"/", environment)
		},
		Many: 1003, // a page holds 1,000
	})
}

func TestFailures(t *testing.T) {
	environment := storetest.S3(t, "shop")
	_, err := open(t, "s3://none", environment).Get(t.Context(), "head", "")
	require.ErrorContains(t, err, "cannot read s3://none: head: the server answered 404 NoSuchBucket")
	hint(t, err, "make the bucket")

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
