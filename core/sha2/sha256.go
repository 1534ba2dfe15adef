package sha2

import "math/bits"

// Hash256 is a message that is being hashed. It can be copied, to go on from what two messages begin with.
type Hash256 struct {
	state [8]uint32
	block [64]byte
	size  uint32 // bytes written; a message has less than 256 MB
}

// New256 is a SHA-256 of nothing yet.
func New256() (h Hash256) {
	for i, w := range start512 {
		h.state[i] = uint32(w >> 32)
	}
	return h
}

// Write adds to the message.
//
//go:noinline
func (h *Hash256) Write(data []byte) {
	for len(data) > 0 {
		n := copy(h.block[h.size%64:], data)
		data = data[n:]
		if h.size += uint32(n); h.size%64 == 0 {
			h.compress()
		}
	}
}

// Sum ends the message and gives its hash.
//
//go:noinline
func (h *Hash256) Sum() (sum [32]byte) {
	length, end := h.size*8, h.size%64
	h.block[end] = 0x80
	clear(h.block[end+1:])
	if end >= 56 { // no room for the length
		h.compress()
		clear(h.block[:])
	}
	h.block[60], h.block[61], h.block[62], h.block[63] = byte(length>>24), byte(length>>16), byte(length>>8), byte(length)
	h.compress()
	for i := range sum {
		sum[i] = byte(h.state[i/4] >> (24 - i%4*8))
	}
	return sum
}

// compress takes the block into the state.
func (h *Hash256) compress() {
	var w [64]uint32
	for i := range h.block {
		w[i/4] = w[i/4]<<8 | uint32(h.block[i])
	}
	for i := 16; i < len(w); i++ {
		x, y := w[i-15], w[i-2]
		w[i] = w[i-16] + w[i-7] +
			(bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3) +
			(bits.RotateLeft32(y, -17) ^ bits.RotateLeft32(y, -19) ^ y>>10)
	}
	a, b, c, d, e, f, g, z := h.state[0], h.state[1], h.state[2], h.state[3], h.state[4], h.state[5], h.state[6], h.state[7]
	for i := range w {
		t := z + w[i] + uint32(rounds[i]>>32) + (e&f ^ ^e&g) +
			(bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25))
		u := (a&b ^ a&c ^ b&c) +
			(bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22))
		a, b, c, d, e, f, g, z = t+u, a, b, c, d+t, e, f, g
	}
	for i, w := range [8]uint32{a, b, c, d, e, f, g, z} {
		h.state[i] += w
	}
}
