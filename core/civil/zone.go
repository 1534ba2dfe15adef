package civil

// Zone is the table of a time zone: how far ahead of UTC its clocks are, and were.
//
// It is 64-bit numbers, little-endian, end to end. The first says how many rules follow it: none, or two. Each further number is a
// transition, in the order of time: seconds of Unix time in the upper 44 bits and, in the lower 20, the seconds east of UTC from then
// on, both signed. The first transition is MinSeconds or earlier, so every time has an offset.
//
// The rules say what becomes of the clocks every year after the last transition. A rule is, from the lowest bit: 4 bits month (1 to
// 12), 3 bits week (1 to 4 is the month's first to fourth weekday of that name, 5 its last), 3 bits weekday (0 is Sunday), 20 bits the clock
// before the change, in signed seconds from that day's midnight, and 20 bits the offset after it. This is what POSIX calls M.w.d/time.
type Zone string

const zoneWord = 8

// word is number i of the table.
//
//go:noinline
func (z Zone) word(i int) int64 {
	w := uint64(0)
	for j := zoneWord - 1; j >= 0; j-- {
		w = w<<8 | uint64(z[i*zoneWord+j])
	}
	return int64(w)
}

func (z Zone) words() int { return len(z) / zoneWord }

// offsetOf is the offset in the lower 20 bits of a number, signed.
func offsetOf(w int64) int { return int(w << 44 >> 44) }

// Check says whether Offset can use the table.
func (z Zone) Check() bool {
	if len(z)%zoneWord != 0 || z.words() < 2 {
		return false
	}
	rules := z.word(0)
	if rules != 0 && rules != 2 || z.words() < 2+int(rules) {
		return false
	}
	for i := 1; i <= int(rules); i++ {
		if r := z.word(i); r&15 < 1 || r&15 > 12 || r>>4&7 < 1 || r>>4&7 > 5 || r>>7&7 > 6 {
			return false
		}
	}
	first := 1 + int(rules)
	for i := first + 1; i < z.words(); i++ {
		if z.word(i)>>20 <= z.word(i-1)>>20 {
			return false
		}
	}
	return z.word(first)>>20 <= MinSeconds
}

// Offset gives the seconds that clocks are ahead of UTC at a time. The table must be one that Check accepts.
func (z Zone) Offset(seconds int64) int {
	rules := int(z.word(0))
	low, high := 1+rules, z.words() // the transition is not after seconds at low, and after it at high
	for high-low > 1 {
		middle := (low + high) / 2
		if z.word(middle)>>20 <= seconds {
			low = middle
		} else {
			high = middle
		}
	}
	if rules == 0 || high < z.words() {
		return offsetOf(z.word(low))
	}
	return z.ruled(seconds)
}

// ruled gives the offset by the rules. Between the two changes of a year the clocks are as the earlier one has set them, and otherwise as
// the later one did, the year before.
func (z Zone) ruled(seconds int64) int {
	one, other := z.word(1), z.word(2)
	year := At(seconds, 0).Year
	from := ruleClock(one, year) - int64(offsetOf(other>>30)) // until then the other's offset holds
	until := ruleClock(other, year) - int64(offsetOf(one>>30))
	between := min(from, until) <= seconds && seconds < max(from, until)
	if between == (from < until) {
		return offsetOf(one >> 30)
	}
	return offsetOf(other >> 30)
}

// ruleClock gives what clocks show when a rule changes them, as if it were UTC.
func ruleClock(rule int64, year int) int64 {
	month, week, weekday := int(rule&15), int(rule>>4&7), int(rule>>7&7)
	midnight := Seconds(year, month, 1, 0, 0, 0)
	day := 7*(week-1) + (weekday-At(midnight, 0).Weekday+7)%7
	if day >= DaysIn(year, month) {
		day -= 7
	}
	return midnight + int64(day)*secondsPerDay + int64(offsetOf(rule>>10))
}
