// Package xxhash computes XXH64, the 64-bit hash that bundles use for their checksum and for bucketing. It allocates nothing and
// imports nothing, so that it costs the module one kilobyte.
//
// Source: the xxHash specification, version 0.1.1 (doc/xxhash_spec.md of Cyan4973/xxHash). It is not a cryptographic hash.
package xxhash

import "math/bits"

const (
	prime1 uint64 = 0x9E3779B185EBCA87
	prime2 uint64 = 0xC2B2AE3D27D4EB4F
	prime3 uint64 = 0x165667B19E3779F9
	prime4 uint64 = 0x85EBCA77C2B2AE63
	prime5 uint64 = 0x27D4EB2F165667C5
)

// Sum64 is the XXH64 of data under seed. The numbers in the comments are the specification's steps.
func Sum64(data string, seed uint64) uint64 {
	n := len(data)
	i := 0
	var h uint64
	if n >= 32 {
		// 1 to 3: four lanes over whole stripes of 32 bytes, then merged.
		v1, v2, v3, v4 := seed+prime1+prime2, seed+prime2, seed, seed-prime1
		for ; i+32 <= n; i += 32 {
			v1 = round(v1, le64(data, i))
			v2 = round(v2, le64(data, i+8))
			v3 = round(v3, le64(data, i+16))
			v4 = round(v4, le64(data, i+24))
		}
		h = bits.RotateLeft64(v1, 1) + bits.RotateLeft64(v2, 7) + bits.RotateLeft64(v3, 12) + bits.RotateLeft64(v4, 18)
		h = merge(h, v1)
		h = merge(h, v2)
		h = merge(h, v3)
		h = merge(h, v4)
	} else {
		h = seed + prime5
	}
	h += uint64(n) // 4
	// 5: what is left, in pieces of 8, 4 and 1.
	for ; i+8 <= n; i += 8 {
		h ^= round(0, le64(data, i))
		h = bits.RotateLeft64(h, 27)*prime1 + prime4
	}
	if i+4 <= n {
		h ^= uint64(le32(data, i)) * prime1
		h = bits.RotateLeft64(h, 23)*prime2 + prime3
		i += 4
	}
	for ; i < n; i++ {
		h ^= uint64(data[i]) * prime5
		h = bits.RotateLeft64(h, 11) * prime1
	}
	// 6: avalanche.
	h ^= h >> 33
	h *= prime2
	h ^= h >> 29
	h *= prime3
	return h ^ h>>32
}

func round(acc, lane uint64) uint64 {
	return bits.RotateLeft64(acc+lane*prime2, 31) * prime1
}

func merge(h, v uint64) uint64 {
	return (h^round(0, v))*prime1 + prime4
}

func le32(b string, i int) uint32 {
	_ = b[i+3]
	return uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16 | uint32(b[i+3])<<24
}

func le64(b string, i int) uint64 {
	return uint64(le32(b, i)) | uint64(le32(b, i+4))<<32
}
