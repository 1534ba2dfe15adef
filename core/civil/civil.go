// Package civil turns seconds of Unix time into the fields of a calendar and clock, and back. The calendar is the proleptic
// Gregorian one of RFC 3339 and CEL; there are no leap seconds. It knows no zones by name: an offset from UTC comes in as
// seconds, and Zone finds it in a table.
//
// The arithmetic counts days in years that begin on 1 March, so that the leap day is the last day of its year and every
// 400 years have the same 146,097 days.
package civil

// The times that CEL's timestamp can hold, in seconds of Unix time: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
const (
	MinSeconds int64 = -62135596800
	MaxSeconds int64 = 253402300799
)

const (
	secondsPerDay    = 24 * 60 * 60
	daysPerEra       = 400*365 + 97 // 400 years
	daysPerCentury   = 100*365 + 24 // but for the last of an era, which has one more
	daysPerFourYears = 4*365 + 1
	daysToEpoch      = 719468 // from 0000-03-01 to 1970-01-01
)

// Time is one moment as a calendar and a clock show it.
type Time struct {
	Year    int
	Month   int // 1 to 12
	Day     int // of the month: 1 to 31
	Weekday int // 0 is Sunday
	YearDay int // 1 to 366
	Hour    int
	Minute  int
	Second  int
}

// At gives the fields of seconds of Unix time at a place whose clocks are offset seconds ahead of UTC (east is positive). It is
// exact for MinSeconds to MaxSeconds and offsets of up to some days; seconds far outside give fields without meaning.
func At(seconds int64, offset int) Time {
	seconds += int64(offset)
	days, clock := seconds/secondsPerDay, int(seconds%secondsPerDay)
	if clock < 0 {
		days--
		clock += secondsPerDay
	}
	t := date(days)
	t.Hour, t.Minute, t.Second = clock/3600, clock/60%60, clock%60
	t.Weekday = int((days%7 + 7 + 4) % 7) // 1970-01-01 was a Thursday
	return t
}

// date gives the year, month, day and day of the year that lie days after 1970-01-01.
func date(days int64) Time {
	days += daysToEpoch
	era := days / daysPerEra
	if days < era*daysPerEra {
		era--
	}
	day := int(days - era*daysPerEra) // of the era: 0 to 146,096
	year := (day - day/(daysPerFourYears-1) + day/daysPerCentury - day/(daysPerEra-1)) / 365
	day -= 365*year + year/4 - year/100 // of the year from 1 March: 0 to 365
	month := (5*day + 2) / 153          // from March: 0 to 11; five months from March or August have 153 days

	t := Time{Year: int(era)*400 + year, Month: month + 3, Day: day - (153*month+2)/5 + 1}
	if t.Month > 12 {
		t.Month -= 12
		t.Year++
	}
	if t.Month <= 2 {
		t.YearDay = day - 306 + 1 // 306 days from 1 March to 31 December
	} else {
		t.YearDay = day + 31 + DaysIn(t.Year, 2) + 1
	}
	return t
}

// Seconds gives the Unix time of a date and clock time in UTC. The fields must be in the ranges that Time names; others give a
// time without meaning.
func Seconds(year, month, day, hour, minute, second int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	year -= era * 400
	days := int64(era)*daysPerEra + int64(365*year+year/4-year/100+(153*(month-3)+2)/5+day-1) - daysToEpoch
	return days*secondsPerDay + int64(hour*3600+minute*60+second)
}

// DaysIn gives the number of days in a month (1 to 12) of a year.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
