package hash32

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The known values of MurmurHash3_x86_32 that its implementations are tested with.
func TestMurmur3(t *testing.T) {
	for _, c := range []struct {
		data string
		seed uint32
		want uint32
	}{
		{"", 0, 0},
		{"", 1, 0x514e28b7},
		{"", 0xffffffff, 0x81f16f39},
		{"\x00\x00\x00\x00", 0, 0x2362f9de},
		{"\xff\xff\xff\xff", 0, 0x76293b50},
		{"\x21\x43\x65\x87", 0, 0xf55b516b},
		{"\x21\x43\x65\x87", 0x5082edee, 0x2362f9de},
		{"\x21\x43\x65", 0, 0x7e4a8634},
		{"\x21\x43", 0, 0xa0f7b07a},
		{"\x21", 0, 0x72661cf4},
		{"test", 0, 0xba6bd213},
		{"test", 0x9747b28c, 0x704b81dc},
		{"Hello, world!", 0, 0xc0363e43},
		{"Hello, world!", 0x9747b28c, 0x24884cba},
		{"The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723},
		{"The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd},
	} {
		for cut := range len(c.data) + 1 { // in one piece, and in any two
			m := Murmur3{H: c.seed}
			m.Add(c.data[:cut])
			m.Add(c.data[cut:])
			require.Equal(t, c.want, m.Sum(), "%q, seed %#x, cut at %d", c.data, c.seed, cut)
		}
	}
}

// The values of RFC 9923's test program for text without its closing zero, and Go's own implementation.
func TestFNV1a(t *testing.T) {
	require.Equal(t, uint32(0x811c9dc5), FNV1a(FNVBasis, ""))
	require.Equal(t, uint32(0xe40c292c), FNV1a(FNVBasis, "a"))
	require.Equal(t, uint32(0xbf9cf968), FNV1a(FNVBasis, "foobar"))
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		data := make([]byte, r.IntN(50))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		want := fnv.New32a()
		want.Write(data)
		cut := r.IntN(len(data) + 1)
		require.Equal(t, want.Sum32(), FNV1a(FNV1a(FNVBasis, string(data[:cut])), string(data[cut:])), "%x", data)
	}
	for _, number := range []uint32{0, 9, 10, 99, 100, 1_000_000_000, 4_294_967_295} {
		require.Equal(t, FNV1a(7, strconv.FormatUint(uint64(number), 10)), FNV1aDecimal(7, number), number)
	}
}
