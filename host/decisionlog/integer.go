package decisionlog

import (
	"encoding/json"
	"strings"
)

// plainIntegers takes the quotes from integers beyond 2^53, which core's JSON has for the sake of readers that keep numbers as doubles. What
// reads contexts takes all digits, and takes text for no number. typ is the value's type as CEL writes it.
func plainIntegers(value []byte, typ string) []byte {
	typ = strings.ReplaceAll(typ, " ", "")
	inner, compound := strings.CutSuffix(typ, ")")
	switch {
	case typ == "int" || typ == "uint":
		return []byte(strings.Trim(string(value), `"`))
	case !compound || !strings.Contains(typ, "int"):
		return value
	case strings.HasPrefix(typ, "list("):
		var elements []json.RawMessage
		return rewritten(value, &elements, func() {
			for i := range elements {
				elements[i] = plainIntegers(elements[i], strings.TrimPrefix(inner, "list("))
			}
		})
	case strings.HasPrefix(typ, "map("):
		_, of, _ := strings.Cut(inner, ",") // keys are of types without a comma
		var pairs map[string]json.RawMessage
		return rewritten(value, &pairs, func() {
			for key := range pairs {
				pairs[key] = plainIntegers(pairs[key], of)
			}
		})
	}
	return value
}

// rewritten reads a value into parts, has them changed, and writes them.
func rewritten(value []byte, parts any, change func()) []byte {
	if json.Unmarshal(value, parts) != nil {
		return value
	}
	change()
	changed, err := json.Marshal(parts)
	if err != nil {
		return value
	}
	return changed
}
