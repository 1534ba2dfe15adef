package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// bundleFlag adds the flag --bundle.
func bundleFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "bundle", "b", "", "a folder or file of rules, or a compiled `BUNDLE`")
}

// loadFlag loads the bundle that a command was given with --bundle.
func loadFlag(cmd *cobra.Command, path string) (*bundles.Loaded, error) {
	if path == "" {
		return nil, &usageError{cmd.Name() + ": --bundle is missing", fmt.Sprintf("usage: %s", cmd.UseLine())}
	}
	return load(path)
}

// load loads a bundle and shows warnings about its source.
func load(path string) (*bundles.Loaded, error) {
	loaded, err := bundles.Load(path)
	if err != nil {
		return nil, explainLoad(path, err)
	}
	printFaults(os.Stderr, loaded.Warnings)
	return loaded, nil
}

// explainLoad says what was being done, and what to do.
func explainLoad(path string, err error) error {
	var faults source.Faults
	var refusal *format.Refusal
	switch {
	case errors.As(err, &faults):
		return &faulty{path, faults}
	case errors.As(err, &refusal) && refusal.Code == format.NewerFormat:
		return err // which says that a newer edgewise is needed
	case errors.As(err, &refusal):
		return &hinted{err, "compile it again with `edgewise build SRC -o FILE`"}
	}
	return noSuchBundle(err)
}

// sizes says how much a bundle holds: "8 decisions, 43 rules, 9,876 bytes compiled".
func sizes(b *bundles.Loaded) string {
	return fmt.Sprintf("%s, %s, %s compiled", plural(len(b.Bundle.Decisions), "decision"), plural(len(b.Bundle.Rules), "rule"),
		plural(len(b.Data), "byte"))
}
