package house

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outOfPlace are words that no text or comment here may hold, because a stranger who has only the repository cannot follow them.
var outOfPlace = []struct{ words, why string }{
	{`/(work|home|root|Users)/[a-z]|/tmp/[a-z]`, "a path of somebody's machine: say where it is in the repository, or let a flag or a variable say it"},
	{`\b(SPEC|DESIGN|STYLE|CONSENT|TOOLCHAIN|BRIEF)\.md\b`, "a page that is not in the repository: say here what it says"},
	{`\b[Ii]ssues? #?[0-9]`, "a number in somebody's tracker: say what it is about"},
	{`\bhelpers?\b`, "says nothing of what it helps with; name it for what it does or gives"},
	{`\b(TODO|FIXME|XXX|HACK)\b`, "do it, or say in RATIONALE.md why not"},
	{`artifactory|GOPROXY=|GONOSUM|--registry|--index-url|npm_config_registry`, "where somebody's packages come from: that is for the machine to know"},
	{`(?i)co-authored-by|language model|AI assistant|coding agent`, "the repository speaks of the product, not of who wrote it"},
}

// elsewhere are files that are as others made them, or as tools write them.
var elsewhere = regexp.MustCompile(`^(\.git/|LICENSE$|edge/device/tables\.go$|scripts/house/words_test\.go$)|\.wasm$|(^|/)go\.sum$|/testdata/fuzz/`)

func TestNothingIsOutOfPlace(t *testing.T) {
	read := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".git" {
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || !entry.Type().IsRegular() || elsewhere.MatchString(filepath.ToSlash(name)) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(text, 0) >= 0 { // built, not written
			return err
		}
		read++
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			for _, o := range wordPatterns {
				if found := o.pattern.FindString(line); found != "" {
					t.Errorf("%s:%d: %q is out of place: %s", name, number, found, o.why)
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, read, 100, "the files were not found")
}

type wordPattern struct {
	pattern *regexp.Regexp
	why     string
}

var wordPatterns = func() (all []wordPattern) {
	for _, o := range outOfPlace {
		all = append(all, wordPattern{regexp.MustCompile(o.words), o.why})
	}
	return all
}()
