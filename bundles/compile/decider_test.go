package compile_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
)

// What deciders answer from the bundle alone, given what only the origin knows.
func TestDecidersAnswer(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/deciders.txtar")
	require.NoError(t, err)
	src, err := source.Parse(source.File{Name: "deciders.yaml", Data: archive.Files[0].Data})
	require.NoError(t, err)
	data, faults := compile.Bytes(src)
	require.Empty(t, faults)
	b, err := core.Load(data)
	require.NoError(t, err)
	require.EqualValues(t, 1250+1, b.About[0].MaxImpact)
	c, e := b.NewContext(), b.NewEvaluator()
	for _, test := range []struct {
		name    string
		decider string
		granted []string
		context map[string]core.Value
		facts   map[string]bool
		want    string
	}{
		{"a rule over what both places know", "plain", []string{"personalization"},
			map[string]core.Value{"profile.tier": core.String("gold"), "cart.value": core.Double(30)}, nil, "gold"},
		{"the next rule where it does not match", "plain", []string{"personalization"},
			map[string]core.Value{"profile.tier": core.String("gold"), "cart.value": core.Double(10)}, nil, "none"},
		{"nothing before consent", "plain", nil,
			map[string]core.Value{"profile.tier": core.String("gold"), "cart.value": core.Double(30)}, nil, ""},
		{"segments as they were sent, within one that the origin works out", "facts", []string{"personalization"},
			map[string]core.Value{"profile.tier": core.String("gold")}, map[string]bool{"regular": true, "big_cart": true}, "gold"},
		{"a segment that was sent as false", "facts", []string{"personalization"},
			map[string]core.Value{"profile.tier": core.String("gold")}, map[string]bool{"regular": false, "big_cart": false}, "small"},
		{"a segment that was not sent is an error, which does not match", "facts", []string{"personalization"},
			map[string]core.Value{"profile.tier": core.String("gold")}, nil, ""},
		{"what was sent counts, whatever the context says", "facts", []string{"personalization"},
			map[string]core.Value{"cart.value": core.Double(80)}, map[string]bool{"big_cart": false}, "small"},
		{"a model's score", "model", []string{"personalization", "analytics"}, map[string]core.Value{"score": core.Double(0.75)}, nil, "gold"},
		{"a score that is too low", "model", []string{"personalization", "analytics"}, map[string]core.Value{"score": core.Double(0.25)}, nil, ""},
		{"no score", "model", []string{"personalization", "analytics"}, nil, nil, ""},
		{"a purpose that a rule asks for", "model", []string{"personalization"}, map[string]core.Value{"score": core.Double(0.75)}, nil, ""},
		{"a decider without rules", "silent", []string{"personalization"}, nil, nil, ""},
	} {
		c.Reset()
		c.SetTime(1_800_000_000, 0)
		for _, purpose := range test.granted {
			c.Grant(b.FindPurpose(purpose))
		}
		for name, value := range test.context {
			c.Set(b.FindAttribute(name), value)
		}
		var facts []core.Fact
		for i, s := range b.Segments {
			if truth, ok := test.facts[b.String(s.Name)]; ok {
				facts = append(facts, core.Fact{Segment: uint32(i), True: truth})
			}
		}
		got := ""
		if variant := e.AnswerDeferred(c, uint32(b.FindDecider(test.decider)), uint32(b.FindDecision("offer")), facts); variant > 0 {
			got = b.String(b.Variants[variant-1].Name)
		}
		require.Equal(t, test.want, got, test.name)
	}
	signed, err := core.LoadSigned(data, core.Validity{Version: 1, Expires: 1_800_000_000})
	require.NoError(t, err)
	c, e = signed.NewContext(), signed.NewEvaluator()
	c.Grant(b.FindPurpose("personalization"))
	facts := []core.Fact{{Segment: 0}}
	decider, offer := uint32(b.FindDecider("facts")), uint32(b.FindDecision("offer"))
	c.SetTime(1_799_999_999, 0)
	require.NotZero(t, e.AnswerDeferred(c, decider, offer, facts))
	c.SetTime(1_800_000_000, 0)
	require.Zero(t, e.AnswerDeferred(c, decider, offer, facts), "the bundle has expired")
	require.Zero(t, e.AnswerDeferred(c, 99, 0, nil), "no such decider")
	require.Zero(t, e.AnswerDeferred(c, 0, 99, []core.Fact{{Segment: 99}}), "no such decision")
	require.Equal(t, -1, b.FindDecider("nobody"))
}

// A variant that may no longer be served, or that the decision does not have, is no answer.
func TestDecidersAnswerWhatMayBeServed(t *testing.T) {
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(`
bundle: b
deciders:
  over: {rules: [{serve: old}]}
  other: {rules: [{serve: nothing}]}
decisions:
  d:
    purpose: necessary
    variants: {a: 1, old: {value: 2, until: 2026-01-01T00:00:00Z}}
    default: a
    rules: [{defer: {to: over, within: 1s, otherwise: a}}]
`)})
	require.NoError(t, err)
	data, _ := compile.Bytes(src)
	b, err := core.Load(data)
	require.NoError(t, err)
	c, e := b.NewContext(), b.NewEvaluator()
	over, other := uint32(b.FindDecider("over")), uint32(b.FindDecider("other"))
	c.SetTime(1_700_000_000, 0)
	require.EqualValues(t, 2, e.AnswerDeferred(c, over, 0, nil))
	require.Zero(t, e.AnswerDeferred(c, other, 0, nil))
	c.SetTime(1_800_000_000, 0)
	require.Zero(t, e.AnswerDeferred(c, over, 0, nil))
}
