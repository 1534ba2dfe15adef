package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/follow"
)

func newVerify() *cobra.Command {
	var p location
	var trustFile, state, audience, now string
	cmd := &cobra.Command{
		Use:     "verify --from URL --channel NAME --trust FILE [--state DIR] [--now TIME] [--audience A]",
		GroupID: groupPublish,
		Short:   "Tell whether a place would accept what is current in a channel",
		Long: `Fetches the current release of a channel and accepts it or not, as every place does that
it is meant for. Printed is one of

  {"bundle":"shop","channel":"production","version":3,"digest":"sha512-256:..."}
  {"refused":"threshold","detail":"signed by 1 of the 2 keys that are needed"}

and the exit status is 1 where it is refused. The codes are signature, threshold,
unknown_key, revoked_key, version, conflict, audience, channel, not_yet, expired, clock,
format, engine, limit, torn and unavailable.

--state keeps the highest version and the last good release in a folder: what is older is
refused the next time. A refusal changes nothing there, and neither does anything with
--now: that time is only tried.

` + storeHelp,
		Example: `  edgewise verify --from shop-rules --channel production --trust shop.trust --state state`,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.open(cmd, "from")
			if err != nil {
				return err
			}
			if trustFile == "" {
				return &usageError{"verify: --trust is missing", "usage: " + cmd.UseLine()}
			}
			at, err := parseNow(cmd, now)
			if err != nil {
				return err
			}
			keys, err := trust.Read(trustFile)
			if err != nil {
				return err
			}
			verifier, err := trust.Open(verify.Policy{Keys: keys, Channel: c.Name, Audience: audience}, state)
			if err != nil {
				return err
			}
			var found follow.Event
			f := follow.Follower{Channel: c, Verifier: verifier, Report: func(e follow.Event) { found = e }}
			if !at.IsZero() {
				verifier.OnlyTry()
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
	p.flags(cmd, "from")
	trustFlag(cmd, &trustFile)
	cmd.Flags().StringVar(&state, "state", "", "a folder `DIR` to remember in")
	cmd.Flags().StringVar(&audience, "audience", "", "what this place calls itself: `A`")
	cmd.Flags().StringVar(&now, "now", "", "the `TIME` to verify for, as 2026-12-01T08:00:00Z (if absent the clock's)")
	return cmd
}
