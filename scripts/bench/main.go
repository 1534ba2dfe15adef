// Command bench measures Edgewise beside other engines, in one run, and prints tables with the ratios and what is aimed at. `make bench`
// runs it.
//
// Absolute times differ between machines, and on one machine between hours; the ratios differ less. Each time is the best of many passes, and
// what is compared takes turns. It measures, with packages compare and signals:
//
//   - 10,000 rules: how long the command takes to build them and how much memory, how large the bundle is, how long loading it takes
//   - decisions: rules of package testdata/workload, decided by Edgewise natively, through wazero and in V8, and by others
//   - memory: the module's pages after 10 million decisions and 1,000 loads
//   - consent strings: core/consent beside prebid's libraries, on the samples in $EDGEWISE_SHARED/vectors/consent where these are
//   - the example storefront: BenchmarkStorefront of package host, in which the same decisions are written by hand too
//   - a request at the edge: BenchmarkExchange of package host
//
// It is a module of its own, so that what it compares with is no dependency of the product. After a change to the product's go.mod,
// `go mod tidy` in this folder brings it up to date.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// settings are how thorough a run is.
type settings struct {
	rounds    int           // turns of each subject
	turn      time.Duration // how long each is
	decisions int           // of the memory test
	loads     int
	root      string // the repository
}

func main() {
	s := settings{}
	quick := flag.Bool("quick", false, "measure roughly, in half a minute")
	flag.StringVar(&s.root, "root", "../..", "the repository's folder")
	only := flag.String("only", "", "measure only these, of: rules, decisions, javascript, memory, consent, storefront, exchange")
	flag.Parse()
	s.rounds, s.turn, s.decisions, s.loads = 5, 100*time.Millisecond, 10_000_000, 1000
	if *quick {
		s.rounds, s.turn, s.decisions, s.loads = 2, 30*time.Millisecond, 200_000, 50
	}
	if err := run(context.Background(), os.Stdout, &s, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parts are what is measured, in the order printed.
var parts = []struct {
	name    string
	measure func(context.Context, *report, *settings) error
}{
	{"rules", measureRules}, // first: a process that is started counts its parent's memory as its own
	{"decisions", measureDecisions},
	{"javascript", measureJavaScript},
	{"memory", measureMemory},
	{"consent", measureConsent},
	{"storefront", measureStorefront},
	{"exchange", measureExchange},
}

func run(ctx context.Context, out io.Writer, s *settings, only string) error {
	fmt.Fprintf(out, "%s, %d cores, %s %s/%s\n", processor(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	r := &report{out: out}
	for _, p := range parts {
		if only == "" || strings.Contains(only, p.name) {
			if err := p.measure(ctx, r, s); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return r.aims()
}

// processor is the name of the machine's processor, where it can be known.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimLeft(strings.TrimSpace(name), ": ")
		}
	}
	return runtime.GOARCH
}

// report prints tables, and remembers which aims there were.
type report struct {
	out  io.Writer
	aimd []aim
}

// aim is something that the product should be able to do.
type aim struct {
	what, measured, wanted string
	met                    bool
}

// aim notes whether something was reached.
func (r *report) aim(what, measured, wanted string, met bool) {
	r.aimd = append(r.aimd, aim{what, measured, wanted, met})
}

// table prints rows of cells under a title; the first column is to the left, the others to the right.
func (r *report) table(title string, rows [][]string) error {
	fmt.Fprintf(r.out, "\n%s\n\n", title)
	width := 0
	for _, row := range rows {
		width = max(width, len([]rune(row[0])))
	}
	w := tabwriter.NewWriter(r.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		first := row[0] + strings.Repeat(" ", width-len([]rune(row[0])))
		fmt.Fprintf(w, "  %s\t%s\t\n", first, strings.Join(row[1:], "\t"))
	}
	return w.Flush()
}

// aims prints them all, each with whether it was met.
func (r *report) aims() error {
	rows := [][]string{{"", "measured", "aim", ""}}
	met := 0
	for _, a := range r.aimd {
		verdict := "NOT MET"
		if a.met {
			verdict = "met"
			met++
		}
		rows = append(rows, []string{a.what, a.measured, a.wanted, verdict})
	}
	return r.table(fmt.Sprintf("What is aimed at: %d of %d met", met, len(r.aimd)), rows)
}
