// Package ruletest runs the tests that stand beside rules: made-up visitors, and what is to be answered to them.
//
// Reach for New, which checks that the cases name what the bundle has; then Run, and Coverage for what no case has tried. Generate
// writes cases for that. Fallbacks is for the question what visitors see of whom something is not known.
//
// The package decides nothing itself: it is given an engine.
package ruletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Engines decide with the bundle that is tested: as it is, and as it will be once it has expired.
type Engines struct{ Fresh, Expired Engine }

// Engine decides with a bundle. Both functions take a line of `edgewise decide`.
type Engine struct {
	Decide  func(line []byte) ([]byte, error)            // gives what `edgewise decide` prints
	Explain func(line []byte) ([]json.RawMessage, error) // gives what `edgewise explain --json` prints, a decision each
}

// Suite is a bundle with its tests.
type Suite struct {
	source   *source.Bundle
	bundle   *format.Bundle
	data     []byte
	tests    *source.Tests
	engines  Engines
	covering bool
	types    map[string]string // of attributes, standard ones included
	units    unitFinder
	coverage map[string]*Covered // by decision and rule
	order    []*Covered
}

// ErrNoSource is that a compiled bundle has no tests.
var ErrNoSource = errors.New("a compiled bundle has no tests: they stand beside its source")

// New makes a suite of a bundle's tests. The error is of type source.Faults where a case names what the bundle does not have.
func New(loaded *bundles.Loaded, tests *source.Tests, engines Engines) (*Suite, error) {
	if loaded.Source == nil {
		return nil, ErrNoSource
	}
	s := &Suite{source: loaded.Source, bundle: loaded.Bundle, data: loaded.Data, tests: tests, engines: engines, types: typesOf(loaded.Source)}
	s.begin()
	faults := s.check()
	if err := tests.Files.Report(faults).Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Result is what became of a case.
type Result struct {
	Name     string
	Pos      source.Pos
	Failures []Failure // none: it passed
}

// Failure is an answer that was not the expected one.
type Failure struct {
	Pos       source.Pos
	Situation string // of a fallback; else ""
	Decision  string // or "consent"
	Field     string // "variant", "rule", "reason", "value", or a purpose; "" where there is no answer at all
	Want, Got string
	Because   []string // why the answer is what it is, in short
}

// Run runs the cases whose names are wanted. Coverage and Generate can be asked for after it where covering: every answer is explained then,
// which takes time in proportion to the decision's rules.
func (s *Suite) Run(wanted func(name string) bool, covering bool) []Result {
	s.covering = covering
	var results []Result
	for i := range s.tests.Cases {
		t := &s.tests.Cases[i]
		if !wanted(t.Name.Value) {
			continue
		}
		r := Result{Name: t.Name.Value, Pos: t.Pos}
		if len(t.Expect)+len(t.Outcomes) > 0 {
			r.Failures = s.ask(t, "", t.Expect)
		}
		for _, f := range t.Fallbacks {
			r.Failures = append(r.Failures, s.ask(t, f.Situation.Value, f.Expect)...)
		}
		results = append(results, r)
	}
	return results
}

// ask has a visitor's decisions decided, in a situation or as is, and compares the answers.
func (s *Suite) ask(t *source.Test, situation string, expected []source.Expectation) []Failure {
	v, err := s.visitor(t, situation)
	if err != nil {
		return []Failure{{Pos: t.Pos, Situation: situation, Got: err.Error()}}
	}
	for _, e := range expected {
		v.Decisions = append(v.Decisions, e.Decision.Value)
	}
	line := v.line()
	answers, outcomes, err := s.decide(situation, line)
	if err != nil {
		return []Failure{{Pos: t.Pos, Situation: situation, Got: err.Error()}}
	}
	var failures []Failure
	if situation == "" {
		failures = compareOutcomes(t.Outcomes, outcomes)
	}
	passed := true
	for i := range expected {
		passed = passed && len(compare(&expected[i], answers[expected[i].Decision.Value])) == 0
	}
	if passed && !s.covering {
		return failures
	}
	explained, err := s.explain(situation, line)
	if err != nil {
		return []Failure{{Pos: t.Pos, Situation: situation, Got: err.Error()}}
	}
	for i := range expected {
		e := &expected[i]
		why := explained[e.Decision.Value]
		s.cover(why)
		if mismatches := compare(e, answers[e.Decision.Value]); len(mismatches) > 0 {
			mismatches[len(mismatches)-1].Because = s.because(e, why, t.Now.Present())
			for _, m := range mismatches {
				m.Situation, m.Decision = situation, e.Decision.Value
				failures = append(failures, m)
			}
		}
	}
	return failures
}

// answer is the answer to a decision, as `edgewise decide` prints it.
type answer struct {
	Variant *string         `json:"variant"`
	Value   json.RawMessage `json:"value"`
	Reason  string          `json:"reason"`
	Rule    string          `json:"rule"`
	Error   string          `json:"error"`
}

// outcome is whether a purpose is granted, likewise.
type outcome struct {
	Granted bool   `json:"granted"`
	Because string `json:"because"`
}

// in gives the engine for a situation.
func (s *Suite) in(situation string) Engine {
	if situation == "expired" {
		return s.engines.Expired
	}
	return s.engines.Fresh
}

func (s *Suite) decide(situation string, line []byte) (map[string]answer, map[string]outcome, error) {
	printed, err := s.in(situation).Decide(line)
	if err != nil {
		return nil, nil, err
	}
	var result struct {
		Decisions map[string]answer
		Consent   map[string]outcome
	}
	if err := json.Unmarshal(printed, &result); err != nil {
		return nil, nil, fmt.Errorf("the engine's answer: %w", err)
	}
	return result.Decisions, result.Consent, nil
}

// compareOutcomes gives the purposes that are not granted or denied as was expected. One that the bundle does not use is denied.
func compareOutcomes(expected []source.Outcome, got map[string]outcome) []Failure {
	var failures []Failure
	for _, e := range expected {
		have := got[e.Purpose.Value]
		if have.Granted == e.Granted && strings.Contains(have.Because, e.Because.Value) {
			continue
		}
		want := inWords(e.Granted)
		if e.Because.Present() {
			want += ", " + e.Because.Value
		}
		failures = append(failures, Failure{Pos: e.Pos, Decision: "consent", Field: e.Purpose.Value, Want: want, Got: inWords(have.Granted) + ", " + have.Because})
	}
	return failures
}

func inWords(granted bool) string {
	if granted {
		return "granted"
	}
	return "denied"
}

func (s *Suite) explain(situation string, line []byte) (map[string]*explanation, error) {
	printed, err := s.in(situation).Explain(line)
	if err != nil {
		return nil, err
	}
	all := map[string]*explanation{}
	for _, one := range printed {
		e := new(explanation)
		if err := json.Unmarshal(one, e); err != nil {
			return nil, fmt.Errorf("the engine's explanation: %w", err)
		}
		all[e.Decision] = e
	}
	return all, nil
}

// compare gives what an answer has that was not expected.
func compare(e *source.Expectation, got answer) []Failure {
	var failures []Failure
	differ := func(pos source.Pos, field, want, have string) {
		failures = append(failures, Failure{Pos: pos, Field: field, Want: want, Got: have})
	}
	variant := none
	if got.Variant != nil {
		variant = *got.Variant
	}
	switch {
	case e.NoVariant && got.Variant != nil:
		differ(e.Decision.Pos, "variant", none, variant)
	case e.Variant.Present() && variant != e.Variant.Value:
		differ(e.Variant.Pos, "variant", e.Variant.Value, variant)
	}
	switch {
	case e.NoRule && got.Rule != "":
		differ(e.Decision.Pos, "rule", none, got.Rule)
	case e.Rule.Present() && got.Rule != e.Rule.Value:
		differ(e.Rule.Pos, "rule", e.Rule.Value, orNone(got.Rule))
	}
	if e.Reason.Present() && got.Reason != e.Reason.Value {
		differ(e.Reason.Pos, "reason", e.Reason.Value, got.Reason)
	}
	if e.JSON != "" && !sameJSON(e.JSON, string(got.Value)) {
		differ(e.JSONPos, "value", e.JSON, orNone(string(got.Value)))
	}
	return failures
}

const none = "none"

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// sameJSON says whether two texts are one JSON value: the order of keys and the way that numbers are written do not count.
func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x) // sorts keys
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// names lists names for a hint.
func names(of []source.Text) string {
	var all []string
	for _, t := range of {
		all = append(all, t.Value)
	}
	return strings.Join(all, ", ")
}
