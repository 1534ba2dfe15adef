package source

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problem is what the YAML parser says about a mistake, and what we say.
type problem struct {
	says    string // the beginning
	message string
	hint    string
	where   where
	back    string // characters: the mistake is the last of these before the place
}

// where a mistake is shown.
type where uint8

const (
	stopped    where = iota // where the parser stopped
	lineStart               // at the first character of that line: its indentation is wrong
	openQuote               // at the quote that is not closed in the line that the parser names
	openedLine              // where the parser stopped, and the hint names the line where the construct around it begins
	namedLine               // at the first character of the line that the parser names
)

const (
	tagMessage = "YAML tags are not supported"
	tagHint    = `put text that begins with ! in single quotes: '!granted("analytics")'`
)

var problems = []problem{
	{"found unexpected end of stream", "this quote is not closed",
		"add the closing quote, or double a quote inside: ''", openQuote, ""},
	{"mapping values are not allowed", `": " begins a value, and there is no key here`,
		"put text that holds ': ' in single quotes, and check the indentation", stopped, ":"},
	{"did not find expected ',' or '}'", "expected , or } here", "close the { of line %d first", openedLine, ""},
	{"did not find expected ',' or ']'", "expected , or ] here", "close the [ of line %d first", openedLine, ""},
	{"could not find expected ':'", "expected a key followed by a colon",
		"write key: value, and check the indentation", namedLine, ""},
	{"did not find expected key", "expected a key here", "check the indentation", lineStart, ""},
	{"did not find expected '-' indicator", "expected an item of the list here",
		"begin it with '- ', and check the indentation", lineStart, ""},
	{"did not find expected <document start>", "text after the end of the document",
		"begin with keys, and check the indentation", stopped, ""},
	{"block sequence entries are not allowed", "a list cannot begin here", "begin each item on its own line", stopped, "-"},
	{"did not find expected node content", "expected a value here", "", stopped, ""},
	{"found character that cannot start any token", "text cannot begin with this character",
		"put it in single quotes; indent with spaces, not tabs", stopped, "\t@`%"},
	{"found a tab character", "a tab cannot indent", "use spaces", stopped, "\t"},
	{"found unknown escape character", "double quotes do not know this escape",
		`use single quotes, or double the backslash: \\`, stopped, `\`},
	{"did not find expected hexdecimal number", "this escape needs hexadecimal digits", "", stopped, `\`},
	{"found invalid Unicode character escape code", "this escape is not a character",
		"write the character itself", stopped, `\`},
	{"did not find expected alphabetic or numeric character", "expected a name after & or *",
		"put text that begins with & or * in single quotes", stopped, "&*"},
	{"unknown anchor", "no anchor has the name of this alias", "put text that begins with * in single quotes", stopped, "*"},
	{"did not find expected whitespace or line break", tagMessage, tagHint, stopped, "!"},
	{"found undefined tag handle", tagMessage, tagHint, stopped, "!"},
	{"exceeded max depth", fmt.Sprintf("more than %d mappings and lists inside one another", MaxDepth), "", stopped, ""},
}

var sayingLine = regexp.MustCompile(`^line ([0-9]{1,9}): `)

// syntaxFault puts the YAML parser's error in our words and at its place.
//
// The parser names a line at best, and for most mistakes that of the construct around them. But it reads no further than it must: given
// the text byte by byte, it stops within a few characters of what it could not go on with.
func (r *reader) syntaxFault(data []byte, err error) Fault {
	saying := strings.TrimPrefix(err.Error(), "yaml: ")
	named := 0 // the line that the parser names, from 1
	if m := sayingLine.FindStringSubmatch(saying); m != nil {
		named, _ = strconv.Atoi(m[1])
		saying = saying[len(m[0]):]
	}
	stop := r.page.position(data, stopOffset(data))
	for _, known := range problems {
		if strings.HasPrefix(saying, known.says) {
			return r.page.place(known, stop, named)
		}
	}
	return Fault{Pos: stop, Message: "not YAML: " + saying}
}

// place says where a problem is shown, given where the parser stopped and the line that it names, and words the hint.
func (p *page) place(known problem, stop Pos, named int) Fault {
	fault := Fault{Pos: stop, Message: known.message, Hint: known.hint}
	switch known.where {
	case stopped:
		fault.Pos = p.back(stop, known.back)
		return fault
	case openQuote:
		for _, span := range p.spans(max(named, 1)) {
			if span.end == 0 && (span.open == '"' || span.open == '\'') {
				fault.Pos = p.clamp(max(named, 1), span.begin)
			}
		}
		return fault
	case namedLine:
		fault.Pos = p.lineStart(named)
		return fault
	case lineStart:
		fault.Pos = p.lineStart(stop.Line)
	case openedLine: // the parser counts lines from 0 here, and leaves 0 out
		fault.Hint = fmt.Sprintf(known.hint, named+1)
		if named+1 >= stop.Line {
			fault.Hint = "check the quotes, and close what is open"
		}
	}
	if pos, found := p.tag(stop); found {
		return Fault{Pos: pos, Message: tagMessage, Hint: tagHint}
	}
	if known.where == lineStart && stop.Line > 1 {
		if before := p.clamp(stop.Line-1, 1<<20); p.beginsWithQuote(before.Line) {
			stop = before
		}
	}
	if pos, found := p.afterValue(stop); found {
		fault = Fault{Pos: pos, Message: "text after the end of a value", Hint: `add a comma, or put all of it in single quotes, such as '"a" == b'`}
	}
	return fault
}

// stopOffset is the number of bytes that the parser reads until it fails.
func stopOffset(data []byte) int {
	source := &byteReader{data: data}
	decoder := yaml.NewDecoder(source)
	for {
		if _, err := decode(decoder); err != nil {
			return source.read
		}
	}
}

// byteReader gives one byte at a time and counts them.
type byteReader struct {
	data []byte
	read int
}

func (b *byteReader) Read(into []byte) (int, error) {
	if b.read == len(b.data) || len(into) == 0 {
		return 0, io.EOF
	}
	into[0] = b.data[b.read]
	b.read++
	return 1, nil
}

// position is the place of the last character before an offset that is neither blank nor a line break.
func (p *page) position(data []byte, offset int) Pos {
	before := bytes.TrimRight(data[:offset], " \t\n")
	line := bytes.Count(before, []byte("\n"))
	begin := bytes.LastIndexByte(before, '\n') + 1
	return p.clamp(line+1, len([]rune(string(before[begin:]))))
}

// lineStart is the place of a line's first character that is not blank.
func (p *page) lineStart(line int) Pos {
	column := 1
	for p.character(line, column) == ' ' || p.character(line, column) == '\t' {
		column++
	}
	return p.clamp(line, column)
}

// back goes back from a place, at most to the line's beginning, to one of some characters.
func (p *page) back(pos Pos, to string) Pos {
	for column := pos.Column; column >= 1; column-- {
		if strings.ContainsRune(to, p.character(pos.Line, column)) {
			return p.clamp(pos.Line, column)
		}
	}
	return pos
}

// span is where a quoted or bracketed value stands in its line: the columns of its first and last character.
type span struct {
	open       rune
	begin, end int // end 0: not closed in this line
}

// spans finds the values of a line that begin with a quote or a bracket, where a value can begin.
func (p *page) spans(line int) []span {
	var found []span
	var open []int // brackets not closed yet: their span, or -1 for one inside text
	quote, before := rune(0), ' '
	for column := 1; p.character(line, column) != '\n'; column++ {
		c, next := p.character(line, column), p.character(line, column+1)
		atValue := strings.ContainsRune("[{,:-? ", before)
		switch {
		case quote == '"' && c == '\\', quote == '\'' && c == quote && next == quote:
			column++
		case quote != 0 && c == quote:
			quote = 0
			found[len(found)-1].end = column
		case quote != 0:
		case (c == '"' || c == '\'') && atValue:
			quote = c
			found = append(found, span{open: c, begin: column})
		case (c == '[' || c == '{') && atValue:
			open = append(open, len(found))
			found = append(found, span{open: c, begin: column})
		case c == '[' || c == '{':
			open = append(open, -1)
		case (c == ']' || c == '}') && len(open) > 0:
			if last := open[len(open)-1]; last >= 0 {
				found[last].end = column
			}
			open = open[:len(open)-1]
		}
		if c != ' ' && c != '\t' {
			before = c
		}
	}
	return found
}

// tag finds a ! before a place, in its line, that stands where a value begins: within brackets the parser only sees that a comma is missing.
func (p *page) tag(stop Pos) (Pos, bool) {
	before := ' '
	for column := 1; column <= stop.Column; column++ {
		c := p.character(stop.Line, column)
		inQuotes := func(s span) bool { return (s.open == '"' || s.open == '\'') && s.begin < column && column <= s.end }
		if c == '!' && strings.ContainsRune("[{,:", before) && !slices.ContainsFunc(p.spans(stop.Line), inQuotes) {
			return p.clamp(stop.Line, column), true
		}
		if c != ' ' {
			before = c
		}
	}
	return Pos{}, false
}

// beginsWithQuote says whether the value of a line's key, or item, begins with a quote that is closed in it.
func (p *page) beginsWithQuote(line int) bool {
	spans := p.spans(line)
	if len(spans) == 0 {
		return false
	}
	first := spans[0]
	before := first.begin - 1
	for p.character(line, before) == ' ' {
		before--
	}
	return (first.open == '"' || first.open == '\'') && first.end > 0 && strings.ContainsRune(":-", p.character(line, before))
}

// afterValue finds text that follows a quoted or bracketed value before a place, in its line, where none can stand.
func (p *page) afterValue(stop Pos) (Pos, bool) {
	for _, span := range p.spans(stop.Line) {
		column := span.end + 1
		for p.character(stop.Line, column) == ' ' {
			column++
		}
		if span.end > 0 && column <= stop.Column && !strings.ContainsRune(",]}:#\n", p.character(stop.Line, column)) {
			return p.clamp(stop.Line, column), true
		}
	}
	return Pos{}, false
}
