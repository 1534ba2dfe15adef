package xxhash

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The specification's reference implementation over its own test data: byte i is the top byte of a 32-bit generator that
// starts at 2654435761 and is multiplied by itself at each step.
func TestReferenceVectors(t *testing.T) {
	const seed = 2654435761
	data := make([]byte, 222)
	gen := uint64(seed)
	for i := range data {
		data[i] = byte(gen >> 56)
		gen *= 11400714785074694797
	}
	for _, c := range []struct {
		name   string
		length int
		seed   uint64
		want   uint64
	}{
		{"empty", 0, 0, 0xEF46DB3751D8E999},
		{"empty, seeded", 0, seed, 0xAC75FDA2929B17EF},
		{"one byte", 1, 0, 0xE934A84ADB052768},
		{"one byte, seeded", 1, seed, 0x5014607643A9B4C3},
		{"less than a stripe", 14, 0, 0x8282DCC4994E35C8},
		{"several stripes", 222, 0, 0xB641AE8CB691C174},
		{"several stripes, seeded", 222, seed, 0x20CB8AB7AE10C14A},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Sum64(string(data[:c.length]), c.seed))
		})
	}
}

func TestKnownText(t *testing.T) {
	require.Equal(t, uint64(0x44BC2CF5AD770999), Sum64("abc", 0))
	sum := uint64(0)
	require.Zero(t, testing.AllocsPerRun(100, func() { sum += Sum64("abcdefghijklmnopqrstuvwxyz0123456789", 1) }))
	require.NotZero(t, sum)
}
