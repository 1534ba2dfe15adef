package text

import (
	"math"
	"math/bits"
)

// Shortest is the precision of as many digits as tell a double from its neighbours.
const Shortest = -1

// MaxPrecision bounds a precision, and with it the work: a double has at most 17 digits that mean something.
const MaxPrecision = 100

// reversed is a number digit by digit, the last one first: the sum of digits[i] * 10^(i-units).
type reversed struct {
	size   int // the digit before it is not 0
	units  int // place of the last digit before the decimal point; it can lie outside of the digits
	digits [mostDigits]byte
	more   bool // something less than one at the last digit is left out
}

// mostDigits is room for the largest double in whole groups, and for one more. With digits after the decimal point it has fewer before it.
const (
	mostDigits  = 315 + 1
	groupDigits = 9 // digits that are taken off a natural together
	group       = 1_000_000_000
)

// AppendRounded writes v with precision digits after the decimal point, or as many as it takes where that is Shortest. It is rounded
// correctly, halfway to the even digit, as formats 'f' and, with an exponent, 'e' of strconv.AppendFloat. What is no number is NaN,
// Infinity or -Infinity.
func AppendRounded(dst []byte, v float64, precision int, exponent bool) []byte {
	if v != v {
		return AppendText(dst, "NaN")
	}
	if math.Signbit(v) {
		dst = AppendByte(dst, '-')
		v = -v
	}
	if v > math.MaxFloat64 {
		return AppendText(dst, "Infinity")
	}
	var r reversed
	if precision == Shortest {
		r.setShortest(v)
		precision = max(0, r.units)
	} else {
		r.set(v, precision, exponent)
		if exponent {
			r.roundTo(r.size - 1 - precision)
		} else {
			r.roundTo(r.units - precision)
		}
	}
	dot := r.units
	if exponent {
		dot = max(0, r.size-1)
	}
	for i := max(dot, r.size-1); i >= dot-precision; i-- {
		digit := byte('0')
		if uint(i) < uint(r.size) {
			digit += r.digits[i]
		}
		dst = AppendByte(dst, digit)
		if i == dot && precision > 0 {
			dst = AppendByte(dst, '.')
		}
	}
	if exponent {
		var b buffer
		b.exponent(dot-r.units, 2)
		dst = b.appendTo(dst)
	}
	return dst
}

// setShortest makes r the fewest digits that read back as v.
func (r *reversed) setShortest(v float64) {
	var d decimal
	d.setShortest(v)
	r.size = d.digits.size
	r.units = r.size - d.point
	for i := range r.size {
		r.digits[r.size-1-i] = d.digits.bytes[i] - '0'
	}
}

// set makes r as many digits of v, which is finite and not negative, as rounding needs.
//
//go:noinline
func (r *reversed) set(v float64, precision int, exponent bool) {
	mantissa, place := split(v)
	if mantissa == 0 {
		return
	}
	zeros := bits.TrailingZeros64(mantissa)
	wanted := precision + 1
	if exponent {
		binary := place + bits.Len64(mantissa) - 1
		wanted -= binary * 78913 >> 18 // log10(2), as in setFreeFormat
	}
	place += zeros
	r.units = max(0, min(wanted, -place))
	var n natural // v * 10^units, rounded down
	n.set(mantissa >> zeros)
	n.multiplyPower(r.units)
	n.shift(max(0, place))
	const bitsAtOnce = 31
	for drop := -place - r.units; drop > 0 && n.size > 0; drop -= bitsAtOnce {
		r.more = n.divide(1<<min(drop, bitsAtOnce)) != 0 || r.more
	}
	for n.size > 0 {
		few := n.divide(group)
		for i := r.size; few > 0; i++ {
			r.digits[i] = byte(few % 10)
			few /= 10
		}
		r.size += groupDigits
	}
	for r.size > 0 && r.digits[r.size-1] == 0 {
		r.size--
	}
}

// roundTo makes the digit at last the last one that is not 0: nothing counts that lies below it.
//
//go:noinline
func (r *reversed) roundTo(last int) {
	if last <= 0 || last > r.size {
		return // nothing is cut off, or it is less than half
	}
	half, odd := r.digits[last-1], r.digits[last]&1 // there is room behind all digits
	for i := range last - 1 {
		r.more = r.more || r.digits[i] != 0
	}
	if half < 5 || half == 5 && !r.more && odd == 0 {
		return
	}
	for r.digits[last] == 9 {
		r.digits[last] = 0
		last++
	}
	r.digits[last]++
	r.size = max(r.size, last+1)
}

// AppendBits writes v in digits of so many bits each, 1, 3 or 4: binary, octal or hexadecimal, with letters that begin at a, which is 'a' or 'A'.
//
//go:noinline
func AppendBits(dst []byte, v uint64, each uint, a byte) []byte {
	shift := 63 / each * each
	for ; shift > 0 && v>>shift == 0; shift -= each {
	}
	for {
		digit := byte(v>>shift) & (1<<each - 1)
		if digit < 10 {
			digit += '0'
		} else {
			digit += a - 10
		}
		dst = AppendByte(dst, digit)
		if shift == 0 {
			return dst
		}
		shift -= each
	}
}
