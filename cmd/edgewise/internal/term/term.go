// Package term knows the terminal that a command writes to, if it is one: whether there may be colours, how wide it is.
//
// Reach for StyleOf. What a command prints is the same text with and without a terminal; colours only lie around it.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Columns is how wide output is made where it does not go to a terminal, and the most where it does: wider lines are hard to read.
const (
	Columns    = 80
	MaxColumns = 120
	minColumns = 60
)

// descriptor is an *os.File, or what writes to one.
type descriptor interface{ Fd() uintptr }

// IsTerminal says whether a file is a terminal. What is no file is none.
func IsTerminal(file any) bool {
	f, ok := file.(descriptor)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width is how many columns output to w may use.
func Width(w io.Writer) int {
	f, ok := w.(descriptor)
	if !ok {
		return Columns
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return Columns
	}
	return max(minColumns, min(columns, MaxColumns))
}

// Style puts colours around text, or not.
type Style struct{ on bool }

// StyleOf gives colours where w is a terminal that is not told otherwise (https://no-color.org).
func StyleOf(w io.Writer) Style {
	return Style{IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (s Style) with(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold, Dim, Green, Yellow, Red and Cyan colour text.
func (s Style) Bold(text string) string { return s.with("1", text) }

// Dim is for what can be skipped.
func (s Style) Dim(text string) string { return s.with("2", text) }

// Green is for what won.
func (s Style) Green(text string) string { return s.with("32", text) }

// Yellow is for what was missing.
func (s Style) Yellow(text string) string { return s.with("33", text) }

// Red is for what is wrong.
func (s Style) Red(text string) string { return s.with("31", text) }

// Cyan is for the second of two things side by side.
func (s Style) Cyan(text string) string { return s.with("36", text) }

// Pad fills text up to columns. Text that comes from outside is to be made Printable before.
func Pad(text string, columns int) string {
	if missing := columns - Cells(text); missing > 0 {
		return text + strings.Repeat(" ", missing)
	}
	return text
}

// PadLeft fills text up to columns from the left, as for numbers.
func PadLeft(text string, columns int) string {
	if missing := columns - Cells(text); missing > 0 {
		return strings.Repeat(" ", missing) + text
	}
	return text
}

// Cut shortens text to columns; three dots say that there was more.
func Cut(text string, columns int) string {
	const dots = "..."
	if Cells(text) <= columns {
		return text
	}
	if columns <= len(dots) {
		return dots[:max(columns, 0)]
	}
	cells := 0
	for i, r := range text {
		if cells += runeCells(r); cells > columns-len(dots) {
			return text[:i] + dots
		}
	}
	return text
}

// Wrap breaks text between words where it would pass columns. The text begins in the column from; the lines that follow begin in
// the column hang.
func Wrap(text string, from, hang, columns int) string {
	var out strings.Builder
	column := from
	for i, word := range strings.Split(text, " ") {
		cells := Cells(word)
		switch {
		case i == 0:
		case column+1+cells > columns:
			out.WriteString("\n" + strings.Repeat(" ", hang))
			column = hang
		default:
			out.WriteString(" ")
			column++
		}
		out.WriteString(word)
		column += cells
	}
	return out.String()
}

// tableGap is between the columns of a table.
const tableGap = 2

// Table prints rows in columns as wide as their widest cell. The last column is not padded.
func Table(w io.Writer, indent string, rows [][]string) {
	widths := columnWidths(rows)
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			if i < len(row)-1 {
				cell = Pad(cell, widths[i]+tableGap)
			}
			line += cell
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// TableWidth is how many columns of the terminal Table takes, without its indent.
func TableWidth(rows [][]string) int {
	total := -tableGap
	for _, width := range columnWidths(rows) {
		total += width + tableGap
	}
	return total
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Cells(cell))
		}
	}
	return widths
}
