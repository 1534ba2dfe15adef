package source

import (
	"fmt"
	"strings"
	"testing"
)

// Reading takes time in proportion to the text, however it is laid out. A text of this size is read in a second; in time that grows with its
// square, reading would not end before the test's time limit.
func TestReadingIsLinearInTheText(t *testing.T) {
	const size = 1_000_000
	for _, c := range []struct {
		name, file string
		text       func(n int) string
	}{
		{"all in one line", "a.json", func(n int) string {
			return `{"bundle": "b", "decisions": {"d": {"variants": {"on": true}, "rules": [` +
				strings.TrimSuffix(strings.Repeat(`{"when": "true", "use": "on"},`, n/10), ",") + `]}}}`
		}},
		{"unknown keys in one line", "a.yaml", func(n int) string {
			var keys strings.Builder
			for i := range n / 10 {
				fmt.Fprintf(&keys, "k%d: 1, ", i)
			}
			return "{bundle: b, " + keys.String() + "}"
		}},
		{"blanks between single quotes", "a.yaml", func(n int) string {
			return "bundle: b\ntargeting_key: 'a" + strings.Repeat(" ", n) + "b'\n"
		}},
		{"blanks between double quotes", "a.yaml", func(n int) string {
			return "bundle: b\nsegments:\n  s: \"a" + strings.Repeat(" ", n) + "b\"\n"
		}},
		{"blanks in a plain scalar", "a.yaml", func(n int) string {
			return "bundle: b\ntargeting_key: a" + strings.Repeat(" ", n) + "b\n"
		}},
		{"a literal block of empty lines", "a.yaml", func(n int) string {
			return "bundle: b\ntargeting_key: |+\n" + strings.Repeat("\n", n)
		}},
		{"a literal block of empty lines and a last word", "a.yaml", func(n int) string {
			return "bundle: b\nunknown: |\n" + strings.Repeat("\n", n) + "  x\n"
		}},
		{"a literal block of short lines", "a.yaml", func(n int) string {
			return "bundle: b\nunknown: |\n" + strings.Repeat("  x\n\n", n)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text(size)
			if b, err := Parse(File{c.file, []byte(text)}); err == nil {
				for _, s := range b.Segments {
					s.When.At(len(text))
				}
			}
		})
	}
}
