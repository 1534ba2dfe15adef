package house

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/v8"
)

// pages are the texts whose snippets are run. What a fenced block is for stands behind its fence:
//
//	sh         run, one block after the other in one temporary folder, with edgewise on the PATH; it must succeed
//	sh fails   likewise, but it must fail
//	sh setup   for the reader's machine, not run: the make targets and packages that it names must exist. What `make demo` prints is known,
//	           because it is `edgewise demo`
//	text       what the block before it prints. "..." stands for anything, on a line of its own for any lines
//	js         a program for Node, which finds the package edgewise; run like sh
//	js worker  one for elsewhere, not run, and so is ts
//	go         the body of an Example in the repository, which `go test` runs
//	yaml       a file of rules: those of a page together are one bundle, which must pass `edgewise check`
//	yaml from  lines of a file that a block before it wrote: yaml from shop/bundle.yaml
//	cel        conditions, one a line, each of which may stand in a rule of that bundle
var pages = []string{"README.md", "bundles/README.md", "edge/wasm/README.md", "edge/js/README.md"}

// block is a fenced block of a page.
type block struct {
	kind string
	text string // lines, each with its end
	line int    // of its first line
}

// blocks finds the fenced blocks of a page.
func blocks(t *testing.T, page string) []block {
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	var all []block
	var open *block
	for i, line := range strings.SplitAfter(string(text), "\n") {
		kind, fence := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "```")
		switch {
		case open == nil && fence:
			open = &block{kind: kind, line: i + 2}
		case open != nil && fence:
			require.Empty(t, kind, "%s:%d: a fence within a block", page, i+1)
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	require.Nil(t, open, "%s: a block without an end", page)
	return all
}

// root is the repository's folder as seen from this one.
var root = filepath.Join("..", "..")

func TestSnippetsDoWhatPagesSay(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "./cmd/edgewise")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	examples := exampleBodies(t)
	run := 0
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			s := &snippets{t: t, folder: t.TempDir(), bin: bin, examples: examples}
			clone, err := filepath.Abs(root)
			require.NoError(t, err)
			require.NoError(t, os.Symlink(filepath.Join(clone, "bundles"), filepath.Join(s.folder, "bundles"))) // the examples, as in a clone
			for _, b := range blocks(t, page) {
				s.where = fmt.Sprintf("%s:%d", page, b.line)
				s.check(b)
				run++
			}
			s.checkRules()
		})
	}
	require.Greater(t, run, 20, "the pages' blocks were not found")
}

// snippets checks the blocks of one page in their order.
type snippets struct {
	t           *testing.T
	folder, bin string
	examples    map[string]string // from a body to what it prints
	where       string            // page and line of the block
	printed     *string           // by the block before; nil: it prints nothing that is known here
	rules       int               // yaml blocks so far
	conditions  []string
}

func (s *snippets) check(b block) {
	printed := s.printed
	s.printed = nil
	if name, ok := strings.CutPrefix(b.kind, "yaml from "); ok {
		file, err := os.ReadFile(filepath.Join(s.folder, name))
		require.NoError(s.t, err, s.where)
		require.Contains(s.t, string(file), b.text, s.where)
		return
	}
	switch b.kind {
	case "sh", "sh fails":
		out, ok := s.run(b.text)
		require.Equal(s.t, b.kind == "sh", ok, "%s: how it ended\n%s", s.where, out)
		s.printed = &out
	case "sh setup":
		s.checkSetup(b.text)
	case "js":
		s.runJavaScript(b.text)
	case "js worker", "ts":
	case "text":
		require.NotNil(s.t, printed, "%s: nothing before it prints anything", s.where)
		require.Regexp(s.t, pattern(b.text), *printed, "%s: not what is printed", s.where)
	case "go":
		out, ok := s.examples[strings.TrimSpace(b.text)]
		require.True(s.t, ok, "%s: not the body of an Example:\n%s", s.where, b.text)
		s.printed = &out
	case "yaml":
		s.rules++
		name := filepath.Join(s.folder, "rules", fmt.Sprintf("%02d.yaml", s.rules))
		require.NoError(s.t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(s.t, os.WriteFile(name, []byte(b.text), 0o644))
	case "cel":
		for line := range strings.Lines(b.text) {
			if condition, _, _ := strings.Cut(line, "  //"); strings.TrimSpace(condition) != "" {
				s.conditions = append(s.conditions, strings.TrimSpace(condition))
			}
		}
	default:
		require.Fail(s.t, "unknown kind of block", "%s: %q", s.where, b.kind)
	}
}

// run runs a shell's commands in the page's folder and gives what they print.
func (s *snippets) run(commands string) (out string, ok bool) {
	sh := exec.Command("sh", "-eu", "-c", commands)
	sh.Dir = s.folder
	sh.Env = append(os.Environ(), "PATH="+s.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TERM=dumb", "TZ=UTC", "COLUMNS=80")
	printed, err := sh.CombinedOutput()
	return string(printed), err == nil
}

// runJavaScript runs a program in Node, where there is one: without, what it prints is not known.
func (s *snippets) runJavaScript(program string) {
	if _, err := v8.FindNode(); err != nil {
		require.Empty(s.t, os.Getenv("CI"), err)
		s.t.Skip(err)
	}
	clone, err := filepath.Abs(root)
	require.NoError(s.t, err)
	installed := filepath.Join(s.folder, "node_modules", "edgewise")
	require.NoError(s.t, os.MkdirAll(filepath.Dir(installed), 0o755))
	if err := os.Symlink(filepath.Join(clone, "edge", "js"), installed); !errors.Is(err, fs.ErrExist) {
		require.NoError(s.t, err)
	}
	require.NoError(s.t, os.WriteFile(filepath.Join(s.folder, "snippet.mjs"), []byte(program), 0o644))
	out, ok := s.run("node snippet.mjs")
	require.True(s.t, ok, "%s: %s", s.where, out)
	s.printed = &out
}

// checkSetup looks for the targets and packages that commands name.
func (s *snippets) checkSetup(commands string) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(s.t, err)
	for line := range strings.Lines(commands) {
		command, _, _ := strings.Cut(line, "#")
		words := strings.Fields(command)
		for i := range words {
			switch {
			case i > 0 && words[i-1] == "make":
				require.Contains(s.t, string(makefile), "\n"+words[i]+":", "%s: no target %s", s.where, words[i])
				if words[i] == "demo" {
					require.Contains(s.t, string(makefile), "go run ./cmd/edgewise demo\n")
					out, ok := s.run("edgewise demo")
					require.True(s.t, ok, out)
					s.printed = &out
				}
			case strings.HasPrefix(words[i], "./"):
				require.DirExists(s.t, filepath.Join(root, words[i]), s.where)
			}
		}
	}
}

// checkRules compiles the page's files of rules as one bundle, and its conditions within it: the rules of one more decision, which reads
// whatever the bundle has a purpose for.
func (s *snippets) checkRules() {
	if len(s.conditions) > 0 {
		text := "decisions:\n  conditions_of_this_page:\n    purpose: [personalization, analytics, advertising]\n" +
			"    variants: {yes: true}\n    rules:\n"
		for _, condition := range s.conditions {
			text += fmt.Sprintf("      - {when: '%s', serve: yes}\n", strings.ReplaceAll(condition, "'", "''"))
		}
		s.check(block{kind: "yaml", text: text})
	}
	if s.rules > 0 {
		out, ok := s.run("edgewise check rules")
		require.True(s.t, ok, "the page's rules:\n%s", out)
		require.NotContains(s.t, out, "warning", "the page's rules")
	}
}

// pattern is the regular expression of a block of output.
func pattern(text string) *regexp.Regexp {
	var expression strings.Builder
	for line := range strings.Lines(text) {
		if line == "...\n" {
			expression.WriteString(`(?:.*\n)*?`)
			continue
		}
		expression.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), regexp.QuoteMeta("..."), ".*"))
	}
	return regexp.MustCompile(`\A` + expression.String() + `\n*\z`)
}

// exampleBodies finds the Example functions of the repository: what each prints by its body, without its indentation.
func exampleBodies(t *testing.T) map[string]string {
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Example") {
				body, output, _ := strings.Cut(string(text[f.Body.Lbrace:f.Body.Rbrace-1]), "\t// Output:\n")
				found[strings.TrimSpace(strings.ReplaceAll(body, "\n\t", "\n"))] = strings.ReplaceAll(output, "\t// ", "")
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

// A page may point only at files that are there.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	found := 0
	for _, page := range append(pages, "edge/README.md", "testdata/README.md", "RATIONALE.md", "CHANGELOG.md") {
		text, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			found++
			_, err := os.Stat(filepath.Join(root, filepath.Dir(page), match[1]))
			require.NoError(t, err, "%s: a link to %s", page, match[1])
		}
	}
	require.NotZero(t, found)
}
