package consentdump

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The layout of a page, in columns.
const (
	pageWidth  = 80
	labelWidth = 40 // where values begin
)

// page is a text for people: headings, and under them rows of a label and a value.
type page struct{ strings.Builder }

// heading begins a part of the page.
func (p *page) heading(format string, arguments ...any) {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	fmt.Fprintf(p, format+"\n", arguments...)
}

// row writes a label and a value, which is wrapped at the edge of the page.
func (p *page) row(label, format string, arguments ...any) {
	lines := wrap(fmt.Sprintf(format, arguments...), pageWidth-labelWidth)
	p.line("  "+label, lines[0])
	for _, line := range lines[1:] {
		p.line("", line)
	}
}

// line writes a value behind a label, or below it where that is too long.
func (p *page) line(label, value string) {
	if n := utf8.RuneCountInString(label); n >= labelWidth {
		fmt.Fprintf(p, "%s\n%*s%s\n", label, labelWidth, "", value)
	} else {
		fmt.Fprintf(p, "%s%*s%s\n", label, labelWidth-n, "", value)
	}
}

// note writes a sentence of its own.
func (p *page) note(format string, arguments ...any) {
	for i, line := range wrap(fmt.Sprintf(format, arguments...), pageWidth-4) {
		p.WriteString([]string{"  - ", "    "}[min(i, 1)] + line + "\n")
	}
}

// wrap breaks a text into lines of at most so many characters, where there are spaces.
func wrap(text string, columns int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= columns:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
