package main

import (
	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/lines"
)

func newPlan() *cobra.Command {
	var bundle, engine, now string
	cmd := &cobra.Command{
		Use:     "plan --bundle BUNDLE [--engine ENGINE] [--now TIME] [FILE]",
		GroupID: groupTry,
		Short:   "Say what an edge node does with requests, one JSON object a line",
		Long: `Reads requests from FILE or standard input, one JSON object a line, and prints for
each what an edge node does with it: answer or forward, with which headers, cookies,
cache key and lines for the log.

  {"method":"GET","url":"/shop/?q=x","headers":[["user-agent","Mozilla/5.0"],["cookie","cart=80"]],
   "client_ip":"192.0.2.7","geo":{"country":"DE"},"now":"2026-12-01T08:00:00Z",
   "random":"64 hexadecimal digits","secret":"hexadecimal digits"}

Only url is needed. Without random nothing is minted, without secret no state is read or
written and nothing is handed over. A bad line is answered with {"line":N,"error":"..."},
the rest go on, and the exit status is 1.

` + engineHelp,
		Example: `  echo '{"url":"/shop/","geo":{"country":"DE"}}' | edgewise plan --bundle shop`,
		Args:    arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := loadFlag(cmd, bundle)
			if err != nil {
				return err
			}
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			h, err := startHost(cmd, loaded, engine)
			if err != nil {
				return err
			}
			defer h.Close(cmd.Context())
			in, err := input(args)
			if err != nil {
				return err
			}
			defer in.Close()
			return answerLines(in, lines.Plan(cmd.Context(), h, at))
		},
	}
	bundleFlag(cmd, &bundle)
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	return cmd
}
