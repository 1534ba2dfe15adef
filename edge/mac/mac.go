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

// Key is a secret and a message to be authenticated by it. Set comes first.
type Key struct {
	padded       [sha2.Block256]byte
	set          bool
	inner, outer sha2.State256 // having read the key's block
	message      sha2.Hash256
	sum          [Size]byte
}

// Set makes a secret the key's; of one longer than a block the hash counts, as RFC 2104 says. The same secret again costs little.
func (k *Key) Set(secret []byte) {
	if len(secret) > len(k.padded) {
		k.message.Reset()
		k.message.Write(secret)
		k.message.Sum(&k.sum)
		secret = k.sum[:]
	}
	same := k.set
	for i := range k.padded {
		c := byte(0)
		if i < len(secret) {
			c = secret[i]
		}
		same = same && k.padded[i] == c
		k.padded[i] = c
	}
	if !same {
		k.set = true
		k.pad(0x36, &k.inner)
		k.pad(0x5c, &k.outer)
	}
}

// pad hashes the key's block, each byte with another.
func (k *Key) pad(with byte, to *sha2.State256) {
	k.message.Reset()
	for _, c := range k.padded[:] {
		k.sum[0] = c ^ with
		k.message.Write(k.sum[:1])
	}
	k.message.State(to)
}

// Start begins a message.
func (k *Key) Start() { k.message.Resume(&k.inner) }

// Begin begins a message of a use, at a site: the bundle's name.
func (k *Key) Begin(use, site string) {
	k.Start()
	k.WriteText(use)
	k.WriteText("\n")
	k.WriteText(site)
	k.WriteText("\n")
}

// Write adds to the message.
//
//go:noinline
func (k *Key) Write(data []byte) { k.message.Write(data) }

// WriteText adds to the message.
//
//go:noinline
func (k *Key) WriteText(s string) { k.message.Write(unsafeBytes(s)) }

// Sum ends the message and gives its code, of Size bytes, which lasts until the key is used again.
func (k *Key) Sum() []byte {
	k.message.Sum(&k.sum)
	k.message.Resume(&k.outer)
	k.message.Write(k.sum[:])
	k.message.Sum(&k.sum)
	return k.sum[:]
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
