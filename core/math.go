package core

import (
	"math"

	"github.com/edgewise-dev/edgewise/core/format"
)

// callMath is the functions of cel-go's math library. No argument is an error; the first becomes the result.
//
//go:noinline
func callMath(f format.Func, args []Value) {
	x, y := &args[0], &args[len(args)-1]
	isInteger := x.kind == format.Int || x.kind == format.Uint
	switch {
	case f <= format.FuncLeast:
		x.setExtreme(f, args)
	case f <= format.FuncBitShiftRight:
		shifted := format.Int
		if f <= format.FuncBitNot {
			shifted = x.kind
		}
		switch {
		case !isInteger || y.kind != shifted:
			x.fail(NoOverload)
		case f > format.FuncBitNot && y.int() < 0:
			x.fail(IndexOutOfRange)
		default:
			x.num = bitwise(f, x.num, y.num)
		}
	case f <= format.FuncSign && isInteger:
		negative := x.kind == format.Int && x.int() < 0
		switch {
		case f == format.FuncSign && negative:
			x.num = ^uint64(0)
		case f == format.FuncSign:
			x.num = min(x.num, 1)
		case negative:
			*x = negate(*x)
		}
	default:
		v := x.double()
		switch {
		case x.kind == format.Double:
		case f != format.FuncSqrt || !isInteger:
			x.fail(NoOverload)
			return
		case x.kind == format.Int:
			v = float64(x.int())
		default:
			v = float64(x.num)
		}
		*x = Double(mathDouble(f, v))
		if f >= format.FuncIsNaN {
			x.kind, x.num = format.Bool, min(x.num, 1)
		}
	}
}

// bitwise is the functions of bits. A right shift fills with zeros, of an int too.
func bitwise(f format.Func, x, y uint64) uint64 {
	switch f {
	case format.FuncBitAnd:
		return x & y
	case format.FuncBitOr:
		return x | y
	case format.FuncBitXor:
		return x ^ y
	case format.FuncBitNot:
		return ^x
	case format.FuncBitShiftLeft:
		return x << y
	}
	return x >> y
}

// mathDouble is the functions of a double. The questions are answered by 1, yes, or 0, no.
func mathDouble(f format.Func, v float64) float64 {
	var yes bool
	switch f {
	case format.FuncCeil:
		return math.Ceil(v)
	case format.FuncFloor:
		return math.Floor(v)
	case format.FuncTrunc:
		return math.Trunc(v)
	case format.FuncSqrt:
		return math.Sqrt(v)
	case format.FuncAbs:
		return math.Abs(v)
	case format.FuncRound: // halfway away from zero; the difference is exact
		whole := math.Trunc(v)
		if math.Abs(v-whole) >= 0.5 {
			whole += math.Copysign(1, v)
		}
		return whole
	case format.FuncSign:
		switch {
		case v == 0:
			return 0 // not -0
		case v != v:
			return v
		}
		return math.Copysign(1, v)
	case format.FuncIsNaN:
		yes = v != v
	case format.FuncIsInf:
		yes = math.Abs(v) > math.MaxFloat64
	default:
		yes = math.Abs(v) <= math.MaxFloat64
	}
	if yes {
		return 1
	}
	return 0
}

// setExtreme makes v the greatest or least of numbers, or of the numbers in a list; of equal ones the first.
//
//go:noinline
func (v *Value) setExtreme(f format.Func, numbers []Value) {
	if v.kind == format.List && len(numbers) == 1 {
		if numbers = v.elements(); len(numbers) == 0 {
			v.fail(IndexOutOfRange)
			return
		}
	}
	best := &numbers[0]
	for i := range numbers {
		x := &numbers[i]
		order, comparable := 0, false
		if isNumber(x.kind) && isNumber(best.kind) {
			order, comparable = compareNumbers(x, best)
		}
		if !comparable {
			v.fail(NoOverload)
			return
		}
		if f == format.FuncLeast {
			order = -order
		}
		if order > 0 {
			best = x
		}
	}
	*v = *best
}
