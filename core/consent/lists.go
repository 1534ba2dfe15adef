package consent

// Ranges goes through a list of vendors. It is made for whoever shows the list; a decision asks for one vendor only.
type Ranges struct {
	bits     reader
	encoding encoding
	vector
	id int // the last id that was looked at
}

// encoding is how the entries of a list are written.
type encoding uint8

const (
	fixed     encoding = iota // ids of 16 bits
	ascending                 // distances from the entry before, as Fibonacci numbers; restrictions hold whole lists
)

// Next gives the next ids, from first to last; not ok at the end. Entries come as they are written, be they out of order or
// overlapping; of a list that is a bit for each id, neighbours come together.
func (r *Ranges) Next() (first, last int, ok bool) {
	if r.bits.fault != None {
		return 0, 0, false
	}
	if r.ranged {
		if r.entries == 0 {
			return 0, 0, false
		}
		r.entries--
		if r.encoding == ascending {
			first, last = r.bits.group(r.id, maxVendor)
			r.id = last
			if last > int(r.highest) {
				r.bits.fail(Range)
			}
		} else {
			low, high, _ := entry(window(r.bits.s, r.bits.at))
			first, last = int(low), int(high)
			r.bits.entries(1, r.highest, 0)
		}
		return first, last, r.bits.fault == None
	}
	for r.id < int(r.highest) && r.bits.fault == None {
		r.id++
		if !r.bits.flag() {
			if first != 0 {
				break
			}
			continue
		}
		if first == 0 {
			first = r.id
		}
		last = r.id
	}
	return first, last, first != 0 && r.bits.fault == None
}

// Fault says whether the list could be read so far.
func (r *Ranges) Fault() Fault { return r.bits.fault }

// rangesAt begins to read a list that stands at a position of a segment.
func rangesAt(segment string, position int, e encoding) Ranges {
	r := reader{s: segment}
	r.skip(position)
	v := r.vector()
	return Ranges{bits: r, encoding: e, vector: v}
}

// rangesOf begins to read the list that a segment consists of, behind its type.
func rangesOf(segment string, e encoding) Ranges {
	if segment == "" {
		return Ranges{}
	}
	return rangesAt(segment, 3, e)
}

// Restrictions goes through the publisher restrictions of a string.
type Restrictions struct {
	bits     reader
	encoding encoding
	left     int
}

// restrictionsAt begins to read the restrictions that stand at a position of a segment.
func restrictionsAt(segment string, position int, e encoding) Restrictions {
	r := reader{s: segment}
	r.skip(position)
	left := int(r.take(12))
	return Restrictions{bits: r, encoding: e, left: left}
}

// Next gives the next restriction: its purpose, its type and the vendors that it is for; not ok at the end.
func (r *Restrictions) Next() (purpose, kind int, vendors Ranges, ok bool) {
	if r.left == 0 || r.bits.fault != None {
		return 0, 0, Ranges{}, false
	}
	r.left--
	purpose, kind = r.bits.restriction()
	v := vector{highest: maxVendor, ranged: true}
	if r.encoding == ascending {
		v = r.bits.vector()
	} else {
		v.entries = int(r.bits.take(12))
	}
	vendors = Ranges{bits: r.bits, encoding: r.encoding, vector: v}
	behind := vendors
	for ok = true; ok; {
		_, _, ok = behind.Next()
	}
	r.bits = behind.bits
	return purpose, kind, vendors, r.bits.fault == None
}
