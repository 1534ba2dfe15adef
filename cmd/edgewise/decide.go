package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/lines"
)

func newDecide() *cobra.Command {
	var bundle, engine, now string
	cmd := &cobra.Command{
		Use:     "decide --bundle BUNDLE [--engine ENGINE] [--now TIME] [FILE]",
		GroupID: groupTry,
		Short:   "Answer contexts, one JSON object a line",
		Long: `Reads contexts from FILE or standard input, one JSON object a line, and prints an
answer for each, in order:

  {"context":{"device.class":"mobile","geo":{"country":"DE"}},
   "consent":{"granted":["personalization"]},
   "decisions":["hero"],"now":"2026-12-01T08:00:00Z"}

Every key may be left out: without consent only what is necessary is read, without
decisions all are answered. A bad line is answered with {"line":N,"error":"..."},
the rest go on, and the exit status is 1.

` + engineHelp,
		Example: `  edgewise decide --bundle shop requests.jsonl
  echo '{"context":{"geo.country":"DE"}}' | edgewise decide --bundle shop`,
		Args: arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := loadFlag(cmd, bundle)
			if err != nil {
				return err
			}
			at, err := parseNow(now)
			if err != nil {
				return err
			}
			h, err := startHost(cmd, loaded.Data, engine)
			if err != nil {
				return err
			}
			defer h.Close(cmd.Context())
			in, err := input(args)
			if err != nil {
				return err
			}
			defer in.Close()
			return answerLines(in, lines.Decide(cmd.Context(), h, at))
		},
	}
	bundleFlag(cmd, &bundle)
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	return cmd
}

// answerLines answers all lines of in on standard output. Bad ones have been answered too, but end with status 1.
func answerLines(in io.Reader, answer lines.Answer) error {
	bad, err := lines.Run(in, os.Stdout, answer)
	if err == nil && bad > 0 {
		err = errSaid
	}
	return err
}
