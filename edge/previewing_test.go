package edge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/preview"
)

// link is the token of a link to the shop's preview, good for an hour.
func link(t *testing.T, v *visitor, token preview.Token) string {
	t.Helper()
	var key mac.Key
	key.Set([]byte(siteSecret))
	token.Expires = v.now + 3600
	made, err := token.Append(nil, &key, "shop")
	require.NoError(t, err)
	return string(made)
}

var (
	gold  = preview.Token{Forced: []preview.Forced{{Decision: "asked", Variant: "gold"}}}
	loyal = preview.Token{Persona: true, Granted: []string{"personalization"}, Supplied: []preview.Supplied{
		{Attribute: "profile.stage", Value: core.AppendText(nil, "loyal")},
		{Attribute: "profile.tags", Value: core.AppendText(core.AppendListHead(nil, 1), "new, or so")},
	}}
)

func header(headers []edge.Header, name string) string {
	value, _ := edge.HeaderValue(headers, name)
	return value
}

func TestPreviewLinks(t *testing.T) {
	v := newVisitor(t, returning)
	ordinary := v.answers(v.goes("/shop/x"))
	state := v.cookies[edge.StateCookie]

	v.now += 1000
	p := v.goes("/shop/x?a=1&edgewise-preview=" + link(t, v, gold) + "&b=2#part")
	require.Contains(t, v.answers(p), "asked=gold PREVIEW")
	require.NotContains(t, v.answers(p), "sticky", "what is kept of the visitor is not read")
	require.Equal(t, "/shop/x?a=1&b=2", p.Origin.Path, "the origin does not see the link")
	require.Equal(t, "on;until=1800004600", header(p.ResponseHeaders, edge.PreviewHeader))
	require.Equal(t, "?1", header(p.RequestHeaders, edge.PreviewHeader))
	require.True(t, p.Cache.Private)
	require.Contains(t, p.Lines[0], `"preview":true`)
	require.Len(t, p.Cookies, 1)
	require.Equal(t, 3600, p.Cookies[0].MaxAge)
	require.Equal(t, state, v.cookies[edge.StateCookie], "and nothing is kept")

	v.now += 100
	again := v.goes("/shop/y")
	require.Equal(t, v.answers(p), v.answers(again), "clicks stay in the preview, in the same part of each split")
	require.Empty(t, again.Cookies)
	require.True(t, again.Cache.Private)

	out := v.goes("/shop/y?edgewise-preview=off")
	require.Equal(t, "/shop/y", out.Origin.Path)
	require.Equal(t, "off", header(out.ResponseHeaders, edge.PreviewHeader))
	require.NotContains(t, v.cookies, preview.Cookie)
	back := v.goes("/shop/y")
	require.Equal(t, strings.Replace(ordinary, "SPLIT", "SPLIT sticky", 1), v.answers(back))
	require.Empty(t, header(back.ResponseHeaders, edge.PreviewHeader))
	require.False(t, back.Cache.Private)
}

func TestPreviewOfAPersona(t *testing.T) {
	v := newVisitor(t, returning)
	delete(v.cookies, "CookieConsent") // whoever previews need not have consented
	v.cookies["cart"] = "80"
	p := v.goes("/shop/x?edgewise-preview=" + link(t, v, loyal))
	require.Contains(t, v.answers(p), "asked=gold TARGETING_MATCH")
	require.Contains(t, v.answers(p), "SPLIT")
	require.Equal(t, "on;until=1800003600;persona", header(p.ResponseHeaders, edge.PreviewHeader))
	require.NotContains(t, v.cookies, edge.StateCookie)

	v = newVisitor(t, returning)
	v.cookies["cart"] = "80" // the visitor's own cart would be asked about
	p = v.goes("/shop/x?edgewise-preview=" + link(t, v, preview.Token{Persona: true, Granted: []string{"personalization"}}))
	require.Contains(t, v.answers(p), "asked=plain DEFAULT", "of the visitor nothing counts")

	p = v.goes("/shop/x?edgewise-preview=" + link(t, v, preview.Token{Persona: true, Granted: []string{"gone"}, Forced: []preview.Forced{{Decision: "gone", Variant: "gold"}}}))
	require.Equal(t, "on;until=1800003600;persona;unknown=2", header(p.ResponseHeaders, edge.PreviewHeader))
	require.Contains(t, v.answers(p), "asked=plain CONSENT")
}

func TestPreviewLinksThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		setUp  func(*visitor)
		mark   string
		cookie bool // the preview's, afterwards
	}{
		{"good", func(*visitor) {}, "on;until=1800003600", true},
		{"expired", func(v *visitor) { v.now += 3600 }, "expired", false},
		{"from a clock that is wrong", func(v *visitor) { v.now -= preview.MaxLife }, "expired", false},
		{"another secret's", func(v *visitor) { v.secrets = []string{"the secret of another"} }, "forged", false},
		{"the secret's before", func(v *visitor) { v.secrets = []string{"the new secret of the site", siteSecret} }, "on;until=1800003600", true},
		{"no secret", func(v *visitor) { v.secrets = nil }, "", false},
		{"another site's", func(v *visitor) {
			v.x = edge.NewExchange(compiled(v.t, strings.Replace(returning, "bundle: shop", "bundle: shop2", 1)))
		}, "forged", false},
	} {
		t.Run("by link: "+c.name, func(t *testing.T) {
			v := newVisitor(t, returning)
			token := link(t, v, gold)
			c.setUp(v)
			p := v.goes("/shop/x?edgewise-preview=" + token)
			require.Equal(t, "/shop/x", p.Origin.Path)
			require.Equal(t, c.mark, header(p.ResponseHeaders, edge.PreviewHeader))
			require.Equal(t, c.cookie, v.cookies[preview.Cookie] != "")
			if !c.cookie {
				require.Contains(t, v.answers(p), "asked=plain", "the page is the visitor's own")
			}
		})
		t.Run("by cookie: "+c.name, func(t *testing.T) {
			v := newVisitor(t, returning)
			v.cookies[preview.Cookie] = link(t, v, gold)
			c.setUp(v)
			p := v.goes("/shop/x")
			require.Equal(t, c.mark, header(p.ResponseHeaders, edge.PreviewHeader))
			require.Equal(t, c.mark != "" && !c.cookie, len(p.Cookies) > 0 && p.Cookies[0].Name == preview.Cookie && p.Cookies[0].Delete, "what is refused goes")
		})
	}
	v := newVisitor(t, returning)
	v.cookies[preview.Cookie] = link(t, v, gold)
	p := v.goes("/shop/x?edgewise-preview=garbage")
	require.Equal(t, "malformed", header(p.ResponseHeaders, edge.PreviewHeader))
	require.Contains(t, v.answers(p), "asked=plain")
}

func TestPreviewAllocatesNothing(t *testing.T) {
	v := newVisitor(t, returning)
	v.goes("/shop/x?edgewise-preview=" + link(t, v, loyal))
	v.goes("/shop/y")
	require.Zero(t, testing.AllocsPerRun(100, func() { v.x.Plan(v.visit) }))
}
