package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/examples"
)

// starter is the folder that init writes. Its bundle is called NAME in all of its files.
//
//go:embed starter
var starter embed.FS

const (
	starterRoot = "starter"
	starterName = "NAME"
)

func newInit() *cobra.Command {
	var consent bool
	cmd := &cobra.Command{
		Use:     "init DIR [--consent]",
		GroupID: groupWrite,
		Short:   "Write a small bundle to begin with",
		Long: `Writes a small bundle into the folder DIR, which must be empty or not there yet:
rules with comments that say what each line does, tests of them, a few requests to
decide, and a page that says what to try next. It passes ` + "`edgewise check` and\n`edgewise test`" + `.

--consent adds consent.yaml, a consent policy for most of the world to begin with: an
engineer's defaults with their sources, no legal advice.`,
		Example: "  edgewise init shop\n  edgewise check shop\n  edgewise test shop",
		Args:    arguments("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := args[0]
			if err := writeStarter(dir); err != nil {
				return err
			}
			if consent {
				if err := writeNew(filepath.Join(dir, "consent.yaml"), examples.ConsentPolicy()); err != nil {
					return err
				}
			}
			fmt.Fprintf(os.Stderr, "%s is there. Try:\n\n", dir)
			tries := []string{"check DIR", "test DIR", "decide --bundle DIR DIR/requests.jsonl", "explain --bundle DIR --persona first_visit"}
			if consent {
				tries = append(tries, "personas DIR")
			}
			for _, try := range tries {
				fmt.Fprintf(os.Stderr, "  %s %s\n", program(), strings.ReplaceAll(try, "DIR", quoted(dir)))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&consent, "consent", false, "write a consent policy too")
	return cmd
}

// writeStarter fills an empty folder. It overwrites no file, even one that comes to be meanwhile.
func writeStarter(dir string) error {
	if dir == "" {
		return &usageError{"init: DIR is empty", "name a folder that is not there yet, or . for this one"}
	}
	entries, err := os.ReadDir(dir)
	switch {
	case len(entries) > 0:
		return &hinted{fmt.Errorf("%s is not empty: it holds %s", dir, entries[0].Name()), "name a folder that is not there yet"}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	name := bundleName(dir)
	return fs.WalkDir(starter, starterRoot, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(starterRoot, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(dir, inside), 0o755)
		}
		text, err := starter.ReadFile(path)
		if err != nil {
			return err
		}
		text = []byte(strings.ReplaceAll(string(text), starterName, name))
		return writeNew(filepath.Join(dir, inside), text)
	})
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// notInNames is what the name of a bundle may not have.
var notInNames = regexp.MustCompile(`^[^A-Za-z]+|[^A-Za-z0-9_.-]+`)

// bundleName makes a bundle's name from its folder's.
func bundleName(dir string) string {
	const longest = 64
	absolute, err := filepath.Abs(dir)
	if err != nil {
		absolute = dir
	}
	name := notInNames.ReplaceAllString(filepath.Base(absolute), "")
	if name == "" {
		return "site"
	}
	return name[:min(len(name), longest)]
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./-]+$`).MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
