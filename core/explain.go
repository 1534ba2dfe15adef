package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Explain decides once more and writes why, as a JSON object after dst:
//
//	{"decision":"hero","variant":"gold","reason":"TARGETING_MATCH","rule":"gold","default":"plain",
//	 "jurisdiction":{"name":"eea","line":9,"when":"geo.country in [\"DE\", \"FR\"]"},
//	 "purposes":[{"purpose":"personalization","granted":true,"because":"tcf: purposes 1, 6 consented","mode":"opt_in",
//	              "signals":["tcf: purposes 1, 6 consented","gpp usnat: not opted out"]}],
//	 "rules":[{"rule":"gold","line":14,"when":"segment(\"big_cart\")","result":true,"outcome":"matched",
//	           "reads":[{"attribute":"cart.value","state":"present","value":80},{"decision":"tier","variant":"vip","reason":"DEFAULT"}],
//	           "split":{"by":"session.id","bucket":512,"buckets":10000,"variant":"summer"}}]}
//
// The purposes are the decision's. Because says what decided (policy.Evidence), signals what each signal says, in the order in which they were
// read. The jurisdiction, mode and signals are there where the bundle has a consent policy, name and when where the jurisdiction does.
//
// Every rule of the decision is there, in order. Its outcome is matched, no match, error, not in schedule, variant over (its variant may no
// longer be served), no unit, outside its slots (of the decision's group), or not reached, for the rules after the one that won and for all
// rules of a decision that runs none. A decision may also have
//
//	"preview":"gold"                                              what the caller wants to see
//	"holdout":{"name":"global","by":"session.id","seed":"all","buckets":10000,"bucket":17,"held":500}
//	"group":{"name":"checkout","by":"session.id","seed":"co-1","buckets":100,"bucket":17,"slots":[0,49]}
//	"sticky":{"variant":"summer","kept":true,"hold_s":604800}     what it answered before, and for how long that is kept at least
//	"before_consent":[...]                                        like rules; where a purpose is not granted
//
//	"stale":true                                                  the bundle is not fresh any more
//	"expired":true                                                nor has it any right to more than necessary decisions
//
// a rule that defers "defer":{"to":"tiers","within_ms":80,"mode":"wait"}, and a split "ramp":{"from":"2026-12-01T00:00:00Z","until":...}, its range being that of the moment. A masked attribute is shown as "not consented", with
// no value, whether or not one was given. Explain is for people: it takes microseconds, and
// space in dst as needed; beyond MaxJSON the rules that are left are left out and "cut" says so.
func (e *Evaluator) Explain(c *Context, decision uint32, dst []byte) []byte {
	e.begin(c)
	w := explainer{Evaluator: e, bundle: e.bundle, out: dst, start: len(dst)}
	c.consent.Traced = make([]policy.Trace, 0, maxSaid)
	c.consent.Resolve(&e.bundle.Bundle, c.jurisdiction, c.seconds)
	w.said, c.consent.Traced = c.consent.Traced, nil
	if int64(decision) >= int64(len(e.answers)) {
		w.raw(`{"reason":"ERROR"}`)
		return w.out
	}
	w.decision(decision, *e.decide(decision))
	return w.out
}

// explainer writes an explanation.
type explainer struct {
	*Evaluator
	bundle *Bundle
	out    []byte
	start  int // of the explanation in out
	said   []policy.Trace
}

// maxSaid bounds what an explanation has of what signals say: a few signals about a few purposes, and far more.
const maxSaid = 256

// raw writes JSON as it is. Most of an explanation is such pieces, so the call is kept small.
//
//go:noinline
func (w *explainer) raw(json string) { w.out = append(w.out, json...) }

// text writes a piece of JSON that ends before a string, and the string.
//
//go:noinline
func (w *explainer) text(json, s string) { w.out = text.AppendJSONString(append(w.out, json...), s) }

// number writes a piece of JSON that ends before a number, and the number.
//
//go:noinline
func (w *explainer) number(json string, n uint32) {
	w.out = text.AppendUint(append(w.out, json...), uint64(n))
}

// next writes the comma before all elements but the first.
func (w *explainer) next(first *bool) {
	if !*first {
		w.raw(",")
	}
	*first = false
}

func (w *explainer) name(json string, s format.Str) { w.text(json, w.bundle.String(s)) }

// when writes a condition as it was written.
func (w *explainer) when(condition uint32) {
	source := w.bundle.AppendSource(nil, condition)
	w.text(`,"when":`, unsafe.String(unsafe.SliceData(source), len(source)))
}

func (w *explainer) variant(json string, variant uint32) {
	if variant > 0 {
		w.name(json, w.bundle.Variants[variant-1].Name)
	}
}

func (w *explainer) decision(decision uint32, answer Answer) {
	b := w.bundle
	d := &b.Decisions[decision]
	w.answer(decision, answer)
	if answer.Rule > 0 {
		w.name(`,"rule":`, b.Rules[answer.Rule-1].ID)
	}
	w.variant(`,"default":`, d.Default)
	w.jurisdiction()
	w.purposes(d)
	over := w.expired
	if answer.Flags&Stale != 0 {
		w.raw(`,"stale":true`)
		if over {
			w.raw(`,"expired":true`)
		}
		over = over && d.Purposes != necessary
	}
	given := w.context.overrides[decision]
	w.variant(`,"preview":`, given.preview)
	ran := true
	switch answer.Reason {
	case ReasonDisabled, ReasonConsent, ReasonPreview:
		ran = false
	}
	if ran {
		w.chances(d)
	}
	if given.sticky > 0 && d.Purposes&^w.context.granted == 0 { // else it is masked
		w.variant(`,"sticky":{"variant":`, given.sticky)
		if answer.Flags&Sticky != 0 {
			w.raw(`,"kept":true`)
		} else {
			w.raw(`,"kept":false`)
		}
		w.number(`,"hold_s":`, d.Hold)
		w.raw("}")
	}
	if d.BeforeConsent > 0 {
		before := answer
		before.Rule = 0
		if answer.Reason == ReasonConsent && !over {
			w.firstOf(d.FirstRule+d.Rules, d.BeforeConsent, &before)
		}
		w.rules(`,"before_consent":[`, d.FirstRule+d.Rules, d.BeforeConsent, before, answer.Reason == ReasonConsent && !over)
	}
	ran = ran && answer.Reason != ReasonHoldout && answer.Flags&Sticky == 0 && !over
	w.rules(`,"rules":[`, d.FirstRule, d.Rules, answer, ran)
	w.raw("}")
}

// rules writes count rules from first on, those up to the one that won being reached if any were tried.
func (w *explainer) rules(json string, first, count uint32, answer Answer, ran bool) {
	w.raw(json)
	begin := true
	for rule := first; rule < first+count; rule++ {
		if len(w.out)-w.start > MaxJSON {
			w.raw(`],"cut":true`)
			return
		}
		w.next(&begin)
		w.rule(rule, &w.bundle.Decisions[answer.Decision], ran && (answer.Rule == 0 || rule < answer.Rule))
	}
	w.raw("]")
}

// chances writes where the unit lies in the decision's holdout and group.
func (w *explainer) chances(d *format.Decision) {
	if d.Holdout > 0 {
		h := &w.bundle.Holdouts[d.Holdout-1]
		w.name(`,"holdout":{"name":`, h.Name)
		w.draw(`,"by":`, h.Draw)
		w.number(`,"held":`, h.Held)
		w.raw("}")
	}
	if d.Group > 0 {
		g := &w.bundle.Groups[d.Group-1]
		w.name(`,"group":{"name":`, g.Name)
		w.draw(`,"by":`, g.Draw)
		w.number(`,"slots":[`, d.FirstSlot)
		w.number(`,`, d.LastSlot)
		w.raw("]}")
	}
}

// jurisdiction writes which one applies, if the bundle has any.
func (w *explainer) jurisdiction() {
	if len(w.bundle.Jurisdictions) == 0 {
		return
	}
	j := &w.bundle.Jurisdictions[w.context.jurisdiction]
	w.number(`,"jurisdiction":{"line":`, j.Line)
	if w.bundle.String(j.Name) != "" {
		w.name(`,"name":`, j.Name)
	}
	if j.Condition > 0 {
		w.when(j.Condition - 1)
	}
	w.raw("}")
}

func (w *explainer) purposes(d *format.Decision) {
	w.raw(`,"purposes":[`)
	first := true
	for p := range w.bundle.Purposes {
		if d.Purposes>>p&1 == 0 {
			continue
		}
		w.next(&first)
		w.name(`{"purpose":`, w.bundle.Purposes[p].Name)
		if w.context.granted>>p&1 != 0 {
			w.raw(`,"granted":true`)
		} else {
			w.raw(`,"granted":false`)
		}
		if p > 0 {
			w.evidence(p)
		}
		w.raw("}")
	}
	w.raw("]")
}

// evidence writes why a purpose is granted or not, and what each signal says about it.
func (w *explainer) evidence(purpose int) {
	e := w.context.consent.Evidence[purpose]
	w.quoted(`,"because":`, e.AppendBecause(nil, &w.bundle.Bundle, purpose, w.context.jurisdiction))
	if len(w.bundle.Policies) == 0 {
		return
	}
	w.text(`,"mode":`, e.Mode().String())
	w.raw(`,"signals":[`)
	first := true
	for _, said := range w.said {
		if said.Purpose == purpose {
			w.next(&first)
			w.quoted("", said.Evidence.AppendFinding(nil, &w.bundle.Bundle, purpose))
		}
	}
	w.raw("]")
}

// quoted writes a piece of JSON that ends before a string, and the string.
func (w *explainer) quoted(json string, s []byte) {
	w.text(json, unsafe.String(unsafe.SliceData(s), len(s)))
}

func (w *explainer) rule(rule uint32, d *format.Decision, reached bool) {
	r := &w.bundle.Rules[rule]
	w.name(`{"rule":`, r.ID)
	w.number(`,"line":`, r.Line)
	if r.Condition > 0 {
		w.when(r.Condition - 1)
	}
	if !reached {
		w.raw(`,"outcome":"not reached"}`)
		return
	}
	outcome := "matched"
	if r.Condition > 0 {
		switch w.test(r.Condition - 1) {
		case yes:
			w.raw(`,"result":true`)
		case no:
			w.raw(`,"result":false`)
			outcome = "no match"
		default:
			w.failure(w.errors[r.Condition-1])
			outcome = "error"
		}
		w.reads(r.Condition-1, d)
	}
	switch {
	case outcome != "matched":
	case !w.holds(r.Schedule):
		outcome = "not in schedule"
	case r.Does() == format.ActionServe && !w.current(r.Target+1):
		outcome = "variant over"
	case r.Does() == format.ActionDefer:
		w.deferral(&w.bundle.Deferrals[r.Target])
	case r.Does() == format.ActionSplit:
		switch {
		case !w.split(r.Target):
			outcome = "no unit"
		case !w.inSlots(d):
			outcome = "outside its slots"
		}
	}
	w.text(`,"outcome":`, outcome)
	w.raw("}")
}

// failure writes an error and, where it comes from an attribute, which.
func (w *explainer) failure(v Value) {
	w.text(`,"error":`, v.Code().String())
	if v.Code() == Absent || v.Code() == NotConsented {
		w.name(`,"error_at":`, w.bundle.Attributes[v.Attribute()].Name)
	}
}

// reads lists the attributes and decisions that a condition of decision d may read, each once, those of the conditions it uses included.
func (w *explainer) reads(condition uint32, d *format.Decision) {
	w.markReads(condition)
	w.raw(`,"reads":[`)
	first := true
	for i, read := range w.readAttributes {
		if !read {
			continue
		}
		w.next(&first)
		w.name(`{"attribute":`, w.bundle.Attributes[i].Name)
		state := w.context.states[i]
		w.text(`,"state":`, state.String())
		if state == Present {
			w.raw(`,"value":`)
			w.out = AppendJSON(w.out, w.context.slots[i])
		}
		w.raw("}")
	}
	for _, asked := range w.bundle.Lists[d.FirstPrerequisite : d.FirstPrerequisite+d.Prerequisites] {
		if w.readDecisions[asked] {
			w.next(&first)
			w.answer(asked, w.answers[asked])
			w.raw("}")
		}
	}
	w.raw("]")
}

// answer begins an object with a decision and its answer.
func (w *explainer) answer(decision uint32, answer Answer) {
	w.name(`{"decision":`, w.bundle.Decisions[decision].Name)
	w.variant(`,"variant":`, answer.Variant)
	w.text(`,"reason":`, answer.Reason.String())
}

func (w *explainer) deferral(d *format.Deferral) {
	w.name(`,"defer":{"to":`, d.To)
	w.number(`,"within_ms":`, d.Within)
	w.text(`,"mode":`, d.ModeText())
	w.raw("}")
}

// split writes which share of a split the unit is in, and says whether there is a unit.
func (w *explainer) split(split uint32) bool {
	b := w.bundle
	s := &b.Splits[split]
	bucket, ok := w.draw(`,"split":{"by":`, s.Draw)
	if s.Ramp > 0 {
		ramp := &b.Schedules[s.Ramp-1]
		w.time(`,"ramp":{"from":`, ramp.From())
		w.time(`,"until":`, ramp.Until())
		w.raw("}")
	}
	if ok {
		share := w.share(s, bucket)
		w.number(`,"range":[`, share.begin)
		w.number(`,`, share.end-1)
		w.raw("]")
		if share.variant > 0 && w.current(share.variant) {
			w.variant(`,"variant":`, share.variant)
		}
	}
	w.raw("}")
	return ok
}

// draw writes how a draw puts units into buckets, and which bucket the context's unit is in, if it has one.
func (w *explainer) draw(json string, draw uint32) (bucket uint32, ok bool) {
	d := &w.bundle.Draws[draw]
	w.name(json, w.bundle.Attributes[d.Unit].Name)
	w.name(`,"seed":`, d.Seed)
	w.number(`,"buckets":`, d.Buckets)
	if bucket, ok = w.bucket(draw); ok {
		w.number(`,"bucket":`, bucket)
	} else {
		w.text(`,"unit":`, w.context.states[d.Unit].String())
	}
	return bucket, ok
}

func (w *explainer) time(json string, seconds int64) {
	w.raw(json)
	w.out = AppendJSON(w.out, Timestamp(seconds, 0))
}

// markReads marks in e.readAttributes and e.readDecisions what a condition's program, or that of a condition it uses, names. A condition uses only
// conditions before it, so one pass backwards meets them all.
func (e *Evaluator) markReads(condition uint32) {
	clear(e.readAttributes)
	clear(e.readDecisions)
	clear(e.readConditions)
	e.readConditions[condition] = true
	b := e.bundle
	for i := int(condition); i >= 0; i-- {
		if !e.readConditions[i] {
			continue
		}
		c := &b.Conditions[i]
		for _, in := range b.Code[c.Start : c.Start+c.Length] {
			switch in.Op() {
			case format.OpAttribute, format.OpHas:
				e.readAttributes[in.B()] = true
			case format.OpPredicate, format.OpAndPredicate:
				e.readAttributes[b.Predicates[in.B()].Attribute] = true
			case format.OpDecision:
				e.readDecisions[in.B()] = true
			case format.OpCondition:
				e.readConditions[in.B()] = true
			}
		}
	}
}
