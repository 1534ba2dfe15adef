package text_test

import (
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseTimestamp(t *testing.T) {
	for name, c := range map[string]struct {
		s       string
		seconds int64
		nanos   uint32
		ok      bool
	}{
		"the epoch":                            {"1970-01-01T00:00:00Z", 0, 0, true},
		"before the epoch":                     {"1969-12-31T23:59:59.25Z", -1, 250000000, true},
		"an offset to the east":                {"2009-02-13T23:31:30+02:30", 1234558890, 0, true},
		"an offset to the west":                {"2009-02-13T23:31:30-02:30", 1234576890, 0, true},
		"the widest offset":                    {"1970-01-02T00:00:00+23:59", 60, 0, true},
		"an offset of minus zero":              {"1970-01-01T00:00:00-00:00", 0, 0, true},
		"a leap day":                           {"2000-02-29T00:00:00Z", 951782400, 0, true},
		"nine digits of a fraction":            {"1970-01-01T00:00:00.123456789Z", 0, 123456789, true},
		"more digits are cut off":              {"1970-01-01T00:00:00.99999999999999999999Z", 0, 999999999, true},
		"the first moment":                     {"0001-01-01T00:00:00Z", civil.MinSeconds, 0, true},
		"the first moment, from year zero":     {"0000-12-31T23:00:00-01:00", civil.MinSeconds, 0, true},
		"the last moment":                      {"9999-12-31T23:59:59.999999999Z", civil.MaxSeconds, 999999999, true},
		"before the first moment":              {"0001-01-01T00:00:00+00:01", 0, 0, false},
		"after the last moment":                {"9999-12-31T23:59:59-00:01", 0, 0, false},
		"year zero":                            {"0000-06-01T00:00:00Z", 0, 0, false},
		"no leap day":                          {"1900-02-29T00:00:00Z", 0, 0, false},
		"the 31st of a short month":            {"2026-04-31T00:00:00Z", 0, 0, false},
		"day zero":                             {"2026-04-00T00:00:00Z", 0, 0, false},
		"month zero":                           {"2026-00-01T00:00:00Z", 0, 0, false},
		"month thirteen":                       {"2026-13-01T00:00:00Z", 0, 0, false},
		"a leap second":                        {"2016-12-31T23:59:60Z", 0, 0, false},
		"hour 24":                              {"2026-01-01T24:00:00Z", 0, 0, false},
		"a small t":                            {"2026-01-01t00:00:00Z", 0, 0, false},
		"a small z":                            {"2026-01-01T00:00:00z", 0, 0, false},
		"a space for the T":                    {"2026-01-01 00:00:00Z", 0, 0, false},
		"a comma before the fraction":          {"2026-01-01T00:00:00,5Z", 0, 0, false},
		"a point without a fraction":           {"2026-01-01T00:00:00.Z", 0, 0, false},
		"an hour of one digit":                 {"2026-01-01T1:00:00Z", 0, 0, false},
		"an offset of 24 hours":                {"2026-01-01T00:00:00+24:00", 0, 0, false},
		"an offset of 60 minutes":              {"2026-01-01T00:00:00+01:60", 0, 0, false},
		"an offset without a colon":            {"2026-01-01T00:00:00+0100", 0, 0, false},
		"no offset":                            {"2026-01-01T00:00:00", 0, 0, false},
		"something after it":                   {"2026-01-01T00:00:00Z ", 0, 0, false},
		"a date only":                          {"2026-01-01", 0, 0, false},
		"nothing":                              {"", 0, 0, false},
		"a letter among the digits":            {"2026-01-0AT00:00:00Z", 0, 0, false},
		"digits of another script (two bytes)": {"202\u0666-01-01T00:00:00Z", 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			seconds, nanos, ok := text.ParseTimestamp(c.s)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.seconds, seconds)
			require.Equal(t, c.nanos, nanos)
			sameTimestamp(t, c.s)
		})
	}
}

func TestAppendTimestamp(t *testing.T) {
	for name, c := range map[string]struct {
		seconds int64
		nanos   uint32
		want    string
	}{
		"whole seconds":                    {1234567890, 0, "2009-02-13T23:31:30Z"},
		"zeros at the end of the fraction": {0, 120000000, "1970-01-01T00:00:00.12Z"},
		"zeros in front of the fraction":   {0, 1000, "1970-01-01T00:00:00.000001Z"},
		"before the epoch":                 {-1, 1, "1969-12-31T23:59:59.000000001Z"},
		"the first moment":                 {civil.MinSeconds, 0, "0001-01-01T00:00:00Z"},
		"the last moment":                  {civil.MaxSeconds, 999999999, "9999-12-31T23:59:59.999999999Z"},
		"far before the first moment":      {math.MinInt64, 0, "0001-01-01T00:00:00Z"},
		"far after the last moment":        {math.MaxInt64, math.MaxUint32, "9999-12-31T23:59:59.999999999Z"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "at "+c.want, string(text.AppendTimestamp([]byte("at "), c.seconds, c.nanos)))
		})
	}
}

func TestTimestampsAtRandom(t *testing.T) {
	r := random()
	for range 50_000 {
		seconds := civil.MinSeconds + r.Int64N(civil.MaxSeconds-civil.MinSeconds+1)
		nanos := r.Uint32N(1e9)
		if r.IntN(2) == 0 {
			nanos = nanos / 1e6 * 1e6
		}
		moment := time.Unix(seconds, int64(nanos)).UTC()
		require.Equal(t, moment.Format(time.RFC3339Nano), string(text.AppendTimestamp(nil, seconds, nanos)))

		there := moment.In(time.FixedZone("", 60*(r.IntN(2880)-1440))).Format(time.RFC3339Nano)
		sameTimestamp(t, there)
		sameTimestamp(t, mutate(r, there, "0123456789:-+.,TZtz "))
	}
}

// strict is RFC 3339's grammar, where time.Parse is looser.
var strict = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// sameTimestamp compares with time.Parse, for texts that the grammar allows, in the range of CEL.
func sameTimestamp(t *testing.T, s string) {
	t.Helper()
	want, err := time.Parse(time.RFC3339, s)
	valid := err == nil && strict.MatchString(s) && want.Unix() >= civil.MinSeconds && want.Unix() <= civil.MaxSeconds
	seconds, nanos, ok := text.ParseTimestamp(s)
	if ok != valid || ok && (seconds != want.Unix() || int(nanos) != want.Nanosecond()) {
		t.Fatalf("ParseTimestamp(%q) is %d, %d, %v; want %v, %v", s, seconds, nanos, ok, want, valid)
	}
}

func FuzzParseTimestamp(f *testing.F) {
	for _, s := range []string{
		"1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2000-02-29T12:34:56.7-23:59", "0000-12-31T23:00:00-01:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sameTimestamp(t, s)
		seconds, nanos, ok := text.ParseTimestamp(s)
		if !ok {
			return
		}
		written := string(text.AppendTimestamp(nil, seconds, nanos))
		again, nanosAgain, ok := text.ParseTimestamp(written)
		if !ok || again != seconds || nanosAgain != nanos {
			t.Fatalf("%q was read, written as %q and read as %d, %d, %v", s, written, again, nanosAgain, ok)
		}
	})
}
