package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host"
)

func newPersonas() *cobra.Command {
	var now, engine string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "personas SRC [--now TIME] [--json]",
		GroupID: groupTry,
		Short:   "Show all personas side by side: consent and answers",
		Long: `Decides for every persona that the rules in SRC, a folder or a file, describe, and
shows them side by side: what each consented to, what each is answered, and which
signal granted or denied what. An answer that no rule's condition gave has its
reason beside it.

` + engineHelp,
		Example: `  edgewise personas shop
  edgewise personas shop --now 2026-12-01T08:00:00Z`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			if at.IsZero() {
				at = time.Now()
			}
			loaded, err := load(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			personas, err := personasOf(args[0], loaded.Source)
			if err != nil {
				return err
			}
			h, err := startHost(cmd, loaded, engine)
			if err != nil {
				return err
			}
			defer h.Close(cmd.Context())
			all, err := decidePersonas(cmd.Context(), h, personas, at)
			if err != nil {
				return err
			}
			if asJSON {
				return printPersonasJSON(stdout, all)
			}
			printPersonas(stdout, all)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for each persona a line as edgewise decide prints it, and its name")
	engineFlag(cmd, &engine)
	nowFlag(cmd, &now)
	return cmd
}

// answered is a persona and what it is answered.
type answered struct {
	name   string
	result host.Result
}

// personasOf gives the personas of rules, which are called name and nil of a compiled bundle; the error is that there are none.
func personasOf(name string, rules *source.Bundle) ([]source.Persona, error) {
	switch {
	case rules == nil:
		return nil, &hinted{errors.New("a compiled bundle has no personas"), "give the folder or the file of the rules"}
	case len(rules.Personas) == 0:
		return nil, &hinted{fmt.Errorf("%s has no personas", name), "describe a visitor under personas: anna: {context: {geo.country: DE}}"}
	}
	return rules.Personas, nil
}

// personaLine is a persona as a line of `edgewise decide`.
func personaLine(p *source.Persona) []byte {
	consent := p.Consent
	if consent == "" {
		consent = "null"
	}
	return fmt.Appendf(nil, `{"context":%s,"consent":%s}`, p.Context, consent)
}

// decidePersonas decides everything for each persona, in the order of the source.
func decidePersonas(ctx context.Context, h *host.Host, personas []source.Persona, now time.Time) ([]answered, error) {
	var all []answered
	for i := range personas {
		p := &personas[i]
		result, err := h.DecideJSON(ctx, personaLine(p), now)
		if err != nil {
			return nil, fmt.Errorf("persona %s: %w", p.Name.Value, err)
		}
		all = append(all, answered{p.Name.Value, result})
	}
	return all, nil
}

func printPersonasJSON(w io.Writer, all []answered) error {
	for _, a := range all {
		// A name needs no escapes, and the result is an object.
		if _, err := fmt.Fprintf(w, "{\"persona\":\"%s\",%s\n", a.name, a.result.AppendJSON(nil)[1:]); err != nil {
			return err
		}
	}
	return nil
}

// printPersonas prints tables with as many personas beside one another as fit, then why each purpose is granted or not.
func printPersonas(w io.Writer, all []answered) {
	style := term.StyleOf(w)
	for rest := all; len(rest) > 0; {
		n := 1
		for n < len(rest) && term.TableWidth(sideBySide(style, rest[:n+1])) <= term.Width(w) {
			n++
		}
		term.Table(w, "", sideBySide(style, rest[:n]))
		fmt.Fprintln(w)
		rest = rest[n:]
	}
	rows := [][]string{{style.Dim("PERSONA"), style.Dim("PURPOSE"), "", style.Dim("BECAUSE")}}
	for _, a := range all {
		name := style.Bold(a.name)
		for _, c := range a.result.Consent {
			rows = append(rows, []string{name, term.Printable(c.Purpose), grantedInWords(style, c), term.Printable(c.Because)})
			name = ""
		}
	}
	if len(rows) > 1 {
		term.Table(w, "", rows)
	}
}

// sideBySide is a table of some personas: a column each, a row for each purpose and each decision.
func sideBySide(style term.Style, personas []answered) [][]string {
	head := []string{""}
	for _, a := range personas {
		head = append(head, style.Bold(a.name))
	}
	rows := [][]string{head}
	for i, c := range personas[0].result.Consent {
		row := []string{term.Printable(c.Purpose)}
		for _, a := range personas {
			row = append(row, grantedInWords(style, a.result.Consent[i]))
		}
		rows = append(rows, row)
	}
	for i, d := range personas[0].result.Decisions {
		row := []string{term.Printable(d.Name)}
		for _, a := range personas {
			row = append(row, answerInWords(style, &a.result.Decisions[i]))
		}
		rows = append(rows, row)
	}
	return rows
}

func grantedInWords(style term.Style, c host.Consent) string {
	if c.Granted {
		return style.Green("granted")
	}
	return style.Yellow("denied")
}

// answerInWords is the variant, with the reason where it is not a rule's condition.
func answerInWords(style term.Style, d *host.Decision) string {
	variant := term.Printable(d.Variant)
	if d.Variant == "" {
		variant = "(code default)"
	}
	if d.Reason == core.ReasonTargetingMatch.String() {
		return variant
	}
	return strings.TrimSpace(variant + " " + style.Dim(d.Reason))
}
