package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/format"
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
			var both [2]compiled
			for i, arg := range args {
				var err error
				if both[i], err = loadAnywhere(cmd.Context(), arg); err != nil {
					return err
				}
			}
			changes := diff.Of(both[0].bundle, both[1].bundle)
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

// loadAnywhere loads rules, a compiled bundle, or a release of a channel.
func loadAnywhere(ctx context.Context, name string) (c compiled, err error) {
	r, ok, err := parseReference(name)
	if err != nil {
		return c, err
	}
	if !ok {
		loaded, err := bundles.Load(name)
		if err != nil {
			return c, explainLoad(name, err)
		}
		return compiled{loaded.Data, loaded.Bundle}, nil
	}
	if err := existing(r.url); err != nil {
		return c, err
	}
	from, err := openChannel(r.url, r.channel)
	if err != nil {
		return c, err
	}
	found, _, err := readRelease(ctx, from, r.version, trusted{}, nil)
	if err != nil {
		return c, err
	}
	c.data = found.envelope.Payload
	if c.bundle, err = format.Read(c.data); err == nil {
		err = values.Check(c.bundle)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
