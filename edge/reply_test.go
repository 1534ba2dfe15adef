package edge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
)

// keeping is a bundle with a route for each thing that what is kept of a page can depend on.
const keeping = `
bundle: keeping
attributes: {plan: {type: string, purpose: necessary, from: "header:X-Plan"}}
deciders: {tiers: {rules: [{serve: b}]}}
decisions:
  device: {purpose: necessary, variants: {a: 1, b: 2}, default: a, rules: [{when: network.save_data, serve: b}, {when: 'plan == "pro"', serve: b}]}
  country: {purpose: necessary, variants: {a: 1, b: 2}, default: a, rules: [{when: 'geo.country == "DE"', serve: b}]}
  made: {purpose: necessary, variants: {a: 1, b: 2}, default: a, rules: [{defer: {to: tiers, within: 1s, otherwise: a, mode: with_page}}]}
  later: {purpose: necessary, variants: {a: 1, b: 2}, default: a, rules: [{defer: {to: tiers, within: 1s, otherwise: a, mode: after_render}}]}
  bare: {purpose: necessary, variants: {a: 1, b: 2}, rules: [{when: network.save_data, serve: b}]}
  move: {purpose: necessary, act: {redirect: 302}, variants: {a: null, b: /x}, default: a, rules: [{when: network.save_data, serve: b}]}
routes:
  - {path: /device, decisions: [device]}
  - {path: /country, decisions: [device, country]}
  - {path: /made, decisions: [made]}
  - {path: /later, decisions: [later]}
  - {path: /bare, decisions: [bare]}
  - {path: /move, decisions: [move, country]}
  - {path: /nothing, decisions: []}
`

func TestCacheKey(t *testing.T) {
	x := edge.NewExchange(compiled(t, keeping))
	for _, c := range []struct {
		name    string
		visit   *edge.Visit
		key     string
		vary    []string
		private bool
	}{
		{"what came out", visit("/device"), "device=a", []string{"Save-Data", "X-Plan"}, false},
		{"not why", visit("/device", "Save-Data: on"), "device=b", []string{"Save-Data", "X-Plan"}, false},
		{"nor by which of the inputs", visit("/device", "X-Plan: pro"), "device=b", []string{"Save-Data", "X-Plan"}, false},
		{"all decisions by name", visit("/country"), "country=a&device=a", []string{"Save-Data", "X-Plan"}, false},
		{"what the origin decides while it makes the page is for one visitor", visit("/made"), "made=a;deferred", nil, true},
		{"a page that asks later is another page", visit("/later"), "later=a;deferred", nil, false},
		{"the caller's own default", visit("/bare"), "bare=", []string{"Save-Data"}, false},
		{"a redirect that does nothing", visit("/move"), "country=a", []string{"Save-Data"}, false},
		{"nothing is decided", visit("/nothing"), "", nil, false},
		{"no route", visit("/elsewhere"), "", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := x.Plan(c.visit)
			require.Equal(t, c.key, p.Cache.Key)
			require.Equal(t, strings.Join(c.vary, ","), strings.Join(p.Cache.Vary, ","))
			require.Equal(t, c.private, p.Cache.Private)
			header := func(name string) (value string) {
				for _, h := range p.RequestHeaders {
					if h.Name == name {
						value = h.Value
					}
				}
				return value
			}
			require.Equal(t, c.key, header("Edgewise-Key"))
			require.Equal(t, c.private, header("Edgewise-Private") == "?1")
			require.NotContains(t, header("Edgewise-Decisions"), "move")
		})
	}
}

// Many decisions make a key that no cache would take: its hash stands for it, another one for other outcomes.
func TestLongCacheKey(t *testing.T) {
	many := "bundle: many\ndecisions:\n"
	for i := range 60 {
		many += fmt.Sprintf("  decision_%02d: {purpose: necessary, variants: {first: 1, second: 2}, default: first, rules: [{when: 'request.query[?\"n\"].orValue(\"\") == \"%d\"', serve: second}]}\n", i, i)
	}
	x := edge.NewExchange(compiled(t, many+"routes: [{path: /*}, {path: /none, decisions: []}]\n"))
	seen := map[string]bool{}
	for i := range 61 {
		key := strings.Clone(x.Plan(visit(fmt.Sprintf("/?n=%d", i))).Cache.Key)
		require.Regexp(t, "^[0-9a-f]{1,16}$", key)
		require.Equal(t, key, x.Plan(visit(fmt.Sprintf("/x?a=b&n=%d", i))).Cache.Key)
		seen[key] = true
	}
	require.Len(t, seen, 61)
}

func TestReply(t *testing.T) {
	x := edge.NewExchange(compiled(t, keeping))
	none := []edge.Header(nil)
	for _, c := range []struct {
		name, url string
		origin    []string
		set       []string
		drop      []string
	}{
		{"nothing is decided: as the origin says", "/elsewhere", []string{"Cache-Control: public, max-age=60", "Vary: Accept"}, nil, nil},
		{"what the decisions can depend on joins what the origin says", "/device", []string{"Cache-Control: public, max-age=60", "Vary: accept-encoding, save-data", "vary: Edgewise-Key"},
			[]string{"Vary: accept-encoding, save-data, X-Plan"}, nil},
		{"the origin says nothing", "/device", nil, []string{"Vary: Save-Data, X-Plan"}, nil},
		{"everything already", "/device", []string{"Vary: X-Plan,Save-Data"}, nil, nil},
		{"more than everything", "/device", []string{"Vary: *"}, nil, nil},
		{"what only the handler says goes", "/elsewhere", []string{"Vary: Edgewise-Key"}, nil, []string{"Vary"}},
		{"no header shows the country", "/country", []string{`Cache-Control: public, max-age=60, S-MaxAge=600, private="x, y", must-revalidate`, "Cache-Control: immutable"},
			[]string{"Cache-Control: private, max-age=60, must-revalidate, immutable", "Vary: Save-Data, X-Plan"}, nil},
		{"nor what the origin decided", "/made", nil, []string{"Cache-Control: private"}, nil},
		{"a cookie is for one visitor", "/elsewhere", []string{"Set-Cookie: a=b", "Cache-Control: max-age=60", "CDN-Cache-Control: max-age=600", "surrogate-control: max-age=600", "ETag: x"},
			[]string{"Cache-Control: private, max-age=60"}, []string{"CDN-Cache-Control", "surrogate-control"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r edge.Reply
			r.To(x.Plan(visit(c.url)), with("/", c.origin...).Headers)
			require.Equal(t, with("/", c.set...).Headers, append(none, r.Set...))
			require.Equal(t, c.drop, append([]string(nil), r.Drop...))
		})
	}
}

func TestReplyAllocatesNothing(t *testing.T) {
	x := edge.NewExchange(compiled(t, keeping))
	v := visit("/country", "Save-Data: on")
	origin := with("/", "Cache-Control: public, max-age=60", "Vary: accept-encoding, Edgewise-Key", "Set-Cookie: a=b").Headers
	var r edge.Reply
	require.Zero(t, testing.AllocsPerRun(100, func() { r.To(x.Plan(v), origin) }))
}
