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
	answer := e.decide(decision)
	if answer.Reason == ReasonError {
		return append(dst, `{"reason":"ERROR"}`...)
	}
	b := e.bundle
	d := &b.Decisions[decision]
	dst = append(dst, `{"decision":`...)
	dst = text.AppendJSONString(dst, b.String(d.Name))
	dst = b.appendVariant(dst, `,"variant":`, answer.Variant)
	dst = append(dst, `,"reason":"`...)
	dst = append(dst, answer.Reason.String()...)
	dst = append(dst, '"')
	if answer.Rule > 0 {
		dst = append(dst, `,"rule":`...)
		dst = text.AppendJSONString(dst, b.String(b.Rules[answer.Rule-1].ID))
	}
	dst = b.appendVariant(dst, `,"default":`, d.Default)
	dst = e.appendPurposes(dst, d)
	dst = append(dst, `,"rules":[`...)
	ran := answer.Reason != ReasonDisabled && answer.Reason != ReasonConsent
	for rule := d.FirstRule; rule < d.FirstRule+d.Rules; rule++ {
		if rule > d.FirstRule {
			dst = append(dst, ',')
		}
		reached := ran && (answer.Rule == 0 || rule < answer.Rule)
		dst = e.appendRule(dst, rule, reached, rule+1 == answer.Rule)
	}
	return append(dst, ']', '}')
}

func (b *Bundle) appendVariant(dst []byte, key string, variant uint32) []byte {
	if variant == 0 {
		return dst
	}
	return text.AppendJSONString(append(dst, key...), b.String(b.Variants[variant-1].Name))
}

func (e *Evaluator) appendPurposes(dst []byte, d *format.Decision) []byte {
	dst = append(dst, `,"purposes":[`...)
	first := true
	for p := range e.bundle.Purposes {
		if d.Purposes>>p&1 == 0 {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"purpose":`...)
		dst = text.AppendJSONString(dst, e.bundle.String(e.bundle.Purposes[p].Name))
		dst = append(dst, `,"granted":`...)
		dst = appendScalarJSON(dst, Bool(e.context.Granted(p)))
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (e *Evaluator) appendRule(dst []byte, rule uint32, reached, won bool) []byte {
	b := e.bundle
	r := &b.Rules[rule]
	dst = append(dst, `{"rule":`...)
	dst = text.AppendJSONString(dst, b.String(r.ID))
	dst = append(dst, `,"line":`...)
	dst = text.AppendUint(dst, uint64(r.Line))
	if r.Condition > 0 {
		dst = append(dst, `,"when":`...)
		dst = text.AppendJSONString(dst, b.String(b.Conditions[r.Condition-1].Source))
	}
	if !reached {
		return append(dst, `,"outcome":"not reached"}`...)
	}
	outcome := "matched"
	if r.Condition > 0 {
		switch e.test(r.Condition - 1) {
		case yes:
			dst = append(dst, `,"result":true`...)
		case no:
			dst = append(dst, `,"result":false`...)
			outcome = "no match"
		default:
			dst = e.appendFailure(dst, e.errors[r.Condition-1])
			outcome = "error"
		}
		dst = e.appendReads(dst, r.Condition-1)
	}
	switch {
	case outcome != "matched":
	case !r.HoldsAt(e.context.seconds):
		outcome = "not in schedule"
	case r.Action == format.ActionSplit:
		if !won {
			outcome = "no unit"
		}
		dst = e.appendSplit(dst, r.Target)
	}
	dst = append(dst, `,"outcome":"`...)
	dst = append(dst, outcome...)
	return append(dst, '"', '}')
}

// appendFailure writes an error and, where it comes from an attribute, which.
func (e *Evaluator) appendFailure(dst []byte, v Value) []byte {
	dst = append(dst, `,"error":"`...)
	dst = append(dst, v.Code().String()...)
	dst = append(dst, '"')
	if v.Code() == Absent || v.Code() == NotConsented {
		dst = append(dst, `,"error_at":`...)
		dst = text.AppendJSONString(dst, e.bundle.String(e.bundle.Attributes[v.Attribute()].Name))
	}
	return dst
}

// appendReads lists the attributes that a condition may read, each once, those of the conditions it uses included.
func (e *Evaluator) appendReads(dst []byte, condition uint32) []byte {
	e.markReads(condition)
	dst = append(dst, `,"reads":[`...)
	first := true
	for i, read := range e.readAttributes {
		if !read {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = e.appendRead(dst, i)
	}
	return append(dst, ']')
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
			case format.OpPredicate:
				e.readAttributes[b.Predicates[in.B()].Attribute] = true
			case format.OpCondition:
				e.readConditions[in.B()] = true
			}
		}
	}
}

func (e *Evaluator) appendRead(dst []byte, attribute int) []byte {
	dst = append(dst, `{"attribute":`...)
	dst = text.AppendJSONString(dst, e.bundle.String(e.bundle.Attributes[attribute].Name))
	dst = append(dst, `,"state":"`...)
	state := e.context.states[attribute]
	dst = append(dst, state.String()...)
	dst = append(dst, '"')
	if state == Present {
		dst = append(dst, `,"value":`...)
		dst = AppendJSON(dst, e.context.slots[attribute])
	}
	return append(dst, '}')
}

func (e *Evaluator) appendSplit(dst []byte, split uint32) []byte {
	b := e.bundle
	s := &b.Splits[split]
	dst = append(dst, `,"split":{"by":`...)
	dst = text.AppendJSONString(dst, b.String(b.Attributes[s.Unit].Name))
	dst = append(dst, `,"seed":`...)
	dst = text.AppendJSONString(dst, b.String(s.Seed))
	dst = append(dst, `,"buckets":`...)
	dst = text.AppendUint(dst, uint64(s.Buckets))
	bucket, ok := e.bucket(split)
	if !ok {
		dst = append(dst, `,"unit":"`...)
		dst = append(dst, e.context.states[s.Unit].String()...)
		return append(dst, '"', '}')
	}
	dst = append(dst, `,"bucket":`...)
	dst = text.AppendUint(dst, uint64(bucket))
	from := uint32(0)
	for _, r := range b.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		if bucket < r.End {
			dst = append(dst, `,"range":[`...)
			dst = text.AppendUint(dst, uint64(from))
			dst = append(dst, ',')
			dst = text.AppendUint(dst, uint64(r.End-1))
			dst = append(dst, ']')
			dst = b.appendVariant(dst, `,"variant":`, r.Variant)
			break
		}
		from = r.End
	}
	return append(dst, '}')
}
