package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/why"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host"
)

func newExplain() *cobra.Command {
	e := &explainer{view: why.View{Style: term.StyleOf(stdout), Columns: term.Width(stdout)}}
	var bundle, engine, now, persona string
	cmd := &cobra.Command{
		Use:     "explain --bundle BUNDLE [--persona NAME] [--decision NAME] [FILE]",
		GroupID: groupTry,
		Short:   "Say why a visitor gets an answer",
		Long: `Reads contexts from FILE or standard input, one JSON object a line as
` + "`edgewise decide`" + ` takes them, and shows for each decision every rule in its order:
its condition, what it read, why it lost or won, and for a split the visitor's
bucket. A value that the visitor did not consent to is shown as "not consented",
whether or not it was given. Where the bundle has a consent policy, it says which
signal granted or denied each purpose of the decision, and which jurisdiction counts.
Where a decision has more than 40 rules, of those that do not match or are not
reached only the first are shown, unless you say --all.

With --persona it explains a visitor that the bundle's source describes.

` + engineHelp,
		Example: `  edgewise explain --bundle shop --persona first_visit
  edgewise explain --bundle shop --decision hero requests.jsonl`,
		Args: arguments("[FILE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := loadFlag(cmd, bundle)
			if err != nil {
				return err
			}
			if e.now, err = parseNow(cmd, now); err != nil {
				return err
			}
			if e.now.IsZero() {
				e.now = time.Now()
			}
			if e.host, err = startHost(cmd, loaded, engine); err != nil {
				return err
			}
			defer e.host.Close(cmd.Context())
			e.bundle = loaded.Bundle
			if err := e.knowsDecision(); err != nil {
				return err
			}
			in, err := explainInput(loaded, persona, args)
			if err != nil {
				return err
			}
			defer in.Close()
			return answerLines(in, e.answer)
		},
	}
	bundleFlag(cmd, &bundle)
	cmd.Flags().StringVarP(&e.decision, "decision", "d", "", "explain only the decision `NAME`, whatever a line asks for")
	cmd.Flags().StringVarP(&persona, "persona", "p", "", "explain the visitor that the source describes as `NAME`")
	cmd.Flags().BoolVarP(&e.view.All, "all", "a", false, "show every rule, however many there are")
	cmd.Flags().BoolVar(&e.json, "json", false, "print JSON, for each line an array of explanations")
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	return cmd
}

// explainInput is what to explain: a persona, a file, or standard input.
func explainInput(loaded *bundles.Loaded, persona string, args []string) (io.ReadCloser, error) {
	if persona == "" {
		return input(args)
	}
	if len(args) > 0 {
		return nil, &usageError{"explain: either --persona or FILE", "leave one of them out"}
	}
	if loaded.Source == nil {
		return nil, &usageError{"--persona: a compiled bundle has no personas", "give the source as --bundle"}
	}
	var names []string
	for _, p := range loaded.Source.Personas {
		if p.Name.Value == persona {
			return io.NopCloser(bytes.NewReader(personaLine(&p))), nil
		}
		names = append(names, p.Name.Value)
	}
	otherwise := "the bundle has no personas"
	if len(names) > 0 {
		otherwise = "there are " + strings.Join(names, ", ")
	}
	return nil, &hinted{fmt.Errorf("no persona %q", persona), didYouMean(persona, names, otherwise)}
}

// explainer explains lines.
type explainer struct {
	host     *host.Host
	bundle   *format.Bundle
	now      time.Time
	decision string // "": all that a line asks for
	json     bool
	view     why.View
	lines    int // answered so far
}

func (e *explainer) knowsDecision() error {
	if e.decision == "" || e.bundle.FindDecision(e.decision) >= 0 {
		return nil
	}
	var names []string
	for _, d := range e.bundle.Decisions {
		names = append(names, e.bundle.String(d.Name))
	}
	return &hinted{fmt.Errorf("no decision %q", e.decision), didYouMean(e.decision, names, "there are "+strings.Join(names, ", "))}
}

// answer explains a line: as a JSON array, or as text. The line itself is not shown: it may hold what was not consented to.
func (e *explainer) answer(dst, line []byte) ([]byte, error) {
	explanations, err := e.host.ExplainJSON(context.Background(), e.ask(line), e.now)
	if err != nil {
		return dst, err
	}
	if e.json {
		dst = append(dst, '[')
		for i, explanation := range explanations {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, explanation...)
		}
		return append(dst, ']'), nil
	}
	out := bytes.NewBuffer(dst)
	if e.lines++; e.lines > 1 {
		fmt.Fprintf(out, "\n%s\n\n", e.view.Dim(fmt.Sprintf("--- context %d ---", e.lines)))
	}
	for i, explanation := range explanations {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := e.view.Write(out, e.bundle, explanation); err != nil {
			return dst, err
		}
	}
	known := namesOf(e.bundle)
	if unknown := known.unknown(line); len(unknown) > 0 {
		fmt.Fprintf(out, "\n%s\n", term.Wrap("not known to this bundle: "+known.list(unknown), 0, 2, e.view.Columns))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// ask puts --decision in the place of the decisions that a line asks for.
func (e *explainer) ask(line []byte) []byte {
	var object map[string]json.RawMessage
	if e.decision == "" || json.Unmarshal(line, &object) != nil || object == nil {
		return line
	}
	asked, err := json.Marshal([]string{e.decision})
	if err != nil {
		return line
	}
	object["decisions"] = asked
	rewritten, err := json.Marshal(object)
	if err != nil {
		return line
	}
	return rewritten
}
