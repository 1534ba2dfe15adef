package text

import "math"

// ParseInt reads a decimal integer with an optional sign, as strconv.ParseInt does for base 10 and 64 bits.
//
//go:noinline
func ParseInt(s string) (int64, bool) {
	r := reader{rest: s}
	negative := r.sign()
	n, ok := ParseUint(r.rest)
	switch {
	case !ok || n > 1<<63:
		return 0, false
	case negative:
		return -int64(n), true
	case n == 1<<63:
		return 0, false
	}
	return int64(n), true
}

// ParseUint reads a decimal integer without a sign, as strconv.ParseUint does for base 10 and 64 bits.
//
//go:noinline
func ParseUint(s string) (uint64, bool) {
	r := reader{rest: s}
	n, kept, count := r.digits(math.MaxUint64)
	if r.rest != "" || count == 0 || kept < count {
		return 0, false
	}
	return n, true
}

// AppendInt writes v in decimal.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return AppendUint(AppendByte(dst, '-'), -uint64(v))
	}
	return AppendUint(dst, uint64(v))
}

// AppendUint writes v in decimal.
//
//go:noinline
func AppendUint(dst []byte, v uint64) []byte {
	var b buffer
	b.number(v, 1)
	return b.appendTo(dst)
}
