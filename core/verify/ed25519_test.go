package verify

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

func TestSumIsTheStandardLibrarys(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for size := range 600 {
		data := make([]byte, size)
		random.Read(data)
		require.EqualValues(t, sha512.Sum512_256(data), Sum(data), size)
	}
}

// wycheproof is a line of the vectors: hexadecimal.
type wycheproof struct {
	ID, PK, Msg, Sig string
	Valid            bool
	Comment          string
}

func TestCheckSignatureKeepsToWycheproof(t *testing.T) {
	checked := 0
	for _, c := range vectors.Lines[wycheproof](t, "ed25519", "cases.jsonl") {
		public, err := hex.DecodeString(c.PK)
		require.NoError(t, err)
		message, err := hex.DecodeString(c.Msg)
		require.NoError(t, err)
		signature, err := hex.DecodeString(c.Sig)
		require.NoError(t, err)
		if len(public) != 32 || len(signature) != 64 {
			require.False(t, c.Valid, c.ID) // which Go's types refuse
			continue
		}
		require.Equal(t, c.Valid, CheckSignature((*[32]byte)(public), message, (*[64]byte)(signature)), "%s: %s", c.ID, c.Comment)
		checked++
	}
	require.Greater(t, checked, 10)
	t.Logf("%d of Wycheproof's signatures, each judged as it says", checked)
}

func TestCheckSignatureIsTheStandardLibrarys(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	for range 50 {
		public, private, err := ed25519.GenerateKey(random)
		require.NoError(t, err)
		message := make([]byte, random.Intn(300))
		random.Read(message)
		signature := ed25519.Sign(private, message)
		require.True(t, CheckSignature((*[32]byte)(public), message, (*[64]byte)(signature)))
		signature[random.Intn(64)] ^= 1 << random.Intn(8)
		require.False(t, CheckSignature((*[32]byte)(public), message, (*[64]byte)(signature)))
		require.False(t, ed25519.Verify(public, message, signature))
	}
}

// Keys and signatures that other verifiers take, or take differently.
func TestCheckSignatureRefusesWhatIsAmbiguous(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.New(rand.NewSource(3)))
	require.NoError(t, err)
	message := []byte("a statement")
	prehashed := sha512.Sum512(message)
	signed := func(message []byte, options *ed25519.Options) []byte {
		signature, err := private.Sign(nil, message, options)
		require.NoError(t, err)
		return signature
	}
	plain := signed(message, &ed25519.Options{})
	aboveOrder := append([]byte(nil), plain...)
	carry := 0
	for i, c := range order {
		carry += int(aboveOrder[32+i]) + int(c)
		aboveOrder[32+i], carry = byte(carry), carry>>8
	}
	identity := [32]byte{1}
	sameIdentity := identity
	sameIdentity[0] = 0xee // y = 1 + the field's prime
	for i := 1; i < 32; i++ {
		sameIdentity[i] = 0xff
	}
	sameIdentity[31] = 0x7f
	negativeZero := identity
	negativeZero[31] = 0x80
	forIdentity := append(append([]byte(nil), identity[:]...), make([]byte, 32)...) // R the identity, S zero: holds for any message
	for _, c := range []struct {
		name      string
		public    []byte
		signature []byte
		want      bool
	}{
		{"an ordinary signature", public, plain, true},
		{"Ed25519ph, of a hash", public, signed(prehashed[:], &ed25519.Options{Hash: crypto.SHA512}), false},
		{"Ed25519ctx, with a context", public, signed(message, &ed25519.Options{Context: "edgewise"}), false},
		{"S plus the group's order", public, aboveOrder, false},
		{"a key of which y is not below the prime", sameIdentity[:], forIdentity, false},
		{"a key with the sign of a zero", negativeZero[:], forIdentity, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, CheckSignature((*[32]byte)(c.public), message, (*[64]byte)(c.signature)))
		})
	}
}

// order is the order of the group, 2^252 + 27742317777372353535851937790883648493, the low byte first.
var order = []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
