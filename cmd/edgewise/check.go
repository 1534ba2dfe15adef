package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/lint"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

func newCheck() *cobra.Command {
	var c check
	var now string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check SRC [--strict] [--flows] [--fallbacks] [--now TIME] [--json]",
		GroupID: groupWrite,
		Short:   "Say what is wrong with rules, with line and caret",
		Long: `Reads the rules in SRC, a folder or a file, and compiles them without writing
anything. What is wrong is shown on standard error with its line, a caret and a
hint: mistakes, of which there must be none, and warnings. A compiled bundle may be
checked too.

The most steps that a request can take are computed from the rules and printed; a
bundle that can take more than its limits: {steps: N} is a mistake.

--strict also looks for what is no mistake but looks like one: rules that can never
match, segments, attributes and variants that nobody uses, splits by what can be
absent, a missing owner, objective or measure, a review_by that has passed, decisions
that are hard to review, purposes that nobody can grant or refuse, jurisdictions that
never count, redirects that go in a circle. It prints the steps of each route, and in
how many ways its decisions can come out on a page, by what.

--flows adds which data can reach what, on which way and with which consent: each
decision, and with its answer the cookie, the event of measuring and the decider at
the origin. Of the ways through another decision it shows the shortest.

--fallbacks adds what each decision serves now when nothing is known of a visitor, no
consent (no signal, so that the consent policy's mode decides), no geo, or nothing to
split by: for anyone, and for each persona, with nobody at the origin to answer what
is deferred. A test can pin it.

The exit status is 1 where there are mistakes, with --strict also where there are
warnings.`,
		Example: `  edgewise check shop
  edgewise check shop --strict
  edgewise check shop --flows
  edgewise check shop --fallbacks
  edgewise check shop --json | jq .faults`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			if c.now = at; at.IsZero() {
				c.now = time.Now()
			}
			if asJSON {
				return c.json(cmd.Context(), args[0])
			}
			return c.text(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&c.strict, "strict", false, "look for more than mistakes, and take every warning for one")
	cmd.Flags().BoolVar(&c.flows, "flows", false, "show which data can reach what")
	cmd.Flags().BoolVar(&c.fallbacks, "fallbacks", false, "show what is served when something is not known")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for a program to read")
	cmd.Flags().StringVar(&now, "now", "", "with --strict, the `TIME` at which schedules are over or not\n(if absent the clock's)")
	return cmd
}

// check is what check was asked to do.
type check struct {
	strict, flows, fallbacks bool
	now                      time.Time
}

// text checks for a person to read.
func (c *check) text(ctx context.Context, path string) error {
	loaded, err := loadAnywhere(ctx, path)
	if err != nil {
		return err
	}
	faults, err := c.findings(loaded)
	if err != nil {
		return err
	}
	printFaults(os.Stderr, faults)
	if c.strict && len(faults) > 0 {
		fmt.Fprintf(stdout, "%s: %s, %s\n", path, plural(len(faults), "warning"), sizes(loaded))
	} else {
		fmt.Fprintf(stdout, "%s: ok, %s\n", path, sizes(loaded))
	}
	printSteps(stdout, loaded, c.strict)
	printOutcomes(stdout, loaded.Bundle, c.strict)
	if c.flows {
		all, err := flowsOf(loaded)
		if err != nil {
			return err
		}
		printFlows(stdout, all)
	}
	if c.fallbacks {
		all, err := fallbacksOf(ctx, loaded)
		if err != nil {
			return err
		}
		printFallbacks(stdout, all)
	}
	if c.strict && len(faults) > 0 {
		return errSaid
	}
	return nil
}

// findings are the warnings of compiling, and with --strict what lint finds.
func (c *check) findings(loaded *bundles.Loaded) (source.Faults, error) {
	if !c.strict {
		return loaded.Warnings, nil
	}
	if loaded.Source == nil {
		return nil, &hinted{errors.New("--strict looks at rules as they were written, and this is a compiled bundle"), "check its source"}
	}
	found := lint.Check(loaded.Source, loaded.Bundle, c.now)
	return loaded.Source.Files.Report(append(slices.Clone(loaded.Warnings), found...)), nil
}

// printSteps says what a request can take at most: of all, and each route's where asked for.
func printSteps(w io.Writer, loaded *bundles.Loaded, routes bool) {
	report := bound.Of(loaded.Bundle)
	fmt.Fprintf(w, "  at most %s a request", plural(int(report.Steps), "step"))
	if limit := loaded.MaxSteps(); limit > 0 {
		fmt.Fprintf(w, " of %s allowed", thousands(int(limit)))
	}
	if largest, ok := report.Largest(); ok && !routes {
		fmt.Fprintf(w, ", %s for %s", thousands(int(largest.Steps)), term.Printable(largest.Name))
	}
	fmt.Fprintln(w)
	if routes {
		for _, route := range report.Routes {
			fmt.Fprintf(w, "  %9s for %s\n", thousands(int(route.Steps)), term.Printable(route.Name))
		}
	}
}

// checked is what check tells a program.
type checked struct {
	OK        bool          `json:"ok"`
	Faults    source.Faults `json:"faults"` // warnings among them
	Bundle    string        `json:"bundle,omitempty"`
	Decisions int           `json:"decisions,omitempty"`
	Rules     int           `json:"rules,omitempty"`
	Bytes     int           `json:"bytes,omitempty"`

	Steps     *stepsJSON     `json:"steps,omitempty"`
	Routes    []routeJSON    `json:"routes,omitempty"`
	Flows     []flowJSON     `json:"flows,omitempty"`
	Fallbacks []fallbackJSON `json:"fallbacks,omitempty"`
}

// stepsJSON is what a request can take at most.
type stepsJSON struct {
	Most      uint64     `json:"most"`
	Limit     uint64     `json:"limit,omitempty"`
	Routes    []costJSON `json:"routes"`    // in their order
	Decisions []costJSON `json:"decisions"` // by name
}

type costJSON struct {
	Name  string `json:"name"`
	Steps uint64 `json:"steps"`
}

func stepsOf(loaded *bundles.Loaded) *stepsJSON {
	report := bound.Of(loaded.Bundle)
	return &stepsJSON{Most: report.Steps, Limit: loaded.MaxSteps(), Routes: costsOf(report.Routes), Decisions: costsOf(report.Decisions)}
}

func costsOf(costs []bound.Cost) []costJSON {
	all := []costJSON{}
	for _, c := range costs {
		all = append(all, costJSON{c.Name, c.Steps})
	}
	return all
}

// json checks for a program to read.
func (c *check) json(ctx context.Context, path string) error {
	loaded, err := loadAnywhere(ctx, path)
	var findings, faults source.Faults
	if err == nil {
		findings, err = c.findings(loaded)
	}
	result := checked{OK: err == nil && !(c.strict && len(findings) > 0), Faults: source.Faults{}}
	switch {
	case errors.As(err, &faults):
		result.Faults = faults
	case err != nil:
		result.Faults = source.Faults{{Pos: source.Pos{File: path}, Message: err.Error()}}
	default:
		result.Faults = append(result.Faults, findings...)
		result.Bundle, result.Bytes = loaded.Bundle.Name(), len(loaded.Data)
		result.Decisions, result.Rules = len(loaded.Bundle.Decisions), len(loaded.Bundle.Rules)
		result.Steps = stepsOf(loaded)
		result.Routes = routesOf(loaded.Bundle)
		if c.flows {
			all, err := flowsOf(loaded)
			if err != nil {
				return err
			}
			result.Flows = flowsJSON(all)
		}
		if c.fallbacks {
			all, err := fallbacksOf(ctx, loaded)
			if err != nil {
				return err
			}
			result.Fallbacks = fallbacksJSON(all)
		}
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		return err
	}
	if !result.OK {
		return errSaid
	}
	return nil
}
