package text

const (
	nanosPerSecond = 1e9

	// durationLimit is one more than the longest duration in nanoseconds; negative durations reach it.
	durationLimit = 1 << 63
)

// ParseDuration reads a duration as time.ParseDuration does, in nanoseconds: an optional sign, then decimal numbers, each with an
// optional fraction and a unit of ns, us, ms, s, m or h, such as "1h30m" or "-1.5s". A lone 0 needs no unit.
func ParseDuration(s string) (nanos int64, ok bool) {
	s, negative := cutSign(s)
	if s == "0" {
		return 0, true
	}
	if s == "" {
		return 0, false
	}
	total := uint64(0)
	for s != "" {
		part, rest, ok := durationPart(s)
		total += part
		if !ok || total > durationLimit {
			return 0, false
		}
		s = rest
	}
	if negative {
		return -int64(total), true
	}
	return int64(total), total < durationLimit
}

// durationPart takes one number with its unit from the front of s. The part is at most durationLimit.
func durationPart(s string) (nanos uint64, rest string, ok bool) {
	var whole, fraction, scale = uint64(0), uint64(0), 1.0
	digits, i := 0, 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		if !pushDigit(&whole, s[i]) {
			return 0, "", false
		}
		digits++
	}
	if i < len(s) && s[i] == '.' {
		full := false // once a digit does not fit, the rest of the fraction does not count
		for i++; i < len(s) && isDigit(s[i]); i++ {
			if full = full || !pushDigit(&fraction, s[i]); !full {
				scale *= 10
			}
			digits++
		}
	}
	begin := i
	for i < len(s) && s[i] != '.' && !isDigit(s[i]) {
		i++
	}
	unit := durationUnit(s[begin:i])
	if digits == 0 || unit == 0 || whole > durationLimit/unit {
		return 0, "", false
	}
	// The standard library has these operations in this order; another order would come out a nanosecond apart.
	nanos = whole*unit + uint64(float64(fraction)*(float64(unit)/scale))
	return nanos, s[i:], nanos <= durationLimit
}

// pushDigit adds a decimal digit at the end of n, or leaves n as it is where that would pass durationLimit.
func pushDigit(n *uint64, digit byte) bool {
	if *n > durationLimit/10 || *n*10+uint64(digit-'0') > durationLimit {
		return false
	}
	*n = *n*10 + uint64(digit-'0')
	return true
}

// durationUnit is the length of a unit in nanoseconds, or 0 where there is no such unit.
func durationUnit(name string) uint64 {
	switch name {
	case "ns":
		return 1
	case "us", "\u00b5s", "\u03bcs": // the micro sign and the Greek letter
		return 1e3
	case "ms":
		return 1e6
	case "s":
		return 1e9
	case "m":
		return 60e9
	case "h":
		return 3600e9
	}
	return 0
}

// AppendDuration writes nanoseconds as CEL's string(duration) does: decimal seconds, such as "-90.5s".
//
// CEL goes through a double of seconds, and so does this. Durations of up to 104 days (2^53 ns) come out to the nanosecond; of
// longer ones the last digits may be lost, as they are in cel-go: 9223372036854775807 ns is "9223372036.854776s".
func AppendDuration(dst []byte, nanos int64) []byte {
	seconds := float64(nanos/nanosPerSecond) + float64(nanos%nanosPerSecond)/nanosPerSecond
	return append(appendDoublePlain(dst, seconds), 's')
}
