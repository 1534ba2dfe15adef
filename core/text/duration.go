package text

const (
	nanosPerSecond = 1e9

	// durationLimit is one more than the longest duration in nanoseconds; negative durations reach it.
	durationLimit = 1 << 63
)

// ParseDuration reads a duration as time.ParseDuration does, in nanoseconds: an optional sign, then decimal numbers, each with an
// optional fraction and a unit of ns, us, ms, s, m or h, such as "1h30m" or "-1.5s". A lone 0 needs no unit.
func ParseDuration(s string) (nanos int64, ok bool) {
	r := reader{rest: s}
	negative := r.sign()
	if r.rest == "0" {
		return 0, true
	}
	total := uint64(0)
	for {
		total += r.durationPart()
		if r.bad || total > durationLimit {
			return 0, false
		}
		if r.rest == "" {
			break
		}
	}
	switch {
	case negative:
		return -int64(total), true
	case total == durationLimit:
		return 0, false
	}
	return int64(total), true
}

// durationPart takes one number with its unit and gives its nanoseconds, at most durationLimit.
func (r *reader) durationPart() uint64 {
	whole, kept, count := r.digits(durationLimit)
	r.bad = kept < count
	fraction, decimals := uint64(0), 0
	if r.skip('.') {
		var more int
		fraction, decimals, more = r.digits(durationLimit)
		count += more
	}
	unit := r.durationUnit()
	if count == 0 || unit == 0 || whole > durationLimit/unit {
		r.bad = true
		return 0
	}
	// time.ParseDuration has these operations in this order; another order would come out a nanosecond apart.
	nanos := whole*unit + uint64(float64(fraction)*(float64(unit)/powerOfTen(decimals)))
	r.bad = r.bad || nanos > durationLimit
	return nanos
}

// durationUnit takes the name of a unit, which goes up to the next number, and gives its nanoseconds; 0 where there is no such unit.
func (r *reader) durationUnit() uint64 {
	end := 0
	for end < len(r.rest) && r.rest[end] != '.' && !isDigit(r.rest[end]) {
		end++
	}
	name := r.rest[:end]
	r.rest = r.rest[end:]
	for i := range durationUnits {
		if durationUnits[i].name == name {
			return durationUnits[i].nanos
		}
	}
	return 0
}

var durationUnits = [...]struct {
	name  string
	nanos uint64
}{
	{"ns", 1},
	{"us", 1e3},
	{"\u00b5s", 1e3}, // the micro sign
	{"\u03bcs", 1e3}, // the Greek letter mu
	{"ms", 1e6},
	{"s", 1e9},
	{"m", 60e9},
	{"h", 3600e9},
}

// AppendDuration writes nanoseconds as CEL's string(duration) does: decimal seconds, such as "-90.5s".
//
// CEL goes through a double of seconds, and so does this, digit for digit as cel-go. So some fractions of a second show the error of
// the double: 3.558546 s is "3.5585459999999998s". Beyond 52 days (2^52 ns) nanoseconds are lost, and later microseconds:
// 9223372036854775807 ns is "9223372036.854776s".
func AppendDuration(dst []byte, nanos int64) []byte {
	seconds := float64(nanos/nanosPerSecond) + float64(nanos%nanosPerSecond)/nanosPerSecond
	return AppendByte(appendDouble(dst, seconds, &secondsNotation), 's')
}
