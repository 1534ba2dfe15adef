package verify

import "github.com/edgewise-dev/edgewise/core/sha2"

// Digest is a SHA-512/256 hash: what the standard library's sha512.Sum512_256 gives.
type Digest [32]byte

// Sum gives the digest of data.
//
//go:noinline
func Sum(data []byte) Digest { return sha2.Sum512To256(data) }

// is says whether two digests are the same. A comparison of arrays would be written out byte by byte in the module, at each place.
func (d *Digest) is(other *Digest) bool { return same(d[:], other[:]) }

// same says whether two pieces of the same length are the same. Nothing here is secret, so it may take less time where they are not.
//
//go:noinline
func same(a, b []byte) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
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
