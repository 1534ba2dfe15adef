package verify

import "math/bits"

// scalar is a number of 256 bits, the lowest first. Nothing here is secret, so nothing takes care to take the same time.
type scalar [4]uint64

// groupOrder is the order of the group that keys are of: 2^252 + 27742317777372353535851937790883648493.
var groupOrder = scalar{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}

func (s *scalar) bit(i int) uint64 { return s[i/64] >> (i % 64) & 1 }

// minus gives s-t, and whether that is below zero.
func (s *scalar) minus(t *scalar) (difference scalar, negative bool) {
	var borrow uint64
	for i := range s {
		difference[i], borrow = bits.Sub64(s[i], t[i], borrow)
	}
	return difference, borrow > 0
}

func (s *scalar) less(t *scalar) bool {
	_, negative := s.minus(t)
	return negative
}

// reduce sets s to a number of 512 bits, the lowest byte first, modulo the group's order.
func (s *scalar) reduce(number *[64]byte) {
	*s = scalar{}
	for i := 511; i >= 0; i-- {
		in := uint64(number[i/8]>>(i%8)) & 1
		for j, w := range s { // s has 253 bits, so that this leaves 254
			s[j], in = w<<1|in, w>>63
		}
		if difference, negative := s.minus(&groupOrder); !negative {
			*s = difference
		}
	}
}
