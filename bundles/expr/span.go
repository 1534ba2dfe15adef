package expr

import (
	"strings"
	"unicode"

	"cel.dev/cel-go/common"
)

// span finds what to underline for the expression of that id. cel-go keeps one token for each: the operator, the dot of a field, the parenthesis
// of a call. A name is underlined as a whole.
func (t *translator) span(id int64) (offset, length int) {
	r, ok := t.tree.SourceInfo().GetOffsetRange(id)
	if offset = int(r.Start); !ok || offset < 0 || offset >= len(t.text) {
		return 0, max(len(t.text), 1)
	}
	return t.spanAt(offset)
}

// spanAt finds what to underline for the token at offset.
func (t *translator) spanAt(offset int) (start, length int) {
	switch {
	case t.text[offset] == '(':
		start := offset
		for start > 0 && isNamePart(t.text[start-1]) {
			start--
		}
		if start < offset {
			return start, offset - start
		}
	case t.text[offset] == '.' || isNamePart(t.text[offset]) && !unicode.IsDigit(t.text[offset]):
		start, end := t.nameAround(offset)
		return start, end - start
	}
	return offset, t.tokenLength(offset)
}

// nameAround gives the dotted name that the character at offset belongs to, without a method's name at its end.
func (t *translator) nameAround(offset int) (start, end int) {
	start, end = offset, offset
	for start > 0 && (isNamePart(t.text[start-1]) || t.text[start-1] == '.') {
		start--
	}
	for end < len(t.text) && (isNamePart(t.text[end]) || t.text[end] == '.') {
		end++
	}
	if end < len(t.text) && t.text[end] == '(' {
		for dot := end - 1; dot > offset; dot-- {
			if t.text[dot] == '.' {
				return start, dot
			}
		}
	}
	return start, end
}

func isNamePart(c rune) bool {
	return c == '_' || c == '`' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// tokenLength is the length of the token at offset: a word, a string, an operator; at least 1.
func (t *translator) tokenLength(offset int) int {
	if offset >= len(t.text) {
		return 1
	}
	end := offset + 1
	switch c := t.text[offset]; {
	case c == '"' || c == '\'':
		for end < len(t.text) && t.text[end] != c && t.text[end] != '\n' {
			if t.text[end] == '\\' {
				end++
			}
			end++
		}
		end++
	case isNamePart(c):
		for end < len(t.text) && isNamePart(t.text[end]) {
			end++
		}
	case strings.ContainsRune("=!<>&|", c):
		for end < len(t.text) && strings.ContainsRune("=<>&|", t.text[end]) {
			end++
		}
	}
	return max(min(end, len(t.text))-offset, 1)
}

// offsetOf turns a line and column of cel-go into an offset; what has none is at the beginning.
func (t *translator) offsetOf(at common.Location) int {
	offset := 0
	for line := 1; line < at.Line(); line++ {
		for offset < len(t.text) && t.text[offset] != '\n' {
			offset++
		}
		offset++
	}
	return min(offset+max(at.Column(), 0), len(t.text))
}
