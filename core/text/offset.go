package text

// ParseOffset reads a time zone that needs no zone table, as the time zone argument of CEL's timestamp functions takes it, and
// gives seconds east of UTC: "UTC", the empty text (UTC too), or hours and minutes such as "+02:30", "-02:30" and "02:30". A sign
// of the hours is one of the minutes too. Anything else is the name of a zone, or an error.
//
// What cel-go lets pass it lets pass: any number of digits, and a sign before the minutes. Hours go to 23, minutes to 59.
func ParseOffset(s string) (secondsEast int, ok bool) {
	if s == "" || s == "UTC" {
		return 0, true
	}
	colon := 0
	for colon < len(s) && s[colon] != ':' {
		colon++
	}
	if colon == len(s) {
		return 0, false
	}
	hours, hoursOK := ParseInt(s[:colon])
	minutes, minutesOK := ParseInt(s[colon+1:])
	if !hoursOK || !minutesOK || hours < -23 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	if s[0] == '-' {
		minutes = -minutes
	}
	return int(hours*3600 + minutes*60), true
}
