package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/ruletest"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host"
)

func newTest() *cobra.Command {
	var t tester
	var engine, run string
	cmd := &cobra.Command{
		Use:     "test SRC [--run REGEX] [--coverage] [--generate] [--json]",
		GroupID: groupWrite,
		Short:   "Run the tests that stand beside rules",
		Long: `Runs the tests of the rules in SRC, a folder or a file. They stand under the key
tests, or in files *.test.yaml of the folder (beside a file shop.yaml: in
shop.test.yaml), as a list of cases:

  - name: a full cart brings the checkout up
    persona: returning                     # of the bundle; given goes before it
    given:
      context: {cart.value: 80, geo.country: DE}
      consent: {granted: [personalization]}
    bucket: {hero: 512}                    # or a variant: a visitor who falls there
    now: 2026-12-01T08:00:00Z              # without it: 1970
    expect: {hero: checkout, banner: {variant: none, reason: DEFAULT, rule: null}}
    expect_consent: {personalization: granted, advertising: {denied: gpc}}
    fallbacks: {no_geo: {hero: plain}}     # nothing, no_consent, no_geo, no_unit, no_origin, expired

--coverage says which rules never decided in a test, and which conditions were never
true or never false. --generate prints a case for each rule that never decided, with
the answer that the rules give today: read them before you keep them.

The exit status is 1 where a test failed, and where there is none.

` + engineHelp,
		Example: `  edgewise test shop
  edgewise test shop --run cart --coverage
  edgewise test shop --generate > shop/more.test.yaml`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, err := regexp.Compile(run)
			if err != nil {
				return &usageError{fmt.Sprintf("--run %s: %s", run, strings.TrimPrefix(err.Error(), "error parsing regexp: ")), "it is a regular expression over the names of tests"}
			}
			suite, closeSuite, err := startSuite(cmd, args[0], engine)
			if err != nil {
				return err
			}
			defer closeSuite()
			t.path, t.suite = args[0], suite
			t.wanted = run
			t.results = suite.Run(wanted.MatchString, t.coverage || t.generate)
			return t.report(stdout)
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "run only tests whose names match `REGEX`")
	cmd.Flags().BoolVar(&t.coverage, "coverage", false, "say what the tests have not tried")
	cmd.Flags().BoolVar(&t.generate, "generate", false, "print a case for each rule that never decided")
	cmd.Flags().BoolVar(&t.json, "json", false, "print one JSON object for a program to read")
	engineFlag(cmd, &engine)
	return cmd
}

// startSuite loads a bundle with its tests and starts what decides. closeSuite ends that.
func startSuite(cmd *cobra.Command, path, engine string) (suite *ruletest.Suite, closeSuite func(), err error) {
	loaded, err := load(cmd.Context(), path)
	if err != nil {
		return nil, nil, err
	}
	if loaded.Source == nil {
		return nil, nil, &hinted{ruletest.ErrNoSource, "give the folder or the file of the rules"}
	}
	tests, err := source.ReadTests(path, loaded.Source)
	if err != nil {
		return nil, nil, explainLoad(path, err)
	}
	h, err := startHost(cmd, loaded, engine)
	if err != nil {
		return nil, nil, err
	}
	closeSuite = func() { h.Close(cmd.Context()) }
	if suite, err = newSuite(cmd.Context(), loaded, tests, h); err != nil {
		closeSuite()
		return nil, nil, explainLoad(path, err)
	}
	return suite, closeSuite, nil
}

// newSuite is a suite that a host decides for, and beside it one of its own as if the bundle had expired: native, so that there is nothing to close.
func newSuite(ctx context.Context, loaded *bundles.Loaded, tests *source.Tests, h *host.Host) (*ruletest.Suite, error) {
	expired, err := host.New(ctx, host.Options{Bundle: loaded.Data, Expired: true, Instances: 1})
	if err != nil {
		return nil, err
	}
	return ruletest.New(loaded, tests, ruletest.Engines{Fresh: ruleEngine(ctx, h), Expired: ruleEngine(ctx, expired)})
}

// ruleEngine is a host as rule tests ask it.
func ruleEngine(ctx context.Context, h *host.Host) ruletest.Engine {
	return ruletest.Engine{
		Decide: func(line []byte) ([]byte, error) {
			result, err := h.DecideJSON(ctx, line, time.Time{})
			return result.AppendJSON(nil), err
		},
		Explain: func(line []byte) ([]json.RawMessage, error) { return h.ExplainJSON(ctx, line, time.Time{}) },
	}
}

// tester shows what became of tests.
type tester struct {
	wanted                   string // as in --run
	path                     string
	suite                    *ruletest.Suite
	results                  []ruletest.Result
	coverage, generate, json bool
}

func (t *tester) failed() int {
	n := 0
	for _, r := range t.results {
		if len(r.Failures) > 0 {
			n++
		}
	}
	return n
}

func (t *tester) report(w io.Writer) error {
	if t.generate {
		return t.printGenerated(w)
	}
	if len(t.results) == 0 && t.wanted != "" {
		return fmt.Errorf("%s: no test has a name that matches %s", t.path, t.wanted)
	}
	if len(t.results) == 0 {
		return &hinted{errors.New(t.path + ": no tests"), "write some into a file such as rules.test.yaml beside the rules (`edgewise test --help`),\nor let `edgewise test " + quoted(t.path) + " --generate` propose some"}
	}
	if t.json {
		if err := t.printJSON(w); err != nil {
			return err
		}
	} else {
		t.print(w)
	}
	if t.failed() > 0 {
		return errSaid
	}
	return nil
}

func (t *tester) print(w io.Writer) {
	style := term.StyleOf(w)
	for _, r := range t.results {
		name := term.Printable(r.Name)
		if len(r.Failures) == 0 {
			fmt.Fprintf(w, "%s    %s\n", style.Green("ok"), name)
			continue
		}
		fmt.Fprintf(w, "%s  %s\n", style.Red("FAIL"), style.Bold(name))
		for _, f := range r.Failures {
			printFailure(w, style, f)
		}
	}
	if t.coverage {
		t.printCoverage(w, style)
	}
	passed := len(t.results) - t.failed()
	if t.failed() == 0 {
		fmt.Fprintf(w, "\n%s passed\n", plural(passed, "test"))
		return
	}
	fmt.Fprintf(w, "\n%s of %s failed\n", thousands(t.failed()), plural(len(t.results), "test"))
}

func printFailure(w io.Writer, style term.Style, f ruletest.Failure) {
	if f.Situation != "" {
		f.Decision += " (" + f.Situation + ")"
	}
	text := fmt.Sprintf("%s: %s: expected %s %s, got %s", f.Pos, f.Decision, f.Field, f.Want, style.Yellow(term.Printable(f.Got)))
	if f.Field == "" {
		text = fmt.Sprintf("%s: %s", f.Pos, term.Printable(f.Got))
	}
	fmt.Fprintf(w, "      %s\n", term.Wrap(text, 6, 8, term.Width(w)))
	for _, because := range f.Because {
		fmt.Fprintf(w, "        %s\n", term.Wrap(term.Printable(because), 8, 10, term.Width(w)))
	}
}

func (t *tester) printCoverage(w io.Writer, style term.Style) {
	all := t.suite.Coverage()
	seen, outcomes := all.Outcomes()
	fmt.Fprintf(w, "\n%d of %s decided in a test, %d of %s of conditions seen\n", all.Matched(), plural(len(all), "rule"), seen, plural(outcomes, "outcome"))
	var rows [][]string
	for _, c := range all.Missing() {
		rows = append(rows, []string{c.Pos.String(), c.Decision, c.Rule, style.Yellow(strings.Join(c.Untried(), ", "))})
	}
	term.Table(w, "  ", rows)
}

func (t *tester) printGenerated(w io.Writer) error {
	generated, err := t.suite.Generate()
	if err != nil {
		return err
	}
	found := 0
	for _, g := range generated {
		if g.YAML != "" {
			found++
			fmt.Fprintln(w, g.YAML)
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: no visitor found for whom rule %s of %s decides\n", g.Pos, g.Rule, g.Decision)
	}
	fmt.Fprintf(os.Stderr, "%s for %s that never decided in a test\n", plural(found, "case"), plural(len(generated), "rule"))
	return nil
}

// tested is what test tells a program.
type tested struct {
	OK       bool           `json:"ok"`
	Tests    []testedCase   `json:"tests"`
	Coverage *coverageTable `json:"coverage,omitempty"`
}

type testedCase struct {
	Name     string          `json:"name"`
	File     string          `json:"file"`
	Line     int             `json:"line"`
	OK       bool            `json:"ok"`
	Failures []testedFailure `json:"failures,omitempty"`
}

type testedFailure struct {
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	Situation string   `json:"situation,omitempty"`
	Decision  string   `json:"decision,omitempty"`
	Field     string   `json:"field,omitempty"`
	Want      string   `json:"want,omitempty"`
	Got       string   `json:"got"`
	Because   []string `json:"because,omitempty"`
}

type coverageTable struct {
	Rules    int            `json:"rules"`
	Decided  int            `json:"decided"`
	Outcomes int            `json:"outcomes"`
	Seen     int            `json:"seen"`
	Missing  []coverageLine `json:"missing"`
}

type coverageLine struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	Decision string   `json:"decision"`
	Rule     string   `json:"rule"`
	Untried  []string `json:"untried"`
}

func (t *tester) printJSON(w io.Writer) error {
	all := tested{OK: t.failed() == 0}
	for _, r := range t.results {
		c := testedCase{Name: r.Name, File: r.Pos.File, Line: r.Pos.Line, OK: len(r.Failures) == 0}
		for _, f := range r.Failures {
			c.Failures = append(c.Failures, testedFailure{f.Pos.File, f.Pos.Line, f.Pos.Column, f.Situation, f.Decision, f.Field, f.Want, f.Got, f.Because})
		}
		all.Tests = append(all.Tests, c)
	}
	if t.coverage {
		rules := t.suite.Coverage()
		seen, outcomes := rules.Outcomes()
		all.Coverage = &coverageTable{len(rules), rules.Matched(), outcomes, seen, []coverageLine{}}
		for _, c := range rules.Missing() {
			all.Coverage.Missing = append(all.Coverage.Missing, coverageLine{c.Pos.File, c.Pos.Line, c.Pos.Column, c.Decision, c.Rule, c.Untried()})
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(all)
}
