package edge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/preview"
)

const asked = `
bundle: shop
targeting_key: session.id
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  plan: {type: string, purpose: necessary}
  level: {type: int, purpose: necessary}
  tags: {type: list(string), purpose: necessary}
  trusted: {type: string, purpose: necessary, from: signed}
  profile.tier: {type: string, purpose: personalization, at: origin}
consent:
  cookies: {CookieConsent: cookiebot}
  purposes: {personalization: {cmp: {CookieConsent: [preferences]}}}
  jurisdictions: [{modes: {"*": opt_in}}]
deciders:
  tiers: {rules: [{when: 'profile.tier == "gold"', serve: gold}]}
decisions:
  hero: {purpose: personalization, variants: {plain: 1, gold: {a: "<b>"}}, default: plain, metadata: {team: x}, rules: [{id: cart, when: 'cart.value > 50.0', serve: gold}]}
  later: {purpose: personalization, variants: {plain: 1, gold: 2}, default: plain, rules: [{id: ask, defer: {to: tiers, within: 80ms, otherwise: plain, mode: after_render}}]}
  plans: {purpose: necessary, variants: {free: null, gold: true}, default: free, rules: [{id: gold, when: 'plan == "gold" && level >= 3 && "a,b" in tags', serve: gold}]}
  paths: {purpose: necessary, variants: {other: 1, shop: 2}, default: other, rules: [{id: shop, when: 'request.path.startsWith("/shop/") && request.query["a"] == "b"', serve: shop}]}
  places: {purpose: necessary, variants: {no: 1, yes: 2}, default: no, rules: [{id: de, when: 'geo.country == "DE" || trusted == "x"', serve: "yes"}]}
  secret: {purpose: necessary, visibility: server, variants: {a: 1}, default: a}
  strict: {purpose: necessary, sensitive: true, variants: {a: 1}, default: a}
  test: {purpose: personalization, variants: {a: 1, b: 2}, default: a, rules: [{id: test, split: {by: session.id, weights: {a: 50, b: 50}, seed: s}}]}
routes:
  - {path: "/shop/*", decisions: [hero, later, paths, secret, strict]}
  - {path: "/*", decisions: [plans]}
`

// does answers a request with a method and a body.
func (v *visitor) does(method, url, body string, lines ...string) *edge.Plan {
	v.goes("/nowhere-near") // makes the visit
	return v.again(method, url, body, lines...)
}

func (v *visitor) again(method, url, body string, lines ...string) *edge.Plan {
	request := visit(url, lines...)
	request.Method, request.Body = method, []byte(body)
	request.Seconds, request.Secrets, request.Random = v.now, v.visit.Secrets, v.visit.Random
	for name, value := range v.cookies {
		request.Headers = append(request.Headers, edge.Header{Name: "cookie", Value: name + "=" + value})
	}
	v.visit = request
	return v.takes(v.x.Plan(request))
}

func ownVisitor(t *testing.T) *visitor {
	v := newVisitor(t, asked)
	v.random = false
	return v
}

func TestOwnPathsAreNeverForwarded(t *testing.T) {
	v := ownVisitor(t)
	for url, status := range map[string]int{
		"/.edgewise/health":                              200,
		"https://shop.example/.edgewise/health":          200,
		"//.edgewise/health":                             200,
		"/%2eEdgewise/health":                            200,
		"/.edgewise":                                     404,
		"/.edgewise/":                                    404,
		"/.edgewise/v1/handover":                         404,
		"/.edgewise/ofrep/v1/events":                     404,
		"/.edgewise/%2e%2e/shop/x":                       404,
		"/.edgewise%2fhealth":                            200,
		"/.edgewise\\x":                                  404,
		"/.edgewise/" + strings.Repeat("x", edge.MaxURL): 431,
	} {
		p := v.does("GET", url, "")
		require.Equal(t, edge.Answer, p.Action, url)
		require.Equal(t, status, p.Status, url)
		require.Equal(t, "no-store", header(p.ResponseHeaders, "cache-control"))
		require.Equal(t, "application/json", header(p.ResponseHeaders, "content-type"))
		require.True(t, json.Valid([]byte(p.Body)), p.Body)
		require.Empty(t, p.Origin)
		require.Empty(t, p.RequestHeaders)
	}
	for _, url := range []string{"/.edgewises/x", "/edgewise/health", "/x/.edgewise/health", "/.edgewis"} {
		require.Equal(t, edge.Forward, v.does("GET", url, "").Action, url)
	}
}

func TestOwnPathsTakeTheirMethodsOnly(t *testing.T) {
	v := ownVisitor(t)
	for path, methods := range map[string]string{
		"health": "GET, HEAD", "v1/decisions": "GET, HEAD", "v1/preferences": "GET, HEAD, POST",
		"ofrep/v1/evaluate/flags": "POST", "ofrep/v1/evaluate/flags/hero": "POST",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", ""} {
			p := v.does(method, "/.edgewise/"+path, `{"personalization":"on"}`)
			if method != "" && strings.Contains(methods, method) {
				require.NotEqual(t, 405, p.Status, "%s %s", method, path)
			} else {
				require.Equal(t, 405, p.Status, "%s %s", method, path)
				require.Equal(t, methods, header(p.ResponseHeaders, "allow"))
			}
		}
	}
}

func TestHealth(t *testing.T) {
	v := ownVisitor(t)
	require.JSONEq(t, `{"status":"fresh","bundle":{"name":"shop","version":0}}`, v.does("GET", "/.edgewise/health", "").Body)
}

func TestDecisionsForPages(t *testing.T) {
	const shopPage = "later plain DEFERRED, paths other DEFAULT, strict a STATIC"
	for _, c := range []struct {
		name, url string
		lines     []string
		want      string // names, variants and reasons
		route     string
	}{
		{"by route", "?route=/shop/x", nil, "hero plain CONSENT, later plain CONSENT, paths other DEFAULT, strict a STATIC", "/shop/*"},
		{"by route, with its query", "?route=%2Fshop%2Fx%3Fa%3Db", nil, "hero plain CONSENT, later plain CONSENT, paths shop TARGETING_MATCH, strict a STATIC", "/shop/*"},
		{"with consent", "?route=/shop/x", []string{"Cookie: " + agreed + "; cart=80"}, "hero gold TARGETING_MATCH, " + shopPage, "/shop/*"},
		{"by the page that asks", "", []string{"Host: shop.example", "Referer: https://shop.example/shop/x?a=b"}, "hero plain CONSENT, later plain CONSENT, paths shop TARGETING_MATCH, strict a STATIC", "/shop/*"},
		{"another page", "?route=/about", nil, "plans free DEFAULT", "/*"},
		{"a page of another site asks", "", []string{"Host: shop.example", "Referer: https://evil.example/shop/x?a=b"}, "everything", ""},
		{"nobody knows which page", "", nil, "everything", ""},
		{"a route of another site", "?route=//evil.example/shop/x", nil, "everything", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := ownVisitor(t)
			v.cookies = map[string]string{}
			p := v.does("GET", "/.edgewise/v1/decisions"+c.url, "", c.lines...)
			require.Equal(t, 200, p.Status)
			var body struct {
				Decisions map[string]struct{ Variant, Reason string }
				Consent   map[string]struct{ Granted bool }
				Bundle    struct{ Name string }
			}
			require.NoError(t, json.Unmarshal([]byte(p.Body), &body), p.Body)
			require.Equal(t, "shop", body.Bundle.Name)
			require.Contains(t, body.Consent, "personalization")
			require.NotContains(t, body.Decisions, "secret")
			require.Equal(t, c.route, p.Route)
			if c.want == "everything" {
				require.Len(t, body.Decisions, 7)
				require.Equal(t, "other", body.Decisions["paths"].Variant)
				return
			}
			var got []string
			for _, name := range []string{"hero", "later", "paths", "places", "plans", "strict", "test"} {
				if d, ok := body.Decisions[name]; ok {
					got = append(got, name+" "+d.Variant+" "+d.Reason)
				}
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

// What is left to the page after it rendered, the page asks here for.
func TestDecisionsAfterRender(t *testing.T) {
	v := newVisitor(t, asked)
	require.Zero(t, v.goes("/shop/x").Within())
	p := v.again("GET", "/.edgewise/v1/decisions?route=/shop/x", "")
	require.EqualValues(t, 80, p.Within())
	_, signature := v.x.HandOver(nil)
	answer := `{"decisions":{"later":{"variant":"gold"}}}`
	p = v.x.Finish(&edge.HandOver{Outcome: edge.Answered, Status: 200, Body: []byte(answer), Seconds: v.now, Signature: signedAnswer(siteSecret, v.now, signature, answer)})
	require.Equal(t, edge.Answer, p.Action)
	require.Contains(t, p.Body, `"later":{"variant":"gold","value":2,"reason":"TARGETING_MATCH"`)
	v.again("GET", "/.edgewise/v1/decisions?route=/shop/x", "")
	require.Contains(t, v.x.Finish(&edge.HandOver{Outcome: edge.Late}).Body, `"later":{"variant":"plain","value":1,"reason":"FALLBACK"`)
}

func TestFlags(t *testing.T) {
	const nobody, shopper = "", "CookieConsent=x"
	for _, c := range []struct {
		name, key, body string
		cookie          string
		status          int
		want            string
	}{
		{"a flag", "paths", `{"context":{}}`, nobody, 200, `{"key":"paths","value":1,"reason":"DEFAULT","variant":"other"}`},
		{"by what the context says", "plans", `{"context":{"plan":"gold","level":3.0,"tags":["x","a,\u0062"]}}`, nobody, 200, `{"key":"plans","value":true,"reason":"TARGETING_MATCH","variant":"gold"}`},
		{"the path of the page", "paths", `{"context":{"request":{"path":"/shop/x"}}}`, nobody, 200, `{"key":"paths","value":1,"reason":"DEFAULT","variant":"other"}`},
		{"a value that is null", "plans", `{"context":{}}`, nobody, 200, `{"key":"plans","reason":"DEFAULT","variant":"free"}`},
		{"a full name before a nested one", "plans", `{"context":{"level":4,"tags":["a,b"],"plan":"gold","a":{"plan":"free"}}}`, nobody, 200, `{"key":"plans","value":true,"reason":"TARGETING_MATCH","variant":"gold"}`},
		{"a wrong type", "plans", `{"context":{"plan":"gold","level":"3","tags":["a,b"]}}`, nobody, 200, `{"key":"plans","reason":"DEFAULT","variant":"free"}`},
		{"the platform's word is not the page's to say", "places", `{"context":{"geo":{"country":"DE"},"geo.country":"DE","trusted":"x"}}`, nobody, 200, `{"key":"places","value":1,"reason":"DEFAULT","variant":"no"}`},
		{"no consent", "hero", `{"context":{"cart":{"value":80}}}`, nobody, 200, `{"key":"hero","value":1,"reason":"DEFAULT","variant":"plain","metadata":{"team":"x","edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"consent in the body is none", "hero", `{"context":{"cart":{"value":80},"consent":{"granted":["personalization"]}}}`, nobody, 200, `{"key":"hero","value":1,"reason":"DEFAULT","variant":"plain","metadata":{"team":"x","edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"with consent, nested", "hero", `{"context":{"cart":{"value":80}}}`, shopper, 200, `{"key":"hero","value":{"a":"<b>"},"reason":"TARGETING_MATCH","variant":"gold","metadata":{"team":"x"}}`},
		{"no flag", "gone", `{"context":{}}`, nobody, 404, `{"key":"gone","errorCode":"FLAG_NOT_FOUND","errorDetails":"no flag of this name"}`},
		{"the server's flag", "secret", `{"context":{}}`, nobody, 404, `{"key":"secret","errorCode":"FLAG_NOT_FOUND","errorDetails":"no flag of this name"}`},
		{"one that nothing a browser tells may decide", "strict", `{"context":{}}`, nobody, 404, `{"key":"strict","errorCode":"FLAG_NOT_FOUND","errorDetails":"no flag of this name"}`},
		{"an escaped name", "%70aths", `{"context":{}}`, nobody, 200, `{"key":"paths","value":1,"reason":"DEFAULT","variant":"other"}`},
		{"no targeting key", "test", `{"context":{}}`, shopper, 400, `{"key":"test","errorCode":"TARGETING_KEY_MISSING","errorDetails":"a split asks for the targeting key, and the context has none"}`},
		{"no targeting key, without consent", "test", `{"context":{}}`, nobody, 200, `{"key":"test","value":1,"reason":"DEFAULT","variant":"a","metadata":{"edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"a targeting key", "test", `{"context":{"targetingKey":"u-1"}}`, shopper, 200, `{"key":"test","value":2,"reason":"SPLIT","variant":"b"}`},
		{"a decision that is deferred", "later", `{"context":{}}`, shopper, 200, `{"key":"later","value":1,"reason":"DEFAULT","variant":"plain","metadata":{"edgewise.reason":"DEFERRED","edgewise.version":0}}`},
		{"no context", "paths", `{}`, nobody, 200, `{"key":"paths","value":1,"reason":"DEFAULT","variant":"other"}`},
		{"no body", "paths", ``, nobody, 400, `{"key":"paths","errorCode":"PARSE_ERROR","errorDetails":"the body is no JSON"}`},
		{"no JSON", "paths", `{"context":{}`, nobody, 400, `{"key":"paths","errorCode":"PARSE_ERROR","errorDetails":"the body is no JSON"}`},
		{"a list", "paths", `[]`, nobody, 400, `{"key":"paths","errorCode":"INVALID_CONTEXT","errorDetails":"the body is to be {\"context\":{...}}, with a text as targetingKey"}`},
		{"a context that is none", "paths", `{"context":"x"}`, nobody, 400, `{"key":"paths","errorCode":"INVALID_CONTEXT","errorDetails":"the body is to be {\"context\":{...}}, with a text as targetingKey"}`},
		{"a targeting key that is none", "paths", `{"context":{"targetingKey":1}}`, nobody, 400, `{"key":"paths","errorCode":"INVALID_CONTEXT","errorDetails":"the body is to be {\"context\":{...}}, with a text as targetingKey"}`},
		{"a large body", "paths", strings.Repeat(" ", edge.MaxBody+1), nobody, 413, `{"key":"paths","errorDetails":"the body is too large"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := ownVisitor(t)
			if c.cookie == nobody {
				v.cookies = map[string]string{}
			}
			p := v.does("POST", "/.edgewise/ofrep/v1/evaluate/flags/"+c.key, c.body)
			require.Equal(t, c.want, p.Body)
			require.Equal(t, c.status, p.Status)
		})
	}
}

func TestAllFlags(t *testing.T) {
	v := ownVisitor(t)
	p := v.does("POST", "/.edgewise/ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"u-1"}}`)
	require.Equal(t, 200, p.Status)
	require.True(t, json.Valid([]byte(p.Body)), p.Body)
	require.Equal(t, 6, strings.Count(p.Body, `{"key":`))
	require.True(t, strings.HasSuffix(p.Body, `],"metadata":{"edgewise.bundle":"shop","edgewise.version":0}}`), p.Body)
	tag := header(p.ResponseHeaders, "etag")
	require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
	for header, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, tag[1:33]: 304, `"x"`: 200, "*": 200} {
		p = v.again("POST", "/.edgewise/ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"u-1"}}`, "If-None-Match: "+header)
		require.Equal(t, status, p.Status, header)
		require.Equal(t, status == 304, p.Body == "")
	}
	p = v.again("POST", "/.edgewise/ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"u-2","plan":"gold","level":3,"tags":["a,b"]}}`, "If-None-Match: "+tag)
	require.Equal(t, 200, p.Status, "another answer has another tag")
}

func TestPreferences(t *testing.T) {
	v := ownVisitor(t)
	p := v.does("GET", "/.edgewise/v1/preferences", "")
	require.Equal(t, "application/json", header(p.ResponseHeaders, "content-type"))
	require.JSONEq(t, `{"personalization":"on",
		"consent":{"personalization":{"granted":true,"because":"CookieConsent: preferences granted"}},
		"decisions":{"hero":{"purposes":["personalization"],"personalized":true},"later":{"purposes":["personalization"],"personalized":true},"test":{"purposes":["personalization"],"personalized":true}},
		"data":{"cart.value":"personalization","profile.tier":"personalization","session.id":"personalization"}}`, p.Body)

	p = v.again("GET", "/.edgewise/v1/preferences", "", "Accept: text/html,application/xhtml+xml,*/*;q=0.8")
	require.Equal(t, "text/html; charset=utf-8", header(p.ResponseHeaders, "content-type"))
	require.Contains(t, header(p.ResponseHeaders, "content-security-policy"), "default-src 'none'")
	require.Contains(t, p.Body, "Some parts of this site's pages are chosen for you.")
	require.Contains(t, p.Body, "<li>hero, for personalization: chosen for you\n")
	require.Contains(t, p.Body, "<li>cart.value, for personalization\n")
	require.NotContains(t, p.Body, "secret")

	delete(v.cookies, "CookieConsent")
	p = v.again("GET", "/.edgewise/v1/preferences", "", "Accept: text/html")
	require.Contains(t, p.Body, "what you consented to does not allow it")
	require.Contains(t, p.Body, "personalization: not allowed")
}

func TestTheVisitorsSwitch(t *testing.T) {
	v := newVisitor(t, asked)
	v.goes("/shop/x")
	require.Contains(t, v.cookies, edge.StateCookie)
	v.cookies[preview.Cookie] = "x"

	p := v.again("POST", "/.edgewise/v1/preferences", `{"personalization":"off"}`)
	require.Equal(t, 200, p.Status)
	require.Equal(t, `{"personalization":"off"}`, p.Body)
	require.Equal(t, "off", v.cookies["edgewise-personalization"])
	require.NotContains(t, v.cookies, edge.StateCookie)
	require.NotContains(t, v.cookies, preview.Cookie)

	p = v.again("GET", "/.edgewise/v1/preferences", "", "Accept: text/html")
	require.Contains(t, p.Body, "you switched that off")
	require.Contains(t, v.answers(v.goes("/shop/x")), "hero=plain CONSENT")
	require.NotContains(t, v.cookies, edge.StateCookie)

	p = v.again("POST", "/.edgewise/v1/preferences", "personalization=on", "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin")
	require.Equal(t, 303, p.Status)
	require.Equal(t, "/.edgewise/v1/preferences", p.Location)
	require.NotContains(t, v.cookies, "edgewise-personalization")
	require.Contains(t, v.answers(v.goes("/shop/x")), "hero=plain DEFAULT")
}

func TestTheSwitchIsForTheSitesOwnPages(t *testing.T) {
	for _, c := range []struct {
		name, body string
		lines      []string
		status     int
	}{
		{"no browser", `{"personalization":"off"}`, nil, 200},
		{"the site's page", `{"personalization":"off"}`, []string{"Sec-Fetch-Site: same-origin"}, 200},
		{"another site's", `{"personalization":"off"}`, []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"a neighbour's", `{"personalization":"off"}`, []string{"Sec-Fetch-Site: same-site"}, 403},
		{"an older browser", "personalization=off", []string{"Host: shop.example", "Origin: https://shop.example"}, 303},
		{"an older browser, another site's", "personalization=off", []string{"Host: shop.example", "Origin: https://evil.example"}, 403},
		{"nobody knows where from", "personalization=off", []string{"Host: shop.example", "Origin: null"}, 403},
		{"no choice", `{}`, nil, 400},
		{"another choice", `{"personalization":"maybe"}`, nil, 400},
		{"a choice that is no text", `{"personalization":true}`, nil, 400},
		{"no JSON", `{"personalization":"off"`, nil, 400},
		{"nothing", ``, nil, 400},
		{"far too much", strings.Repeat("x", edge.MaxBody+1), nil, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := ownVisitor(t)
			p := v.does("POST", "/.edgewise/v1/preferences", c.body, c.lines...)
			require.Equal(t, c.status, p.Status, p.Body)
			require.Equal(t, c.status < 400, v.cookies["edgewise-personalization"] == "off")
		})
	}
}

// A context can be as deep and as large as it likes.
func TestHostileContexts(t *testing.T) {
	v := ownVisitor(t)
	for _, context := range []string{
		strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60),
		`{"` + strings.Repeat("x", 60000) + `":1}`,
		`{` + strings.Repeat(`"plan":"x",`, 5000) + `"plan":"gold"}`,
		`{"tags":[` + strings.Repeat(`"x",`, 10000) + `"x"]}`,
		`{"tags":[["a"],{"b":1}],"plan":{"x":{}},"level":[1]}`,
		`{"plan":"\ud800\udc00\ud800 \u12","tags":["\\"]}`,
	} {
		p := v.does("POST", "/.edgewise/ofrep/v1/evaluate/flags", fmt.Sprintf(`{"context":%s}`, context))
		require.Contains(t, []int{200, 400}, p.Status)
		require.True(t, json.Valid([]byte(p.Body)))
	}
}
