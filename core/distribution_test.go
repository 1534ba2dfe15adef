package core_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// critical bounds a chi-square statistic: by the Wilson-Hilferty approximation, one in a hundred thousand fair draws exceeds it.
func critical(degrees float64) float64 {
	const z = 4.265
	return degrees * math.Pow(1-2/(9*degrees)+z*math.Sqrt(2/(9*degrees)), 3)
}

func chiSquare(counts []int, expected float64) (sum float64) {
	for _, n := range counts {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

// looks are what units look like.
var looks = map[string]func(i int) string{
	"numbers in a row":        strconv.Itoa,
	"numbers behind a prefix": func(i int) string { return "visitor-" + strconv.Itoa(i) },
	"hexadecimal":             func(i int) string { return strconv.FormatUint(uint64(i)*0x9E3779B97F4A7C15, 16) },
}

// spread counts which hundredth of the buckets units are put into, and which pairs of tenths by two splits.
func spread(t *testing.T, hash format.Hash, units int, unit func(i int) string) (hundredths, pairs []int) {
	s := newShop()
	s.decide("hero", 1, s.halvesBy(hash, "summer-2026"), s.halvesBy(hash, "summer-2027"))
	b := s.load(t)
	c, e := b.NewContext(), b.NewEvaluator()
	c.Grant(1)
	hundredths, pairs = make([]int, 100), make([]int, 10*10)
	for i := range units {
		c.Set(session, core.String(unit(i)))
		first, _, ok := e.Assign(c, 0, 0)
		second, _, _ := e.Assign(c, 0, 1)
		if !ok {
			t.Fatal("no unit")
		}
		hundredths[first/100]++
		pairs[first/1000*10+second/1000]++
	}
	return hundredths, pairs
}

// A split gives every part of its buckets its due of a million units, whatever they look like, and where one split puts a unit says
// nothing about where another one does.
func TestUnitsAreSpreadEvenlyAndIndependently(t *testing.T) {
	units := 1_000_000
	if testing.Short() {
		units = 100_000
	}
	for _, hash := range []format.Hash{format.HashXX64, format.HashMurmur3, format.HashMurmur3Mod, format.HashFNV1aTwice} {
		for look, unit := range looks {
			t.Run(hash.String()+", "+look, func(t *testing.T) {
				hundredths, pairs := spread(t, hash, units, unit)
				require.Less(t, chiSquare(hundredths, float64(units)/100), critical(99))
				require.Less(t, chiSquare(pairs, float64(units)/100), critical(99))
			})
		}
	}
}

// FNV-1a once, with the seed behind the unit, is here for those who come from a system that hashes so. It gives every part about its due,
// but two splits by it sort units much alike, which is why linting advises against it.
func TestFNV1aOnceKeepsNoSplitsApart(t *testing.T) {
	const units = 100_000
	for look, unit := range looks {
		t.Run(look, func(t *testing.T) {
			hundredths, _ := spread(t, format.HashFNV1a, units, unit)
			require.Less(t, chiSquare(hundredths, units/100), 2*critical(99))
		})
	}
	_, pairs := spread(t, format.HashFNV1a, units, looks["hexadecimal"])
	require.Greater(t, chiSquare(pairs, units/100), 100*critical(99))
}
