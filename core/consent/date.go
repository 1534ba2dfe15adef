package consent

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/text"
)

// What date reads: "Fri Nov 21 2025 10:00:00 GMT+0100", and how it is written in RFC 3339. There a character below ! is the one that stands at this
// place of the former, and 00 is the month.
const (
	dateLength = 33
	dateSign   = 28
	dateAsTime = "\x0b\x0c\x0d\x0e-00-\x08\x09T\x10\x11:\x13\x14:\x16\x17\x1c\x1d\x1e:\x1f\x20"
	dateMonth  = 5 // in dateAsTime
	months     = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// date reads what JavaScript writes for a date, "Fri Nov 21 2025 10:00:00 GMT+0100 (CET)", in seconds since 1970. What separates words counts for
// nothing, and a plus sign may be a blank, as it is where somebody decoded it. It gives 0 where there is no such text.
func (e escaped) date() int64 {
	e.levels = maxLevels // there is no percent sign in a date
	var from [dateLength]byte
	at := 0
	for i := range from {
		if at >= len(e.raw) {
			return 0
		}
		from[i], at = e.next(at)
	}
	if from[dateSign] == ' ' {
		from[dateSign] = '+'
	}
	month := 0
	for month < len(months) && !(months[month] == from[4] && months[month+1] == from[5] && months[month+2] == from[6]) {
		month += 3
	}
	month = month/3 + 1 // 13 is none
	var to [len(dateAsTime)]byte
	for i := range to {
		if to[i] = dateAsTime[i]; to[i] < '!' {
			to[i] = from[to[i]]
		}
	}
	to[dateMonth] += byte(month / 10)
	to[dateMonth+1] += byte(month % 10)
	seconds, _, _ := text.ParseTimestamp(unsafe.String(&to[0], len(to)))
	return seconds
}
