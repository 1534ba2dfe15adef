package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rulesOf reads a bundle whose matrix is a CSV file of that text, and gives the rules that it stands for, or the first fault.
func rulesOf(t *testing.T, table string) string {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b.yaml"), []byte(`bundle: b
decisions:
  hero: {purpose: necessary, variants: {plain: 1, gold: 2}}
  banner: {purpose: necessary, variants: {none: 1, old: 2}}
matrix: m.csv
`), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "m.csv"), []byte(table), 0o644))
	b, err := Read(filepath.Join(folder, "b.yaml"))
	if err != nil {
		var faults Faults
		require.ErrorAs(t, err, &faults)
		return fmt.Sprintf("%d:%d: %s", faults[0].Pos.Line, faults[0].Pos.Column, faults[0].Message)
	}
	var rules []string
	for _, d := range b.Decisions {
		for _, r := range d.Rules {
			at := r.When.At(max(strings.Index(r.When.Value, "=="), 0))
			rules = append(rules, fmt.Sprintf("%s=%s@%d:%d if %s@%d:%d", d.Name.Value, r.Serve.Value, r.Pos.Line, r.Pos.Column, r.When.Value, at.Line, at.Column))
		}
	}
	return strings.Join(rules, "\n")
}

// What spreadsheets write is read, whatever stands between the cells, and each place in a cell is known.
func TestMatrixOfASpreadsheet(t *testing.T) {
	const phone = `"device.class == ""mobile"""`
	for name, c := range map[string]struct{ table, want string }{
		"commas and line feeds": {"audience,hero,banner\n" + phone + ",gold,old\ntrue,plain,none\n",
			"hero=gold@2:30 if device.class == \"mobile\"@2:15\nhero=plain@3:6 if true@3:1\nbanner=old@2:35 if device.class == \"mobile\"@2:15\nbanner=none@3:12 if true@3:1"},
		"semicolons, CRLF and a byte order mark":        {"\ufeffaudience;hero;banner\r\n" + phone + ";gold;\r\n", "hero=gold@2:30 if device.class == \"mobile\"@2:15"},
		"tabs":                                          {"audience\thero\ntrue\tgold\n", "hero=gold@2:6 if true@2:1"},
		"a line that names the separator":               {"sep=;\naudience;hero\ntrue;gold\n", "hero=gold@3:6 if true@3:1"},
		"columns and rows left behind":                  {"audience,hero,,\ntrue,gold,,\n,,,\n,,,\n", "hero=gold@2:6 if true@2:1"},
		"quotes around every cell":                      {"\"audience\",\"hero\"\n\"true\",\"gold\"\n", "hero=gold@2:8 if true@2:2"},
		"a line break in a cell":                        {"audience,hero\n\"\n  device.bot\n== true\",gold\n", "hero=gold@4:10 if device.bot\n== true@4:1"},
		"letters of more than one byte":                 {"audience,hero\n\"geo.city == \"\"Zürich\"\"\",gold\n", "hero=gold@2:26 if geo.city == \"Zürich\"@2:11"},
		"a heading and a truth value in capitals":       {"Audience,hero\nTRUE,gold\n", "hero=gold@2:6 if true@2:1"},
		"an empty cell leaves the slot to the next row": {"audience,hero\ndevice.bot,\ntrue,gold\n", "hero=gold@3:6 if true@3:1"},

		"another first column":          {"hero,audience\ntrue,gold\n", "1:1: the first column is not audience"},
		"a slot twice":                  {"audience,hero,hero\ntrue,gold,gold\n", "1:15: slot hero has two columns"},
		"a column without a slot":       {"audience,,hero\ntrue,,gold\n", `1:10: "" is not the name of a decision`},
		"a row without an audience":     {"audience,hero\n,gold\n", "2:1: this row has no audience"},
		"a cell beyond the last slot":   {"audience,hero,\ntrue,gold,plain\n", "2:11: this cell has no slot above it"},
		"quotes in a cell without them": {"audience,hero\ndevice.class == \"tv\",gold\n", "2:17: a quote inside a cell that does not begin with one"},
		"quotes that are not doubled":   {"audience,hero\n\"device.class == \"tv\"\",gold\n", "2:18: a quote that ends its cell too early, or is not closed"},
		"no slot that is a decision":    {"audience,heor\ntrue,gold\n", `1:10: no decision "heor"`},
		"nothing":                       {"", "1:1: the matrix names no slots"},
		"another encoding":              {"audience,hero\ntr\xfce,gold\n", "2:3: byte 0xFC is not UTF-8"},
	} {
		require.Equal(t, c.want, rulesOf(t, c.table), name)
	}
}
