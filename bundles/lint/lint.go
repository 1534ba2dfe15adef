// Package lint finds what is not wrong but looks like a mistake, or makes a bundle hard to keep: rules that can never match, things that
// nobody uses, splits that surprise, decisions without a purpose that people can read.
//
// Reach for Check. It takes a source and what it compiles to, and gives findings as warnings, each with its place and what to do. It never
// calls a rule dead that could match: what it cannot follow, it takes to be possible.
package lint

import (
	"fmt"
	"slices"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Check gives the findings about a source that compiles to b, as of a time: a rule whose schedule is over then can never match again.
func Check(src *source.Bundle, b *format.Bundle, now time.Time) source.Faults {
	l := &linter{src: src, bundle: b, now: now.Unix()}
	for i := range b.Conditions {
		l.conditions = append(l.conditions, l.read(i))
	}
	l.checkOwner()
	l.checkPolicy()
	l.checkSegments()
	l.checkAttributes()
	l.checkHoldouts()
	l.checkDeciders()
	l.checkRoutes()
	l.checkCircles()
	for i := range src.Decisions {
		d := &src.Decisions[i]
		compiled := b.FindDecision(d.Name.Value)
		if compiled < 0 {
			continue
		}
		l.checkObjective(d)
		l.checkVariants(d)
		l.checkReview(d)
		l.checkMeasure(d)
		l.checkWithoutConsent(d)
		l.checkBeforeConsent(d)
		rules := b.Rules[b.Decisions[compiled].FirstRule:]
		l.checkRules(d, d.Rules, rules[:len(d.Rules)])
		l.checkRules(d, d.BeforeConsent, rules[len(d.Rules):][:len(d.BeforeConsent)])
		l.checkComplexity(d, rules[:len(d.Rules)])
	}
	l.accept()
	return src.Files.Report(l.faults)
}

// accept drops the findings that the author has accepted, and finds acceptances of nothing, or without a reason.
func (l *linter) accept() {
	for _, a := range l.src.Files.Acceptances() {
		before := len(l.faults)
		if a.Reason != "" {
			l.faults = slices.DeleteFunc(l.faults, func(f source.Fault) bool { return f.Pos.File == a.Comment.Pos.File && f.Pos.Line == a.Line })
		}
		switch {
		case a.Reason == "":
			l.warn(a.Comment, "what is accepted here has no reason", "write # accept: WHY")
		case len(l.faults) == before:
			l.warn(a.Comment, "nothing is found that this accepts", "take the comment out")
		}
	}
}

// linter is one check.
type linter struct {
	src        *source.Bundle
	bundle     *format.Bundle
	now        int64
	conditions []condition
	faults     []source.Fault
}

func (l *linter) warn(at source.Text, message, hint string) {
	l.faults = append(l.faults, source.Fault{Pos: at.Pos, Length: at.Length(), Message: message, Hint: hint, Warning: true})
}

// checkOwner finds a bundle of which nobody is said to answer for all of its decisions.
func (l *linter) checkOwner() {
	owned := len(l.src.Decisions) > 0 && !slices.ContainsFunc(l.src.Decisions, func(d source.Decision) bool { return !d.Owner.Present() })
	if !l.src.Owner.Present() && !owned {
		l.warn(l.src.Name, fmt.Sprintf("bundle %s has no owner", l.src.Name.Value), "say whom to ask: owner: team@example.com")
	}
}

func (l *linter) checkObjective(d *source.Decision) {
	if !d.Objective.Present() {
		l.warn(d.Name, fmt.Sprintf("decision %s has no objective", d.Name.Value), "say what it is for, so that somebody can tell when it is no longer needed")
	}
}

// checkReview finds a decision that somebody wanted to look at again before now.
func (l *linter) checkReview(d *source.Decision) {
	if !d.ReviewBy.Present() {
		return
	}
	if day, err := time.Parse(time.DateOnly, d.ReviewBy.Value); err == nil && day.AddDate(0, 0, 1).Unix() <= l.now {
		l.warn(d.ReviewBy, fmt.Sprintf("decision %s was to be reviewed by %s", d.Name.Value, d.ReviewBy.Value), "see whether it is still needed, and set a later day")
	}
}

// checkMeasure finds an experiment that nobody can read.
func (l *linter) checkMeasure(d *source.Decision) {
	splits := slices.ContainsFunc(d.Rules, func(r source.Rule) bool { return r.Split != nil })
	if splits && d.Measure == nil {
		l.warn(d.Name, fmt.Sprintf("decision %s splits visitors and measures nothing", d.Name.Value),
			"say what the variants are compared by: measure: {event: order, within: 7d, purpose: analytics}")
	}
}

// checkSegments finds segments that nobody uses, and those that say the same.
func (l *linter) checkSegments() {
	asked := map[uint32]bool{}
	for i := range l.conditions {
		for _, condition := range l.conditions[i].asks {
			asked[condition] = true
		}
	}
	same := map[string]string{}
	for i := range l.src.Segments {
		s := &l.src.Segments[i]
		at := slices.IndexFunc(l.bundle.Segments, func(c format.Segment) bool { return l.bundle.String(c.Name) == s.Name.Value })
		if at < 0 {
			continue
		}
		compiled := l.bundle.Segments[at].Condition
		if !asked[compiled] {
			l.warn(s.Name, fmt.Sprintf("no rule uses segment %s", s.Name.Value), "take it out")
		}
		c := l.bundle.Conditions[compiled]
		program := fmt.Sprint(l.bundle.Code[c.Start:][:c.Length])
		if first, ok := same[program]; ok {
			l.warn(s.Name, fmt.Sprintf("segment %s is the same as segment %s", s.Name.Value, first), "keep one of them")
			continue
		}
		same[program] = s.Name.Value
	}
}

// checkAttributes finds declared attributes that nothing reads.
func (l *linter) checkAttributes() {
	used := map[uint32]bool{}
	for i := range l.conditions {
		for _, attribute := range l.conditions[i].reads {
			used[attribute] = true
		}
	}
	for _, draw := range l.bundle.Draws {
		used[draw.Unit] = true
	}
	for _, d := range l.bundle.Deciders {
		for _, input := range l.bundle.Lists[d.First:][:d.Inputs] {
			used[input] = true
		}
	}
	if key := l.bundle.About[0].TargetingKey; key > 0 {
		used[key-1] = true
	}
	for _, a := range l.src.Attributes {
		at := l.bundle.FindAttribute(a.Name.Value)
		if at < 0 || used[uint32(at)] || l.bundle.Attributes[at].Flags&format.AttributeStandard != 0 {
			continue
		}
		l.warn(a.Name, fmt.Sprintf("nothing reads attribute %s", a.Name.Value), "take it out: what is not used need not be collected")
	}
}

// checkHoldouts finds holdouts and groups that no decision is in.
func (l *linter) checkHoldouts() {
	holdouts, groups := map[string]bool{}, map[string]bool{}
	for _, d := range l.src.Decisions {
		holdouts[d.Holdout.Value], groups[d.Group.Group.Value] = true, true
	}
	for _, h := range l.src.Holdouts {
		if !holdouts[h.Name.Value] {
			l.warn(h.Name, fmt.Sprintf("no decision is in holdout %s", h.Name.Value), "take it out, or name it in a decision with holdout")
		}
	}
	for _, g := range l.src.Groups {
		if !groups[g.Name.Value] {
			l.warn(g.Name, fmt.Sprintf("no decision is in group %s", g.Name.Value), "take it out, or name it in a decision with group")
		}
	}
}

// checkDeciders finds deciders that no rule defers to, and those that never answer.
func (l *linter) checkDeciders() {
	deferred := map[string]bool{}
	for _, d := range l.src.Decisions {
		for _, rule := range d.Rules {
			if rule.Defer != nil {
				deferred[rule.Defer.To.Value] = true
			}
		}
	}
	for _, d := range l.src.Deciders {
		if !deferred[d.Name.Value] {
			l.warn(d.Name, fmt.Sprintf("no rule defers to decider %s", d.Name.Value), "take it out, or defer to it")
		}
		if len(d.Rules) == 0 {
			l.warn(d.Name, fmt.Sprintf("decider %s has no rules and never answers", d.Name.Value), "say what it answers: rules: [{when: score > 0.8, serve: VARIANT}]")
		}
	}
}

// checkVariants finds variants that no rule serves. A flag may keep its other value, to be switched by hand.
func (l *linter) checkVariants(d *source.Decision) {
	served := map[string]bool{d.Default.Value: true}
	for _, rule := range slices.Concat(d.Rules, d.BeforeConsent) {
		served[rule.Serve.Value] = true
		if rule.Defer != nil {
			if len(rule.Defer.Allow) == 0 {
				return // the origin may answer with any
			}
			served[rule.Defer.Otherwise.Value] = true
			for _, allowed := range rule.Defer.Allow {
				served[allowed.Value] = true
			}
		}
		if rule.Split == nil {
			continue
		}
		weights := rule.Split.Weights
		if rule.Split.Ramp != nil {
			weights = append(slices.Clone(weights), rule.Split.Ramp.Start...)
		}
		for _, w := range weights {
			if w.Millionth > 0 {
				served[w.Variant.Value] = true
			}
		}
	}
	for _, v := range d.Variants {
		if !served[v.Name.Value] && v.Kind != source.Bool {
			l.warn(v.Name, fmt.Sprintf("no rule of %s serves variant %s", d.Name.Value, v.Name.Value), "take it out, or give it a rule")
		}
	}
}
