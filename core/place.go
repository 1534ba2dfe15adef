package core

import (
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/hash32"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// Where a unit lies: the hashes of format.Hash, carried out.

// seed is what a draw's hash makes of its seed before there is a unit.
func (b *Bundle) seed(d format.Draw) uint64 {
	seed := b.String(d.Seed)
	if d.Hash == format.HashXX64 {
		return xxhash.Sum64(seed, 0)
	}
	if d.Hash.Keyed() {
		m := hash32.Murmur3{H: d.Key}
		m.Add(seed)
		return uint64(m.H) | uint64(m.K)<<32
	}
	if d.Hash == format.HashFNV1aTwice {
		return uint64(hash32.FNV1a(hash32.FNVBasis, seed))
	}
	return hash32.FNVBasis
}

// place puts a unit into a bucket. seed is what the draw's hash has made of the seed.
func (b *Bundle) place(d *format.Draw, seed uint64, unit string) uint32 {
	if d.Hash == format.HashXX64 {
		bucket, _ := bits.Mul64(xxhash.Sum64(unit, seed), uint64(d.Buckets))
		return uint32(bucket)
	}
	return b.place32(d, seed, unit)
}

// place32 is place by the hashes of 32 bits.
//
//go:noinline
func (b *Bundle) place32(d *format.Draw, seed uint64, unit string) uint32 {
	hash := uint32(seed)
	if d.Hash.Keyed() {
		m := hash32.Murmur3{H: hash, K: uint32(seed >> 32), N: uint32(len(b.String(d.Seed)))}
		m.Add(unit)
		hash = m.Sum()
		if d.Hash == format.HashMurmur3 {
			return uint32(uint64(hash) * uint64(d.Buckets) >> 32)
		}
		return hash % d.Buckets
	}
	hash = hash32.FNV1a(hash, unit)
	if d.Hash == format.HashFNV1aTwice {
		hash = hash32.FNV1aDecimal(hash32.FNVBasis, hash)
	} else {
		hash = hash32.FNV1a(hash, b.String(d.Seed))
	}
	return hash % d.Buckets
}
