package ruletest_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/examples"
	"github.com/edgewise-dev/edgewise/bundles/ruletest"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/host"
)

const shop = `
bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization}
  code: {type: string, purpose: necessary}
  visits: {type: int, purpose: necessary}
  tags: {type: list(string), purpose: necessary}
segments:
  big_cart: cart.value >= 50.0
decisions:
  hero:
    purpose: personalization
    variants: {plain: 1, summer: {a: 1}, gold: 3}
    default: plain
    rules:
      - {id: full, when: segment("big_cart"), serve: gold}
      - {id: test, when: device.class == "mobile", split: {by: session.id, weights: {plain: 1, summer: 1}, seed: one}}
      - {id: rare, split: {by: session.id, weights: {plain: 99, summer: 1}, seed: two}}
  banner:
    purpose: necessary
    variants: {on: true, code: 1}
    rules:
      - {id: christmas, from: 2026-12-24T00:00:00Z, until: 2026-12-26T00:00:00Z, serve: on}
      - {id: codes, when: 'code.matches("^[A-Z]{3}-[0-9]+$") && visits > 3', serve: code}
      - {id: tagged, when: '"vip" in tags && now.getHours("UTC") == 7', serve: on}
      - {id: daytime, when: 'request.query["x"] == "y" && !has(geo.region)', serve: on}
      - {id: never, when: visits > 3 && visits < 2, serve: on}
  tip:
    purpose: personalization
    variants: {a: 1, b: 2, c: 3}
    default: a
    before_consent:
      - {id: tv, when: device.class == "tv", serve: b}
      - {id: others, when: device.class == "tablet", serve: c}
    rules: [{id: ask, when: visits > 1, defer: {to: who, within: 50ms, otherwise: b}}]
deciders: {who: {rules: [{serve: c}]}}
personas:
  anna:
    context: {cart: {value: 80}, geo.country: DE, session.id: s-1}
    consent: {granted: [personalization]}
`

// suite makes a suite of the shop with a file of tests.
func suite(t *testing.T, text, tests string) (*ruletest.Suite, error) {
	t.Helper()
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(text)})
	require.NoError(t, err)
	return suiteOf(t, src, tests)
}

func suiteOf(t *testing.T, src *source.Bundle, tests string) (*ruletest.Suite, error) {
	t.Helper()
	cases, err := source.ParseTests(src, source.File{Name: "shop.test.yaml", Data: []byte(tests)})
	require.NoError(t, err)
	return suiteWith(t, src, cases)
}

func suiteWith(t *testing.T, src *source.Bundle, cases *source.Tests) (*ruletest.Suite, error) {
	t.Helper()
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	start := func(expired bool) ruletest.Engine {
		h, err := host.New(context.Background(), host.Options{Bundle: loaded.Data, Expired: expired, Instances: 1})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
		return ruletest.Engine{
			Decide: func(line []byte) ([]byte, error) {
				r, err := h.DecideJSON(context.Background(), line, time.Time{})
				return r.AppendJSON(nil), err
			},
			Explain: func(line []byte) ([]json.RawMessage, error) {
				return h.ExplainJSON(context.Background(), line, time.Time{})
			},
		}
	}
	const fresh, expired = false, true
	return ruletest.New(loaded, cases, ruletest.Engines{Fresh: start(fresh), Expired: start(expired)})
}

func all(string) bool { return true }

func TestCases(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // parts of what failed, one a failure; none: it passes
	}{
		{"a variant", "{persona: anna, expect: {hero: gold}}", nil},
		{"everything about an answer", "{persona: anna, expect: {hero: {variant: gold, value: 3.0, rule: full, reason: TARGETING_MATCH}}}", nil},
		{"an object as value", "{bucket: {hero: {test: summer}}, given: {context: {device.class: mobile}, consent: {granted: [personalization]}}, expect: {hero: {value: {a: 1.0}}}}", nil},
		{"no variant and no rule", "{expect: {banner: {variant: null, rule: null, reason: DEFAULT}}}", nil},
		{"another variant", "{persona: anna, given: {context: {cart.value: 20, session.id: null}}, expect: {hero: gold}}",
			[]string{"variant gold plain rule full (shop.yaml:16) did not match: cart.value is 20"}},
		{"a rule that another comes before", "{persona: anna, expect: {hero: {rule: test}}}",
			[]string{"rule test full rule test (shop.yaml:17) was not reached: rule full comes before it|rule full (shop.yaml:16) decided: cart.value is 80"}},
		{"without consent", "{persona: anna, given: {consent: {}}, expect: {hero: gold}}",
			[]string{"variant gold plain no rule was tried: personalization is not consented to"}},
		{"several fields", "{persona: anna, expect: {hero: {variant: plain, reason: SPLIT}}}", []string{"variant plain gold", "reason SPLIT TARGETING_MATCH"}},
		{"given goes before the persona, nested or not", "{persona: anna, given: {context: {cart: {value: 1}, device.class: tv}}, bucket: {hero: {rare: summer}}, expect: {hero: {rule: rare}}}", nil},
		{"a bucket", "{persona: anna, given: {context: {cart.value: 1, device.class: mobile}}, bucket: {hero: {test: 9999}}, expect: {hero: summer}}", nil},
		{"buckets of two splits", "{persona: anna, given: {context: {cart.value: 1, device.class: mobile}}, bucket: {hero: {test: 12, rare: summer}}, expect: {hero: plain}}", nil},
		{"a schedule without a time", "{expect: {banner: on}}", []string{"variant on none rule christmas (shop.yaml:23) is not in its schedule: the case has no now"}},
		{"a schedule with a time", "{now: 2026-12-24T12:00:00+01:00, expect: {banner: on}}", nil},
		{"before consent", "{given: {context: {device.class: tv}}, expect: {tip: {variant: b, reason: CONSENT, rule: null}}}", nil},
		{"before consent, another", "{given: {context: {device.class: tv}}, expect: {tip: c}}", []string{"only the rules under before_consent were tried"}},
		{"deferred", "{given: {context: {visits: 2}, consent: {granted: [personalization]}}, expect: {tip: {variant: b, reason: DEFERRED}}}", nil},
		{"not deferred", "{given: {context: {visits: 1}, consent: {granted: [personalization]}}, expect: {tip: b}}", []string{"rule ask (shop.yaml:35) did not match: visits is 1"}},
		{"what is absent", "{given: {context: {code: ABC-1}}, expect: {banner: code}}", []string{"variant code none rule codes (shop.yaml:24) did not match, since visits is absent"}},
		{"the unit given twice", "{given: {context: {session.id: a}}, bucket: {hero: {test: 1}}, expect: {hero: gold}}", []string{"bucket chooses session.id"}},
		{"what is granted", "{persona: anna, expect_consent: {personalization: {granted: caller}}}", nil},
		{"what is denied", "{expect_consent: {personalization: denied}}", nil},
		{"granted and not expected", "{persona: anna, expect_consent: {personalization: denied}, expect: {hero: gold}}", []string{"personalization denied granted, "}},
		{"denied and not expected", "{expect_consent: {personalization: granted}, expect: {hero: gold}}", []string{"personalization granted denied, ", "variant gold plain"}},
		{"granted for another reason", "{persona: anna, expect_consent: {personalization: {granted: tcf}}}", []string{"personalization granted, tcf granted, "}},
		{"fallbacks of anyone", "{fallbacks: {nothing: {hero: {variant: plain, reason: CONSENT}}, no_unit: {hero: {reason: DEFAULT}}, no_geo: {hero: {rule: rare}}}}", nil},
		{"fallbacks of a persona", "{persona: anna, fallbacks: {no_consent: {hero: plain}, no_geo: {hero: gold}, no_unit: {hero: plain}}}",
			[]string{"no_unit variant plain gold"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := suite(t, shop, "- "+strings.Replace(c.text, "{", "{name: x, ", 1))
			require.NoError(t, err)
			failures := s.Run(all, true)[0].Failures
			require.Len(t, failures, len(c.want), "%v", failures)
			for i, f := range failures {
				got := strings.TrimSpace(strings.Join([]string{f.Situation, f.Field, f.Want, f.Got, strings.Join(f.Because, "|")}, " "))
				require.Contains(t, got, c.want[i])
				require.Equal(t, "shop.test.yaml", f.Pos.File)
				require.Equal(t, 1, f.Pos.Line)
			}
		})
	}
}

// The example's own tests pass, and so do the starter's.
func TestExamples(t *testing.T) {
	for _, c := range []struct {
		path  string
		least int
	}{{"../examples/storefront", 9}, {"../examples/consent", 20}, {"../../cmd/edgewise/starter", 6}} {
		t.Run(c.path, func(t *testing.T) {
			src, err := source.Read(c.path)
			require.NoError(t, err)
			tests, err := source.ReadTests(c.path, src)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(tests.Cases), c.least)
			s, err := suiteWith(t, src, tests)
			require.NoError(t, err)
			for _, r := range s.Run(all, true) {
				require.Empty(t, r.Failures, r.Name)
			}
		})
	}
}

func TestMistakesInCases(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no such decision", "expect: {heor: gold}", "did you mean hero?"},
		{"no such variant", "expect: {hero: glod}", "did you mean gold?"},
		{"no such rule", "expect: {hero: {rule: fulll}}", "did you mean full?"},
		{"no such persona", "persona: ana, expect: {hero: gold}", "did you mean anna?"},
		{"no such attribute", "given: {context: {cart: {valeu: 1}}}, expect: {hero: gold}", `no attribute "cart.valeu"`},
		{"no such purpose", "given: {consent: {granted: [personalisation]}}, expect: {hero: gold}", "did you mean personalization?"},
		{"no such purpose expected", "expect_consent: {personalisation: denied}", "did you mean personalization?"},
		{"a purpose that nobody denies", "expect_consent: {necessary: granted}", "what is necessary needs no consent"},
		{"a value that is none", "given: {context: {visits: many}}, expect: {hero: gold}", "visits is int, and this value is none"},
		{"a word that it never is", "given: {context: {device: {class: phone}}}, expect: {hero: gold}", `device.class is never "phone"`},
		{"no such split", "bucket: {banner: 1}, expect: {hero: gold}", "decision banner has no split"},
		{"several splits", "bucket: {hero: 1}, expect: {hero: gold}", "several splits"},
		{"a rule without split", "bucket: {hero: {full: 1}}, expect: {hero: gold}", "rule full has no split"},
		{"no such bucket", "bucket: {hero: {test: 10000}}, expect: {hero: gold}", "it has 0 to 9999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := suite(t, shop, "- {name: x, "+c.text+"}")
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "shop.test.yaml:1:")
		})
	}
}

func TestCoverage(t *testing.T) {
	s, err := suite(t, shop, `
- {name: full, persona: anna, expect: {hero: gold}}
- {name: not full, persona: anna, given: {context: {cart.value: 1}}, expect: {hero: plain}}
`)
	require.NoError(t, err)
	for _, r := range s.Run(all, true) {
		require.Empty(t, r.Failures)
	}
	coverage := s.Coverage()
	require.Equal(t, 2, coverage.Matched())
	seen, outcomes := coverage.Outcomes()
	require.Equal(t, 3, seen, "full both ways, test only false")
	require.Equal(t, 18, outcomes)
	missing := coverage.Missing()
	require.Equal(t, "test", missing[0].Rule)
	require.Equal(t, []string{"never decided", "never true"}, missing[0].Untried())
	require.Equal(t, "shop.yaml:17:9", missing[0].Pos.String())
}

// What Generate writes are cases that pass, and after them only rules are left that cannot decide.
func TestGeneratedCasesPass(t *testing.T) {
	storefront, err := examples.Storefront()
	require.NoError(t, err)
	own, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(shop)})
	require.NoError(t, err)
	worldwide, err := examples.Consent()
	require.NoError(t, err)
	free, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(`
bundle: free
consent: {jurisdictions: [{modes: {"*": notice}}]}
decisions:
  hero:
    purpose: personalization
    variants: {plain: 1, off: 2}
    before_consent: [{id: said_no, serve: off}]
    rules: [{id: all, serve: plain}]
`)})
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		src     *source.Bundle
		unfound []string
	}{{"the storefront", storefront, nil}, {"the shop", own, []string{"never"}}, {"a policy", worldwide, nil}, {"a place that does not ask", free, nil}} {
		t.Run(c.name, func(t *testing.T) {
			s, err := suiteOf(t, c.src, "")
			require.NoError(t, err)
			generated, err := s.Generate()
			require.NoError(t, err)
			var text string
			var unfound []string
			for _, g := range generated {
				text += g.YAML
				if g.YAML == "" {
					unfound = append(unfound, g.Rule)
				}
			}
			require.Equal(t, c.unfound, unfound)

			s, err = suiteOf(t, c.src, text)
			require.NoError(t, err)
			for _, r := range s.Run(all, true) {
				require.Empty(t, r.Failures, r.Name)
			}
			coverage := s.Coverage()
			require.Equal(t, len(coverage)-len(c.unfound), coverage.Matched())
		})
	}
}

func TestFallbacks(t *testing.T) {
	s, err := suite(t, shop, "")
	require.NoError(t, err)
	tables, err := s.Fallbacks("2026-12-01T00:00:00Z")
	require.NoError(t, err)
	require.Len(t, tables, 2)
	require.Equal(t, "anna", tables[1].Persona)
	hero := tables[1].Rows[0]
	require.Equal(t, "hero", hero.Decision)
	require.Equal(t, []ruletest.Served{{"plain", "CONSENT"}, {"plain", "CONSENT"}, {"gold", "TARGETING_MATCH"}, {"gold", "TARGETING_MATCH"}, {"gold", "TARGETING_MATCH"}, {"plain", "STALE"}}, hero.Answers)
}

// Without the origin nothing is known that it told, now or earlier, and a deferred decision answers its fallback.
func TestFallbacksWithoutTheOrigin(t *testing.T) {
	s, err := suite(t, `bundle: shop
attributes:
  profile.stage: {type: string, purpose: personalization, from: signed}
  profile.tier: {type: string, purpose: personalization, at: origin}
deciders: {tiers: {rules: [{when: 'profile.tier == "gold"', serve: gold}]}}
decisions:
  hero:
    purpose: personalization
    variants: {plain: 1, gold: 2, late: 3}
    default: plain
    rules:
      - {when: 'profile.stage == "loyal"', serve: gold}
      - {when: 'device.class == "tv"', defer: {to: tiers, within: 1s, otherwise: late}}
personas:
  anna: {context: {profile.stage: loyal, device.class: tv, session.id: s-1}, consent: {granted: [personalization]}}
`, "- {name: x, persona: anna, fallbacks: {no_unit: {hero: gold}, no_origin: {hero: {variant: late, reason: DEFERRED}}}}")
	require.NoError(t, err)
	require.Empty(t, s.Run(all, true)[0].Failures)
}
