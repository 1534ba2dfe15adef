package compile

import (
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// decider is who answers deferred decisions.
type decider struct {
	source     *source.Decider
	conditions []*expr.Checked // of its rules; nil where there is none
}

// score is what a model's rules read: the model's answer.
const score = "score"

// checkDeciders checks the deciders' rules, apart from what their decisions may read.
func (c *compiler) checkDeciders() {
	for i := range c.src.Deciders {
		d := &decider{source: &c.src.Deciders[i]}
		if c.deciders[d.source.Name.Value] != nil {
			c.fault(d.source.Name, fmt.Sprintf("decider %s is declared twice", d.source.Name.Value), "")
		}
		c.deciders[d.source.Name.Value] = d
		plain := c.checker
		if d.source.Model.Present() {
			c.withScore(d)
		}
		for _, input := range d.source.Inputs {
			if c.attributes[input.Value] == nil {
				c.fault(input, fmt.Sprintf("no attribute %q", input.Value),
					orElse(didYouMean(input.Value, sortedNames(c.attributes)), "declare it under attributes"))
			}
		}
		for _, rule := range d.source.Rules {
			var checked *expr.Checked
			if rule.When.Present() {
				checked = c.condition(rule.When)
			}
			if checked != nil && len(checked.Decisions) > 0 {
				c.add(source.Fault{Pos: rule.When.At(checked.Decisions[0].Offset), Length: checked.Decisions[0].Length,
					Message: "a decider cannot ask for other decisions", Hint: "ask for them in the rule that defers"})
			}
			d.conditions = append(d.conditions, checked)
		}
		c.checker = plain
	}
}

// withScore lets conditions read a model's score.
func (c *compiler) withScore(d *decider) {
	if c.attributes[score] != nil {
		c.fault(d.source.Model, "an attribute is named score, as what a model answers is", "rename the attribute")
		return
	}
	double, err := expr.ParseType("double")
	if err == nil {
		c.checker, err = c.newChecker(expr.Declaration{Name: score, Type: double})
	}
	if err != nil {
		c.fault(d.source.Model, err.Error(), "")
	}
}

// checkDefer checks a rule that defers, and that its decider reads only what the decision may.
func (c *compiler) checkDefer(d *source.Decision, rule *source.Defer) {
	c.lastingVariant(d, rule.Otherwise, "fallback")
	for _, name := range rule.Allow {
		c.variant(d, name)
	}
	to := c.deciders[rule.To.Value]
	if to == nil {
		c.fault(rule.To, fmt.Sprintf("no decider %q", rule.To.Value), orElse(didYouMean(rule.To.Value, sortedNames(c.deciders)), "declare it under deciders"))
		return
	}
	c.deciding = true
	way := c.way(d) + " -> decider " + rule.To.Value
	at := source.Fault{Pos: rule.To.Pos, Length: rule.To.Length()}
	for _, input := range to.source.Inputs {
		if a := c.attributes[input.Value]; a == nil {
			continue
		} else if !c.mayRead(d, a.purpose) {
			at.Message, at.Hint = fmt.Sprintf("%s -> %s needs %s", way, a.name, a.purpose), c.consentHint(d, a.name, a.purpose)
			c.add(at)
		} else {
			c.checkTrust(d, a, way+" -> "+a.name, at)
		}
	}
	for i, answer := range to.source.Rules {
		c.checkAnswer(d, rule, answer.Serve)
		if to.conditions[i] == nil {
			continue
		}
		for _, r := range c.readings(to.conditions[i]) {
			if r.attribute != "" && r.attribute != score {
				c.checkReading(d, way, answer.When, r)
			}
		}
	}
	c.deciding = false
}

// checkAnswer warns where a decider may answer what the decision would refuse.
func (c *compiler) checkAnswer(d *source.Decision, rule *source.Defer, answer source.Text) {
	allowed := len(rule.Allow) == 0 || slices.ContainsFunc(rule.Allow, func(t source.Text) bool { return t.Value == answer.Value })
	switch {
	case variantIndex(d, answer.Value) < 0:
		c.warn(answer, fmt.Sprintf("decision %s, which defers here, has no variant %q: it would answer %s", d.Name.Value, answer.Value, rule.Otherwise.Value), "")
	case !allowed:
		c.warn(answer, fmt.Sprintf("decision %s, which defers here, does not allow %s: it would answer %s", d.Name.Value, answer.Value, rule.Otherwise.Value), "")
	}
}

// checkMeasure sees that what measures a decision has a purpose.
func (c *compiler) checkMeasure(d *source.Decision) {
	if d.Measure != nil {
		c.checkPurpose(d.Measure.Purpose)
	}
}

// modes are those of package source in the numbers of package format.
var modes = map[string]uint32{"": format.ModeWait, "wait": format.ModeWait, "with_page": format.ModeWithPage, "after_render": format.ModeAfterRender}

// layOutDefer writes a rule's deferral and gives its index.
func (c *compiler) layOutDefer(d *source.Decision, rule *source.Defer, firstVariant uint32) uint32 {
	b := c.to.Builder
	record := format.Deferral{
		To: b.Str(rule.To.Value), Within: uint32(rule.Within), Mode: modes[rule.Mode],
		Otherwise: firstVariant + uint32(variantIndex(d, rule.Otherwise.Value)), FirstAllowed: uint32(len(b.Allowed)), Allowed: uint32(len(rule.Allow)),
	}
	for _, name := range rule.Allow {
		b.Allowed = append(b.Allowed, firstVariant+uint32(variantIndex(d, name.Value)))
	}
	b.Deferrals = append(b.Deferrals, record)
	return uint32(len(b.Deferrals) - 1)
}
