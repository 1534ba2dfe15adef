package preview_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/preview"
)

const shop = `
bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
decisions:
  banner:
    purpose: advertising
    variants: {none: 1, ad: 2}
    default: none
    rules: [{id: ad, serve: ad}]
  hero:
    purpose: personalization
    variants: {plain: 1, gold: 2}
    default: plain
    rules: [{id: gold, when: 'cart.value >= 50.0', serve: gold}]
`

const now = 1_800_000_000

func load(t testing.TB, text string) *core.Bundle {
	t.Helper()
	src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(text)})
	require.NoError(t, err)
	made, err := bundles.Compile(src)
	require.NoError(t, err)
	b, err := core.Load(made.Data)
	require.NoError(t, err)
	return b
}

func keys(secrets ...string) []mac.Key {
	keys := make([]mac.Key, len(secrets))
	for i, secret := range secrets {
		keys[i].Set([]byte(secret))
	}
	return keys
}

var loyal = preview.Token{Expires: now + 3600, Persona: true, Granted: []string{"personalization"},
	Supplied: []preview.Supplied{{Attribute: "cart.value", Value: core.AppendFloat(nil, 80)}}}

func token(t testing.TB, what preview.Token) string {
	made, err := what.Append(nil, &keys("secret")[0], "shop")
	require.NoError(t, err)
	return string(made)
}

func TestPreviewsShow(t *testing.T) {
	forced := func(all ...preview.Forced) preview.Token { return preview.Token{Expires: now + 3600, Forced: all} }
	for _, c := range []struct {
		name    string
		token   preview.Token
		bundle  string
		want    string // banner, hero
		unknown int
	}{
		{"nothing", forced(), shop, "none CONSENT, plain CONSENT", 0},
		{"a variant, without consent", forced(preview.Forced{Decision: "hero", Variant: "gold"}), shop, "none CONSENT, gold PREVIEW", 0},
		{"two", forced(preview.Forced{Decision: "hero", Variant: "gold"}, preview.Forced{Decision: "banner", Variant: "ad"}), shop, "ad PREVIEW, gold PREVIEW", 0},
		{"a decision that is gone", forced(preview.Forced{Decision: "gone", Variant: "gold"}, preview.Forced{Decision: "banner", Variant: "ad"}), shop, "ad PREVIEW, plain CONSENT", 1},
		{"a variant that is gone", forced(preview.Forced{Decision: "hero", Variant: "ad"}), shop, "none CONSENT, plain CONSENT", 1},
		{"a persona with its consent", loyal, shop, "none CONSENT, gold TARGETING_MATCH", 0},
		{"a persona whose attribute is gone", loyal, strings.NewReplacer("cart", "basket").Replace(shop), "none CONSENT, plain DEFAULT", 1},
		{"a persona whose attribute has another type", loyal, strings.NewReplacer("double", "string", ">= 50.0", `>= "5"`).Replace(shop), "none CONSENT, plain DEFAULT", 0},
		{"a persona whose purpose is gone", loyal, strings.NewReplacer("personalization", "advertising").Replace(shop), "none CONSENT, plain CONSENT", 1},
		{"a persona and a variant", preview.Token{Expires: now + 1, Persona: true, Granted: []string{"advertising"}, Forced: []preview.Forced{{Decision: "hero", Variant: "gold"}}},
			shop, "ad TARGETING_MATCH, gold PREVIEW", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := load(t, c.bundle)
			var p preview.Preview
			require.Equal(t, preview.Opened, p.Open(keys("new", "secret"), "shop", token(t, c.token), now))
			require.Equal(t, c.token.Persona, p.Persona)
			require.Equal(t, c.token.Expires, p.Expires)
			x := b.NewContext()
			require.Equal(t, c.unknown, p.Apply(&b.Bundle, x))
			var got []string
			for _, a := range b.NewEvaluator().Decide(x, []uint32{0, 1}, nil) {
				got = append(got, b.String(b.Variants[a.Variant-1].Name)+" "+a.Reason.String())
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	good := token(t, loyal)
	content, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	content = content[:len(content)-16]
	signed := func(use string, content []byte) string {
		key := &keys("secret")[0]
		key.Begin(use, "shop")
		key.Write(content)
		sum := key.Sum()
		return string(mac.AppendBase64(nil, append(content[:len(content):len(content)], sum[:16]...)))
	}
	var p preview.Preview
	for _, c := range []struct {
		name, token, secret, site string
		now                       int64
		want                      preview.Outcome
	}{
		{"a good one", good, "secret", "shop", now, preview.Opened},
		{"its last second", good, "secret", "shop", now + 3599, preview.Opened},
		{"expired", good, "secret", "shop", now + 3600, preview.Expired},
		{"good for too long", good, "secret", "shop", now - preview.MaxLife, preview.Expired},
		{"another site's", good, "secret", "shop2", now, preview.Forged},
		{"another secret's", good, "public", "shop", now, preview.Forged},
		{"a state cookie", signed(mac.State, content), "secret", "shop", now, preview.Forged},
		{"another version", signed(mac.Preview, append([]byte{2}, content[1:]...)), "secret", "shop", now, preview.Malformed},
		{"more answers than bytes", signed(mac.Preview, append(append([]byte{}, content[:6]...), 255, 0)), "secret", "shop", now, preview.Malformed},
		{"more purposes than bytes", signed(mac.Preview, append(append([]byte{}, content[:6]...), 0, 255)), "secret", "shop", now, preview.Malformed},
		{"empty", "", "secret", "shop", now, preview.Malformed},
		{"words", "off", "secret", "shop", now, preview.Malformed},
		{"64 KB", strings.Repeat("A", 64<<10), "secret", "shop", now, preview.Malformed},
	} {
		require.Equal(t, c.want, p.Open(keys(c.secret), c.site, c.token, c.now), c.name)
	}
	require.Equal(t, preview.Forged, p.Open(nil, "shop", good, now), "without a secret")
	for i := range good {
		for c := range 256 {
			if byte(c) != good[i] {
				require.NotEqual(t, preview.Opened, p.Open(keys("secret"), "shop", good[:i]+string([]byte{byte(c)})+good[i+1:], now), "byte %d is %q", i, c)
			}
		}
		require.NotEqual(t, preview.Opened, p.Open(keys("secret"), "shop", good[:i], now), "cut at %d", i)
	}
}

func TestAppendRefusesWhatHasNoRoom(t *testing.T) {
	for name, token := range map[string]preview.Token{
		"answers":       {Forced: make([]preview.Forced, 256)},
		"too many":      {Forced: make([]preview.Forced, 200)},
		"purposes":      {Granted: make([]string, 256)},
		"a large value": {Supplied: []preview.Supplied{{Attribute: "a", Value: make([]byte, 2000)}}},
		"a larger one":  {Supplied: []preview.Supplied{{Attribute: "a", Value: make([]byte, 1<<17)}}},
		"the past":      {Expires: -1},
		"the future":    {Expires: 1 << 32},
	} {
		_, err := token.Append(nil, &keys("secret")[0], "shop")
		require.ErrorIs(t, err, preview.ErrTooLarge, name)
	}
}

// Whatever an authentic token holds, applying it ends, and nothing but what it says is granted.
func FuzzApply(f *testing.F) {
	b := load(f, shop)
	content, err := base64.RawURLEncoding.DecodeString(token(f, loyal))
	require.NoError(f, err)
	f.Add(content[:len(content)-16])
	f.Add([]byte{1, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 255, 255})
	f.Fuzz(func(t *testing.T, content []byte) {
		key := keys("secret")
		key[0].Begin(mac.Preview, "shop")
		key[0].Write(content)
		sum := key[0].Sum()
		var p preview.Preview
		if p.Open(key, "shop", string(mac.AppendBase64(nil, append(content[:len(content):len(content)], sum[:16]...))), now) != preview.Opened {
			return
		}
		c := b.NewContext()
		p.Apply(&b.Bundle, c)
		answers := b.NewEvaluator().Decide(c, []uint32{0, 1}, nil)
		require.Len(t, answers, 2)
		require.False(t, !p.Persona && c.Granted(1))
	})
}
