package edge_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge"
)

// What comes out depends on nothing but the URL, the headers of Vary, and what the route's flags own up to: two requests that agree on these come out alike,
// however much they differ otherwise. Nor does a route come out in more ways than the compiler counts.
func TestNothingElseCounts(t *testing.T) {
	all := map[string]*core.Bundle{"shop": compiled(t, shop), "keeping": compiled(t, keeping)}
	for _, path := range []string{"httpcache/bundle.yaml", "../bundles/examples/storefront", "../bundles/examples/consent"} {
		loaded, err := bundles.Load(path)
		require.NoError(t, err)
		b, err := core.Load(loaded.Data)
		require.NoError(t, err)
		all[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = b
	}
	compared, changed, reached := 0, 0, false
	for name, b := range all {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			x, y := edge.NewExchange(b), edge.NewExchange(b)
			came := map[*format.Route]map[string]bool{}
			for range 3000 {
				one := someone(r, b)
				p := x.Plan(one)
				route := routeOf(b, p.Route)
				if route == nil {
					continue
				}
				if p.Location == "" && !p.Cache.Private {
					if came[route] == nil {
						came[route] = map[string]bool{}
					}
					came[route][strings.Clone(p.Cache.Key)] = true
				}
				other := someone(r, b)
				other.URL, other.Method = one.URL, one.Method
				whole := y.Plan(other)
				if whole.Cache.Key != p.Cache.Key || whole.Location != p.Location {
					changed++
				}
				agree(one, other, b, route)
				q := y.Plan(other)
				require.Equal(t, p.Location, q.Location, "%v\n%v", one, other)
				require.Equal(t, p.Cache.Key, q.Cache.Key, "%v\n%v", one, other)
				require.Equal(t, p.Origin, q.Origin)
				compared++
			}
			for route, keys := range came {
				require.LessOrEqual(t, len(keys), int(route.Outcomes), "%s: more than the compiler counts: %v", b.String(route.Pattern), keys)
				reached = reached || len(keys) > 2 && len(keys) == int(route.Outcomes)
			}
		})
	}
	require.Greater(t, compared, 5000)
	require.Greater(t, changed, 1000, "the requests differ in what matters")
	require.True(t, reached, "no route comes out in all the ways that the compiler counts")
}

func routeOf(b *core.Bundle, pattern string) *format.Route {
	for i := range b.Routes {
		if b.String(b.Routes[i].Pattern) == pattern {
			return &b.Routes[i]
		}
	}
	return nil
}

// agree gives other what a route's answers can depend on as one has it.
func agree(one, other *edge.Visit, b *core.Bundle, route *format.Route) {
	varies := func(h edge.Header) bool {
		return slices.ContainsFunc(strings.Split(b.String(route.Vary), ", "), func(name string) bool { return strings.EqualFold(name, h.Name) })
	}
	other.Headers = slices.DeleteFunc(other.Headers, varies)
	for _, h := range one.Headers {
		if varies(h) || h.Name == "Host" {
			other.Headers = append(other.Headers, h)
		}
	}
	if route.Flags&format.RoutePlatform != 0 {
		other.Geo, other.ClientIP = one.Geo, one.ClientIP
	}
	if route.Flags&format.RouteTime != 0 {
		other.Seconds = one.Seconds
	}
}

// someone makes up a request to a route of a bundle.
func someone(r *rand.Rand, b *core.Bundle) *edge.Visit {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	path := "/"
	if len(b.Routes) > 0 {
		path = strings.ReplaceAll(b.String(b.Routes[r.IntN(len(b.Routes))].Pattern), "*", one("", "x", "a/b"))
	}
	v := &edge.Visit{Request: edge.Request{Method: one("GET", "GET", "HEAD", "POST"), URL: path + one("", "?utm_campaign=sale", "?utm_campaign=summer&q=1")}}
	header := func(name, value string) {
		if value != "" {
			v.Headers = append(v.Headers, edge.Header{Name: name, Value: value})
		}
	}
	header("Host", "shop.example")
	header("User-Agent", one("", browserUA, "Googlebot/2.1", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"))
	header("Sec-CH-UA-Mobile", one("", "?1", "?0"))
	header("Sec-CH-UA-Platform", one("", `"Android"`))
	header("Accept-Language", one("", "de-DE,de;q=0.9", "en", "fr-CH"))
	header("Save-Data", one("", "on"))
	header("ECT", one("", "2g", "4g"))
	header("Referer", one("", "https://search.example/", "https://news.example/x"))
	header("Sec-GPC", one("", "", "1"))
	header("X-Plan", one("", "pro"))
	header("Cookie", strings.Join([]string{one("", agreed, strings.Replace(agreed, "preferences:true", "preferences:false", 1)), one("", "cart=80", "cart=10", "cart_value=99"), one("", "account=1", "account=2"),
		one("", "", "edgewise-personalization=off"), one("", "visits=3"), one("", "tier=gold")}, "; "))
	v.Geo = edge.Geo{Country: one("", "DE", "US", "GB", "FR", "AT"), Region: one("", "CA", "BY"), City: one("", "Berlin"), Continent: one("", "EU", "NA"), Timezone: one("", "Europe/Berlin")}
	v.ClientIP = one("", "192.0.2.1", "2001:db8::1")
	v.Seconds = 1_700_000_000 + r.Int64N(100_000_000)
	return v
}
