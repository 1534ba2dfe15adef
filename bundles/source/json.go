package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// JSON has two escapes that the YAML parser refuses: \/ for a slash, and a character beyond U+FFFF as two \u escapes, a surrogate
// pair, as many JSON writers do for each emoji. So in JSON files they are replaced by escapes of the same length before the file
// is parsed, which keeps columns, and the strings of such a file are then read from its own text.

// notJSON finds the first place where a file is no JSON: YAML takes more, such as a comma after the last item. An empty file is one.
func (p *page) notJSON(data []byte) *Fault {
	var discarded json.RawMessage
	var syntax *json.SyntaxError
	if len(bytes.TrimSpace(data)) == 0 || !errors.As(json.Unmarshal(data, &discarded), &syntax) {
		return nil
	}
	offset := min(int(syntax.Offset), len(data))
	if offset > 0 && !strings.HasPrefix(syntax.Error(), "unexpected end") {
		offset-- // it counts the byte that was wrong
	}
	before := data[:offset]
	line := bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return &Fault{Pos: p.clamp(line+1, column+1), Message: "not JSON: " + syntax.Error(), Hint: "a file of YAML is named *.yaml"}
}

// hideEscapes replaces the escapes that the YAML parser refuses, in place, and says whether there are any.
func hideEscapes(data []byte) bool {
	found := false
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		switch {
		case data[i+1] == '/':
			data[i+1] = '\\'
			found = true
		case surrogate(data, i) == highSurrogate && surrogate(data, i+6) == lowSurrogate:
			copy(data[i:], `\u0000\u0000`)
			found = true
		}
		i++ // the escaped character
	}
	return found
}

// jsonString returns the string that a double-quoted scalar of a JSON file stands for, from the file's own text.
func (p *page) jsonString(n *yaml.Node) (string, bool) {
	end := n.Column + 1
	for c := p.character(n.Line, end); c != '"'; c = p.character(n.Line, end) {
		switch c {
		case '\n':
			return "", false
		case '\\':
			end++
		}
		end++
	}
	var value string
	err := json.Unmarshal([]byte(string(p.characters(n.Line)[n.Column-1:end])), &value)
	return value, err == nil
}

// The halves of a surrogate pair.
const (
	highSurrogate = 0xD800
	lowSurrogate  = 0xDC00
)

// surrogate says which half of a pair the escape at an offset stands for: highSurrogate, lowSurrogate, or 0 for neither.
func surrogate[C byte | rune](text []C, offset int) int {
	if offset+6 > len(text) || text[offset] != '\\' || text[offset+1] != 'u' || text[offset+2]|0x20 != 'd' {
		return 0
	}
	for _, c := range text[offset+4 : offset+6] {
		if !isHex(rune(c)) {
			return 0
		}
	}
	switch rune(text[offset+3]) {
	case '8', '9', 'a', 'A', 'b', 'B':
		return highSurrogate
	case 'c', 'C', 'd', 'D', 'e', 'E', 'f', 'F':
		return lowSurrogate
	}
	return 0
}

func isHex(c rune) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
