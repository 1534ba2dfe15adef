package ruletest

import (
	"fmt"
	"strconv"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// mostTries bounds the search for a unit: a bucket of 10,000 is found within a tenth of them but for one case in 10^13.
const mostTries = 3_000_000

// unitFinder finds units that fall into the buckets that a case asks for. It tries unit-1, unit-2 and so on, so that a case has the same visitor
// each time.
type unitFinder struct {
	bundle    *core.Bundle
	evaluator *core.Evaluator
	context   *core.Context
}

func (f *unitFinder) load(data []byte) error {
	if f.bundle != nil {
		return nil
	}
	var err error
	if f.bundle, err = core.Load(data); err == nil {
		f.evaluator, f.context = f.bundle.NewEvaluator(), f.bundle.NewContext()
	}
	return err
}

// pin gives a visitor the units that fall into the buckets that a case asks for.
func (s *Suite) pin(t *source.Test, v *visitor) error {
	byUnit := map[uint32][]*source.Bucket{}
	var units []uint32
	for i := range t.Buckets {
		split, ok := s.splitOf(&t.Buckets[i])
		if !ok {
			return fmt.Errorf("%s: no split to find a visitor for", t.Buckets[i].Decision.Pos)
		}
		unit := s.bundle.Draws[s.bundle.Splits[split].Draw].Unit
		if byUnit[unit] == nil {
			units = append(units, unit)
		}
		byUnit[unit] = append(byUnit[unit], &t.Buckets[i])
	}
	for _, unit := range units {
		name := s.bundle.String(s.bundle.Attributes[unit].Name)
		if _, given := t.Keys[name]; given {
			return fmt.Errorf("%s: bucket chooses %s, and the case gives it too: leave one of them out", byUnit[unit][0].Decision.Pos, name)
		}
		number, err := s.findUnit(unit, byUnit[unit], v)
		if err != nil {
			return err
		}
		v.Context[name] = s.unitJSON(name, number)
	}
	return nil
}

// findUnit finds the number of a unit that falls into all those buckets.
func (s *Suite) findUnit(unit uint32, wanted []*source.Bucket, v *visitor) (int, error) {
	f := &s.units
	if err := f.load(s.data); err != nil {
		return 0, err
	}
	f.context.Reset()
	for p := range f.bundle.Purposes {
		f.context.Grant(p)
	}
	if seconds, nanos, ok := text.ParseTimestamp(v.Now); ok {
		f.context.SetTime(seconds, nanos)
	}
	isText := f.bundle.Attributes[unit].Type.Kind() == format.String
	for number := 1; number <= mostTries; number++ {
		value := core.Int(int64(number))
		switch {
		case isText:
			value = core.String("unit-" + strconv.Itoa(number))
		case f.bundle.Attributes[unit].Type.Kind() == format.Uint:
			value = core.Uint(uint64(number))
		}
		f.context.Set(int(unit), value)
		if s.falls(wanted) {
			return number, nil
		}
	}
	return 0, fmt.Errorf("%s: no visitor found who falls into %s: buckets of several splits by one unit are hard to meet at once, so ask for a variant instead of a number",
		wanted[0].Decision.Pos, map[bool]string{true: "this bucket", false: "all these buckets"}[len(wanted) == 1])
}

// falls says whether the unit in the finder's context falls into all those buckets.
func (s *Suite) falls(wanted []*source.Bucket) bool {
	for _, b := range wanted {
		split, _ := s.splitOf(b)
		bucket, variant, ok := s.units.evaluator.Assign(s.units.context, uint32(s.bundle.FindDecision(b.Decision.Value)), split)
		if !ok || b.Number.Present() && bucket != b.Bucket {
			return false
		}
		if b.Variant.Present() {
			if variant == 0 {
				variant = s.bundle.Decisions[s.bundle.FindDecision(b.Decision.Value)].Default
			}
			if variant == 0 || s.bundle.String(s.bundle.Variants[variant-1].Name) != b.Variant.Value {
				return false
			}
		}
	}
	return true
}

// splitOf is the split that a case asks a bucket of: that of the rule it names, or the decision's only one.
func (s *Suite) splitOf(b *source.Bucket) (uint32, bool) {
	decision := s.bundle.FindDecision(b.Decision.Value)
	if decision < 0 {
		return 0, false
	}
	d := &s.bundle.Decisions[decision]
	for i := d.FirstRule; i < d.FirstRule+d.Rules; i++ {
		r := &s.bundle.Rules[i]
		if r.Does() == format.ActionSplit && (!b.Rule.Present() || s.bundle.String(r.ID) == b.Rule.Value) {
			return r.Target, true
		}
	}
	return 0, false
}
