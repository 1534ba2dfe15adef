package compile

import (
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

// decider is who answers deferred decisions.
type decider struct {
	source     *source.Decider
	conditions []*expr.Checked // of its rules; nil where there is none
	sent       []string        // attributes, or segments, in the order of their names
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
		c.checkSending(d)
	}
	c.declareScore()
}

// checkSending finds out what a decider is sent: the attributes that it reads, or the segments that stand for them, apart from what
// only the origin knows.
func (c *compiler) checkSending(d *decider) {
	sent := map[string]bool{}
	segments := d.source.Send.Value == "segments"
	for _, input := range d.source.Inputs {
		if a := c.attributes[input.Value]; a == nil || a.origin {
			continue
		}
		if segments {
			c.fault(input, fmt.Sprintf("decider %s is sent segments, and so no %s for its model", d.source.Name.Value, input.Value), "take send out")
		}
		sent[input.Value] = true
	}
	for i, checked := range d.conditions {
		switch {
		case checked == nil:
		case segments:
			c.sendSegments(d, checked, d.source.Rules[i].When, nil, sent)
		default:
			for _, r := range c.readings(checked) {
				if a := c.attributes[r.attribute]; a != nil && !a.origin && a.name != now && r.parameter == "" {
					sent[a.name] = true
				}
			}
		}
	}
	d.sent = sortedNames(sent)
}

// now is known wherever there is a clock.
const now = "now"

// sendSegments adds the segments that a condition asks for. One that reads what only the origin knows is worked out there, from that and
// from the segments that it asks for in turn. within is the segment whose condition it is, if it is one's, as it stands in when.
func (c *compiler) sendSegments(d *decider, checked *expr.Checked, when source.Text, within *expr.Use, sent map[string]bool) {
	at := func(use expr.Use) source.Fault {
		if within != nil {
			use = *within
		}
		return source.Fault{Pos: when.At(use.Offset), Length: use.Length}
	}
	for _, use := range checked.Attributes {
		if a := c.attributes[use.Name]; a != nil && !a.origin && a.name != now {
			fault := at(use)
			fault.Message = fmt.Sprintf("decider %s is sent segments, and so no %s", d.source.Name.Value, a.name)
			fault.Hint = "put the condition on it into a segment of its own"
			c.add(fault)
		}
	}
	for _, use := range checked.Segments {
		s := c.segments[use.Name]
		if s == nil || s.checked == nil || s.state != visited {
			continue
		}
		if !slices.ContainsFunc(c.readings(s.checked), func(r reading) bool { a := c.attributes[r.attribute]; return a != nil && a.origin }) {
			sent[use.Name] = true
			continue
		}
		inner := use
		if within != nil {
			inner = *within
		}
		c.sendSegments(d, s.checked, when, &inner, sent)
	}
}

// layOutDeciders writes the deciders, in the order of their names.
func (c *compiler) layOutDeciders() {
	b := c.to.Builder
	for _, name := range sortedNames(c.deciders) {
		d := c.deciders[name]
		record := format.Decider{
			Name: b.Str(name), Model: b.Str(d.source.Model.Value), First: uint32(len(b.Lists)), Inputs: uint32(len(d.source.Inputs)),
			Sent: uint32(len(d.sent)), FirstRule: uint32(len(b.DeciderRules)), Rules: uint32(len(d.source.Rules)),
		}
		for _, input := range d.source.Inputs {
			b.Lists = append(b.Lists, c.to.Attributes[input.Value])
		}
		segments := sortedNames(c.segments)
		for _, sent := range d.sent {
			index := c.to.Attributes[sent]
			if d.source.Send.Value == "segments" {
				record.Flags |= format.DeciderSegments
				at, _ := slices.BinarySearch(segments, sent)
				index = uint32(at)
			}
			b.Lists = append(b.Lists, index)
		}
		for i, rule := range d.source.Rules {
			answering := format.DeciderRule{Variant: b.Str(rule.Serve.Value), Line: uint32(rule.Pos.Line)}
			if checked := d.conditions[i]; checked != nil {
				answering.Condition = c.emit(checked, rule.When) + 1
			}
			b.DeciderRules = append(b.DeciderRules, answering)
		}
		b.Deciders = append(b.Deciders, record)
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

// declareScore makes what models answer an attribute, once the conditions that can speak of it are checked.
func (c *compiler) declareScore() {
	for _, d := range c.deciders {
		if d.source.Model.Present() {
			kind, _ := expr.ParseType("double")
			c.attributes[score] = &attr{name: score, kind: kind, purpose: attribute.Necessary, trust: attribute.Caller, origin: true}
		}
	}
}

// checkDefer checks a rule that defers, and that its decider reads only what the decision may.
func (c *compiler) checkDefer(d *source.Decision, rule *source.Defer) {
	c.lastingVariant(d, rule.Otherwise, "fallback")
	for _, name := range rule.Allow {
		c.variant(d, name)
	}
	if d.Act.Kind != source.NoAct && rule.Mode != "" && rule.Mode != "wait" {
		c.warn(rule.To, fmt.Sprintf("%s acts on the request, and %s decides after that: it always does what %s says", d.Name.Value, rule.Mode, rule.Otherwise.Value), "write mode: wait")
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
