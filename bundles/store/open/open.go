// Package open finds the store that a URL names.
package open

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/cloudflarekv"
	"github.com/edgewise-dev/edgewise/bundles/store/fastlykv"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/store/s3"
	"github.com/edgewise-dev/edgewise/bundles/store/web"
)

// Schemes are the ways to name a store, for help texts.
const Schemes = "a folder, file:///PATH, s3://BUCKET/PREFIX, fastly-kv://STORE, cloudflare-kv://ACCOUNT/NAMESPACE, or to read https://HOST/PATH"

var scheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://`)

// URL opens the store that a URL names; what is no URL is a folder. Credentials are read from the environment, as each kind's package says.
func URL(name string) (store.Store, error) {
	if name == "" {
		return nil, fmt.Errorf("no store is named: write %s", Schemes)
	}
	if !scheme.MatchString(name) {
		return folder.Open(name), nil
	}
	u, err := url.Parse(name)
	if err != nil {
		kind, _, _ := strings.Cut(name, ":")
		return nil, fmt.Errorf("what begins with %s:// is no URL", kind) // all of it may hold what is secret
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" && u.Host != "localhost" || u.Path == "" {
			return nil, fmt.Errorf("%s: write file:///PATH, with three slashes", name)
		}
		return folder.Open(u.Path), nil
	case "s3":
		return s3.Open(u, os.Getenv)
	case "fastly-kv":
		return fastlykv.Open(u, os.Getenv)
	case "cloudflare-kv":
		return cloudflarekv.Open(u, os.Getenv)
	case "https", "http":
		return web.Open(u), nil
	}
	return nil, fmt.Errorf("there are no stores at %s://: write %s", u.Scheme, Schemes)
}
