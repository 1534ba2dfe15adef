package format

// need is what running a condition takes, the conditions it waits for included. Read keeps every one within the limits, so that the
// evaluator's fixed arrays suffice.
type need struct{ stack, walks, nesting uint8 }

// checkConditions tests every program. A program is straight but for jumps forwards and for OpLoop, which goes back to the
// beginning of a walk over a finite list, so it ends; and it may wait only for conditions before it, so none waits for itself.
func (b *Bundle) checkConditions() *Refusal {
	needs := make([]need, len(b.Conditions))
	p := &program{bundle: b, needs: needs}
	next := uint32(0)
	for i, c := range b.Conditions {
		if c.Start != next || c.Length < 1 || c.Length > MaxProgram || !within(c.Start, c.Length, len(b.Code)) {
			return badRecord(TagConditions, i, 0)
		}
		if !b.isString(c.Source) {
			return badRecord(TagConditions, i, 2)
		}
		next += c.Length
		p.code, p.index, p.need = b.Code[c.Start:next], i, need{}
		clear(p.state[:c.Length+1])
		if err := p.check(); err != nil {
			return err
		}
		needs[i] = p.need
	}
	return nil
}

// program is one condition under test. Walking it once from front to back gives at every instruction the number of values on the
// stack and of open walks; what a jump brings to a later instruction must agree with what falls into it.
type program struct {
	bundle *Bundle
	code   []Instr
	index  int
	needs  []need
	need   need
	state  [MaxProgram + 1]level // by instruction, where known
}

// level is the height of the stack and the number of open walks at an instruction, neither of which can exceed MaxProgram, and the
// locals that have a value there whichever way it was reached: a program must not read what an earlier request left.
type level struct {
	known       bool
	stack, walk uint16
	locals      uint16 // bit set
}

// fits says whether two ways may lead to the same instruction.
func (l level) fits(other level) bool {
	return l.known == other.known && l.stack == other.stack && l.walk == other.walk
}

func (p *program) check() *Refusal {
	at := level{known: true}
	for pc := range p.code {
		if joined := p.state[pc]; joined.known {
			if at.known {
				if !at.fits(joined) {
					return p.bad(pc)
				}
				joined.locals &= at.locals
			}
			at = joined
		}
		if !at.known { // nothing leads here
			return p.bad(pc)
		}
		p.state[pc] = at
		next, err := p.step(pc, at)
		if err != nil {
			return err
		}
		at = next
	}
	end := level{known: true, stack: 1}
	if last := p.state[len(p.code)]; (at.known && !at.fits(end)) || (last.known && !last.fits(end)) || !(at.known || last.known) {
		return p.bad(len(p.code))
	}
	return nil
}

//go:noinline
func (p *program) bad(pc int) *Refusal {
	return refuse(BadProgram, TagConditions, uint32(p.index), uint32(pc))
}

// step checks instruction pc's operands and gives the level after it; a level not known follows an unconditional jump.
func (p *program) step(pc int, at level) (level, *Refusal) {
	in, b := p.code[pc], p.bundle
	op, a, operand := in.Op(), in.A(), in.B()
	pops, pushes := 0, 1
	ok := true
	switch op {
	case OpConst:
		ok = int64(operand) < int64(len(b.Constants))
	case OpAttribute, OpHas:
		ok = int64(operand) < int64(len(b.Attributes))
	case OpPredicate:
		ok = int64(operand) < int64(len(b.Predicates))
	case OpDecision:
		ok = int64(operand) < int64(len(b.Decisions))
	case OpGranted:
		ok = int64(operand) < int64(len(b.Purposes))
	case OpLocal:
		ok = a < MaxLocals && at.locals>>a&1 != 0
	case OpCondition:
		ok = int64(operand) < int64(p.index)
	case OpPop:
		pops, pushes = 1, 0
	case OpJump:
		pushes = 0
		ok = p.arrive(pc, operand, at)
	case OpAndThen, OpOrElse:
		pushes = 0
		ok = at.stack >= 1 && p.arrive(pc, operand, at)
	case OpChoose:
		pops, pushes = 1, 0
		ok = at.stack >= 1 && p.arrive(pc, a, at) && p.arrive(pc, operand, at.after(1, 0))
	case OpNot, OpNegate:
		pops = 1
	case OpAndPredicate:
		pops = 1
		ok = int64(operand) < int64(len(b.Predicates))
	case OpMatches:
		pops = 1
		ok = int64(operand) < int64(len(b.Patterns))
	case OpAnd, OpOr, OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual, OpIn, OpAdd, OpSubtract, OpMultiply,
		OpDivide, OpModulo, OpIndex, OpHasKey:
		pops = 2
	case OpList:
		ok = operand <= MaxStack
		pops = int(min(operand, MaxStack+1))
	case OpMap:
		ok = operand <= MaxStack/2
		pops = 2 * int(min(operand, MaxStack))
	case OpCall:
		least, most := Func(operand).arities()
		ok = operand > uint32(FuncInvalid) && operand < uint32(funcs) && a >= least && a <= most
		pops = int(min(a, MaxStack+1))
	case OpStore:
		pops, pushes = 1, 0
		ok = a < MaxLocals
	case OpIterate:
		pops, pushes = 1, 0
		ok = at.stack >= 1 && p.arrive(pc, operand, at)
	case OpNext, OpNextPair:
		pushes = 0
		last := a + uint32(op-OpNext)
		ok = at.walk >= 1 && last < MaxLocals && p.arrive(pc, operand, at)
	case OpLoop:
		pushes = 0
		ok = int64(operand) < int64(pc) && at.walk >= 1 && p.state[operand].fits(at) &&
			(p.code[operand].Op() == OpNext || p.code[operand].Op() == OpNextPair)
	case OpIterateEnd:
		pushes = 0
		ok = at.walk >= 1
	case OpBreakFalse:
		pops, pushes = 1, 0
		ok = at.stack >= 1 && p.arrive(pc, operand, at.after(1, 0))
	default:
		return level{}, refuse(UnknownOperation, TagConditions, uint32(p.index), uint32(op))
	}
	if !ok || int(at.stack) < pops {
		return level{}, p.bad(pc)
	}
	next := at.after(pops, pushes)
	switch op {
	case OpIterate:
		next.walk++
	case OpIterateEnd:
		next.walk--
	case OpStore, OpNext:
		next.locals |= 1 << a
	case OpNextPair:
		next.locals |= 3 << a
	}
	if op == OpCondition {
		if !p.add(p.needs[operand], at) {
			return level{}, p.bad(pc)
		}
	} else if !p.add(need{}, next) {
		return level{}, p.bad(pc)
	}
	if op == OpJump || op == OpLoop {
		next = level{}
	}
	return next, nil
}

func (l level) after(pops, pushes int) level {
	l.stack = uint16(int(l.stack) - pops + pushes)
	return l
}

// arrive notes that a jump from pc brings level l to instruction to, which must lie ahead.
//
//go:noinline
func (p *program) arrive(pc int, to uint32, l level) bool {
	if int64(to) <= int64(pc) || int64(to) > int64(len(p.code)) {
		return false
	}
	joined := &p.state[to]
	if !joined.known {
		*joined = l
		return true
	}
	joined.locals &= l.locals
	return joined.fits(l)
}

// add raises the program's need to that of a level with callee waited for there, and says whether it is within the limits.
//
//go:noinline
func (p *program) add(callee need, at level) bool {
	stack, walks := int(at.stack)+int(callee.stack), int(at.walk)+int(callee.walks)
	p.need.stack = uint8(min(max(int(p.need.stack), stack), 255))
	p.need.walks = uint8(min(max(int(p.need.walks), walks), 255))
	p.need.nesting = max(p.need.nesting, callee.nesting+1)
	return stack < MaxStack && walks <= MaxWalks && p.need.nesting <= MaxNesting
}

// Pops is the number of values that a straight-line instruction takes from the stack before it pushes one; ok is false for those
// that jump, store or walk.
func (i Instr) Pops() (count int, ok bool) {
	switch op := i.Op(); op {
	case OpConst, OpAttribute, OpLocal, OpPredicate, OpCondition, OpHas, OpGranted, OpDecision:
		return 0, true
	case OpNot, OpNegate, OpMatches, OpAndPredicate:
		return 1, true
	case OpList:
		return int(i.B()), true
	case OpMap:
		return 2 * int(i.B()), true
	case OpCall:
		return int(i.A()), true
	default:
		return 2, op == OpAnd || op == OpOr || op >= OpEqual && op <= OpHasKey
	}
}
