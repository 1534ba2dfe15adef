package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

func newInspect() *cobra.Command {
	return &cobra.Command{
		Use:     "inspect BUNDLE",
		GroupID: groupMore,
		Short:   "Show what a compiled bundle holds",
		Long: `Shows a bundle as engines see it: attributes, segments, decisions with their rules,
splits with their ranges, routes, every condition with its instructions, and the
size of each section. A source is compiled first. A release is URL#CHANNEL or
URL#CHANNEL@VERSION, or the file bundle.edgewise of a --state folder.

The text is for people and for diffs; its form may change.`,
		Example: `  edgewise inspect shop.bundle | less
  diff <(edgewise inspect old.bundle) <(edgewise inspect new.bundle)`,
		Args: arguments("BUNDLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if s := loaded.Statement; s != nil {
				fmt.Fprintf(stdout, "release %d in the channel %s\n", s.Version, s.Channel)
				if len(s.Disabled) > 0 {
					fmt.Fprintf(stdout, "switched off %s\n", strings.Join(s.Disabled, ", "))
				}
			}
			_, err = fmt.Fprint(stdout, term.PrintableLines(inspect.Dump(loaded.Bundle)))
			return err
		},
	}
}
