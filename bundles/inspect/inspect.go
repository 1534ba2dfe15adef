// Package inspect shows a compiled bundle as text: what `edgewise inspect` prints, and what the compiler's tests compare.
//
// Reach for Dump. The text is the same for the same bundle; it is made for people and for diffs, and its form may change.
package inspect

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Dump shows a bundle that format.Read has checked: the consent policy, attributes, segments, decisions with their rules and splits, routes, every
// condition with its instructions, and the size of each section.
func Dump(b *format.Bundle) string {
	d := &dump{Bundle: b}
	d.about()
	d.consent()
	d.attributes()
	d.segments()
	d.units()
	d.decisions()
	d.deciders()
	d.routes()
	d.conditions()
	d.index()
	d.sections()
	return d.out.String()
}

// dump writes a bundle's parts, one method each.
type dump struct {
	*format.Bundle
	out strings.Builder
}

func (d *dump) printf(layout string, args ...any) { fmt.Fprintf(&d.out, layout, args...) }

func (d *dump) about() {
	d.printf("bundle %s\n", d.Name())
	d.printf("%s%s%s", line("owner ", d.String(d.About[0].Owner)), line("tags ", d.String(d.About[0].Tags)), line("metadata ", d.String(d.About[0].Metadata)))
	d.printf("%s", line("redirects to ", d.String(d.About[0].Hosts)))
	if key := d.About[0].TargetingKey; key > 0 {
		d.printf("targeting key %s\n", d.attribute(key-1))
	}
	if impact := d.About[0].MaxImpact; impact > 0 {
		d.printf("max impact %d.%02d%%\n", (impact-1)/100, (impact-1)%100)
	}
	if now := d.About[0].Now; now > 0 {
		d.printf("time %s\n", d.attribute(now-1))
	}
	if zones := d.About[0].Zones; zones > 0 {
		d.printf("time zones")
		for all, i := d.Constants[zones-1], uint32(0); i < all.Hi; i++ {
			d.printf(" %s", d.String(format.Str(d.Constants[all.Lo+2*i].Lo)))
		}
		d.printf("\n")
	}
	d.printf("purposes")
	for _, p := range d.Purposes {
		d.printf(" %s", d.String(p.Name))
	}
	d.printf("\n")
}

// String gives a string of the bundle in one line, so that no name can pass for a line of the dump.
func (d *dump) String(s format.Str) string {
	return strings.ReplaceAll(d.Bundle.String(s), "\n", "\uFFFD")
}

func (d *dump) attribute(i uint32) string { return d.String(d.Attributes[i].Name) }

func (d *dump) purpose(i uint32) string { return d.String(d.Purposes[i].Name) }

func (d *dump) attributes() {
	d.heading("attributes", len(d.Attributes))
	for i, a := range d.Attributes {
		d.printf("  %s: %s, %s", d.attribute(uint32(i)), d.String(a.TypeText), d.purpose(a.Purpose))
		if a.Flags&format.AttributeStandard != 0 {
			d.printf(", standard")
		}
		if from := d.String(a.From); from != "" {
			d.printf(", from %s", from)
		}
		d.printf(", trust %s", attribute.Trust(a.Flags&3))
		if a.Flags&format.AttributeOrigin != 0 {
			d.printf(", at the origin")
		}
		if a.MaxAge > 0 {
			d.printf(", at most %d s old", a.MaxAge)
		}
		if a.Enum > 0 {
			d.printf(", one of %s", d.constant(a.Enum-1))
		}
		d.printf("\n")
	}
}

func (d *dump) heading(what string, count int) {
	if count > 0 {
		d.printf("\n%s\n", what)
	}
}

func (d *dump) segments() {
	d.heading("segments", len(d.Segments))
	for _, s := range d.Segments {
		d.printf("  %s: condition %d\n", d.String(s.Name), s.Condition)
	}
}

// units shows who is held out, and the groups that keep decisions apart.
func (d *dump) units() {
	d.heading("holdouts", len(d.Holdouts))
	for _, h := range d.Holdouts {
		d.printf("  %s: 0 to %d, by %s\n", d.String(h.Name), int64(h.Held)-1, d.draw(h.Draw))
	}
	d.heading("groups", len(d.Groups))
	for _, g := range d.Groups {
		d.printf("  %s: by %s\n", d.String(g.Name), d.draw(g.Draw))
	}
}

// draw says how units are put into buckets.
func (d *dump) draw(i uint32) string {
	draw := d.Draws[i]
	hash := draw.Hash.String()
	if draw.Key > 0 {
		hash += fmt.Sprintf(" seeded with %d", draw.Key)
	}
	return fmt.Sprintf("%s, seed %q, hash %s, %d buckets", d.attribute(draw.Unit), d.String(draw.Seed), hash, draw.Buckets)
}

// schedule says when a schedule, given as index+1, holds: "", or with a comma before it.
func (d *dump) schedule(plus1 uint32) string {
	if plus1 == 0 {
		return ""
	}
	said := ""
	s := &d.Schedules[plus1-1]
	if from := s.From(); from != format.Beginning {
		said += fmt.Sprintf(", from %s", text.AppendTimestamp(nil, from, 0))
	}
	if until := s.Until(); until != format.End {
		said += fmt.Sprintf(", until %s", text.AppendTimestamp(nil, until, 0))
	}
	return said
}

func (d *dump) decisions() {
	for _, decision := range d.Decisions {
		d.printf("\ndecision %s%s\n", d.String(decision.Name), lineOf(decision.Line))
		if decision.Flags&format.DecisionDisabled != 0 {
			d.printf("  disabled\n")
		}
		d.printf("  purposes")
		for i := range d.Purposes {
			if decision.Purposes>>i&1 != 0 {
				d.printf(" %s", d.purpose(uint32(i)))
			}
		}
		d.printf("\n")
		if decision.Prerequisites > 0 {
			d.printf("  after")
			for _, prerequisite := range d.Lists[decision.FirstPrerequisite:][:decision.Prerequisites] {
				d.printf(" %s", d.String(d.Decisions[prerequisite].Name))
			}
			d.printf("\n")
		}
		d.printf("  default %s\n", d.variant(decision.Default))
		d.said(&decision)
		if decision.Holdout > 0 {
			d.printf("  holdout %s\n", d.String(d.Holdouts[decision.Holdout-1].Name))
		}
		if decision.Group > 0 {
			d.printf("  group %s, slots %d to %d\n", d.String(d.Groups[decision.Group-1].Name), decision.FirstSlot, decision.LastSlot)
		}
		if decision.Flags&format.DecisionSticky != 0 {
			d.printf("  sticky, hold %d s\n", decision.Hold)
		}
		for _, v := range d.Variants[decision.FirstVariant:][:decision.Variants] {
			d.printf("  variant %s: %s %s%s", d.String(v.Name), format.Kind(v.Kind), d.String(v.JSON), d.schedule(v.Schedule))
			if tags := d.String(v.Tags); tags != "" {
				d.printf(", tags %s", tags)
			}
			d.printf("\n")
		}
		for i := range decision.Rules + decision.BeforeConsent {
			if i == decision.Rules {
				d.printf("  before consent\n")
			}
			d.rule(&d.Rules[decision.FirstRule+i])
		}
	}
}

func lineOf(line uint32) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(", line %d", line)
}

// variant names a variant given as index+1.
func (d *dump) variant(plus1 uint32) string {
	if plus1 == 0 {
		return "(the caller's)"
	}
	return d.String(d.Variants[plus1-1].Name)
}

func (d *dump) rule(r *format.Rule) {
	d.printf("  rule %s%s", d.String(r.ID), lineOf(r.Line))
	if r.Condition > 0 {
		d.printf(", condition %d", r.Condition-1)
	}
	d.printf("%s", d.schedule(r.Schedule))
	if r.Does() == format.ActionServe {
		d.printf(": serve %s\n", d.variant(r.Target+1))
		return
	}
	if r.Does() == format.ActionDefer {
		d.deferral(&d.Deferrals[r.Target])
		return
	}
	s := &d.Splits[r.Target]
	d.printf(": split by %s\n", d.draw(s.Draw))
	if s.Ramp > 0 {
		d.printf("    ramp%s\n", d.schedule(s.Ramp))
	}
	begin, start := uint32(0), uint32(0)
	for _, share := range d.Ranges[s.FirstRange:][:s.Ranges] {
		name := "default"
		if share.Variant > 0 {
			name = d.variant(share.Variant)
		}
		d.printf("    %d to %d: %s", begin, int64(share.End)-1, name)
		if s.Ramp > 0 {
			d.printf(", at first %d to %d", start, int64(share.Start)-1)
		}
		d.printf("\n")
		begin, start = share.End, share.Start
	}
}

func (d *dump) deferral(f *format.Deferral) {
	d.printf(": defer to %s within %d ms, %s, otherwise %s", d.String(f.To), f.Within, f.ModeText(), d.variant(f.Otherwise+1))
	if f.Allowed > 0 {
		d.printf(", allowed")
		for _, variant := range d.Allowed[f.FirstAllowed:][:f.Allowed] {
			d.printf(" %s", d.variant(variant+1))
		}
	}
	d.printf("\n")
}

// deciders shows who answers deferred decisions, from what.
func (d *dump) deciders() {
	d.heading("deciders", len(d.Deciders))
	for _, decider := range d.Deciders {
		d.printf("  %s:", d.String(decider.Name))
		if model := d.String(decider.Model); model != "" {
			d.printf(" model %s,", model)
		}
		for i, input := range d.Lists[decider.First:][:decider.Inputs] {
			d.printf("%s%s", map[bool]string{true: " inputs ", false: " "}[i == 0], d.attribute(input))
		}
		if decider.Inputs > 0 {
			d.printf(",")
		}
		what, name := "attributes", d.attribute
		if decider.Flags&format.DeciderSegments != 0 {
			what, name = "segments", func(i uint32) string { return d.String(d.Segments[i].Name) }
		}
		d.printf(" sent %s", what)
		for _, sent := range d.Lists[decider.First+decider.Inputs:][:decider.Sent] {
			d.printf(" %s", name(sent))
		}
		d.printf("\n")
		for _, r := range d.DeciderRules[decider.FirstRule:][:decider.Rules] {
			d.printf("    %s%s: serve %s\n", conditionOf(r.Condition), lineOf(r.Line), d.String(r.Variant))
		}
	}
}

func conditionOf(plus1 uint32) string {
	if plus1 == 0 {
		return "always"
	}
	return fmt.Sprintf("condition %d", plus1-1)
}

// acts are the words for what decisions do.
var acts = map[format.Act]string{format.ActRewrite: "rewrite", format.ActRedirect: "redirect", format.ActBackend: "backend", format.ActHeader: "header"}

// said shows what a decision is beside its rules.
func (d *dump) said(decision *format.Decision) {
	for _, flag := range []struct {
		bit  uint32
		word string
	}{{format.DecisionSensitive, "sensitive"}, {format.DecisionServer, "visible to the server only"}, {format.DecisionBrowser, "may go to browsers"}} {
		if decision.Flags&flag.bit != 0 {
			d.printf("  %s\n", flag.word)
		}
	}
	if act := format.Act(decision.Act & 0xff); act != format.ActNone {
		d.printf("  act %s", acts[act])
		if status := decision.Act >> 8; status > 0 {
			d.printf(" %d", status)
		}
		if name := d.String(decision.Header); name != "" {
			d.printf(" %s", name)
		}
		d.printf("\n")
	}
	if decision.Measure > 0 {
		d.printf("  measured with %s\n", d.purpose(decision.Measure-1))
	}
	d.printf("%s%s", line("  metadata ", d.String(decision.Metadata)), line("  notes ", d.String(decision.Notes)))
}

// line is a line of a text that is not empty.
func line(what, s string) string {
	if s == "" {
		return ""
	}
	return what + s + "\n"
}

func (d *dump) routes() {
	d.heading("routes", len(d.Routes))
	for _, r := range d.Routes {
		d.printf("  %s:", d.String(r.Pattern))
		if r.Flags&format.RouteLocked != 0 {
			d.printf(" locked,")
		}
		if r.Flags&format.RouteAll != 0 {
			d.printf(" all,")
		}
		for _, decision := range d.Lists[r.First:][:r.Count] {
			d.printf(" %s", d.String(d.Decisions[decision].Name))
		}
		d.printf("\n    outcomes %d, by %s\n", r.Outcomes, strings.Join(Inputs(d.Bundle, &r), ", "))
		if r.Reads > 0 {
			d.printf("    reads")
			for _, attribute := range d.Lists[r.First+r.Count:][:r.Reads] {
				d.printf(" %s", d.String(d.Attributes[attribute].Name))
			}
			d.printf("\n")
		}
	}
}

// Inputs says what a route's answers can depend on: request headers, and what no header shows.
func Inputs(b *format.Bundle, r *format.Route) []string {
	said := []string{"the URL"}
	if vary := b.String(r.Vary); vary != "" {
		said = append(said, vary)
	}
	for _, flag := range []struct {
		bit  uint32
		word string
	}{{format.RoutePlatform, "where the client is"}, {format.RouteOrigin, "the origin's answer"}, {format.RouteTime, "the time"}} {
		if r.Flags&flag.bit != 0 {
			said = append(said, flag.word)
		}
	}
	return said
}

func (d *dump) conditions() {
	for i, c := range d.Conditions {
		d.printf("\ncondition %d%s: %s\n", i, lineOf(c.Line), strings.ReplaceAll(string(d.AppendSource(nil, uint32(i))), "\n", "\n  "))
		for pc, in := range d.Code[c.Start:][:c.Length] {
			d.printf("  %4d  %-14s%s\n", pc, in.Op(), d.operands(in))
		}
	}
}

// operands are an instruction's, with what they stand for.
func (d *dump) operands(in format.Instr) string {
	a, b := in.A(), in.B()
	switch in.Op() {
	case format.OpConst:
		return d.constant(b)
	case format.OpAttribute, format.OpHas:
		return d.attribute(b)
	case format.OpLocal, format.OpStore:
		return fmt.Sprintf("$%d", a)
	case format.OpPredicate, format.OpAndPredicate:
		return d.predicate(b)
	case format.OpCondition:
		return fmt.Sprintf("%d", b)
	case format.OpMatches:
		return strconv.Quote(d.pattern(b))
	case format.OpDecision:
		return d.String(d.Decisions[b].Name)
	case format.OpGranted:
		return d.purpose(b)
	case format.OpJump, format.OpAndThen, format.OpOrElse, format.OpLoop, format.OpIterate, format.OpBreakFalse:
		return fmt.Sprintf("to %d", b)
	case format.OpChoose:
		return fmt.Sprintf("false to %d, error to %d", b, a)
	case format.OpList, format.OpMap:
		return fmt.Sprintf("of %d", b)
	case format.OpCall:
		return fmt.Sprintf("%s, %d", format.Func(b), a)
	case format.OpNext:
		return fmt.Sprintf("$%d, end to %d", a, b)
	case format.OpNextPair:
		return fmt.Sprintf("$%d $%d, end to %d", a, a+1, b)
	}
	return ""
}

func (d *dump) pattern(i uint32) string { return d.String(d.Patterns[i].Source) }

func (d *dump) predicate(i uint32) string {
	p := d.Predicates[i]
	name := d.attribute(p.Attribute)
	switch test := format.Test(p.Test); test {
	case format.TestTrue:
		return name
	case format.TestMatches:
		return fmt.Sprintf("%s.matches(%q)", name, d.pattern(p.Constant))
	case format.TestElement:
		return d.constant(p.Constant) + " in " + name
	case format.TestStartsWith, format.TestEndsWith, format.TestContains:
		return fmt.Sprintf("%s.%s(%s)", name, test, d.constant(p.Constant))
	default:
		if format.Kind(d.Constants[p.Constant].Kind) == format.Semver {
			name = "semver(" + name + ")"
		}
		return fmt.Sprintf("%s %s %s", name, test, d.constant(p.Constant))
	}
}

// constant writes a constant as CEL does.
func (d *dump) constant(i uint32) string {
	c := d.Constants[i]
	number := uint64(c.Lo) | uint64(c.Hi)<<32
	switch format.Kind(c.Kind) {
	case format.Null:
		return "null"
	case format.Bool:
		return strconv.FormatBool(number != 0)
	case format.Int:
		return strconv.FormatInt(int64(number), 10)
	case format.Uint:
		return strconv.FormatUint(number, 10) + "u"
	case format.Double:
		written := string(text.AppendDouble(nil, math.Float64frombits(number)))
		if !strings.ContainsAny(written, ".eIN") {
			written += ".0"
		}
		return written
	case format.String:
		return strconv.Quote(d.String(format.Str(c.Lo)))
	case format.Bytes:
		return "b" + strconv.Quote(string(d.Text[c.Lo:][:c.Hi]))
	case format.Timestamp:
		return fmt.Sprintf("timestamp(%q)", text.AppendTimestamp(nil, int64(number), c.Nanos))
	case format.Duration:
		return fmt.Sprintf("duration(%q)", text.AppendDuration(nil, int64(number)))
	case format.Semver:
		return fmt.Sprintf("semver(%q)", d.String(format.Str(c.Lo)))
	case format.IP, format.CIDR:
		address, _ := netip.AddrFromSlice(d.Text[c.Lo:][:c.Hi])
		if format.Kind(c.Kind) == format.IP {
			return fmt.Sprintf("ip(%q)", address)
		}
		return fmt.Sprintf("cidr(%q)", netip.PrefixFrom(address, int(c.Nanos)))
	case format.TypeOf:
		return format.Kind(number).String()
	case format.List:
		return "[" + strings.Join(d.constants(c.Lo, c.Hi), ", ") + "]"
	case format.Map:
		flat := d.constants(c.Lo, 2*c.Hi)
		pairs := make([]string, 0, c.Hi)
		for i := 0; i < len(flat); i += 2 {
			pairs = append(pairs, flat[i]+": "+flat[i+1])
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return "?"
}

func (d *dump) constants(first, count uint32) []string {
	written := make([]string, count)
	for i := range written {
		written[i] = d.constant(first + uint32(i))
	}
	return written
}

// index shows the tables by which decisions find their rules, and which decisions use them.
func (d *dump) index() {
	d.heading("index", len(d.Indexed))
	for i, t := range d.Indexed {
		d.printf("  %s, %s: %d keys, %d classes, for", d.attribute(t.Attribute), format.IndexKind(t.Kind), t.Keys, t.Classes)
		for j, decision := range d.Decisions {
			if decision.Tables>>i&1 != 0 {
				d.printf(" %s", d.String(d.Decisions[j].Name))
			}
		}
		d.printf("\n")
	}
}

func (d *dump) sections() {
	d.printf("\nsections\n")
	for _, s := range d.Sizes() {
		if s.Records > 0 {
			d.printf("  %s  %6d records  %8d bytes\n", s.Tag, s.Records, s.Bytes)
		}
	}
}
