package main

import (
	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
)

func newFreeze() *cobra.Command {
	return newStop("freeze", channel.Freeze, "Keep releases out of a channel",
		`From now on nothing is published in the channel or promoted to it; a rollback goes
through. What is current stays so. The key of any signer will do, one for recovery not.

The stop is for those who publish with edgewise: whoever has the keys and other tools can
release all the same.`,
		`  edgewise freeze --to shop-rules --channel production --key anna.key -m "until Monday"`)
}

func newUnfreeze() *cobra.Command {
	return newStop("unfreeze", channel.Unfreeze, "Let releases into a frozen channel again",
		`From now on releases can be published in the channel again.`,
		`  edgewise unfreeze --to shop-rules --channel production --key anna.key -m "it is Monday"`)
}

func newStop(name string, action channel.Action, short, long, example string) *cobra.Command {
	var p location
	var s signing
	cmd := &cobra.Command{
		Use:     name + " --to URL --channel NAME --key FILE... -m WHY [--trust FILE]",
		GroupID: groupPublish,
		Short:   short,
		Long:    long + "\n\n" + storeHelp,
		Example: example,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.open(cmd, "to")
			if err != nil {
				return err
			}
			signers, err := s.signers(cmd)
			if err != nil {
				return err
			}
			keys, err := readTrust(cmd.Context(), s.trust, c)
			if err != nil {
				return err
			}
			head, err := c.Head(cmd.Context(), "")
			if err != nil {
				return err
			}
			return write(cmd.Context(), c, head, channel.Release{Action: action, Why: s.why, Signers: signers}, keys)
		},
	}
	p.flags(cmd, "to")
	s.flags(cmd)
	return cmd
}
