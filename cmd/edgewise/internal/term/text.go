package term

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Printable replaces what does not print: escape sequences, line ends and changes of writing direction, which text from a log or a
// rule could use to make a terminal show something else.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// PrintableLines is Printable for text of several lines, with tabs.
func PrintableLines(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Cells is how many columns a terminal uses for text. Colours count for none.
func Cells(text string) int {
	cells, escape := 0, false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			cells += runeCells(r)
		}
	}
	return cells
}

func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
