package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Answers over the life of a bundle that is fresh until 100 and expires at 200. Each decision's variants are a, the default, b and c.
func TestAnswersTellHowOldTheBundleIs(t *testing.T) {
	const fresh, stale, expired = 99, 100, 200
	personal, both := uint32(0b10), uint32(0b11)
	holdAll := func(s shop) {
		s.Draws = append(s.Draws, format.Draw{Unit: country, Hash: format.HashXX64, Seed: s.Str("all"), Buckets: 100})
		s.Holdouts = append(s.Holdouts, format.Holdout{Name: s.Str("all"), Draw: uint32(len(s.Draws) - 1), Held: 100})
		s.Decisions[0].Holdout = 1
	}
	disable := func(s shop) { s.Decisions[0].Flags |= format.DecisionDisabled }
	before := func(s shop) {
		s.Rules = append(s.Rules, serve(0, 2))
		s.Decisions[0].BeforeConsent = 1
	}
	for _, c := range []struct {
		name     string
		purposes uint32
		rules    []format.Rule
		change   func(shop)
		granted  bool
		at       int64
		want     answer
	}{
		{"a rule, fresh", both, []format.Rule{serve(0, 1)}, nil, true, fresh, answer{"b", core.ReasonTargetingMatch, 1}},
		{"a rule, stale", both, []format.Rule{serve(0, 1)}, nil, true, stale, answer{"b", core.ReasonStale, 1}},
		{"a rule, just not expired", both, []format.Rule{serve(0, 1)}, nil, true, expired - 1, answer{"b", core.ReasonStale, 1}},
		{"a rule, expired", both, []format.Rule{serve(0, 1)}, nil, true, expired, answer{"a", core.ReasonStale, 0}},
		{"a necessary decision's rule, expired", 1, []format.Rule{serve(0, 1)}, nil, false, expired, answer{"b", core.ReasonStale, 1}},
		{"of a purpose that is not necessary alone, expired", personal, []format.Rule{serve(0, 1)}, nil, true, expired, answer{"a", core.ReasonStale, 0}},
		{"no rules, stale", 1, nil, nil, false, stale, answer{"a", core.ReasonStale, 0}},
		{"no rule matched, stale", 1, []format.Rule{serve(1, 1)}, nil, false, stale, answer{"a", core.ReasonStale, 0}},
		{"no consent, fresh: what is served before it", both, []format.Rule{serve(0, 1)}, before, false, fresh, answer{"c", core.ReasonConsent, 0}},
		{"no consent, stale: likewise", both, []format.Rule{serve(0, 1)}, before, false, stale, answer{"c", core.ReasonConsent, 0}},
		{"no consent, expired: the default", both, []format.Rule{serve(0, 1)}, before, false, expired, answer{"a", core.ReasonConsent, 0}},
		{"disabled, expired", both, []format.Rule{serve(0, 1)}, disable, true, expired, answer{"a", core.ReasonDisabled, 0}},
		{"held out, stale", 1, []format.Rule{serve(0, 1)}, holdAll, true, stale, answer{"a", core.ReasonHoldout, 0}},
		{"held out, expired", both, []format.Rule{serve(0, 1)}, holdAll, true, expired, answer{"a", core.ReasonHoldout, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop()
			s.when(s.is(country, "FR"))
			s.decide("hero", c.purposes, c.rules...)
			if c.change != nil {
				c.change(s)
			}
			b, err := core.LoadSigned(s.Append(nil), core.Validity{Version: 3, FreshUntil: 100, Expires: 200})
			require.NoError(t, err)
			require.EqualValues(t, 3, b.Validity().Version)
			context := b.NewContext()
			context.Set(country, core.String("DE"))
			context.SetTime(c.at, 0)
			if c.granted {
				context.Grant(1)
			}
			require.Equal(t, c.want, ask(b, context))
			answers := b.NewEvaluator().Decide(context, []uint32{0, 9}, nil)
			for _, a := range answers { // the second decision is not there
				require.Equal(t, c.at >= stale, a.Flags&core.Stale != 0)
			}
		})
	}
}

func TestAStickyAnswerStaysOneInAStaleBundle(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	s.Decisions[0].Flags |= format.DecisionSticky
	b, err := core.LoadSigned(s.Append(nil), core.Validity{Version: 1, FreshUntil: 100})
	require.NoError(t, err)
	context := b.NewContext()
	require.True(t, context.SetSticky(0, 2))
	context.SetTime(1<<40, 0)
	got := b.NewEvaluator().Decide(context, []uint32{0}, nil)[0]
	require.Equal(t, core.Answer{Variant: 3, Reason: core.ReasonStale, Flags: core.Sticky | core.Stale}, got)
}

func TestAnUnsignedBundleIsAlwaysFresh(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	b := s.load(t)
	require.Zero(t, b.Validity())
	context := b.NewContext()
	context.SetTime(1<<50, 0)
	require.Equal(t, answer{"b", core.ReasonTargetingMatch, 1}, ask(b, context))
}
