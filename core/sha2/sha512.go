package sha2

import "math/bits"

// Hash512 is a message that is being hashed.
type Hash512 struct {
	state [8]uint64
	block [128]byte
	size  uint64 // bytes written
}

// The first states of SHA-512 and of SHA-512/256.
var (
	start512 = [8]uint64{
		0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
	}
	start512to256 = [8]uint64{
		0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
		0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
	}
)

// New512 is a SHA-512 of nothing yet.
func New512() Hash512 { return Hash512{state: start512} }

// Sum512To256 is the SHA-512/256 of data.
func Sum512To256(data []byte) (sum [32]byte) {
	h := Hash512{state: start512to256}
	h.Write(data)
	var whole [64]byte
	h.Sum(&whole)
	copy(sum[:], whole[:])
	return sum
}

// Write adds to the message.
//
//go:noinline
func (h *Hash512) Write(data []byte) {
	for len(data) > 0 {
		n := copy(h.block[h.size%128:], data)
		data = data[n:]
		if h.size += uint64(n); h.size%128 == 0 {
			h.compress()
		}
	}
}

// Sum ends the message and gives its hash.
func (h *Hash512) Sum(sum *[64]byte) {
	length := h.size * 8
	h.Write([]byte{0x80})
	for h.size%128 != 112 {
		h.Write([]byte{0})
	}
	h.Write([]byte{0, 0, 0, 0, 0, 0, 0, 0}) // the upper half of the length
	putBig(h.block[120:], length)
	h.compress()
	for i, w := range h.state {
		putBig(sum[8*i:], w)
	}
}

//go:noinline
func putBig(p []byte, w uint64) {
	for i := 7; i >= 0; i-- {
		p[i] = byte(w)
		w >>= 8
	}
}

// compress takes the block into the state.
func (h *Hash512) compress() {
	var w [80]uint64
	for i := range 16 {
		for _, c := range h.block[8*i : 8*i+8] {
			w[i] = w[i]<<8 | uint64(c)
		}
	}
	for i := 16; i < len(w); i++ {
		x, y := w[i-15], w[i-2]
		w[i] = w[i-16] + w[i-7] +
			(bits.RotateLeft64(x, -1) ^ bits.RotateLeft64(x, -8) ^ x>>7) +
			(bits.RotateLeft64(y, -19) ^ bits.RotateLeft64(y, -61) ^ y>>6)
	}
	s := h.state
	for i := range w {
		a, e := s[0], s[4]
		t := s[7] + w[i] + rounds[i] + (e&s[5] ^ ^e&s[6]) +
			(bits.RotateLeft64(e, -14) ^ bits.RotateLeft64(e, -18) ^ bits.RotateLeft64(e, -41))
		u := (a&s[1] ^ a&s[2] ^ s[1]&s[2]) +
			(bits.RotateLeft64(a, -28) ^ bits.RotateLeft64(a, -34) ^ bits.RotateLeft64(a, -39))
		s = [8]uint64{t + u, a, s[1], s[2], s[3] + t, e, s[5], s[6]}
	}
	for i, w := range s {
		h.state[i] += w
	}
}
