package consent

import "math/bits"

// maxVendor is the highest vendor id that 16 bits can say.
const maxVendor = 1<<16 - 1

// vector is the beginning of a list of vendors: MaxVendorId and IsRange, and where IsRange is set NumEntries. Behind it stands a bit
// for each id up to the highest, or the entries.
type vector struct {
	highest uint16
	ranged  bool
	entries int
}

// vector takes the beginning of a list.
func (r *reader) vector() (v vector) {
	head := r.take(16 + 1)
	v.highest = uint16(head >> 1)
	v.ranged = head&1 == 1
	if v.ranged {
		v.entries = int(r.take(12))
	}
	return v
}

// maxEntry is the length of the longest entry.
const maxEntry = 1 + 16 + 16

// entry reads the entry that a window begins with, an id or a range of ids: a bit that says whether it is a range, the first id, and for
// a range the last.
func entry(w uint64) (first, last uint16, size int) {
	first, last, size = uint16(w>>(64-1-16)), uint16(w>>(64-maxEntry)), maxEntry
	if w>>63 == 0 {
		last, size = first, 1+16
	}
	return first, last, size
}

// entries takes count entries, none of whose ids may be above highest, and says whether an id is in one of them. As there can be
// thousands, it loads each character only once.
//
//go:noinline
func (r *reader) entries(count int, highest, id uint16) (found bool) {
	s := r.s
	w := window(s, r.at)                // the bits that come next
	loaded := min(8*6-r.at%6, r.left()) // how many there are in w
	next := min(r.at/6+8, len(s))       // the first character behind them
	for ; count > 0; count-- {
		for loaded < maxEntry && next < len(s) {
			if next+4 <= len(s) {
				w |= four(s[next:]) << uint(64-24-loaded)
				loaded += 24
				next += 4
			} else {
				w |= uint64(sextets[s[next]]) << uint(64-6-loaded)
				loaded += 6
				next++
			}
		}
		first, last, size := entry(w)
		switch {
		case size > loaded:
			r.fail(Truncated)
			return false
		case first == 0 || last < first || last > highest:
			r.fail(Range)
			return false
		}
		found = found || first <= id && id <= last
		w <<= uint(size)
		loaded -= size
	}
	r.at = 6*next - loaded
	return found
}

// vendors takes a whole list and says whether an id is in it. It looks at each entry once and expands none, so that a list of
// thousands of overlapping ranges costs no more than its length.
//
//go:noinline
func (r *reader) vendors(id uint16) (found bool) {
	v := r.vector()
	if v.ranged {
		return r.entries(v.entries, v.highest, id)
	}
	start := r.at
	r.skip(int(v.highest))
	return r.fault == None && id-1 < v.highest && r.bit(start+int(id)-1) // id 0 is above every highest here
}

// group takes one item of a list of ascending ids, a single id or several in a row: each is written as its distance from the last id
// before it. Ids go up to limit.
func (r *reader) group(before, limit int) (first, last int) {
	several := r.flag()
	first = before + r.fibonacci()
	last = first
	if several {
		last += r.fibonacci()
	}
	if last > limit {
		r.fail(Number)
	}
	return first, last
}

// fibonacci takes a number that is written as a sum of Fibonacci numbers: a bit for each of 1, 2, 3, 5, 8 and so on, and a further 1
// behind the highest. No two of the bits are neighbours, so that 11 is the end. It takes one step for each 1.
func (r *reader) fibonacci() (n int) {
	w := window(r.s, r.at)
	last := bits.LeadingZeros64(w & (w << 1)) // the bit before the further 1
	if last >= len(weights) {
		if r.left() > len(weights) {
			r.fail(Number)
		}
		r.fail(Truncated)
		return 0
	}
	for digits := w >> uint(63-last) << uint(63-last); digits != 0; {
		i := bits.LeadingZeros64(digits)
		n += int(weights[i])
		digits &^= 1 << uint(63-i)
	}
	r.at += last + 2
	return n
}

// weights are those of the digits of a Fibonacci number, as many as are needed for every vendor and section that 16 bits can number.
// Numbers beyond are refused, and so is one without an end: a cookie can hold one of thousands of digits.
var weights = [...]uint32{
	1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946, 17711, 28657, 46368,
}
