package compile

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// flowing is a bundle in which data can take every kind of way.
const flowing = `
bundle: flowing
attributes:
  cart.value: {type: double, purpose: personalization, from: "cookie:cart"}
  campaign: {type: string, purpose: necessary, from: "query:utm_campaign"}
  profile.tier: {type: string, purpose: personalization, at: origin}
  profile.stage: {type: string, purpose: personalization, from: signed}
  age: {type: int, purpose: personalization}
consent:
  jurisdictions:
    - {name: eea, when: segment("europe") || geo.continent == "EU", modes: {"*": opt_in}}
    - {when: 'geo.country == "US"', modes: {"*": opt_out}}
    - {modes: {"*": opt_out}}
segments:
  europe: geo.country in ["DE", "FR"]
  big_cart: cart.value > 50.0
  good: segment("big_cart") || profile.stage == "loyal"
holdouts: {global: {by: session.id, percent: 5}}
groups: {checkout: {by: visitor.id, slots: 10}}
deciders:
  tiers: {rules: [{when: segment("europe") && profile.tier == "gold" && cart.value > 1.0, serve: a}, {serve: b}]}
  model: {model: purchase, inputs: [age], rules: [{when: score > 0.5, serve: a}]}
decisions:
  offer:
    purpose: personalization
    sticky: true
    measure: {event: order, purpose: analytics}
    holdout: global
    variants: {a: 1, b: 2}
    rules:
      - {when: segment("good") || cart.value < 1.0, serve: a}
      - {when: age > 18, defer: {to: tiers, within: 1s, otherwise: b}}
      - {when: age > 17, defer: {to: tiers, within: 1s, otherwise: a}}
      - {defer: {to: model, within: 1s, otherwise: b}}
  banner:
    purpose: personalization
    group: {name: checkout, slots: [0, 4]}
    variants: {a: 1, b: 2}
    before_consent: [{when: campaign == "x", serve: b}]
    rules:
      - {when: decision("offer") == "a" && granted("analytics"), serve: a}
      - {split: {by: visitor.id, weights: {a: 1, b: 1}}}
  closed:
    purpose: necessary
    disabled: true
    variants: {a: 1}
    rules: [{when: geo.continent == "EU", serve: a}]
  asks: {purpose: necessary, variants: {a: 1}, rules: [{when: decision("closed") == "a", serve: a}]}
`

func TestFlows(t *testing.T) {
	src, err := source.Parse(source.File{Name: "flowing.yaml", Data: []byte(flowing)})
	require.NoError(t, err)
	found, err := Flows(src)
	require.NoError(t, err)
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %s %s %v: %s (%s, %s): %s", f.To.Kind, f.To.Name, f.To.Decision, f.To.Needs, f.Attribute, f.Purpose, f.From, strings.Join(f.Ways, "; ")))
	}
	stored := "session id of the state cookie"
	lasting := "lasting id of the state cookie, where the bundle uses it"
	offer := []string{
		"age (personalization, the caller): ",
		"cart.value (personalization, cookie:cart): ",
		"geo.country (necessary, platform's geo: ISO 3166-1 alpha-2, upper case): ",
		"profile.stage (personalization, signed): ",
		"profile.tier (personalization, the origin): ",
		"session.id (personalization, " + stored + "): ",
	}
	var want []string
	add := func(sink string, flows ...string) {
		for _, f := range flows {
			want = append(want, sink+": "+f)
		}
	}
	with := func(ways ...string) (all []string) {
		for i, way := range ways {
			all = append(all, offer[i]+way)
		}
		return all
	}
	add("jurisdiction   []",
		"geo.continent (necessary, platform's geo): eea",
		"geo.country (necessary, platform's geo: ISO 3166-1 alpha-2, upper case): 2; eea -> segment europe")
	add("decision banner  [personalization]", with(
		"decision offer -> rules",
		"decision offer -> rules",
		"decision offer -> decider tiers -> segment europe",
		"decision offer -> segment good",
		"decision offer -> decider tiers -> rules",
		"decision offer -> holdout global")...)
	want = append(want[:3], append([]string{"decision banner  [personalization]: campaign (necessary, query:utm_campaign): before_consent"}, want[3:]...)...)
	add("decision banner  [personalization]", "visitor.id (personalization, "+lasting+"): split; group checkout")
	add("decision offer  [personalization]", with(
		"rules; decider model",
		"rules; decider tiers -> rules; segment good -> segment big_cart",
		"decider tiers -> segment europe",
		"segment good",
		"decider tiers -> rules",
		"holdout global")...)
	add("cookie profile.stage  [personalization]", "profile.stage (personalization, signed): itself")
	add("cookie session.id  [personalization]", "session.id (personalization, "+stored+"): itself")
	add("cookie visitor.id  [personalization]", "visitor.id (personalization, "+lasting+"): itself")
	told := "decision offer"
	add("cookie what was served offer [personalization]", with(told, told, told, told, told, told)...)
	add("event order offer [personalization analytics]", with(told, told, told, told, told, told)...)
	add("hand-over model offer [personalization]", offer[0]+"decider model")
	add("hand-over tiers offer [personalization]", offer[1]+"decider tiers -> rules", offer[2]+"decider tiers -> segment europe")
	require.Equal(t, want, got)
}

// Two decisions that both ask for the two before them, and so on: there are 2^30 ways through them.
func TestFlowsThroughManyDecisions(t *testing.T) {
	var text strings.Builder
	text.WriteString("bundle: a\nattributes: {age: {type: int, purpose: necessary}}\ndecisions:\n")
	for layer := range 31 {
		for _, name := range []string{"x", "y"} {
			when := "age > 1"
			if layer > 0 {
				when = fmt.Sprintf(`decision("x%d") == "a" || decision("y%d") == "a"`, layer-1, layer-1)
			}
			fmt.Fprintf(&text, "  %s%d: {purpose: necessary, variants: {a: 1}, rules: [{when: '%s', serve: a}]}\n", name, layer, when)
		}
	}
	src, err := source.Parse(source.File{Name: "a.yaml", Data: []byte(text.String())})
	require.NoError(t, err)
	found, err := Flows(src)
	require.NoError(t, err)
	require.Len(t, found, 62)
	for _, f := range found {
		if f.To.Name == "x2" {
			require.Equal(t, []string{"decision x1 -> decision x0 -> rules", "decision y1 -> decision x0 -> rules"}, f.Ways)
		}
		require.LessOrEqual(t, len(f.Ways), 2)
	}
}

// A query parameter that feeds an attribute is a way to it.
func TestFlowsThroughTheQuery(t *testing.T) {
	src, err := source.Parse(source.File{Name: "a.yaml", Data: []byte(`
bundle: a
attributes: {referral: {type: string, purpose: personalization, from: "query:ref"}}
segments: {friends: '"ref" in request.query'}
decisions:
  hero:
    purpose: personalization
    variants: {a: 1}
    rules: [{when: segment("friends"), serve: a}, {when: 'has(request.query.ref) && request.query["other"] == "x"', serve: a}]
`)})
	require.NoError(t, err)
	found, err := Flows(src)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, Flow{Attribute: "referral", Purpose: "personalization", From: "query:ref",
		To:   Sink{Kind: ToDecision, Name: "hero", Needs: []string{"personalization"}},
		Ways: []string{`rules -> request.query["ref"]`, `segment friends -> request.query["ref"]`}}, found[0])
	require.Equal(t, "request.query", found[1].Attribute)
}

func TestFlowsOfWhatDoesNotCompile(t *testing.T) {
	src, err := source.Parse(source.File{Name: "a.yaml", Data: []byte("bundle: a\nsegments: {s: nothing}")})
	require.NoError(t, err)
	_, err = Flows(src)
	require.ErrorContains(t, err, `no attribute "nothing"`)
}

// Whatever the compiled rules of a decision read, and hash, is among the flows to it: over the examples and the corpus.
func TestFlowsHaveAllThatCompiledRulesRead(t *testing.T) {
	sources, err := filepath.Glob("../../testdata/decide/*")
	require.NoError(t, err)
	compared := 0
	for _, path := range append(sources, "../examples/storefront", "../examples/consent", "../examples/hello.yaml") {
		src, err := source.Read(path)
		require.NoError(t, err)
		b, faults := Compile(src)
		require.NoError(t, faults.Err(), path)
		flows, err := Flows(src)
		require.NoError(t, err)
		found := map[string]bool{}
		for _, f := range flows {
			if f.To.Kind == ToDecision {
				found[f.To.Name+" "+f.Attribute] = true
			}
		}
		for i := range b.Decisions {
			d := &b.Decisions[i]
			if d.Flags&format.DecisionDisabled != 0 {
				continue
			}
			for attribute := range readBy(b, d) {
				compared++
				require.True(t, found[b.String(d.Name)+" "+attribute], "%s: %s reads %s", path, b.String(d.Name), attribute)
			}
		}
	}
	require.Greater(t, compared, 200)
}

// readBy names the attributes that a compiled decision reads and hashes, those of decisions that it asks for among them.
func readBy(b *format.Bundle, d *format.Decision) map[string]bool {
	read := map[string]bool{}
	note := func(i uint32) { read[b.String(b.Attributes[i].Name)] = true }
	decisions := []*format.Decision{d}
	for _, before := range b.Lists[d.FirstPrerequisite:][:d.Prerequisites] {
		if other := &b.Decisions[before]; other.Flags&format.DecisionDisabled == 0 {
			decisions = append(decisions, other)
		}
	}
	var conditions []uint32
	for _, d := range decisions {
		if d.Holdout > 0 {
			note(b.Draws[b.Holdouts[d.Holdout-1].Draw].Unit)
		}
		if d.Group > 0 {
			note(b.Draws[b.Groups[d.Group-1].Draw].Unit)
		}
		for _, r := range b.Rules[d.FirstRule:][:d.Rules+d.BeforeConsent] {
			if r.Condition > 0 {
				conditions = append(conditions, r.Condition-1)
			}
			if r.Does() == format.ActionSplit {
				note(b.Draws[b.Splits[r.Target].Draw].Unit)
			}
		}
	}
	for ; len(conditions) > 0; conditions = conditions[1:] {
		c := b.Conditions[conditions[0]]
		for _, in := range b.Code[c.Start:][:c.Length] {
			switch in.Op() {
			case format.OpAttribute, format.OpHas:
				note(in.B())
			case format.OpPredicate, format.OpAndPredicate:
				note(b.Predicates[in.B()].Attribute)
			case format.OpCondition:
				conditions = append(conditions, in.B())
			}
		}
	}
	return read
}
