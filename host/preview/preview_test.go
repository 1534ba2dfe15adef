package preview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
	edgepreview "github.com/edgewise-dev/edgewise/edge/preview"
	"github.com/edgewise-dev/edgewise/host/preview"
)

const shop = `
bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  seen: {type: "map(string,list(int))", purpose: personalization}
consent:
  purposes: {personalization: {gpc: denies}}
  jurisdictions: [{when: 'geo.country == "US"', modes: {"*": opt_out}}, {modes: {"*": opt_in}}]
decisions:
  hero:
    purpose: personalization
    variants: {plain: 1, gold: 2}
    default: plain
    rules: [{id: gold, when: 'cart.value >= 50.0 && seen["a"][1] == 7 && request.path == "/x"', serve: gold}]
routes: [{path: /*}]
`

const persona = `{"context":{"geo":{"country":"US"},"cart.value":80,"seen":{"a":[1,7]}}}`

var (
	secret = []byte("a secret of some length")
	now    = time.Unix(1_800_000_000, 0)
	gold   = []edgepreview.Forced{{Decision: "hero", Variant: "gold"}}
)

func load(t *testing.T) *core.Bundle {
	src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(shop)})
	require.NoError(t, err)
	made, err := bundles.Compile(src)
	require.NoError(t, err)
	b, err := core.Load(made.Data)
	require.NoError(t, err)
	return b
}

// A link shows at the edge what it was made for.
func TestLinksShow(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		name string
		link preview.Link
		want string
	}{
		{"an answer", preview.Link{Forced: gold}, `hero="gold";reason=PREVIEW`},
		{"a persona", preview.Link{Persona: []byte(persona)}, `hero="gold";reason=TARGETING_MATCH`},
		{"one who opted out", preview.Link{Persona: []byte(persona[:len(persona)-1] + `,"consent":{"gpc":"1"}}`)}, `hero="plain";reason=CONSENT`},
		{"one in another place", preview.Link{Persona: []byte(`{"context":{}}`)}, `hero="plain";reason=CONSENT`},
		{"one who chose", preview.Link{Persona: []byte(`{"context":{},"consent":{"granted":["personalization"]}}`)}, `hero="plain";reason=DEFAULT`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.link.Now, c.link.Life = now, time.Hour
			token, err := c.link.Token(b, secret)
			require.NoError(t, err)
			to, err := preview.Add("/x?a=b", token)
			require.NoError(t, err)
			v := &edge.Visit{Request: edge.Request{Method: "GET", URL: to}, Seconds: now.Unix(), Secrets: [][]byte{secret}}
			p := edge.NewExchange(b).Plan(v)
			decisions, _ := edge.HeaderValue(p.RequestHeaders, "Edgewise-Decisions")
			require.Equal(t, c.want, decisions)
			require.Equal(t, "/x?a=b", p.Origin.Path)
		})
	}
}

func TestLinksThatCannotBeMade(t *testing.T) {
	b := load(t)
	for want, c := range map[string]struct {
		link   preview.Link
		secret []byte
	}{
		"a link that shows nothing":          {preview.Link{Life: time.Hour}, secret},
		"a link that is good for 0s":         {preview.Link{Forced: gold}, secret},
		"good for 168h0m1s: want at most 16": {preview.Link{Forced: gold, Life: preview.MaxLife + time.Second}, secret},
		"a secret of 5 bytes":                {preview.Link{Forced: gold, Life: time.Hour}, []byte("short")},
		`there is no decision "banner"`:      {preview.Link{Forced: []edgepreview.Forced{{Decision: "banner", Variant: "x"}}, Life: time.Hour}, secret},
		`hero has no variant "silver"`:       {preview.Link{Forced: []edgepreview.Forced{{Decision: "hero", Variant: "silver"}}, Life: time.Hour}, secret},
		"attribute cart.value: wrong type":   {preview.Link{Persona: []byte(`{"context":{"cart.value":"x","geo.country":"US"}}`), Life: time.Hour}, secret},
		"too much for one link":              {preview.Link{Persona: []byte(`{"context":{"request.path":"` + strings.Repeat("x", 3000) + `"}}`), Life: time.Hour}, secret},
	} {
		c.link.Now = now
		_, err := c.link.Token(b, c.secret)
		require.ErrorContains(t, err, want)
	}
}

func TestAdd(t *testing.T) {
	for _, c := range []struct{ to, want string }{
		{"https://shop.example/sale", "https://shop.example/sale?edgewise-preview=T"},
		{"https://shop.example/sale?a=%20b&c#top", "https://shop.example/sale?a=%20b&c&edgewise-preview=T#top"},
		{"https://shop.example/?edgewise-preview=old&a=1", "https://shop.example/?a=1&edgewise-preview=T"},
		{"", "?edgewise-preview=T"},
	} {
		got, err := preview.Add(c.to, "T")
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	_, err := preview.Add("https://%zz", "T")
	require.Error(t, err)
}
