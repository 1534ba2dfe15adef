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
		var h Hash256
		var sum [32]byte
		h.Reset()
		h.Write([]byte(message))
		h.Sum(&sum)
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
		var h256, resumed Hash256
		var sum256 [32]byte
		h512 := New512()
		h256.Reset()
		for _, piece := range [][]byte{data[:cut], data[cut:]} {
			h256.Write(piece)
			h512.Write(piece)
		}
		h256.Sum(&sum256)
		require.Equal(t, sha256.Sum256(data), sum256, size)
		if size >= Block256 {
			var state State256
			h256.Reset()
			h256.Write(data[:Block256])
			h256.State(&state)
			resumed.Resume(&state)
			resumed.Write(data[Block256:])
			resumed.Sum(&sum256)
			require.Equal(t, sha256.Sum256(data), sum256, size)
		}
		var sum512 [64]byte
		h512.Sum(&sum512)
		require.Equal(t, sha512.Sum512(data), sum512, size)
		require.Equal(t, sha512.Sum512_256(data), Sum512To256(data), size)
	}
}

func BenchmarkSHA256(b *testing.B) {
	block := make([]byte, 64)
	var h Hash256
	h.Reset()
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
