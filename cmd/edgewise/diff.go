package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

func newDiff() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "diff A B [--json]",
		GroupID: groupPublish,
		Short:   "Tell what differs between two bundles in what they mean",
		Long: `Compares what two bundles mean, not how they are written: which purposes, attributes,
segments, decisions, variants, rules, splits and routes are new (+), gone (-) or
changed (~). Each is a folder or file of rules, a compiled bundle, or a release in a
channel: URL#CHANNEL or URL#CHANNEL@VERSION.

The exit status is 0 also where something differs.`,
		Example: `  edgewise diff shop-rules#production shop
  edgewise diff shop-rules#production@2 shop-rules#production@3 --json`,
		Args: arguments("A", "B"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var both [2]*bundles.Loaded
			for i, arg := range args {
				var err error
				if both[i], err = loadAnywhere(cmd.Context(), arg); err != nil {
					return err
				}
			}
			changes := diff.Of(both[0].Bundle, both[1].Bundle)
			if asJSON {
				return printJSON(stdout, changes)
			}
			for _, change := range changes {
				fmt.Fprintln(stdout, term.Printable(change.String()))
			}
			if len(changes) == 0 {
				fmt.Fprintln(stdout, "no difference in what they mean")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list for a program to read")
	return cmd
}
