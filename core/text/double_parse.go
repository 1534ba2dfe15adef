package text

import (
	"math"
	"math/bits"
)

const (
	// maxDoubleText bounds the text of a double in bytes, and with it the work of reading one. No writer of numbers comes near.
	maxDoubleText = 1024

	// maxSignificant is how many digits can matter: a decimal halfway between two doubles has at most 767. Of what follows only
	// matters whether it is zero.
	maxSignificant = 768

	// Where the decimal point of 0.DIGITS may lie: 0.1 * 10^310 is above every double, 10^-324 below half of the smallest.
	highestPoint = 309
	lowestPoint  = -323

	// maxWordDigits is how many decimal digits fit in 64 bits, whatever they are. 10^19 fits too.
	maxWordDigits = 19
)

// ParseDouble reads a decimal floating point number, an infinity or NaN: what strconv.ParseFloat reads, and correctly rounded
// like it, but for hexadecimal numbers and texts of more than 1024 bytes, which are refused. A number that would round to an
// infinity is refused; one too small for a double is zero.
func ParseDouble(s string) (float64, bool) {
	if len(s) > maxDoubleText {
		return 0, false
	}
	if equalFold(s, "nan") {
		return math.NaN(), true
	}
	rest, negative := cutSign(s)
	if equalFold(rest, "inf") || equalFold(rest, "infinity") {
		return signed(math.Inf(1), negative), true
	}
	number, ok := scanNumber(rest)
	if !ok {
		return 0, false
	}
	v, ok := number.double()
	return signed(v, negative), ok
}

func signed(v float64, negative bool) float64 {
	if negative {
		return -v
	}
	return v
}

// equalFold tells whether s is lower, in any case. lower has lower case ASCII letters only.
func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// number is an unsigned decimal number as it was written: 0.DIGITS * 10^point, where DIGITS begin with the first that is not 0.
type number struct {
	text        string // what lies from that first digit to the last: digits, and a decimal point where there is one
	significant int    // digits in text; 0 for zero
	point       int
	leading     uint64 // the first maxWordDigits digits
}

// scanNumber checks that s is digits with an optional decimal point and an optional exponent, and finds its parts.
func scanNumber(s string) (n number, ok bool) {
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
	s, negative := cutSign(s)
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		exponent = min(exponent*10+int(s[i]-'0'), 100000)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, s != ""
}

// double is the double nearest to n, halfway to the even one; false where that is infinite.
func (n *number) double() (float64, bool) {
	switch exponent := n.point - n.significant; {
	case n.significant == 0 || n.point < lowestPoint:
		return 0, true
	case n.point > highestPoint:
		return 0, false
	case n.significant <= maxWordDigits && -maxWordDigits <= exponent && exponent <= maxWordDigits:
		return shortDouble(n.leading, exponent)
	}
	return n.longDouble()
}

// shortDouble is the double nearest to digits * 10^exponent, for digits other than 0 and an exponent of at most 19 either way:
// the product or quotient of two words.
func shortDouble(digits uint64, exponent int) (float64, bool) {
	power := uint64(1)
	for range max(exponent, -exponent) {
		power *= 10
	}
	if exponent >= 0 {
		high, low := bits.Mul64(digits, power)
		place := 127
		if high == 0 {
			high, low, place = low, 0, 63
		}
		free := uint(bits.LeadingZeros64(high))
		return rounded(high<<free|low>>(64-free), low<<free != 0, place-int(free))
	}
	freeAbove, freeBelow := uint(bits.LeadingZeros64(digits)), uint(bits.LeadingZeros64(power))
	above, below := digits<<freeAbove, power<<freeBelow
	place := int(freeBelow) - int(freeAbove)
	high, low := above>>1, above<<63
	if above < below {
		high, low = above, 0
		place--
	}
	quotient, remainder := bits.Div64(high, low, below)
	return rounded(quotient, remainder != 0, place)
}

// longDouble is double for any number of digits: it divides two naturals bit by bit.
func (n *number) longDouble() (float64, bool) {
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

// load puts the digits into x and says how many they are. More than maxSignificant become so many and a 1, which is as far from
// every point halfway between two doubles.
func (n *number) load(x *natural) int {
	significant := 0
	for i := 0; i < len(n.text) && significant < maxSignificant; i++ {
		if isDigit(n.text[i]) {
			x.multiplyAdd(10, uint32(n.text[i]-'0'))
			significant++
		}
	}
	if n.significant > significant {
		x.multiplyAdd(10, 1)
		significant++
	}
	return significant
}

// rounded is the double nearest to mantissa/2^63 * 2^place, halfway to the even one; false where that is infinite. The mantissa's
// highest bit is set; more says that the exact value is a little above.
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
