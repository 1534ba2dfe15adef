package source

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// File is a source file: the name that faults show, and its bytes.
type File struct {
	Name string
	Data []byte
}

// Files is the text of every file of a source, by name, so that faults can be shown in it.
type Files map[string]*page

// page is the text of one file, by line.
type page struct {
	name  string
	lines []string // without line breaks
	runes [][]rune // the lines' characters, as far as somebody asked: a line may be long, and all of a file
	table bool     // it is CSV, not YAML
}

// line returns the line of that number, from 1, or "" where there is none.
func (p *page) line(number int) string {
	if p == nil || number < 1 || number > len(p.lines) {
		return ""
	}
	return p.lines[number-1]
}

// clamp moves a place into the page: at most one character after the end of a line that exists.
func (p *page) clamp(line, column int) Pos {
	line = min(max(line, 1), len(p.lines))
	column = min(max(column, 1), len(p.characters(line))+1)
	return Pos{File: p.name, Line: line, Column: column}
}

// characters returns the characters of a line, which are not to be changed.
func (p *page) characters(number int) []rune {
	line := p.line(number)
	if line == "" {
		return nil
	}
	if p.runes == nil {
		p.runes = make([][]rune, len(p.lines))
	}
	if p.runes[number-1] == nil {
		p.runes[number-1] = []rune(line)
	}
	return p.runes[number-1]
}

// character returns the character at a place, or a line break after the end of a line.
func (p *page) character(line, column int) rune {
	text := p.characters(line)
	if column < 1 || column > len(text) {
		return '\n'
	}
	return text[column-1]
}

// afterAnchor returns the place of the node that the anchor at a place names.
func (p *page) afterAnchor(line, column int) (int, int) {
	for c := p.character(line, column); c != ' ' && c != '\t' && c != '\n'; c = p.character(line, column) {
		column++
	}
	for {
		switch p.character(line, column) {
		case ' ', '\t':
			column++
		case '\n', '#':
			if line >= len(p.lines) {
				return line, column
			}
			line, column = line+1, 1
		default:
			return line, column
		}
	}
}

// newPage splits a file into lines and returns its text as the YAML parser gets it: without byte order mark, each line break
// a \n. A file that is too large, not UTF-8 or holds control characters gives a fault and no text.
func newPage(file File) (*page, []byte, *Fault) {
	if len(file.Data) > MaxFile {
		p := &page{name: file.Name, lines: []string{""}}
		return p, nil, &Fault{Pos: p.clamp(1, 1), Message: fmt.Sprintf("file has more than %d KiB, which is the limit", MaxFile>>10),
			Hint: "spread the bundle over several files of a folder"}
	}
	data := bytes.TrimPrefix(file.Data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	p := &page{name: file.Name, lines: strings.Split(string(data), "\n")}
	for number, line := range p.lines {
		if fault := badCharacter(p, number+1, line); fault != nil {
			return p, nil, fault
		}
	}
	return p, data, nil
}

// badCharacter finds the first character of a line that a source may not hold. Beside control characters these are the line
// separators of Unicode: YAML 1.1 parsers break lines there, editors and YAML 1.2 do not, so that line numbers would differ.
func badCharacter(p *page, number int, line string) *Fault {
	column := 0
	for offset, c := range line {
		column++
		invalid := false
		if c == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(line[offset:])
			invalid = size == 1
		}
		switch {
		case invalid:
			return &Fault{Pos: p.clamp(number, column), Message: fmt.Sprintf("byte 0x%02X is not UTF-8", line[offset]),
				Hint: "save the file as UTF-8"}
		case c < ' ' && c != '\t', c >= 0x7F && c <= 0x9F, c == 0x2028, c == 0x2029, c == 0xFEFF, c == 0xFFFE, c == 0xFFFF:
			return &Fault{Pos: p.clamp(number, column), Message: fmt.Sprintf("character %U cannot stand in a source", c),
				Hint: fmt.Sprintf(`inside double quotes it can be written as "\u%04X"`, c)}
		}
	}
	return nil
}
