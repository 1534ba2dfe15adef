package text_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseDuration(t *testing.T) {
	for name, s := range map[string]string{
		"a lone zero":                       "0",
		"a lone zero with a sign":           "-0",
		"two zeros":                         "00",
		"seconds":                           "86400s",
		"each unit":                         "1h2m3s4ms5us6ns",
		"both letters mu":                   "1\u00b5s1\u03bcs",
		"any order, and twice":              "1s1h1s",
		"negative fraction":                 "-1.5h",
		"plus":                              "+5s",
		"no digit before the point":         ".5s",
		"no digit after the point":          "5.s",
		"a third of an hour":                "0.333333333333333333333333333h",
		"zeros in front":                    "000000000000000000000000000001s",
		"a tenth of a nanosecond":           "0.1ns",
		"the highest":                       "9223372036854775807ns",
		"one above the highest":             "9223372036854775808ns",
		"the lowest":                        "-9223372036854775808ns",
		"one below the lowest":              "-9223372036854775809ns",
		"the highest in seconds":            "9223372036.854775807s",
		"one above the highest in seconds":  "9223372036.854775808s",
		"the lowest in seconds":             "-9223372036.854775808s",
		"too many hours":                    "2562048h",
		"a sum that is too high":            "2562047h1h",
		"a fraction of too many digits":     "1.00000000000000000000000000000000000000000000000000000000009s",
		"a fraction just too long to count": "0.92233720368547758079s",
		"a sum that wraps around":           "-9223372036854775808ns9223372036854775808ns",
		"nothing":                           "",
		"a sign only":                       "-",
		"two signs":                         "--1s",
		"a point only":                      ".s",
		"no unit":                           "3",
		"no unit after the first":           "3s4",
		"a unit only":                       "s",
		"an unknown unit":                   "1d",
		"a capital unit":                    "1H",
		"a unit that goes on":               "1seconds",
		"a space between":                   "1h 2m",
		"a sign between":                    "1h-2m",
		"two points":                        "1.2.3s",
		"an exponent":                       "1e3s",
	} {
		t.Run(name, func(t *testing.T) { sameDuration(t, s) })
	}
}

func TestAppendDuration(t *testing.T) {
	for name, c := range map[string]struct {
		nanos int64
		want  string
	}{
		"zero":                              {0, "0s"},
		"a nanosecond":                      {1, "0.000000001s"},
		"a second and a half":               {1_500_000_000, "1.5s"},
		"negative":                          {-90_000_000_000, "-90s"},
		"microseconds that a double misses": {3_558_546_000, "3.5585459999999998s"},
		"52 days, to the microsecond":       {1 << 52 / 1000 * 1000, "4503599.62737s"},
		"104 days, a nanosecond short":      {1<<53 - 1, "9007199.25474099s"},
		"the highest loses its end":         {math.MaxInt64, "9223372036.854776s"},
		"the lowest loses its end":          {math.MinInt64, "-9223372036.854776s"},
		"a million seconds, no exponents":   {1_000_000_000_000_000, "1000000s"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "for "+c.want, string(text.AppendDuration([]byte("for "), c.nanos)))
		})
	}
}

func TestDurationsAtRandom(t *testing.T) {
	r := random()
	for range 50_000 {
		d := time.Duration(r.Uint64()) >> r.IntN(64)
		want := strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
		require.Equal(t, want, string(text.AppendDuration(nil, int64(d))))
		sameDuration(t, d.String())
		sameDuration(t, mutate(r, d.String(), "0123456789.-+numsh\u00b5"))
	}
}

func sameDuration(t *testing.T, s string) {
	t.Helper()
	want, err := time.ParseDuration(s)
	got, ok := text.ParseDuration(s)
	if (err == nil) != ok || got != int64(want) {
		t.Fatalf("ParseDuration(%q) is %d, %v; want %d, %v", s, got, ok, want, err)
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"0", "1h2m3s4ms5us6ns", "-1.5h", "0.3333333333333333333333h", "9223372036854775807ns", "1\u00b5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sameDuration(t, s)
		if nanos, ok := text.ParseDuration(s); ok {
			require.Equal(t, strconv.FormatFloat(time.Duration(nanos).Seconds(), 'f', -1, 64)+"s", string(text.AppendDuration(nil, nanos)))
		}
	})
}
