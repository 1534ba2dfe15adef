package source

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Fault is a mistake in a source: where it is, what is wrong, and what to do about it.
type Fault struct {
	Pos     Pos    // the zero Pos: the source as a whole
	Length  int    // characters to underline from Pos on; 0 counts as 1
	Message string // lower case, without a period
	Hint    string // what to do; "" where there is nothing to say
	Warning bool   // the source can be compiled all the same
	line    string // the text of the line, shown with a caret; "" where it is not known
}

// MarshalJSON gives a fault as programs read it.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File    string `json:"file,omitempty"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Length  int    `json:"length,omitempty"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
		Warning bool   `json:"warning,omitempty"`
	}{f.Pos.File, f.Pos.Line, f.Pos.Column, f.Length, f.Message, f.Hint, f.Warning})
}

// Faults are the faults of a source, sorted by place. As an error they are shown with their lines, the first 20 of them.
type Faults []Fault

// Report sorts faults by place, drops repeated ones, and looks up the lines to show them in.
func (f Files) Report(faults []Fault) Faults {
	sorted := slices.Clone(faults)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Message, b.Message))
	})
	sorted = slices.CompactFunc(sorted, func(a, b Fault) bool { return a.Pos == b.Pos && a.Message == b.Message })
	for i := range sorted {
		sorted[i].line = f[sorted[i].Pos.File].line(sorted[i].Pos.Line)
	}
	return sorted
}

// Err returns the faults as an error, or nil where there are none but warnings.
func (f Faults) Err() error {
	if slices.ContainsFunc(f, func(fault Fault) bool { return !fault.Warning }) {
		return f
	}
	return nil
}

// Error shows each fault with its line, a caret and its hint.
func (f Faults) Error() string {
	var b strings.Builder
	for i, fault := range f {
		if i == maxShown {
			fmt.Fprintf(&b, "and %d more\n", len(f)-i)
			break
		}
		fault.show(&b)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f Fault) show(b *strings.Builder) {
	if f.Pos.File != "" {
		fmt.Fprintf(b, "%s:", printable(f.Pos.File))
	}
	if f.Pos.Line > 0 {
		fmt.Fprintf(b, "%d:%d:", f.Pos.Line, f.Pos.Column)
	}
	if b.Len() > 0 && f.Pos != (Pos{}) {
		b.WriteByte(' ')
	}
	if f.Warning {
		b.WriteString("warning: ")
	}
	fmt.Fprintf(b, "%s\n", printable(f.Message))
	if strings.TrimSpace(f.line) != "" {
		text, caret := underline(f.line, f.Pos.Column, f.Length)
		fmt.Fprintf(b, "%5d | %s\n", f.Pos.Line, text)
		fmt.Fprintf(b, "      | %s\n", caret)
	}
	if f.Hint != "" {
		fmt.Fprintf(b, "      = %s\n", printable(f.Hint))
	}
}

// printable writes what would not print, such as the escape sequences that a file's name can hold, as Go does in quotes.
func printable(text string) string {
	var b strings.Builder
	for i, c := range text {
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(c):
			b.WriteRune(c)
		default:
			quoted := strconv.QuoteRune(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// A line longer than shownLine characters, as in minified JSON, is shown from shownBefore characters before the caret on.
const (
	shownLine   = 160
	shownBefore = 60
)

// underline returns a line as a terminal shows it, and a line of carets below length characters from column on. Tabs stay tabs
// in both, a wide character has two carets, and what does not print (an escape sequence, a change of writing direction) is
// replaced.
func underline(line string, column, length int) (text, caret string) {
	runes := []rune(line)
	start := min(max(column-1, 0), len(runes))
	end := min(start+max(length, 1), max(len(runes), start+1))
	var t, c strings.Builder
	from, to := 0, len(runes)
	if len(runes) > shownLine {
		from = max(start-shownBefore, 0)
		to = min(from+shownLine, len(runes))
		end = min(end, max(to, start+1))
	}
	if from > 0 {
		t.WriteString("...")
		c.WriteString("   ")
	}
	for i := from; i < max(to, end); i++ {
		r, cells := ' ', 1
		if i < len(runes) {
			r, cells = shown(runes[i])
			t.WriteRune(r)
		}
		switch {
		case i >= end:
		case r == '\t' && i != start:
			c.WriteByte('\t')
		case i >= start:
			c.WriteString(strings.Repeat("^", cells))
		default:
			c.WriteString(strings.Repeat(" ", cells))
		}
	}
	if to < len(runes) {
		t.WriteString("...")
	}
	return strings.TrimRight(t.String(), " \t"), c.String()
}

// shown returns how a terminal is given a character, and how many cells it takes there.
func shown(c rune) (rune, int) {
	switch {
	case c == '\t':
		return c, 1
	case unicode.In(c, unicode.Mn, unicode.Me):
		return c, 0
	case !unicode.IsPrint(c):
		return '\ufffd', 1
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return c, 2
	}
	return c, 1
}
