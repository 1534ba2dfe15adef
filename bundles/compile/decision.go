package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

func (c *compiler) checkDecisions() {
	c.conditions = map[*source.Rule]*expr.Checked{}
	for i := range c.src.Decisions {
		d := &c.src.Decisions[i]
		if c.decisions[d.Name.Value] != nil {
			c.fault(d.Name, fmt.Sprintf("decision %s is declared twice", d.Name.Value), "")
		}
		c.decisions[d.Name.Value] = d
	}
	for i := range c.src.Decisions {
		c.checkDecision(&c.src.Decisions[i])
	}
	c.orderPrerequisites()
}

func (c *compiler) checkDecision(d *source.Decision) {
	if len(d.Purposes) == 0 {
		c.fault(d.Name, fmt.Sprintf("decision %s has no purpose", d.Name.Value), "add purpose: necessary, or what a visitor must consent to")
	}
	for _, p := range d.Purposes {
		c.checkPurpose(p)
	}
	if len(d.Variants) > format.MaxVariants {
		c.fault(d.Name, fmt.Sprintf("decision %s has %d variants, the limit is %d", d.Name.Value, len(d.Variants), format.MaxVariants), "")
	}
	names := map[string]bool{}
	for _, v := range d.Variants {
		if names[v.Name.Value] {
			c.fault(v.Name, fmt.Sprintf("decision %s has two variants %s", d.Name.Value, v.Name.Value), "")
		}
		names[v.Name.Value] = true
		if len(v.JSON) > format.MaxString {
			c.fault(v.Name, fmt.Sprintf("variant %s has %d bytes, the limit is %d", v.Name.Value, len(v.JSON), format.MaxString),
				"let the value be the path of a file that holds it")
		}
	}
	if d.Default.Present() {
		c.lastingVariant(d, d.Default, "default")
	}
	c.checkUnits(d)
	c.checkRules(d)
}

// variant sees that a decision has the variant that a text names.
func (c *compiler) variant(d *source.Decision, name source.Text) {
	if variantIndex(d, name.Value) >= 0 {
		return
	}
	var names []string
	for _, v := range d.Variants {
		names = append(names, v.Name.Value)
	}
	c.fault(name, fmt.Sprintf("decision %s has no variant %q", d.Name.Value, name.Value),
		orElse(didYouMean(name.Value, names), "it has "+strings.Join(names, ", ")))
}

// lastingVariant sees that a decision has the variant that a text names, and that it may always be served.
func (c *compiler) lastingVariant(d *source.Decision, name source.Text, what string) {
	c.variant(d, name)
	if i := variantIndex(d, name.Value); i >= 0 && d.Variants[i].Until.Present() {
		c.fault(name, fmt.Sprintf("%s may no longer be served after %s, so it cannot be the %s", name.Value, d.Variants[i].Until.Value, what),
			"choose a variant without until")
	}
}

func orElse(hint, other string) string {
	if hint != "" {
		return hint
	}
	return other
}

// variantIndex is the place of a variant among its decision's, or -1.
func variantIndex(d *source.Decision, name string) int {
	return slices.IndexFunc(d.Variants, func(v source.Variant) bool { return v.Name.Value == name })
}

func (c *compiler) checkRules(d *source.Decision) {
	ids := map[string]bool{}
	always := ""
	for i := range d.Rules {
		rule := &d.Rules[i]
		at := rule.ID
		if !at.Present() {
			at = source.Text{Value: rule.ID.Value, Pos: rule.Pos}
		}
		if ids[rule.ID.Value] {
			c.fault(at, fmt.Sprintf("decision %s has two rules %s", d.Name.Value, rule.ID.Value), "answers name the rule that decided: each needs its own id")
		}
		ids[rule.ID.Value] = true
		if always != "" {
			c.warn(at, fmt.Sprintf("rule %s is never reached: rule %s before it always matches", rule.ID.Value, always), "move it up, or take it out")
		}
		if c.always(d, rule) {
			always = rule.ID.Value
		}
		if rule.When.Present() {
			if checked := c.condition(rule.When); checked != nil {
				c.conditions[rule] = checked
				c.checkConsent(d, rule, checked)
			}
		}
		switch {
		case (rule.Split == nil) == !rule.Serve.Present():
			c.fault(at, fmt.Sprintf("rule %s needs either serve or split", rule.ID.Value), "")
		case rule.Split == nil:
			c.variant(d, rule.Serve)
		default:
			c.checkSplit(d, rule)
		}
	}
}

// always says whether a rule matches whatever there is, at any time.
func (c *compiler) always(d *source.Decision, rule *source.Rule) bool {
	if rule.When.Present() || rule.From.Present() || rule.Until.Present() || rule.Split != nil {
		return false
	}
	i := variantIndex(d, rule.Serve.Value)
	return i >= 0 && !d.Variants[i].Until.Present()
}

// mayRead says whether a decision may read data of that purpose: one that it asks consent for, or necessary. A purpose that
// does not exist is a fault already: it may read everything then, and everybody that data.
func (c *compiler) mayRead(d *source.Decision, purpose string) bool {
	return purpose == attribute.Necessary || !slices.Contains(c.purposes, purpose) || slices.ContainsFunc(d.Purposes, func(p source.Text) bool {
		return p.Value == purpose || !slices.Contains(c.purposes, p.Value)
	})
}

// checkConsent sees that a rule reads only what its decision has a purpose for, and names the way to what it may not read.
func (c *compiler) checkConsent(d *source.Decision, rule *source.Rule, checked *expr.Checked) {
	for _, r := range c.readings(checked) {
		if r.decision != "" {
			c.checkAsking(d, rule, r)
			continue
		}
		purpose := c.attributes[r.attribute].purpose
		if c.mayRead(d, purpose) {
			continue
		}
		way := d.Name.Value
		for _, name := range r.segments {
			way += " -> segment " + name
		}
		c.add(source.Fault{
			Pos: rule.When.At(r.use.Offset), Length: r.use.Length,
			Message: fmt.Sprintf("%s -> %s needs %s", way, r.attribute, purpose),
			Hint:    c.consentHint(d, r.attribute, purpose),
		})
	}
}

func (c *compiler) consentHint(d *source.Decision, name, purpose string) string {
	asks := "asks for no consent"
	if !onlyNecessary(d) {
		var purposes []string
		for _, p := range d.Purposes {
			purposes = append(purposes, p.Value)
		}
		asks = "asks consent for " + strings.Join(purposes, ", ")
	}
	return fmt.Sprintf("%s %s: add %s to its purpose, or do without %s", d.Name.Value, asks, purpose, name)
}

// checkSplit checks a rule's split: its unit, its weights, and that its buckets can express them.
func (c *compiler) checkSplit(d *source.Decision, rule *source.Rule) {
	s := rule.Split
	if unit := c.unit(s.By, "a split"); unit != nil && !c.mayRead(d, unit.purpose) {
		c.fault(s.By, fmt.Sprintf("%s -> split by %s needs %s", d.Name.Value, unit.name, unit.purpose), c.consentHint(d, unit.name, unit.purpose))
	}
	if s.Buckets < 1 || s.Buckets > format.MaxBuckets {
		c.add(source.Fault{Pos: s.Pos, Message: fmt.Sprintf("buckets is from 1 to %d, not %d", format.MaxBuckets, s.Buckets)})
		return
	}
	c.checkWeights(d, s, s.Weights, s.Pos)
	if s.Ramp == nil {
		return
	}
	c.checkWeights(d, s, s.Ramp.Start, s.Ramp.Pos)
	if s.Ramp.FromUnix >= s.Ramp.UntilUnix {
		c.fault(s.Ramp.Until, "until is not after from: the ramp has no length", "")
	}
}

// checkWeights checks one set of a split's weights.
func (c *compiler) checkWeights(d *source.Decision, s *source.Split, written []source.Weight, at source.Pos) {
	known := true
	for _, w := range written {
		before := len(c.faults)
		c.variant(d, w.Variant)
		known = known && len(c.faults) == before
	}
	if !known {
		return
	}
	weights, ok := weightsOf(d, written)
	if !ok {
		c.add(source.Fault{Pos: at, Message: "the weights are all 0, or too large", Hint: "give at least one variant a share"})
		return
	}
	for i, share := range shares(weights, s.Buckets) {
		if share == 0 && weights[i] > 0 {
			variant := d.Variants[i].Name.Value
			c.warn(weightText(written, variant, at), fmt.Sprintf("variant %s gets none of the %d buckets: its share is too small", variant, s.Buckets),
				"give the split more buckets")
		}
	}
}

func weightText(written []source.Weight, variant string, otherwise source.Pos) source.Text {
	for _, w := range written {
		if w.Variant.Value == variant {
			return w.Variant
		}
	}
	return source.Text{Pos: otherwise}
}

func (c *compiler) checkRoutes() {
	names := sortedNames(c.decisions)
	for _, r := range c.src.Routes {
		for i, name := range r.Decisions {
			d := c.decisions[name.Value]
			switch {
			case d == nil:
				c.fault(name, fmt.Sprintf("no decision %q", name.Value), orElse(didYouMean(name.Value, names), "decisions are "+strings.Join(names, ", ")))
			case r.Locked && !onlyNecessary(d):
				c.fault(name, fmt.Sprintf("%s is locked: it decides only what is necessary, and %s is not", r.Path.Value, name.Value), "take it out here")
			case slices.ContainsFunc(r.Decisions[:i], func(t source.Text) bool { return t.Value == name.Value }):
				c.warn(name, fmt.Sprintf("%s stands here twice", name.Value), "")
			}
		}
	}
}

// onlyNecessary says whether a decision asks for no consent.
func onlyNecessary(d *source.Decision) bool {
	return !slices.ContainsFunc(d.Purposes, func(p source.Text) bool { return p.Value != attribute.Necessary })
}

func (c *compiler) checkTargetingKey() {
	key := c.src.TargetingKey
	if !key.Present() {
		return
	}
	a := c.attributes[key.Value]
	switch {
	case a == nil:
		c.fault(key, fmt.Sprintf("no attribute %q", key.Value), orElse(didYouMean(key.Value, sortedNames(c.attributes)), "declare it under attributes"))
	case a.kind.Kind() != format.String:
		c.fault(key, fmt.Sprintf("OpenFeature's targeting key is a string, %s is %s", a.name, a.kind), "")
	}
}
