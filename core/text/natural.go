package text

import "math/bits"

// naturalWords bounds the numbers that reading and writing doubles needs. The largest come from reading: maxSignificant digits are
// below 2^2555; the smallest doubles with so many digits are divided by 5^1092, which is below 2^2536. Bringing both to the same
// length and doubling the remainder stays below 2^2557.
const naturalWords = 80

// natural is a natural number of at most naturalWords words on the stack. Zero has no words; the highest word is never zero.
// Callers stay below the bound by what they know of their numbers; a digit too many would be dropped, never written past the end.
type natural struct {
	size  int
	words [naturalWords]uint32 // lowest first
}

// push adds a highest word.
func (x *natural) push(word uint32) {
	if word != 0 && x.size < naturalWords {
		x.words[x.size] = word
		x.size++
	}
}

// set makes x equal to v.
func (x *natural) set(v uint64) {
	x.words[0], x.words[1] = uint32(v), uint32(v>>32)
	x.size = (bits.Len64(v) + 31) / 32
}

// copy makes x equal to y.
func (x *natural) copy(y *natural) {
	x.size = copy(x.words[:], y.words[:y.size])
}

// multiplyAdd makes x equal to x*factor + addend.
//
//go:noinline
func (x *natural) multiplyAdd(factor, addend uint32) {
	carry := uint64(addend)
	for i := 0; i < x.size; i++ {
		carry += uint64(x.words[i]) * uint64(factor)
		x.words[i] = uint32(carry)
		carry >>= 32
	}
	x.push(uint32(carry))
}

// multiplyPower makes x equal to x * 5^exponent.
//
//go:noinline
func (x *natural) multiplyPower(exponent int) {
	const most = 13 // 5^13 is the largest power in a word
	for ; exponent >= most; exponent -= most {
		x.multiplyAdd(1220703125, 0)
	}
	for ; exponent > 0; exponent-- {
		x.multiplyAdd(5, 0)
	}
}

// shift makes x equal to x * 2^count.
//
//go:noinline
func (x *natural) shift(count int) {
	whole, part := count/32, uint(count%32)
	x.multiplyAdd(1<<part, 0)
	if whole == 0 || x.size == 0 || x.size+whole > naturalWords {
		return
	}
	copy(x.words[whole:], x.words[:x.size])
	clear(x.words[:whole])
	x.size += whole
}

// divide makes x the whole part of x / divisor and gives the remainder.
//
//go:noinline
func (x *natural) divide(divisor uint32) uint32 {
	rest := uint64(0)
	for i := x.size - 1; i >= 0; i-- {
		rest = rest<<32 | uint64(x.words[i])
		x.words[i] = uint32(rest / uint64(divisor))
		rest %= uint64(divisor)
	}
	for x.size > 0 && x.words[x.size-1] == 0 {
		x.size--
	}
	return uint32(rest)
}

// length is the number of bits of x: 0 for zero.
func (x *natural) length() int {
	if x.size == 0 {
		return 0
	}
	return x.size*32 - bits.LeadingZeros32(x.words[x.size-1])
}

// compare is negative, zero or positive as x is below, equal to or above y.
//
//go:noinline
func (x *natural) compare(y *natural) int {
	if x.size != y.size {
		return x.size - y.size
	}
	for i := x.size - 1; i >= 0; i-- {
		if x.words[i] != y.words[i] {
			if x.words[i] < y.words[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// add makes x equal to x + y.
//
//go:noinline
func (x *natural) add(y *natural) {
	carry := uint64(0)
	for i := 0; i < y.size || carry != 0 && i < x.size; i++ {
		if i == x.size {
			x.words[i] = 0
			x.size++
		}
		carry += uint64(x.words[i])
		if i < y.size {
			carry += uint64(y.words[i])
		}
		x.words[i] = uint32(carry)
		carry >>= 32
	}
	x.push(uint32(carry))
}

// subtract makes x equal to x - y, where y is at most x.
//
//go:noinline
func (x *natural) subtract(y *natural) {
	borrow := int64(0)
	for i := 0; i < x.size; i++ {
		borrow += int64(x.words[i])
		if i < y.size {
			borrow -= int64(y.words[i])
		}
		x.words[i] = uint32(borrow)
		borrow >>= 32
	}
	for x.size > 0 && x.words[x.size-1] == 0 {
		x.size--
	}
}
