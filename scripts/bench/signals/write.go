package signals

import "encoding/base64"

// bits writes fields of bits, the highest first.
type bits struct {
	bytes []byte
	used  int // bits
}

func (b *bits) put(value uint64, count int) *bits {
	for i := count - 1; i >= 0; i-- {
		if b.used%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.used/8] |= byte(value>>uint(i)&1) << (7 - b.used%8)
		b.used++
	}
	return b
}

// field writes a list of vendors as a bit for each: every third is not in it.
func (b *bits) field(vendors int) *bits {
	b.put(uint64(vendors), 16).put(0, 1)
	for id := range vendors {
		b.put(uint64(min(id%3, 1)), 1)
	}
	return b
}

// ranges writes a list of vendors as so many ranges of six.
func (b *bits) ranges(count int) *bits {
	const apart = 40
	b.put(uint64(apart*count), 16).put(1, 1).put(uint64(count), 12)
	for i := range count {
		first := uint64(apart*i + 1)
		b.put(1, 1).put(first, 16).put(first+5, 16)
	}
	return b
}

// tcString writes a TC string of policy 5 for one site with consent for the purposes 1 to 4 and 7, the lists of vendors as lists writes
// them, and without restrictions.
func tcString(lists func(*bits)) string {
	const created = 17_640_000_000 // deciseconds since 1970: in November 2025
	b := &bits{}
	b.put(2, 6).put(created, 36).put(created, 36).put(300, 12).put(7, 12).put(1, 6).put(3<<6|4, 12).put(200, 12).put(5, 6).put(0b10, 2)
	b.put(0, 12).put(0b1111001<<17, 24).put(0b11<<22, 24).put(0, 1).put(3<<6|4, 12)
	lists(b)
	b.put(0, 12)
	return b.String()
}

// String writes the bits in base64url.
func (b *bits) String() string { return base64.RawURLEncoding.EncodeToString(b.bytes) }
