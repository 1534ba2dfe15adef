package open_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store/open"
)

func TestURL(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FASTLY_API_TOKEN", "CLOUDFLARE_API_TOKEN"} {
		t.Setenv(name, "SECRET")
	}
	tests := []struct{ name, url, want, err string }{
		{"a folder", "shop", "shop", ""},
		{"a folder from the root", "/srv/shop", "/srv/shop", ""},
		{"a folder with a colon", "a:b", "a:b", ""},
		{"a file URL", "file:///srv/my%20shop", "/srv/my shop", ""},
		{"a file URL with a host", "file://srv/shop", "", "three slashes"},
		{"a bucket", "s3://shop/rules", "s3://shop/rules", ""},
		{"a Fastly KV store", "fastly-kv://abc", "fastly-kv://abc", ""},
		{"a Cloudflare namespace", "cloudflare-kv://abc/def", "cloudflare-kv://abc/def", ""},
		{"a web server", "https://cdn.example/shop", "https://cdn.example/shop", ""},
		{"nothing", "", "", "no store is named"},
		{"something else", "ftp://host/shop", "", "there are no stores at ftp://"},
		{"no URL", "s3://%zz", "", "is no URL"},
		{"no URL, with a password", "https://anna:SECRET%zz@cdn.example/shop", "", "is no URL"},
		{"a web server that wants a token", "https://SECRET@cdn.example/shop?sig=SECRET", "https://xxxxx@cdn.example/shop?xxxxx", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := open.URL(test.url)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.NotContains(t, err.Error(), "SECRET")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, s.String())
		})
	}
}
