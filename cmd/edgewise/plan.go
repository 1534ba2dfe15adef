package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/planned"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host/lines"
)

func newPlan() *cobra.Command {
	var bundle, engine, now string
	var explain bool
	cmd := &cobra.Command{
		Use:     "plan --bundle BUNDLE [--explain] [--engine ENGINE] [--now TIME] [FILE]",
		GroupID: groupTry,
		Short:   "Say what an edge node does with requests, one JSON object a line",
		Long: `Reads requests from FILE or standard input, one JSON object a line, and prints for
each what an edge node does with it: answer or forward, with which headers, cookies,
cache key and lines for the log.

  {"method":"GET","url":"/shop/?q=x","headers":[["user-agent","Mozilla/5.0"],["cookie","cart=80"]],
   "client_ip":"192.0.2.7","geo":{"country":"DE","region":"BE"},"now":"2026-12-01T08:00:00Z",
   "random":"64 hexadecimal digits","secret":"hexadecimal digits"}

Only url is needed. geo also has city, continent and timezone; body and device may stand
in a line too, and handover with what the origin answered. Without random nothing is minted,
without secret no state is read or written and nothing is handed over. Keys of other names
are passed over, without a word. A bad line is answered with {"line":N,"error":"..."}, the
rest go on, and the exit status is 1.

With --explain each plan is told in words.

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
			answer := lines.Plan(cmd.Context(), h, at)
			if explain {
				answer = toldInWords(answer)
			}
			return answerLines(in, answer)
		},
	}
	bundleFlag(cmd, &bundle)
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	cmd.Flags().BoolVar(&explain, "explain", false, "say in words what is done with each request")
	return cmd
}

// toldInWords tells plans in words.
func toldInWords(answer lines.Answer) lines.Answer {
	view := planned.View{Style: term.StyleOf(stdout), Columns: term.Width(stdout)}
	first := true
	return func(dst, line []byte) ([]byte, error) {
		plan, err := answer(nil, line)
		if err != nil {
			return dst, err
		}
		out := bytes.NewBuffer(dst)
		if !first {
			fmt.Fprintln(out)
		}
		first = false
		err = view.Write(out, gjson.GetBytes(line, "url").Str, plan)
		return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
	}
}
