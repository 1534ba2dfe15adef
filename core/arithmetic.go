package core

import (
	"math"
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
)

const second = 1_000_000_000 // nanoseconds

// arithmetic is +, -, *, / and % of two values that are no errors. Text and lists are joined by concatenate.
func (e *Evaluator) arithmetic(op format.Op, x, y Value) Value {
	if x.kind != y.kind {
		return mixedTime(op, x, y)
	}
	switch x.kind {
	case format.Int:
		return intArithmetic(op, x.int(), y.int())
	case format.Uint:
		return uintArithmetic(op, x.num, y.num)
	case format.Double:
		return doubleArithmetic(op, x.double(), y.double())
	case format.Duration:
		if op == format.OpAdd || op == format.OpSubtract {
			sum := intArithmetic(op, x.int(), y.int())
			if sum.kind == format.Int {
				sum.kind = format.Duration
			}
			return sum
		}
	case format.Timestamp:
		if op == format.OpSubtract {
			return timeBetween(x, y)
		}
	case format.String, format.Bytes, format.List:
		if op == format.OpAdd {
			return e.concatenate(x, y)
		}
	}
	return failure(NoOverload)
}

//go:noinline
func intArithmetic(op format.Op, x, y int64) Value {
	switch op {
	case format.OpAdd:
		if sum := x + y; (sum > x) == (y > 0) {
			return Int(sum)
		}
	case format.OpSubtract:
		if difference := x - y; (difference < x) == (y > 0) {
			return Int(difference)
		}
	case format.OpMultiply:
		high, low := bits.Mul64(magnitude(x), magnitude(y))
		negative := x < 0 != (y < 0)
		if high == 0 && (low <= math.MaxInt64 || negative && low == 1<<63) {
			return Int(x * y)
		}
	case format.OpDivide, format.OpModulo:
		switch {
		case y == 0:
			return failure(DivisionByZero)
		case x == math.MinInt64 && y == -1:
		case op == format.OpDivide:
			return Int(x / y)
		default:
			return Int(x % y)
		}
	}
	return failure(Overflow)
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func uintArithmetic(op format.Op, x, y uint64) Value {
	switch op {
	case format.OpAdd:
		if sum, carry := bits.Add64(x, y, 0); carry == 0 {
			return Uint(sum)
		}
	case format.OpSubtract:
		if y <= x {
			return Uint(x - y)
		}
	case format.OpMultiply:
		if high, low := bits.Mul64(x, y); high == 0 {
			return Uint(low)
		}
	case format.OpDivide, format.OpModulo:
		switch {
		case y == 0:
			return failure(DivisionByZero)
		case op == format.OpDivide:
			return Uint(x / y)
		default:
			return Uint(x % y)
		}
	}
	return failure(Overflow)
}

// The results of + - * / are rounded before anything else is done with them, so that no machine fuses two operations into one.
func doubleArithmetic(op format.Op, x, y float64) Value {
	switch op {
	case format.OpAdd:
		return Double(float64(x + y))
	case format.OpSubtract:
		return Double(float64(x - y))
	case format.OpMultiply:
		return Double(float64(x * y))
	case format.OpDivide:
		return Double(float64(x / y))
	}
	return failure(NoOverload)
}

// mixedTime is a timestamp and a duration in a sum or difference.
func mixedTime(op format.Op, x, y Value) Value {
	switch {
	case op == format.OpAdd && x.kind == format.Timestamp && y.kind == format.Duration:
		return shift(x, y.int())
	case op == format.OpAdd && x.kind == format.Duration && y.kind == format.Timestamp:
		return shift(y, x.int())
	case op == format.OpSubtract && x.kind == format.Timestamp && y.kind == format.Duration:
		if y.int() == math.MinInt64 {
			return failure(Overflow)
		}
		return shift(x, -y.int())
	}
	return failure(NoOverload)
}

//go:noinline
func shift(t Value, nanos int64) Value {
	seconds, rest := t.int()+nanos/second, int64(t.aux)+nanos%second
	if rest < 0 {
		seconds, rest = seconds-1, rest+second
	} else if rest >= second {
		seconds, rest = seconds+1, rest-second
	}
	if seconds < civil.MinSeconds || seconds > civil.MaxSeconds {
		return failure(Overflow)
	}
	return Timestamp(seconds, uint32(rest))
}

func timeBetween(x, y Value) Value {
	seconds := intArithmetic(format.OpMultiply, x.int()-y.int(), second)
	if seconds.isError() {
		return seconds
	}
	nanos := intArithmetic(format.OpAdd, seconds.int(), int64(x.aux)-int64(y.aux))
	if nanos.kind == format.Int {
		nanos.kind = format.Duration
	}
	return nanos
}

func negate(x Value) Value {
	switch x.kind {
	case format.Error:
		return x
	case format.Int:
		return intArithmetic(format.OpSubtract, 0, x.int())
	case format.Double:
		return Double(-x.double())
	case format.Duration:
		if x.int() == math.MinInt64 {
			return failure(Overflow)
		}
		return Duration(-x.int())
	}
	return failure(NoOverload)
}
