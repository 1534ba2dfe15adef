package ofrep_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/apikey"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/testdata/signed"
)

const source = `
bundle: shop
targeting_key: session.id
metadata: {area: shop}
attributes: {plan: {type: string, purpose: necessary}}
decisions:
  hero:
    purpose: personalization
    metadata: {team: growth, weight: 0.5, on: true}
    variants: {plain: /plain.html, gold: /gold.html}
    default: plain
    rules: [{id: gold, when: plan == "gold", serve: gold}]
  test:
    purpose: personalization
    variants: {a: 1, b: 2}
    default: a
    rules: [{id: half, split: {by: session.id, weights: {a: 50, b: 50}, seed: s}}]
  code: {purpose: necessary, variants: {a: {x: [1, "two"]}}, rules: [{id: gold, when: plan == "gold", serve: a}]}
  off: {purpose: necessary, disabled: true, variants: {a: 0.5}, default: a}
  same: {purpose: necessary, act: rewrite, variants: {same: null, other: /x}, default: same}
  secret: {purpose: necessary, visibility: server, variants: {a: true}, default: a}
`

// start makes a host that decides by a bundle.
func start(t testing.TB, bundle []byte) *host.Host {
	h, err := host.New(context.Background(), host.Options{Bundle: bundle})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	return h
}

func handler(t testing.TB, options ofrep.Options) *ofrep.Handler {
	options.Host = start(t, sample.Compile(t, source))
	return ofrep.New(options)
}

// ask posts a body; headers are names and values in turn.
func ask(h http.Handler, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	all       = "/ofrep/v1/evaluate/flags"
	nothing   = `{"context":{}}`
	consented = `{"context":{"consent":{"granted":["personalization"]}}}`
)

func TestOneFlag(t *testing.T) {
	h := handler(t, ofrep.Options{})
	for _, c := range []struct {
		name, key, body string
		status          int
		want            string
	}{
		{"a rule", "hero", `{"context":{"plan":"gold","consent":{"granted":["personalization"]}}}`, 200,
			`{"key":"hero","value":"/gold.html","reason":"TARGETING_MATCH","variant":"gold","metadata":{"team":"growth","weight":0.5,"on":true}}`},
		{"no consent", "hero", `{"context":{"plan":"gold"}}`, 200,
			`{"key":"hero","value":"/plain.html","reason":"DEFAULT","variant":"plain","metadata":{"team":"growth","weight":0.5,"on":true,"edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"a visitor's no", "hero", `{"context":{"plan":"gold","consent":{"granted":["personalization"],"cookies":{"edgewise-personalization":"off"}}}}`, 200,
			`{"key":"hero","value":"/plain.html","reason":"DEFAULT","variant":"plain","metadata":{"team":"growth","weight":0.5,"on":true,"edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"a split", "test", `{"context":{"targetingKey":"s-1","consent":{"granted":["personalization"]}}}`, 200,
			`{"key":"test","value":2,"reason":"SPLIT","variant":"b"}`},
		{"a split without a targeting key", "test", consented, 400,
			`{"key":"test","errorCode":"TARGETING_KEY_MISSING","errorDetails":"a split asks for the targeting key, and the context has none"}`},
		{"which is not demanded without consent", "test", nothing, 200,
			`{"key":"test","value":1,"reason":"DEFAULT","variant":"a","metadata":{"edgewise.reason":"CONSENT","edgewise.version":0}}`},
		{"nor where no rule asks for it", "hero", consented, 200,
			`{"key":"hero","value":"/plain.html","reason":"DEFAULT","variant":"plain","metadata":{"team":"growth","weight":0.5,"on":true}}`},
		{"an object", "code", `{"context":{"plan":"gold"}}`, 200, `{"key":"code","value":{"x":[1,"two"]},"reason":"TARGETING_MATCH","variant":"a"}`},
		{"a code default", "code", nothing, 200, `{"key":"code","reason":"DEFAULT"}`},
		{"disabled", "off", nothing, 200, `{"key":"off","value":0.5,"reason":"DISABLED","variant":"a"}`},
		{"a value that is null", "same", nothing, 200, `{"key":"same","reason":"STATIC","variant":"same"}`},
		{"an unknown key", "nobody", nothing, 404, `{"key":"nobody","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"nobody\""}`},
		{"a key of any characters", "a%2Fb%20%22%C3%A4%22%3F", nothing, 404,
			`{"key":"a/b \"ä\"?","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"a/b \"ä\"?\""}`},
		{"a key with a slash as it is", "a/b", nothing, 404, `{"key":"a/b","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"a/b\""}`},
		{"a key that looks like a path", "..%2F..", nothing, 404, `{"key":"../..","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"../..\""}`},
		{"no key", "", nothing, 404, `{"key":"","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"\""}`},
		{"a percent-encoded key that is there", "h%65ro", nothing, 200, ""},
		{"no JSON", "hero", `{"context":`, 400, `{"key":"hero","errorCode":"PARSE_ERROR","errorDetails":"invalid JSON at byte offset 11: unexpected end of JSON input"}`},
		{"no body", "hero", ``, 400, ""},
		{"no context", "hero", `{}`, 400, `{"key":"hero","errorCode":"INVALID_CONTEXT","errorDetails":"context: the body has none"}`},
		{"a context that is none", "hero", `{"context":"x"}`, 400, `{"key":"hero","errorCode":"INVALID_CONTEXT","errorDetails":"context: want an object, have a string"}`},
		{"too deep", "hero", strings.Repeat(`{"context":`, 65), 400, ""},
		{"too large", "hero", `{"context":{"plan":"` + strings.Repeat("x", ofrep.MaxBody) + `"}}`, 413, `{"key":"hero","errorCode":"GENERAL","errorDetails":"the body has more than 262144 bytes"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, all+"/"+c.key, c.body)
			require.Equal(t, c.status, w.Code, "%s", w.Body)
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			require.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
			if c.want != "" {
				require.JSONEq(t, c.want, w.Body.String())
			}
		})
	}
}

func TestEveryFlag(t *testing.T) {
	h := handler(t, ofrep.Options{})
	w := ask(h, all, consented)
	require.Equal(t, 200, w.Code)
	require.JSONEq(t, `{"flags":[
		{"key":"code","reason":"DEFAULT"},
		{"key":"hero","value":"/plain.html","reason":"DEFAULT","variant":"plain","metadata":{"team":"growth","weight":0.5,"on":true}},
		{"key":"off","value":0.5,"reason":"DISABLED","variant":"a"},
		{"key":"same","reason":"STATIC","variant":"same"},
		{"key":"secret","value":true,"reason":"STATIC","variant":"a"},
		{"key":"test","errorCode":"TARGETING_KEY_MISSING","errorDetails":"a split asks for the targeting key, and the context has none"}
	],"metadata":{"area":"shop","edgewise.bundle":"shop","edgewise.version":0}}`, w.Body.String())
	require.Equal(t, 400, ask(h, all, `{}`).Code)
	require.JSONEq(t, `{"errorCode":"INVALID_CONTEXT","errorDetails":"context: the body has none"}`, ask(h, all, `{}`).Body.String())
	require.Equal(t, 400, ask(h, all, `[`).Code)
}

// What a browser says itself counts beside what the page says.
func TestSignalsOfTheRequest(t *testing.T) {
	h := ofrep.New(ofrep.Options{Host: start(t, sample.Compile(t, `
bundle: shop
consent:
  purposes: {personalization: {tcf: {purposes: [1]}, gpc: denies}}
  jurisdictions: [{modes: {"*": opt_in}}]
decisions: {hero: {purpose: personalization, variants: {plain: a, gold: b}, default: plain, rules: [{id: all, serve: gold}]}}
`))})
	for _, c := range []struct {
		name    string
		headers []string
		variant string
	}{
		{"nothing", nil, "gold"},
		{"Global Privacy Control", []string{"Sec-GPC", "1"}, "plain"},
		{"off", []string{"Sec-GPC", "0"}, "gold"},
		{"of several, one that is on", []string{"Sec-GPC", "0", "Sec-GPC", "1"}, "plain"},
		{"the visitor's no", []string{"Cookie", "a=b; edgewise-personalization=off"}, "plain"},
		{"in another header", []string{"Cookie", "a=b", "Cookie", "edgewise-personalization=off"}, "plain"},
		{"another cookie", []string{"Cookie", "edgewise=off"}, "gold"},
	} {
		w := ask(h, all+"/hero", consented, c.headers...)
		require.Contains(t, w.Body.String(), `"variant":"`+c.variant+`"`, c.name)
	}
}

func TestETagsNameTheBody(t *testing.T) {
	h := handler(t, ofrep.Options{})
	first := ask(h, all, nothing)
	etag := first.Header().Get("ETag")
	require.Regexp(t, `^"[0-9a-f]{32}"$`, etag)
	for _, c := range []struct {
		name, body, tags string
		status           int
	}{
		{"the same", nothing, etag, 304},
		{"another context with the same answers", `{"context":{"plan":"silver","targetingKey":"s"}}`, etag, 304},
		{"another context", `{"context":{"plan":"gold"}}`, etag, 200},
		{"another tag", nothing, `"x"`, 200},
		{"one of several", nothing, `"x", ` + etag, 304},
		{"weakened on the way", nothing, "W/" + etag, 304},
		{"without quotes", nothing, strings.Trim(etag, `"`), 304},
		{"whatever there is", nothing, "*", 200},
		{"none", nothing, "", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, all, c.body, "If-None-Match", c.tags)
			require.Equal(t, c.status, w.Code)
			require.NotEmpty(t, w.Header().Get("ETag"))
			if c.status == 304 {
				require.Empty(t, w.Body.String())
				require.Equal(t, etag, w.Header().Get("ETag"))
			} else {
				require.Equal(t, w.Body.String() == first.Body.String(), w.Header().Get("ETag") == etag)
			}
		})
	}
}

// A bundle with other answers has another tag, and one with the same has the same.
func TestETagsFollowTheBundle(t *testing.T) {
	h := handler(t, ofrep.Options{})
	etag := ask(h, all, nothing).Header().Get("ETag")
	require.NoError(t, h.Host.Load(sample.Compile(t, strings.Replace(source, "/gold.html", "/golden.html", 1))))
	require.Equal(t, 304, ask(h, all, nothing, "If-None-Match", etag).Code)
	require.NoError(t, h.Host.Load(sample.Compile(t, strings.Replace(source, "/plain.html", "/simple.html", 1))))
	require.Equal(t, 200, ask(h, all, nothing, "If-None-Match", etag).Code)
}

func TestPathsAndMethods(t *testing.T) {
	h := handler(t, ofrep.Options{})
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", all, 405, "POST, OPTIONS"},
		{"GET", all + "/hero", 405, "POST, OPTIONS"},
		{"PUT", all + "/hero", 405, "POST, OPTIONS"},
		{"POST", "/ofrep/v1/evaluate", 404, ""},
		{"POST", "/ofrep/v1/evaluate/flagship", 404, ""},
		{"POST", "/ofrep/v2/evaluate/flags", 404, ""},
		{"GET", "/ofrep/v1/events", 404, ""}, // which are not on
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(nothing))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.status, w.Code, "%s %s", c.method, c.path)
		require.Equal(t, c.allow, w.Header().Get("Allow"))
		require.True(t, json.Valid(w.Body.Bytes()))
	}
	require.Equal(t, 415, ask(h, all, nothing, "Content-Encoding", "gzip").Code)
	require.Equal(t, 200, ask(h, all, nothing, "Content-Encoding", "identity", "Content-Type", "text/plain").Code)
}

func TestKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	key := func(e apikey.Entry) string {
		e, key := apikey.New(e)
		require.NoError(t, apikey.Append(file, e))
		return key
	}
	server, page := key(apikey.Entry{Name: "server", Scope: apikey.Server}), key(apikey.Entry{Name: "page", Scope: apikey.Page})
	some := key(apikey.Entry{Name: "some", Scope: apikey.Server, Decisions: []string{"h*", "secret"}})
	slow := key(apikey.Entry{Name: "slow", Scope: apikey.Page, Rate: 0.01})
	keys, err := apikey.Open(file, 0, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	h := handler(t, ofrep.Options{Keys: keys})

	for _, c := range []struct {
		name, path, key string
		status          int
	}{
		{"no key", all, "", 401},
		{"another key", all, server + "x", 401},
		{"a server's, all", all, server, 200},
		{"a server's, what pages do not see", all + "/secret", server, 200},
		{"a page's", all + "/hero", page, 200},
		{"a page's, what pages do not see", all + "/secret", page, 404},
		{"a page's, what is not there", all + "/nobody", page, 404},
		{"of some flags, one of them", all + "/hero", some, 200},
		{"of some flags, one that is not there", all + "/hat", some, 404},
		{"of some flags, another", all + "/test", some, 403},
		{"of some flags, another that is not there", all + "/nobody", some, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.path, nothing, "Authorization", "Bearer "+c.key)
			require.Equal(t, c.status, w.Code, "%s", w.Body)
			require.Equal(t, c.status == 401, w.Header().Get("WWW-Authenticate") != "")
			require.Equal(t, c.status, ask(h, c.path, nothing, "X-API-Key", c.key).Code)
		})
	}
	require.Equal(t, []string{"code", "hero", "off", "same", "test"}, flagKeys(t, ask(h, all, nothing, "X-API-Key", page)))
	require.Equal(t, []string{"hero", "secret"}, flagKeys(t, ask(h, all, nothing, "X-API-Key", some)))
	require.Equal(t, []string{"code", "hero", "off", "same", "secret", "test"}, flagKeys(t, ask(h, all, nothing, "X-API-Key", server)))

	require.Equal(t, 200, ask(h, all, nothing, "X-API-Key", slow).Code)
	limited := ask(h, all, nothing, "X-API-Key", slow)
	require.Equal(t, 429, limited.Code)
	require.Regexp(t, `^(100|[5-9][0-9])$`, limited.Header().Get("Retry-After"))
}

func flagKeys(t *testing.T, w *httptest.ResponseRecorder) (keys []string) {
	var body struct{ Flags []struct{ Key string } }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	for _, f := range body.Flags {
		keys = append(keys, f.Key)
	}
	return keys
}

func TestRateOfAllTogether(t *testing.T) {
	h := handler(t, ofrep.Options{Rate: 0.01})
	require.Equal(t, 200, ask(h, all, nothing).Code)
	require.Equal(t, 429, ask(h, all, nothing).Code)
}

func TestPagesOfOtherOrigins(t *testing.T) {
	for _, c := range []struct {
		name    string
		origins []string
		origin  string
		want    string
		vary    bool
	}{
		{"any origin may ask", []string{"*"}, "https://shop.example", "*", false},
		{"one that is named", []string{"https://shop.example"}, "https://shop.example", "https://shop.example", true},
		{"another", []string{"https://shop.example"}, "https://evil.example", "", true},
		{"none may", nil, "https://shop.example", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := handler(t, ofrep.Options{Origins: c.origins})
			w := ask(h, all, nothing, "Origin", c.origin)
			require.Equal(t, 200, w.Code)
			require.Equal(t, c.want, w.Header().Get("Access-Control-Allow-Origin"))
			require.Equal(t, c.vary, w.Header().Get("Vary") == "Origin")
			require.Equal(t, c.want != "", strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "ETag"))

			r := httptest.NewRequest(http.MethodOptions, all+"/hero", nil)
			r.Header.Set("Origin", c.origin)
			r.Header.Set("Access-Control-Request-Method", "POST")
			w = httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, c.want, w.Header().Get("Access-Control-Allow-Origin"))
			if c.want == "" {
				require.Equal(t, 405, w.Code)
				return
			}
			require.Equal(t, 204, w.Code)
			for _, header := range []string{"Content-Type", "Authorization", "X-API-Key", "If-None-Match"} {
				require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), header)
			}
		})
	}
}

// A stale bundle's answers say so, by the handler's clock.
func TestStaleness(t *testing.T) {
	envelope, policy := signed.Release(t, sample.Compile(t, source), verify.Statement{Version: 1, FreshUntil: 1000, Expires: 2000})
	now := time.Unix(500, 0)
	h, err := host.New(context.Background(), host.Options{Bundle: envelope, Trust: &host.Trust{Policy: *policy}})
	require.NoError(t, err)
	defer h.Close(context.Background())
	server := ofrep.New(ofrep.Options{Host: h, Now: func() time.Time { return now }})
	fresh := ask(server, all+"/secret", nothing)
	require.JSONEq(t, `{"key":"secret","value":true,"reason":"STATIC","variant":"a","metadata":{"edgewise.version":1}}`, fresh.Body.String())
	now = time.Unix(1500, 0)
	require.JSONEq(t, `{"key":"secret","value":true,"reason":"STALE","variant":"a","metadata":{"edgewise.version":1}}`, ask(server, all+"/secret", nothing).Body.String())
}
