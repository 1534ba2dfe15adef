package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/core/verify"
)

func newStatus() *cobra.Command {
	var p location
	var trustFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status --from URL [--channel NAME] [--trust FILE] [--json]",
		GroupID: groupPublish,
		Short:   "Tell what is current in the channels of a store",
		Long: `Tells which version is current in a channel, or in each channel of the store: what it
holds, for whom and until when it is valid, who released it and why. It tells what stands
there; whether it is to be believed, ` + "`edgewise verify`" + ` says.

` + storeHelp,
		Example: `  edgewise status --from shop-rules
  edgewise status --from s3://rules/shop --channel production --json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.url == "" {
				return &usageError{"status: --from is missing", "usage: " + cmd.UseLine()}
			}
			if err := existing(p.url); err != nil {
				return err
			}
			names := []string{p.channel}
			if p.channel == "" {
				var err error
				if names, err = channelsOf(cmd.Context(), p.url); err != nil {
					return err
				}
			}
			for _, name := range names {
				c, err := openChannel(p.url, name)
				if err != nil {
					return err
				}
				keys, err := readTrust(cmd.Context(), trustFile, c)
				if err != nil {
					return err
				}
				if err := printStatus(cmd.Context(), c, keys, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	p.flags(cmd, "from")
	cmd.Flags().StringVar(&trustFile, "trust", "", "the `FILE` that knows the names of keys")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object for each channel, for a program to read")
	return cmd
}

// channelsOf lists the channels of a store.
func channelsOf(ctx context.Context, url string) ([]string, error) {
	s, err := open.URL(url)
	if err != nil {
		return nil, err
	}
	names, err := channel.Names(ctx, s)
	if errors.Is(err, store.ErrReadOnly) {
		return nil, &usageError{"status: the channels of " + s.String() + " cannot be listed", "name one with --channel"}
	}
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: %w", s, channel.ErrEmpty)
	}
	return names, nil
}

// statusJSON is a channel's state for a program to read. Times that are absent are of no bound.
type statusJSON struct {
	entry
	Size       int    `json:"size"` // of the compiled bundle, in bytes
	Audience   string `json:"audience,omitempty"`
	NotBefore  string `json:"not_before,omitempty"`
	FreshUntil string `json:"fresh_until,omitempty"`
	Expires    string `json:"expires,omitempty"`
}

func printStatus(ctx context.Context, c *channel.Channel, keys trusted, asJSON bool) error {
	r, _, err := readRelease(ctx, c, 0, trusted{}, nil)
	if err != nil {
		return err
	}
	state := statusJSON{entryOf(r.record, keys.ever), len(r.envelope.Payload), r.statement.Audience, timeText(r.statement.NotBefore),
		timeText(r.statement.FreshUntil), timeText(r.statement.Expires)}
	if asJSON {
		return printJSON(stdout, state)
	}
	fmt.Fprintf(stdout, "%s: %s version %d, %s, %s\n", c.Name, state.Bundle, state.Version, plural(state.Size, "byte"), state.Digest)
	for _, line := range []struct{ what, text string }{
		{"only for", state.Audience}, {"not before", state.NotBefore}, {"fresh until", state.FreshUntil}, {"expires", state.Expires},
	} {
		if line.text != "" {
			fmt.Fprintf(stdout, "  %s %s\n", line.what, line.text)
		}
	}
	if len(state.Disabled) > 0 {
		fmt.Fprintf(stdout, "  switched off: %s\n", strings.Join(state.Disabled, ", "))
	}
	if b := r.record.Beside; b != nil {
		s := verify.Statement{Ramp: b.Ramp}
		fmt.Fprintf(stdout, "  candidate version %d, %s: %s; now %g%%\n", b.Version, b.Payload, rampText(b.Ramp), float64(s.Share(time.Now().Unix()))/100)
	}
	if state.Frozen {
		fmt.Fprintln(stdout, "  frozen")
	}
	printEntry(stdout, "  ", r.record, keys.ever)
	return nil
}

func timeText(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
