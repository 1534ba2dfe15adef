package pattern_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/pattern"
)

// example reads the table of the worked example in the package comment: the pattern \d$.
func example(t testing.TB) []uint32 {
	source, err := os.ReadFile("pattern.go")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(source), "# Worked example")
	require.True(t, found)
	var table []uint32
	for _, digits := range regexp.MustCompile(`\b[0-9a-f]{8}\b`).FindAllString(text, -1) {
		word, err := strconv.ParseUint(digits, 16, 32)
		require.NoError(t, err)
		table = append(table, uint32(word))
	}
	require.Len(t, table, 38)
	return table
}

func TestWorkedExample(t *testing.T) {
	table := example(t)
	require.True(t, pattern.Check(table))
	for text, want := range map[string]bool{
		"": false, "7": true, "a7": true, "7a": false, "0/9": true, "9:": false, "é7": true, "7é": false, "7\xff": false, "\xff7": true, "٣": false,
	} {
		require.Equal(t, want, pattern.Match(table, text), "%q", text)
	}
}

func TestCheckRefuses(t *testing.T) {
	const ranges, rows = pattern.Ranges, pattern.Ranges + 1
	for name, change := range map[string]func(table []uint32) []uint32{
		"nothing":                       func([]uint32) []uint32 { return nil },
		"a header only":                 func(table []uint32) []uint32 { return table[:ranges] },
		"a word too few":                func(table []uint32) []uint32 { return table[:len(table)-1] },
		"a word too many":               func(table []uint32) []uint32 { return append(table, 0) },
		"no rows":                       func(table []uint32) []uint32 { table[0] = 3 << 16; return table[:rows] },
		"no classes":                    func(table []uint32) []uint32 { table[0] = 6 | 1<<16; return table },
		"more entries than can be":      func(table []uint32) []uint32 { table[0] = 0xffffffff; return table },
		"no ranges":                     func(table []uint32) []uint32 { table[1] = 0; return slices.Delete(table, ranges, rows) },
		"ranges beyond the end":         func(table []uint32) []uint32 { table[1] = 0xffffffff; return table },
		"a class that is not there":     func(table []uint32) []uint32 { table[pattern.ASCII+9] = 2 << 24; return table },
		"a range's class not there":     func(table []uint32) []uint32 { table[ranges]++; table[ranges]++; return table },
		"ranges that begin too late":    func(table []uint32) []uint32 { table[ranges] += 1 << pattern.ClassBits; return table },
		"a range beyond all characters": func(table []uint32) []uint32 { return second(table, 0x110000<<pattern.ClassBits) },
		"ranges that do not ascend":     func(table []uint32) []uint32 { return second(table, 128<<pattern.ClassBits) },
		"an entry between rows":         func(table []uint32) []uint32 { table[rows] = 4; return table },
		"an entry behind the rows":      func(table []uint32) []uint32 { table[rows] = 8; return table },
		"an end that leads on":          func(table []uint32) []uint32 { table[rows+1] |= 5; return table },
		"padding that is not zero": func(table []uint32) []uint32 {
			table[0] = 1 | 3<<16
			table[rows], table[rows+1] = 0, 1<<16
			return table[:rows+2]
		},
	} {
		t.Run(name, func(t *testing.T) { require.False(t, pattern.Check(change(example(t)))) })
	}
	require.True(t, pattern.Check(second(example(t), 129<<pattern.ClassBits)), "a second range in its place")
}

// second inserts a second range.
func second(table []uint32, word uint32) []uint32 {
	table[1]++
	return slices.Insert(table, pattern.Ranges+1, word)
}

// Whatever passes Check can be run over anything.
func TestDamagedTablesAreHarmless(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	table := example(t)
	passed := 0
	for range 200_000 {
		table := slices.Clone(table)
		for range 1 + random.IntN(3) {
			table[random.IntN(len(table))] ^= 1 << random.IntN(32)
		}
		if pattern.Check(table) {
			passed++
			pattern.Match(table, "a 7é\xff€😀/0")
		}
	}
	require.NotZero(t, passed)
}

func TestMatchDoesNotAllocate(t *testing.T) {
	table := example(t)
	require.Zero(t, testing.AllocsPerRun(100, func() { pattern.Match(table, "/shop/é/€/42") }))
}

func FuzzCheck(f *testing.F) {
	var bytes []byte
	for _, word := range example(f) {
		bytes = binary.LittleEndian.AppendUint32(bytes, word)
	}
	f.Add(bytes, "a 7é\xff€😀/0")
	f.Fuzz(func(t *testing.T, bytes []byte, text string) {
		var table []uint32
		for ; len(bytes) >= 4; bytes = bytes[4:] {
			table = append(table, binary.LittleEndian.Uint32(bytes))
		}
		if pattern.Check(table) {
			pattern.Match(table, text)
		}
	})
}
