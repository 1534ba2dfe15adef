package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func TestReadFolderTakesItsFilesInTheOrderOfTheirNames(t *testing.T) {
	dir := folder(t, map[string]string{
		"b.yml":             "routes: [{path: /b}]",
		"a.yaml":            "bundle: b\nroutes: [{path: /a}]",
		"c/d.json":          `{"routes": [{"path": "/c/d"}]}`,
		"c.yaml":            "routes: [{path: /c}]",
		"a.test.yaml":       "not: a source",
		"b.test.json":       "not a source",
		".hidden/e.yaml":    "not: a source",
		".hidden.yaml":      "not: a source",
		"notes.txt":         "not a source",
		"c/README.md":       "not a source",
		"c/schema.yaml.bak": "not a source",
	})
	b, err := Read(dir)
	require.NoError(t, err)
	var paths []string
	for _, route := range b.Routes {
		paths = append(paths, route.Path.Value)
	}
	require.Equal(t, []string{"/a", "/b", "/c", "/c/d"}, paths)
	require.Equal(t, Pos{filepath.Join(dir, "c", "d.json"), 1, 22}, b.Routes[3].Path.Pos)
	require.Len(t, b.Files, 4)
}

func TestReadOneFile(t *testing.T) {
	dir := folder(t, map[string]string{"a.yaml": "bundle: b", "b.yaml": "bundle: c"})
	b, err := Read(filepath.Join(dir, "a.yaml"))
	require.NoError(t, err)
	require.Equal(t, "b", b.Name.Value)
}

func TestReadSaysWhatItCannotRead(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Read(folder(t, map[string]string{"notes.txt": "x"}))
	require.ErrorContains(t, err, "no *.yaml, *.yml or *.json file in this folder")
	_, err = Read(os.DevNull)
	require.ErrorContains(t, err, "not an ordinary file")
	_, err = Parse()
	require.ErrorContains(t, err, "at least one file")

	var faults Faults
	_, err = Read(folder(t, map[string]string{"a.yaml": "bundel: b"}))
	require.ErrorAs(t, err, &faults)
	require.Equal(t, "did you mean bundle?", faults[0].Hint)
}

func TestBytesThatAreNotText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"byte order mark", "\ufeffbundle: b", ""},
		{"Windows line ends", "bundle: b\r\nowner: x\r\n", ""},
		{"not UTF-8", "bundle: b\nowner: gr\xfc\xdfe\n", "a.yaml:2:10: byte 0xFC is not UTF-8"},
		{"UTF-16", "\xff\xfeb\x00u\x00", "a.yaml:1:1: byte 0xFF is not UTF-8"},
		{"NUL", "bundle: b\x00", "a.yaml:1:10: character U+0000 cannot stand in a source"},
		{"a byte order mark inside", "bundle: b\n\ufeffowner: x", "a.yaml:2:1: character U+FEFF cannot stand in a source"},
		{"a line separator of Unicode", "bundle: b # \u2028 owner: x", "a.yaml:1:13: character U+2028 cannot stand in a source"},
		{"a replacement character", "bundle: b # \ufffd", ""},
		{"after Windows line ends", "bundle: b\r\nownr: x\r\n", `a.yaml:2:1: unknown key "ownr"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(File{"a.yaml", []byte(c.text)})
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Every limit stops what it is there to stop, soon.
func TestLimits(t *testing.T) {
	bomb := "bundle: b\npersonas:\n  p0: &p0 {context: {x: y}}\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("  p%d: &p%d {context: {a: *p%d, b: *p%d}}\n", i, i, i-1, i-1)
	}
	long := "bundle: b\npersonas:\n  p: {context: {a: &a " + strings.Repeat("x", 1<<20) + ", b: [" + strings.Repeat("*a, ", 20) + "]}}"
	deep := func(n int) string {
		return "bundle: b\npersonas: {p: {context: {a: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "}}}"
	}
	for _, c := range []struct{ name, text, want string }{
		{"aliases of aliases", bomb, "more than 1048576 keys and values, aliases counted"},
		{"long text many times", long, "more than 16 MiB of text, aliases counted"},
		{"many aliases", "bundle: b\npersonas: {p: {context: {a: &a x, b: [" + strings.Repeat("*a, ", MaxAliases+1) + "]}}}", "more than 1000 aliases"},
		{"many nodes", "bundle: b\npersonas: {p: {context: {a: [" + strings.Repeat("1,", MaxNodes) + "1]}}}", "more than 1048576 keys and values"},
		{"lists as deep as may be", deep(MaxDepth - 3), ""},
		{"a list deeper", deep(MaxDepth - 2), "more than 64 mappings and lists inside one another"},
		{"lists deeper than the YAML parser goes", deep(20000), "more than 64 mappings and lists inside one another"},
		{"a large file", strings.Repeat(" ", MaxFile+1), "file has more than 4096 KiB, which is the limit"},
		{"a file as large as may be", "bundle: b" + strings.Repeat(" ", MaxFile-9), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(File{"a.yaml", []byte(c.text)})
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestLimitsCountAllFiles(t *testing.T) {
	half := []byte("personas: {p: {context: {a: [" + strings.Repeat("1,", MaxNodes/2) + "1]}}}")
	_, err := Parse(File{"a.yaml", []byte("bundle: b")}, File{"b.yaml", half}, File{"c.yaml", half})
	require.ErrorContains(t, err, "c.yaml:1:")
	require.ErrorContains(t, err, "more than 1048576 keys and values")
}

func TestFaultsAreBounded(t *testing.T) {
	var faults Faults
	_, err := Parse(File{"a.yaml", []byte("bundle: b\nsegments: {" + strings.Repeat("'1': x, '2': y, ", 5000) + "}")})
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, maxFaults)
}

func TestExamples(t *testing.T) {
	b, err := Read("../examples/storefront")
	require.NoError(t, err)
	rules := 0
	for _, d := range b.Decisions {
		rules += len(d.Rules)
	}
	require.GreaterOrEqual(t, len(b.Decisions), 8)
	require.GreaterOrEqual(t, rules, 40)
	b, err = Read("../examples/hello.yaml")
	require.NoError(t, err)
	require.Len(t, b.Decisions, 1)
	require.Len(t, b.Decisions[0].Rules, 3)
}
