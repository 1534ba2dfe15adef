// Package hash32 computes the two 32-bit hashes by which other flag systems put units into buckets: MurmurHash3 and FNV-1a. Both take their
// input in pieces, so that a seed's text and a unit need not be joined first, and byte by byte, which keeps them small. Neither allocates.
//
// Sources: MurmurHash3_x86_32 of aappleby/smhasher (MurmurHash3.cpp, public domain); RFC 9923, The FNV Non-Cryptographic Hash Algorithm. Neither
// is a cryptographic hash.
package hash32

import "math/bits"

// Murmur3 is a MurmurHash3 on its way. The zero value with H set to the hash's seed has read nothing.
type Murmur3 struct {
	H uint32 // of the whole blocks of four bytes
	K uint32 // the bytes of the block that has begun
	N uint32 // bytes read
}

// Add reads more.
//
//go:noinline
func (m *Murmur3) Add(data string) {
	for i := range len(data) {
		m.K |= uint32(data[i]) << (m.N % 4 * 8)
		if m.N++; m.N%4 == 0 {
			m.H = bits.RotateLeft32(m.H^scramble(m.K), 13)*5 + 0xe6546b64
			m.K = 0
		}
	}
}

// Sum is the hash of what has been read.
func (m *Murmur3) Sum() uint32 {
	h := m.H ^ scramble(m.K) ^ m.N // a block that has not begun is 0, and stays it
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func scramble(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }

// FNVBasis is the FNV-1a of nothing.
const FNVBasis = 0x811c9dc5

// FNV1a is the FNV-1a of what h is the hash of, followed by data.
//
//go:noinline
func FNV1a(h uint32, data string) uint32 {
	for i := range len(data) {
		h = (h ^ uint32(data[i])) * fnvPrime
	}
	return h
}

const fnvPrime = 0x01000193

// FNV1aDecimal is FNV1a of a number's decimal digits.
func FNV1aDecimal(h, number uint32) uint32 {
	for unit := uint32(1_000_000_000); unit > 0; unit /= 10 {
		if number >= unit || unit == 1 {
			h = (h ^ ('0' + number/unit%10)) * fnvPrime
		}
	}
	return h
}
