package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/typing"
)

func newTypes() *cobra.Command {
	var language, name string
	cmd := &cobra.Command{
		Use:     "types SRC --lang ts|go",
		GroupID: groupWrite,
		Short:   "Write what decisions can answer as types for programs",
		Long: `Prints the names and values that the decisions in SRC can answer, in TypeScript for the
package edgewise or as constants of a Go package: a program that names a decision or
a variant that there is not does not compile.`,
		Example: `  edgewise types shop --lang ts > decisions.ts
  edgewise types shop --lang go --package shop > shop/decisions.go`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if language != "ts" && language != "go" {
				return &usageError{fmt.Sprintf("--lang %q: want ts or go", language), "usage: " + cmd.UseLine()}
			}
			loaded, err := load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var text string
			if language == "ts" {
				text, err = typing.TypeScript(loaded.Bundle)
			} else {
				if name == "" {
					name = typing.PackageName(loaded.Bundle)
				}
				text, err = typing.Go(loaded.Bundle, name)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(stdout, text)
			return err
		},
	}
	cmd.Flags().StringVar(&language, "lang", "", "the `LANGUAGE`: ts or go")
	cmd.Flags().StringVar(&name, "package", "", "of go: the package's `NAME`; the bundle's unless said")
	return cmd
}
