package core

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/pattern"
)

// Evaluator evaluates conditions and decisions over one bundle. It is the room that this takes, made once, used by one goroutine at a
// time, and never larger.
type Evaluator struct {
	bundle  *Bundle
	context *Context
	stale   bool // the bundle is not fresh any more at the context's time
	expired bool

	stack  [format.MaxStack]Value
	locals [format.MaxNesting][format.MaxLocals]Value
	walks  [format.MaxWalks]walk
	frames [format.MaxNesting]frame
	pairs  [format.MaxDepth + 2]pair
	scratch
	counter
	budget uint32 // instructions in loops left in this request
	digits [20]byte

	// What is known of this request already. A word that was written in an earlier round is not known: beginning a
	// request costs nothing, however large the bundle is.
	round      uint32
	predicates []uint32 // round<<2 | truth
	conditions []uint32
	errors     []Value  // of conditions whose truth is failed
	decided    []uint32 // the round in which the answer was given
	answers    []Answer // of decisions

	rowsKnown uint32 // bit set over tables of the index
	rows      [format.MaxIndexed]uint32
	tables    uint32 // whose rows are in groups
	groups    [format.MaxIndexed / len(rowGroup{})]rowGroup
	used      uint32 // groups

	readAttributes, readDecisions, readConditions []bool // used by Explain
}

// MaxLoopSteps bounds what one condition may repeat: instructions in comprehensions, and sixteen bytes or one element of what an operation
// walks over, each a step. A bundle that was compiled stays below its own budget (package bundles/bound); this ends one that nobody's
// compiler would have made, each of its conditions within milliseconds. It is each condition's own, as the scratch areas are, so
// that an answer does not depend on what else was asked.
const MaxLoopSteps = 1 << 20

// truth is what is known of a condition or predicate.
type truth uint32

const (
	failed truth = iota // an error; also "not known yet" in a stale word
	no
	yes
)

const maxRound = 1<<30 - 1

// frame is a condition that waits for another.
type frame struct {
	condition uint32
	pc        uint32
	walks     int
	sp        uint8 // where the result of the condition that it waits for goes
	budget    uint32
}

// walk is a comprehension's way through a list or map.
type walk struct {
	over Value
	next int
}

// NewEvaluator makes an evaluator for the bundle.
func (b *Bundle) NewEvaluator() *Evaluator {
	return &Evaluator{
		bundle:     b,
		predicates: make([]uint32, len(b.Predicates)),
		conditions: make([]uint32, len(b.Conditions)),
		errors:     make([]Value, len(b.Conditions)),
		decided:    make([]uint32, len(b.Decisions)),
		answers:    make([]Answer, len(b.Decisions)),

		readAttributes: make([]bool, len(b.Attributes)),
		readDecisions:  make([]bool, len(b.Decisions)),
		readConditions: make([]bool, len(b.Conditions)),
	}
}

// Resolve finds the jurisdiction of a context, resolves consent and prepares what rules see. Decide, Explain and Evaluate do so themselves
// where it has not been done.
func (e *Evaluator) Resolve(c *Context) {
	if c.ready {
		return
	}
	e.context = c
	c.prepareNecessary()
	c.settle(e.jurisdiction())
}

// jurisdiction gives the first one whose condition is true over the necessary attributes, all others being masked.
func (e *Evaluator) jurisdiction() int {
	last := len(e.bundle.Jurisdictions) - 1
	if last > 0 {
		e.context.admitAll(theOthers) // masks them
		e.beginRound()
	}
	for i := 0; i < last; i++ {
		if e.test(e.bundle.Jurisdictions[i].Condition-1) == yes {
			return i
		}
	}
	return max(last, 0)
}

// begin starts a request over context c.
func (e *Evaluator) begin(c *Context) {
	e.Resolve(c)
	e.context = c
	e.stale, e.expired = e.bundle.validity.Stale(c.seconds), e.bundle.validity.Expired(c.seconds)
	e.beginRound()
}

// beginRound forgets what is known of a request.
func (e *Evaluator) beginRound() {
	e.countReset()
	e.rowsKnown, e.tables = 0, 0
	if e.round++; e.round > maxRound {
		clear(e.predicates)
		clear(e.conditions)
		clear(e.decided)
		e.round = 1
	}
}

// Evaluate gives a condition's value over c, whatever its kind: what `edgewise expr` prints. The value is valid until the
// evaluator's next call. condition must be an index of the bundle's conditions.
func (e *Evaluator) Evaluate(c *Context, condition int) Value {
	e.begin(c)
	return e.run(uint32(condition))
}

// test gives a condition's truth, evaluating it at most once per request. An error is kept in e.errors.
func (e *Evaluator) test(condition uint32) truth {
	if known := e.conditions[condition]; known>>2 == e.round {
		return truth(known & 3)
	}
	if e.bundle.shapes[condition] != conjunction {
		return e.note(condition, e.run(condition))
	}
	t := e.testAll(condition)
	e.conditions[condition] = e.round<<2 | uint32(t)
	return t
}

// testAll gives the truth of a conjunction, which needs no stack: false wins over errors, and the first error is the result.
func (e *Evaluator) testAll(condition uint32) truth {
	c := &e.bundle.Conditions[condition]
	firstFailed := uint32(0) // predicate+1
	for _, in := range e.bundle.Code[c.Start : c.Start+c.Length] {
		if countSteps {
			e.countConjunct()
		}
		switch e.predicate(in.B()) {
		case no:
			return no
		case failed:
			if firstFailed == 0 {
				firstFailed = in.B() + 1
			}
		}
	}
	if firstFailed > 0 {
		e.errors[condition] = e.testPredicate(firstFailed - 1)
		return failed
	}
	return yes
}

// note remembers a condition's result. What is neither true nor false is an error.
func (e *Evaluator) note(condition uint32, v Value) truth {
	t := failed
	switch {
	case v.isTrue():
		t = yes
	case v.isFalse():
		t = no
	case v.isError():
		e.errors[condition] = v
	default:
		e.errors[condition] = failure(NoOverload)
	}
	e.conditions[condition] = e.round<<2 | uint32(t)
	return t
}

// known gives a condition's remembered result as a value.
func (e *Evaluator) known(condition uint32) (Value, bool) {
	word := e.conditions[condition]
	if word>>2 != e.round {
		return Value{}, false
	}
	if truth(word&3) == failed {
		return e.errors[condition], true
	}
	return Bool(truth(word&3) == yes), true
}

// run executes a condition's program. Its only loops are the walks over lists and maps; a condition that uses another one (a
// segment) waits for it in a frame. Read has checked that every index is in range and that stack, frames and walks suffice.
func (e *Evaluator) run(condition uint32) Value {
	e.empty()
	e.budget = MaxLoopSteps
	b := e.bundle
	c := &b.Conditions[condition]
	code := b.Code[c.Start : c.Start+c.Length]
	var (
		pc     uint32
		sp     uint8 // the top of the stack is e.stack[sp-1]; as many values as the type has numbers, so no index is out of range
		depth  int   // frames in use
		walks  int
		locals = &e.locals[0]
	)
	for {
		if pc >= uint32(len(code)) {
			if depth == 0 {
				return e.stack[0]
			}
			e.note(condition, e.stack[sp-1])
			e.stack[sp-1], _ = e.known(condition)
			e.empty()
			depth--
			f := &e.frames[depth]
			if f.pc == 0 {
				sp-- // it has not begun yet
			}
			condition, pc, walks, locals, e.budget = f.condition, f.pc, f.walks, &e.locals[depth], f.budget
			c = &b.Conditions[condition]
			code = b.Code[c.Start : c.Start+c.Length]
			continue
		}
		in := code[pc]
		waits := false
		if pc == 0 && b.shapes[condition] == builder {
			in, waits = e.nextOf(code)
		}
		if !waits {
			pc++
			if countSteps {
				e.countInstruction(in, e.stack[:sp])
			}
		}
		switch op := in.Op(); op {
		case format.OpPredicate:
			e.stack[sp] = e.predicateValue(in.B())
			sp++
		case format.OpAndPredicate:
			if !e.stack[sp-1].isFalse() {
				e.stack[sp-1] = and(e.stack[sp-1], e.predicateValue(in.B()))
			}
		case format.OpAndThen:
			if e.stack[sp-1].isFalse() {
				pc = in.B()
			}
		case format.OpOrElse:
			if e.stack[sp-1].isTrue() {
				pc = in.B()
			}
		case format.OpAnd:
			sp--
			e.stack[sp-1] = and(e.stack[sp-1], e.stack[sp])
		case format.OpOr:
			sp--
			e.stack[sp-1] = or(e.stack[sp-1], e.stack[sp])
		case format.OpNot:
			e.stack[sp-1] = not(e.stack[sp-1])
		case format.OpAttribute, format.OpConst, format.OpLocal:
			from := &locals[in.A()%format.MaxLocals]
			switch op {
			case format.OpAttribute:
				from = &e.context.slots[in.B()]
			case format.OpConst:
				from = &b.constants[in.B()]
			}
			e.stack[sp] = *from
			sp++
		case format.OpStore:
			sp--
			locals[in.A()] = e.stack[sp]
		case format.OpHas:
			e.stack[sp] = Bool(!e.context.slots[in.B()].isError())
			sp++
		case format.OpGranted:
			e.stack[sp] = Bool(e.context.granted>>in.B()&1 != 0)
			sp++
		case format.OpDecision:
			e.stack[sp] = e.variant(in.B())
			sp++
		case format.OpCondition:
			if v, ok := e.known(in.B()); ok {
				e.stack[sp] = v
				sp++
				continue
			}
			e.frames[depth] = frame{condition, pc, walks, sp, e.budget}
			e.budget = MaxLoopSteps
			depth++
			condition, pc, locals = in.B(), 0, &e.locals[depth]
			c = &b.Conditions[condition]
			code = b.Code[c.Start : c.Start+c.Length]
		case format.OpPop:
			sp--
		case format.OpJump:
			pc = in.B()
		case format.OpChoose:
			switch v := &e.stack[sp-1]; {
			case v.isTrue():
				sp--
			case v.isFalse():
				sp--
				pc = in.B()
			default:
				if !v.isError() {
					*v = failure(NoOverload)
				}
				pc = in.A()
			}
		case format.OpNegate:
			e.stack[sp-1] = negate(e.stack[sp-1])
		case format.OpEqual, format.OpNotEqual, format.OpLess, format.OpLessEqual, format.OpGreater, format.OpGreaterEqual, format.OpIn,
			format.OpAdd, format.OpSubtract, format.OpMultiply, format.OpDivide, format.OpModulo, format.OpIndex, format.OpHasKey:
			sp--
			e.stack[sp-1] = e.binary(op, &e.stack[sp-1], &e.stack[sp])
		case format.OpMatches:
			if e.spend(e.stack[sp-1].steps()) {
				e.stack[sp-1] = b.matches(e.stack[sp-1], in.B())
			} else {
				e.stack[sp-1] = failure(TooManySteps)
			}
		case format.OpList:
			sp -= uint8(in.B())
			e.stack[sp] = e.makeList(e.stack[sp : int(sp)+int(in.B())])
			sp++
		case format.OpMap:
			sp -= uint8(2 * in.B())
			e.stack[sp] = e.makeMap(e.stack[sp : int(sp)+2*int(in.B())])
			sp++
		case format.OpCall:
			sp -= uint8(in.A())
			e.stack[sp] = e.call(format.Func(in.B()), e.stack[sp:int(sp)+int(in.A())])
			sp++
		case format.OpIterate:
			v := &e.stack[sp-1]
			if v.kind == format.List || v.kind == format.Map {
				e.walks[walks] = walk{over: *v}
				walks++
				sp--
				continue
			}
			if !v.isError() {
				*v = failure(NoOverload)
			}
			pc = in.B()
		case format.OpNext, format.OpNextPair:
			if !e.walks[walks-1].step(op, locals[in.A():]) {
				pc = in.B()
			}
		case format.OpLoop:
			if e.spend(uint64(pc - in.B())) {
				pc = in.B()
				continue
			}
			// The condition ends here, with the error in place of its result.
			sp = 0
			if depth > 0 {
				sp = e.frames[depth-1].sp
			}
			e.stack[sp] = failure(TooManySteps)
			sp++
			pc = uint32(len(code))
		case format.OpIterateEnd:
			walks--
		case format.OpBreakFalse:
			sp--
			if e.stack[sp].isFalse() {
				pc = in.B()
			}
		}
	}
}

// nextOf gives the first instruction of a program that builds something: as long as there are, those that ask for a condition which is not
// known yet. These are evaluated before it begins, so that each finds the scratch areas empty, which have no room for two.
func (e *Evaluator) nextOf(code []format.Instr) (in format.Instr, waits bool) {
	for _, in := range code {
		if in.Op() == format.OpCondition {
			if _, ok := e.known(in.B()); !ok {
				return in, true
			}
		}
	}
	return code[0], false
}

// spend takes steps from the condition's budget, and says whether there were so many left.
func (e *Evaluator) spend(steps uint64) bool {
	if steps > uint64(e.budget) {
		e.budget = 0
		return false
	}
	e.budget -= uint32(steps)
	return true
}

// steps is what walking over the whole of a value counts.
func (v Value) steps() uint64 {
	switch v.kind {
	case format.List, format.Map:
		return v.num
	case format.String, format.Bytes:
		return v.num / 16
	}
	return 0
}

// step sets the variables to the next element and says whether there was one.
func (w *walk) step(op format.Op, locals []Value) bool {
	if uint64(w.next) >= w.over.num {
		return false
	}
	elements := w.over.elements()
	isMap := w.over.kind == format.Map
	switch {
	case op == format.OpNextPair && isMap:
		locals[0], locals[1] = elements[2*w.next], elements[2*w.next+1]
	case op == format.OpNextPair:
		locals[0], locals[1] = Int(int64(w.next)), elements[w.next]
	case isMap:
		locals[0] = elements[2*w.next]
	default:
		locals[0] = elements[w.next]
	}
	w.next++
	return true
}

// and is CEL's &&: false wins over errors, and errors over true.
func and(x, y Value) Value {
	switch {
	case x.isFalse() || y.isFalse():
		return Bool(false)
	case x.isTrue() && y.isTrue():
		return x
	case x.isError():
		return x
	case y.isError():
		return y
	}
	return failure(NoOverload)
}

// or is CEL's ||: true wins over errors, and errors over false.
func or(x, y Value) Value {
	switch {
	case x.isTrue() || y.isTrue():
		return Bool(true)
	case x.isFalse() && y.isFalse():
		return x
	case x.isError():
		return x
	case y.isError():
		return y
	}
	return failure(NoOverload)
}

func not(x Value) Value {
	switch x.kind {
	case format.Bool:
		return Bool(x.num == 0)
	case format.Error:
		return x
	}
	return failure(NoOverload)
}

// binary is the operations on two values that need both of them. An error of either is the result, the first one's first.
//
//go:noinline
func (e *Evaluator) binary(op format.Op, x, y *Value) Value {
	if x.isError() {
		return *x
	}
	if y.isError() {
		return *y
	}
	if walks := op < format.OpAdd || x.kind == format.Map; walks && !e.spend(x.steps()+y.steps()) {
		return failure(TooManySteps)
	}
	switch op {
	case format.OpEqual:
		return e.equal(x, y)
	case format.OpNotEqual:
		return not(e.equal(x, y))
	case format.OpLess, format.OpLessEqual, format.OpGreater, format.OpGreaterEqual:
		return order(op, x, y)
	case format.OpIn:
		return e.contains(x, y)
	case format.OpIndex:
		if x.kind == format.Optional {
			return e.optionalIndex(*x, *y)
		}
		return index(*x, *y)
	case format.OpHasKey:
		if x.kind == format.Optional {
			if x.num == 0 {
				return Bool(false)
			}
			x = &x.elements()[0]
		}
		if x.kind != format.Map {
			return failure(NoOverload)
		}
		return Bool(lookup(x, y) != nil)
	}
	return e.arithmetic(op, *x, *y)
}

// matches runs a pattern over a string.
func (b *Bundle) matches(x Value, i uint32) Value {
	if x.isError() {
		return x
	}
	if x.kind != format.String {
		return failure(NoOverload)
	}
	p := &b.Patterns[i]
	return Bool(pattern.Match(b.Tables[p.Offset:p.Offset+p.Length], x.text()))
}

// index is container[i]. A list takes any number that is whole, a map any of its keys.
func index(container, i Value) Value {
	switch container.kind {
	case format.Map:
		if v := lookup(&container, &i); v != nil {
			return *v
		}
		return failure(NoSuchKey)
	case format.List:
		at, ok := wholeNumber(i)
		if !ok {
			return failure(NoOverload)
		}
		if at < 0 || uint64(at) >= container.num {
			return failure(IndexOutOfRange)
		}
		return container.elements()[at]
	}
	return failure(NoOverload)
}

func wholeNumber(v Value) (int64, bool) {
	switch v.kind {
	case format.Int:
		return v.int(), true
	case format.Uint:
		return int64(min(v.num, 1<<62)), true
	case format.Double:
		f := v.double()
		if f >= -1<<53 && f <= 1<<53 && float64(int64(f)) == f {
			return int64(f), true
		}
	}
	return 0, false
}

func (e *Evaluator) makeList(elements []Value) Value {
	for _, v := range elements {
		if v.isError() {
			return v
		}
	}
	fresh := e.growValues(len(elements))
	if fresh == nil && len(elements) > 0 {
		return failure(ScratchFull)
	}
	copy(fresh, elements)
	return List(fresh)
}

func (e *Evaluator) makeMap(pairs []Value) Value {
	for i, v := range pairs {
		if v.isError() {
			return v
		}
		if i%2 == 1 {
			continue
		}
		if k := v.kind; k != format.String && k != format.Bool && k != format.Int && k != format.Uint {
			return failure(NoOverload)
		}
		for j := 0; j < i; j += 2 {
			if equalScalars(&pairs[j], &pairs[i]) {
				return failure(DuplicateKey)
			}
		}
	}
	fresh := e.growValues(len(pairs))
	if fresh == nil && len(pairs) > 0 {
		return failure(ScratchFull)
	}
	copy(fresh, pairs)
	return Map(fresh)
}
