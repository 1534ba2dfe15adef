package text

import "math"

// maxDoubleText bounds the text of a double in bytes, and with it the work of reading one. It is room for every digit that can
// matter, and strconv itself misreads whole numbers that are longer.
const maxDoubleText = 800

// ParseDouble reads a decimal floating point number, an infinity or NaN as strconv.ParseFloat does, correctly rounded. It refuses
// what that would read of hexadecimal numbers, underscores between digits and texts of more than 800 bytes. A number that would
// round to an infinity is refused; one too small for a double is zero.
func ParseDouble(s string) (float64, bool) {
	if len(s) > maxDoubleText {
		return 0, false
	}
	if equalFold(s, "nan") {
		return math.NaN(), true
	}
	r := reader{rest: s}
	negative := r.sign()
	v, ok := parseMagnitude(r.rest)
	if negative {
		v = -v
	}
	return v, ok
}

// parseMagnitude reads what may follow a sign.
func parseMagnitude(s string) (float64, bool) {
	if equalFold(s, "inf") || equalFold(s, "infinity") {
		return math.Inf(1), true
	}
	n, ok := scanNumeral(s)
	if !ok {
		return 0, false
	}
	return n.double()
}

// equalFold tells whether s is lower, in any case. lower has lower case ASCII letters only.
//
//go:noinline
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
