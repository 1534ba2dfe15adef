package values_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core/format"
)

func TestCheckTakesOnlyOneCompactValueOfTheKind(t *testing.T) {
	const refused = `variant "v" of decision "d": the value is not compact JSON of its kind`
	for _, c := range []struct {
		name, json string
		kind       format.Kind
		want       string
	}{
		{"a bool", `true`, format.Bool, ""},
		{"a string", `"a\n\u2028 {"`, format.String, ""},
		{"an int", `-5`, format.Int, ""},
		{"a double", `1.5e-7`, format.Double, ""},
		{"null", `null`, format.Null, ""},
		{"a list", `[1,"a b"]`, format.List, refused},
		{"an object", `{"a":{"b":[]}}`, format.Map, ""},
		{"a value that ends its answer and begins another", `"x"},"admin":{"variant":"on"`, format.String, refused},
		{"two values", `1,2`, format.Int, refused},
		{"a value cut off", `{"a":`, format.Map, refused},
		{"nothing", ``, format.Null, refused},
		{"blanks", ` 1`, format.Int, refused},
		{"a line break at the end", "1\n", format.Int, refused},
		{"a line break inside", "{\"a\":\n2}", format.Map, refused},
		{"a control character", "\"\x1b[31m\"", format.String, refused},
		{"another kind", `"5"`, format.Int, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := assemble.New("b")
			b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
			b.Variants = []format.Variant{{Name: b.Str("v"), Kind: uint32(c.kind), JSON: b.Str(c.json)}}
			b.Decisions = []format.Decision{{Name: b.Str("d"), Default: 1, Variants: 1}}
			read, err := format.Read(b.Finish().Append(nil))
			require.NoError(t, err)
			if err := values.Check(read); c.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, c.want)
			}
		})
	}
}
