package core

import (
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// Reason says why an answer is what it is. The upper-case words of String are OpenFeature's, and Edgewise's own beside them. To add one: a
// row and its word here, and what it means in cmd/edgewise/internal/why.
type Reason uint32

// The reasons.
const (
	ReasonError          Reason = iota // ERROR: no such decision
	ReasonDisabled                     // DISABLED
	ReasonConsent                      // CONSENT: a purpose of the decision is not granted
	ReasonTargetingMatch               // TARGETING_MATCH: a rule served a variant
	ReasonSplit                        // SPLIT: a rule's split chose
	ReasonDefault                      // DEFAULT: no rule matched
	ReasonStatic                       // STATIC: there are no rules
	reasons
)

var reasonTexts = [reasons]string{"ERROR", "DISABLED", "CONSENT", "TARGETING_MATCH", "SPLIT", "DEFAULT", "STATIC"}

// String gives the reason's word.
func (r Reason) String() string {
	if r < reasons {
		return reasonTexts[r]
	}
	return "UNKNOWN"
}

// Answer is what was decided. It is words only, as it crosses the module's boundary.
type Answer struct {
	Decision uint32 // index in the bundle
	Variant  uint32 // variant+1; 0: the caller's code default
	Rule     uint32 // rule+1; 0: no rule
	Reason   Reason
}

// Decide answers the decisions asked for (indexes of the bundle's) and appends an answer for each to answers. Given room there, it allocates
// nothing. An index that the bundle does not have is answered with ReasonError.
func (e *Evaluator) Decide(c *Context, asked []uint32, answers []Answer) []Answer {
	e.begin(c)
	for _, decision := range asked {
		answers = append(answers, e.decide(decision))
	}
	return answers
}

// decide answers one decision, after those whose variants its rules may ask for. Their list is complete, those that they ask for
// themselves included and before them, so nothing is decided inside something else.
func (e *Evaluator) decide(decision uint32) Answer {
	b := e.bundle
	if int(decision) >= len(b.Decisions) {
		return Answer{Decision: decision, Reason: ReasonError}
	}
	d := &b.Decisions[decision]
	if countSteps {
		e.countAsked(d)
	}
	for _, prerequisite := range b.Lists[d.FirstPrerequisite : d.FirstPrerequisite+d.Prerequisites] {
		e.decideOnce(prerequisite)
	}
	return e.decideOnce(decision)
}

// decideOnce answers a decision whose prerequisites are decided, or gives the answer that it had in this request.
func (e *Evaluator) decideOnce(decision uint32) Answer {
	if e.decided[decision] != e.round {
		e.answers[decision] = e.decideAlone(decision)
		e.decided[decision] = e.round
	}
	return e.answers[decision]
}

// variant gives the name of the variant that a decision was answered with.
func (e *Evaluator) variant(decision uint32) Value {
	if e.decided[decision] != e.round || e.answers[decision].Variant == 0 {
		return failure(NoVariant)
	}
	return String(e.bundle.String(e.bundle.Variants[e.answers[decision].Variant-1].Name))
}

// decideAlone answers one decision. The first of these that applies is the answer.
func (e *Evaluator) decideAlone(decision uint32) Answer {
	b := e.bundle
	d := &b.Decisions[decision]
	answer := Answer{Decision: decision, Variant: d.Default}
	if d.Flags&format.DecisionDisabled != 0 {
		answer.Reason = ReasonDisabled
		return answer
	}
	if d.Purposes&^e.context.granted != 0 {
		answer.Reason = ReasonConsent
		return answer
	}
	if countSteps {
		e.countDecision(d)
	}
	if d.Words > 0 {
		w := e.possible(d)
		for rule, ok := w.next(b.Rows); ok; rule, ok = w.next(b.Rows) {
			if e.matches(rule) && e.serve(rule, &answer) {
				return answer
			}
		}
	} else {
		for rule := d.FirstRule; rule < d.FirstRule+d.Rules; rule++ {
			if countSteps {
				e.countRule()
			}
			if c := b.Rules[rule].Condition; (c == 0 || e.test(c-1) == yes) && e.serve(rule, &answer) {
				return answer
			}
		}
	}
	answer.Reason = ReasonDefault
	if d.Rules == 0 {
		answer.Reason = ReasonStatic
	}
	return answer
}

// matches says whether the condition of a rule that the index left possible is true.
func (e *Evaluator) matches(rule uint32) bool {
	if countSteps {
		e.countRule()
	}
	r := &e.bundle.Rules[rule]
	return r.Condition == 0 || r.Action&format.RuleIndexed != 0 || e.test(r.Condition-1) == yes
}

// serve fills in the answer that a rule whose condition is true gives, and says whether it gives one: not outside its schedule,
// nor where a split has no unit.
func (e *Evaluator) serve(rule uint32, answer *Answer) bool {
	b := e.bundle
	r := &b.Rules[rule]
	if !b.holds(r, e.context.seconds) {
		return false
	}
	switch r.Does() {
	case format.ActionServe:
		answer.Variant, answer.Reason = r.Target+1, ReasonTargetingMatch
	case format.ActionSplit:
		bucket, ok := e.bucket(r.Target)
		if !ok {
			return false
		}
		answer.Reason = ReasonSplit
		if variant := b.share(r.Target, bucket); variant > 0 {
			answer.Variant = variant
		}
	}
	answer.Rule = rule + 1
	return true
}

// holds says whether a rule's schedule includes a time.
func (b *Bundle) holds(r *format.Rule, seconds int64) bool {
	return r.Schedule == 0 || b.Schedules[r.Schedule-1].Includes(seconds)
}

// bucket gives the bucket of the context's unit in a split, or false where the unit is absent or masked.
func (e *Evaluator) bucket(split uint32) (uint32, bool) {
	s := &e.bundle.Splits[split]
	unit := e.unit(s.Unit)
	if countSteps {
		e.countSplit(s, len(unit))
	}
	if unit == nil {
		return 0, false
	}
	hash := xxhash.Sum64(unit, e.bundle.seeds[split])
	bucket, _ := bits.Mul64(hash, uint64(s.Buckets))
	return uint32(bucket), true
}

// unit is the text that a split hashes: a string's bytes, a number's decimal digits. It is nil where there is none; an empty string is
// no unit either, since it tells nobody apart.
func (e *Evaluator) unit(attribute uint32) []byte {
	switch v := e.context.slots[attribute]; v.kind {
	case format.String:
		if v.num > 0 {
			return v.bytes()
		}
	case format.Int:
		return text.AppendInt(e.digits[:0], v.int())
	case format.Uint:
		return text.AppendUint(e.digits[:0], v.num)
	}
	return nil
}

// share gives the variant+1 that has a bucket, 0 for the decision's default. The split's ranges cover all buckets.
func (b *Bundle) share(split, bucket uint32) uint32 {
	s := &b.Splits[split]
	for _, r := range b.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		if bucket < r.End {
			return r.Variant
		}
	}
	return 0
}
