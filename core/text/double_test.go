package text_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseDouble(t *testing.T) {
	for name, s := range map[string]string{
		"whole":                                "80",
		"decimal":                              "19.90",
		"negative zero":                        "-0",
		"zero with an exponent":                "0e999999999999999999999",
		"no digit before the point":            ".5",
		"no digit after the point":             "5.",
		"capital E":                            "1E+3",
		"exponent with zeros":                  "1e-0000000000000000000005",
		"2^53, the last without the long way":  "9007199254740992",
		"2^53 + 1, halfway to an even one":     "9007199254740993",
		"2^53 + 3, halfway to an odd one":      "9007199254740995",
		"10^22":                                "1e22",
		"10^23, which is not a double":         "1e23",
		"nineteen digits":                      "1234567890123456789e-10",
		"twenty digits":                        "12345678901234567890e-10",
		"highest":                              "1.7976931348623157e308",
		"still rounded to the highest":         "1.797693134862315807e308",
		"halfway above the highest":            "1.797693134862315808e308",
		"too high":                             "1e309",
		"much too high":                        "-1e99999999999999999999",
		"smallest":                             "4.9406564584124654e-324",
		"just above half of the smallest":      "2.4703282292062328e-324",
		"just below half of the smallest":      "2.4703282292062327e-324",
		"half of the smallest, exactly":        exactly(math.SmallestNonzeroFloat64, 0),
		"much too small":                       "-1e-99999999999999999999",
		"smallest normal":                      "2.2250738585072014e-308",
		"the largest denormal, rounded":        "2.2250738585072011e-308",
		"zeros in front cancel the exponent":   "0." + strings.Repeat("0", 400) + "1e401",
		"zeros behind cancel the exponent":     "1" + strings.Repeat("0", 400) + "e-400",
		"halfway, with zeros to no end":        "9007199254740993" + strings.Repeat("0", 770) + "e-770",
		"halfway and one in the last place":    "9007199254740993" + strings.Repeat("0", 770) + "1e-771",
		"halfway and a point, and one":         "9007199254740993." + strings.Repeat("0", 770) + "1",
		"as many nines as there may be":        strings.Repeat("9", 794) + "e-700",
		"NaN":                                  "NaN",
		"NaN in other letters":                 "nAN",
		"signed NaN":                           "+NaN",
		"infinity":                             "Inf",
		"signed infinities":                    "-inFinity",
		"positive infinity":                    "+Infinity",
		"half a word":                          "Infin",
		"more than the word":                   "infinityy",
		"nothing":                              "",
		"a sign only":                          "-",
		"a point only":                         ".",
		"a sign and a point":                   "+.",
		"two points":                           "1.2.3",
		"two signs":                            "--1",
		"an exponent only":                     "e5",
		"an exponent without digits":           "1e",
		"an exponent with a sign and no digit": "1e+",
		"an exponent with a point":             "1e1.0",
		"a space in front":                     " 1",
		"a space behind":                       "1 ",
		"a comma":                              "1,5",
	} {
		t.Run(name, func(t *testing.T) { sameDouble(t, s) })
	}
	for name, s := range map[string]string{
		"an underscore, which strconv would read":   "1_0",
		"hexadecimal, which it would too":           "0x1p4",
		"longer than 800 bytes, which it would too": strings.Repeat("0", 800) + "1",
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := text.ParseDouble(s)
			require.False(t, ok)
		})
	}
}

// What lies exactly halfway between two doubles has the most digits that can matter.
func TestParseDoubleHalfway(t *testing.T) {
	r := random()
	for range 500 {
		v := math.Float64frombits(r.Uint64() >> (1 + r.IntN(12)))
		if v >= math.MaxFloat64 {
			continue
		}
		for _, last := range []int{-1, 0, 1} {
			sameDouble(t, exactly(v, last))
		}
	}
}

// exactly writes the number halfway between v and the next smaller double, with last added to its last digit.
func exactly(v float64, last int) string {
	low, high := new(big.Float).SetFloat64(math.Nextafter(v, 0)), new(big.Float).SetFloat64(v)
	middle := new(big.Float).SetPrec(2000).Add(low, high)
	digits := strings.TrimRight(middle.Quo(middle, big.NewFloat(2)).Text('e', 800), "0")
	mantissa, exponent, _ := strings.Cut(digits, "e")
	mantissa = strings.TrimRight(mantissa, "0")
	end := len(mantissa) - 1
	if c := int(mantissa[end]) + last; '0' <= c && c <= '9' {
		mantissa = mantissa[:end] + string(rune(c))
	}
	return mantissa + "e" + exponent
}

func TestAppendDouble(t *testing.T) {
	for name, c := range map[string]struct {
		v         float64
		cel, json string
	}{
		"zero":                            {0, "0", "0"},
		"negative zero":                   {math.Copysign(0, -1), "-0", "-0"},
		"whole":                           {80, "80", "80"},
		"decimal":                         {19.9, "19.9", "19.9"},
		"the last before CEL's exponents": {999999, "999999", "999999"},
		"a million":                       {1e6, "1e+06", "1000000"},
		"more than a million":             {1234567.5, "1.2345675e+06", "1234567.5"},
		"the last before JSON's exponent": {999999999999999900000, "9.999999999999999e+20", "999999999999999900000"},
		"10^21":                           {1e21, "1e+21", "1e+21"},
		"the least without an exponent":   {0.0001, "0.0001", "0.0001"},
		"one place less":                  {0.00001, "1e-05", "0.00001"},
		"the least that JSON has plainly": {0.000001, "1e-06", "0.000001"},
		"exponent of one digit":           {1.5e-7, "1.5e-07", "1.5e-7"},
		"exponent of three digits":        {-1e100, "-1e+100", "-1e+100"},
		"a sum that shows its error":      {sum(0.1, 0.2), "0.30000000000000004", "0.30000000000000004"},
		"highest":                         {math.MaxFloat64, "1.7976931348623157e+308", "1.7976931348623157e+308"},
		"smallest":                        {math.SmallestNonzeroFloat64, "5e-324", "5e-324"},
		"a power of two":                  {0x1p-44, "5.684341886080802e-14", "5.684341886080802e-14"},
		"NaN":                             {math.NaN(), "NaN", `"NaN"`},
		"infinity":                        {math.Inf(1), "+Inf", `"Infinity"`},
		"negative infinity":               {math.Inf(-1), "-Inf", `"-Infinity"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "v="+c.cel, string(text.AppendDouble([]byte("v="), c.v)))
			require.Equal(t, "v="+c.json, string(text.AppendDoubleJSON([]byte("v="), c.v)))
		})
	}
}

// sum adds at run time, with the errors that doubles have.
func sum(a, b float64) float64 { return a + b }

func TestDoublesAroundPowers(t *testing.T) {
	around := func(v float64) {
		for _, v := range []float64{math.Nextafter(v, 0), v, math.Nextafter(v, math.Inf(1))} {
			roundTrip(t, v)
			roundTrip(t, -v)
		}
	}
	for exponent := -1074; exponent <= 1023; exponent++ {
		around(math.Ldexp(1, exponent))
	}
	for exponent := -323; exponent <= 308; exponent++ {
		v, _ := strconv.ParseFloat("1e"+strconv.Itoa(exponent), 64)
		around(v)
	}
}

func TestDoublesAtRandom(t *testing.T) {
	r := random()
	for name, next := range map[string]func() float64{
		"any bits":        func() float64 { return math.Float64frombits(r.Uint64()) },
		"denormals":       func() float64 { return math.Float64frombits(r.Uint64() >> (12 + r.IntN(52))) },
		"everyday sizes":  func() float64 { return math.Ldexp(r.Float64(), r.IntN(80)-40) },
		"whole numbers":   func() float64 { return float64(r.Uint64() >> r.IntN(64)) },
		"short decimals":  func() float64 { return float64(r.IntN(1e9)) / math.Pow10(r.IntN(12)) },
		"fifteen digits":  func() float64 { return float64(r.Uint64N(1e15)) / math.Pow10(r.IntN(23)) },
		"tenths added up": func() float64 { return float64(r.IntN(1000)) * 0.1 },
	} {
		t.Run(name, func(t *testing.T) {
			for range 20_000 {
				roundTrip(t, next())
			}
		})
	}
}

func TestParseDoubleAtRandom(t *testing.T) {
	r := random()
	for range 20_000 {
		v := math.Float64frombits(r.Uint64())
		sameDouble(t, strconv.FormatFloat(v, 'e', r.IntN(40), 64))
		v = math.Ldexp(r.Float64(), r.IntN(200)-100)
		sameDouble(t, mutate(r, strconv.FormatFloat(v, 'f', r.IntN(30), 64), "0123456789.eE+-"))
	}
}

// roundTrip writes v in both ways as the standard library does, and reads it back.
func roundTrip(t *testing.T, v float64) {
	t.Helper()
	var buffer [64]byte
	want := strconv.AppendFloat(buffer[:0], v, 'g', -1, 64)
	got := text.AppendDouble(buffer[len(want):len(want)], v)
	if string(got) != string(want) {
		t.Fatalf("AppendDouble of %#x is %q; want %q", math.Float64bits(v), got, want)
	}
	sameDouble(t, string(got))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	wantJSON, err := json.Marshal(v)
	require.NoError(t, err)
	if got := text.AppendDoubleJSON(buffer[:0], v); string(got) != string(wantJSON) {
		t.Fatalf("AppendDoubleJSON of %#x is %q; want %q", math.Float64bits(v), got, wantJSON)
	}
}

func sameDouble(t *testing.T, s string) {
	t.Helper()
	want, err := strconv.ParseFloat(s, 64)
	got, ok := text.ParseDouble(s)
	if (err == nil) != ok || ok && math.Float64bits(want) != math.Float64bits(got) {
		t.Fatalf("ParseDouble(%q) is %v, %v; want %v, %v", s, got, ok, want, err)
	}
}

// CEL's string(double) is format %g.
func TestAppendDoubleIsFormatG(t *testing.T) {
	for _, v := range []float64{0, 1e5, 1e6, 123456789, 1e20, 1e21, 1e-4, 1e-5, math.Inf(1), math.Inf(-1), math.NaN()} {
		require.Equal(t, fmt.Sprintf("%g", v), string(text.AppendDouble(nil, v)))
	}
}

func FuzzParseDouble(f *testing.F) {
	for _, s := range []string{"0", "-1.5e-7", ".5", "1e400", "9007199254740993", "inf", "+NaN", "1e", "0.000000000000000000001e21"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 800 || strings.ContainsAny(s, "xX_") {
			text.ParseDouble(s) // no panic
			return
		}
		sameDouble(t, s)
		if v, ok := text.ParseDouble(s); ok {
			roundTrip(t, v)
		}
	})
}
