package core

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Explain decides once more and writes why, as a JSON object after dst:
//
//	{"decision":"hero","variant":"gold","reason":"TARGETING_MATCH","rule":"gold","default":"plain",
//	 "purposes":[{"purpose":"personalization","granted":true}],
//	 "rules":[{"rule":"gold","line":14,"when":"segment(\"big_cart\")","result":true,"outcome":"matched",
//	           "reads":[{"attribute":"cart.value","state":"present","value":80}],
//	           "split":{"by":"session.id","bucket":512,"buckets":10000,"variant":"summer"}}]}
//
// Every rule of the decision is there, in order. Its outcome is matched, no match, error, not in schedule, no unit, or not reached, for
// the rules after the one that won and for all rules of a decision that runs none. A masked attribute is shown as "not consented", with
// no value, whether or not one was given. Explain is for people: it takes microseconds, and space in dst as needed.
func (e *Evaluator) Explain(c *Context, decision uint32, dst []byte) []byte {
	e.begin(c)
	w := explainer{Evaluator: e, bundle: e.bundle, out: dst}
	w.decision(decision, e.decide(decision))
	return w.out
}

// explainer writes an explanation.
type explainer struct {
	*Evaluator
	bundle *Bundle
	out    []byte
}

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

func (w *explainer) variant(json string, variant uint32) {
	if variant > 0 {
		w.name(json, w.bundle.Variants[variant-1].Name)
	}
}

func (w *explainer) decision(decision uint32, answer Answer) {
	if answer.Reason == ReasonError {
		w.raw(`{"reason":"ERROR"}`)
		return
	}
	b := w.bundle
	d := &b.Decisions[decision]
	w.name(`{"decision":`, d.Name)
	w.variant(`,"variant":`, answer.Variant)
	w.text(`,"reason":`, answer.Reason.String())
	if answer.Rule > 0 {
		w.name(`,"rule":`, b.Rules[answer.Rule-1].ID)
	}
	w.variant(`,"default":`, d.Default)
	w.purposes(d)
	w.raw(`,"rules":[`)
	ran := answer.Reason != ReasonDisabled && answer.Reason != ReasonConsent
	first := true
	for rule := d.FirstRule; rule < d.FirstRule+d.Rules; rule++ {
		w.next(&first)
		reached := ran && (answer.Rule == 0 || rule < answer.Rule)
		w.rule(rule, reached, rule+1 == answer.Rule)
	}
	w.raw(`]}`)
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
		if w.context.Granted(p) {
			w.raw(`,"granted":true}`)
		} else {
			w.raw(`,"granted":false}`)
		}
	}
	w.raw("]")
}

func (w *explainer) rule(rule uint32, reached, won bool) {
	r := &w.bundle.Rules[rule]
	w.name(`{"rule":`, r.ID)
	w.number(`,"line":`, r.Line)
	if r.Condition > 0 {
		w.name(`,"when":`, w.bundle.Conditions[r.Condition-1].Source)
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
		w.reads(r.Condition - 1)
	}
	switch {
	case outcome != "matched":
	case !w.bundle.holds(r, w.context.seconds):
		outcome = "not in schedule"
	case r.Does() == format.ActionSplit:
		if !won {
			outcome = "no unit"
		}
		w.split(r.Target)
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

// reads lists the attributes that a condition may read, each once, those of the conditions it uses included.
func (w *explainer) reads(condition uint32) {
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
	w.raw("]")
}

func (w *explainer) split(split uint32) {
	b := w.bundle
	s := &b.Splits[split]
	w.name(`,"split":{"by":`, b.Attributes[s.Unit].Name)
	w.name(`,"seed":`, s.Seed)
	w.number(`,"buckets":`, s.Buckets)
	bucket, ok := w.bucket(split)
	if !ok {
		w.text(`,"unit":`, w.context.states[s.Unit].String())
		w.raw("}")
		return
	}
	w.number(`,"bucket":`, bucket)
	from := uint32(0)
	for _, r := range b.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		if bucket < r.End {
			w.number(`,"range":[`, from)
			w.number(`,`, r.End-1)
			w.raw("]")
			w.variant(`,"variant":`, r.Variant)
			break
		}
		from = r.End
	}
	w.raw("}")
}

// markReads marks in e.readAttributes what a condition's program, or that of a condition it uses, names. A condition uses only
// conditions before it, so one pass backwards meets them all.
func (e *Evaluator) markReads(condition uint32) {
	clear(e.readAttributes)
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
			case format.OpCondition:
				e.readConditions[in.B()] = true
			}
		}
	}
}
