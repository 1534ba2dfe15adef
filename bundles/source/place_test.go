package source

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each source holds a condition, in some way of writing it, with the word "here" in it once. At must find the word.
func TestAtFindsTheCharacterHoweverTheScalarIsWritten(t *testing.T) {
	for _, c := range []struct{ name, segment, value string }{
		{"plain", "x: a == here", "a == here"},
		{"plain after several blanks", "x:    a == here", "a == here"},
		{"plain over two lines", "x: a ==\n    here", "a == here"},
		{"plain over lines with blanks at their ends", "x: a ==  \t\n\n      here  ", "a ==\nhere"},
		{"plain in a flow mapping", "{x: a == here, y: b}", "a == here"},
		{"plain in a flow mapping over lines", "{x: a ==\n  here, y: b}", "a == here"},
		{"plain on its own line", "x:\n    a == here", "a == here"},
		{"plain with wide characters before", "x: a == 'größe 日本 😀' && here", "a == 'größe 日本 😀' && here"},
		{"plain with a tab inside", "x: a\t== here", "a\t== here"},
		{"plain with a comment", "x: a == here # no", "a == here"},
		{"single-quoted", "x: 'a == here'", "a == here"},
		{"single-quoted with doubled quotes", "x: 'a == ''b'' && here'", "a == 'b' && here"},
		{"single-quoted over lines", "x: 'a\n\n\n    == ''b''\n    && here'", "a\n\n== 'b' && here"},
		{"single-quoted that begins with a quote", "x: '''a'' == here'", "'a' == here"},
		{"double-quoted", `x: "a == here"`, "a == here"},
		{"double-quoted with escaped quotes", `x: "a == \"b\" && here"`, `a == "b" && here`},
		{"double-quoted with numeric escapes", `x: "\x41\u00e9\U0001F600\t here"`, "Aé😀\t here"},
		{"double-quoted over lines", "x: \"a\n    == here\"", "a == here"},
		{"double-quoted with an escaped line break", "x: \"a \\\n    == here\"", "a == here"},
		{"double-quoted with an escaped line break and empty lines", "x: \"a\\\n\n\n    == here\"", "a\n\n== here"},
		{"double-quoted with an escaped blank after a break", "x: \"a\n    \\  == here\"", "a   == here"},
		{"literal block", "x: |\n    a ==\n    here\n", "a ==\nhere\n"},
		{"literal block with deeper lines and empty ones", "x: |\n    a ==\n\n      b\n\n    && here\n", "a ==\n\n  b\n\n&& here\n"},
		{"literal block without its last break", "x: |-\n    a == here\n", "a == here"},
		{"literal block with all breaks", "x: |+\n    a == here\n\n\ny: b", "a == here\n\n\n"},
		{"literal block with its indentation told", "x: |2-\n      a\n    == here", "  a\n== here"},
		{"literal block with a comment", "x: | # why\n    a == here", "a == here"},
		{"literal block that begins with empty lines", "x: |\n\n\n    a == here\n", "\n\na == here\n"},
		{"folded block", "x: >\n    a ==\n    here\n", "a == here\n"},
		{"folded block with empty lines", "x: >-\n    a\n\n\n    ==\n    here\n", "a\n\n== here"},
		{"folded block with deeper lines", "x: >-\n    a\n      b\n      c\n\n    d\n    here", "a\n  b\n  c\n\nd here"},
		{"folded block that begins with empty lines", "x: >\n\n    a\n    here\n", "\na here\n"},
		{"folded block with all breaks", "x: >+\n    a\n    here\n\n\ny: b", "a here\n\n\n"},
		{"behind an anchor", "x: &a b\n  y: &long a == here", "a == here"},
		{"behind an anchor and a line break", "x: &a # note\n    a == here", "a == here"},
		{"single-quoted behind an anchor", "x: &a  'a == ''b'' && here'", "a == 'b' && here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			segments := "  " + strings.ReplaceAll(c.segment, "\ny:", "\n  y:")
			if strings.HasPrefix(c.segment, "{") {
				segments = " " + c.segment
			}
			for _, ends := range []string{"\n", "\r\n", "\r"} {
				text := strings.ReplaceAll("bundle: b\nsegments:\n"+segments, "\n", ends)
				b, err := Parse(File{"a.yaml", []byte(text)})
				require.NoError(t, err)
				when := find(t, b, "here")
				require.Equal(t, c.value, when.Value)
				offset := len([]rune(when.Value[:strings.Index(when.Value, "here")]))
				page := b.Files["a.yaml"]
				for i, letter := range "here" {
					pos := when.At(offset + i)
					require.Equal(t, string(letter), string(page.character(pos.Line, pos.Column)), "at %v", pos)
				}
			}
		})
	}
}

func find(t *testing.T, b *Bundle, word string) Text {
	t.Helper()
	for _, s := range b.Segments {
		if strings.Contains(s.When.Value, word) {
			return s.When
		}
	}
	require.Fail(t, "no segment holds the word")
	return Text{}
}

func TestAtMovesOffsetsInside(t *testing.T) {
	b, err := Parse(File{"a.yaml", []byte("bundle: b\nsegments:\n  x: 'a == ''b'''\n")})
	require.NoError(t, err)
	when := b.Segments[0].When
	require.Equal(t, Pos{"a.yaml", 3, 6}, when.Pos)
	require.Equal(t, Pos{"a.yaml", 3, 7}, when.At(-1))
	require.Equal(t, Pos{"a.yaml", 3, 7}, when.At(0))
	require.Equal(t, Pos{"a.yaml", 3, 15}, when.At(7), "the quote that is doubled")
	require.Equal(t, Pos{"a.yaml", 3, 17}, when.At(8), "one past the last character")
	require.Equal(t, Pos{"a.yaml", 3, 17}, when.At(100))
	require.Equal(t, 12, when.Length())
}

func TestAtOfMadeTextIsItsPlace(t *testing.T) {
	pos := Pos{"a.yaml", 3, 6}
	require.Equal(t, pos, Text{Value: "hero.1", Pos: pos}.At(4))
	require.Equal(t, Pos{}, Text{}.At(4))
}

func TestAtOfJSONWithSurrogatePairs(t *testing.T) {
	b, err := Parse(File{"a.json", []byte("{\n\t\"bundle\": \"b\",\n\t\"segments\": {\"x\": \"a == '\\uD83D\\ude00\\n\\/' && here\"}\n}")})
	require.NoError(t, err)
	when := b.Segments[0].When
	require.Equal(t, "a == '😀\n/' && here", when.Value)
	pos := when.At(14)
	require.Equal(t, "h", string(b.Files["a.json"].character(pos.Line, pos.Column)))
}
