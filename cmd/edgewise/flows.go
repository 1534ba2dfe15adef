package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

// flowsOf is which data can reach what in a bundle.
func flowsOf(loaded *bundles.Loaded) ([]compile.Flow, error) {
	if loaded.Source == nil {
		return nil, &hinted{fmt.Errorf("--flows: a compiled bundle has no deciders"), "give the folder or the file of the rules"}
	}
	return compile.Flows(loaded.Source)
}

// printFlows prints a table for each thing that data can reach.
func printFlows(w io.Writer, flows []compile.Flow) {
	style := term.StyleOf(w)
	for len(flows) > 0 {
		to := flows[0].To
		end := 1
		for end < len(flows) && sameSink(flows[end].To, to) {
			end++
		}
		fmt.Fprintf(w, "\n%s%s\n", style.Bold(term.Printable(sinkInWords(to))), style.Dim(needsInWords(to)))
		answer := "decision " + to.Decision
		var rows, ways [][]string
		var told []string // by the answer that goes there
		for _, f := range flows[:end] {
			others := slices.DeleteFunc(slices.Clone(f.Ways), func(way string) bool { return way == answer })
			if len(others) < len(f.Ways) {
				told = append(told, f.Attribute)
			}
			if len(others) > 0 {
				rows = append(rows, []string{term.Printable(f.Attribute), f.Purpose, style.Dim(term.Printable(place(f.From)))})
				ways = append(ways, others)
			}
		}
		if len(told) > 0 {
			text := fmt.Sprintf("the answer to %s, which tells of %s", to.Decision, strings.Join(told, ", "))
			fmt.Fprintf(w, "  %s\n", term.Wrap(term.Printable(text), 2, 4, term.Width(w)))
		}
		begin := 2 + term.TableWidth(rows) + 2
		for i := range rows {
			rows[i] = append(rows[i], wrapped(ways[i], begin, max(begin+30, term.Width(w))))
		}
		term.Table(w, "  ", rows)
		flows = flows[end:]
	}
}

// wrapped writes ways between two columns, in as many lines as they take, and none over the end of a line.
func wrapped(ways []string, from, columns int) string {
	const kept = "\u00a0" // where no line ends
	var words []string
	for _, way := range ways {
		words = append(words, strings.ReplaceAll(term.Printable(way), " ", kept))
	}
	return strings.ReplaceAll(term.Wrap(strings.Join(words, ", "), from, from, columns), kept, " ")
}

func sameSink(a, b compile.Sink) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Decision == b.Decision
}

// place is where data comes from, without the details that `edgewise attributes` has of a standard attribute.
func place(from string) string {
	if i := strings.IndexAny(from, ":,"); i > 0 && strings.HasPrefix(from[i+1:], " ") {
		return from[:i]
	}
	return from
}

func sinkInWords(s compile.Sink) string {
	switch s.Kind {
	case compile.ToJurisdiction:
		return "which jurisdiction counts"
	case compile.ToCookie:
		if s.Decision != "" {
			return "cookie: what was served of " + s.Decision
		}
		return "cookie: " + s.Name
	case compile.ToEvent:
		return fmt.Sprintf("event %s of %s", s.Name, s.Decision)
	case compile.ToHandOver:
		return fmt.Sprintf("hand-over of %s to %s", s.Decision, s.Name)
	}
	return fmt.Sprintf("%s %s", s.Kind, s.Name)
}

func needsInWords(s compile.Sink) string {
	switch {
	case s.Kind == compile.ToJurisdiction:
		return ""
	case len(s.Needs) == 0:
		return ", necessary"
	}
	return ", with consent to " + strings.Join(s.Needs, " and ")
}

// flowJSON is a flow for a program.
type flowJSON struct {
	Attribute string   `json:"attribute"`
	Purpose   string   `json:"purpose"`
	From      string   `json:"from"`
	To        string   `json:"to"` // jurisdiction, decision, cookie, event or hand-over
	Name      string   `json:"name,omitempty"`
	Decision  string   `json:"decision,omitempty"`
	Needs     []string `json:"needs"`
	Ways      []string `json:"ways"`
}

func flowsJSON(flows []compile.Flow) []flowJSON {
	all := []flowJSON{}
	for _, f := range flows {
		all = append(all, flowJSON{f.Attribute, f.Purpose, f.From, f.To.Kind.String(), f.To.Name, f.To.Decision, append([]string{}, f.To.Needs...), f.Ways})
	}
	return all
}
