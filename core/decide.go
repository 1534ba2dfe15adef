package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Reason says why an answer is what it is. The upper-case words of String are OpenFeature's, and Edgewise's own beside them. To add one: a
// row and its word here, and what it means in cmd/edgewise/internal/why.
type Reason uint16

// The reasons.
const (
	ReasonError          Reason = iota // ERROR: no such decision
	ReasonDisabled                     // DISABLED
	ReasonConsent                      // CONSENT: a purpose of the decision is not granted
	ReasonTargetingMatch               // TARGETING_MATCH: a rule served a variant
	ReasonSplit                        // SPLIT: a rule's split chose
	ReasonDefault                      // DEFAULT: no rule matched
	ReasonStatic                       // STATIC: there are no rules
	ReasonPreview                      // PREVIEW: the caller wants to see that variant
	ReasonHoldout                      // HOLDOUT: the unit is held out, and gets the default
	ReasonDeferred                     // DEFERRED: a decider at the origin is to say; until then the fallback
	ReasonStale                        // STALE: as one of TARGETING_MATCH, SPLIT, DEFAULT or STATIC, by a bundle that is not fresh any more
	ReasonFallback                     // FALLBACK: a decider was asked and did not answer in time, or not with a variant that it may
	reasons
)

var reasonTexts = [reasons]string{"ERROR", "DISABLED", "CONSENT", "TARGETING_MATCH", "SPLIT", "DEFAULT", "STATIC", "PREVIEW", "HOLDOUT",
	"DEFERRED", "STALE", "FALLBACK"}

// String gives the reason's word.
func (r Reason) String() string {
	if r < reasons {
		return reasonTexts[r]
	}
	return "UNKNOWN"
}

// necessary is the set of purposes that always are granted.
const necessary = 1

// Answer is what was decided. It is words only, as it crosses the module's boundary.
type Answer struct {
	Decision uint32 // index in the bundle
	Variant  uint32 // variant+1; 0: the caller's code default
	Rule     uint32 // rule+1; 0: no rule
	Reason   Reason // the lower half of a word; Flags are the upper half
	Flags    Flags
}

// Flags say more about an answer.
type Flags uint16

// The flags.
const (
	Sticky Flags = 1 << iota // it is an earlier answer that was kept
	Stale                    // the bundle was not fresh any more
)

// stale makes it the answer of a stale bundle.
func (a *Answer) stale() {
	a.Flags |= Stale
	switch a.Reason {
	case ReasonTargetingMatch, ReasonSplit, ReasonDefault, ReasonStatic:
		a.Reason = ReasonStale
	}
}

// Settle ends what a decision that was deferred waits for: with the variant+1 that its decider gave, or with 0 where it gave none that counts. Then
// the declared fallback stays.
func (a *Answer) Settle(variant uint32) {
	a.Reason = ReasonFallback
	if variant > 0 {
		a.Variant, a.Reason = variant, ReasonTargetingMatch
		if a.Flags&Stale != 0 {
			a.stale()
		}
	}
}

// Decide answers the decisions asked for (indexes of the bundle's) and appends an answer for each to answers. Given room there, it allocates
// nothing. An index that the bundle does not have is answered with ReasonError.
func (e *Evaluator) Decide(c *Context, asked []uint32, answers []Answer) []Answer {
	e.begin(c)
	answers = room(answers, len(asked))
	for _, decision := range asked {
		answers = answers[:len(answers)+1]
		answer := &answers[len(answers)-1]
		if int64(decision) < int64(len(e.answers)) {
			*answer = *e.decide(decision)
			continue
		}
		*answer = Answer{Decision: decision, Reason: ReasonError}
		if e.stale {
			answer.stale()
		}
	}
	return answers
}

// room makes room for more behind a slice, where it is not there.
func room[T any](s []T, more int) []T {
	if cap(s)-len(s) < more {
		s = append(s, make([]T, more)...)[:len(s)]
	}
	return s
}

// decide answers a decision of the bundle's, after those whose variants its rules may ask for. Their list is complete, those that they ask
// for themselves included and before them, so nothing is decided inside something else.
func (e *Evaluator) decide(decision uint32) *Answer {
	b := e.bundle
	d := &b.Decisions[decision]
	if countSteps {
		e.countAsked(d)
	}
	if d.Prerequisites > 0 {
		for _, prerequisite := range b.Lists[d.FirstPrerequisite : d.FirstPrerequisite+d.Prerequisites] {
			e.decideOnce(prerequisite)
		}
	}
	e.decideOnce(decision)
	return &e.answers[decision]
}

// decideOnce answers a decision whose prerequisites are decided, unless it has its answer in this request.
func (e *Evaluator) decideOnce(decision uint32) {
	if e.decided[decision] == e.round {
		return
	}
	answer := &e.answers[decision]
	d := &e.bundle.Decisions[decision]
	answer.Decision, answer.Variant, answer.Rule, answer.Flags = decision, d.Default, 0, 0
	answer.Reason = e.decideAlone(d, answer)
	if e.stale {
		answer.stale()
	}
	e.decided[decision] = e.round
}

// variant gives the name of the variant that a decision was answered with.
func (e *Evaluator) variant(decision uint32) Value {
	if e.decided[decision] != e.round || e.answers[decision].Variant == 0 {
		return failure(NoVariant)
	}
	return String(e.bundle.String(e.bundle.Variants[e.answers[decision].Variant-1].Name))
}

// decideAlone fills in the answer of decision d, which is its default until now, and gives the reason. The first that applies decides.
func (e *Evaluator) decideAlone(d *format.Decision, answer *Answer) Reason {
	if d.Flags&format.DecisionDisabled != 0 {
		return ReasonDisabled
	}
	given := &e.context.overrides[answer.Decision]
	switch {
	case given.preview > 0:
		answer.Variant = given.preview
		return ReasonPreview
	case d.Purposes&^e.context.granted != 0:
		if !e.expired {
			e.firstOf(d.FirstRule+d.Rules, d.BeforeConsent, answer)
		}
		answer.Rule = 0
		return ReasonConsent
	case d.Holdout > 0 && e.heldOut(&e.bundle.Holdouts[d.Holdout-1]):
		return ReasonHoldout
	case e.expired && d.Purposes != necessary:
		return ReasonStale
	case given.sticky > 0 && d.Flags&format.DecisionSticky != 0 && e.current(given.sticky):
		answer.Variant, answer.Flags = given.sticky, Sticky
		return ReasonSplit
	}
	if countSteps {
		e.countDecision(d)
	}
	switch {
	case d.Words > 0:
		if e.firstPossible(d, answer) {
			return answer.Reason
		}
	case d.Rules == 0:
		return ReasonStatic
	case e.firstOf(d.FirstRule, d.Rules, answer):
		return answer.Reason
	}
	return ReasonDefault
}

// firstOf tries count rules from first on in their order, and says whether one of them gave the answer.
func (e *Evaluator) firstOf(first, count uint32, answer *Answer) bool {
	for rule := first; rule < first+count; rule++ {
		if countSteps {
			e.countRule()
		}
		if c := e.bundle.Rules[rule].Condition; (c == 0 || e.test(c-1) == yes) && e.serve(rule, answer) {
			return true
		}
	}
	return false
}

// serve fills in the answer that a rule whose condition is true gives, and says whether it gives one: not outside its schedule or
// its variant's, nor where a split has no unit, or one outside the decision's slots.
func (e *Evaluator) serve(rule uint32, answer *Answer) bool {
	b := e.bundle
	r := &b.Rules[rule]
	if !e.holds(r.Schedule) {
		return false
	}
	switch r.Does() {
	case format.ActionServe:
		if !e.current(r.Target + 1) {
			return false
		}
		answer.Variant, answer.Reason = r.Target+1, ReasonTargetingMatch
	case format.ActionDefer:
		answer.Variant, answer.Reason = b.Deferrals[r.Target].Otherwise+1, ReasonDeferred
	case format.ActionSplit:
		s := &b.Splits[r.Target]
		bucket, ok := e.bucket(s.Draw)
		if !ok || !e.inSlots(&b.Decisions[answer.Decision]) {
			return false
		}
		answer.Reason = ReasonSplit
		if variant := e.share(s, bucket).variant; variant > 0 && e.current(variant) {
			answer.Variant = variant
		}
	}
	answer.Rule = rule + 1
	return true
}

// holds says whether a schedule, given as index+1, includes the context's time.
func (e *Evaluator) holds(schedule uint32) bool {
	return schedule == 0 || e.bundle.Schedules[schedule-1].Includes(e.context.seconds)
}

// current says whether a variant, given as index+1, may be served at the context's time.
func (e *Evaluator) current(variant uint32) bool {
	return e.holds(e.bundle.Variants[variant-1].Schedule)
}

// heldOut says whether the context's unit is in a holdout. Where there is no unit, nobody is held out.
func (e *Evaluator) heldOut(h *format.Holdout) bool {
	bucket, ok := e.bucket(h.Draw)
	return ok && bucket < h.Held
}

// inSlots says whether the context's unit is in the slots that a decision has in its group, if it is in one.
func (e *Evaluator) inSlots(d *format.Decision) bool {
	if d.Group == 0 {
		return true
	}
	slot, ok := e.bucket(e.bundle.Groups[d.Group-1].Draw)
	return ok && slot >= d.FirstSlot && slot <= d.LastSlot
}

// bucket gives the bucket of the context's unit in a draw, or false where the unit is absent or masked.
func (e *Evaluator) bucket(draw uint32) (uint32, bool) {
	d := &e.bundle.Draws[draw]
	unit := e.unit(d.Unit)
	if countSteps {
		e.countDraw(e.bundle, d, len(unit))
	}
	if unit == "" {
		return 0, false
	}
	return e.bundle.place(d, e.bundle.seeds[draw], unit), true
}

// unit is the text that a draw hashes: a string, a number's decimal digits. It is empty where there is none; an empty string is no unit
// either, since it tells nobody apart. It is valid until the next call.
func (e *Evaluator) unit(attribute uint32) string {
	var digits []byte
	switch v := &e.context.slots[attribute]; v.kind {
	case format.String:
		return v.text()
	case format.Int:
		digits = text.AppendInt(e.digits[:0], v.int())
	case format.Uint:
		digits = text.AppendUint(e.digits[:0], v.num)
	}
	return unsafe.String(unsafe.SliceData(digits), len(digits))
}

// share is the buckets that a variant has at a time: from begin on and below end.
type share struct{ begin, end, variant uint32 } // variant+1; 0 for the decision's default

// share gives the share that a bucket is in. A split's ranges cover all buckets.
func (e *Evaluator) share(s *format.Split, bucket uint32) (found share) {
	if countSteps {
		e.countShares(s)
	}
	b := e.bundle
	elapsed, total := uint64(0), uint64(0)
	if s.Ramp > 0 {
		ramp := &b.Schedules[s.Ramp-1]
		from, until := ramp.From(), ramp.Until()
		elapsed, total = uint64(max(from, min(e.context.seconds, until))-from), uint64(until-from)
	}
	for _, r := range b.Ranges[s.FirstRange : s.FirstRange+s.Ranges] {
		end := r.End
		if elapsed < total { // neither product can overflow: boundaries have 24 bits, the years to 9999 39
			end = uint32((uint64(r.Start)*(total-elapsed) + uint64(end)*elapsed) / total)
		}
		if bucket < end {
			return share{found.end, end, r.Variant}
		}
		found.end = end
	}
	return found
}
