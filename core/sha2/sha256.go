package sha2

import "math/bits"

// Hash256 is a message that is being hashed. Reset begins one.
type Hash256 struct {
	state State256
	block [64]byte
	size  uint32 // bytes written; a message has less than 256 MB
}

// State256 is what whole blocks have come to.
type State256 [8]uint32

// Block256 is the size of a block in bytes.
const Block256 = 64

// Reset begins a message.
func (h *Hash256) Reset() {
	for i, w := range start512[:] {
		h.state[i] = uint32(w >> 32)
	}
	h.size = 0
}

// State saves what the message has come to, after one whole block, and Resume goes on from there.
func (h *Hash256) State(to *State256) { copy(to[:], h.state[:]) }

// Resume is described with State.
func (h *Hash256) Resume(from *State256) {
	copy(h.state[:], from[:])
	h.size = Block256
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
func (h *Hash256) Sum(sum *[32]byte) {
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
	s := &h.state
	s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = s[0]+a, s[1]+b, s[2]+c, s[3]+d, s[4]+e, s[5]+f, s[6]+g, s[7]+z
}
