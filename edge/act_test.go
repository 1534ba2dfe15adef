package edge_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
)

// acting is a bundle whose one decision on /shop/* answers what the cookie "go" says.
func acting(act, variants string) string {
	return `
bundle: acting
hosts: [partner.example, www.shop.example]
backends: [eu, us]
attributes: {go: {type: string, purpose: necessary, from: "cookie:go"}}
decisions:
  go:
    purpose: necessary
    act: ` + act + `
    variants: ` + variants + `
    default: stay
    rules:
      - {when: 'go == "a"', serve: a}
      - {when: 'go == "b"', serve: b}
routes: [{path: "/shop/*"}, {path: "/sale*"}, {path: "//*"}]
`
}

func TestRewrite(t *testing.T) {
	x := edge.NewExchange(compiled(t, acting("rewrite", "{stay: null, a: /shop/new, b: \"/shop/new?v=2\"}")))
	for _, c := range []struct{ name, method, url, cookie, want string }{
		{"nothing to do", "GET", "/shop/x?q=1", "go=c", "/shop/x?q=1"},
		{"another path", "GET", "/shop/x", "go=a", "/shop/new"},
		{"the visitor's query goes along", "GET", "/shop/x?q=1&r=%20", "go=a", "/shop/new?q=1&r=%20"},
		{"but for a variant with its own", "HEAD", "/shop/x?q=1", "go=b", "/shop/new?v=2"},
		{"what a form sends stays where it goes", "POST", "/shop/x?q=1", "go=a", "/shop/x?q=1"},
		{"an absolute URL", "GET", "http://shop.example/shop/x", "go=a", "/shop/new"},
		{"no line ends through the query", "GET", "/shop/x?q=\r\nHost: evil", "go=a", "/shop/new?q=%0D%0AHost:%20evil"},
		{"one slash at the beginning, so that it is nobody's host", "GET", "//evil.example/x", "go=c", "/evil.example/x"},
		{"nor a user's", "GET", "@evil.example", "", "/@evil.example"},
		{"nor behind a backslash", "GET", `/\evil.example/x`, "", "/evil.example/x"},
		{"what is no path", "OPTIONS", "*", "", "/*"},
		{"nothing", "GET", "", "", "/"},
		{"bytes beyond ASCII are escaped", "GET", "/shop/\xc3\xa4?\xff#x", "", "/shop/%C3%A4?%FF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(c.url, "Cookie: "+c.cookie)
			v.Method = c.method
			p := x.Plan(v)
			require.Equal(t, edge.Forward, p.Action)
			require.Equal(t, c.want, p.Origin.Path)
		})
	}
}

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

func TestBackendAndHeader(t *testing.T) {
	x := edge.NewExchange(compiled(t, acting("backend", "{stay: null, a: eu, b: us}")))
	v := visit("/shop/x", "Cookie: go=b")
	v.Method = "POST"
	require.Equal(t, edge.Origin{Path: "/shop/x", Backend: "us"}, x.Plan(v).Origin)
	require.Empty(t, x.Plan(visit("/shop/x")).Origin.Backend)

	x = edge.NewExchange(compiled(t, acting("{header: X-Theme}", `{stay: null, a: 'say "hi" \ <b>', b: 1.5}`)))
	p := x.Plan(visit("/shop/x", "Cookie: go=a"))
	require.Contains(t, p.RequestHeaders, edge.Header{Name: "X-Theme", Value: `say "hi" \ <b>`})
	p = x.Plan(visit("/shop/x", "Cookie: go=b"))
	require.Contains(t, p.RequestHeaders, edge.Header{Name: "X-Theme", Value: "1.5"})
	p = x.Plan(visit("/elsewhere", "x-theme: mine"))
	require.Equal(t, []string{"x-theme"}, p.Drop, "what a visitor sends under the name passes for no decision's")
}

// Whatever a request says, it stays within the site: a redirect leads to where the bundle says, with nothing but the visitor's query, and what the origin
// is asked for is a path.
func TestHostileRequestsStayWithin(t *testing.T) {
	pieces := []string{"//", "/", `\`, "evil.example", "..", ".", ";", "%2f", "%2F%2f", "%5c", "%2e%2e", "?", "#", "@", ":", "https:", "http://", "javascript:", "\r\n",
		"Location: x", "\x00", "\xff", " ", "shop", "sale", "/shop/", "/sale", "user:pw@", "%", "%zz", "%0d%0a", "&", "=", "v=2", "<script>", "//evil.example/sale"}
	r := rand.New(rand.NewPCG(7, 7))
	redirects := 0
	rewriting := edge.NewExchange(compiled(t, acting("rewrite", "{stay: null, a: /shop/new, b: \"/shop/new?v=2\"}")))
	redirecting := edge.NewExchange(compiled(t, acting("{redirect: 302}", "{stay: null, a: /sale, b: \"https://partner.example/sale?v=2\"}")))
	for range 20_000 {
		target := []string{"/shop/", "/sale", "", "//", "http://shop.example/shop/"}[r.IntN(5)]
		for range r.IntN(7) {
			target += pieces[r.IntN(len(pieces))]
		}
		v := visit(target, "Cookie: go="+[]string{"a", "b", "c"}[r.IntN(3)], "Host: "+pieces[r.IntN(len(pieces))])
		for _, x := range []*edge.Exchange{rewriting, redirecting} {
			p := x.Plan(v)
			if p.Location != "" {
				redirects++
				requirePrintable(t, p.Location)
				to, err := url.Parse("https://shop.example")
				require.NoError(t, err)
				site, _, _ := strings.Cut(p.Location, "?")
				require.Contains(t, []string{"/sale", "https://partner.example/sale"}, site, "%q", target)
				to, err = to.Parse(site)
				require.NoError(t, err)
				require.Contains(t, []string{"shop.example", "partner.example"}, to.Host)
				continue
			}
			requirePrintable(t, p.Origin.Path)
			require.True(t, strings.HasPrefix(p.Origin.Path, "/") && !strings.HasPrefix(p.Origin.Path, "//") && !strings.HasPrefix(p.Origin.Path, `/\`), "%q gave %q", target, p.Origin.Path)
		}
	}
	require.Greater(t, redirects, 1000)
}

// What the compiler takes for a path of the site or the address of a listed host, acts; what it refuses does not.
func TestCompilerAgrees(t *testing.T) {
	for _, value := range []string{"/a", "/a?b=c&d", "/a/..;/b", "/a/.;x/b", "/a/%2e%2e/b", "/%0d", "/a%2fb", "/%2fa", "/a#b", "/a;b=..", "/.../a", "/a?..", "//a", "/a//b",
		"https://partner.example", "https://partner.example?a", "HTTPS://Partner.example/a", "https://partner.example/#a", "https://partner.example//a", "https://partner.example/../a",
		"https://partner.example:8443/", "ftp://partner.example/", "https://u@partner.example/", "https://partner.example.evil/"} {
		for _, act := range []string{"{redirect: 302}", "rewrite"} {
			t.Run(act+" "+value, func(t *testing.T) {
				src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(acting(act, fmt.Sprintf("{stay: null, a: %q, b: /b}", value)))})
				require.NoError(t, err)
				made, err := bundles.Compile(src)
				acts := false
				if err == nil {
					b, err := core.Load(made.Data)
					require.NoError(t, err)
					p := edge.NewExchange(b).Plan(visit("/shop/x", "Cookie: go=a"))
					acts = p.Location != "" || p.Origin.Path != "/shop/x"
				}
				require.Equal(t, err == nil, acts)
			})
		}
	}
}

func requirePrintable(t *testing.T, s string) {
	t.Helper()
	require.False(t, strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }), "%q", s)
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

// A bundle that no compiler of ours made can say anything, and still leads nobody out of the site, nor ends a header's line.
func TestHostileValuesDoNothing(t *testing.T) {
	const room = 48
	place := strings.Repeat("p", room-len(`"/"`))
	for _, value := range []string{
		`"//evil.example/`, `"/\\evil.example/`, `"/%2f%2fevil.example/`, `"/%5Cevil.example/`, `"\\\\evil.example/`, `"https://evil.example/`, `"https://partner.example@evil.example/`,
		`"https://partner.example:443/`, `"https://partner.example%2eevil.example/`, `"https:partner.example/`, `"https:///evil.example/`, `"javascript:alert(1)`, `"data:text/html,`, `"evil.example/`,
		`"ftp://partner.example/`, `"/../../etc/`, `"/a/%2E%2e/`, `"/a/..;x=1/`, `"/a\r\nSet-Cookie: a=b`, "\"/a\r\nSet-Cookie: a=b", "\"/a\x00", `"/a#`, `"?a=`, `"`, `""`, ``, `\`, `"\`, `{"a":"/b"}`, `/b`,
	} {
		for _, act := range []string{"rewrite", "{redirect: 302}", "{header: X-Theme}"} {
			t.Run(act+" "+value, func(t *testing.T) {
				src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(acting(act, fmt.Sprintf("{stay: null, a: /%s, b: /b}", place)))})
				require.NoError(t, err)
				made, err := bundles.Compile(src)
				require.NoError(t, err)
				hostile := value + strings.Repeat("x", max(0, room-len(value)-1))
				if hostile = hostile[:room-1] + `"`; len(value) < 3 {
					hostile = value + strings.Repeat(" ", room-len(value))
				}
				changed := bytes.Replace(made.Bundle.Text, []byte(`"/`+place+`"`), []byte(hostile), 1)
				require.NotEqual(t, made.Bundle.Text, changed)
				made.Bundle.Text = changed
				b, err := core.Load(made.Bundle.Append(nil))
				require.NoError(t, err)
				p := edge.NewExchange(b).Plan(visit("/shop/x", "Cookie: go=a"))
				require.Empty(t, p.Location)
				require.Equal(t, "/shop/x", p.Origin.Path)
				for _, h := range p.RequestHeaders {
					require.False(t, strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' || r > '~' }), "%q", h.Value)
				}
			})
		}
	}
}
