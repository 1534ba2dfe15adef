package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/ruletest"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host"
)

// fallbacksOf is what a bundle's decisions serve, now, where something is not known of a visitor.
func fallbacksOf(ctx context.Context, loaded *bundles.Loaded) ([]ruletest.Fallback, error) {
	if loaded.Source == nil {
		return nil, &hinted{fmt.Errorf("--fallbacks: a compiled bundle has no personas"), "give the folder or the file of the rules"}
	}
	h, err := host.New(ctx, host.Options{Bundle: loaded.Data, Instances: 1})
	if err != nil {
		return nil, err
	}
	defer h.Close(ctx)
	suite, err := newSuite(ctx, loaded, &source.Tests{Files: loaded.Source.Files}, h)
	if err != nil {
		return nil, err
	}
	return suite.Fallbacks(time.Now().UTC().Format(time.RFC3339))
}

// inWords are the situations as the table names them.
var inWords = map[string]string{"nothing": "nothing known", "no_consent": "no consent", "no_geo": "no geo", "no_unit": "no unit", "no_origin": "no origin", "expired": "expired bundle"}

// printFallbacks prints a table for anyone, and one for each persona.
func printFallbacks(w io.Writer, all []ruletest.Fallback) {
	style := term.StyleOf(w)
	for _, f := range all {
		title := "anyone who consented to everything"
		if f.Persona != "" {
			title = "persona " + f.Persona
		}
		fmt.Fprintf(w, "\nwhat is served to %s:\n", style.Bold(term.Printable(title)))
		head := []string{style.Dim("DECISION")}
		for _, situation := range source.Situations {
			head = append(head, style.Dim(strings.ToUpper(inWords[situation])))
		}
		rows := [][]string{head}
		for _, row := range f.Rows {
			cells := []string{term.Printable(row.Decision)}
			for _, a := range row.Answers {
				variant := a.Variant
				if variant == "" {
					variant = "(code default)"
				}
				cells = append(cells, term.Printable(variant)+" "+style.Dim(a.Reason))
			}
			rows = append(rows, cells)
		}
		term.Table(w, "  ", rows)
	}
}

// fallbackJSON is a table for a program: by decision and situation what is served.
type fallbackJSON struct {
	Persona   string                                `json:"persona,omitempty"` // none: anyone who consented to everything
	Decisions map[string]map[string]ruletest.Served `json:"decisions"`
}

func fallbacksJSON(all []ruletest.Fallback) []fallbackJSON {
	var tables []fallbackJSON
	for _, f := range all {
		table := fallbackJSON{f.Persona, map[string]map[string]ruletest.Served{}}
		for _, row := range f.Rows {
			table.Decisions[row.Decision] = map[string]ruletest.Served{}
			for i, a := range row.Answers {
				table.Decisions[row.Decision][source.Situations[i]] = a
			}
		}
		tables = append(tables, table)
	}
	return tables
}
