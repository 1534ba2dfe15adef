package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/decisionlog"
	"github.com/edgewise-dev/edgewise/host/lines"
)

func newReplay() *cobra.Command {
	var paths []string
	var engine string
	cmd := &cobra.Command{
		Use:     "replay --bundle BUNDLE [--engine ENGINE] [FILE]",
		GroupID: groupTry,
		Short:   "Decide again what a decision log says",
		Long: `Reads a decision log, as ` + "`edgewise decide --log`" + ` writes it, from FILE or standard
input, decides each line again, and prints for each whether every answer is the same,
bit for bit, or what differs:

  {"same":true}
  {"same":false,"differences":[{"decision":"hero","field":"variant",
   "logged":"gold","replayed":"plain"}],"bundle":{"logged":"sha512-256:...",...}}

bundle stands there where another bundle decided than then. --bundle may be given
several times: the one that a line names decides, or else the first.

The exit status is 1 where an answer differs, and where a line is bad.

` + engineHelp,
		Example: `  edgewise decide --bundle shop --log decisions.jsonl requests.jsonl
  edgewise replay --bundle shop decisions.jsonl`,
		Args: arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			replay := decisionlog.NewReplay()
			if len(paths) == 0 {
				paths = []string{""} // is missing
			}
			for _, path := range paths {
				loaded, err := loadFlag(cmd, path)
				if err != nil {
					return err
				}
				h, err := startHost(cmd, loaded, engine)
				if err != nil {
					return err
				}
				defer h.Close(cmd.Context())
				replay.Add(loaded.Data, h)
			}
			in, err := input(args)
			if err != nil {
				return err
			}
			defer in.Close()
			bad, err := lines.Run(in, os.Stdout, replay.Answer)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s replayed, %s the same\n", plural(replay.Same+replay.Changed+bad, "line"), thousands(replay.Same))
			if replay.Changed+bad > 0 {
				return errSaid
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVarP(&paths, "bundle", "b", nil, bundleUsage)
	engineFlag(cmd, &engine)
	return cmd
}
