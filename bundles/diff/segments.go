package diff

import (
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Reach is what changes beyond what is written differently: segments that somebody else may be in, and whether another purpose may be granted to
// somebody.
type Reach struct {
	Segments []string // of both bundles, sorted
	Consent  bool
}

// ReachOf follows changes (Of) through segments that use segments, and through the conditions of jurisdictions.
func ReachOf(before, after *format.Bundle, changes []Change) Reach {
	everything, decisions := false, false
	changed := map[string]bool{}
	r := Reach{Consent: slices.ContainsFunc(changes, Change.InConsent)}
	for _, c := range changes {
		switch {
		case c.What == "segment":
			changed[c.Name] = true
		case c.What == "attribute": // its type, purpose or source: who is in a segment that reads it
			everything = true
		case c.What == "decision", slices.Contains(ofDecisions, c.What):
			decisions = true
		}
	}
	for _, b := range []*format.Bundle{before, after} {
		touched := touchedConditions(b, changed, everything || r.Consent, decisions)
		for _, j := range b.Jurisdictions {
			r.Consent = r.Consent || j.Condition > 0 && touched[j.Condition-1]
		}
	}
	for _, b := range []*format.Bundle{before, after} {
		touched := touchedConditions(b, changed, everything || r.Consent, decisions)
		for _, s := range b.Segments {
			if name := b.String(s.Name); touched[s.Condition] && !slices.Contains(r.Segments, name) {
				r.Segments = append(r.Segments, name)
			}
		}
	}
	slices.Sort(r.Segments)
	return r
}

// touchedConditions says of each condition whether its value may change: everything's does, that of a changed segment, of what asks other decisions where these
// change, and of what uses such a condition, which lies before it.
func touchedConditions(b *format.Bundle, segments map[string]bool, everything, decisions bool) []bool {
	touched := make([]bool, len(b.Conditions))
	for _, s := range b.Segments {
		touched[s.Condition] = segments[b.String(s.Name)]
	}
	for i, c := range b.Conditions {
		touched[i] = touched[i] || everything
		for _, in := range b.Code[c.Start : c.Start+c.Length] {
			touched[i] = touched[i] || in.Op() == format.OpCondition && touched[in.B()] || in.Op() == format.OpDecision && decisions
		}
	}
	return touched
}
