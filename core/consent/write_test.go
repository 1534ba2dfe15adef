package consent

import "strings"

// writer writes segments for tests, bit by bit.
type writer struct{ bits strings.Builder }

// put adds the lowest count bits of value.
func (w *writer) put(value uint64, count int) *writer {
	for i := count - 1; i >= 0; i-- {
		w.bits.WriteByte('0' + byte(value>>uint(i)&1))
	}
	return w
}

// add adds bits as they are written, spaces left out.
func (w *writer) add(bits string) *writer {
	w.bits.WriteString(strings.ReplaceAll(bits, " ", ""))
	return w
}

// String is the segment in base64url, padded to whole characters.
func (w *writer) String() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	all := w.bits.String()
	all += strings.Repeat("0", (6-len(all)%6)%6)
	var s strings.Builder
	for ; all != ""; all = all[6:] {
		v := 0
		for _, bit := range all[:6] {
			v = v<<1 | int(bit-'0')
		}
		s.WriteByte(alphabet[v])
	}
	return s.String()
}

// tcfHead is the fixed fields of a TC string: policy version 5, for one site, written by CMP 300 in English for Germany, with
// precise geolocation, consent for the purposes 1 to 4 and 7, and legitimate interest for 1, 2, 7 and 8.
func tcfHead() *writer {
	w := &writer{}
	w.put(2, 6).put(17_000_000_000, 36).put(17_000_000_000, 36).put(300, 12).put(7, 12).put(1, 6).put(4<<6|13, 12)
	w.put(200, 12).put(5, 6).add("1 0").add("100000000000")
	return w.add("111100100000000000000000").add("110000110000000000000000").add("0").put(3<<6|4, 12)
}

// Lists of vendors: by a bit each, or by entries, of which entry makes the bits.
func (w *writer) field(bits string) *writer { return w.put(uint64(len(bits)), 16).add("0").add(bits) }

func (w *writer) ranges(highest uint64, entries ...string) *writer {
	return w.put(highest, 16).add("1").put(uint64(len(entries)), 12).add(strings.Join(entries, ""))
}

func single(id uint64) string { return (&writer{}).add("0").put(id, 16).bits.String() }

func several(first, last uint64) string {
	return (&writer{}).add("1").put(first, 16).put(last, 16).bits.String()
}

// none ends a core segment without restrictions.
func (w *writer) none() *writer { return w.put(0, 12) }

// tcfPlain is a TC string without vendors.
func tcfPlain() string { return tcfHead().field("").field("").none().String() }

// tcfField is a TC string of a length, most of it bits of lists of vendors.
func tcfField(length int) string {
	half := strings.Repeat("101", (length*6-fixedBits-2*17-12)/6)
	return tcfHead().field(half).field(half).none().String()
}

// tcfRanges is a TC string with two lists of as many entries, a third of them ranges.
func tcfRanges(entries int) string {
	var list []string
	for i := range entries {
		id := uint64(40*i + 1)
		if i%3 == 0 {
			list = append(list, several(id, id+5))
		} else {
			list = append(list, single(id))
		}
	}
	highest := uint64(40*entries + 10)
	return tcfHead().ranges(highest, list...).ranges(highest, list...).none().String()
}

// disclosed is a segment that lists the vendors who were disclosed.
func disclosed(bits string) string {
	return (&writer{}).put(uint64(DisclosedVendors), 3).field(bits).String()
}

// publisher is a publisher TC segment with consent and legitimate interest for purposes, and custom purposes.
func publisher(consents, interests string, custom uint64, customBits string) string {
	fill := func(bits string) string { return bits + strings.Repeat("0", 24-len(bits)) }
	w := (&writer{}).put(uint64(PublisherSegment), 3).add(fill(consents)).add(fill(interests))
	return w.put(custom, 6).add(customBits).String()
}
