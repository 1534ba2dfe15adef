// Package zone makes the tables of time zones that compiled bundles carry.
//
// Reach for Table. The zones are those of the IANA time zone database as Go's package time/tzdata has it, which is part of the program: the same
// program gives the same tables on every machine, whatever is installed there.
//
// A table lists the changes of a zone's clocks one by one for as long as they follow no rule, and then the rule of POSIX's M.w.d form that they
// follow: "the last Sunday in March at 2". So it is exact for all of CEL's years, 1 to 9999, as far as anybody has said what will be.
package zone

import (
	_ "embed"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata"

	"github.com/edgewise-dev/edgewise/core/civil"
)

//go:embed names.txt
var nameList string

// Names are the zones that there are, in order.
var Names = sync.OnceValue(func() []string { return strings.Fields(nameList) })

var tables sync.Map // of each zone asked for, by its name

// Table gives the table of the zone of that name, which civil.Zone reads; ok is false where there is no such zone.
func Table(name string) (table []byte, ok bool) {
	if known, found := tables.Load(name); found {
		return known.([]byte), true
	}
	if _, found := slices.BinarySearch(Names(), name); !found {
		return nil, false
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	table = build(location)
	tables.Store(name, table)
	return table, true
}

// change is a change of clocks.
type change struct {
	at            int64 // seconds of Unix time
	before, after int   // seconds east of UTC
}

// Changes are listed up to the last year, if need be; a rule is believed when all changes of the years from ruleFrom on follow it. Go itself
// knows nothing but a rule for those years, as the database's own lists end before. Within 28 years every date falls on every weekday.
const (
	ruleFrom = 2100
	lastYear = ruleFrom + 28
)

// build writes a zone's table.
func build(location *time.Location) []byte {
	first, changes := history(location)
	one, other, ok := ruleOf(changes)
	if !ok {
		return encode(nil, first, changes)
	}
	// The changes that the rules give need no list: drop them from the end on, all but the first.
	rules := []rule{one, other}
	ruled := civil.Zone(encode(rules, first, nil))
	for n := len(changes) - 1; n > 0 && follows(changes[n], ruled) && follows(changes[n-1], ruled) && changes[n].at-changes[n-1].at < year; n-- {
		changes = changes[:n]
	}
	return encode(rules, first, changes)
}

const year = 366 * 24 * 60 * 60 // in seconds

func yearOf(c change) int { return civil.At(c.at, c.before).Year }

// history lists the changes of a zone's clocks up to lastYear, and what they showed before the first.
func history(location *time.Location) (first int, changes []change) {
	at := time.Unix(civil.MinSeconds, 0).In(location)
	_, first = at.Zone()
	for offset := first; ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Year() > lastYear {
			return first, changes
		}
		if !end.After(at) { // Go takes the last day of a leap year for a zone's end; no clock changes in that night
			end = at.Add(24 * time.Hour)
		}
		at = end
		if _, after := at.Zone(); after != offset { // else only the name changes
			changes = append(changes, change{at.Unix(), offset, after})
			offset = after
		}
	}
}

// encode writes a table.
func encode(rules []rule, first int, changes []change) []byte {
	table := binary.LittleEndian.AppendUint64(nil, uint64(len(rules)))
	for _, r := range rules {
		table = binary.LittleEndian.AppendUint64(table, r.word())
	}
	const earliest = -1 << 43
	table = binary.LittleEndian.AppendUint64(table, transition(earliest, first))
	for _, c := range changes {
		table = binary.LittleEndian.AppendUint64(table, transition(c.at, c.after))
	}
	return table
}

func transition(at int64, offset int) uint64 { return uint64(at)<<20 | uint64(offset)&0xfffff }
