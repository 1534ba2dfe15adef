package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/verify"
)

func newLog() *cobra.Command {
	var p location
	var trustFile string
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:     "log --from URL --channel NAME [--verify [--trust FILE]] [--json]",
		GroupID: groupPublish,
		Short:   "Tell who released what in a channel, when and why",
		Long: `Prints the records of a channel, the latest first: what was done, by which keys, and
why. Each record names the digest of the one before. With --trust keys are told by the
names that it knows.

--verify reads everything, releases too, and says what is wrong: records or releases
that are missing, changed, out of order or not signed, a head that was put back. With
--trust the signatures are checked, and each release is judged as verifiers did at its
time: signed by as many as it needs, of those whom the trust file or a list that followed
it names. Without, whoever can write the store could have written another history as a
whole. What nobody can see in a store alone is that all of it, log and head, was put back
to an earlier day; ` + "`edgewise verify --state`" + ` remembers.

The exit status is 1 where something is wrong.

` + storeHelp,
		Example: `  edgewise log --from shop-rules --channel production
  edgewise log --from shop-rules --channel production --verify --trust shop.trust`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := p.open(cmd, "from")
			if err == nil {
				err = existing(p.url)
			}
			if err != nil {
				return err
			}
			keys, err := readTrust(ctx, trustFile, c)
			if err != nil {
				return err
			}
			for r, err := range c.Log(ctx) {
				if err != nil {
					if !check {
						return err
					}
					break // Check tells it again
				}
				if asJSON {
					err = printJSON(stdout, entryOf(r, keys.ever))
				} else {
					printEntry(stdout, "", r, keys.ever)
				}
				if err != nil {
					return err
				}
			}
			if !check {
				return nil
			}
			found, err := c.Check(ctx, keys.lists)
			if err != nil {
				return err
			}
			return printFindings(found, asJSON, trustFile != "")
		},
	}
	p.flags(cmd, "from")
	cmd.Flags().BoolVar(&check, "verify", false, "check everything and say what is wrong")
	trustFlag(cmd, &trustFile)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON objects, one a line, for a program to read")
	return cmd
}

// entry is a record for a program to read.
type entry struct {
	Sequence uint64         `json:"sequence"`
	Action   channel.Action `json:"action"`
	Bundle   string         `json:"bundle"`
	Channel  string         `json:"channel"`
	Version  uint64         `json:"version"`
	Digest   string         `json:"digest"`
	By       []string       `json:"by"`              // ids of keys
	Names    []string       `json:"names,omitempty"` // of these keys, where a trust file says them; "" of one that it does not name
	Time     string         `json:"time"`
	Why      string         `json:"why"`
	From     string         `json:"from,omitempty"`
	Restores uint64         `json:"restores,omitempty"`
	Disabled []string       `json:"disabled,omitempty"` // decisions that are switched off
	Frozen   bool           `json:"frozen,omitempty"`

	Candidate *candidateJSON `json:"candidate,omitempty"`
}

// candidateJSON is a candidate for a program to read. Shares are of 1.
type candidateJSON struct {
	Version uint64  `json:"version"`
	Digest  string  `json:"digest"`
	From    string  `json:"from"`
	Until   string  `json:"until"`
	Start   float64 `json:"start"`
	End     float64 `json:"end"`
	Margin  float64 `json:"margin"`
}

func candidateOf(c *channel.Candidate) *candidateJSON {
	if c == nil {
		return nil
	}
	share := func(hundredths uint32) float64 { return float64(hundredths) / verify.Whole }
	return &candidateJSON{c.Version, c.Payload.String(), timeText(c.Ramp.From), timeText(c.Ramp.Until), share(c.Ramp.Start), share(c.Ramp.End), share(c.Ramp.Margin)}
}

// entryOf is a record's entry. ever is every key that a trust file and the lists after it know; nil where none was given.
func entryOf(r *channel.Record, ever *verify.KeyList) entry {
	return entry{r.Sequence, r.Action, r.Bundle, r.Channel, r.Version, r.Payload.String(), r.Signers(), signersOf(r, ever), r.Time.Format(time.RFC3339), r.Why,
		r.From, r.Restores, r.Disabled, r.Frozen, candidateOf(r.Beside)}
}

// signersOf are the names of the keys that signed a record.
func signersOf(r *channel.Record, ever *verify.KeyList) (names []string) {
	if ever == nil {
		return nil
	}
	for _, by := range r.Signatures {
		name := ""
		for _, key := range ever.Keys {
			if verify.ID(key.Public) == by.Key {
				name = key.Name
			}
		}
		names = append(names, name)
	}
	return names
}

// printEntry prints a record for a person.
func printEntry(w io.Writer, indent string, r *channel.Record, ever *verify.KeyList) {
	by := r.Signers()
	for i, name := range signersOf(r, ever) {
		if name != "" {
			by[i] = fmt.Sprintf("%s (%s)", name, by[i])
		}
	}
	fmt.Fprintf(w, "%s%s  %s  by %s\n", indent, r.Time.Format(time.RFC3339), told(r), strings.Join(by, ", "))
	for line := range strings.Lines(r.Why) {
		fmt.Fprintf(w, "%s  %s\n", indent, term.Printable(strings.TrimSpace(line)))
	}
}

// told says what a record tells of.
func told(r *channel.Record) string {
	switch r.Action {
	case channel.Promote:
		return fmt.Sprintf("version %d, promoted from %s", r.Version, term.Printable(r.From))
	case channel.Rollback:
		return fmt.Sprintf("version %d, rolled back to the content of version %d", r.Version, r.Restores)
	case channel.Disable:
		return fmt.Sprintf("version %d, switched off: %s", r.Version, strings.Join(r.Disabled, ", "))
	case channel.Enable:
		if len(r.Disabled) > 0 {
			return fmt.Sprintf("version %d, switched on again; still off: %s", r.Version, strings.Join(r.Disabled, ", "))
		}
		return fmt.Sprintf("version %d, switched on again", r.Version)
	case channel.Try:
		from := ""
		if r.From != "" {
			from = ", promoted from " + term.Printable(r.From)
		}
		return fmt.Sprintf("version %d, a candidate beside version %d%s: %s", r.Beside.Version, r.Version, from, rampText(r.Beside.Ramp))
	case channel.Accept:
		return fmt.Sprintf("version %d, the candidate accepted that was version %d", r.Version, r.Restores)
	case channel.Withdraw:
		return fmt.Sprintf("version %d, the candidate withdrawn: the content of version %d", r.Version, r.Restores)
	case channel.Freeze:
		return fmt.Sprintf("frozen at version %d", r.Version)
	case channel.Unfreeze:
		return fmt.Sprintf("no longer frozen, at version %d", r.Version)
	}
	return fmt.Sprintf("version %d", r.Version)
}

// printFindings tells what Check found. The error is errSaid where something is wrong.
func printFindings(found *channel.Findings, asJSON, trusted bool) error {
	if !trusted {
		fmt.Fprintln(os.Stderr, "whose signatures these are was not checked, as --trust is not given")
	}
	if asJSON {
		problems := append([]string{}, found.Problems...)
		if err := printJSON(stdout, map[string]any{"ok": len(problems) == 0, "records": found.Records, "releases": found.Releases, "problems": problems}); err != nil {
			return err
		}
	} else {
		for _, problem := range found.Problems {
			fmt.Fprintf(stdout, "WRONG  %s\n", term.Printable(problem))
		}
		if len(found.Problems) == 0 {
			fmt.Fprintf(stdout, "ok: %s, %s, nothing changed or missing\n", plural(found.Records, "record"), plural(found.Releases, "release"))
		}
	}
	if len(found.Problems) > 0 {
		return errSaid
	}
	return nil
}
