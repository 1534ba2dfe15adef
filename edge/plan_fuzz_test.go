package edge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/sfv"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// everyKind has decisions of every kind on one route.
const everyKind = `
bundle: all
attributes:
  cart: {type: double, purpose: personalization, from: "cookie:cart"}
  items: {type: list(string), purpose: personalization, from: "cookie:items"}
  campaign: {type: string, purpose: necessary, from: "query:utm_campaign"}
consent:
  cookies: {CookieConsent: cookiebot}
  purposes: {personalization: {tcf: {subject: core, purposes: [1]}, cmp: {CookieConsent: [preferences]}, gpp: {opt_out_of: [sale]}, gpc: denies}}
  jurisdictions: [{name: us, when: 'geo.country == "US"', modes: {"*": opt_out}}, {modes: {"*": opt_in}}]
deciders: {tiers: {rules: [{when: cart > 5.0, serve: b}]}}
decisions:
  asks: {purpose: personalization, measure: {event: order, within: 7d, purpose: personalization}, variants: {a: 1, b: 2}, default: a, rules: [{id: asks, when: cart > 1.0, defer: {to: tiers, within: 50ms, otherwise: a}}, {id: half, split: {by: campaign, weights: {a: 50, b: 50}, seed: s}}]}
  header: {purpose: necessary, act: {header: X-Device}, variants: {m: mobile, d: desktop}, default: d, rules: [{when: 'device.class == "mobile"', serve: m}]}
  rewrite: {purpose: necessary, act: rewrite, variants: {same: null, sale: "/sale"}, default: same, rules: [{when: 'campaign == "sale" || "x" in request.query', serve: sale}]}
  items: {purpose: personalization, variants: {few: 1, many: 2}, default: few, rules: [{when: 'size(items) > 2 || "de" in request.languages || request.referrer_host == "x"', serve: many}]}
routes: [{path: "/*"}]
`

// requireWithin sees that a plan stays within what platforms and servers take, and says nothing that is not well formed.
func requireWithin(t testing.TB, p *edge.Plan) {
	t.Helper()
	require.True(t, json.Valid(p.AppendJSON(nil)), "%s", p.AppendJSON(nil))
	for _, line := range p.Lines {
		require.True(t, json.Valid([]byte(line)), line)
	}
	for _, h := range append(p.RequestHeaders, p.ResponseHeaders...) {
		require.Equal(t, -1, strings.IndexFunc(h.Name+h.Value, func(c rune) bool { return c < ' ' || c > '~' }), "%q", h)
		if h.Name == "Edgewise-Decisions" {
			require.LessOrEqual(t, len(h.Value), edge.MaxDecisionsHeader)
			d := sfv.NewDictionary(h.Value)
			for d.Next() {
				require.NotEmpty(t, d.Key())
			}
			require.NoError(t, d.Err())
		}
	}
	require.Equal(t, -1, strings.IndexFunc(p.Origin.Path+p.Location, func(c rune) bool { return c <= ' ' || c > '~' }), "%q", p.Origin.Path+p.Location)
	if p.Action == edge.Forward {
		require.True(t, strings.HasPrefix(p.Origin.Path, "/") && !strings.HasPrefix(p.Origin.Path, "//"), "%q", p.Origin.Path)
	}
}

// Bytes that are a visit are planned, whatever is in it, and what becomes of its hand-over too; all others are refused.
func FuzzPlan(f *testing.F) {
	v := visit("/a?utm_campaign=sale&x#y", "Cookie: cart=80; items=a,b; "+agreed, "User-Agent: "+browserUA, "Sec-GPC: 0", "Accept-Language: de", "edgewise-x: y")
	v.Random, v.Secrets = make([]byte, edge.RandomSize), [][]byte{[]byte("0123456789abcdef"), []byte("fedcba9876543210")}
	f.Add(edge.AppendVisit(nil, v, nil))
	f.Add(edge.AppendVisit(nil, v, &edge.HandOver{Outcome: edge.Answered, Status: 200, Body: []byte(`{"decisions":{"asks":{"variant":"b"}}}`), Signature: "t=0,v1=00"}))
	f.Add(edge.AppendVisit(nil, v, &edge.HandOver{Outcome: 77}))
	f.Add([]byte{})
	x, in := edge.NewExchange(compiled(f, everyKind)), &edge.Inbox{}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !in.Read(data) {
			return
		}
		p := x.Plan(&in.Visit)
		requireWithin(t, p)
		before := string(p.AppendJSON(nil))
		x.HandOver(nil)
		requireWithin(t, x.Finish(&in.HandOver))
		require.Equal(t, before, string(x.Plan(&in.Visit).AppendJSON(nil)), "the same visit")
	})
}

// The requests of a public access log, and worse: each with the bytes of its parts in every header that is read.
func TestPlansOfThePublic(t *testing.T) {
	x := edge.NewExchange(compiled(t, everyKind))
	count := 0
	for _, r := range vectors.Lines[struct{ Method, Path, Referrer, UA string }](t, "requests", "requests.jsonl") {
		for _, h := range [][]string{
			{"User-Agent: " + r.UA, "Referer: " + r.Referrer},
			{"Cookie: " + r.UA, "Accept-Language: " + r.Path, "Sec-CH-UA: " + r.Referrer, "Host: " + r.UA, "Cookie: euconsent-v2=" + r.Path + "; CookieConsent=" + r.UA},
		} {
			v := visit(r.Path, h...)
			v.Method = r.Method
			p := x.Plan(v)
			requireWithin(t, p)
			require.Equal(t, edge.Forward, p.Action)
			require.Len(t, p.Decisions, 4)
			count++
		}
	}
	require.GreaterOrEqual(t, count, 2000)
}
