package ruletest

import "github.com/edgewise-dev/edgewise/bundles/source"

// Fallback is what a visitor is served in each of source.Situations.
type Fallback struct {
	Persona string // "": anyone who consented to everything, and of whom nothing is known but what splits hash
	Rows    []FallbackRow
}

// FallbackRow is a decision's answers, one for each of source.Situations.
type FallbackRow struct {
	Decision string
	Answers  []Served
}

// Served is an answer in short.
type Served struct {
	Variant string `json:"variant,omitempty"` // "": the default in the caller's code
	Reason  string `json:"reason"`
}

// Fallbacks has every decision decided for each persona, and for anyone, while something is missing. now is RFC 3339.
func (s *Suite) Fallbacks(now string) ([]Fallback, error) {
	personas := []source.Text{{}}
	for _, p := range s.source.Personas {
		personas = append(personas, p.Name)
	}
	var all []Fallback
	for _, persona := range personas {
		f := Fallback{Persona: persona.Value}
		for _, d := range s.source.Decisions {
			f.Rows = append(f.Rows, FallbackRow{Decision: d.Name.Value})
		}
		for _, situation := range source.Situations {
			v, err := s.visitor(&source.Test{Persona: persona}, situation)
			if err != nil {
				return nil, err
			}
			v.Now = now
			for _, row := range f.Rows {
				v.Decisions = append(v.Decisions, row.Decision)
			}
			answers, _, err := s.decide(situation, v.line())
			if err != nil {
				return nil, err
			}
			for i := range f.Rows {
				a := answers[f.Rows[i].Decision]
				served := Served{Reason: a.Reason}
				if a.Variant != nil {
					served.Variant = *a.Variant
				}
				f.Rows[i].Answers = append(f.Rows[i].Answers, served)
			}
		}
		all = append(all, f)
	}
	return all, nil
}
