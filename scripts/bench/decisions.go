package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgewise-dev/edgewise/scripts/bench/compare"
)

// rowNames are what the table calls the engines.
var rowNames = map[string]string{
	"native":       "Edgewise, context in slots",
	"question":     "Edgewise, from a question's bytes",
	"wazero":       "Edgewise in the module, wazero",
	"v8":           "Edgewise in the module, V8",
	"json":         "Edgewise, from 1 KB of JSON",
	"host":         "Edgewise, from JSON to named values",
	"hand-written": "hand-written Go, an if each",
	"cel-go":       "cel-go",
	"expr":         "expr",
	"flagd":        "flagd's evaluator",
}

// measureDecisions measures all engines on all cases.
func measureDecisions(_ context.Context, r *report, s *settings) error {
	results := map[string]map[string]*subject{} // by engine and case
	cases := compare.Cases(10000)
	var order []string
	for _, e := range compare.Engines {
		if order = append(order, e.Name); e.Name == "wazero" {
			order = append(order, "v8")
		}
	}
	for _, name := range order {
		results[name] = map[string]*subject{}
	}
	for _, c := range cases {
		subjects, err := load(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if err := measure(subjects, s.rounds, s.turn); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		for _, subject := range subjects {
			results[subject.name][c.Name] = subject
		}
		if v8, err := measureInV8(c, s); err != nil {
			return err
		} else if v8 != nil {
			results["v8"][c.Name] = v8
		}
	}
	rows := [][]string{{"", "one rule", "one flag", "10 rules", "100", "1,000", "10,000", "allocs at 1,000"}}
	for _, name := range order {
		row := []string{rowNames[name]}
		for _, c := range cases {
			cell := "-"
			if result := results[name][c.Name]; result != nil {
				cell = duration(result.best)
			}
			row = append(row, cell)
		}
		allocs := "-"
		if result := results[name]["1000"]; result != nil && name != "v8" {
			allocs = fmt.Sprintf("%.0f", result.allocs)
		}
		rows = append(rows, append(row, allocs))
	}
	decisionAims(r, results)
	return r.table("Decisions for one request: a rule of 5 conditions; a flag with 5 rules and a split; N rules for 8 placements, the first match each", rows)
}

// load gives all engines a case, as far as they take it.
func load(c compare.Case) (subjects []*subject, err error) {
	for _, e := range compare.Engines {
		d, err := e.Load(c.Set, c.Contexts)
		if errors.Is(err, compare.ErrTooMany) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		subjects = append(subjects, &subject{name: e.Name, count: len(c.Contexts), run: d.Decide})
	}
	return subjects, nil
}

// decisionAims compares what was measured with what is aimed at.
func decisionAims(r *report, results map[string]map[string]*subject) {
	each := func(engine, name string) float64 {
		if result := results[engine][name]; result != nil {
			return result.best
		}
		return 0
	}
	native := each("native", "1000")
	r.aim("8 decisions over 1,000 rules, natively", duration(native), "400 ns", native <= 400)
	r.aim("  allocations", fmt.Sprint(results["native"]["1000"].allocs), "0", results["native"]["1000"].allocs == 0)
	growth := each("native", "10000") / native
	r.aim("10,000 rules beside 1,000", times(growth), "2 x", growth <= 2)
	r.aim("one flag with 5 rules and a split", duration(each("native", "flag")), "120 ns", each("native", "flag") <= 120)
	for _, other := range []struct {
		name  string
		least float64
	}{{"hand-written", 1}, {"cel-go", 150}, {"expr", 150}, {"flagd", 500}} {
		ratio := each(other.name, "1000") / native
		r.aim("1,000 rules: "+rowNames[other.name]+" takes", times(ratio), "more than "+times(other.least), ratio > other.least)
	}
	const callAim = 1300 // ns
	for _, inModule := range []string{"wazero", "v8"} {
		if took := each(inModule, "1000"); took > 0 {
			r.aim("1,000 rules: "+rowNames[inModule], duration(took)+", "+times(took/native)+" native", "1.3 µs or 3 x native", took <= max(callAim, 3*native))
		}
	}
	r.aim("1,000 rules: "+rowNames["json"], duration(each("json", "1000")), "4 µs", each("json", "1000") <= 4000)
}
