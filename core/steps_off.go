//go:build !edgewise_steps

package core

import "github.com/edgewise-dev/edgewise/core/format"

// countSteps is false in every ordinary build: what stands behind it is not compiled. Built with the tag edgewise_steps, an
// Evaluator counts what it does in the steps of package core/steps.
const countSteps = false

// counter takes no room.
type counter struct{}

func (counter) countReset()                            {}
func (counter) countRun()                              {}
func (counter) countAsked(*format.Decision)            {}
func (counter) countDecision(*format.Decision)         {}
func (counter) countRule()                             {}
func (counter) countConjunct()                         {}
func (counter) countDraw(*Bundle, *format.Draw, int)   {}
func (counter) countShares(*format.Split)              {}
func (counter) countInstruction(format.Instr, []Value) {}
func (counter) countTest(uint32)                       {}
func (counter) countClass(int)                         {}
