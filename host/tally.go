package host

import (
	"errors"
	"sync/atomic"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/engine"
)

// Tally counts the questions that a bundle was asked since it went into service, and what it answered. Errors and Defaults are sums: each question counts
// with the part of its decisions that it is about, in hundredths of a percent.
type Tally struct {
	Questions uint64
	Errors    uint64 // answers with the reason ERROR: of engines that trapped, and for decisions that the bundle does not have
	Defaults  uint64 // answers for which no rule matched, of decisions that have rules
	Traps     uint64 // questions at which the engine stopped, or did not start
}

// Tally gives the counts of the bundle that decides now.
func (h *Host) Tally() Tally { return h.current.Load().counts.tally() }

// counts are those of a Tally while they grow.
type counts struct{ questions, errors, defaults, traps atomic.Uint64 }

func (c *counts) tally() Tally {
	return Tally{c.questions.Load(), c.errors.Load(), c.defaults.Load(), c.traps.Load()}
}

// add counts a bundle's answers to so many decisions that were asked for; err is why they are defaults. Where no engine was asked nothing is counted: that tells
// nothing of the bundle.
func (c *counts) add(b *core.Bundle, asked int, answers []core.Answer, err error) {
	trapped := errors.Is(err, engine.ErrTrap)
	if err != nil && !trapped || asked == 0 {
		return
	}
	n := uint64(asked)
	failed, unmatched := n-uint64(len(answers)), uint64(0) // it has no others
	for i := range answers {
		switch a := &answers[i]; {
		case a.Reason == core.ReasonError:
			failed++
		case a.Reason == core.ReasonDefault, a.Reason == core.ReasonStale && a.Rule == 0 && b.Decisions[a.Decision].Rules > 0:
			unmatched++
		}
	}
	c.questions.Add(1)
	if failed > 0 {
		c.errors.Add(failed * verify.Whole / n)
	}
	if unmatched > 0 {
		c.defaults.Add(unmatched * verify.Whole / n)
	}
	if trapped {
		c.traps.Add(1)
	}
}
