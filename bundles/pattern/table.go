package pattern

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/pattern"
)

// program writes the automaton's table, after merging classes that no state tells apart.
func (a *automaton) program() (*Program, error) {
	classOf, columns := a.columns()
	rows, width := a.states()-pattern.First, len(columns)+1
	ranges := a.ranges(classOf)
	if rows*width > pattern.MaxEntries || len(columns) > pattern.MaxClasses {
		return nil, fmt.Errorf("pattern needs a table of %d KiB, %d states by %d classes of characters; the limit is %d KiB: %s",
			rows*width>>9, rows, len(columns), (pattern.MaxEntries+pattern.First)>>9, hint)
	}
	table := make([]uint32, pattern.Ranges, pattern.Ranges+len(ranges)+(rows*width+1)/2)
	table[0] = uint32(rows) | uint32(width)<<16
	table[1] = uint32(len(ranges))
	at := 0
	for c := range utf8.RuneSelf {
		if at+1 < len(a.alphabet.first) && a.alphabet.first[at+1] == rune(c) {
			at++
		}
		table[pattern.ASCII+c/4] |= uint32(classOf[a.alphabet.class[at]]) << (c % 4 * 8)
	}
	table = append(table, ranges...)

	columns = append(columns, a.width-1) // the end of the text
	entries := 0
	for state := pattern.First; state < a.states(); state++ {
		for _, column := range columns {
			to := uint32(a.next[state*a.width+column])
			if to >= pattern.First {
				to = pattern.First + (to-pattern.First)*uint32(width)
			}
			if entries%2 == 0 {
				table = append(table, 0)
			}
			table[len(table)-1] |= to << (entries % 2 * 16)
			entries++
		}
	}
	return &Program{Table: table, States: rows}, nil
}

// columns gives for each class its number once classes with the same column are merged, and a class of each number. Numbers
// ascend with the first character, so those of ASCII characters fit into a byte.
func (a *automaton) columns() (classOf, columns []int) {
	known := map[string]int{}
	for class := range a.width - 1 {
		var column []byte
		for state := range a.states() {
			column = binary.LittleEndian.AppendUint32(column, uint32(a.next[state*a.width+class]))
		}
		number, found := known[string(column)]
		if !found {
			number = len(columns)
			known[string(column)] = number
			columns = append(columns, class)
		}
		classOf = append(classOf, number)
	}
	return classOf, columns
}

// ranges gives the table's ranges: where beyond ASCII the class changes.
func (a *automaton) ranges(classOf []int) []uint32 {
	var ranges []uint32
	for i, first := range a.alphabet.first {
		class := uint32(classOf[a.alphabet.class[i]])
		if first >= utf8.RuneSelf && (len(ranges) == 0 || ranges[len(ranges)-1]%pattern.MaxClasses != class) {
			ranges = append(ranges, uint32(first)<<pattern.ClassBits|class)
		}
	}
	return ranges
}
