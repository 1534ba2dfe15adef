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
	if n := len(c.src.Decisions); n > format.MaxDecisions {
		c.fault(c.src.Decisions[format.MaxDecisions].Name, fmt.Sprintf("the bundle has %d decisions, the limit is %d", n, format.MaxDecisions),
			"make two bundles of it")
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
	c.checkMeasure(d)
	c.checkAct(d)
	c.checkRules(d, d.Rules)
	c.early = true
	c.checkRules(d, d.BeforeConsent)
	c.early = false
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

func (c *compiler) checkRules(d *source.Decision, rules []source.Rule) {
	ids := map[string]bool{}
	always := ""
	for i := range rules {
		rule := &rules[i]
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
		case rule.Actions() != 1:
			c.fault(at, fmt.Sprintf("rule %s needs one of serve, split and defer", rule.ID.Value), "")
		case rule.Defer != nil && c.early:
			c.fault(at, fmt.Sprintf("rule %s hands over before consent", rule.ID.Value), "serve a variant here")
		case rule.Defer != nil:
			c.checkDefer(d, rule.Defer)
		case rule.Split == nil:
			c.variant(d, rule.Serve)
		default:
			c.checkSplit(d, rule)
		}
	}
}

// always says whether a rule matches whatever there is, at any time.
func (c *compiler) always(d *source.Decision, rule *source.Rule) bool {
	if rule.When.Present() && rule.When.Value != "true" || rule.From.Present() || rule.Until.Present() || rule.Split != nil {
		return false
	}
	if rule.Defer != nil {
		return true
	}
	i := variantIndex(d, rule.Serve.Value)
	return i >= 0 && !d.Variants[i].Until.Present()
}

// mayRead says whether a decision may read data of that purpose: one that it asks consent for, or necessary. A purpose that
// does not exist is a fault already: it may read everything then, and everybody that data.
func (c *compiler) mayRead(d *source.Decision, purpose string) bool {
	return purpose == attribute.Necessary || !slices.Contains(c.purposes, purpose) || !c.early && slices.ContainsFunc(d.Purposes, func(p source.Text) bool {
		return p.Value == purpose || !slices.Contains(c.purposes, p.Value)
	})
}

// way is how what a decision reads begins in messages.
func (c *compiler) way(d *source.Decision) string {
	if c.early {
		return d.Name.Value + " -> before_consent"
	}
	return d.Name.Value
}

// checkConsent sees that a rule reads only what its decision has a purpose for, and names the way to what it may not read.
func (c *compiler) checkConsent(d *source.Decision, rule *source.Rule, checked *expr.Checked) {
	for _, r := range c.readings(checked) {
		switch {
		case r.attribute != "":
			c.checkReading(d, c.way(d), rule.When, r)
		case r.decision != "":
			c.checkAsking(d, rule, r)
		}
	}
}

// checkReading sees that a decision may read an attribute in a condition. begin is how the way there begins.
func (c *compiler) checkReading(d *source.Decision, begin string, when source.Text, r reading) {
	a := c.attributes[r.attribute]
	begin = r.way(begin)
	at := source.Fault{Pos: when.At(r.use.Offset), Length: r.use.Length}
	if !c.mayRead(d, a.purpose) {
		at.Message = fmt.Sprintf("%s -> %s needs %s", begin, a.name, a.purpose)
		at.Hint = c.consentHint(d, a.name, a.purpose)
		c.add(at)
		return
	}
	c.checkTrust(d, a, begin+" -> "+a.name, at)
}

// checkTrust sees that a decision may rely on an attribute.
func (c *compiler) checkTrust(d *source.Decision, a *attr, way string, at source.Fault) {
	switch {
	case a.origin && !c.deciding:
		at.Message = way + " is known at the origin only"
		at.Hint = "only a decider's rules may read it: defer to one"
	case d.Sensitive && a.trust == attribute.Visitor:
		at.Message = fmt.Sprintf("%s is the visitor's own word, and %s is sensitive", way, d.Name.Value)
		at.Hint = fmt.Sprintf("do without %s, or take what the platform or the origin says", a.name)
	default:
		return
	}
	c.add(at)
}

func (c *compiler) consentHint(d *source.Decision, name, purpose string) string {
	if c.early {
		return fmt.Sprintf("before consent only what is necessary may be read: do without %s", name)
	}
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
		c.fault(s.By, fmt.Sprintf("%s -> split by %s needs %s", c.way(d), unit.name, unit.purpose), c.consentHint(d, unit.name, unit.purpose))
	} else if unit != nil {
		c.checkTrust(d, unit, c.way(d)+" -> split by "+unit.name, source.Fault{Pos: s.By.Pos, Length: s.By.Length()})
	}
	c.checkHashing(&s.Hashing, s.Seed)
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
	for n := range c.src.Routes {
		r := &c.src.Routes[n]
		c.checkActs(r, c.decisionsOf(r))
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

// decisionsOf are the decisions of a route, each once.
func (c *compiler) decisionsOf(r *source.Route) (all []*source.Decision) {
	for i := range c.src.Decisions {
		d := &c.src.Decisions[i]
		named := slices.ContainsFunc(r.Decisions, func(t source.Text) bool { return t.Value == d.Name.Value })
		if named || r.All && (!r.Locked || onlyNecessary(d)) {
			all = append(all, d)
		}
	}
	return all
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
