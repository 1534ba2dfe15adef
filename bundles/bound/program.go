package bound

import (
	"slices"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/semver"
	"github.com/edgewise-dev/edgewise/core/steps"
)

// condition is what evaluating a condition once takes.
type condition struct {
	steps      uint64 // of its own instructions
	predicates []uint32
	asks       []uint32
}

// value is what is known of a value on the stack: its size, and where it is the text of a comprehension's element, of which.
// The elements' texts together are no longer than the list's, so that reading all of them is not reading the longest that often.
type value struct {
	steps.Size
	of int // place of the OpNext; -1: no element
}

// walk is a comprehension around an instruction.
type walk struct {
	over steps.Size
	of   int // what it walks is an element of: the place of an OpNext; -1: of none
	next int // place of its OpNext; -1 before it
	end  int // place of its OpLoop
}

// state is what is known at an instruction.
type state struct {
	stack []value
	walks []walk
}

// program is a condition that is run over sizes.
type program struct {
	*analysis
	code   []format.Instr
	ends   map[int]int    // place of each OpNext: its OpLoop
	states map[int]*state // that jumps bring to instructions ahead
	locals [format.MaxLocals]value
	rounds int
	grown  bool // a local, in this round
	cost   condition
	values uint64 // put into the scratch areas in this round
	bytes  uint64
	state
}

// condition runs condition i until no variable grows any more. Variables are not told apart by where they are read.
func (a *analysis) condition(i int) condition {
	c := a.Conditions[i]
	p := &program{analysis: a, code: a.Code[c.Start:][:c.Length], ends: map[int]int{}}
	for pc, in := range p.code {
		if in.Op() == format.OpLoop {
			p.ends[int(in.B())] = pc
		}
	}
	for n := range p.locals {
		p.locals[n].of = -1
	}
	for p.grown = true; p.grown; p.rounds++ {
		p.run()
	}
	slices.Sort(p.cost.predicates)
	p.cost.predicates = slices.Compact(p.cost.predicates)
	const roundUp = steps.CompareBytes - 1
	built := steps.Built(min(p.values, core.ScratchValues), min(p.bytes, core.ScratchBytes)+roundUp)
	p.cost.steps = steps.Add(p.cost.steps, built)
	return p.cost
}

// run goes through the program once, from front to back.
func (p *program) run() {
	p.grown, p.cost, p.states, p.state = false, condition{}, map[int]*state{}, state{}
	p.values, p.bytes = 0, 0
	falls := true // the instruction before leads here
	for pc, in := range p.code {
		if there := p.states[pc]; there != nil {
			if falls {
				p.merge(there)
			}
			p.state = *there
		}
		p.step(pc, in)
		falls = in.Op() != format.OpJump && in.Op() != format.OpLoop
	}
}

// arrive notes what a jump brings to an instruction.
func (p *program) arrive(to uint32) {
	if there := p.states[int(to)]; there != nil {
		p.merge(there)
		return
	}
	p.states[int(to)] = &state{slices.Clone(p.stack), slices.Clone(p.walks)}
}

// fail notes a jump with an error on top of the stack.
func (p *program) fail(to uint32) {
	p.push(steps.Scalar(0))
	p.arrive(to)
	p.pop(1)
}

// merge adds what is known here to what is known there. Read has checked that both have as many values and walks.
func (p *program) merge(there *state) {
	for i := range there.stack {
		there.stack[i] = either(there.stack[i], p.stack[i])
	}
}

func either(x, y value) value {
	merged := value{steps.Or(x.Size, y.Size), x.of}
	if x.of != y.of {
		merged.of = -1
	}
	return merged
}

func (p *program) push(s steps.Size) { p.stack = append(p.stack, value{s, -1}) }

func (p *program) pop(n int) []value {
	popped := p.stack[len(p.stack)-n:]
	p.stack = p.stack[:len(p.stack)-n]
	return popped
}

// store sets a variable, which keeps all sizes that it ever had.
func (p *program) store(local uint32, v value) {
	known := &p.locals[local]
	merged := v
	if known.Size != (steps.Size{}) {
		merged = either(*known, v)
	}
	if merged == *known {
		return
	}
	if p.rounds >= 2 {
		merged.Size = steps.Or(merged.Size, widest(merged.Size))
		if p.rounds >= 4 {
			merged = value{steps.Size{Text: steps.Most, All: steps.Most, Count: steps.Most, Nodes: steps.Most,
				Container: true, Nested: true, Map: true}, -1}
		}
		if merged == *known {
			return
		}
	}
	*known, p.grown = merged, true
}

// times is how often an instruction runs at most; without is the place of an OpNext whose repetitions are not counted, or -1.
func (p *program) times(pc, without int) uint64 {
	times, outside := uint64(1), uint64(1) // outside the walk before
	for i, w := range p.walks {
		if w.next < 0 || w.next == without || pc > w.end {
			continue
		}
		next := steps.Times(times, max(w.over.Count, 1))
		if i > 0 && w.of >= 0 && w.of == p.walks[i-1].next && w.of != without { // the elements of elements are all in one list
			next = min(next, steps.Times(outside, p.walks[i-1].over.Nodes))
		}
		times, outside = next, times
	}
	return times
}

// charge adds an instruction's price.
func (p *program) charge(pc int, in format.Instr, operands []value) {
	sizes := make([]steps.Size, len(operands))
	element := -1
	for i, v := range operands {
		sizes[i] = v.Size
		if v.of >= 0 && !v.Container {
			element = max(element, v.of) // the innermost
		}
	}
	times := p.times(pc, -1)
	p.build(in, sizes, times)
	price := steps.Times(times, steps.Instruction(in, sizes, p.zones))
	if element >= 0 && readsText(in) {
		price = min(price, p.shared(pc, in, operands, element))
	}
	p.cost.steps = steps.Add(p.cost.steps, price)
}

// build adds what an instruction puts into the scratch areas.
func (p *program) build(in format.Instr, operands []steps.Size, times uint64) {
	values, bytes := uint64(0), uint64(0)
	switch in.Op() {
	case format.OpList, format.OpMap:
		values = uint64(len(operands))
	case format.OpAdd:
		values, bytes = operands[0].Count+operands[1].Count, operands[0].Text+operands[1].Text
	case format.OpCall:
		args := make([]value, len(operands))
		for i, size := range operands {
			args[i] = value{size, -1}
		}
		made := p.called(format.Func(in.B()), args)
		values, bytes = made.Count, made.Text
		if made.Map {
			values *= 2
		}
	}
	p.values = steps.Add(p.values, steps.Times(times, values))
	p.bytes = steps.Add(p.bytes, steps.Times(times, bytes))
}

// readsText says whether an instruction's price beyond what it costs over empty text grows with the length of either text, and no faster.
func readsText(in format.Instr) bool {
	switch op := in.Op(); {
	case op >= format.OpEqual && op <= format.OpIn, op == format.OpMatches:
		return true
	case op == format.OpCall:
		f := format.Func(in.B())
		return f >= format.FuncSize && f <= format.FuncToDuration || f == format.FuncMapInsert
	}
	return false
}

// shared is the price of an instruction over each element of a list in turn: as often as it runs over empty text, and once over
// all text of the list.
func (p *program) shared(pc int, in format.Instr, operands []value, element int) uint64 {
	text, inside := steps.Size{}, false
	for _, w := range p.walks {
		if w.next == element && pc <= w.end {
			text, inside = w.over, true
		}
	}
	if !inside {
		return steps.Most
	}
	empty, whole := make([]steps.Size, len(operands)), make([]steps.Size, len(operands))
	for i, v := range operands {
		empty[i], whole[i] = v.Size, v.Size
		switch {
		case v.of == element && !v.Container:
			empty[i].Text, empty[i].All = 0, 0
			whole[i].Text, whole[i].All = text.All, text.All
		default:
			whole[i].Text = max(v.Text, text.All)
			whole[i].All = max(v.All, steps.Times(max(v.Count, 1), text.All))
		}
	}
	return steps.Add(steps.Times(p.times(pc, -1), steps.Instruction(in, empty, p.zones)),
		steps.Times(p.times(pc, element), steps.Instruction(in, whole, p.zones)))
}

// step runs one instruction.
func (p *program) step(pc int, in format.Instr) {
	op, a, b := in.Op(), in.A(), in.B()
	if pops, ok := in.Pops(); ok {
		operands := p.pop(pops)
		p.charge(pc, in, operands)
		p.note(op, b)
		result := p.result(in, operands)
		p.stack = append(p.stack, result)
		return
	}
	p.charge(pc, in, nil)
	switch op {
	case format.OpPop:
		p.pop(1)
	case format.OpJump:
		p.arrive(b)
	case format.OpAndThen, format.OpOrElse:
		p.arrive(b)
	case format.OpChoose:
		p.pop(1)
		p.arrive(b)
		p.fail(a)
	case format.OpStore:
		p.store(a, p.pop(1)[0])
	case format.OpIterate:
		over := p.pop(1)[0]
		p.fail(b)
		p.walks = append(slices.Clone(p.walks), walk{over: over.Size, of: over.of, next: -1})
	case format.OpNext, format.OpNextPair:
		p.next(pc, op, a, b)
	case format.OpLoop:
	case format.OpIterateEnd:
		p.walks = p.walks[:len(p.walks)-1]
	case format.OpBreakFalse:
		p.pop(1)
		p.arrive(b)
	}
}

// next begins a walk's elements: the instruction runs once more than there are.
func (p *program) next(pc int, op format.Op, a, b uint32) {
	last := len(p.walks) - 1
	p.walks = slices.Clone(p.walks)
	p.walks[last].next, p.walks[last].end = pc, p.ends[pc] // step has charged for the once
	p.cost.steps = steps.Add(p.cost.steps, p.times(pc, -1))
	p.arrive(b)
	e := value{element(p.walks[last].over), pc}
	first := e
	if op == format.OpNextPair {
		if !p.walks[last].over.Map {
			first = value{steps.Scalar(0), -1} // the index
		}
		p.store(a+1, e)
	}
	p.store(a, first)
}

// note remembers what an instruction asks for.
func (p *program) note(op format.Op, b uint32) {
	switch op {
	case format.OpPredicate, format.OpAndPredicate:
		p.cost.predicates = append(p.cost.predicates, b)
	case format.OpCondition:
		p.cost.asks = append(p.cost.asks, b)
	}
}

// result is what an instruction leaves on the stack.
func (p *program) result(in format.Instr, operands []value) value {
	sizes := make([]steps.Size, len(operands))
	for i, v := range operands {
		sizes[i] = v.Size
	}
	switch in.Op() {
	case format.OpConst:
		return value{p.constants[in.B()], -1}
	case format.OpAttribute:
		return value{p.attributes[in.B()], -1}
	case format.OpLocal:
		return p.locals[in.A()]
	case format.OpDecision:
		return value{steps.Scalar(p.variants), -1}
	case format.OpAdd:
		return value{joined(sizes[0], sizes[1]), -1}
	case format.OpIndex:
		return value{element(sizes[0]), -1}
	case format.OpList:
		return value{container(sizes, false), -1}
	case format.OpMap:
		return value{container(sizes, true), -1}
	case format.OpCall:
		return p.called(format.Func(in.B()), operands)
	}
	return value{steps.Scalar(0), -1}
}

// called is what a function gives.
func (p *program) called(f format.Func, args []value) value {
	switch f {
	case format.FuncLowerASCII, format.FuncUpperASCII, format.FuncToBytes:
		return value{steps.Scalar(args[0].Text), args[0].of}
	case format.FuncToString:
		const number = 40 // bytes of the longest number, time or duration
		return value{steps.Scalar(max(args[0].Text, number)), -1}
	case format.FuncSemver:
		const filledIn = uint64(len(".0.0"))
		return value{steps.Scalar(min(args[0].Text+filledIn, semver.MaxText)), -1}
	case format.FuncIsSemver, format.FuncMajor, format.FuncMinor, format.FuncPatch, format.FuncIsLessThan, format.FuncIsGreaterThan,
		format.FuncCompareTo:
		return value{steps.Scalar(0), -1}
	case format.FuncBase64Encode:
		return value{steps.Scalar(args[0].Text/3*4 + 4), -1}
	case format.FuncFormat:
		return value{steps.Scalar(core.ScratchBytes), -1}
	case format.FuncMapInsert:
		return value{inserted(args), -1}
	case format.FuncFirst, format.FuncLast, format.FuncNonZero:
		return value{steps.Wrapped(element(args[0].Size)), -1}
	case format.FuncOptionalIndex:
		return value{steps.Wrapped(element(args[0].Size)), -1}
	case format.FuncValue:
		return value{element(args[0].Size), -1}
	case format.FuncUnwrap:
		return value{args[0].Size, -1}
	case format.FuncHasValue:
		return value{steps.Scalar(0), -1}
	case format.FuncBase64Decode:
		return value{steps.Scalar(args[0].Text), -1}
	}
	if f <= format.FuncMilliseconds || f == format.FuncNotStrictlyFalse || f >= format.FuncGreatest && f <= format.FuncIsFinite {
		return value{steps.Scalar(0), -1}
	}
	return value{anything(), -1}
}
