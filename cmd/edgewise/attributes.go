package main

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/attribute"
)

func newAttributes() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "attributes [--json]",
		GroupID: groupMore,
		Short:   "List what every rule may read of a request",
		Long: `Lists the standard attributes: what every bundle may read without declaring it, the
type of each, the purpose that a visitor must consent to, and who could have written
the value, which says how far it can be trusted. With --json also the only values
that an attribute takes, where they are few.`,
		Example: `  edgewise attributes
  edgewise attributes --json | jq -r '.[] | select(.purpose != "necessary").name'`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return attributesJSON()
			}
			printAttributes()
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array for a program to read")
	return cmd
}

// printAttributes prints the table; on a terminal that is too narrow for it, the last column as lines of their own.
func printAttributes() {
	style := term.StyleOf(stdout)
	head := []string{"NAME", "TYPE", "PURPOSE", "TRUST", "FROM"}
	for i := range head {
		head[i] = style.Dim(head[i])
	}
	rows := [][]string{head}
	for _, a := range attribute.Table {
		purpose := a.Purpose
		if purpose != attribute.Necessary {
			purpose = style.Yellow(purpose)
		}
		rows = append(rows, []string{style.Bold(a.Name), a.Type, purpose, a.Trust.String(), a.Source})
	}
	if term.IsTerminal(stdout) && term.TableWidth(rows) > term.Width(stdout) {
		for i, row := range rows {
			last := len(row) - 1
			rows[i] = append(row[:last-1:last-1], row[last-1]+"\n    "+style.Dim(row[last]))
		}
	}
	term.Table(stdout, "", rows)
}

func attributesJSON() error {
	type row struct {
		Name    string   `json:"name"`
		Type    string   `json:"type"`
		Purpose string   `json:"purpose"`
		Trust   string   `json:"trust"`
		From    string   `json:"from"`
		Enum    []string `json:"enum,omitempty"`
	}
	var rows []row
	for _, a := range attribute.Table {
		rows = append(rows, row{a.Name, a.Type, a.Purpose, a.Trust.String(), strings.TrimSpace(a.Source), a.Enum})
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(rows)
}
