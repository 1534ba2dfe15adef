package core_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// answer is an Answer in words.
type answer struct {
	variant string
	reason  core.Reason
	rule    uint32 // rule+1
}

func ask(b *core.Bundle, c *core.Context) answer {
	got := b.NewEvaluator().Decide(c, []uint32{0}, nil)[0]
	a := answer{reason: got.Reason, rule: got.Rule}
	if got.Variant > 0 {
		a.variant = b.String(b.Variants[got.Variant-1].Name)
	}
	return a
}

func TestFirstMatchingRuleWins(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(s.when(s.is(country, "DE")), 1), serve(s.when(s.is(country, "DE")), 2), serve(0, 2))
	b := s.load(t)
	c := b.NewContext()
	require.Equal(t, answer{"c", core.ReasonTargetingMatch, 3}, ask(b, c), "an absent attribute: the condition is an error and does not match")
	c.Set(country, core.String("DE"))
	require.Equal(t, answer{"b", core.ReasonTargetingMatch, 1}, ask(b, c))
	c.Set(country, core.String("FR"))
	require.Equal(t, answer{"c", core.ReasonTargetingMatch, 3}, ask(b, c))
}

func TestNoRuleGivesTheDefault(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(s.when(s.is(country, "DE")), 1))
	b := s.load(t)
	require.Equal(t, answer{"a", core.ReasonDefault, 0}, ask(b, b.NewContext()))

	s = newShop()
	s.decide("hero", 1)
	b = s.load(t)
	require.Equal(t, answer{"a", core.ReasonStatic, 0}, ask(b, b.NewContext()))

	s = newShop()
	s.decide("hero", 1)
	s.Decisions[0].Default = 0
	b = s.load(t)
	require.Equal(t, answer{"", core.ReasonStatic, 0}, ask(b, b.NewContext()), "the caller's code default")

	s = newShop()
	s.decide("hero", 1, serve(0, 1))
	s.Decisions[0].Flags = format.DecisionDisabled
	b = s.load(t)
	require.Equal(t, answer{"a", core.ReasonDisabled, 0}, ask(b, b.NewContext()))
}

func TestDecisionThatIsNotThere(t *testing.T) {
	b := newShop().load(t)
	got := b.NewEvaluator().Decide(b.NewContext(), []uint32{7}, nil)
	require.Equal(t, []core.Answer{{Decision: 7, Reason: core.ReasonError}}, got)
}

func TestConsentComesFirst(t *testing.T) {
	s := newShop()
	s.decide("hero", 0b11, serve(0, 1))
	b := s.load(t)
	c := b.NewContext()
	require.Equal(t, answer{"a", core.ReasonConsent, 0}, ask(b, c))
	c.Grant(1)
	require.Equal(t, answer{"b", core.ReasonTargetingMatch, 1}, ask(b, c))
}

// A masked value must not show in any way: not by its value, its type, its size, nor by being there.
func TestMaskedValuesDoNotExist(t *testing.T) {
	s := newShop()
	has := s.when(op(format.OpHas, cartValue))
	large := s.when(op(format.OpAttribute, cartValue), s.push(assemble.Double(50)), op(format.OpGreaterEqual, 0))
	s.decide("hero", 1, serve(has, 1), serve(large, 2))
	b := s.load(t)
	none := b.NewContext()
	for name, v := range map[string]core.Value{
		"of its type": core.Double(80), "of another type": core.String("80"), "null": core.Null(),
		"too large": core.Bytes(make([]byte, core.MaxText+1)),
	} {
		c := b.NewContext()
		c.Set(cartValue, v)
		require.Equal(t, core.Masked, c.State(cartValue), name)
		e := b.NewEvaluator()
		require.Equal(t, string(e.Explain(none, 0, nil)), string(e.Explain(c, 0, nil)), name)
		require.Equal(t, ask(b, none), ask(b, c), name)
	}
	c := b.NewContext()
	c.Set(cartValue, core.Double(80))
	c.Grant(1)
	require.Equal(t, answer{"b", core.ReasonTargetingMatch, 1}, ask(b, c))
}

func TestValuesThatAreNotAsDeclaredAreAbsent(t *testing.T) {
	s := newShop()
	s.Attributes[country].Enum = s.Constant(assemble.Constant{Kind: format.List, Elements: []assemble.Constant{
		assemble.String("DE"), assemble.String("FR")}}) + 1
	s.decide("hero", 1)
	b := s.load(t)
	for _, c := range []struct {
		name  string
		at    int
		value core.Value
		want  core.State
	}{
		{"as declared", country, core.String("DE"), core.Present},
		{"another kind", country, core.Int(7), core.WrongType},
		{"not in the enum", country, core.String("XX"), core.NotInEnum},
		{"not UTF-8", country, core.String("\xff"), core.WrongType},
		{"a list of strings", languages, core.List([]core.Value{core.String("de"), core.String("en")}), core.Present},
		{"a list with another kind in it", languages, core.List([]core.Value{core.String("de"), core.Int(1)}), core.WrongType},
		{"too long", query, core.Map([]core.Value{core.Int(1), core.String("x")}), core.WrongType},
		{"longer than any attribute", country, core.String(string(make([]byte, core.MaxText+1))), core.BeyondSize},
		{"a list with more text in all than one attribute may have", languages, core.List([]core.Value{
			core.String(string(make([]byte, core.MaxText))), core.String("x")}), core.BeyondSize},
		{"a list with too many elements", languages, core.List(make([]core.Value, core.MaxValues+1)), core.BeyondSize},
		{"nothing", country, core.Value{}, core.Missing},
	} {
		context := b.NewContext()
		context.Set(c.at, c.value)
		require.Equal(t, c.want, context.State(c.at), c.name)
		require.Equal(t, c.want == core.Present, context.Value(c.at).Kind() != format.Error, c.name)
	}
}

func TestSchedule(t *testing.T) {
	s := newShop()
	rule := serve(0, 1)
	s.Schedules = []format.Schedule{format.MakeSchedule(1000, 2000)}
	rule.Schedule = 1
	s.decide("hero", 1, rule)
	b := s.load(t)
	for second, want := range map[int64]string{999: "a", 1000: "b", 1999: "b", 2000: "a"} {
		c := b.NewContext()
		c.SetTime(second, 999_999_999)
		require.Equal(t, want, ask(b, c).variant, "at second %d", second)
	}
}

func TestSplit(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, s.halves("summer-2026"), serve(0, 0))
	b := s.load(t)
	c := b.NewContext()
	c.Set(session, core.String("u1"))
	require.Equal(t, answer{"a", core.ReasonTargetingMatch, 2}, ask(b, c), "a masked unit: the split does not match")
	c.Grant(1)
	seen := map[string]int{}
	for i := range 4000 {
		c.Set(session, core.String("unit-"+string(rune('a'+i%26))+string(rune('A'+i/26%26))+string(rune('0'+i/676))))
		a := ask(b, c)
		require.Equal(t, core.ReasonSplit, a.reason)
		require.Equal(t, uint32(1), a.rule)
		seen[a.variant]++
	}
	require.Len(t, seen, 2)
	require.InDelta(t, 2000, seen["b"], 130, "4 standard deviations")
	c.Set(session, core.String(""))
	require.Equal(t, answer{"a", core.ReasonTargetingMatch, 2}, ask(b, c), "an empty unit tells nobody apart")
}

// Once warm, nothing is allocated: not for conditions, not for text that they build, not for questions that are read.
func TestDecidingAllocatesNothing(t *testing.T) {
	s := newShop()
	joined := s.when(op(format.OpAttribute, country), s.push(assemble.String("-x")), op(format.OpAdd, 0),
		s.push(assemble.String("DE-x")), op(format.OpEqual, 0))
	s.decide("hero", 1, serve(s.when(s.is(country, "FR")), 1), s.halves("x"), serve(joined, 2))
	b := s.load(t)
	question := core.AppendQuestion(nil, 0b11, 1_700_000_000, 0, []uint32{0})
	question = core.AppendText(core.AppendAttribute(question, country), "DE")
	question = core.AppendListHead(core.AppendAttribute(question, languages), 1)
	question = core.AppendText(question, "de")
	question = core.AppendText(core.AppendAttribute(question, session), "u1")
	c, e := b.NewContext(), b.NewEvaluator()
	asked, answers := make([]uint32, 0, 4), make([]core.Answer, 0, 4)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		asked, ok := c.ReadQuestion(question, asked)
		if !ok || len(e.Decide(c, asked, answers)) != 1 {
			t.Fatal("no answer")
		}
	}))
}

// What was tried is shown as it was: rules behind the one that won were not, whether or not there are rules before consent.
func TestExplainShowsWhatWasTried(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1), serve(0, 2), serve(0, 2))
	s.Decisions[0].Rules, s.Decisions[0].BeforeConsent = 2, 1
	b := s.load(t)
	why := string(b.NewEvaluator().Explain(b.NewContext(), 0, nil))
	require.Equal(t, 1, strings.Count(why, `"outcome":"matched"`), why)
	require.Equal(t, 2, strings.Count(why, `"outcome":"not reached"`), why)
}
