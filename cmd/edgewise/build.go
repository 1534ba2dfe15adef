package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/store/folder"
)

func newBuild() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "build SRC -o FILE",
		GroupID: groupWrite,
		Short:   "Compile rules to the file that engines load",
		Long: `Compiles the rules in SRC, a folder or a file, to one file that engines load. The
same rules give the same bytes. FILE is written whole or not at all; - is standard
output.`,
		Example: `  edgewise build shop -o shop.bundle
  edgewise decide --bundle shop.bundle requests.jsonl`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return &usageError{"build: -o FILE is missing", "usage: " + cmd.UseLine()}
			}
			loaded, err := load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if out == "-" {
				_, err := os.Stdout.Write(loaded.Data)
				return err
			}
			if err := replaceFile(out, loaded.Data); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s: %s\n", out, sizes(loaded))
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "the `FILE` to write")
	return cmd
}

// replaceFile writes a file under another name and moves it into place, so that nobody reads half of it. What is no ordinary
// file, such as /dev/null, is written to as it is; a link stays, and the file that it leads to is replaced.
func replaceFile(name string, data []byte) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, data, 0o644)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	} else if _, err := os.Readlink(name); err == nil {
		return fmt.Errorf("%s is a link to a file that is not there", name)
	}
	err = folder.Replace(name, data, 0o644)
	var failed *fs.PathError
	if errors.As(err, &failed) && failed.Op == "open" {
		return &fs.PathError{Op: "create", Path: name, Err: failed.Err} // not the other name
	}
	return err
}
