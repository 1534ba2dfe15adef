// Package mac authenticates what leaves an edge node and comes back: HMAC-SHA256 (RFC 2104, FIPS 180-4). One secret serves
// several uses, so each begins its message with a label of its own (Begin) and nothing made for one is taken for another.
//
// Nothing is allocated, and a Key keeps what its secret was made to, so that it is made once.
package mac

import "github.com/edgewise-dev/edgewise/core/sha2"

// Size is the length of a code in bytes.
const Size = 32

// The uses of a secret: what a message begins with. One of a hand-over has no label: it begins with a digit (Start).
const (
	State     = "state"     // the state cookie
	Preview   = "preview"   // a preview link
	Pseudonym = "pseudonym" // the unit in lines about exposure
)

// Key is a secret and a message to be authenticated by it. The zero Key has an empty secret.
type Key struct {
	padded       [64]byte
	set          bool
	inner, outer sha2.Hash256 // having read the key's block
	message      sha2.Hash256
}

// Set makes a secret the key's; of one longer than a block the hash counts, as RFC 2104 says. The same secret again costs nothing.
func (k *Key) Set(secret []byte) {
	var padded [64]byte
	if len(secret) > len(padded) {
		h := sha2.New256()
		h.Write(secret)
		sum := h.Sum()
		secret = sum[:]
	}
	copy(padded[:], secret)
	if k.set && Equal(padded[:], k.padded[:]) {
		return
	}
	k.padded, k.set = padded, true
	k.inner, k.outer = sha2.New256(), sha2.New256()
	for i := range padded {
		padded[i] ^= 0x36
	}
	k.inner.Write(padded[:])
	for i := range padded {
		padded[i] ^= 0x36 ^ 0x5c
	}
	k.outer.Write(padded[:])
}

// Start begins a message.
func (k *Key) Start() {
	if !k.set {
		k.Set(nil)
	}
	k.message = k.inner
}

// Begin begins a message of a use, at a site: the bundle's name.
func (k *Key) Begin(use, site string) {
	k.Start()
	k.WriteText(use)
	k.Write(lineEnd)
	k.WriteText(site)
	k.Write(lineEnd)
}

var lineEnd = []byte{'\n'}

// Write adds to the message.
func (k *Key) Write(data []byte) { k.message.Write(data) }

// WriteText adds to the message.
func (k *Key) WriteText(s string) { k.message.Write(unsafeBytes(s)) }

// Sum ends the message and gives its code.
func (k *Key) Sum() [Size]byte {
	sum := k.message.Sum()
	k.message = k.outer
	k.message.Write(sum[:])
	return k.message.Sum()
}

// Equal compares two codes in a time that does not tell where they differ. Codes of different lengths are not equal.
func Equal(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	differ := byte(0)
	for i := range a {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}
