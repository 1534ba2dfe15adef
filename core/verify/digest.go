package verify

import "github.com/edgewise-dev/edgewise/core/sha2"

// Digest is a SHA-512/256 hash: what the standard library's sha512.Sum512_256 gives.
type Digest [32]byte

// Sum gives the digest of data.
//
//go:noinline
func Sum(data []byte) Digest { return sha2.Sum512To256(data) }

// String is the digest as people compare it: "sha512-256:" and 64 hexadecimal digits, as `openssl dgst -sha512-256` prints.
func (d Digest) String() string {
	const digits = "0123456789abcdef"
	text := []byte("sha512-256:")
	for _, c := range d {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}
