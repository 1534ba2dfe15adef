package expr

import (
	"fmt"
	"slices"
	"strings"
)

// reservedWords cannot begin a name in CEL.
var reservedWords = []string{"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let",
	"loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}

// CheckName says why no expression could read an attribute of that name, or returns nil. Only the part before the first dot matters:
// what follows a dot can be written in backticks.
func CheckName(name string) error {
	first, _, dotted := strings.Cut(name, ".")
	switch {
	case slices.Contains(reservedWords, first):
		return fmt.Errorf("%s is a reserved word of CEL", first)
	case !dotted && slices.Contains(typeNames, name):
		return fmt.Errorf("%s is the name of a CEL type", name)
	case strings.Contains(first, "-"):
		return fmt.Errorf("CEL takes the - in %s for a minus", first)
	case strings.HasSuffix(name, "."), strings.Contains(name, ".."):
		return fmt.Errorf("%s has a dot without a name after it", name)
	}
	return nil
}
