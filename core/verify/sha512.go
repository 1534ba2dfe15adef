package verify

import "math/bits"

// SHA-512 as FIPS 180-4 has it, in full for Ed25519 and, from another start, cut to 256 bits for digests: one hash serves both. The standard
// library's would add 60 KB to the module.

// hash512 is a message that is being hashed.
type hash512 struct {
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
	start256 = [8]uint64{
		0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
		0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
	}
)

// rounds are the first 64 bits of the fractional parts of the cube roots of the first eighty primes.
var rounds = [80]uint64{
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
}

//go:noinline
func (h *hash512) write(data []byte) {
	for len(data) > 0 {
		n := copy(h.block[h.size%128:], data)
		data = data[n:]
		if h.size += uint64(n); h.size%128 == 0 {
			h.compress()
		}
	}
}

// sum ends the message.
func (h *hash512) sum() (sum [64]byte) {
	length := h.size * 8
	h.write([]byte{0x80})
	for h.size%128 != 112 {
		h.write([]byte{0})
	}
	h.write([]byte{0, 0, 0, 0, 0, 0, 0, 0}) // the upper half of the length
	putBig(h.block[120:], length)
	h.compress()
	for i, w := range h.state {
		putBig(sum[8*i:], w)
	}
	return sum
}

//go:noinline
func putBig(p []byte, w uint64) {
	for i := 7; i >= 0; i-- {
		p[i] = byte(w)
		w >>= 8
	}
}

// compress takes the block into the state.
func (h *hash512) compress() {
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

// Digest is a SHA-512/256 hash: what the standard library's sha512.Sum512_256 gives.
type Digest [32]byte

// Sum gives the digest of data.
//
//go:noinline
func Sum(data []byte) (d Digest) {
	h := hash512{state: start256}
	h.write(data)
	sum := h.sum()
	copy(d[:], sum[:])
	return d
}

// String is the digest as people compare it: "sha512-256:" and 64 hexadecimal digits, as `openssl dgst -sha512-256` prints.
func (d Digest) String() string {
	const digits = "0123456789abcdef"
	text := []byte("sha512-256:")
	for _, c := range d {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}
