package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common"
)

// syntaxFaults says in our words why text could not be parsed. Only the first error counts: what the parser finds after it is
// guesswork.
func syntaxFaults(text string, errs []*common.Error) []Fault {
	if len(errs) == 0 {
		return nil
	}
	err := errs[0]
	t := &translator{text: []rune(text)}
	message := strings.TrimPrefix(err.Message, "Syntax error: ")
	if strings.Contains(message, "recursion limit") {
		return []Fault{{Length: 1, Message: fmt.Sprintf("the expression is nested more than %d deep", MaxNesting), Hint: "split it into segments"}}
	}
	offset := t.offsetOf(err.Location)
	f := Fault{Offset: offset, Length: t.tokenLength(offset)}
	if message == err.Message && offset < len(t.text) { // a macro's
		f.Offset, f.Length = t.spanAt(offset)
	}
	token := string(t.text[min(offset, len(t.text)):min(offset+f.Length, len(t.text))])
	switch {
	case strings.TrimSpace(text) == "":
		f.Message, f.Hint = "the condition is empty", `write "true" for one that always holds`
	case strings.Contains(message, "<EOF>"), offset >= len(t.text):
		f.Message = "the expression ends too early"
		if what, ok := strings.CutPrefix(message, "expected "); ok {
			f.Message += ": " + what + " is missing"
		}
	case message == "unexpected token", message == "unexpected token after expression", message == "unexpected character",
		strings.HasPrefix(message, "unexpected '"), strings.HasPrefix(message, "unexpected single"):
		f.Message, f.Hint = fmt.Sprintf("unexpected %q", token), tokenHints[token]
	case strings.HasPrefix(message, "expected "):
		f.Message = fmt.Sprintf("%s is missing before %q", strings.TrimPrefix(message, "expected "), token)
	case strings.HasPrefix(message, "unterminated"):
		f.Message, f.Hint = "the string has no closing quote", ""
		f.Length = 1
	case strings.HasPrefix(message, "unable to unescape"), strings.HasPrefix(message, "invalid unicode"):
		f.Message, f.Hint = "the string has an escape that CEL does not know", `a backslash is written \\; r"..." takes backslashes as they are`
	case strings.HasPrefix(message, "invalid int"), strings.HasPrefix(message, "invalid uint"), strings.HasPrefix(message, "invalid double"):
		f.Message = "the number does not fit its type"
	case strings.HasPrefix(message, "reserved identifier"):
		f.Message = fmt.Sprintf("%q is a reserved word of CEL", token)
	case strings.HasPrefix(message, "expression count exceeds"):
		f.Message, f.Hint = "the expression is too large", "split it into segments"
	case strings.HasPrefix(message, "argument must be a simple name"), strings.HasPrefix(message, "argument is not an identifier"):
		f.Message = notAName
	default:
		f.Message = message
	}
	return []Fault{f}
}

// tokenHints are what people write who think of another language.
var tokenHints = map[string]string{
	"=": "== compares", "===": "== compares", "!==": "!= compares", "<>": "!= compares", "is": "== compares",
	"and": "write &&", "AND": "write &&", "or": "write ||", "OR": "write ||", "not": "write !", "NOT": "write !",
	"then": "a choice is written condition ? a : b",
	"&":    "write &&", "|": "write ||", "“": `quotes are " or '`, "”": `quotes are " or '`, "‘": `quotes are " or '`,
	"’": `quotes are " or '`,
}
