package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The attributes of shop, in their order.
const (
	country = iota
	cartValue
	session
	languages
	query
	bot
	now
)

// shop is a bundle made by hand, without the compiler, so that these tests say what the instructions mean. It has the purposes
// necessary and personalization; each test adds its conditions and decisions.
type shop struct{ *assemble.Builder }

func newShop() shop {
	b := assemble.New("shop")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}, {Name: b.Str("personalization")}}
	attribute := func(name string, t format.Type, purpose uint32) {
		b.Attributes = append(b.Attributes, format.Attribute{Name: b.Str(name), Type: t, Purpose: purpose})
	}
	none := format.Dyn
	attribute("geo.country", format.TypeWord(format.String, none, none), 0)
	attribute("cart.value", format.TypeWord(format.Double, none, none), 1)
	attribute("session.id", format.TypeWord(format.String, none, none), 1)
	attribute("request.languages", format.TypeWord(format.List, format.String, none), 0)
	attribute("request.query", format.TypeWord(format.Map, format.String, format.String), 0)
	attribute("device.bot", format.TypeWord(format.Bool, none, none), 0)
	attribute("now", format.TypeWord(format.Timestamp, none, none), 0)
	b.About[0].Now = now + 1
	return shop{b}
}

// policy adds a consent policy: Global Privacy Control and the opt-out of sale deny personalization, the cookie "choice" grants it, and
// what is left open is denied in Germany and granted elsewhere.
func (s shop) policy() {
	p := &s.Purposes[1]
	p.Flags, p.OptOuts, p.Groups = format.PurposeGPCDenies, format.OptOutSale, 1
	s.Policies = []format.Policy{{MaxAge: 1 << 30, MinPolicy: 4}}
	s.Cookies = []format.Cookie{{Name: s.Str("choice"), Format: uint32(consent.WPConsent)}}
	s.ConsentGroups = []format.ConsentGroup{{}}
	low, high := format.MakeModes([]format.Mode{0, format.ModeOptOut})
	s.Jurisdictions = []format.Jurisdiction{
		{Name: s.Str("asks"), Condition: s.when(s.is(country, "DE")), Line: 3},
		{Name: s.Str("goes_ahead"), ModesLo: low, ModesHi: high, Line: 4},
	}
}

// when adds a condition and gives its index+1, as a rule refers to it.
func (s shop) when(code ...format.Instr) uint32 {
	return s.Condition(code, assemble.Need{}, "", 0) + 1
}

func (s shop) is(attribute uint32, value string) format.Instr {
	return op(format.OpPredicate, s.Predicate(format.TestEqual, attribute, s.Constant(assemble.String(value))))
}

func (s shop) push(c assemble.Constant) format.Instr { return op(format.OpConst, s.Constant(c)) }

// decide adds a decision with the variants a, b and c and the default a. Serve and split make its rules.
func (s shop) decide(name string, purposes uint32, rules ...format.Rule) {
	d := format.Decision{Name: s.Str(name), Purposes: purposes, FirstVariant: uint32(len(s.Variants)), Variants: 3,
		FirstRule: uint32(len(s.Rules)), Rules: uint32(len(rules))}
	d.Default = d.FirstVariant + 1
	for _, variant := range []string{"a", "b", "c"} {
		s.Variants = append(s.Variants, format.Variant{Name: s.Str(variant), Kind: uint32(format.String), JSON: s.Str(`"` + variant + `"`)})
	}
	for _, r := range rules {
		if r.Action == format.ActionServe {
			r.Target += d.FirstVariant
		}
		s.Rules = append(s.Rules, r)
	}
	s.Decisions = append(s.Decisions, d)
}

func serve(condition, variant uint32) format.Rule {
	return format.Rule{Condition: condition, Action: format.ActionServe, Target: variant}
}

// halves adds a split of session.id: the lower half of the buckets to b, the upper to c of the first decision.
func (s shop) halves(seed string) format.Rule { return s.halvesBy(format.HashXX64, seed) }

// halvesBy is halves by another hash.
func (s shop) halvesBy(hash format.Hash, seed string) format.Rule {
	s.Draws = append(s.Draws, format.Draw{Unit: session, Hash: hash, Seed: s.Str(seed), Buckets: 10000})
	s.Splits = append(s.Splits, format.Split{Draw: uint32(len(s.Draws) - 1), FirstRange: uint32(len(s.Ranges)), Ranges: 2})
	s.Ranges = append(s.Ranges, format.Range{End: 5000, Start: 5000, Variant: 2}, format.Range{End: 10000, Start: 10000, Variant: 3})
	return format.Rule{Action: format.ActionSplit, Target: uint32(len(s.Splits) - 1)}
}

func (s shop) load(t testing.TB) *core.Bundle {
	t.Helper()
	b, err := core.Load(s.Finish().Append(nil))
	require.NoError(t, err)
	return b
}

func op(o format.Op, b uint32) format.Instr     { return format.MakeInstr(o, 0, b) }
func opA(o format.Op, a, b uint32) format.Instr { return format.MakeInstr(o, a, b) }
