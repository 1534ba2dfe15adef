// Package pattern runs regular expressions that were compiled to tables: CEL's matches on the hot path.
//
// Reach for Check first: it tests a table once, when it is loaded. Match then says whether a text contains a match, in one pass over
// the text, without allocating and whatever the pattern is. Package bundles/pattern writes the tables.
//
// # Table
//
// A table is a deterministic automaton over characters. Characters that the pattern cannot tell apart are one class, numbered from 0.
// A table is 32-bit words; an entry of a row is 16 bits, two in a word, the low half first:
//
//	word  0         low half: number of rows; high half: width, the entries of a row: one for each class and one for the end
//	word  1         number of ranges
//	words 2 to 33   the classes of the characters 0 to 127, a byte each, the lowest byte first
//	then            the ranges: the first character << 11 | class, ascending. The first begins at 128, each ends before the next
//	then            the rows, end to end, padded with a zero half to whole words
//
// An entry is what comes next: 0 no match, whatever follows; 1 a match, whatever follows; 2 + width*i row i. Row 0 is where a text begins.
// The last entry of a row, for the end of the text, is 0 or 1. A row of a look-around such as $ or \b decides one character late, so there
// is nothing to look around for. An entry has 16 bits, so the rows together have at most MaxEntries entries: 128 KiB.
//
// A byte that is not UTF-8 is the character U+FFFD, as in package regexp.
//
// # Worked example
//
// The pattern \d$ has two classes, 0 for what is no digit and 1 for digits, and two rows, 38 words in all:
//
//	00030002 00000001                                                           2 rows of 3 entries, 1 range
//	00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000     characters 0 to 31
//	00000000 00000000 00000000 00000000 01010101 01010101 00000101 00000000     32 to 63: 0 to 9 are digits
//	00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000     64 to 95
//	00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000     96 to 127
//	00040000                                                                    from 128 on: no digits
//	00050002 00020000 00010005                                                  rows {2, 5, 0} and {2, 5, 1}
//
// From either row a digit leads to row 1 (2 + 3*1) and anything else to row 0; only in row 1 the end of the text is a match.
package pattern

import "unicode/utf8"

// MaxEntries bounds the entries of all rows: the beginning of the last row must fit into 16 bits.
const MaxEntries = 1<<16 - First

// MaxClasses bounds the classes: a range keeps its class in ClassBits bits.
const MaxClasses = 1 << ClassBits

// The layout of a table, for whoever writes one.
const (
	No    = 0 // entry: there is no match
	Yes   = 1 // entry: there is a match
	First = 2 // entry: row 0

	ASCII     = 2                       // the word where the classes of the characters below 128 begin
	Ranges    = ASCII + utf8.RuneSelf/4 // the word where the ranges begin
	ClassBits = 11                      // of a range
)

// Match says whether s contains a match of the pattern that table was compiled from. It takes one step for each character of s; a
// character beyond ASCII costs a binary search among the table's ranges. The table must have passed Check.
func Match(table []uint32, s string) bool {
	width := table[0] >> 16
	ranges := table[Ranges : Ranges+table[1]]
	rows := table[Ranges+table[1]-First/2:] // one word early, so that the entry First is the place of row 0
	at := uint32(First)
	for i := 0; i < len(s); {
		class := uint32(0)
		if c := uint32(s[i]); c < utf8.RuneSelf {
			class = table[ASCII+c/4] >> (c % 4 * 8) & 0xff
			i++
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			class = classOf(ranges, uint32(r))
			i += size
		}
		at += class
		at = rows[at/2] >> (at % 2 * 16) & 0xffff
		if at < First {
			return at == Yes
		}
	}
	at += width - 1
	return rows[at/2]>>(at%2*16)&0xffff == Yes
}

// classOf gives the class of r, which is 128 or more: that of the last range that begins at r or before.
func classOf(ranges []uint32, r uint32) uint32 {
	low, high := 0, len(ranges)
	for high-low > 1 {
		middle := (low + high) / 2
		if ranges[middle]>>ClassBits <= r {
			low = middle
		} else {
			high = middle
		}
	}
	return ranges[low] % MaxClasses
}

// Check says whether table is one that Match can run: everything in it lies where it should and leads somewhere. It does
// not say that any pattern compiles to it.
func Check(table []uint32) bool {
	if len(table) < Ranges {
		return false
	}
	rows, width, ranges := table[0]&0xffff, table[0]>>16, table[1]
	entries := rows * width // at most 65,535 squared: no overflow
	if rows < 1 || width < 2 || width-1 > MaxClasses || entries > MaxEntries || ranges < 1 ||
		Ranges+uint64(ranges)+uint64(entries+1)/2 != uint64(len(table)) {
		return false
	}
	for _, four := range table[ASCII:Ranges] {
		for ; four != 0; four >>= 8 {
			if four&0xff >= width-1 {
				return false
			}
		}
	}
	next := uint32(utf8.RuneSelf)
	for i, word := range table[Ranges : Ranges+ranges] {
		first := word >> ClassBits
		if first < next || i == 0 && first != next || first > utf8.MaxRune || word%MaxClasses >= width-1 {
			return false
		}
		next = first + 1
	}
	return checkRows(table[Ranges+ranges:], entries, width)
}

// checkRows tests that every entry leads to the beginning of a row, and that the padding is zero.
func checkRows(words []uint32, entries, width uint32) bool {
	for i := range uint32(2 * len(words)) {
		entry := words[i/2] >> (i % 2 * 16) & 0xffff
		if entry < First {
			if i == entries && entry != 0 {
				return false
			}
			continue
		}
		if i >= entries || i%width == width-1 || entry-First >= entries || (entry-First)%width != 0 {
			return false
		}
	}
	return true
}
