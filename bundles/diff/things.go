package diff

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// lister collects a bundle's things.
type lister struct {
	*format.Bundle
	things []thing
}

// thingsOf lists all that two bundles are compared by. Things of one kind always have the same fields.
func thingsOf(b *format.Bundle) []thing {
	l := &lister{Bundle: b}
	about := b.About[0]
	l.add("bundle", "itself", "",
		field{name: "name", text: b.Name()},
		field{name: "owner", text: b.String(about.Owner)},
		field{name: "targeting key", text: l.attribute(about.TargetingKey)},
		field{name: "tags", text: b.String(about.Tags)},
		field{name: "metadata", text: b.String(about.Metadata)})
	l.addConsent()
	for i := range b.Attributes {
		l.addAttribute(&b.Attributes[i])
	}
	for _, s := range b.Segments {
		l.add("segment", b.String(s.Name), "", field{name: "when", text: l.condition(s.Condition + 1)})
	}
	for _, h := range b.Holdouts {
		l.add("holdout", b.String(h.Name), "", append(l.draw(h.Draw), field{name: "share", text: percent(h.Held, b.Draws[h.Draw].Buckets)})...)
	}
	for _, g := range b.Groups {
		l.add("group", b.String(g.Name), "", l.draw(g.Draw)...)
	}
	for i := range b.Decisions {
		l.addDecision(&b.Decisions[i])
	}
	l.addRoutes()
	return l.things
}

func (l *lister) add(what, name, parent string, fields ...field) {
	l.things = append(l.things, thing{what, name, parent, fields})
}

// addAttribute adds an attribute that was declared. A standard one is there because some rule reads it, which the rule says itself.
func (l *lister) addAttribute(a *format.Attribute) {
	if a.Flags&format.AttributeStandard != 0 {
		return
	}
	at := ""
	if a.Flags&format.AttributeOrigin != 0 {
		at = "origin"
	}
	enum := ""
	if a.Enum > 0 {
		list := l.Constants[a.Enum-1]
		var values []string
		for _, c := range l.Constants[list.Lo : list.Lo+list.Hi] {
			values = append(values, l.constant(c))
		}
		enum = strings.Join(values, " ")
	}
	l.add("attribute", l.String(a.Name), "",
		field{name: "type", text: l.String(a.TypeText)},
		field{name: "purpose", text: l.String(l.Purposes[a.Purpose].Name)},
		field{name: "from", text: l.String(a.From)},
		field{name: "at", text: at},
		field{name: "only", text: enum},
		field{name: "max_age", text: seconds(a.MaxAge)},
		field{name: "written by", text: attribute.Trust(a.Flags & format.AttributeTrust).String(), silent: true})
}

// constant is a value of an enum.
func (l *lister) constant(c format.Constant) string {
	bits := uint64(c.Lo) | uint64(c.Hi)<<32
	switch format.Kind(c.Kind) {
	case format.String:
		return l.String(format.Str(c.Lo))
	case format.Int:
		return strconv.FormatInt(int64(bits), 10)
	}
	return strconv.FormatUint(bits, 16)
}

func (l *lister) addDecision(d *format.Decision) {
	name := l.String(d.Name)
	var purposes []string
	for i, p := range l.Purposes {
		if d.Purposes&(1<<i) != 0 {
			purposes = append(purposes, l.String(p.Name))
		}
	}
	ids := l.ids(d)
	l.add("decision", name, "",
		field{name: "for", text: strings.Join(purposes, " ")},
		field{name: "default", text: l.variant(d.Default)},
		field{name: "state", text: set(d.Flags, format.DecisionDisabled, "disabled")},
		field{name: "sticky", text: set(d.Flags, format.DecisionSticky, strings.TrimSpace("yes "+seconds(d.Hold)))},
		field{name: "sensitive", text: set(d.Flags, format.DecisionSensitive, "yes")},
		field{name: "visibility", text: set(d.Flags, format.DecisionServer, "server") + set(d.Flags, format.DecisionBrowser, "browser")},
		field{name: "holdout", text: l.holdout(d)},
		field{name: "group", text: l.slots(d)},
		field{name: "act", text: l.act(d)},
		field{name: "measured for", text: l.purpose(d.Measure)},
		field{name: "metadata", text: l.String(d.Metadata), silent: true},
		field{name: "notes", text: l.String(d.Notes), silent: true},
		field{name: "variants", text: strconv.Itoa(int(d.Variants)), silent: true},
		field{name: "rules", text: strconv.Itoa(int(d.Rules)), silent: true},
		field{name: "order of rules", text: strings.Join(ids[:d.Rules], " "), silent: true})
	for _, v := range l.Variants[d.FirstVariant : d.FirstVariant+d.Variants] {
		l.add("variant", name+"/"+l.String(v.Name), "decision "+name,
			field{name: "value", text: l.String(v.JSON)},
			field{name: "valid", text: l.schedule(v.Schedule)},
			field{name: "tags", text: l.String(v.Tags)})
	}
	for i, id := range ids {
		what := "rule"
		if i >= int(d.Rules) {
			what = "rule before consent"
		}
		l.addRule(what, name, id, &l.Rules[int(d.FirstRule)+i])
	}
}

// ids are the names of a decision's rules, those before consent last.
func (l *lister) ids(d *format.Decision) (ids []string) {
	for _, r := range l.Rules[d.FirstRule : d.FirstRule+d.Rules+d.BeforeConsent] {
		ids = append(ids, l.String(r.ID))
	}
	return ids
}

func (l *lister) addRule(what, decision, id string, r *format.Rule) {
	fields := []field{
		{name: "when", text: l.condition(r.Condition)},
		{name: "valid", text: l.schedule(r.Schedule)},
	}
	does, by, seed, ramp := "", "", "", ""
	switch r.Does() {
	case format.ActionServe:
		does = "serve " + l.variant(r.Target+1)
	case format.ActionSplit:
		s := &l.Splits[r.Target]
		draw := l.Draws[s.Draw]
		does = "split " + l.shares(s, func(r format.Range) uint32 { return r.End })
		by, seed = l.attribute(draw.Unit+1), fmt.Sprintf("%s (%d buckets)", l.String(draw.Seed), draw.Buckets)
		if s.Ramp > 0 {
			ramp = l.shares(s, func(r format.Range) uint32 { return r.Start }) + ", " + l.schedule(s.Ramp)
		}
	case format.ActionDefer:
		f := &l.Deferrals[r.Target]
		does = fmt.Sprintf("defer to %s within %d ms, %s, otherwise %s", l.String(f.To), f.Within, f.ModeText(), l.variant(f.Otherwise+1))
		if f.Allowed > 0 {
			does += ", allow"
			for _, v := range l.Allowed[f.FirstAllowed : f.FirstAllowed+f.Allowed] {
				does += " " + l.variant(v+1)
			}
		}
	}
	fields = append(fields, field{name: "does", text: does}, field{name: "by", text: by}, field{name: "seed", text: seed}, field{name: "ramp from", text: ramp})
	l.add(what, decision+"/"+id, "decision "+decision, fields...)
}

// shares tells a split's weights: "plain 50%, summer 50%".
func (l *lister) shares(s *format.Split, end func(format.Range) uint32) string {
	var parts []string
	from := uint32(0)
	for _, r := range l.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		name := l.variant(r.Variant)
		if r.Variant == 0 {
			name = "the default"
		}
		parts = append(parts, name+" "+percent(end(r)-from, l.Draws[s.Draw].Buckets))
		from = end(r)
	}
	return strings.Join(parts, ", ")
}

func (l *lister) addRoutes() {
	var order []string
	for _, r := range l.Routes {
		var decisions []string
		for _, d := range l.Lists[r.First : r.First+r.Count] {
			decisions = append(decisions, l.String(l.Decisions[d].Name))
		}
		if r.Flags&format.RouteAll != 0 {
			decisions = []string{"all"}
		}
		l.add("route", l.String(r.Pattern), "",
			field{name: "decides", text: strings.Join(decisions, " ")},
			field{name: "locked", text: set(r.Flags, format.RouteLocked, "yes")})
		order = append(order, l.String(r.Pattern))
	}
	l.things[0].fields = append(l.things[0].fields, field{name: "order of routes", text: strings.Join(order, " ")})
}

func (l *lister) draw(i uint32) []field {
	d := l.Draws[i]
	return []field{{name: "by", text: l.attribute(d.Unit + 1)}, {name: "seed", text: fmt.Sprintf("%s (%d buckets)", l.String(d.Seed), d.Buckets)}}
}

func (l *lister) holdout(d *format.Decision) string {
	if d.Holdout == 0 {
		return ""
	}
	return l.String(l.Holdouts[d.Holdout-1].Name)
}

func (l *lister) slots(d *format.Decision) string {
	if d.Group == 0 {
		return ""
	}
	return fmt.Sprintf("%s, slots %d to %d", l.String(l.Groups[d.Group-1].Name), d.FirstSlot, d.LastSlot)
}

func (l *lister) act(d *format.Decision) string {
	switch format.Act(d.Act & 0xff) {
	case format.ActNone:
		return ""
	case format.ActRewrite:
		return "rewrite"
	case format.ActRedirect:
		return fmt.Sprint("redirect ", d.Act>>8)
	case format.ActBackend:
		return "backend"
	}
	return "header " + l.String(d.Header)
}

func (l *lister) attribute(plus1 uint32) string {
	if plus1 == 0 {
		return ""
	}
	return l.String(l.Attributes[plus1-1].Name)
}

func (l *lister) purpose(plus1 uint32) string {
	if plus1 == 0 {
		return ""
	}
	return l.String(l.Purposes[plus1-1].Name)
}

func (l *lister) variant(plus1 uint32) string {
	if plus1 == 0 {
		return ""
	}
	return l.String(l.Variants[plus1-1].Name)
}

func (l *lister) condition(plus1 uint32) string {
	if plus1 == 0 {
		return "always"
	}
	return string(l.AppendSource(nil, plus1-1))
}

// schedule tells when something holds; "" is always.
func (l *lister) schedule(plus1 uint32) string {
	if plus1 == 0 {
		return ""
	}
	s := &l.Schedules[plus1-1]
	var parts []string
	if s.From() != format.Beginning {
		parts = append(parts, "from "+string(text.AppendTimestamp(nil, s.From(), 0)))
	}
	if s.Until() != format.End {
		parts = append(parts, "until "+string(text.AppendTimestamp(nil, s.Until(), 0)))
	}
	return strings.Join(parts, " ")
}

func set(flags, flag uint32, text string) string {
	if flags&flag == 0 {
		return ""
	}
	return text
}

func seconds(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n, "s")
}

// percent is a share of buckets, with as many digits as it has.
func percent(part, of uint32) string {
	return strconv.FormatFloat(float64(part)*100/float64(of), 'f', -1, 64) + "%"
}
