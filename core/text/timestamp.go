package text

import "github.com/edgewise-dev/edgewise/core/civil"

// nanoDigits is how many digits of a fraction of a second count: nanoseconds.
const nanoDigits = 9

// ParseTimestamp reads an RFC 3339 timestamp as CEL's timestamp(string) does: seconds of Unix time and the nanoseconds after them,
// digits beyond those cut off. The result lies in civil.MinSeconds to civil.MaxSeconds.
//
// Refused are, as cel-go does, the leap second, lower case t and z, a comma before the fraction, hours of one digit and offsets
// beyond 23:59; time.Parse with time.RFC3339 accepts the last three.
func ParseTimestamp(s string) (seconds int64, nanos uint32, ok bool) {
	f := fields{rest: s}
	year := f.number(4, 0, 9999)
	f.expect('-')
	month := f.number(2, 1, 12)
	f.expect('-')
	day := f.number(2, 1, civil.DaysIn(year, month))
	f.expect('T')
	hour := f.number(2, 0, 23)
	f.expect(':')
	minute := f.number(2, 0, 59)
	f.expect(':')
	second := f.number(2, 0, 59)
	if f.skip('.') {
		nanos = f.fraction()
	}
	offset := f.zone()
	if f.bad || f.rest != "" {
		return 0, 0, false
	}
	seconds = civil.Seconds(year, month, day, hour, minute, second) - int64(offset)
	if seconds < civil.MinSeconds || seconds > civil.MaxSeconds {
		return 0, 0, false
	}
	return seconds, nanos, true
}

// AppendTimestamp writes seconds of Unix time and the nanoseconds after them, which are below 1e9, in UTC as time.RFC3339Nano has
// it: a fraction without zeros at its end, or none. It is meant for civil.MinSeconds to civil.MaxSeconds.
func AppendTimestamp(dst []byte, seconds int64, nanos uint32) []byte {
	t := civil.At(seconds, 0)
	dst = appendPadded(dst, uint64(t.Year), 4)
	dst = appendPadded(append(dst, '-'), uint64(t.Month), 2)
	dst = appendPadded(append(dst, '-'), uint64(t.Day), 2)
	dst = appendPadded(append(dst, 'T'), uint64(t.Hour), 2)
	dst = appendPadded(append(dst, ':'), uint64(t.Minute), 2)
	dst = appendPadded(append(dst, ':'), uint64(t.Second), 2)
	if nanos > 0 {
		dst = appendPadded(append(dst, '.'), uint64(nanos), nanoDigits)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return append(dst, 'Z')
}

// fields reads a text from its front, field by field. The first field that does not fit sets bad; later ones may then be anything.
type fields struct {
	rest string
	bad  bool
}

// number takes a number of exactly width digits between low and high.
func (f *fields) number(width, low, high int) int {
	n := 0
	if len(f.rest) < width {
		f.bad = true
		return low
	}
	for i := 0; i < width; i++ {
		if !isDigit(f.rest[i]) {
			f.bad = true
			return low
		}
		n = n*10 + int(f.rest[i]-'0')
	}
	f.rest = f.rest[width:]
	if n < low || n > high {
		f.bad = true
		return low
	}
	return n
}

// skip takes c if it comes next.
func (f *fields) skip(c byte) bool {
	if f.rest == "" || f.rest[0] != c {
		return false
	}
	f.rest = f.rest[1:]
	return true
}

// expect takes c, which must come next.
func (f *fields) expect(c byte) {
	if !f.skip(c) {
		f.bad = true
	}
}

// fraction takes the digits after a decimal point, at least one, as nanoseconds.
func (f *fields) fraction() uint32 {
	nanos, count := uint32(0), 0
	for ; f.rest != "" && isDigit(f.rest[0]); f.rest = f.rest[1:] {
		if count < nanoDigits {
			nanos = nanos*10 + uint32(f.rest[0]-'0')
		}
		count++
	}
	f.bad = f.bad || count == 0
	for ; count < nanoDigits; count++ {
		nanos *= 10
	}
	return nanos
}

// zone takes Z or an offset such as +02:30, as seconds east of UTC.
func (f *fields) zone() int {
	if f.skip('Z') {
		return 0
	}
	west := f.skip('-')
	if !west {
		f.expect('+')
	}
	offset := f.number(2, 0, 23) * 3600
	f.expect(':')
	offset += f.number(2, 0, 59) * 60
	if west {
		return -offset
	}
	return offset
}
