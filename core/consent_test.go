package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// because says what became of personalization.
func because(b *core.Bundle, c *core.Context) string {
	e := c.Evidence()[1]
	word := "no: "
	if e.Granted() {
		word = "yes: "
	}
	return word + string(e.AppendBecause(nil, &b.Bundle, 1, c.Jurisdiction()))
}

func TestConsentIsResolvedBeforeRulesRun(t *testing.T) {
	s := newShop()
	s.policy()
	s.decide("hero", 1<<1, serve(s.when(s.is(session, "s")), 1))
	b := s.load(t)
	c, e := b.NewContext(), b.NewEvaluator()
	for _, step := range []struct {
		name string
		give func()
		want core.Reason
		says string
	}{
		{"nothing", func() {}, core.ReasonTargetingMatch, "yes: no signal denies it (opt_out, goes_ahead)"},
		{"a place that asks", func() { c.Set(country, core.String("DE")) }, core.ReasonConsent, "no: no signal grants it (opt_in, asks)"},
		{"a choice there", func() { c.Set(country, core.String("DE")); c.AddSignal(policy.FirstCookie, "allow") }, core.ReasonTargetingMatch, "yes: choice: granted"},
		{"a choice against", func() { c.AddSignal(policy.FirstCookie, "deny") }, core.ReasonConsent, "no: choice: denied"},
		{"a denial beside a grant", func() { c.Grant(1); c.AddSignal(policy.GPC, "1") }, core.ReasonConsent, "no: gpc: Global Privacy Control is on"},
		{"settled before", func() { c.Grant(1); c.AddSignal(policy.GPC, "1"); c.SettleConsent() }, core.ReasonTargetingMatch, "yes: granted by the caller"},
		{"nothing again", func() {}, core.ReasonTargetingMatch, "yes: no signal denies it (opt_out, goes_ahead)"},
	} {
		c.Reset()
		c.Set(session, core.String("s"))
		step.give()
		require.Equal(t, step.want, e.Decide(c, []uint32{0}, nil)[0].Reason, step.name)
		require.Equal(t, step.says, because(b, c), step.name)
	}
}

// A jurisdiction that reads what is not necessary, or asks what is granted or decided, finds nothing: so it cannot depend on what it is to
// say. A compiler refuses such conditions.
func TestJurisdictionsSeeWhatIsNecessaryOnly(t *testing.T) {
	for name, condition := range map[string]func(s shop) uint32{
		"an attribute that needs consent": func(s shop) uint32 { return s.when(s.is(session, "s")) },
		"whether an attribute is there":   func(s shop) uint32 { return s.when(op(format.OpHas, session)) },
		"what is granted":                 func(s shop) uint32 { return s.when(op(format.OpGranted, 1)) },
		"what is decided": func(s shop) uint32 {
			return s.when(op(format.OpDecision, 0), s.push(assemble.String("a")), op(format.OpEqual, 0))
		},
		"a parameter that feeds an attribute": func(s shop) uint32 {
			return s.when(s.push(assemble.String("s")), op(format.OpAttribute, query), op(format.OpIn, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop()
			s.policy()
			s.Attributes[session].From = s.Str("query:s")
			s.decide("hero", 1<<1)
			s.Jurisdictions[0].Condition = condition(s)
			b := s.load(t)
			c, e := b.NewContext(), b.NewEvaluator()
			c.Set(session, core.String("s"))
			c.Set(query, core.Map([]core.Value{core.String("s"), core.String("s")}))
			c.Grant(1)
			e.Decide(c, []uint32{0}, nil)
			e.Resolve(c)
			require.Equal(t, 1, c.Jurisdiction())
			c.Set(country, core.String("FR")) // makes it be resolved once more, after what was decided
			e.Resolve(c)
			require.Equal(t, 1, c.Jurisdiction())
		})
	}
}

// Until an evaluator has said which jurisdiction applies, nothing is there but what is necessary.
func TestContextBeforeItIsResolved(t *testing.T) {
	s := newShop()
	s.policy()
	b := s.load(t)
	c := b.NewContext()
	c.Set(session, core.String("s"))
	c.Set(country, core.String("FR"))
	c.Grant(1)
	require.Equal(t, core.Masked, c.State(session))
	require.Equal(t, core.Present, c.State(country))
	require.False(t, c.Granted(1))
	b.NewEvaluator().Resolve(c)
	require.Equal(t, core.Present, c.State(session))
	require.True(t, c.Granted(1))
	require.True(t, c.GrantsAll(0b11))
}

// Of request.query only what is hidden makes no difference: whatever else is too much stays too much.
func TestHiddenParametersCountForNothing(t *testing.T) {
	s := newShop()
	s.Attributes[session].From = s.Str("query:s")
	b := s.load(t)
	c := b.NewContext()
	for _, step := range []struct {
		name    string
		others  int // parameters besides
		granted bool
		want    core.State
	}{
		{"as many as there may be", core.MaxValues / 2, false, core.Present},
		{"one more", core.MaxValues/2 + 1, false, core.BeyondSize},
		{"as many, and the one that shows", core.MaxValues / 2, true, core.BeyondSize},
		{"one less, and the one that shows", core.MaxValues/2 - 1, true, core.Present},
	} {
		for _, wire := range []bool{false, true} {
			question := core.AppendMapHead(core.AppendAttribute(core.AppendQuestion(nil, 0, 0, 0, nil), query), step.others+1)
			question = core.AppendText(core.AppendText(question, "s"), "x")
			pairs := []core.Value{core.String("s"), core.String("x")}
			for range step.others {
				pairs = append(pairs, core.String("o"), core.String(""))
				question = core.AppendText(core.AppendText(question, "o"), "")
			}
			if wire {
				_, ok := c.ReadQuestion(question, nil)
				require.True(t, ok)
			} else {
				c.Reset()
				c.Set(query, core.Map(pairs))
			}
			if step.granted {
				c.Grant(1)
			}
			require.Equal(t, step.want, c.State(query), step.name)
		}
	}
}
