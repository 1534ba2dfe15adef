package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
)

func newCheck() *cobra.Command {
	var asJSON, fallbacks bool
	cmd := &cobra.Command{
		Use:     "check SRC [--fallbacks] [--json]",
		GroupID: groupWrite,
		Short:   "Say what is wrong with rules, with line and caret",
		Long: `Reads the rules in SRC, a folder or a file, and compiles them without writing
anything. What is wrong is shown on standard error with its line, a caret and a
hint: mistakes, of which there must be none, and warnings. A compiled bundle may be
checked too.

--fallbacks adds what each decision serves now when nothing is known of a visitor, no
consent, no geo, or nothing to split by: for anyone, and for each persona. A test can
pin it.

The exit status is 1 where there are mistakes.`,
		Example: `  edgewise check shop
  edgewise check shop --fallbacks
  edgewise check shop --json | jq .faults`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				return checkJSON(cmd.Context(), args[0], fallbacks)
			}
			loaded, err := load(args[0])
			if err != nil {
				return err
			}
			fmt.Printf("%s: ok, %s\n", args[0], sizes(loaded))
			if fallbacks {
				all, err := fallbacksOf(cmd.Context(), loaded)
				if err != nil {
					return err
				}
				printFallbacks(os.Stdout, all)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&fallbacks, "fallbacks", false, "show what is served when something is not known")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for a program to read")
	return cmd
}

// checked is what check tells a program.
type checked struct {
	OK        bool          `json:"ok"`
	Faults    source.Faults `json:"faults"` // warnings among them
	Bundle    string        `json:"bundle,omitempty"`
	Decisions int           `json:"decisions,omitempty"`
	Rules     int           `json:"rules,omitempty"`
	Bytes     int           `json:"bytes,omitempty"`

	Fallbacks []fallbackJSON `json:"fallbacks,omitempty"`
}

func checkJSON(ctx context.Context, path string, fallbacks bool) error {
	loaded, err := bundles.Load(path)
	result := checked{OK: err == nil, Faults: source.Faults{}}
	var faults source.Faults
	switch {
	case errors.As(err, &faults):
		result.Faults = faults
	case err != nil:
		result.Faults = source.Faults{{Pos: source.Pos{File: path}, Message: err.Error()}}
	default:
		result.Faults = append(result.Faults, loaded.Warnings...)
		result.Bundle, result.Bytes = loaded.Bundle.Name(), len(loaded.Data)
		result.Decisions, result.Rules = len(loaded.Bundle.Decisions), len(loaded.Bundle.Rules)
		if fallbacks {
			all, err := fallbacksOf(ctx, loaded)
			if err != nil {
				return err
			}
			result.Fallbacks = fallbacksJSON(all)
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		return err
	}
	if !result.OK {
		return errSaid
	}
	return nil
}
