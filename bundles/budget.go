package bundles

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// costliest is how many rules are named where a bundle is over its budget: who mends these has mended it.
const costliest = 3

// MaxSteps is how many steps a request may take; 0 where what was loaded is compiled already and so within its limit.
func (l *Loaded) MaxSteps() uint64 {
	if l.Source == nil {
		return 0
	}
	return maxSteps(l.Source)
}

func maxSteps(src *source.Bundle) uint64 { return cmp.Or(src.Limits.Steps, bound.DefaultSteps) }

// checkBudget refuses a bundle that can take more steps than its source allows, and names the rules that take the most.
func checkBudget(b *format.Bundle, src *source.Bundle) source.Faults {
	limit := maxSteps(src)
	report := bound.Of(b)
	if report.Steps <= limit {
		return checkDeciders(report, src, limit)
	}
	faults := []source.Fault{{
		Pos:     src.Name.Pos,
		Length:  src.Name.Length(),
		Message: fmt.Sprintf("a request can take %d steps, the limit is %d", report.Steps, limit),
		Hint:    fmt.Sprintf("make the rules named here cheaper, or allow more with limits: {steps: %d}", report.Steps),
	}}
	if report.Steps > source.MaxSteps {
		faults[0].Hint = "make the rules named here cheaper"
	}
	costs := slices.Clone(report.Rules)
	slices.SortStableFunc(costs, func(x, y bound.Cost) int { return cmp.Compare(y.Steps, x.Steps) })
	for _, cost := range costs[:min(costliest, len(costs))] {
		if cost.Steps*100 < report.Steps {
			break
		}
		faults = append(faults, source.Fault{
			Pos: placeOf(src, cost), Message: fmt.Sprintf("rule %s of %s can take %d steps alone", cost.Name, cost.Decision, cost.Steps),
		})
	}
	return src.Files.Report(faults)
}

// checkDeciders refuses deciders whose answer can take more steps than a request may.
func checkDeciders(report *bound.Report, src *source.Bundle, limit uint64) source.Faults {
	var faults []source.Fault
	for _, cost := range report.Deciders {
		for _, d := range src.Deciders {
			if d.Name.Value == cost.Name && cost.Steps > limit {
				faults = append(faults, source.Fault{Pos: d.Name.Pos, Length: d.Name.Length(),
					Message: fmt.Sprintf("decider %s can take %d steps, the limit is %d", cost.Name, cost.Steps, limit), Hint: "make its rules cheaper"})
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return src.Files.Report(faults)
}

// placeOf finds a rule in the source.
func placeOf(src *source.Bundle, cost bound.Cost) source.Pos {
	for _, d := range src.Decisions {
		if d.Name.Value != cost.Decision {
			continue
		}
		for _, rule := range d.Rules {
			if rule.ID.Value == cost.Name {
				if rule.When.Present() {
					return rule.When.Pos
				}
				return rule.Pos
			}
		}
		return d.Name.Pos
	}
	return src.Name.Pos
}
