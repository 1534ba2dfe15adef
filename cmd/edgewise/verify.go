package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/host/follow"
)

func newVerify() *cobra.Command {
	var p verifier
	var now string
	cmd := &cobra.Command{
		Use:     "verify --from URL --channel NAME --trust FILE [--state DIR] [--now TIME] [--audience A] [--place NAME]",
		GroupID: groupPublish,
		Short:   "Tell whether a place would accept what is current in a channel",
		Long: `Fetches the current release of a channel and accepts it or not, as every place does that
it is meant for. Printed is one of

  {"bundle":"shop","channel":"production","version":3,"digest":"sha512-256:..."}
  {"refused":"threshold","detail":"signed by 1 of the 2 keys that are needed"}

and the exit status is 1 where it is refused. The codes are signature, threshold,
unknown_key, revoked_key, version, conflict, audience, channel, not_yet, expired, clock,
format, engine, limit, torn and unavailable.

With --place it is the channel's candidate that is accepted, where its ramp has reached the
place of that name.

--state keeps the highest version and the last good release in a folder: what is older is
refused the next time. A refusal changes nothing there, and neither does anything with
--now: that time is only tried.

` + storeHelp,
		Example: `  edgewise verify --from shop-rules --channel production --trust shop.trust --state state`,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			f, err := p.open(cmd)
			if err != nil {
				return err
			}
			var found follow.Event
			f.Report = func(e follow.Event) {
				if e.State == "" { // which is said of what was accepted before
					found = e
				}
			}
			if !at.IsZero() {
				f.Verifier.OnlyTry()
				f.Now = func() time.Time { return at }
			}
			f.Poll(cmd.Context())
			if err := existing(p.url); err != nil {
				found.Detail = err.Error()
			}
			if err := printJSON(stdout, found); err != nil {
				return err
			}
			if found.Refused != "" {
				return errSaid
			}
			return nil
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&now, "now", "", "the `TIME` to verify for, as 2026-12-01T08:00:00Z (if absent the clock's)")
	return cmd
}
