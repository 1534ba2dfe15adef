package text_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseIntAndUint(t *testing.T) {
	for name, s := range map[string]string{
		"zero":                             "0",
		"minus zero":                       "-0",
		"plus":                             "+7",
		"leading zeros":                    "-000000000000000000000000000012",
		"highest int":                      "9223372036854775807",
		"one above the highest int":        "9223372036854775808",
		"lowest int":                       "-9223372036854775808",
		"one below the lowest int":         "-9223372036854775809",
		"highest uint":                     "18446744073709551615",
		"minus the highest uint":           "-18446744073709551615",
		"one above the highest uint":       "18446744073709551616",
		"far above the highest uint":       "99999999999999999999",
		"twenty-one digits":                "184467440737095516150",
		"nothing":                          "",
		"a sign only":                      "-",
		"two signs":                        "+-1",
		"a space in front":                 " 1",
		"a space behind":                   "1 ",
		"an underscore":                    "1_000",
		"a decimal point":                  "1.0",
		"an exponent":                      "1e3",
		"hexadecimal":                      "0x10",
		"a letter before the digits":       "a1",
		"the characters around the digits": "/:",
	} {
		t.Run(name, func(t *testing.T) { sameIntegers(t, s) })
	}
}

func TestIntegersAtRandom(t *testing.T) {
	r := random()
	for range 50_000 {
		n := r.Uint64() >> r.IntN(64)
		sameIntegers(t, mutate(r, strconv.FormatInt(int64(n), 10), "0123456789+-"))
		sameIntegers(t, mutate(r, strconv.FormatUint(n, 10), "0123456789+-"))
		require.Equal(t, strconv.FormatUint(n, 10), string(text.AppendUint(nil, n)))
		require.Equal(t, strconv.FormatInt(-int64(n), 10), string(text.AppendInt(nil, -int64(n))))
	}
}

func TestAppendInt(t *testing.T) {
	for name, v := range map[string]int64{
		"zero":    0,
		"ten":     10,
		"highest": 9223372036854775807,
		"lowest":  -9223372036854775808,
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "n="+strconv.FormatInt(v, 10), string(text.AppendInt([]byte("n="), v)))
			require.Equal(t, "n="+strconv.FormatUint(uint64(v), 10), string(text.AppendUint([]byte("n="), uint64(v))))
		})
	}
}

func sameIntegers(t *testing.T, s string) {
	t.Helper()
	wantInt, err := strconv.ParseInt(s, 10, 64)
	gotInt, ok := text.ParseInt(s)
	if (err == nil) != ok || ok && wantInt != gotInt {
		t.Fatalf("ParseInt(%q) is %d, %v; want %d, %v", s, gotInt, ok, wantInt, err)
	}
	wantUint, err := strconv.ParseUint(s, 10, 64)
	gotUint, ok := text.ParseUint(s)
	if (err == nil) != ok || ok && wantUint != gotUint {
		t.Fatalf("ParseUint(%q) is %d, %v; want %d, %v", s, gotUint, ok, wantUint, err)
	}
}
