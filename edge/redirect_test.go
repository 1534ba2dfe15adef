package edge_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
)

func TestRedirect(t *testing.T) {
	same := "{stay: null, a: /sale, b: \"/sale?v=2\"}"
	other := "{stay: null, a: \"https://partner.example/x\", b: \"https://www.shop.example\"}"
	for _, c := range []struct{ name, variants, method, url, cookie, want string }{
		{"nothing to do", same, "GET", "/shop/x", "go=c", ""},
		{"a path of the site", same, "GET", "/shop/x", "go=a", "/sale"},
		{"the visitor's query goes along", same, "GET", "/shop/x?q=1", "go=a", "/sale?q=1"},
		{"but for a variant with its own", same, "HEAD", "/shop/x?q=1", "go=b", "/sale?v=2"},
		{"not what a form sends", same, "POST", "/shop/x", "go=a", ""},
		{"who is there stays", same, "GET", "/sale", "go=a", ""},
		{"with a query", same, "GET", "/sale?q=1", "go=a", ""},
		{"with a slash at the end", same, "GET", "/sale/", "go=a", ""},
		{"in upper case and escapes", same, "GET", "/S%41le", "go=a", ""},
		{"with slashes before", same, "GET", "//sale", "go=a", ""},
		{"at the place, not yet with the query", same, "GET", "/sale?q=1", "go=b", "/sale?v=2"},
		{"at the place with the query, and more", same, "GET", "/sale?q=1&v=2", "go=b", ""},
		{"another host does not get the query", other, "GET", "/shop/x?token=1", "go=a", "https://partner.example/x"},
		{"another host's root", other, "GET", "/shop/x", "go=b", "https://www.shop.example/"},
		{"who is at the host stays there", other, "GET", "https://www.shop.example//", "go=b", ""},
		{"the site's own name in full", other, "GET", "https://www.shop.example/shop/?q=1", "go=b", "https://www.shop.example/?q=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := edge.NewExchange(compiled(t, acting("{redirect: 307}", c.variants)))
			v := visit(c.url, "Cookie: "+c.cookie)
			v.Method = c.method
			p := x.Plan(v)
			require.Equal(t, c.want, p.Location)
			if c.want == "" {
				require.Equal(t, edge.Forward, p.Action)
				return
			}
			require.Equal(t, edge.Answer, p.Action)
			require.Equal(t, 307, p.Status)
			require.Empty(t, p.RequestHeaders)
			require.Equal(t, []edge.Header{{Name: "Cache-Control", Value: "no-store"}}, p.ResponseHeaders)
		})
	}
}

// Redirects of several routes that lead to one another end in a page, whoever asks.
func TestRedirectsEnd(t *testing.T) {
	const sites = `
bundle: sites
decisions:
  to_de: {purpose: necessary, act: {redirect: 302}, variants: {stay: null, go: /de/}, default: stay, rules: [{when: 'geo.country == "DE"', serve: go}]}
  to_fr: {purpose: necessary, act: {redirect: 302}, variants: {stay: null, go: /fr/}, default: stay, rules: [{when: 'geo.country in ["FR", "CH"]', serve: go}]}
  to_ch: {purpose: necessary, act: {redirect: 302}, variants: {stay: null, go: /ch/}, default: stay, rules: [{when: 'geo.country == "CH"', serve: go}]}
routes:
  - {path: "/de/*", decisions: [to_fr]}
  - {path: "/fr/*", decisions: [to_ch]}
  - {path: "/ch/*", decisions: [to_fr]}
  - {path: "/*", decisions: [to_de]}
`
	x := edge.NewExchange(compiled(t, sites))
	for _, c := range []struct{ name, country, url, want string }{
		{"to the own country's page", "DE", "/", "/de/"},
		{"and there it ends", "DE", "/de/", ""},
		{"from another country's page", "FR", "/de/", "/fr/"},
		{"to a page that redirects others", "FR", "/fr/x", ""},
		{"not to where one is sent back", "CH", "/fr/", ""},
		{"nor back", "CH", "/ch/", ""},
		{"nor into a circle", "CH", "/de/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(c.url)
			v.Geo.Country = c.country
			p := x.Plan(v)
			require.Equal(t, c.want, p.Location)
			require.Len(t, p.Decisions, 1, "the decisions are those of the page that was asked for")
		})
	}
}

// A redirect that the origin is asked for is one only where what follows comes to an end, whatever the origin would say there.
func TestRedirectsOfTheOriginEnd(t *testing.T) {
	const asking = `
bundle: asking
deciders: {who: {rules: [{serve: go}]}}
decisions:
  ask: {purpose: necessary, act: {redirect: 302}, variants: {stay: null, go: /end, on: /on, back: /back}, default: stay, rules: [{defer: {to: who, within: 1s, otherwise: stay}}]}
  on: {purpose: necessary, act: {redirect: 302}, variants: {go: /end}, default: go}
  back: {purpose: necessary, act: {redirect: 302}, variants: {stay: null, go: /ask}, default: stay, rules: [{defer: {to: who, within: 1s, otherwise: stay}}]}
routes:
  - {path: /ask, decisions: [ask]}
  - {path: /on, decisions: [on]}
  - {path: /back, decisions: [back]}
`
	x := edge.NewExchange(compiled(t, asking))
	secret := []byte("0123456789abcdef0123456789abcdef")
	for _, c := range []struct{ variant, want string }{
		{"stay", ""}, {"go", "/end"}, {"on", "/on"}, {"back", ""},
	} {
		t.Run(c.variant, func(t *testing.T) {
			v := visit("/ask")
			v.Secrets = [][]byte{secret}
			p := x.Plan(v)
			require.Equal(t, edge.Forward, p.Action)
			require.Len(t, p.Deferred, 1)
			p = x.Finish(answered(t, x, secret, fmt.Sprintf(`{"decisions":{"ask":{"variant":%q}}}`, c.variant)))
			require.Equal(t, c.want, p.Location)
			require.Equal(t, core.ReasonTargetingMatch, p.Decisions[0].Reason)
		})
	}
}

// answered is an answer of the origin's to a plan's hand-over, signed over the time, the request's code and the body.
func answered(t *testing.T, x *edge.Exchange, secret []byte, body string) *edge.HandOver {
	t.Helper()
	signature, _ := edge.SplitHandOver(x.AppendHandOver(nil))
	_, request, ok := strings.Cut(signature, ",v1=")
	require.True(t, ok, signature)
	code := hmac.New(sha256.New, secret)
	code.Write([]byte("0." + request + "." + body))
	return &edge.HandOver{Outcome: edge.Answered, Status: 200, Body: []byte(body), Signature: "t=0,v1=" + hex.EncodeToString(code.Sum(nil))}
}

// FuzzSitePath: a value that passes for a path of the site is one for a browser that resolves it and for a server that decodes and cleans it.
func FuzzSitePath(f *testing.F) {
	for _, s := range []string{"/a", "/", "//evil", `/\evil`, "/%2f%2fevil", "/%5cevil", "/a/../b", "/a/..;/b", "/a/..;x=1/b", "/%2e%2E/x", "/.;/", "/a?b=..", "/a#b", "/a b", "a", "",
		"https://evil", "/a/...", "/a/.b", "/a;x", "/;/evil", "/a\r\nb", "/%0d", "/a%zz", "/..", "/."} {
		f.Add(s)
	}
	base, err := url.Parse("https://shop.example/x/y")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, value string) {
		if !edge.SitePath(value) {
			return
		}
		requirePrintable(t, value)
		to, err := base.Parse(value)
		if err != nil {
			return // an escape that is none: nobody follows it
		}
		require.Equal(t, "shop.example", to.Host)
		require.Equal(t, "https", to.Scheme)
		var parts []string
		for part := range strings.SplitSeq(to.Path, "/") {
			name, _, _ := strings.Cut(part, ";")
			parts = append(parts, name)
		}
		served := strings.Join(parts, "/")
		require.Equal(t, strings.TrimRight(path.Clean("/"+collapsed(served)), "/"), strings.TrimRight(collapsed(served), "/"), "%q: a server would look elsewhere", value)
		require.False(t, strings.HasPrefix(to.Path, "//") || strings.Contains(to.Path, `\`), "%q", value)
	})
}

// collapsed is a path with single slashes.
func collapsed(p string) string {
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	return p
}
