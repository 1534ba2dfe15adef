package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// checkRules finds rules of a decision that can never match, and splits that surprise. compiled are the same rules in the bundle.
func (l *linter) checkRules(d *source.Decision, rules []source.Rule, compiled []format.Rule) {
	for i := range rules {
		rule := &rules[i]
		l.checkTimes(d, rule)
		if rule.Split != nil {
			l.checkSplit(d, rule, &compiled[i])
		}
		if compiled[i].Condition == 0 {
			continue
		}
		c := &l.conditions[compiled[i].Condition-1]
		if attribute, found := l.contradiction(c.literals); found {
			l.warn(rule.When, fmt.Sprintf("rule %s can never match: no %s fits all that it asks", rule.ID.Value, l.name(attribute)), "mend the condition, or take the rule out")
			continue
		}
		for j := range i {
			if l.shadows(d, &rules[j], &compiled[j], rule, &compiled[i]) {
				l.warn(rule.When, fmt.Sprintf("rule %s can never match: rule %s before it matches whenever it does", rule.ID.Value, rules[j].ID.Value),
					"move it up, or take it out")
				break
			}
		}
	}
}

func (l *linter) name(attribute uint32) string {
	return l.bundle.String(l.bundle.Attributes[attribute].Name)
}

// shadows says whether a rule leaves nothing to one behind it. A split does not where its unit is absent, nor a variant that ends.
func (l *linter) shadows(d *source.Decision, first *source.Rule, a *format.Rule, second *source.Rule, b *format.Rule) bool {
	if first.Split != nil || !first.Serve.Present() || a.Condition == 0 {
		return false
	}
	for _, v := range d.Variants {
		if v.Name.Value == first.Serve.Value && v.Until.Present() {
			return false
		}
	}
	if first.From.Present() && (!second.From.Present() || second.FromUnix < first.FromUnix) ||
		first.Until.Present() && (!second.Until.Present() || second.UntilUnix > first.UntilUnix) {
		return false
	}
	return a.Condition == b.Condition || l.sameProgram(a.Condition-1, b.Condition-1) ||
		l.implies(&l.conditions[b.Condition-1], &l.conditions[a.Condition-1])
}

func (l *linter) sameProgram(x, y uint32) bool {
	a, b := l.bundle.Conditions[x], l.bundle.Conditions[y]
	return slices.Equal(l.bundle.Code[a.Start:][:a.Length], l.bundle.Code[b.Start:][:b.Length])
}

func (l *linter) checkTimes(d *source.Decision, rule *source.Rule) {
	if rule.Until.Present() && rule.UntilUnix <= l.now {
		l.warn(rule.Until, fmt.Sprintf("rule %s can never match: its schedule is over since %s", rule.ID.Value, rule.Until.Value), "take it out, or give it a later until")
	}
	for _, v := range d.Variants {
		if rule.Serve.Present() && v.Name.Value == rule.Serve.Value && v.Until.Present() && v.UntilUnix <= l.now {
			l.warn(rule.Serve, fmt.Sprintf("rule %s can never match: its variant %s has ended at %s", rule.ID.Value, v.Name.Value, v.Until.Value),
				"take it out, or give the variant a later until")
		}
	}
}

// The attributes that the edge makes itself where their purpose is granted.
const (
	session = "session.id"
	visitor = "visitor.id"
)

// checkSplit finds splits by what may be absent, and by an id that lasts longer than needed.
func (l *linter) checkSplit(d *source.Decision, rule *source.Rule, compiled *format.Rule) {
	if hash := rule.Split.Hashing.Hash; hash.Value == format.HashFNV1a.String() {
		l.warn(hash, fmt.Sprintf("rule %s splits by fnv1a, under which two splits sort visitors much alike, whatever their seeds", rule.ID.Value),
			"keep it while a split that moved here runs; in a new one leave hash out, or write fnv1a_twice")
	}
	by := rule.Split.By
	switch {
	case by.Value == visitor && !lasts(d):
		l.warn(by, fmt.Sprintf("rule %s splits by %s, which stays with a visitor for months", rule.ID.Value, visitor),
			"by: "+session+" will do unless a visitor must see the same next week; then make the decision sticky, or measure within days")
	case by.Value == session, by.Value == visitor, by.Value == l.src.TargetingKey.Value:
	case compiled.Condition > 0 && l.asksFor(compiled.Condition-1, by.Value):
	default:
		l.warn(by, fmt.Sprintf("rule %s splits by %s, which can be absent", rule.ID.Value, by.Value),
			fmt.Sprintf("without it the rule does not match and the next one is tried; say so with has(%s) in its condition, or split by %s", by.Value, session))
	}
}

// lasts says whether a decision means to know a visitor again after the session: it keeps its answer, or is measured for a day or more.
func lasts(d *source.Decision) bool {
	const day = 24 * 60 * 60 * 1000
	return d.Sticky.On || d.Measure != nil && d.Measure.Within >= day
}

// asksFor says whether a condition reads an attribute: whoever wrote it has thought of it.
func (l *linter) asksFor(condition uint32, name string) bool {
	return slices.ContainsFunc(l.conditions[condition].reads, func(a uint32) bool { return l.name(a) == name })
}

// What makes a decision hard to review, and how much: each rule, each attribute that the rules read, each split, and each level of
// brackets or segments inside one another beyond the first. A decision beyond MaxScore takes more than a few minutes to follow.
const (
	ruleScore      = 1
	attributeScore = 2
	splitScore     = 3
	nestingScore   = 4
	MaxScore       = 60
)

func (l *linter) checkComplexity(d *source.Decision, compiled []format.Rule) {
	attributes := map[uint32]bool{}
	splits, depth := 0, 1
	for i := range d.Rules {
		if d.Rules[i].Split != nil {
			splits++
		}
		if compiled[i].Condition == 0 {
			continue
		}
		c := &l.conditions[compiled[i].Condition-1]
		for _, attribute := range c.reads {
			attributes[attribute] = true
		}
		depth = max(depth, c.depth-1+brackets(d.Rules[i].When.Value))
	}
	score := ruleScore*len(d.Rules) + attributeScore*len(attributes) + splitScore*splits + nestingScore*(depth-1)
	if score > MaxScore {
		l.warn(d.Name, fmt.Sprintf("decision %s is hard to review: its score is %d, of %d rules, %d attributes, %d splits and %d levels, where %d is the limit",
			d.Name.Value, score, len(d.Rules), len(attributes), splits, depth, MaxScore), "make two decisions of it, or let segments say what groups of conditions mean")
	}
}

// brackets is how deep brackets that group stand inside one another in an expression, 1 where there are none. Those of calls do not count.
func brackets(expression string) int {
	deepest, depth := 0, 0
	var groups []bool // of each open bracket: it groups
	quote := byte(0)
	for i := range len(expression) {
		switch c := expression[i]; {
		case quote != 0:
			if c == quote && expression[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			group := i == 0 || strings.IndexByte(" (!&|\n", expression[i-1]) >= 0
			groups = append(groups, group)
			if group {
				depth++
				deepest = max(deepest, depth)
			}
		case c == ')' && len(groups) > 0:
			if groups[len(groups)-1] {
				depth--
			}
			groups = groups[:len(groups)-1]
		}
	}
	return 1 + deepest
}
