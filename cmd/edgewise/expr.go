package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/lines"
)

func newExpr() *cobra.Command {
	var engineName string
	cmd := &cobra.Command{
		Use:     "expr [--engine ENGINE] [FILE]",
		GroupID: groupTry,
		Short:   "Evaluate CEL expressions, one JSON object a line",
		Long: `Reads CEL expressions from FILE or standard input, one JSON object a line, and
prints the value of each, in order:

  {"id":"a","expr":"cart * 2.0 > 90.0","decls":[{"name":"cart","type":"double"}],
   "context":{"cart":50}}
  {"id":"a","value":true}

A mistake in the expression, or the error that it ends in, is
{"id":"a","error":"..."}. A line that is no such object is answered with
{"line":N,"error":"..."}, the rest go on, and the exit status is 1.

` + engineHelp,
		Example: `  echo '{"expr":"[1, 2, 3].exists(x, x > 2)"}' | edgewise expr`,
		Args:    arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			engine, err := parseEngine(engineName)
			if err != nil {
				return err
			}
			expressions, err := lines.NewExpressions(cmd.Context(), engine, "")
			if err != nil {
				return err
			}
			defer expressions.Close(cmd.Context())
			in, err := input(args)
			if err != nil {
				return err
			}
			defer in.Close()
			return answerLines(in, func(dst, line []byte) ([]byte, error) {
				answered, err := expressions.Answer(dst, line)
				if err != nil {
					err = fmt.Errorf(`%w; a line looks like {"expr":"1 + 2"}`, err)
				}
				return answered, err
			})
		},
	}
	engineFlag(cmd, &engineName)
	return cmd
}
