package edge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
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
