package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/why"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/module"
)

// report prints a demo, section by section. The first error of writing stays in err.
type report struct {
	out     io.Writer
	style   term.Style
	columns int
	bundle  *format.Bundle
	err     error
}

func (r *report) printf(layout string, args ...any) {
	if _, err := fmt.Fprintf(r.out, layout, args...); err != nil && r.err == nil {
		r.err = err
	}
}

// heading begins a section.
func (r *report) heading(text string) { r.printf("\n%s\n\n", r.style.Bold(text)) }

// factIndent is where what is known of something begins, beside its name.
const factIndent = 12

// fact prints what something is, and what is to be known of it.
func (r *report) fact(what, text string) {
	r.printf("%s%s\n", term.Pad("  "+what, factIndent), term.Wrap(text, factIndent, factIndent, r.columns))
}

func (r *report) title(b *bundles.Loaded) {
	r.printf("%s\n\n", r.style.Bold("Edgewise: a day of requests, decided natively and in WebAssembly, side by side"))
	r.fact("rules", fmt.Sprintf("%s: %s, %s, %s compiled", term.Printable(r.bundle.Name()), plural(len(r.bundle.Decisions), "decision"),
		plural(len(r.bundle.Rules), "rule"), kilobytes(len(b.Data))))
}

func (r *report) engines(e *engines) {
	r.fact("module", fmt.Sprintf("%s of WebAssembly, compiled in %s, an instance with the rules in %s", kilobytes(len(module.Wasm)),
		duration(e.compiling), duration(e.starting)))
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f KB", float64(n)/1000) }

// progress gives what shows how far the log is read: a line that is written over and over, on a terminal only.
func (r *report) progress(log *os.File) func(*tally) {
	if !term.IsTerminal(r.out) {
		return func(*tally) {}
	}
	const (
		every = 50 * time.Millisecond
		width = 30
	)
	size := int64(0) // unknown, as of a pipe
	if info, err := log.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	began := time.Now()
	shown := began
	return func(t *tally) {
		if time.Since(shown) < every {
			return
		}
		shown = time.Now()
		bar := ""
		if at, err := log.Seek(0, io.SeekCurrent); err == nil && size > 0 {
			done := min(int(width*at/size), width)
			bar = "[" + strings.Repeat("#", done) + strings.Repeat(".", width-done) + "] "
		}
		r.printf("\r%s%s%s requests, %.1f s\x1b[K", term.Pad("  deciding", factIndent), bar, thousands(t.requests), shown.Sub(began).Seconds())
	}
}

// requests says what the log held.
func (r *report) requests(o Options, t *tally, took time.Duration) {
	if term.IsTerminal(r.out) {
		r.printf("\r\x1b[K")
	}
	from := o.Log
	switch {
	case from == "" && o.Write != "":
		from = fmt.Sprintf("made up from seed %d, kept in %s", o.Seed, o.Write)
	case from == "":
		from = fmt.Sprintf("made up from seed %d", o.Seed)
	}
	r.fact("requests", fmt.Sprintf("%s, %s", thousands(t.requests), term.Printable(from)))
	if t.requests > 0 {
		r.fact("when", fmt.Sprintf("%s to %s", t.first.UTC().Format("2 Jan 2006 15:04"), t.last.UTC().Format("2 Jan 2006 15:04 MST")))
		r.fact("who", r.who(t))
		r.fact("consent", cmp.Or(r.consents(t), "none: no request has a cookie "+consentCookie))
		r.fact("decided", fmt.Sprintf("%s answers by each engine in %s, %s", thousands(t.requests*len(r.bundle.Decisions)), duration(took), r.agreement(t)))
	}
	if t.badLines > 0 {
		are := "are no requests, such as"
		if t.badLines == 1 {
			are = "is no request"
		}
		r.fact("skipped", fmt.Sprintf("%s that %s", plural(t.badLines, "line"), are))
		for _, line := range t.shownBad {
			r.printf("%s%s\n", term.Pad("", factIndent), r.style.Dim(term.Cut(term.Printable(line), r.columns-factIndent)))
		}
	}
}

func (r *report) agreement(t *tally) string {
	if t.differing > 0 {
		return r.style.Red(fmt.Sprintf("different for %s", plural(t.differing, "request")))
	}
	return r.style.Green("all the same")
}

// who says what the requests came from.
func (r *report) who(t *tally) string {
	counts := map[string]int{"bots": t.bots}
	for class, n := range t.classes {
		counts[class] += n
	}
	text := shares(counts, t.requests, 5)
	if countries := shares(t.countries, t.requests, 4); countries != "" {
		text += "; " + countries
	}
	return text
}

func (r *report) consents(t *tally) string {
	counts := map[string]int{}
	for i, n := range t.granted {
		if i > 0 {
			counts[term.Printable(r.bundle.String(r.bundle.Purposes[i].Name))] = n
		}
	}
	return shares(counts, t.requests, 6)
}

// shares lists the most frequent of some counts in percent of all: "mobile 62%, desktop 30%".
func shares(counts map[string]int, all, most int) string {
	var names []string
	for name, n := range counts {
		if n > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(most, len(names))] {
		parts = append(parts, fmt.Sprintf("%s %.0f%%", term.Printable(name), 100*float64(counts[name])/float64(all)))
	}
	return strings.Join(parts, ", ")
}

// answers is the table of decisions by variant and reason.
func (r *report) answers(t *tally) {
	r.heading("What was decided")
	var outcomes []outcome
	for o := range t.answers {
		outcomes = append(outcomes, o)
	}
	slices.SortFunc(outcomes, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.decision, b.decision), cmp.Compare(t.answers[b], t.answers[a]),
			cmp.Compare(a.variant, b.variant), cmp.Compare(a.reason, b.reason))
	})
	rows := [][]string{{r.style.Dim("DECISION"), r.style.Dim("VARIANT"), r.style.Dim("REASON"), r.style.Dim("ANSWERS"), ""}}
	before := uint32(0)
	for i, o := range outcomes {
		name := ""
		if i == 0 || o.decision != before {
			name = r.style.Bold(term.Printable(r.bundle.String(r.bundle.Decisions[o.decision].Name)))
		}
		before = o.decision
		variant := "-"
		if o.variant > 0 {
			variant = term.Printable(r.bundle.String(r.bundle.Variants[o.variant-1].Name))
		}
		share := float64(t.answers[o]) / float64(t.requests)
		rows = append(rows, []string{name, variant, r.reason(o.reason), term.PadLeft(thousands(t.answers[o]), 7),
			term.PadLeft(fmt.Sprintf("%.1f%%", 100*share), 6)})
	}
	const indent = "  "
	bar := float64(max(5, min(40, r.columns-len(indent)-term.TableWidth(rows)-1))) // of a decision that always answers the same
	for i, o := range outcomes {
		share := float64(t.answers[o]) / float64(t.requests)
		rows[i+1][4] += " " + r.style.Green(strings.Repeat("#", int(share*bar+0.5)))
	}
	term.Table(r.out, indent, rows)
}

// reason colours what a visitor's consent decided, and what a rule did.
func (r *report) reason(reason core.Reason) string {
	switch reason {
	case core.ReasonConsent:
		return r.style.Yellow(reason.String())
	case core.ReasonTargetingMatch, core.ReasonSplit:
		return r.style.Green(reason.String())
	}
	return reason.String()
}

// latencies is the histogram of both engines.
func (r *report) latencies(t *tally) {
	what := "How long the decision of a request took"
	if n := len(r.bundle.Decisions); n > 1 {
		what = fmt.Sprintf("How long all %d decisions of a request took together", n)
	}
	r.heading(what)
	const label, percent = 18, 7
	half := (r.columns - label) / 2
	bar := half - percent - 2
	r.printf("%s%s%s\n", term.Pad("", label), term.Pad(r.style.Bold("native Go"), half), r.style.Bold("in the module (wazero)"))
	native, wasm := t.native.percents(), t.wasm.percents()
	first, last := span(native, wasm)
	most := 1.0
	for row := first; row <= last; row++ {
		most = max(most, native[row], wasm[row])
	}
	cell := func(share float64, colour func(string) string) string {
		if share == 0 {
			return ""
		}
		drawn := strings.Repeat("#", max(int(share/most*float64(bar)+0.5), 1))
		return colour(drawn) + fmt.Sprintf(" %.1f%%", share)
	}
	line := func(name string, native, wasm float64) {
		text := term.Pad(name, label) + term.Pad(cell(native, r.style.Green), half) + cell(wasm, r.style.Cyan)
		r.printf("%s\n", strings.TrimRight(text, " "))
	}
	for row := first; row <= last; row++ {
		line(rowLabel(row), native[row], wasm[row])
	}
	if slowNative, slowWasm := sum(native[last+1:]), sum(wasm[last+1:]); slowNative+slowWasm > 0 {
		line(fmt.Sprintf("  over  %6s µs", micros(edges[last])), slowNative, slowWasm)
	}
	r.printf("\n")
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}} {
		r.printf("%s%s%s\n", term.Pad("  "+q.name, label), term.Pad(duration(t.native.quantile(q.q)), half), duration(t.wasm.quantile(q.q)))
	}
	r.printf("\n  %s\n", r.style.Dim(fmt.Sprintf("Reading a request into a context comes before: %s (p50), %s (p99).",
		duration(t.mapping.quantile(0.5)), duration(t.mapping.quantile(0.99)))))
}

// span is the rows of the histogram that are shown one by one: all that either engine has, but for a tail of at most half a percent. The last
// row of all, which has no end, is none of them.
func span(a, b []float64) (first, last int) {
	first, last = len(edges)-1, 0
	for _, shares := range [][]float64{a, b} {
		for row := range edges {
			if shares[row] > 0 {
				first = min(first, row)
			}
			if sum(shares[row:]) > 0.5 {
				last = max(last, row)
			}
		}
	}
	return first, max(first, last)
}

func sum(all []float64) float64 {
	total := 0.0
	for _, one := range all {
		total += one
	}
	return total
}

func rowLabel(row int) string {
	if row == 0 {
		return fmt.Sprintf("  below %6s µs", micros(edges[0]))
	}
	return fmt.Sprintf("  %4s - %4s µs", micros(edges[row-1]), micros(edges[row]))
}

func micros(d time.Duration) string { return trimZeros(fmt.Sprintf("%.2f", d.Seconds()*1e6)) }

// explained explains three answers.
func (r *report) explained(ctx context.Context, e *engines, t *tally) error {
	const shown = 3
	chosen := t.choose(shown)
	r.heading("Why: " + plural(len(chosen), "answer") + " explained")
	for i, c := range chosen {
		explained, err := e.wasm.Explain(ctx, c.question, c.answer.Decision, nil)
		if err != nil {
			return err
		}
		if i > 0 {
			r.printf("\n")
		}
		r.printf("%s\n", r.style.Cyan(term.Cut("-- "+term.Printable(c.request), r.columns)))
		if err := (why.View{Style: r.style, Columns: r.columns}).Write(r.out, r.bundle, explained); err != nil {
			return err
		}
	}
	return nil
}

// next says what to try now.
func (r *report) next(try []Try) {
	if len(try) == 0 {
		return
	}
	r.heading("Next")
	for _, t := range try {
		r.printf("  %s\n    %s\n", r.style.Dim(t.What), t.Command)
	}
}

// duration writes a time with two or three digits and its unit.
func duration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 10*time.Microsecond:
		return trimZeros(fmt.Sprintf("%.2f", d.Seconds()*1e6)) + " µs"
	case d < time.Millisecond:
		return trimZeros(fmt.Sprintf("%.1f", d.Seconds()*1e6)) + " µs"
	case d < time.Second:
		return trimZeros(fmt.Sprintf("%.1f", d.Seconds()*1e3)) + " ms"
	}
	return trimZeros(fmt.Sprintf("%.1f", d.Seconds())) + " s"
}

func trimZeros(number string) string { return strings.TrimSuffix(strings.TrimRight(number, "0"), ".") }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

// thousands writes a number with a comma between every three digits.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
