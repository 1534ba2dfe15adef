package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/host/follow"
)

func newFollow() *cobra.Command {
	p := verifier{hosts: true}
	var every string
	cmd := &cobra.Command{
		Use:     "follow --from URL --channel NAME --trust FILE [--state DIR] [--every D] [--place NAME]",
		GroupID: groupPublish,
		Short:   "Watch a channel as a host does, and print what it accepts",
		Long: `Asks the store for what is new, verifies it, and prints a line for each release that a
host would put in service, and for each that it would refuse, until it is stopped:

  {"bundle":"shop","channel":"production","version":3,"digest":"sha512-256:..."}
  {"refused":"signature","detail":"..."}

A candidate is taken when its ramp reaches this place, which has the machine's name unless
--place gives another; its line has "candidate":true. A line with "state" tells that what
is in service is stale or has expired.

A refusal is told once as long as nothing changes. A store that does not answer is asked
less and less often, every 5 minutes at last.

--state keeps the highest version and the last good release in a folder: a start needs no
network then, and what was replaced before is refused.

` + storeHelp,
		Example: `  edgewise follow --from shop-rules --channel production --trust shop.trust --state state`,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			millis, ok := source.ParseDuration(every)
			if !ok {
				return &usageError{fmt.Sprintf("--every %q: not a duration", every), source.DurationHint}
			}
			f, err := p.open(cmd)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			f.Interval = time.Duration(millis) * time.Millisecond
			f.Report = func(e follow.Event) {
				if printJSON(stdout, e) != nil {
					stop() // nobody reads any more
				}
			}
			f.Run(ctx)
			return nil
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&every, "every", "10s", "how often to ask: a duration `D`, a fifth more or less")
	return cmd
}
