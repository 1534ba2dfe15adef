package ruletest

import "github.com/edgewise-dev/edgewise/bundles/source"

// Covered says what cases have tried of a rule.
type Covered struct {
	Decision string
	Rule     string
	Pos      source.Pos
	Matched  bool // it decided in some case
	Always   bool // it has no condition, so that it has no outcomes
	True     bool // its condition was true in some case
	False    bool // its condition was false or an error in some case

	decision *source.Decision
	rule     *source.Rule
	siblings []source.Rule // among which it is
	before   bool          // it is one of those before consent
}

// begin makes the account of all rules.
func (s *Suite) begin() {
	s.coverage = map[string]*Covered{}
	for i := range s.source.Decisions {
		d := &s.source.Decisions[i]
		s.account(d, d.Rules, false)
		s.account(d, d.BeforeConsent, true)
	}
}

func (s *Suite) account(d *source.Decision, rules []source.Rule, before bool) {
	for i := range rules {
		r := &rules[i]
		c := &Covered{Decision: d.Name.Value, Rule: r.ID.Value, Pos: r.Pos, Always: !r.When.Present(), decision: d, rule: r, siblings: rules, before: before}
		s.coverage[c.Decision+"/"+c.Rule] = c
		s.order = append(s.order, c)
	}
}

// cover notes what an answer has tried.
func (s *Suite) cover(why *explanation) {
	if why == nil {
		return
	}
	for _, r := range append(why.Rules[:len(why.Rules):len(why.Rules)], why.Before...) {
		c := s.coverage[why.Decision+"/"+r.Rule]
		if c == nil || r.Outcome == "not reached" {
			continue
		}
		c.Matched = c.Matched || r.Outcome == "matched"
		if isTrue := r.Result != nil && *r.Result; isTrue {
			c.True = true
		} else if !c.Always {
			c.False = true
		}
	}
}

// Coverage is what the cases that ran have tried of each rule, in the order of the source.
func (s *Suite) Coverage() Coverage {
	var all Coverage
	for _, c := range s.order {
		all = append(all, *c)
	}
	return all
}

// Coverage is an account of rules.
type Coverage []Covered

// Matched counts the rules that decided in some case.
func (c Coverage) Matched() int {
	n := 0
	for i := range c {
		n += count(c[i].Matched)
	}
	return n
}

// Outcomes counts how many outcomes the conditions have, two each, and how many of them cases have seen.
func (c Coverage) Outcomes() (seen, all int) {
	for i := range c {
		if !c[i].Always {
			all += 2
			seen += count(c[i].True) + count(c[i].False)
		}
	}
	return seen, all
}

// Missing are the rules of which something has not been tried.
func (c Coverage) Missing() Coverage {
	var missing Coverage
	for _, rule := range c {
		if !rule.Matched || !rule.Always && !(rule.True && rule.False) {
			missing = append(missing, rule)
		}
	}
	return missing
}

// Untried says what has not been tried of a rule, in words.
func (c *Covered) Untried() []string {
	var untried []string
	if !c.Matched {
		untried = append(untried, "never decided")
	}
	if !c.Always && !c.True {
		untried = append(untried, "never true")
	}
	if !c.Always && !c.False {
		untried = append(untried, "never false")
	}
	return untried
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
