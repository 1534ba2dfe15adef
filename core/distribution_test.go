package core_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
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

// A split gives every part of its buckets its due of a million units, whatever they look like, and where one split puts a unit says
// nothing about where another one does.
func TestUnitsAreSpreadEvenlyAndIndependently(t *testing.T) {
	units := 1_000_000
	if testing.Short() {
		units = 100_000
	}
	for name, unit := range map[string]func(i int) string{
		"numbers in a row":        strconv.Itoa,
		"numbers behind a prefix": func(i int) string { return "visitor-" + strconv.Itoa(i) },
		"hexadecimal":             func(i int) string { return strconv.FormatUint(uint64(i)*0x9E3779B97F4A7C15, 16) },
	} {
		t.Run(name, func(t *testing.T) {
			const parts = 100
			s := newShop()
			s.decide("hero", 1, s.halves("summer-2026"), s.halves("summer-2027"))
			b := s.load(t)
			c, e := b.NewContext(), b.NewEvaluator()
			c.Grant(1)
			spread, together := make([]int, parts), make([]int, 10*10)
			for i := range units {
				c.Set(session, core.String(unit(i)))
				first, _, ok := e.Assign(c, 0, 0)
				second, _, _ := e.Assign(c, 0, 1)
				if !ok {
					t.Fatal("no unit")
				}
				spread[first*parts/10000]++
				together[first/1000*10+second/1000]++
			}
			require.Less(t, chiSquare(spread, float64(units)/parts), critical(parts-1))
			require.Less(t, chiSquare(together, float64(units)/100), critical(99))
		})
	}
}
