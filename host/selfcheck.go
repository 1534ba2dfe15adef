package host

import (
	"context"
	"fmt"
	"time"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// selfCheckMargin is how many more of the answers may be errors than of the bundle before, in hundredths of a percent.
const selfCheckMargin = 100

// SelfCheckError is that a bundle which can be loaded does not answer as it should. It wraps a *verify.Refusal with the code verify.Engine: this engine
// does not run that bundle well.
type SelfCheckError struct {
	Questions     uint64 // of Options.SelfCheck
	Traps         uint64 // questions at which the engine stopped
	Errors        uint64 // the sum over the questions of the part of the answers that are errors, in hundredths of a percent
	AllowedErrors uint64
}

func (e *SelfCheckError) Error() string {
	if e.Traps > 0 {
		return fmt.Sprintf("self-check: the engine stopped at %d of %d questions", e.Traps, e.Questions)
	}
	return fmt.Sprintf("self-check: %.1f%% of the answers to %d questions are errors, at most %.1f%% may be",
		float64(e.Errors)/100/float64(e.Questions), e.Questions, float64(e.AllowedErrors)/100/float64(e.Questions))
}

// Unwrap gives the refusal.
func (e *SelfCheckError) Unwrap() error { return &verify.Refusal{Code: verify.Engine} }

// checkItself asks a bundle that is to decide next. old decides now; nil: none does, and then only traps count.
func (h *Host) checkItself(fresh, old *loaded) error {
	if len(h.selfCheck) == 0 {
		return nil
	}
	now := time.Now()
	found := h.answered(fresh, now)
	e := &SelfCheckError{Questions: found.Questions, Traps: found.Traps, Errors: found.Errors}
	if found.Traps > 0 {
		return e
	}
	if old == nil || found.Errors <= found.Questions*selfCheckMargin {
		return nil
	}
	if before := h.answered(old, now); before.Questions > 0 {
		e.AllowedErrors = before.Errors * found.Questions / before.Questions
	}
	if e.AllowedErrors += found.Questions * selfCheckMargin; found.Errors > e.AllowedErrors {
		return e
	}
	return nil
}

// answered is what a bundle answers to the questions of the self-check.
func (h *Host) answered(l *loaded, now time.Time) Tally {
	var c counts
	r := h.rooms.Get().(*room)
	defer h.rooms.Put(r)
	for _, line := range h.selfCheck {
		if l.schema.ReadJSON(&r.question, line, now) != nil {
			continue
		}
		var err error
		r.answers, err = l.pool.Decide(context.Background(), r.question.Bytes, r.answers)
		c.add(l.bundle, len(r.question.Asked), r.answers.Decisions, err)
	}
	return c.tally()
}
