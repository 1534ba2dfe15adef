package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// The lines of a plan are for the platform's log. There is nothing of the visitor's in them but, with consent, a pseudonym of the day.
//
// One line of health tells how it goes, also where nobody consents to anything: which bundle of what age decided, how often for which reason, which
// attributes the rules of the route asked for in vain though they may be read, and what became of the hand-over. A platform adds what only it knows
// (AppendLine).
//
//	{"kind":"health","bundle":"shop","version":7,"age"?:3600,"stale"?:true,"expired"?:true,"unread"?:true,"preview"?:true,"route":"/shop/*","reasons":{"SPLIT":1,"DEFAULT":2},
//	 "absent"?:["geo.country"],"handover"?:"late","unexposed"?:1}
//
// A line of exposure is made for each decision that is measured where its measuring is consented to, unless it is one that nobody was to see
// by chance or rule: previews, errors, what is switched off, what waits, and answers without consent. Its unit is a pseudonym of the split's, or of the session,
// which the bundle's secret and the day make: the same within a day, and nothing to follow from one day to the next. Without secret or unit there is no
// such line, and the health line counts it under unexposed.
//
//	{"kind":"exposure","time":"2026-12-01T08:00:00Z","bundle":"shop","version":7,"digest"?:"sha512-256:...","decision":"hero","variant":"gold",
//	 "rule"?:"test","reason":"SPLIT","unit":"c0ffee5eedba5e00"}

// writeLines makes the plan's lines.
func (x *Exchange) writeLines() {
	unexposed := uint64(0)
	for i := range x.answers {
		a := &x.answers[i]
		if measure := x.bundle.Decisions[a.Decision].Measure; x.on || x.own >= ownFlags || measure == 0 || !x.context.Granted(int(measure-1)) || !counts(a.Reason) {
			continue
		}
		if !x.exposure(a) {
			unexposed++
		}
	}
	x.health(unexposed)
	x.plan.Lines = x.lines
}

// counts says whether an answer of that reason is an exposure.
func counts(r core.Reason) bool {
	switch r {
	case core.ReasonError, core.ReasonDisabled, core.ReasonConsent, core.ReasonPreview, core.ReasonDeferred:
		return false
	}
	return true
}

func (x *Exchange) health(unexposed uint64) {
	start := len(x.text)
	v := x.bundle.Validity()
	j := x.line("health")
	x.putAge(&j)
	j.yes("stale", v.Stale(x.visit.Seconds))
	j.yes("expired", v.Expired(x.visit.Seconds))
	j.yes("unread", x.unread)
	j.yes("preview", x.on)
	j.text("route", x.plan.Route)
	j.key("reasons")
	j.open('{')
	for r := core.ReasonError; r <= core.ReasonFallback; r++ {
		count := uint64(0)
		for i := range x.answers {
			if x.answers[i].Reason == r {
				count++
			}
		}
		if count > 0 {
			j.uint(r.String(), count)
		}
	}
	j.close('}')
	x.absent(&j)
	if x.outcome > 0 {
		j.text("handover", outcomeTexts[x.outcome])
	}
	if unexposed > 0 {
		j.uint("unexposed", unexposed)
	}
	x.endLine(&j, start)
}

// putAge writes for how many seconds the bundle has been in force, where that is known.
func (x *Exchange) putAge(j *json) {
	since := x.bundle.Validity().Since
	if age := x.visit.Seconds - since; since > 0 && age >= 0 {
		j.uint("age", uint64(age))
	}
}

// absent lists the attributes that the route's rules read and that have no value, or none that can be used. One that is not consented to is not
// among them, whether it was sent or not.
func (x *Exchange) absent(j *json) {
	if x.route == nil {
		return
	}
	any := false
	for _, attribute := range x.bundle.Lists[x.route.First+x.route.Count:][:x.route.Reads] {
		switch x.context.State(int(attribute)) {
		case core.Present, core.Masked:
			continue
		}
		if !any {
			j.key("absent")
			j.open('[')
			any = true
		}
		j.string(x.bundle.String(x.bundle.Attributes[attribute].Name))
	}
	if any {
		j.close(']')
	}
}

// exposure makes the line of one answer, and says whether it could.
func (x *Exchange) exposure(a *core.Answer) bool {
	unit := x.unitOf(a)
	if unit < 0 || len(x.secrets) == 0 || x.context.State(unit) != core.Present {
		return false
	}
	pseudonym := x.pseudonym(x.context.Value(unit))
	b := x.bundle
	start := len(x.text)
	j := x.line("exposure")
	if digest := b.Validity().Digest; b.Validity().Version > 0 {
		j.key("digest")
		j.separate()
		j.dst = text.AppendText(j.dst, `"sha512-256:`)
		j.dst = text.AppendByte(mac.AppendHex(j.dst, digest[:]), '"')
	}
	j.text("decision", b.String(b.Decisions[a.Decision].Name))
	if a.Variant > 0 {
		j.text("variant", b.String(b.Variants[a.Variant-1].Name))
	}
	if a.Rule > 0 {
		j.text("rule", b.String(b.Rules[a.Rule-1].ID))
	}
	j.text("reason", a.Reason.String())
	j.key("unit")
	j.separate()
	j.dst = text.AppendByte(mac.AppendHex(text.AppendByte(j.dst, '"'), pseudonym[:8]), '"')
	x.endLine(&j, start)
	return true
}

// unitOf gives the attribute that an answer is counted by: what the split draws by that gave it, or might have; else the session. -1: none.
func (x *Exchange) unitOf(a *core.Answer) int {
	b := x.bundle
	d := &b.Decisions[a.Decision]
	if a.Reason == core.ReasonHoldout && d.Holdout > 0 {
		return int(b.Draws[b.Holdouts[d.Holdout-1].Draw].Unit)
	}
	if a.Rule > 0 && b.Rules[a.Rule-1].Does() == format.ActionSplit {
		return int(b.Draws[b.Splits[b.Rules[a.Rule-1].Target].Draw].Unit)
	}
	for i := range b.Rules[d.FirstRule : d.FirstRule+d.Rules] {
		if r := &b.Rules[d.FirstRule+uint32(i)]; r.Does() == format.ActionSplit {
			return int(b.Draws[b.Splits[r.Target].Draw].Unit)
		}
	}
	return x.session
}

// pseudonym is what stands for a unit on one day.
func (x *Exchange) pseudonym(unit core.Value) []byte {
	const day = 24 * 60 * 60
	x.key.Set(x.secrets[0])
	x.key.Begin(mac.Pseudonym, x.bundle.Name())
	today := x.visit.Seconds / day
	if x.visit.Seconds%day < 0 {
		today--
	}
	start := len(x.text)
	x.text = text.AppendByte(text.AppendInt(x.text, today), '\n')
	x.text = core.AppendJSON(x.text, unit)
	x.key.Write(x.text[start:])
	x.text = x.text[:start]
	return x.key.Sum()
}

// line begins a line of a kind.
func (x *Exchange) line(kind string) json {
	j := json{dst: x.text}
	j.open('{')
	j.text("kind", kind)
	if kind != "health" {
		j.key("time")
		j.separate()
		j.dst = text.AppendByte(text.AppendTimestamp(text.AppendByte(j.dst, '"'), x.visit.Seconds, 0), '"')
	}
	j.text("bundle", x.bundle.Name())
	j.uint("version", x.bundle.Validity().Version)
	return j
}

// endLine keeps a line that begins at start.
func (x *Exchange) endLine(j *json, start int) {
	j.close('}')
	x.text = j.dst
	x.lines = append(x.lines, x.since(start))
}

// AppendLine appends a line of the plan with what the platform adds to it: members of a JSON object without its braces, such as "took_us":180.
func AppendLine(dst []byte, line, more string) []byte {
	if more == "" || line == "" {
		return text.AppendText(dst, line)
	}
	dst = text.AppendText(dst, line[:len(line)-1])
	dst = text.AppendText(text.AppendByte(dst, ','), more)
	return text.AppendByte(dst, '}')
}
