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

// String is the segment in base64url, padded to whole characters.
func (w *writer) String() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	all := w.bits.String()
	var s strings.Builder
	for len(all) > 0 {
		v := 0
		for i := range 6 {
			v <<= 1
			if i < len(all) && all[i] == '1' {
				v |= 1
			}
		}
		s.WriteByte(alphabet[v])
		all = all[min(6, len(all)):]
	}
	return s.String()
}

// tcfHead is the fixed fields of a string of policy version 5 for one site, with consent for the purposes 1 to 12.
func tcfHead() *writer {
	w := &writer{}
	w.put(2, 6).put(17_000_000_000, 36).put(17_000_000_000, 36).put(300, 12).put(1, 12).put(1, 6).put(4<<6|13, 12)
	return w.put(200, 12).put(5, 6).put(1, 1).put(0, 1).put(0x800, 12).put(0xfff000, 24).put(0, 24).put(0, 1).put(3<<6|4, 12)
}

// fieldString is a TC string of a length, most of it bits of lists of vendors.
func fieldString(length int) string {
	w := tcfHead()
	half := (length*6 - fixedBits - 2*17 - 12) / 2
	for range 2 {
		w.put(uint64(half), 16).put(0, 1)
		for i := range half {
			w.put(uint64(i%3)&1, 1)
		}
	}
	return w.put(0, 12).String()
}

// rangeString is a TC string with lists of ranges.
func rangeString(entries int) string {
	w := tcfHead()
	for range 2 {
		w.put(4000, 16).put(1, 1).put(uint64(entries), 12)
		for i := range entries {
			if i%3 == 0 {
				w.put(1, 1).put(uint64(40*i+1), 16).put(uint64(40*i+5), 16)
			} else {
				w.put(0, 1).put(uint64(40*i+1), 16)
			}
		}
	}
	return w.put(0, 12).String()
}
