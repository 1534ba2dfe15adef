package zone

import "github.com/edgewise-dev/edgewise/core/civil"

// rule is a change of clocks that comes every year: on a weekday of a month, its first to fourth or (5) its last, at a time of day that
// may lie on another day than that: 26:00 of a Friday is two o'clock on the Saturday after.
type rule struct {
	month, week, weekday int
	clock                int // seconds from midnight, before the change
	after                int // seconds east of UTC
}

func (r rule) word() uint64 {
	return uint64(r.month) | uint64(r.week)<<4 | uint64(r.weekday)<<7 | uint64(r.clock)&0xfffff<<10 | uint64(r.after)&0xfffff<<30
}

// ruleOf finds the two rules that the changes from ruleFrom on follow. There are none where clocks do not change any more.
func ruleOf(changes []change) (one, other rule, ok bool) {
	for len(changes) > 0 && yearOf(changes[0]) < ruleFrom {
		changes = changes[1:]
	}
	if len(changes) < 2 {
		return one, other, false
	}
	var each [2][]change
	for i, c := range changes {
		each[i%2] = append(each[i%2], c)
	}
	one, oneOK := fit(each[0])
	other, otherOK := fit(each[1])
	return one, other, oneOK && otherOK
}

// fit finds the rule that all changes follow, taking its weekday from up to a week around the day of the change.
func fit(changes []change) (rule, bool) {
	for _, days := range []int{0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7} {
		for _, last := range []bool{false, true} {
			r := ruleAt(changes[0], days, last)
			fits := r.week > 0
			for _, c := range changes {
				fits = fits && ruleAt(c, days, last) == r
			}
			if fits {
				return r, true
			}
		}
	}
	return rule{}, false
}

// ruleAt is the rule that one change seems to follow, with the weekday of so many days before it. Its week is counted from the month's
// beginning, or is the last; 0 says that it is not.
func ruleAt(c change, days int, last bool) rule {
	local := c.at + int64(c.before)
	at := civil.At(local-int64(days)*86400, 0)
	r := rule{month: at.Month, weekday: at.Weekday, clock: days*86400 + at.Hour*3600 + at.Minute*60 + at.Second, after: c.after}
	switch {
	case !last && at.Day <= 28:
		r.week = (at.Day-1)/7 + 1
	case last && at.Day+7 > civil.DaysIn(at.Year, at.Month):
		r.week = 5
	}
	return r
}

// follows says whether a change is one that the rules give. ruled is a table of the rules alone.
func follows(c change, ruled civil.Zone) bool {
	return ruled.Offset(c.at-1) == c.before && ruled.Offset(c.at) == c.after
}
