package compile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/index"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// layOut writes the bundle. Attributes, segments and decisions lie in the order of their names, and purposes in that of their
// declaration. Only limits can still be exceeded here.
func (c *compiler) layOut() *format.Bundle {
	b := assemble.New(c.src.Name.Value)
	c.to = &expr.Target{Builder: b, Attributes: map[string]uint32{}, Segments: map[string]uint32{}, Purposes: map[string]uint32{},
		Decisions: map[string]uint32{}}
	b.About[0].Owner, b.About[0].Tags, b.About[0].Metadata = b.Str(c.src.Owner.Value), b.Str(c.src.Tags), b.Str(c.src.Metadata)
	decisions := make([]*source.Decision, len(c.src.Decisions))
	for i := range decisions {
		decisions[i] = &c.src.Decisions[i]
	}
	hosts := make([]string, len(c.src.Hosts))
	for i, h := range c.src.Hosts {
		hosts[i] = h.Value
	}
	b.About[0].Hosts = b.Str(strings.Join(hosts, " "))
	if limit := c.src.Limits.MaxImpact; limit != nil {
		b.About[0].MaxImpact = *limit + 1
	}
	used := c.usedAttributes()
	c.layOutPurposes(used)
	c.layOutAttributes(used)
	c.layOutUnits()
	slices.SortFunc(decisions, func(x, y *source.Decision) int { return cmp.Compare(x.Name.Value, y.Name.Value) })
	for i, d := range decisions {
		c.to.Decisions[d.Name.Value] = uint32(i)
	}
	layOutZones(b, c.usedZones())
	c.layOutSegments()
	c.layOutPolicy()
	for _, d := range decisions {
		c.layOutDecision(d)
	}
	c.layOutRoutes()
	c.layOutDeciders()
	bundle := b.Finish()
	index.Build(bundle)
	return bundle
}

// usedAttributes names, in order, the attributes that the bundle needs: those declared, read, hashed, or filled by OpenFeature.
func (c *compiler) usedAttributes() []string {
	used := map[string]bool{}
	for name, a := range c.attributes {
		if a.declared {
			used[name] = true
		}
	}
	c.everyCondition(func(e *expr.Checked) {
		for _, use := range e.Attributes {
			used[use.Name] = true
		}
	})
	for _, d := range c.src.Decisions {
		for _, rule := range slices.Concat(d.Rules, d.BeforeConsent) {
			if rule.Split != nil {
				used[rule.Split.By.Value] = true
			}
		}
	}
	for _, d := range c.src.Deciders {
		for _, input := range d.Inputs {
			used[input.Value] = true
		}
	}
	for _, h := range c.src.Holdouts {
		used[h.By.Value] = true
	}
	for _, g := range c.src.Groups {
		used[g.By.Value] = true
	}
	if c.src.TargetingKey.Present() {
		used[c.src.TargetingKey.Value] = true
	}
	return sortedNames(used)
}

// purposeNames are the bundle's purposes in their order: necessary first, then those that the policy declares, those of attributes and of
// decisions as the source declares them, then those that only standard attributes and granted() bring in.
func (c *compiler) purposeNames(used []string) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(attribute.Necessary)
	for _, name := range c.ownPurposes() {
		add(name)
	}
	for _, a := range c.src.Attributes {
		add(c.attributes[a.Name.Value].purpose)
	}
	for _, d := range c.src.Decisions {
		for _, p := range d.Purposes {
			add(p.Value)
		}
		if d.Measure != nil {
			add(d.Measure.Purpose.Value)
		}
	}
	for _, name := range used {
		if a := c.attributes[name]; a != nil {
			add(a.purpose)
		}
	}
	asked := map[string]bool{}
	c.everyCondition(func(e *expr.Checked) {
		for _, use := range e.Purposes {
			asked[use.Name] = true
		}
	})
	for _, name := range sortedNames(asked) {
		add(name)
	}
	return names
}

// layOutPurposes numbers the purposes.
func (c *compiler) layOutPurposes(used []string) {
	b := c.to.Builder
	for i, name := range c.purposeNames(used) {
		b.Purposes = append(b.Purposes, format.Purpose{Name: b.Str(name)})
		c.to.Purposes[name] = uint32(i)
	}
	if len(b.Purposes) > format.MaxPurposes {
		c.add(source.Fault{Message: fmt.Sprintf("the bundle uses %d purposes, the limit is %d", len(b.Purposes), format.MaxPurposes)})
	}
}

// purpose is the index of a purpose.
func (c *compiler) purpose(name string) uint32 { return c.to.Purposes[name] }

func (c *compiler) layOutAttributes(used []string) {
	b := c.to.Builder
	if len(used) > format.MaxAttributes {
		c.add(source.Fault{Message: fmt.Sprintf("the bundle has %d attributes, the limit is %d", len(used), format.MaxAttributes)})
	}
	for i, name := range used {
		a := c.attributes[name]
		record := format.Attribute{
			Name: b.Str(name), Type: a.kind.Word(), TypeText: b.Str(a.kind.String()), Purpose: c.purpose(a.purpose),
			From: b.Str(a.from), Flags: uint32(a.trust), MaxAge: a.maxAge,
		}
		if a.origin {
			record.Flags |= format.AttributeOrigin
		}
		if a.standard {
			record.Flags |= format.AttributeStandard
		}
		if len(a.enum) > 0 {
			record.Enum = b.Constant(assemble.List(a.enum)) + 1
		}
		b.Attributes = append(b.Attributes, record)
		c.to.Attributes[name] = uint32(i)
		if name == "now" {
			b.About[0].Now = uint32(i) + 1
		}
		if name == c.src.TargetingKey.Value {
			b.About[0].TargetingKey = uint32(i) + 1
		}
	}
}

// emit writes a condition's program and gives its index.
func (c *compiler) emit(checked *expr.Checked, at source.Text) uint32 {
	index, faults := checked.Emit(c.to, at.Pos.Line)
	c.inside(at, faults)
	return index
}

// layOutSegments writes the segments' conditions in an order in which each follows those it uses, and lists them by name.
func (c *compiler) layOutSegments() {
	b := c.to.Builder
	for _, s := range c.order {
		c.to.Segments[s.source.Name.Value] = c.emit(s.checked, s.source.When)
		if c.failed() {
			return // what follows may use it
		}
	}
	for _, name := range sortedNames(c.segments) {
		b.Segments = append(b.Segments, format.Segment{Name: b.Str(name), Condition: c.to.Segments[name]})
	}
}

func (c *compiler) layOutDecision(d *source.Decision) {
	b := c.to.Builder
	record := format.Decision{
		Name: b.Str(d.Name.Value), FirstVariant: uint32(len(b.Variants)), Variants: uint32(len(d.Variants)),
		FirstRule: uint32(len(b.Rules)), Rules: uint32(len(d.Rules)), BeforeConsent: uint32(len(d.BeforeConsent)), Line: uint32(d.Name.Pos.Line),
		Act: uint32(d.Act.Kind) | d.Act.Status<<8, Header: b.Str(d.Act.Header.Value), Metadata: b.Str(d.Metadata), Notes: b.Str(notes(d)),
	}
	for _, p := range d.Purposes {
		record.Purposes |= 1 << c.purpose(p.Value)
	}
	record.FirstPrerequisite = uint32(len(b.Lists))
	for _, name := range c.prerequisites[d.Name.Value] {
		b.Lists = append(b.Lists, c.to.Decisions[name])
	}
	record.Prerequisites = uint32(len(b.Lists)) - record.FirstPrerequisite
	if d.Disabled {
		record.Flags |= format.DecisionDisabled
	}
	if d.Sensitive {
		record.Flags |= format.DecisionSensitive
	}
	switch d.Visible.Value {
	case "server":
		record.Flags |= format.DecisionServer
	case "browser":
		record.Flags |= format.DecisionBrowser
	}
	if d.Measure != nil {
		record.Measure = c.purpose(d.Measure.Purpose.Value) + 1
	}
	if d.Sticky.On {
		record.Flags |= format.DecisionSticky
		record.Hold = uint32((d.Sticky.Hold + 999) / 1000)
	}
	if d.Group.Group.Present() {
		record.Group, record.FirstSlot, record.LastSlot = c.groupAt[d.Group.Group.Value], d.Group.First, d.Group.Last
	}
	record.Holdout = c.holdoutAt[d.Holdout.Value]
	if d.Default.Present() {
		record.Default = record.FirstVariant + uint32(variantIndex(d, d.Default.Value)) + 1
	}
	for _, v := range d.Variants {
		kind, json := variantValue(v)
		if d.Act.Kind != source.NoAct && v.Kind == source.String {
			json = string(text.AppendJSONString(nil, stringOf(v))) // with no more escapes than it needs
		}
		b.Variants = append(b.Variants, format.Variant{
			Name: b.Str(v.Name.Value), Kind: uint32(kind), JSON: b.Str(json), Schedule: c.schedule(source.Text{}, 0, v.Until, v.UntilUnix), Tags: b.Str(v.Tags),
		})
	}
	for i := range d.Rules {
		c.layOutRule(d, &d.Rules[i], record.FirstVariant)
	}
	for i := range d.BeforeConsent {
		c.layOutRule(d, &d.BeforeConsent[i], record.FirstVariant)
	}
	b.Decisions = append(b.Decisions, record)
}

// notes are what a decision says to people and reports, as a compact JSON object; "" where it says nothing.
func notes(d *source.Decision) string {
	type measure struct {
		Event      string   `json:"event"`
		Within     int64    `json:"within_ms,omitempty"`
		Guardrails []string `json:"guardrails,omitempty"`
		Purpose    string   `json:"purpose"`
	}
	said := struct {
		Objective string          `json:"objective,omitempty"`
		Owner     string          `json:"owner,omitempty"`
		ReviewBy  string          `json:"review_by,omitempty"`
		Grain     string          `json:"grain,omitempty"`
		Tags      json.RawMessage `json:"tags,omitempty"`
		Measure   *measure        `json:"measure,omitempty"`
	}{d.Objective.Value, d.Owner.Value, d.ReviewBy.Value, d.Grain.Value, json.RawMessage(d.Tags), nil}
	if m := d.Measure; m != nil {
		said.Measure = &measure{Event: m.Event.Value, Within: m.Within, Purpose: m.Purpose.Value}
		for _, g := range m.Guardrails {
			said.Measure.Guardrails = append(said.Measure.Guardrails, g.Value)
		}
	}
	written, err := json.Marshal(said)
	if err != nil || string(written) == "{}" {
		return ""
	}
	return string(written)
}

// maxWhole is up to where every whole number is a double, and so means the same in every language.
const maxWhole = 1 << 53

// variantValue gives a variant's kind and value. A whole number is an Int, written without point and exponent.
func variantValue(v source.Variant) (format.Kind, string) {
	switch v.Kind {
	case source.Bool:
		return format.Bool, v.JSON
	case source.String:
		return format.String, v.JSON
	case source.Object:
		return format.Map, v.JSON
	case source.Number:
		number, ok := text.ParseDouble(v.JSON)
		if whole := int64(number); ok && number >= -maxWhole && number <= maxWhole && float64(whole) == number {
			return format.Int, strconv.FormatInt(whole, 10)
		}
		return format.Double, v.JSON
	}
	return format.Null, v.JSON
}

func (c *compiler) layOutRule(d *source.Decision, rule *source.Rule, firstVariant uint32) {
	b := c.to.Builder
	line := rule.Pos.Line
	record := format.Rule{ID: b.Str(rule.ID.Value), Line: uint32(line)}
	if checked := c.conditions[rule]; checked != nil {
		record.Condition = c.emit(checked, rule.When) + 1
	}
	record.Schedule = c.schedule(rule.From, rule.FromUnix, rule.Until, rule.UntilUnix)
	switch {
	case rule.Defer != nil:
		record.Action, record.Target = format.ActionDefer, c.layOutDefer(d, rule.Defer, firstVariant)
	case rule.Split == nil:
		record.Action, record.Target = format.ActionServe, firstVariant+uint32(variantIndex(d, rule.Serve.Value))
	default:
		record.Action, record.Target = format.ActionSplit, uint32(len(b.Splits))
		c.layOutSplit(d, rule.Split, firstVariant)
	}
	b.Rules = append(b.Rules, record)
}

// schedule is the index+1 of the schedule between two times, of which each may be missing; 0 where both are.
func (c *compiler) schedule(from source.Text, fromUnix int64, until source.Text, untilUnix int64) uint32 {
	if !from.Present() && !until.Present() {
		return 0
	}
	if !from.Present() {
		fromUnix = format.Beginning
	}
	if !until.Present() {
		untilUnix = format.End
	}
	record := format.MakeSchedule(fromUnix, untilUnix)
	b := c.to.Builder
	if known := slices.Index(b.Schedules[max(0, len(b.Schedules)-recent):], record); known >= 0 {
		return uint32(max(0, len(b.Schedules)-recent)+known) + 1
	}
	b.Schedules = append(b.Schedules, record)
	return uint32(len(b.Schedules))
}

// recent is how many schedules are looked through for the same one: campaigns stand close together.
const recent = 16

// layOutSplit gives each variant its buckets, in the order in which the decision lists them. A split without seed is seeded by the
// decision's name.
func (c *compiler) layOutSplit(d *source.Decision, s *source.Split, firstVariant uint32) {
	b := c.to.Builder
	seed := d.Name.Value
	if s.Seed.Present() {
		seed = s.Seed.Value
	}
	record := format.Split{Draw: c.draw(s.By, seed, s.Buckets, &s.Hashing), FirstRange: uint32(len(b.Ranges))}
	weights, _ := weightsOf(d, s.Weights)
	ends := shares(weights, s.Buckets)
	starts := ends
	if s.Ramp != nil {
		weights, _ = weightsOf(d, s.Ramp.Start)
		starts = shares(weights, s.Buckets)
		record.Ramp = c.schedule(s.Ramp.From, s.Ramp.FromUnix, s.Ramp.Until, s.Ramp.UntilUnix)
	}
	var end, start uint32
	for i := range ends {
		if ends[i] == 0 && starts[i] == 0 {
			continue
		}
		end += ends[i]
		start += starts[i]
		b.Ranges = append(b.Ranges, format.Range{End: end, Start: start, Variant: firstVariant + uint32(i) + 1})
	}
	record.Ranges = uint32(len(b.Ranges)) - record.FirstRange
	b.Splits = append(b.Splits, record)
}
