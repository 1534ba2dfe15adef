//go:build edgewise_steps

package core

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/steps"
)

// countSteps says that an Evaluator counts its steps.
const countSteps = true

// counter counts the steps of a request.
type counter struct {
	steps uint64
}

// Steps gives how many steps the last request took.
func (e *Evaluator) Steps() uint64 {
	return e.steps + steps.Built(uint64(e.usedVals), uint64(e.usedBytes))
}

func (e *Evaluator) countReset() {
	e.counter = counter{}
	e.usedVals, e.usedBytes = 0, 0
}

// countRun counts what the scratch areas hold before they are emptied.
func (e *Evaluator) countRun() {
	e.steps += steps.Built(uint64(e.usedVals), uint64(e.usedBytes))
}

func (c *counter) countAsked(d *format.Decision) { c.steps += steps.Asked(d) }

func (c *counter) countDecision(d *format.Decision) { c.steps += steps.Index(d) }

func (c *counter) countRule() { c.steps += steps.RuleTried }

// countConjunct counts a predicate's instruction.
func (c *counter) countConjunct() { c.steps++ }

func (c *counter) countDraw(b *Bundle, d *format.Draw, unit int) {
	c.steps += steps.Draw(d.Hash, len(b.String(d.Seed)), steps.Scalar(uint64(unit)))
}

func (c *counter) countShares(s *format.Split) { c.steps += steps.Shares(s) }

// countInstruction counts an instruction that is about to run over a stack.
func (e *Evaluator) countInstruction(in format.Instr, stack []Value) {
	pops, ok := in.Pops()
	if !ok {
		e.steps++
		return
	}
	operands := make([]steps.Size, pops)
	for i, v := range stack[len(stack)-pops:] {
		operands[i] = measure(v)
	}
	zones := steps.Size{}
	if table := e.bundle.About[0].Zones; table > 0 && in.Op() == format.OpCall {
		zones = measure(e.bundle.constants[table-1])
	}
	e.steps += steps.Instruction(in, operands, zones)
}

// countTest counts the test of a predicate that is evaluated, unless its attribute has no value.
func (e *Evaluator) countTest(predicate uint32) {
	b := e.bundle
	p := &b.Predicates[predicate]
	x, constant := e.context.slots[p.Attribute], Value{}
	if x.isError() {
		return
	}
	if test := format.Test(p.Test); test != format.TestTrue && test != format.TestMatches {
		constant = b.constants[p.Constant]
	}
	e.steps += steps.Test(format.Test(p.Test), constant.kind, measure(x), measure(constant))
}

// countClass counts finding the class of a table's attribute.
func (e *Evaluator) countClass(table int) {
	b := e.bundle
	t := &b.Indexed[table]
	longest := steps.Size{}
	for _, k := range b.IndexKeys[t.FirstKey : t.FirstKey+t.Keys] {
		longest = steps.Or(longest, measure(b.constants[k.Constant]))
	}
	e.steps += steps.Class(t, measure(e.context.slots[t.Attribute]), longest)
}

// measure gives a value's size.
func measure(v Value) steps.Size {
	switch v.kind {
	case format.String, format.Bytes:
		return steps.Scalar(v.num)
	case format.List, format.Map:
	case format.Optional:
		size := steps.Scalar(0)
		if v.num > 0 {
			size = measure(v.elements()[0])
		}
		return steps.Wrapped(size)
	default:
		return steps.Scalar(0)
	}
	size := steps.Size{Count: v.num, Nodes: 1, Container: true, Map: v.kind == format.Map}
	for _, x := range v.elements() {
		element := measure(x)
		size.Text = max(size.Text, element.Text)
		size.All += element.All
		size.Nodes += element.Nodes
		size.Nested = size.Nested || element.Container
		size.Map = size.Map || element.Map
	}
	return size
}
