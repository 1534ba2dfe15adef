package text

import "math"

// ParseInt reads a decimal integer with an optional sign, as strconv.ParseInt does for base 10 and 64 bits.
func ParseInt(s string) (int64, bool) {
	digits, negative := cutSign(s)
	n, ok := ParseUint(digits)
	if !ok {
		return 0, false
	}
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n <= math.MaxInt64
}

// ParseUint reads a decimal integer without a sign, as strconv.ParseUint does for base 10 and 64 bits.
func ParseUint(s string) (uint64, bool) {
	n := uint64(0)
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		digit := uint64(s[i] - '0')
		if n > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, s != ""
}

// AppendInt writes v in decimal.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return AppendUint(append(dst, '-'), -uint64(v))
	}
	return AppendUint(dst, uint64(v))
}

// AppendUint writes v in decimal.
func AppendUint(dst []byte, v uint64) []byte {
	return appendPadded(dst, v, 1)
}

// appendPadded writes v in decimal with at least width digits, zeros in front. No number of 64 bits has more than 20 digits.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for v > 0 || width > 0 {
		i--
		width--
		digits[i] = byte(v%10) + '0'
		v /= 10
	}
	return append(dst, digits[i:]...)
}

// cutSign takes one leading sign off s.
func cutSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func isDigit(c byte) bool { return c-'0' <= 9 }
