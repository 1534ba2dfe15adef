package term_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

func TestCellsCountWhatATerminalShows(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		cells int
	}{
		"nothing":            {"", 0},
		"ASCII":              {"abc", 3},
		"an umlaut":          {"ä", 1},
		"a combining accent": {"a\u0308", 1},
		"wide characters":    {"東京", 4},
		"colours":            {"\x1b[32mok\x1b[0m", 2},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.cells, term.Cells(c.text)) })
	}
}

func TestCut(t *testing.T) {
	require.Equal(t, "abcdef", term.Cut("abcdef", 6))
	require.Equal(t, "ab...", term.Cut("abcdef", 5))
	require.Equal(t, "東...", term.Cut("東京都庁", 5))
	require.Equal(t, "..", term.Cut("abcdef", 2))
	require.Empty(t, term.Cut("abcdef", -1))
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	require.Equal(t, "one two\n  three\n  four", term.Wrap("one two three four", 2, 2, 9))
	require.Equal(t, "unbreakable", term.Wrap("unbreakable", 0, 0, 4), "a word is not broken")
	require.Equal(t, "a  b", term.Wrap("a  b", 0, 0, 80), "spaces stay")
}

func TestPrintableShowsNoControls(t *testing.T) {
	require.Equal(t, "a\ufffd[31mb\ufffdc", term.Printable("a\x1b[31mb\nc"))
	require.Equal(t, "Schön 東京", term.Printable("Schön 東京"))
	require.Equal(t, "a\ufffd[31mb\n\tc\ufffd", term.PrintableLines("a\x1b[31mb\n\tc\u202e"))
}

func TestTableAlignsColumns(t *testing.T) {
	var out bytes.Buffer
	term.Table(&out, "> ", [][]string{{"a", "b", "c"}, {"long", "", "x"}, {"ä", "bb", ""}})
	require.Equal(t, "> a     b   c\n> long      x\n> ä     bb\n", out.String())
}

func TestNoColoursOutsideOfTerminals(t *testing.T) {
	var out bytes.Buffer
	require.Equal(t, "x", term.StyleOf(&out).Red("x"))
	require.False(t, term.IsTerminal(&out))
	require.Equal(t, term.Columns, term.Width(&out))
}
