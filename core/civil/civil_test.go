package civil_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/civil"
)

func TestAt(t *testing.T) {
	for name, c := range map[string]struct {
		seconds int64
		offset  int
		want    civil.Time
	}{
		"the epoch, a Thursday":          {0, 0, civil.Time{1970, 1, 1, 4, 1, 0, 0, 0}},
		"a second before the epoch":      {-1, 0, civil.Time{1969, 12, 31, 3, 365, 23, 59, 59}},
		"the same, an hour to the east":  {-1, 3600, civil.Time{1970, 1, 1, 4, 1, 0, 59, 59}},
		"a leap day":                     {951782400, 0, civil.Time{2000, 2, 29, 2, 60, 0, 0, 0}},
		"the last day of a leap year":    {978220800, 0, civil.Time{2000, 12, 31, 0, 366, 0, 0, 0}},
		"1 March of no leap year":        {-2203891200, 0, civil.Time{1900, 3, 1, 4, 60, 0, 0, 0}},
		"the first moment":               {civil.MinSeconds, 0, civil.Time{1, 1, 1, 1, 1, 0, 0, 0}},
		"the first moment, further west": {civil.MinSeconds, -60, civil.Time{0, 12, 31, 0, 366, 23, 59, 0}},
		"the last moment":                {civil.MaxSeconds, 0, civil.Time{9999, 12, 31, 5, 365, 23, 59, 59}},
		"the last moment, further east":  {civil.MaxSeconds, 60, civil.Time{10000, 1, 1, 6, 1, 0, 0, 59}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, civil.At(c.seconds, c.offset)) })
	}
}

func TestEveryDayOfCELsYears(t *testing.T) {
	day := time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC) // one beyond on either side, for offsets
	for seconds := day.Unix(); seconds <= civil.MaxSeconds+86400; seconds += 86400 {
		got := civil.At(seconds, 0)
		year, month, date := day.Date()
		want := civil.Time{Year: year, Month: int(month), Day: date, Weekday: int(day.Weekday()), YearDay: day.YearDay()}
		if got != want || civil.Seconds(year, int(month), date, 0, 0, 0) != seconds {
			t.Fatalf("At(%d) is %+v; want %+v", seconds, got, want)
		}
		if tomorrow := day.AddDate(0, 0, 1); tomorrow.Day() == 1 && civil.DaysIn(year, int(month)) != date {
			t.Fatalf("%d-%d has %d days", year, month, date)
		}
		day = day.AddDate(0, 0, 1)
	}
}

func TestMomentsAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		seconds := civil.MinSeconds + r.Int64N(civil.MaxSeconds-civil.MinSeconds+1)
		offset := r.IntN(2*86400+1) - 86400
		there := time.Unix(seconds, 0).In(time.FixedZone("", offset))
		want := civil.Time{
			there.Year(), int(there.Month()), there.Day(), int(there.Weekday()), there.YearDay(),
			there.Hour(), there.Minute(), there.Second(),
		}
		require.Equal(t, want, civil.At(seconds, offset))
		require.Equal(t, seconds+int64(offset), civil.Seconds(want.Year, want.Month, want.Day, want.Hour, want.Minute, want.Second))
	}
}

func TestNothingPanics(t *testing.T) {
	var fields civil.Time
	for _, seconds := range []int64{math.MinInt64, math.MinInt64 + 86400, math.MaxInt64} {
		for _, offset := range []int{math.MinInt32, 0, math.MaxInt32} {
			require.NotPanics(t, func() { fields = civil.At(seconds, offset) })
			require.Contains(t, []int{0, 1, 2, 3, 4, 5, 6}, fields.Weekday)
		}
	}
	require.NotPanics(t, func() {
		fields.Day = civil.DaysIn(math.MinInt32, -5) + int(civil.Seconds(math.MinInt32, -5, 99, -1, 70, 1e6))
	})
}

func ExampleAt() {
	noon := civil.At(1_795_262_400, 2*3600)
	fmt.Println(noon.Year, noon.Month, noon.Day, noon.Hour)
	// Output: 2026 11 21 14
}
