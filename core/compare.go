package core

import (
	"cmp"
	"math"

	"github.com/edgewise-dev/edgewise/core/format"
)

// holdsValues says whether a value of kind k has elements.
func holdsValues(k format.Kind) bool {
	return k == format.List || k == format.Map || k == format.Optional
}

func isNumber(k format.Kind) bool { return k == format.Int || k == format.Uint || k == format.Double }

// equal is CEL's == of two values that are no errors. Numbers of different kinds are equal when they are the same number; values of different kinds otherwise are not equal.
// Lists and maps within each other are compared without recursion; the depth is bounded by format.MaxDepth.
//
//go:noinline
func (e *Evaluator) equal(x, y *Value) Value {
	if holdsValues(x.kind) && x.kind == y.kind {
		return e.equalContainers(x, y)
	}
	return Bool(equalScalars(x, y))
}

//go:noinline
func equalScalars(x, y *Value) bool {
	if isNumber(x.kind) && isNumber(y.kind) {
		order, comparable := compareNumbers(x, y)
		return comparable && order == 0
	}
	if x.kind != y.kind {
		return false
	}
	switch x.kind {
	case format.String, format.Bytes:
		return x.text() == y.text()
	case format.IP, format.CIDR:
		return x.aux == y.aux && x.text() == y.text()
	case format.Semver:
		return compareVersions(*x, *y) == 0
	case format.Timestamp:
		return x.num == y.num && x.aux == y.aux
	default:
		return x.num == y.num
	}
}

// pair is two containers being compared, and how far that has come.
type pair struct {
	x, y Value
	next int
}

// equalContainers compares element by element with a stack of its own. A map is compared by looking each key up in the other.
func (e *Evaluator) equalContainers(x, y *Value) Value {
	depth := 0
	e.pairs[0] = pair{x: *x, y: *y}
	for depth >= 0 {
		if !e.spend(1) {
			return failure(TooManySteps)
		}
		p := &e.pairs[depth]
		if p.x.num != p.y.num {
			return Bool(false)
		}
		elements := p.x.elements()
		if p.next >= len(elements) {
			depth--
			continue
		}
		left := &elements[p.next]
		var right *Value
		if p.x.kind == format.Map {
			if right = lookup(&p.y, left); right == nil {
				return Bool(false)
			}
			left = &elements[p.next+1]
			p.next += 2
		} else {
			right = &p.y.elements()[p.next]
			p.next++
		}
		if left.isError() {
			return *left
		}
		if holdsValues(left.kind) && left.kind == right.kind {
			if depth++; depth == len(e.pairs) {
				return failure(ScratchFull)
			}
			e.pairs[depth] = pair{x: *left, y: *right}
			continue
		}
		if !equalScalars(left, right) {
			return Bool(false)
		}
	}
	return Bool(true)
}

// lookup finds what a map has for a key, nil where it has not got it. Number keys are equal across kinds.
//
//go:noinline
func lookup(m, key *Value) *Value {
	pairs := m.elements()
	for i := 0; i+1 < len(pairs); i += 2 {
		if equalScalars(&pairs[i], key) {
			return &pairs[i+1]
		}
	}
	return nil
}

// contains is CEL's `in` of two values that are no errors: an element of a list, or a key of a map.
//
//go:noinline
func (e *Evaluator) contains(element, container *Value) Value {
	switch container.kind {
	case format.List:
		if !holdsValues(element.kind) {
			return Bool(inList(container, element))
		}
		elements := container.elements()
		for i := range elements {
			if found := e.equal(&elements[i], element); !found.isFalse() {
				return found
			}
		}
		return Bool(false)
	case format.Map:
		return Bool(lookup(container, element) != nil)
	}
	return failure(NoOverload)
}

// order is CEL's <, <=, > and >=, told apart by op, of two values that are no errors.
//
//go:noinline
func order(op format.Op, x, y *Value) Value {
	result, comparable := 0, true
	switch {
	case isNumber(x.kind) && isNumber(y.kind):
		result, comparable = compareNumbers(x, y)
	case x.kind != y.kind:
		return failure(NoOverload)
	case x.kind == format.String || x.kind == format.Bytes:
		result = cmp.Compare(x.text(), y.text())
	case x.kind == format.Bool:
		result = cmp.Compare(x.int(), y.int())
	case x.kind == format.Duration:
		result = cmp.Compare(x.int(), y.int())
	case x.kind == format.Timestamp:
		if result = cmp.Compare(x.int(), y.int()); result == 0 {
			result = cmp.Compare(int64(x.aux), int64(y.aux))
		}
	default:
		return failure(NoOverload)
	}
	switch op {
	case format.OpLess:
		return Bool(comparable && result < 0)
	case format.OpLessEqual:
		return Bool(comparable && result <= 0)
	case format.OpGreater:
		return Bool(comparable && result > 0)
	default:
		return Bool(comparable && result >= 0)
	}
}

// compareNumbers compares as if on one number line. NaN is not comparable with anything.
//
//go:noinline
func compareNumbers(x, y *Value) (order int, comparable bool) {
	switch {
	case x.kind == y.kind && x.kind == format.Int:
		return cmp.Compare(x.int(), y.int()), true
	case x.kind == y.kind && x.kind == format.Uint:
		return cmp.Compare(x.num, y.num), true
	case x.kind == format.Int && y.kind == format.Uint:
		if x.int() < 0 {
			return -1, true
		}
		return cmp.Compare(x.num, y.num), true
	case x.kind == format.Uint && y.kind == format.Int:
		if y.int() < 0 {
			return 1, true
		}
		return cmp.Compare(x.num, y.num), true
	case x.kind == format.Double && y.kind == format.Double:
		return compareDoubles(x.double(), y.double())
	case x.kind == format.Double:
		order, comparable = compareDoubleInteger(x.double(), y)
		return order, comparable
	default:
		order, comparable = compareDoubleInteger(y.double(), x)
		return -order, comparable
	}
}

func compareDoubles(x, y float64) (int, bool) {
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	case x == y:
		return 0, true
	}
	return 0, false
}

// compareDoubleInteger compares as CEL's reference does: beyond the integer's range by the range, within it as doubles.
func compareDoubleInteger(f float64, integer *Value) (int, bool) {
	if math.IsNaN(f) {
		return 0, false
	}
	if integer.kind == format.Int {
		switch {
		case f < math.MinInt64:
			return -1, true
		case f > math.MaxInt64: // the constant is 2^63 as a double
			return 1, true
		}
		return compareDoubles(f, float64(integer.int()))
	}
	switch {
	case f < 0:
		return -1, true
	case f > math.MaxUint64: // 2^64 as a double
		return 1, true
	}
	return compareDoubles(f, float64(integer.num))
}
