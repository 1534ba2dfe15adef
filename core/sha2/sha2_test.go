package sha2

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples of NIST's secure hashing page, for FIPS 180-4.
func TestSHA256(t *testing.T) {
	for message, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	} {
		h := New256()
		h.Write([]byte(message))
		sum := h.Sum()
		require.Equal(t, want, hex.EncodeToString(sum[:]), message)
	}
}

func TestHashesAreTheStandardLibrarys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 400 {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		cut := random.IntN(size + 1) // the pieces in which a message comes do not matter
		h256, h512 := New256(), New512()
		for _, piece := range [][]byte{data[:cut], data[cut:]} {
			h256.Write(piece)
			h512.Write(piece)
		}
		require.Equal(t, sha256.Sum256(data), h256.Sum(), size)
		require.Equal(t, sha512.Sum512(data), h512.Sum(), size)
		require.Equal(t, sha512.Sum512_256(data), Sum512To256(data), size)
	}
}

func BenchmarkSHA256(b *testing.B) {
	block := make([]byte, 64)
	h := New256()
	b.SetBytes(64)
	for b.Loop() {
		h.Write(block)
	}
}

func BenchmarkStandardSHA256(b *testing.B) {
	block := make([]byte, 64)
	h := sha256.New()
	b.SetBytes(64)
	for b.Loop() {
		h.Write(block)
	}
}
