package mac

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The test cases of RFC 4231, section 4; the fifth is of a code cut to 128 bits.
func TestRFC4231(t *testing.T) {
	long := bytes.Repeat([]byte{0xaa}, 131)
	for _, c := range []struct {
		name         string
		key, message []byte
		want         string
	}{
		{"a short key", bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"a key shorter than the code", []byte("Jefe"), []byte("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"key and message longer than a block together", long[:20], bytes.Repeat([]byte{0xdd}, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{"another key", unhex(t, "0102030405060708090a0b0c0d0e0f10111213141516171819"), bytes.Repeat([]byte{0xcd}, 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
		{"a code that is cut", bytes.Repeat([]byte{0x0c}, 20), []byte("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"},
		{"a key longer than a block", long, []byte("Test Using Larger Than Block-Size Key - Hash Key First"), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{"both longer than a block", long, []byte("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k Key
			k.Set([]byte("another secret before"))
			k.Set(c.key)
			k.Start()
			k.Write(c.message)
			sum := k.Sum()
			require.Equal(t, c.want, hex.EncodeToString(sum[:len(c.want)/2]))
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	data, err := hex.DecodeString(s)
	require.NoError(t, err)
	return data
}

func TestCodesAreTheStandardLibrarys(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var k Key
	for range 500 {
		secret, message := bytesOf(random, 150), bytesOf(random, 300)
		k.Set(secret)
		for _, again := range []bool{false, true} {
			k.Start()
			k.Write(message[:len(message)/3])
			k.WriteText(string(message[len(message)/3:]))
			got := k.Sum()
			want := hmac.New(sha256.New, secret)
			want.Write(message)
			require.Equal(t, want.Sum(nil), got, "again: %v", again)
		}
	}
}

func bytesOf(random *rand.Rand, atMost int) []byte {
	data := make([]byte, random.IntN(atMost+1))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

// One secret serves several uses and sites: a code of one is none of another, however the texts are moved about.
func TestUsesAreApart(t *testing.T) {
	var k Key
	k.Set([]byte("secret"))
	seen := map[[Size]byte]string{}
	for _, message := range [][3]string{
		{State, "shop", "x"}, {Preview, "shop", "x"}, {Pseudonym, "shop", "x"}, {State, "shop2", "x"}, {State, "shop", "2x"}, {State, "", "shopx"}, {State, "shopx", ""},
	} {
		k.Begin(message[0], message[1])
		k.WriteText(message[2])
		sum := [Size]byte(k.Sum())
		require.Empty(t, seen[sum], message)
		seen[sum] = message[0] + message[1]
	}
}

func TestEqual(t *testing.T) {
	require.True(t, Equal([]byte("abc"), []byte("abc")))
	require.True(t, Equal(nil, nil))
	for _, other := range []string{"abd", "Abc", "ab", "abcd", ""} {
		require.False(t, Equal([]byte("abc"), []byte(other)), other)
	}
}

func TestHexAndBase64(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		data := bytesOf(random, 70)
		require.Equal(t, hex.EncodeToString(data), string(AppendHex(nil, data)))
		encoded := string(AppendBase64(nil, data))
		require.Equal(t, base64.RawURLEncoding.EncodeToString(data), encoded)
		room := make([]byte, len(data))
		n, ok := DecodeBase64(room, encoded)
		require.True(t, ok)
		require.Equal(t, data, room[:n])
	}
}

// What a text stands for has one spelling, so that a cookie cannot be changed and still be the same.
func TestBase64HasOneSpelling(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"one digit too many", "AAAAA"},
		{"bits left over", "AB"},
		{"bits left over behind two bytes", "AAB"},
		{"padding", "AA=="},
		{"a line end", "AA\nAA"},
		{"the other alphabet", "+/AA"},
		{"a space", "AA AA"},
		{"no room", "AAAAAAAAAAAAAAAA"},
	} {
		n, ok := DecodeBase64(make([]byte, 8), c.text)
		require.False(t, ok, "%s: %d bytes", c.name, n)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var k Key
	secret, room := []byte("0123456789abcdef0123456789abcdef"), make([]byte, 0, 2*Size)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		k.Set(secret)
		k.Begin(State, "shop")
		k.WriteText("what the cookie holds")
		sum := k.Sum()
		room = AppendHex(room[:0], sum[:])
	}))
}

func BenchmarkState(b *testing.B) {
	var k Key
	secret, state := make([]byte, 32), make([]byte, 120)
	for b.Loop() {
		k.Set(secret)
		k.Begin(State, "storefront")
		k.Write(state)
		k.Sum()
	}
}
