package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The words of random rules and contexts: few, so that rules and contexts meet.
var (
	countries = []string{"DE", "FR", "US", "GB", "JP", "BR"}
	paths     = []string{"/", "/shop", "/shop/", "/shop/shoes/", "/shop/shoes/red", "/news/", "/n", "/checkout/long-enough-to-hash", "/checkou", "/checkouts"}
	instants  = []string{"2026-06-01T00:00:00Z", "2026-06-01T00:00:00.25Z", "2026-06-01T00:00:00.5Z", "2026-12-01T00:00:00Z"}
	amounts   = []string{"0.0", "-0.0", "-3.5", "0.25"}
	hashes    = []string{"xxh64", "murmur3", "murmur3_mod", "fnv1a", "fnv1a_twice"}
	times     = []string{"2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// versions are some that differ in what tells versions apart, and some that do not.
var versions = []string{"1.2.3", "1.2.3-rc.1", "1.2.3-rc.2", "1.2.3+build", "1.2.4-alpha", "1.10.0", "2.0.0", "2.0.0-0", "3000000.0.0", "3000000.0.1",
	"3000000.0.1-beta", "1.3000000.0", "1.3000000.1", "0.0.0"}

// asksBefore stands for a condition on a decision before; where there is none, for another condition.
const asksBefore = `decision("before") == "b"`

func asking(before int) *strings.Replacer {
	if before < 0 {
		return strings.NewReplacer(asksBefore, "device.bot")
	}
	return strings.NewReplacer(asksBefore, fmt.Sprintf("decision(\"d%d\") == \"b\"", before))
}

// condition writes a random condition, of the kinds that the index knows and of some that it does not.
func condition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(8) {
		case 0:
			return "!(" + condition(r, depth-1) + ")"
		case 1, 2:
			return "(" + condition(r, depth-1) + " || " + condition(r, depth-1) + ")"
		case 3, 4, 5:
			return condition(r, depth-1) + " && " + condition(r, depth-1)
		}
	}
	compare := pick(r, []string{"==", "!=", "<", "<=", ">", ">="})
	switch r.IntN(22) {
	case 0, 1:
		return fmt.Sprintf("geo.country %s %q", pick(r, []string{"==", "!="}), pick(r, countries))
	case 2:
		return fmt.Sprintf("geo.country in [%q, %q]", pick(r, countries), pick(r, countries))
	case 3, 4:
		return fmt.Sprintf("request.path.startsWith(%q)", pick(r, paths))
	case 5:
		return fmt.Sprintf("request.path == %q", pick(r, paths))
	case 6, 7:
		return fmt.Sprintf("cart %s %d.5", compare, r.IntN(40))
	case 8:
		return fmt.Sprintf("age %s %d", compare, r.IntN(400)-200)
	case 9:
		return fmt.Sprintf("now %s timestamp(%q)", compare, pick(r, instants))
	case 13:
		return fmt.Sprintf("cart %s %s", compare, pick(r, amounts))
	case 14:
		return fmt.Sprintf("hits %s %du", compare, uint64(r.IntN(9))<<61)
	case 15:
		return fmt.Sprintf("semver(app).compareTo(semver(%q)) %s 0", pick(r, versions), compare)
	case 16:
		return fmt.Sprintf("semver(app).%s(semver(%q))", pick(r, []string{"isLessThan", "isGreaterThan"}), pick(r, versions))
	case 17:
		return fmt.Sprintf("semver(%q).%s(semver(app))", pick(r, versions), pick(r, []string{"isLessThan", "isGreaterThan"}))
	case 20:
		return fmt.Sprintf(pick(r, []string{"semver(app) %s semver(%q)", "0 %s semver(%q).compareTo(semver(app))"}), pick(r, []string{"==", "!="}), pick(r, versions))
	case 10:
		return "device.bot"
	case 18:
		return asksBefore
	case 19:
		return `granted("personalization")`
	case 11:
		return fmt.Sprintf("segment(%q)", pick(r, []string{"german", "rich"}))
	case 12:
		return fmt.Sprintf("request.path.endsWith(%q)", pick(r, paths))
	}
	return fmt.Sprintf("geo.country + %q == \"DEx\"", pick(r, []string{"x", "y"}))
}

// bundleSource writes a bundle of several decisions, some too small to be indexed.
func bundleSource(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(`bundle: random
attributes:
  cart: {type: double, purpose: necessary}
  age: {type: int, purpose: necessary}
  hits: {type: uint, purpose: necessary}
  app: {type: string, purpose: necessary}
holdouts:
  few: {by: age, percent: 10}
groups:
  two: {by: age, slots: 2}
deciders:
  origin: {rules: [{when: cart > 10.0, serve: b}]}
segments:
  german: geo.country == "DE" && request.language == "de"
  rich: cart > 20.0
decisions:
`)
	necessary := -1 // the last decision that asks for no consent
	for d := range 1 + r.IntN(4) {
		purpose := pick(r, []string{"necessary", "personalization"})
		until := pick(r, []string{"", fmt.Sprintf(", until: %s", pick(r, times))})
		fmt.Fprintf(&b, "  d%d:\n    purpose: %s\n    variants: {a: 1, b: 2, c: {value: 3%s}}\n    default: a\n    sticky: %t\n    disabled: %t\n",
			d, purpose, until, r.IntN(2) == 0, r.IntN(20) == 0)
		if r.IntN(2) == 0 {
			early := asking(necessary)
			fmt.Fprintf(&b, "    before_consent: [{when: '%s', serve: c}, {when: '%s', serve: b}]\n", early.Replace(condition(r, 2)), early.Replace(condition(r, 1)))
		}
		asks := asking(d - 1)
		if purpose == "necessary" { // which may not ask for what needs consent
			asks, necessary = asking(necessary), d
		}
		b.WriteString(pick(r, []string{"", "", "    holdout: few\n", "    group: {name: two, slots: [1, 1]}\n"}))
		b.WriteString("    rules:\n")
		for range 1 + r.IntN(1<<r.IntN(9)) {
			action := pick(r, []string{"serve: b", "serve: c", "serve: b, from: " + pick(r, times), "split: {by: age, weights: {b: 1, c: 1}, hash: " + pick(r, hashes) + "}",
				"defer: {to: origin, within: 80ms, otherwise: b, mode: with_page, allow: [a, b]}",
				"split: {by: age, weights: {b: 1, c: 1}, ramp: {from: 2025-10-01T00:00:00Z, until: 2027-01-01T00:00:00Z, start: {a: 1}}}"})
			fmt.Fprintf(&b, "      - {when: '%s', %s}\n", asks.Replace(condition(r, 3)), action)
		}
	}
	return b.String()
}

func fill(r *rand.Rand, b *core.Bundle, c *core.Context) {
	c.Reset()
	set := func(name string, v core.Value) {
		if at := b.FindAttribute(name); at >= 0 && r.IntN(6) > 0 {
			c.Set(at, v)
		}
	}
	set("geo.country", core.String(pick(r, append(countries, "XX", ""))))
	set("app", core.String(pick(r, append(versions, "", "1.2", "1.2.3-05", "0.0.1", "1.9.9", "9.0.0"))))
	set("request.path", core.String(pick(r, append(paths, "/shop/shoes/blue", "/nowhere"))))
	set("request.language", core.String(pick(r, []string{"de", "en"})))
	set("cart", core.Double(pick(r, []float64{float64(r.IntN(80))/2 + 0.5, float64(r.IntN(80))/2 + 0.5, 0, math.Copysign(0, -1), -3.5, -9, math.NaN(), math.Inf(-1)})))
	set("hits", core.Uint(r.Uint64N(9)<<61))
	set("age", core.Int(r.Int64N(420)-210))
	set("device.bot", core.Bool(r.IntN(2) == 0))
	if r.IntN(3) > 0 {
		c.Grant(b.FindPurpose("personalization"))
	}
	for d := range b.Decisions {
		variant := int(b.Decisions[d].FirstVariant) + r.IntN(3)
		switch r.IntN(30) {
		case 0:
			c.SetSticky(d, variant)
		case 1:
			c.SetPreview(d, variant)
		}
	}
	c.SetTime(1_760_000_000+r.Int64N(50_000_000), 0)
	if r.IntN(4) == 0 { // near 2026-06-01
		c.SetTime(1_780_272_000, uint32(r.IntN(4))*250_000_000)
	}
}

// without is the same bundle with no index, which tries rule by rule.
func without(b *format.Bundle) *format.Bundle {
	plain := *b
	plain.Indexed, plain.IndexKeys, plain.Rows = nil, nil, nil
	plain.Decisions = append([]format.Decision(nil), b.Decisions...)
	for i := range plain.Decisions {
		d := &plain.Decisions[i]
		d.FirstWord, d.Words, d.Tables = 0, 0, 0
	}
	return &plain
}

func load(t testing.TB, b *format.Bundle) *core.Bundle {
	t.Helper()
	loaded, err := core.Load(b.Append(nil))
	require.NoError(t, err)
	return loaded
}

// The index changes no answer: over random bundles and contexts it gives what trying rule by rule gives, absent values and errors
// included.
func TestSameAnswersAsRuleByRule(t *testing.T) {
	bundles, contexts := 150, 60
	if testing.Short() {
		bundles = 30
	}
	indexed, matched, reasons := 0, 0, map[core.Reason]int{}
	for seed := range bundles {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		src, err := source.Parse(source.File{Name: "random.yaml", Data: []byte(bundleSource(r))})
		require.NoError(t, err)
		compiled, faults := compile.Compile(src)
		require.NotNil(t, compiled, "%v", faults)
		fast, slow := load(t, compiled), load(t, without(compiled))
		indexed += len(compiled.Indexed)
		all := make([]uint32, len(compiled.Decisions))
		for i := range all {
			all[i] = uint32(i)
		}
		fastContext, slowContext := fast.NewContext(), slow.NewContext()
		fastEvaluator, slowEvaluator := fast.NewEvaluator(), slow.NewEvaluator()
		for i := range contexts {
			fill(rand.New(rand.NewPCG(uint64(seed), uint64(i))), fast, fastContext)
			fill(rand.New(rand.NewPCG(uint64(seed), uint64(i))), slow, slowContext)
			want := slowEvaluator.Decide(slowContext, all, nil)
			got := fastEvaluator.Decide(fastContext, all, nil)
			require.Equal(t, want, got, "bundle %d, context %d", seed, i)
			for _, a := range got {
				if a.Rule > 0 {
					matched++
				}
				reasons[a.Reason]++
			}
		}
	}
	require.Greater(t, indexed, bundles, "the bundles must be large enough to have an index")
	require.Greater(t, matched, bundles*contexts/2, "the contexts must meet rules")
	for _, reason := range []core.Reason{core.ReasonDisabled, core.ReasonConsent, core.ReasonTargetingMatch, core.ReasonSplit, core.ReasonDefault,
		core.ReasonPreview, core.ReasonHoldout, core.ReasonDeferred} {
		require.Greater(t, reasons[reason], bundles/4, "%s", reason)
	}
}
