package text

import "math"

const (
	// maxSignificant is how many digits can matter: a decimal halfway between two doubles has at most 767. Of what follows only
	// matters whether it is zero.
	maxSignificant = 768

	// Where the decimal point of 0.DIGITS may lie: 0.1 * 10^310 is above every double, 10^-324 below half of the smallest.
	highestPoint = 309
	lowestPoint  = -323

	// maxWordDigits is how many decimal digits fit in 64 bits, whatever they are.
	maxWordDigits = 19

	// Up to maxWhole each whole number is a double, and so is each power of ten up to 10^maxPower.
	maxWhole = 1 << 53
	maxPower = 22
)

// numeral is an unsigned decimal number as it was written: 0.DIGITS * 10^point, where DIGITS begin with the first that is not 0.
type numeral struct {
	text        string // what lies from that first digit to the last: digits, and a decimal point where there is one
	significant int    // digits in text; 0 for zero
	point       int
	leading     uint64 // the first maxWordDigits digits
}

// scanNumeral checks that s is digits with an optional decimal point and an optional exponent, and finds its parts.
//
//go:noinline
func scanNumeral(s string) (n numeral, ok bool) {
	digits, first, last := 0, 0, 0
	sawPoint := false
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !sawPoint {
			sawPoint = true
			continue
		}
		if !isDigit(c) {
			break
		}
		digits++
		if !sawPoint {
			n.point++
		}
		if n.significant == 0 {
			if c == '0' {
				n.point--
				continue
			}
			first = i
		}
		n.significant++
		last = i + 1
		if n.significant <= maxWordDigits {
			n.leading = n.leading*10 + uint64(c-'0')
		}
	}
	n.text = s[first:last]
	if i < len(s) && s[i]|0x20 == 'e' {
		exponent, ok := scanExponent(s[i+1:])
		n.point += exponent
		return n, ok && digits > 0
	}
	return n, i == len(s) && digits > 0
}

// scanExponent reads what follows an e. Exponents far beyond the doubles come back as some number far beyond them.
func scanExponent(s string) (exponent int, ok bool) {
	const limit = 1e5 // ten times of it is still far from overflowing a point
	r := reader{rest: s}
	negative := r.sign()
	value, kept, count := r.digits(limit)
	if kept < count {
		value = limit
	}
	exponent = int(value)
	if negative {
		exponent = -exponent
	}
	return exponent, r.rest == "" && count > 0
}

// double is the double nearest to n, halfway to the even one; false where that is infinite.
func (n *numeral) double() (float64, bool) {
	switch exponent := n.point - n.significant; {
	case n.significant == 0 || n.point < lowestPoint:
		return 0, true
	case n.point > highestPoint:
		return 0, false
	case n.significant <= maxWordDigits && n.leading <= maxWhole && -maxPower <= exponent && exponent <= maxPower:
		return shortDouble(n.leading, exponent), true
	}
	return n.longDouble()
}

// shortDouble is the double nearest to digits * 10^exponent, where both the digits and the power of ten are doubles: their
// product or quotient is rounded once, and correctly.
func shortDouble(digits uint64, exponent int) float64 {
	power := powerOfTen(max(exponent, -exponent))
	if exponent < 0 {
		return float64(digits) / power
	}
	return float64(digits) * power
}

// powerOfTen is 10^exponent, exactly for an exponent of 0 to maxPower: it multiplies 10, 10^2, 10^4, 10^8 and 10^16, which are all
// doubles.
//
//go:noinline
func powerOfTen(exponent int) float64 {
	power := 1.0
	for square := 10.0; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			power *= square
		}
		square *= square
	}
	return power
}

// longDouble is double for any number of digits: it divides two naturals bit by bit.
//
//go:noinline
func (n *numeral) longDouble() (float64, bool) {
	var above, below natural
	significant := n.load(&above)
	below.set(1)
	place := n.point - significant
	if place >= 0 {
		above.multiplyPower(place)
	} else {
		below.multiplyPower(-place)
	}
	// The value is above/below * 2^place. Make 1 <= above/below < 2.
	longer := above.length() - below.length()
	if longer >= 0 {
		below.shift(longer)
	} else {
		above.shift(-longer)
	}
	place += longer
	if above.compare(&below) < 0 {
		above.shift(1)
		place--
	}
	mantissa := uint64(0)
	for mantissa>>63 == 0 {
		mantissa <<= 1
		if above.compare(&below) >= 0 {
			above.subtract(&below)
			mantissa |= 1
		}
		above.shift(1)
	}
	return rounded(mantissa, above.size > 0, place)
}

// load puts the digits into x and says how many they are. If there is more than zeros after maxSignificant digits, a single 1
// stands for it: that is as far from every point halfway between two doubles.
func (n *numeral) load(x *natural) int {
	loaded := 0
	for i := 0; i < len(n.text); i++ {
		digit := n.text[i] - '0'
		switch {
		case !isDigit(n.text[i]):
			continue // the decimal point
		case loaded == maxSignificant && digit == 0:
			continue
		case loaded == maxSignificant:
			x.multiplyAdd(10, 1)
			return loaded + 1
		}
		x.multiplyAdd(10, uint32(digit))
		loaded++
	}
	return loaded
}

// rounded is the double nearest to mantissa/2^63 * 2^place, halfway to the even one; false where that is infinite. The mantissa's
// highest bit is set; more says that the exact value is a little above.
//
//go:noinline
func rounded(mantissa uint64, more bool, place int) (float64, bool) {
	const (
		lowest   = -1022       // place of the smallest double with all its bits
		excess   = 11          // bits of the mantissa beyond a double's 53
		infinity = 0x7FF << 52 // every double above it in this order is a NaN
	)
	drop := uint(excess + max(0, lowest-place))
	if drop > 64 {
		return 0, true
	}
	kept, half := mantissa>>drop, uint64(1)<<(drop-1)
	dropped := mantissa & (half<<1 - 1)
	if dropped > half || dropped == half && (more || kept&1 == 1) {
		kept++
	}
	// kept's highest bit, if it is there, adds one to the exponent field; a carry out of it adds another.
	word := uint64(max(place, lowest)-lowest)<<52 + kept
	if word >= infinity {
		return 0, false
	}
	return math.Float64frombits(word), true
}
