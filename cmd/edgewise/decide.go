package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/decisionlog"
	"github.com/edgewise-dev/edgewise/host/lines"
)

func newDecide() *cobra.Command {
	var bundle, engine, now, log string
	cmd := &cobra.Command{
		Use:     "decide --bundle BUNDLE [--engine ENGINE] [--now TIME] [--log LOG] [FILE]",
		GroupID: groupTry,
		Short:   "Answer contexts, one JSON object a line",
		Long: `Reads contexts from FILE or standard input, one JSON object a line, and prints an
answer for each, in order:

  {"context":{"device.class":"mobile","geo":{"country":"DE"}},
   "consent":{"granted":["personalization"]},
   "decisions":["hero"],"now":"2026-12-01T08:00:00Z"}

Every key may be left out: without consent only what is necessary is read, without
decisions all are answered. A bad line is answered with {"line":N,"error":"..."},
the rest go on, and the exit status is 1. Attributes and purposes that the bundle
does not have are named at the end, on standard error.

--log adds a line for each answer to a file: the bundle's digest, the time, what rules
saw, what is consented to, and the answer. ` + "`edgewise replay`" + ` decides it again.

` + engineHelp,
		Example: `  edgewise decide --bundle shop requests.jsonl
  echo '{"context":{"geo.country":"DE"}}' | edgewise decide --bundle shop`,
		Args: arguments("[FILE]"),
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
			strangers := strangersTo(loaded.Bundle)
			defer strangers.report(os.Stderr)
			if log != "" {
				return answerAndLog(cmd.Context(), in, loaded.Data, h, at, log, strangers)
			}
			return answerLines(in, strangers.beside(lines.Decide(cmd.Context(), h, at)))
		},
	}
	bundleFlag(cmd, &bundle)
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	cmd.Flags().StringVar(&log, "log", "", "add a line for each answer to the file `LOG`")
	return cmd
}

// answerAndLog answers all lines of in as answerLines does, and adds what was decided to a file.
func answerAndLog(ctx context.Context, in io.Reader, bundle []byte, h *host.Host, now time.Time, path string, strangers *strangers) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	log, err := decisionlog.New(file, bundle)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	answered := answerLines(in, strangers.beside(log.Decide(ctx, h, now)))
	if err := errors.Join(log.Err(), file.Close()); err != nil {
		return err
	}
	return answered
}

// answerLines answers all lines of in on standard output. Bad ones have been answered too, but end with status 1.
func answerLines(in io.Reader, answer lines.Answer) error {
	bad, err := lines.Run(in, os.Stdout, answer)
	if err == nil && bad > 0 {
		err = errSaid
	}
	return err
}
