package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/bundles/impact"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/decisionlog"
)

func newImpact() *cobra.Command {
	var contexts, engine, now string
	var sample int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "impact OLD NEW {--contexts FILE | --sample N} [--engine ENGINE] [--now TIME] [--json]",
		GroupID: groupPublish,
		Short:   "Tell which decisions a change of rules moves, and how far",
		Long: `Decides the contexts in FILE with two bundles and compares the answers: how many get
another variant, or another value of it, of which decision, from which to which, how many of them because a
running split was drawn anew, and for how many another purpose is granted. OLD and NEW
are rules, compiled bundles, or releases: URL#CHANNEL or URL#CHANNEL@VERSION.

FILE has a JSON object a line, as ` + "`edgewise decide`" + ` reads them, or is a log that
` + "`edgewise decide --log`" + ` wrote; - is standard input. What is told is of these contexts:
so many answers, not so many visitors.

--sample makes up N contexts from what the rules compare attributes with: every such value
turns up, as often as any other. It shows what can move, not how much of the traffic does.

` + engineHelp,
		Example: `  edgewise impact shop-rules#production shop --contexts requests.jsonl
  edgewise impact shop-rules#production shop --contexts decisions.log --json`,
		Args: arguments("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (contexts == "") == (sample <= 0) {
				return &usageError{"impact: give either --contexts or --sample", "usage: " + cmd.UseLine()}
			}
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			var both [2]*bundles.Loaded
			for i, arg := range args {
				if both[i], err = loadAnywhere(cmd.Context(), arg); err != nil {
					return err
				}
			}
			var in io.ReadCloser
			if sample > 0 {
				contexts = "the sample"
				in = io.NopCloser(impact.Sample(sampleSeed, sample, both[0].Bundle, both[1].Bundle))
			} else if in, err = input([]string{contexts}); err != nil {
				return err
			}
			defer in.Close()
			report, err := measureImpact(cmd.Context(), both[0], both[1], in, contexts, engine, at)
			if err != nil {
				return err
			}
			if sample > 0 {
				fmt.Fprintln(os.Stderr, "these contexts are made up: the shares are those of no real visitors")
			}
			untried := consentUntried(report, both[0].Bundle, both[1].Bundle)
			steps := [2]uint64{bound.Of(both[0].Bundle).Steps, bound.Of(both[1].Bundle).Steps}
			segments := changedSegments(both[0].Bundle, both[1].Bundle)
			if asJSON {
				return printJSON(stdout, impactJSON{report, segments, untried, steps[0], steps[1]})
			}
			printImpact(stdout, report)
			if untried {
				fmt.Fprintln(stdout, consentNote)
			}
			if len(segments) > 0 {
				fmt.Fprintf(stdout, "segments that change: %s\n", strings.Join(segments, ", "))
			}
			fmt.Fprintf(stdout, "at most %s steps a request before, %s after\n", thousands(int(steps[0])), thousands(int(steps[1])))
			return nil
		},
	}
	cmd.Flags().StringVar(&contexts, "contexts", "", "the `FILE` of contexts, a JSON object a line")
	cmd.Flags().IntVar(&sample, "sample", 0, "make up `N` contexts")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for a program to read")
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	return cmd
}

// impactJSON is a report for a program to read.
type impactJSON struct {
	*impact.Report
	Segments    []string `json:"segments"`                  // new, gone, or with another condition
	Untried     bool     `json:"consent_untried,omitempty"` // the consent policy changes, and contexts are from logs
	StepsBefore uint64   `json:"steps_before"`              // that a request can take at most
	StepsAfter  uint64   `json:"steps_after"`
}

// consentNote is said where consentUntried.
const consentNote = "consent policy changed: recorded logs hold resolved purposes, so this was not tried; use raw contexts"

// consentUntried says whether consent signals grant something else, and a report has contexts without them.
func consentUntried(r *impact.Report, before, after *format.Bundle) bool {
	return r.Settled > 0 && slices.ContainsFunc(diff.Of(before, after), diff.Change.InConsent)
}

// sampleSeed makes the same sample each time.
const sampleSeed = 1

func changedSegments(before, after *format.Bundle) []string {
	names := []string{}
	for _, change := range diff.Of(before, after) {
		if change.What == "segment" {
			names = append(names, change.Name)
		}
	}
	return names
}

// measureImpact decides the contexts of in, which is called name, with two compiled bundles.
func measureImpact(ctx context.Context, before, after *bundles.Loaded, in io.Reader, name, engineName string, now time.Time) (*impact.Report, error) {
	engine, err := parseEngine(engineName)
	if err != nil {
		return nil, err
	}
	if now.IsZero() {
		now = time.Now() // the same for both bundles and all contexts
	}
	before, after = switchedAlike(before, after)
	workers := runtime.GOMAXPROCS(0)
	var deciders [2]impact.Decide
	for i, c := range []*bundles.Loaded{before, after} {
		options, err := hostOptions(c)
		if err != nil {
			return nil, err
		}
		options.Engine, options.Instances = engine, workers
		h, err := host.New(ctx, options)
		if err != nil {
			return nil, err
		}
		defer h.Close(ctx)
		deciders[i] = deciding(ctx, h, c.Bundle, now)
	}
	report, err := impact.Run(ctx, in, deciders[0], deciders[1], workers, progress(os.Stderr))
	if err == nil && report.Contexts == 0 {
		err = &hinted{fmt.Errorf("%s holds no context that both bundles can answer", name), report.FirstBad}
	}
	return report, err
}

// deciding lets a host decide lines with a bundle, those of logs included.
func deciding(ctx context.Context, h *host.Host, b *format.Bundle, now time.Time) impact.Decide {
	return func(line []byte, answers *impact.Answers) error {
		decide := h.DecideJSON
		if bytes.Contains(line, []byte(`"digest"`)) {
			if question, ok := decisionlog.Question(line); ok {
				line, decide, answers.Settled = question, h.DecideSettledJSON, true
			}
		}
		result, err := decide(ctx, line, now)
		if err != nil {
			return err
		}
		for _, d := range result.Decisions {
			if b.FindDecision(d.Name) >= 0 {
				answers.Decisions = append(answers.Decisions, impact.Decision{Name: d.Name, Variant: d.Variant, Reason: d.Reason, Rule: d.Rule, Value: d.Value})
			}
		}
		for _, c := range result.Consent {
			answers.Granted = append(answers.Granted, impact.Granted{Purpose: c.Purpose, Granted: c.Granted})
		}
		return nil
	}
}

// progress tells a terminal how far it is; nil where there is none.
func progress(file *os.File) func(int) {
	if !term.IsTerminal(file) {
		return nil
	}
	var last atomic.Int64
	return func(lines int) {
		if now := time.Now().UnixMilli(); now-last.Load() > 200 {
			last.Store(now)
			fmt.Fprintf(file, "\r%s contexts ", thousands(lines))
		}
	}
}

// printImpact prints a report for a person.
func printImpact(w io.Writer, r *impact.Report) {
	const bar = 20
	share := func(n, of int) string { return fmt.Sprintf("%6.2f%%", 100*float64(n)/float64(max(of, 1))) }
	fmt.Fprintf(w, "%s, %s with an answer that changes (%s)\n", plural(r.Contexts, "context"), thousands(r.Moved), strings.TrimSpace(share(r.Moved, r.Contexts)))
	if r.Bad > 0 {
		fmt.Fprintf(w, "%s left out: %s\n", plural(r.Bad, "bad line"), term.Printable(r.FirstBad))
	}
	width := len("DECISION")
	for _, d := range r.Decisions {
		width = max(width, len(d.Name))
	}
	for _, d := range r.Decisions {
		asked := d.Asked + d.NewOnly
		switch {
		case d.NewOnly > 0:
			fmt.Fprintf(w, "  %-*s  new\n", width, d.Name)
		case d.OldOnly > 0:
			fmt.Fprintf(w, "  %-*s  %s  %s  removed\n", width, d.Name, share(d.Moved, asked), strings.Repeat("#", bar))
		default:
			line := fmt.Sprintf("  %-*s  %s  %s", width, d.Name, share(d.Moved, asked), strings.Repeat("#", int(d.Share*bar+0.5)))
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
		for i, m := range d.Moves {
			if i == maxMoves {
				fmt.Fprintf(w, "  %*s  and %s of other kinds\n", width, "", plural(len(d.Moves)-i, "move"))
				break
			}
			to := variantName(m.To)
			if m.To == m.From && d.Asked > d.OldOnly {
				to = "another value"
			}
			fmt.Fprintf(w, "  %*s  %s  %s -> %s\n", width, "", share(m.Count, asked), variantName(m.From), to)
		}
		if d.Rebucketed > 0 {
			fmt.Fprintf(w, "  %*s  %s  of a running split, moved to another variant of it\n", width, "", share(d.Rebucketed, asked))
		}
	}
	for _, c := range r.Consent {
		fmt.Fprintf(w, "consent to %s: granted to %s more, %s fewer\n", c.Purpose, thousands(c.Gained), thousands(c.Lost))
	}
}

// maxMoves is how many kinds of moves are listed of a decision.
const maxMoves = 8

func variantName(name string) string {
	if name == "" {
		return "(the caller's default)"
	}
	return name
}

// checkImpact is publish's look at the impact: a decision may not move by more than limit, in hundredths of a percent; nil is no limit.
func checkImpact(ctx context.Context, before, after *bundles.Loaded, contexts string, limit *uint32, accept bool) error {
	in, err := input([]string{contexts})
	if err != nil {
		return err
	}
	defer in.Close()
	report, err := measureImpact(ctx, before, after, in, contexts, string(host.Native), time.Time{})
	if err != nil {
		return err
	}
	printImpact(os.Stderr, report)
	untried := consentUntried(report, before.Bundle, after.Bundle)
	if untried {
		fmt.Fprintln(os.Stderr, consentNote)
	}
	if limit == nil || accept {
		return nil
	}
	if untried {
		return &hinted{errors.New("limits: max_impact cannot be kept to, as the consent policy changes and contexts are from logs, which say what was granted before"),
			"give contexts with consent signals, as `edgewise decide` reads them, or, if that is meant, say so: --accept-impact"}
	}
	if report.Largest()*10_000 <= float64(*limit) {
		return nil
	}
	return &hinted{errors.New("a decision moves further than limits: max_impact allows: " + fmt.Sprintf("%.4g%% of %.4g%%", report.Largest()*100, float64(*limit)/100)),
		"if that is meant, say so: --accept-impact"}
}
