package edge_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

const returning = `
bundle: shop
attributes:
  visitor.id: {}
  profile.stage: {type: string, purpose: personalization, from: signed, max_age: 7d}
  profile.tags: {type: list(string), purpose: personalization, from: signed}
  profile.tier: {type: string, purpose: personalization, at: origin}
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
consent:
  cookies: {CookieConsent: cookiebot}
  purposes: {personalization: {cmp: {CookieConsent: [preferences]}}}
  jurisdictions: [{modes: {"*": opt_in}}]
deciders:
  tiers: {rules: [{when: 'profile.tier == "gold"', serve: gold}]}
decisions:
  asked:
    purpose: personalization
    variants: {plain: 1, gold: 2}
    default: plain
    rules: [{id: loyal, when: 'profile.stage == "loyal" && "new, or so" in profile.tags', serve: gold}, {id: ask, when: 'cart.value > 50.0', defer: {to: tiers, within: 80ms, otherwise: plain}}]
  test:
    purpose: personalization
    sticky: true
    variants: {a: 1, b: 2}
    default: a
    rules: [{id: test, split: {by: session.id, weights: {a: 50, b: 50}, seed: s}}]
routes:
  - {path: "/checkout", locked: true}
  - {path: "/shop/*"}
`

const siteSecret = "the secret of this site"

// visitor is somebody with a browser: it keeps the cookies that plans set.
type visitor struct {
	t       *testing.T
	x       *edge.Exchange
	bundle  *core.Bundle
	now     int64
	secrets []string
	random  bool
	cookies map[string]string
	visit   *edge.Visit
	visits  int
}

func newVisitor(t *testing.T, bundle string) *visitor {
	v := &visitor{t: t, now: 1_800_000_000, secrets: []string{siteSecret}, random: true, cookies: map[string]string{}}
	v.bundle = compiled(t, bundle)
	v.x = edge.NewExchange(v.bundle)
	agreed := strings.Split(agreed, "=")
	v.cookies[agreed[0]] = agreed[1]
	return v
}

// goes visits a URL and takes the cookies of the plan.
func (v *visitor) goes(url string, lines ...string) *edge.Plan {
	v.visit = visit(url, lines...)
	v.visit.Seconds = v.now
	for _, secret := range v.secrets {
		v.visit.Secrets = append(v.visit.Secrets, []byte(secret))
	}
	if v.random {
		v.visits++
		v.visit.Random = []byte(strings.Repeat(string(rune('a'+v.visits)), 32))
	}
	for name, value := range v.cookies {
		v.visit.Headers = append(v.visit.Headers, edge.Header{Name: "cookie", Value: name + "=" + value})
	}
	return v.takes(v.x.Plan(v.visit))
}

func (v *visitor) takes(p *edge.Plan) *edge.Plan {
	for _, c := range p.Cookies {
		require.True(v.t, c.HTTPOnly || c.Name == "edgewise-personalization", c.Name)
		if c.Delete {
			delete(v.cookies, c.Name)
		} else {
			require.Positive(v.t, c.MaxAge)
			v.cookies[c.Name] = strings.Clone(c.Value)
		}
	}
	return p
}

// answers is what the plan decided: variants and reasons.
func (v *visitor) answers(p *edge.Plan) string {
	var all []string
	for _, a := range p.Decisions {
		name := v.bundle.String(v.bundle.Decisions[a.Decision].Name)
		sticky := ""
		if a.Flags&core.Sticky != 0 {
			sticky = " sticky"
		}
		all = append(all, fmt.Sprintf("%s=%s %s%s", name, v.bundle.String(v.bundle.Variants[a.Variant-1].Name), a.Reason, sticky))
	}
	return strings.Join(all, ", ")
}

func TestStateFromTheFirstPageOn(t *testing.T) {
	v := newVisitor(t, returning)
	first := v.answers(v.goes("/shop/x"))
	require.Contains(t, first, "SPLIT", "the session's id is there for the very first page")
	require.Contains(t, v.cookies, edge.StateCookie)
	v.now += 3600
	require.Equal(t, strings.Replace(first, "SPLIT", "SPLIT sticky", 1), v.answers(v.goes("/shop/x")))
	require.Empty(t, v.goes("/shop/x").Cookies, "not every response sets a cookie")
}

func TestStateIsKeptOnlyWhereItIsNeededAndAllowed(t *testing.T) {
	for _, c := range []struct {
		name  string
		url   string
		setUp func(*visitor)
		want  string // the state cookie before and after
	}{
		{"a page", "/shop/x", func(*visitor) {}, "none, set"},
		{"no consent", "/shop/x", func(v *visitor) { delete(v.cookies, "CookieConsent") }, "none, none"},
		{"switched off", "/shop/x", func(v *visitor) { v.cookies["edgewise-personalization"] = "off" }, "none, none"},
		{"a route that is locked", "/checkout", func(*visitor) {}, "none, none"},
		{"no route", "/style.css", func(*visitor) {}, "none, none"},
		{"no randomness", "/shop/x", func(v *visitor) { v.random = false }, "none, none"},
		{"no secret", "/shop/x", func(v *visitor) { v.secrets = nil }, "none, none"},
		{"no clock", "/shop/x", func(v *visitor) { v.now = 0 }, "none, none"},
		{"back after a minute", "/shop/x", func(v *visitor) { v.goes("/shop/x"); v.now += 60 }, "there, set"},
		{"back on a route that is locked", "/checkout", func(v *visitor) { v.goes("/shop/x"); v.now += 60 }, "there, left"},
		{"back without a route", "/style.css", func(v *visitor) { v.goes("/shop/x"); v.now += 60 }, "there, left"},
		{"the secret is gone", "/shop/x", func(v *visitor) { v.goes("/shop/x"); v.secrets = nil }, "there, left"},
		{"consent is gone", "/shop/x", func(v *visitor) { v.goes("/shop/x"); delete(v.cookies, "CookieConsent") }, "there, deleted"},
		{"consent and route are gone", "/style.css", func(v *visitor) { v.goes("/shop/x"); delete(v.cookies, "CookieConsent") }, "there, deleted"},
		{"consent is gone, and whatever the cookie is", "/shop/x", func(v *visitor) { v.cookies = map[string]string{edge.StateCookie: "anything"} }, "there, deleted"},
		{"consent and secret are gone", "/shop/x", func(v *visitor) { v.goes("/shop/x"); v.cookies["edgewise-personalization"] = "off"; v.secrets = nil }, "there, deleted"},
		{"forged", "/shop/x", func(v *visitor) { v.cookies[edge.StateCookie] = "anything" }, "there, set"},
		{"forged, with nothing to put there", "/shop/x", func(v *visitor) { v.cookies[edge.StateCookie] = "anything"; v.random = false }, "there, deleted"},
		{"what is too short to be secret", "/shop/x", func(v *visitor) { v.secrets = []string{"", "0123456789abcde"} }, "none, none"},
		{"of another secret", "/shop/x", func(v *visitor) { v.goes("/shop/x"); v.secrets = []string{"the secret of another"} }, "there, set"},
		{"of the secret before", "/shop/x", func(v *visitor) { v.goes("/shop/x"); v.secrets = []string{"the new secret of the site", siteSecret} }, "there, set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVisitor(t, returning)
			c.setUp(v)
			got, left := "none, ", "none"
			if v.cookies[edge.StateCookie] != "" {
				got, left = "there, ", "left"
			}
			p := v.goes(c.url)
			switch {
			case len(p.Cookies) == 0:
				got += left
			case p.Cookies[0].Delete:
				got += "deleted"
			default:
				got += "set"
			}
			require.Equal(t, c.want, got)
			require.LessOrEqual(t, len(p.Cookies), 1)
		})
	}
}

// Of several cookies of the name, the one that is the site's own counts, wherever it stands.
func TestStateAmongForgedCookies(t *testing.T) {
	v := newVisitor(t, returning)
	first := v.answers(v.goes("/shop/x"))
	own := v.cookies[edge.StateCookie]
	delete(v.cookies, edge.StateCookie)
	v.now += 60
	for _, header := range []string{"forged; __Host-edgewise=" + own, own + "; __Host-edgewise=forged", strings.Repeat("x", 60<<10) + "; __Host-edgewise=" + own} {
		got := v.answers(v.goes("/shop/x", "Cookie: __Host-edgewise="+header))
		require.Equal(t, strings.Replace(first, "SPLIT", "SPLIT sticky", 1), got)
		delete(v.cookies, edge.StateCookie)
	}
}

func TestWhatTheOriginTellsIsKept(t *testing.T) {
	for _, c := range []struct{ name, keep, want string }{
		{"attributes", `{"attributes":{"profile.stage":"loyal","profile.tags":["\u006eew, or so"]},"for":"1d"}`, "gold TARGETING_MATCH"},
		{"time first", `{"for":"7d","attributes":{"profile.tags":["x","new, or so"],"profile.stage":"loyal"}}`, "gold TARGETING_MATCH"},
		{"for too short a time", `{"attributes":{"profile.stage":"loyal","profile.tags":["new, or so"]},"for":"30s"}`, "plain DEFERRED"},
		{"without a time", `{"attributes":{"profile.stage":"loyal","profile.tags":["new, or so"]}}`, "plain DEFERRED"},
		{"a time that is none", `{"attributes":{"profile.stage":"loyal","profile.tags":["new, or so"]},"for":"1w"}`, "plain DEFERRED"},
		{"of another type", `{"attributes":{"profile.stage":7,"profile.tags":["new, or so"]},"for":"1d"}`, "plain DEFERRED"},
		{"forgotten", `{"attributes":{"profile.stage":"loyal","profile.tags":["new, or so"],"profile.stage":null},"for":"1d"}`, "plain DEFERRED"},
		{"what visitors tell", `{"attributes":{"cart.value":1},"for":"1d"}`, "plain DEFERRED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVisitor(t, returning)
			v.cookies["cart"] = "80"
			v.goes("/shop/x")
			body, signature := v.x.HandOver(nil)
			require.NotNil(t, body)
			answer := `{"decisions":{"asked":{"variant":"gold"}},"keep":` + c.keep + `}`
			p := v.takes(v.x.Finish(&edge.HandOver{Outcome: edge.Answered, Status: 200, Body: []byte(answer), Seconds: v.now,
				Signature: signedAnswer(siteSecret, v.now, signature, answer)}))
			require.Contains(t, v.answers(p), "asked=gold TARGETING_MATCH")
			v.now += 60
			require.Contains(t, v.answers(v.goes("/shop/y")), "asked="+c.want)
			delete(v.cookies, "CookieConsent")
			require.Contains(t, v.answers(v.goes("/shop/y")), "asked=plain CONSENT")
		})
	}
}

// signedAnswer is the Edgewise-Signature of an answer to the request with that signature.
func signedAnswer(secret string, now int64, request, body string) string {
	_, hexOfRequest, _ := strings.Cut(request, "v1=")
	var key mac.Key
	key.Set([]byte(secret))
	key.Start()
	key.WriteText(fmt.Sprintf("%d.%s.%s", now, hexOfRequest, body))
	sum := key.Sum()
	return fmt.Sprintf("t=%d,v1=%s", now, hex.EncodeToString(sum[:]))
}

func TestStateAllocatesNothing(t *testing.T) {
	v := newVisitor(t, returning)
	v.goes("/shop/x")
	v.now += 120
	require.NotEmpty(t, v.goes("/shop/x").Cookies)
	v.now -= 100
	again := v.visit
	require.Zero(t, testing.AllocsPerRun(100, func() { v.x.Plan(again) }))
}

func TestAppendSetCookie(t *testing.T) {
	for want, c := range map[string]edge.Cookie{
		"a=b; Path=/; Secure; SameSite=Lax; HttpOnly; Max-Age=60": {Name: "a", Value: "b", MaxAge: 60, HTTPOnly: true},
		"a=b; Path=/; Secure; SameSite=Lax":                       {Name: "a", Value: "b"},
		"a=; Path=/; Secure; SameSite=Lax; HttpOnly; Max-Age=0":   {Name: "a", Value: "b", MaxAge: 60, HTTPOnly: true, Delete: true},
	} {
		require.Equal(t, want, string(edge.AppendSetCookie(nil, &c)))
	}
}

// A form of another site's comes without the cookies that are lax. What the answer set would take their place, and what was answered before would go.
func TestAnotherSitesFormTakesNothingAway(t *testing.T) {
	x := edge.NewExchange(compiled(t, `
bundle: shop
decisions:
  way: {purpose: necessary, sticky: true, variants: {a: 1, b: 2}, default: a, rules: [{when: 'request.path == "/shop"', serve: b}]}
routes: [{path: "/*"}]
`))
	for name, c := range map[string]struct {
		method string
		lines  []string
		sets   bool
	}{
		"its form":                              {"POST", []string{"Sec-Fetch-Site: cross-site"}, false},
		"its form, without fetch metadata":      {"POST", []string{"Origin: https://evil.example"}, false},
		"its link":                              {"GET", []string{"Sec-Fetch-Site: cross-site"}, true},
		"a form of the site":                    {"POST", []string{"Sec-Fetch-Site: same-origin"}, true},
		"a form of the site without fetch data": {"POST", []string{"Origin: https://shop.example:443"}, true},
		"no browser's":                          {"POST", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := visit("/shop", append(c.lines, "Host: shop.example")...)
			v.Method, v.Seconds, v.Random, v.Secrets = c.method, 1_800_000_000, make([]byte, edge.RandomSize), [][]byte{make([]byte, 16)}
			p := x.Plan(v)
			require.NotEmpty(t, p.RequestHeaders)
			require.Equal(t, c.sets, len(p.Cookies) == 1)
		})
	}
}
