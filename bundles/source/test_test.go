package source

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTests(t *testing.T) {
	bundle, err := Parse(File{"shop.yaml", []byte(`bundle: shop
tests:
  - {name: in the source, expect: {hero: plain}}
`)})
	require.NoError(t, err)
	tests, err := ParseTests(bundle, File{"shop.test.yaml", []byte(`
- name: everything
  persona: anna
  given:
    context: {cart.value: 80, geo: {country: DE}}
    consent: {granted: [personalization]}
  now: 2026-12-01T08:00:00Z
  bucket: {hero: 512, banner: {test: gold}}
  expect:
    hero: gold
    banner: null
    page: {variant: a, rule: null, reason: DEFAULT, value: {deep: [1]}}
  fallbacks:
    no_geo: {hero: plain}
`)})
	require.NoError(t, err)
	require.Len(t, tests.Cases, 2)
	require.Equal(t, "in the source", tests.Cases[0].Name.Value)

	c := tests.Cases[1]
	require.Equal(t, "anna", c.Persona.Value)
	require.Equal(t, `{"cart.value":80,"geo":{"country":"DE"}}`, c.Context)
	require.Equal(t, Pos{"shop.test.yaml", 5, 37}, c.Keys["geo.country"].Pos)
	require.Equal(t, `{"granted":["personalization"]}`, c.Consent)
	require.Equal(t, uint32(512), c.Buckets[0].Bucket)
	require.Equal(t, "test", c.Buckets[1].Rule.Value)
	require.Equal(t, "gold", c.Buckets[1].Variant.Value)
	require.Equal(t, "gold", c.Expect[0].Variant.Value)
	require.True(t, c.Expect[1].NoVariant)
	require.True(t, c.Expect[2].NoRule)
	require.Equal(t, `{"deep":[1]}`, c.Expect[2].JSON)
	require.Equal(t, "no_geo", c.Fallbacks[0].Situation.Value)
}

func TestParseTestsFaults(t *testing.T) {
	bundle, err := Parse(File{"shop.yaml", []byte("bundle: shop\ntests: [{name: twice, expect: {a: b}}]")})
	require.NoError(t, err)
	for _, c := range []struct{ name, text, want string }{
		{"no list", "name: x", "tests is a list"},
		{"an unknown key", "- {name: x, expects: {a: b}}", "did you mean expect?"},
		{"no name", "- {expect: {a: b}}", "a test needs a name"},
		{"nothing expected", "- {name: x}", "a test needs expect, expect_consent or fallbacks"},
		{"no consent expected", "- {name: x, expect_consent: {}}", "expect_consent expects nothing"},
		{"no outcome", "- {name: x, expect_consent: {a: grantd}}", "did you mean granted?"},
		{"two outcomes", "- {name: x, expect_consent: {a: {granted: x, denied: y}}}", "an outcome is one of granted, denied"},
		{"an unknown outcome", "- {name: x, expect_consent: {a: {refused: x}}}", "keys of an outcome: granted, denied"},
		{"an outcome without words", "- {name: x, expect_consent: {a: {denied: null}}}", "denied is text, not nothing"},
		{"a signal that is a truth value", "- {name: x, given: {consent: {gpc: true}}, expect: {a: b}}", "gpc is the value of the header Sec-GPC, not true"},
		{"an unknown signal", "- {name: x, given: {consent: {gcp: 1}}, expect: {a: b}}", "did you mean gpp?"},
		{"an empty expectation", "- {name: x, expect: {}}", "expect expects nothing"},
		{"no reason", "- {name: x, expect: {a: {reason: SPLITS}}}", "did you mean SPLIT?"},
		{"no situation", "- {name: x, fallbacks: {no_gio: {a: b}}}", "did you mean no_geo?"},
		{"no bucket", "- {name: x, expect: {a: b}, bucket: {a: 1.5}}", "a bucket is a whole number"},
		{"no time", "- {name: x, expect: {a: b}, now: tomorrow}", "is not a time"},
		{"a name that another file has", "- {name: twice, expect: {a: b}}", "two tests are called"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseTests(bundle, File{"shop.test.yaml", []byte(c.text)})
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "shop.test.yaml:1:")
		})
	}
}

func TestReadTestsFindsFiles(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "more"), 0o755))
	for name, text := range map[string]string{
		"shop.yaml": "bundle: shop", "shop.test.yaml": "- {name: one, expect: {a: b}}",
		"other.test.json": `[{"name": "two", "expect": {"a": "b"}}]`, "more/third.test.yml": "- {name: three, expect: {a: b}}", "empty.test.yaml": "",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	bundle, err := Read(folder)
	require.NoError(t, err)
	all, err := ReadTests(folder, bundle)
	require.NoError(t, err)
	require.Len(t, all.Cases, 3, "a folder's are all below it")
	own, err := ReadTests(filepath.Join(folder, "shop.yaml"), bundle)
	require.NoError(t, err)
	require.Len(t, own.Cases, 1, "a file's are those of its name")
}
