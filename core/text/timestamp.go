package text

import "github.com/edgewise-dev/edgewise/core/civil"

// nanoDigits is how many digits of a fraction of a second count: nanoseconds.
const nanoDigits = 9

// ParseTimestamp reads an RFC 3339 timestamp as CEL's timestamp(string) does: seconds of Unix time and the nanoseconds after them,
// digits beyond those cut ofr. The result lies in civil.MinSeconds to civil.MaxSeconds.
//
// Refused are, as cel-go does, the leap second, lower case t and z, a comma before the fraction, hours of one digit and offsets
// beyond 23:59; time.Parse with time.RFC3339 accepts the last three.
func ParseTimestamp(s string) (seconds int64, nanos uint32, ok bool) {
	r := reader{rest: s}
	year := r.number(4, 0, 9999)
	r.expect('-')
	month := r.number(2, 1, 12)
	r.expect('-')
	day := r.number(2, 1, civil.DaysIn(year, month))
	r.expect('T')
	hour := r.number(2, 0, 23)
	r.expect(':')
	minute := r.number(2, 0, 59)
	r.expect(':')
	second := r.number(2, 0, 59)
	if r.skip('.') {
		nanos = r.fraction()
	}
	offset := r.zone()
	if r.bad || r.rest != "" {
		return 0, 0, false
	}
	seconds = civil.Seconds(year, month, day, hour, minute, second) - int64(offset)
	if seconds < civil.MinSeconds || seconds > civil.MaxSeconds {
		return 0, 0, false
	}
	return seconds, nanos, true
}

// AppendTimestamp writes seconds of Unix time and the nanoseconds after them in UTC as time.RFC3339Nano has it: a fraction without
// zeros at its end, or none. Seconds outside civil.MinSeconds to civil.MaxSeconds are written as the nearer of the two,
// nanoseconds of a whole second or more as 999999999.
func AppendTimestamp(dst []byte, seconds int64, nanos uint32) []byte {
	t := civil.At(min(max(seconds, civil.MinSeconds), civil.MaxSeconds), 0)
	var b buffer
	b.number(uint64(t.Year), 4)
	b.pair('-', t.Month)
	b.pair('-', t.Day)
	b.pair('T', t.Hour)
	b.pair(':', t.Minute)
	b.pair(':', t.Second)
	if nanos > 0 {
		b.put('.')
		b.number(uint64(min(nanos, nanosPerSecond-1)), nanoDigits)
		b.trimZeros()
	}
	b.put('Z')
	return b.appendTo(dst)
}

// pair adds a separator and two digits.
func (b *buffer) pair(separator byte, v int) {
	b.put(separator)
	b.number(uint64(v), 2)
}

// fraction takes the digits after a decimal point, at least one, as nanoseconds.
func (r *reader) fraction() uint32 {
	nanos, count := uint32(0), 0
	for ; r.rest != "" && isDigit(r.rest[0]); r.rest = r.rest[1:] {
		if count < nanoDigits {
			nanos = nanos*10 + uint32(r.rest[0]-'0')
		}
		count++
	}
	r.bad = r.bad || count == 0
	for ; count < nanoDigits; count++ {
		nanos *= 10
	}
	return nanos
}

// zone takes Z or an offset such as +02:30, as seconds east of UTC.
func (r *reader) zone() int {
	if r.skip('Z') {
		return 0
	}
	west := r.skip('-')
	if !west {
		r.expect('+')
	}
	offset := r.number(2, 0, 23) * 3600
	r.expect(':')
	offset += r.number(2, 0, 59) * 60
	if west {
		return -offset
	}
	return offset
}
