package text_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

// Every double comes out as strconv writes it, whatever the precision.
func TestRoundedAsStrconv(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	values := []float64{0, math.Copysign(0, -1), 1, 0.5, 1.5, 2.5, 0.05, 0.15, 9.5, 99.95, 0.999999, 9.9999999, 1e21, 1e22, 1e23, 123456789, 3.4999, 123.4999,
		math.MaxFloat64, math.SmallestNonzeroFloat64, 2.2250738585072014e-308, 1 << 53, 1<<53 - 1, 0.1, 1.0 / 3}
	for range 20_000 {
		values = append(values, math.Float64frombits(random.Uint64()), random.NormFloat64(), math.Trunc(random.Float64()*1e6)/1e3)
	}
	precisions := []int{text.Shortest, 0, 1, 2, 3, 6, 17, 99, text.MaxPrecision}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		for j, precision := range precisions {
			if i > 1000 && (i+j)%4 != 0 {
				continue
			}
			require.Equal(t, strconv.FormatFloat(v, 'f', precision, 64), string(text.AppendRounded(nil, v, precision, false)))
			if precision != text.Shortest {
				require.Equal(t, strconv.FormatFloat(v, 'e', precision, 64), string(text.AppendRounded(nil, v, precision, true)))
			}
		}
	}
}

func TestRoundedOfWhatIsNoNumber(t *testing.T) {
	require.Equal(t, "NaN", string(text.AppendRounded(nil, math.NaN(), 2, false)))
	require.Equal(t, "NaN", string(text.AppendRounded(nil, -math.NaN(), 2, false)))
	require.Equal(t, "Infinity", string(text.AppendRounded(nil, math.Inf(1), 2, true)))
	require.Equal(t, "-Infinity", string(text.AppendRounded(nil, math.Inf(-1), text.Shortest, false)))
}

func TestBitsAsStrconv(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	for i := range 2_000 {
		v := random.Uint64() >> (i % 64)
		if i == 0 {
			v = 0
		}
		require.Equal(t, strconv.FormatUint(v, 2), string(text.AppendBits(nil, v, 1, 'a')))
		require.Equal(t, strconv.FormatUint(v, 8), string(text.AppendBits(nil, v, 3, 'a')))
		require.Equal(t, strconv.FormatUint(v, 16), string(text.AppendBits(nil, v, 4, 'a')))
		require.Equal(t, strings.ToUpper(strconv.FormatUint(v, 16)), string(text.AppendBits(nil, v, 4, 'A')))
	}
}
