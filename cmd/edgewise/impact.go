package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/impact"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host"
)

func newImpact() *cobra.Command {
	var contexts, engine, now, svg string
	var sample int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "impact OLD NEW [--contexts FILE | --sample N] [--engine ENGINE] [--now TIME] [--svg FILE] [--json]",
		GroupID: groupPublish,
		Short:   "Tell which decisions a change of rules moves, and how far",
		Long: `Decides the contexts in FILE with two bundles and compares the answers: how many get
another variant, or another value of it, of which decision, from which to which, how many of them because a
running split was drawn anew, how many are in other segments, and for how many another
purpose is granted. OLD and NEW
are rules, compiled bundles, or releases: URL#CHANNEL or URL#CHANNEL@VERSION.

` + contextsHelp + ` What is told is of these contexts: so many answers, not so
many visitors. A log holds what was granted and no signals: where the consent policy
changes, its contexts follow the new one as far as no signal had decided, and the rest
is said to be untried.

--sample makes up N contexts from what the rules compare attributes with: every such value
turns up, as often as any other. It shows what can move, not how much of the traffic does.

Both engines give the same answers, byte for byte: wasm, which decides here where nothing
else is said, is the WebAssembly module that runs at the edge; native is compiled into
this program.`,
		Example: `  edgewise impact shop-rules#production shop --contexts requests.jsonl
  edgewise impact shop-rules#production shop --contexts decisions.log --json`,
		Args: arguments("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if contexts != "" && sample > 0 {
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
			name := "the sample"
			if sample > 0 {
				in = io.NopCloser(impact.Sample(sampleSeed, sample, both[0].Bundle, both[1].Bundle))
			} else if in, name, err = openContexts(contexts, args[1], both[1].Source); err != nil {
				return err
			}
			if in == nil {
				return &usageError{"impact: --contexts or --sample is missing, and the rules name no publish: {contexts: FILE}", "usage: " + cmd.UseLine()}
			}
			defer in.Close()
			report, err := measureImpact(cmd.Context(), both[0], both[1], in, name, engine, at)
			if err != nil {
				return err
			}
			if report.MadeUp = sample > 0; report.MadeUp {
				fmt.Fprintln(os.Stderr, "these contexts are made up: the shares are those of no real visitors")
			}
			steps := [2]uint64{bound.Of(both[0].Bundle).Steps, bound.Of(both[1].Bundle).Steps}
			if svg != "" {
				picture := impact.AppendSVG(nil, report, "What changes in "+both[1].Bundle.Name(), args[0]+" → "+args[1])
				if err := replaceFile(svg, picture); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(stdout, impactJSON{report, steps[0], steps[1]})
			}
			printImpact(stdout, report)
			fmt.Fprintf(stdout, "at most %s steps a request before, %s after\n", thousands(int(steps[0])), thousands(int(steps[1])))
			return nil
		},
	}
	cmd.Flags().StringVar(&contexts, "contexts", "", "the `FILE` of contexts, a JSON object a line; recorded; or personas (if\nabsent recorded)")
	cmd.Flags().IntVar(&sample, "sample", 0, "make up `N` contexts")
	cmd.Flags().StringVar(&svg, "svg", "", "write a picture of it to `FILE`, for a browser or a page")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for a program to read")
	cmd.Flags().StringVar(&engine, "engine", string(host.Wasm), "what decides, the `ENGINE` native or wasm")
	nowFlag(cmd, &now)
	return cmd
}

// impactJSON is a report for a program to read.
type impactJSON struct {
	*impact.Report
	StepsBefore uint64 `json:"steps_before"` // that a request can take at most
	StepsAfter  uint64 `json:"steps_after"`
}

// sampleSeed makes the same sample each time.
const sampleSeed = 1

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
	contexts := plural(r.Contexts, "context")
	if r.MadeUp {
		contexts = plural(r.Contexts, "made-up context")
	}
	fmt.Fprintf(w, "%s, %s with an answer that changes (%s)\n", contexts, thousands(r.Moved), strings.TrimSpace(share(r.Moved, r.Contexts)))
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
	for _, s := range r.Segments {
		fmt.Fprintf(w, "segment %s: %s before, %s after, %s joined, %s left; %s with an answer that changes\n", s.Name, plural(s.Before, "context"), thousands(s.After),
			thousands(s.Joined), thousands(s.Left), thousands(s.Moved))
	}
	for _, c := range r.Consent {
		fmt.Fprintf(w, "consent to %s: granted to %s more, %s fewer\n", c.Purpose, thousands(c.Gained), thousands(c.Lost))
	}
	if r.Untried > 0 {
		fmt.Fprintf(w, "consent changes, and %s from logs, which hold no signals: what they decided is left as it was; use raw contexts\n", areOf(r.Untried, r.Contexts))
	}
}

func areOf(some, all int) string {
	if some == all {
		return "all contexts are"
	}
	return fmt.Sprintf("%s of %s are", thousands(some), plural(all, "context"))
}

// maxMoves is how many kinds of moves are listed of a decision.
const maxMoves = 8

func variantName(name string) string {
	if name == "" {
		return "(the caller's default)"
	}
	return name
}

// checkImpact is publish's look at the impact on the contexts of in, which is called name: a decision may not move by more than limit, in hundredths of a percent;
// nil is no limit.
func checkImpact(ctx context.Context, before, after *bundles.Loaded, in io.Reader, name string, limit *uint32, accept bool) error {
	report, err := measureImpact(ctx, before, after, in, name, string(host.Wasm), time.Time{})
	if err != nil {
		return err
	}
	printImpact(os.Stderr, report)
	if limit == nil || accept {
		return nil
	}
	if report.Untried > 0 {
		return &hinted{errors.New("limits: max_impact cannot be kept to, as the consent policy changes and contexts are from logs, which say what was granted before"),
			"give contexts with consent signals, as `edgewise decide` reads them, or, if that is meant, say so: --accept-impact"}
	}
	if report.Largest()*10_000 <= float64(*limit) {
		return nil
	}
	return &hinted{errors.New("a decision moves further than limits: max_impact allows: " + fmt.Sprintf("%.4g%% of %.4g%%", report.Largest()*100, float64(*limit)/100)),
		"if that is meant, say so: --accept-impact"}
}
