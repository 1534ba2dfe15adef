package edge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
)

// compiled compiles a bundle's source.
func compiled(t testing.TB, text string) *core.Bundle {
	t.Helper()
	src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(text)})
	require.NoError(t, err)
	made, err := bundles.Compile(src)
	require.NoError(t, err)
	b, err := core.Load(made.Data)
	require.NoError(t, err)
	return b
}

const shop = `
bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  campaign: {type: string, purpose: necessary, from: "query:utm_campaign"}
consent:
  cookies: {CookieConsent: cookiebot}
  purposes:
    personalization: {tcf: {subject: core, purposes: [1]}, cmp: {CookieConsent: [preferences]}, gpc: denies}
  jurisdictions: [{modes: {"*": opt_in}}]
decisions:
  hero:
    purpose: personalization
    variants: {plain: /hero/plain.html, gold: /hero/gold.html}
    default: plain
    rules: [{id: gold, when: 'cart.value >= 50.0', serve: gold}]
  Landing:
    purpose: necessary
    variants: {same: null, sale: /landing/sale}
    default: same
    rules: [{id: campaign, when: 'campaign == "sale"', serve: sale}]
routes:
  - {path: "/checkout/*", locked: true}
  - {path: "/shop/*", decisions: [Landing, hero]}
`

const agreed = "CookieConsent={stamp:'x',necessary:true,preferences:true,statistics:false,marketing:false,method:'explicit',ver:1}"

func visit(url string, lines ...string) *edge.Visit {
	return &edge.Visit{Request: *with(url, lines...)}
}

func TestPlanForwardsWithTheDecisions(t *testing.T) {
	x := edge.NewExchange(compiled(t, shop))
	for name, c := range map[string]struct {
		visit *edge.Visit
		want  string // Edgewise-Decisions
	}{
		"without consent":               {visit("/shop/x", "Cookie: cart=80"), `*landing="same";reason=DEFAULT, hero="plain";reason=CONSENT`},
		"with consent":                  {visit("/shop/x", "Cookie: cart=80; "+agreed), `*landing="same";reason=DEFAULT, hero="gold";reason=TARGETING_MATCH`},
		"privacy control":               {visit("/shop/x", "Cookie: cart=80; "+agreed, "sec-gpc: 1"), `*landing="same";reason=DEFAULT, hero="plain";reason=CONSENT`},
		"switched off":                  {visit("/shop/x", "Cookie: cart=80; "+agreed+"; edgewise-personalization=off"), `*landing="same";reason=DEFAULT, hero="plain";reason=CONSENT`},
		"what the query says":           {visit("/shop/x?utm_campaign=sale"), `*landing="sale";reason=TARGETING_MATCH, hero="plain";reason=CONSENT`},
		"a locked route, percent-coded": {visit("/checkou%74/x?utm_campaign=sale", "Cookie: "+agreed), `*landing="sale";reason=TARGETING_MATCH`},
	} {
		t.Run(name, func(t *testing.T) {
			p := x.Plan(c.visit)
			require.Equal(t, edge.Forward, p.Action)
			require.Contains(t, p.RequestHeaders, edge.Header{Name: "Edgewise-Decisions", Value: c.want})
			require.True(t, json.Valid(p.AppendJSON(nil)), "%s", p.AppendJSON(nil))
		})
	}
}

func TestPlanAllocatesNothing(t *testing.T) {
	x := edge.NewExchange(compiled(t, shop))
	v := visit("/shop/x?utm_campaign=s%61le", "Cookie: cart=80; "+agreed, "User-Agent: "+browserUA, "Edgewise-Decisions: x")
	require.Zero(t, testing.AllocsPerRun(100, func() { x.Plan(v) }))
}

// The query is read once more where consent shows parameters that were hidden. It has the room that it had, however long it is.
func TestParametersThatShowTakeNoRoomTwice(t *testing.T) {
	x := edge.NewExchange(compiled(t, `
bundle: shows
attributes: {source: {type: string, purpose: personalization, from: "query:source"}}
consent:
  cookies: {CookieConsent: cookiebot}
  purposes: {personalization: {cmp: {CookieConsent: [preferences]}}}
decisions:
  last: {purpose: necessary, variants: {"no": 1, "yes": 2}, default: "no", rules: [{when: 'request.query["last"] == "a b"', serve: "yes"}]}
  count: {purpose: personalization, variants: {"no": 1, "yes": 2}, default: "no", rules: [{when: 'size(request.query) == 12 && source == "news"', serve: "yes"}]}
routes: [{path: "/*"}]
`))
	url := "/?source=news&last=a+b"
	for i := range 10 {
		url += "&p" + string(rune('a'+i)) + "=" + strings.Repeat("+", 1400)
	}
	p := x.Plan(visit(url, "Cookie: "+agreed))
	require.Equal(t, `count="yes";reason=TARGETING_MATCH, last="yes";reason=TARGETING_MATCH`, p.RequestHeaders[0].Value)
}
