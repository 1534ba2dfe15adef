package diff_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/core/format"
)

const rules = `bundle: shop
owner: growth@shop.example
consent:
  max_age: 30d
  purposes:
    personalization: {tcf: {purposes: [1, 6]}, gpp: {opt_out_of: [sale, sharing], sensitive: [health]}, gpc: denies}
    analytics: {tcf: {vendor: 7, purposes: [8]}}
  cookies: {OptanonConsent: onetrust, eupubconsent-v2: tcf}
  jurisdictions:
    - {name: us, when: 'geo.country == "US"', modes: {"*": opt_out}}
    - {modes: {"*": opt_in}}
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  tier: {type: string, purpose: necessary, enum: [gold, silver]}
segments:
  big_cart: cart.value >= 50.0
holdouts: {global: {by: session.id, percent: 5, seed: all}}
groups: {checkout: {by: session.id, seed: co, slots: 100}}
decisions:
  hero:
    purpose: personalization
    variants: {plain: /plain, summer: /summer, gold: /gold}
    default: plain
    holdout: global
    group: {name: checkout, slots: [0, 49]}
    rules:
      - {id: gold, when: segment("big_cart"), serve: gold}
      - {id: test, from: 2026-12-01T00:00:00Z, until: 2026-12-31T00:00:00Z, split: {by: session.id, weights: {plain: 50, summer: 50}, seed: s}}
      - {id: ramp, split: {by: session.id, weights: {plain: 0, summer: 100}, seed: r, ramp: {from: 2026-12-01T00:00:00Z, until: 2026-12-11T00:00:00Z, start: {plain: 100, summer: 0}}}}
  banner: {purpose: necessary, variants: {none: null, sale: /sale}, default: none, rules: [{when: tier == "gold", serve: sale}]}
routes:
  - {path: "/shop/*", decisions: [hero]}
`

func compile(t *testing.T, text string) *format.Bundle {
	name := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	loaded, err := bundles.Load(name)
	require.NoError(t, err, "%s", text)
	return loaded.Bundle
}

// edited replaces parts of the rules, each of which must be there.
func edited(t *testing.T, edits ...string) string {
	text := rules
	for i := 0; i < len(edits); i += 2 {
		require.Contains(t, text, edits[i])
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return text
}

// ofConsent matches changes of what consent signals grant.
var ofConsent = regexp.MustCompile(`^[-+~] (policy|purpose|consent cookie|jurisdiction|bundle itself: order of jurisdictions)`)

func TestOf(t *testing.T) {
	const gold = `      - {id: gold, when: segment("big_cart"), serve: gold}` + "\n"
	tests := []struct {
		name  string
		edits []string
		want  []string
	}{
		{"nothing", nil, nil},
		{"comments and white space", []string{"bundle: shop", "# the shop\nbundle:   shop"}, nil},
		{"the owner", []string{"growth@", "sales@"}, []string{"~ bundle itself: owner: growth@shop.example -> sales@shop.example"}},
		{"a segment", []string{">= 50.0", ">= 60.0"}, []string{"~ segment big_cart: when: cart.value >= 50.0 -> cart.value >= 60.0"}},
		{"another segment", []string{"  big_cart:", "  all: 'true'\n  big_cart:"}, []string{"+ segment all: when true"}},
		{"an attribute's source", []string{`"cookie:cart"`, `"query:cart"`}, []string{"~ attribute cart.value: from: cookie:cart -> query:cart"}},
		{"an attribute's values", []string{"[gold, silver]", "[gold]"}, []string{"~ attribute tier: only: gold silver -> gold"}},
		{"what a purpose asks of TCF", []string{"[1, 6]", "[1, 5, 6]"}, []string{"~ purpose personalization: tcf: 1 6 -> 1 5 6"}},
		{"whose permission is asked for", []string{"vendor: 7", "vendor: 8"}, []string{"~ purpose analytics: subject: vendor 7 -> vendor 8"}},
		{"what one can opt out of", []string{"sale, sharing", "sale"}, []string{"~ purpose personalization: opt_out_of: sale sharing health -> sale health"}},
		{"what GPC denies", []string{", gpc: denies", ""}, []string{"~ purpose personalization: gpc: denies -> nothing"}},
		{"how old a signal may be", []string{"max_age: 30d", "max_age: 60d"}, []string{"~ policy of consent: max_age: 2592000s -> 5184000s"}},
		{"a cookie", []string{", eupubconsent-v2: tcf", ""}, []string{"- consent cookie eupubconsent-v2: written as tcf"}},
		{"a consent manager", []string{"onetrust", "cookiebot"}, []string{"~ consent cookie OptanonConsent: written as: onetrust -> cookiebot"}},
		{"a mode", []string{`{"*": opt_out}`, `{"*": notice}`}, []string{"~ jurisdiction us: modes: personalization opt_out, analytics opt_out -> personalization notice, analytics notice"}},
		{"another jurisdiction", []string{"    - {modes", "    - {name: gb, when: 'geo.country == \"GB\"', modes: {\"*\": deny}}\n    - {modes"}, []string{
			"~ bundle itself: order of jurisdictions: us | always -> us | gb | always",
			"+ jurisdiction gb: when geo.country == \"GB\", modes personalization deny, analytics deny"}},
		{"a holdout", []string{"percent: 5", "percent: 2.5"}, []string{"~ holdout global: share: 5% -> 2.5%"}},
		{"slots", []string{"[0, 49]", "[0, 59]"}, []string{"~ decision hero: group: checkout, slots 0 to 49 -> checkout, slots 0 to 59"}},
		{"weights", []string{"{plain: 50, summer: 50}", "{plain: 80, summer: 20}"},
			[]string{"~ decision hero, rule test: does: split plain 50%, summer 50% -> split plain 80%, summer 20%"}},
		{"a seed", []string{"seed: s", "seed: s2"}, []string{"~ decision hero, rule test: seed: s (10000 buckets) -> s2 (10000 buckets)"}},
		{"a schedule", []string{"until: 2026-12-31", "until: 2027-01-31"}, []string{"~ decision hero, rule test: valid: " +
			"from 2026-12-01T00:00:00Z until 2026-12-31T00:00:00Z -> from 2026-12-01T00:00:00Z until 2027-01-31T00:00:00Z"}},
		{"a condition", []string{`tier == "gold"`, `tier == "silver"`}, []string{`~ decision banner, rule banner.1: when: tier == "gold" -> tier == "silver"`}},
		{"a rule less", []string{gold, ""}, []string{
			"~ decision hero: rules: 3 -> 2", "~ decision hero: order of rules: gold test ramp -> test ramp",
			`- decision hero, rule gold: when segment("big_cart"), does serve gold`}},
		{"a variant's value", []string{"/summer,", "/summer-2,"}, []string{`~ decision hero, variant summer: value: "/summer" -> "/summer-2"`}},
		{"another variant", []string{"none: null", "none: null, more: /more"}, []string{
			"~ decision banner: variants: 2 -> 3", `+ decision banner, variant more: value "/more"`}},
		{"a default", []string{"default: plain", "default: gold"}, []string{"~ decision hero: default: plain -> gold"}},
		{"another decision", []string{"routes:", "  more: {purpose: necessary, variants: {a: true, b: false}, default: a}\nroutes:"},
			[]string{"+ decision more: for necessary, default a"}},
		{"a decision off", []string{"banner: {", "banner: {disabled: true, "}, []string{"~ decision banner: state: nothing -> disabled"}},
		{"a route", []string{"[hero]", "[hero, banner]"}, []string{"~ route /shop/*: decides: hero -> banner hero"}},
		{"another route", []string{"routes:\n", "routes:\n  - {path: /checkout, locked: true}\n"}, []string{
			"~ bundle itself: order of routes: /shop/* -> /checkout /shop/*", "+ route /checkout: decides all, locked yes"}},
	}
	before := compile(t, rules)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			for _, c := range diff.Of(before, compile(t, edited(t, test.edits...))) {
				lines = append(lines, c.String())
				require.Equal(t, ofConsent.MatchString(c.String()), c.InConsent(), c)
			}
			require.Equal(t, test.want, lines)
		})
	}
}

// What is added one way is removed the other.
func TestOfBothWays(t *testing.T) {
	before, after := compile(t, rules), compile(t, "bundle: shop\ndecisions: {d: {purpose: necessary, variants: {a: 1}, default: a}}\n")
	there, back := diff.Of(before, after), diff.Of(after, before)
	require.Len(t, back, len(there))
	count := func(changes []diff.Change, what string) (n int) {
		for _, c := range changes {
			if c.Change == what {
				n++
			}
		}
		return n
	}
	require.Positive(t, count(there, diff.Added))
	require.Equal(t, count(there, diff.Added), count(back, diff.Removed))
	require.Equal(t, count(there, diff.Removed), count(back, diff.Added))
}

func TestRebucketed(t *testing.T) {
	middle := time.Date(2026, 12, 6, 0, 0, 0, 0, time.UTC) // of the ramp, and within the test
	later := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)   // the test is over, the ramp at its end
	const both = "decision hero, rule test: "
	tests := []struct {
		name  string
		at    time.Time
		edits []string
		want  []string
	}{
		{"nothing", middle, nil, nil},
		{"what conditions say", middle, []string{">= 50.0", ">= 60.0"}, nil},
		{"a variant's value", middle, []string{"/summer,", "/summer-2,"}, nil},
		{"weights", middle, []string{"{plain: 50, summer: 50}", "{plain: 80, summer: 20}"},
			[]string{both + "its weights change: 30% of its units would move to another variant or out of it"}},
		{"the weights of a test that is over", later, []string{"{plain: 50, summer: 50}", "{plain: 80, summer: 20}"}, nil},
		{"weights by other numbers", middle, []string{"{plain: 50, summer: 50}", "{plain: 1, summer: 1}"}, nil},
		{"a share for a third variant", middle, []string{"{plain: 50, summer: 50}", "{plain: 50, summer: 25, gold: 25}"},
			[]string{both + "its weights change: 25% of its units would move to another variant or out of it"}},
		{"a seed", middle, []string{"seed: s", "seed: s2"}, []string{both + "the seed changes: they are drawn anew, and about 50% of its units would move to another variant or out of it"}},
		{"a unit", middle, []string{"split: {by: session.id, weights: {plain: 50", "split: {by: visitor.id, weights: {plain: 50"},
			[]string{both + "it is split by another unit: they are drawn anew, and about 50% of its units would move to another variant or out of it"}},
		{"the speed of a ramp", middle, []string{"until: 2026-12-11", "until: 2026-12-21"},
			[]string{"decision hero, rule ramp: its weights change: 25% of its units would move to another variant or out of it"}},
		{"the speed of a ramp that is at its end in both", later, []string{"until: 2026-12-11", "until: 2026-12-21"}, nil},
		{"a test that is stopped", middle, []string{"until: 2026-12-31", "until: 2026-12-05"}, nil},
		{"a holdout's seed", middle, []string{"seed: all", "seed: all2"}, []string{
			both + "of its holdout, the seed changes: they are drawn anew, and about 9.524% of its units would move to another variant or out of it",
			"decision hero, rule ramp: of its holdout, the seed changes: they are drawn anew, and about 9.524% of its units would move to another variant or out of it"}},
		{"slots", later, []string{"[0, 49]", "[0, 59]"},
			[]string{"decision hero, rule ramp: the decision's slots change: 16.67% of its units would move to another variant or out of it"}},
		{"another id", middle, []string{"{id: test", "{id: tried"}, nil},
		{"another id and weights", middle, []string{"{id: test", "{id: tried", "{plain: 50, summer: 50}", "{plain: 80, summer: 20}"},
			[]string{both + "its weights change: 30% of its units would move to another variant or out of it"}},
		{"another id and seed", middle, []string{"{id: test", "{id: tried", "seed: s", "seed: s2"},
			[]string{both + "the seed changes: they are drawn anew, and about 50% of its units would move to another variant or out of it"}},
		{"another id and seed, of a test that is over", later, []string{"{id: test", "{id: tried", "seed: s", "seed: s2"}, nil},
		{"another test beside it", middle, []string{"      - {id: test", "      - {id: other, split: {by: session.id, weights: {plain: 50, gold: 50}, seed: o}}\n      - {id: test"}, nil},
		{"a seed for those who all get the same", later, []string{"seed: r", "seed: r2"}, nil},
		{"a seed and weights", middle, []string{"seed: s", "seed: s2", "{plain: 50, summer: 50}", "{plain: 80, gold: 20}"},
			[]string{both + "the seed changes: they are drawn anew, and about 60% of its units would move to another variant or out of it"}},
		{"a larger holdout", later, []string{"percent: 5", "percent: 10"},
			[]string{"decision hero, rule ramp: its holdout's share changes: 5.263% of its units would move to another variant or out of it"}},
		{"no group", later, []string{"    group: {name: checkout, slots: [0, 49]}\n", ""},
			[]string{"decision hero, rule ramp: the decision joins or leaves a group: 50% of its units would move to another variant or out of it"}},
		{"a rule before it", middle, []string{"      - {id: test", "      - {id: other, when: 'true', serve: gold}\n      - {id: test"}, nil},
	}
	before := compile(t, rules)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			for _, m := range diff.Rebucketed(before, compile(t, edited(t, test.edits...)), test.at) {
				lines = append(lines, m.String())
			}
			require.Equal(t, test.want, lines)
		})
	}
}

// Rules without an id are called by their number, and splits without a seed draw alike: neither tells which split is which.
func TestRebucketedOfRulesWithoutIDs(t *testing.T) {
	const head = "bundle: shop\ndecisions: {hero: {purpose: personalization, variants: {plain: 1, gold: 2}, default: plain, rules: [\n"
	const phones = `{when: device.class == "mobile", split: {by: session.id, weights: {plain: 50, gold: 50}}},` + "\n"
	const desktops = `{when: device.class == "desktop", split: {by: session.id, weights: {plain: 90, gold: 10}}},` + "\n"
	const tablets = `{when: device.class == "tablet", split: {by: session.id, weights: {plain: 20, gold: 80}}},` + "\n"
	before := compile(t, head+phones+desktops+"]}}\n")
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"a rule before them", `{when: device.class == "bot", serve: plain},` + phones + desktops, nil},
		{"a split before them", tablets + phones + desktops, nil},
		{"the other order", desktops + phones, nil},
		{"a rule before them, and a seed", `{when: device.class == "bot", serve: plain},` + strings.Replace(phones, "50}}}", "50}, seed: s}}", 1) + desktops, []string{
			"decision hero, rule hero.1: the seed changes: they are drawn anew, and about 50% of its units would move to another variant or out of it"}},
		{"a rule before them, and weights", `{when: device.class == "bot", serve: plain},` + phones + strings.Replace(desktops, "90, gold: 10", "80, gold: 20", 1), []string{
			"decision hero, rule hero.2: its weights change: 10% of its units would move to another variant or out of it"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			for _, m := range diff.Rebucketed(before, compile(t, head+test.rules+"]}}\n"), time.Now()) {
				lines = append(lines, m.String())
			}
			require.Equal(t, test.want, lines)
		})
	}
}
