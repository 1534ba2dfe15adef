package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
)

func newDisable() *cobra.Command {
	return newSwitch("disable", channel.Disable, "Switch decisions off in a channel, at once",
		`Signs what is current in the channel again, as its next version, with decisions switched
off: they answer their default, with the reason DISABLED, whatever their rules say. No rule
is changed or compiled, and nothing is waited for: no tests, no comparison, and it goes
through where the channel is frozen. The key may be one that is only for recovery.

What is switched off stays so when rules are published later, until `+"`edgewise enable`"+`.
A candidate that is being tried ends with it: its places go back to what is current.`,
		`  edgewise disable --to shop-rules --channel production --decision hero --key oncall.key -m "wrong prices"`)
}

func newEnable() *cobra.Command {
	return newSwitch("enable", channel.Enable, "Switch decisions on again that were switched off",
		`Signs what is current in the channel again, as its next version, with decisions that
`+"`edgewise disable`"+` had switched off decided by their rules again. The key may be one that is
only for recovery, where enough signers have released the same rules before with these
decisions switched on.`,
		`  edgewise enable --to shop-rules --channel production --decision hero --key anna.key -m "prices are right"`)
}

func newSwitch(name string, action channel.Action, short, long, example string) *cobra.Command {
	var p location
	var s signing
	var v validity
	var decisions []string
	cmd := &cobra.Command{
		Use:     name + " --to URL --channel NAME --decision NAME... --key FILE... -m WHY [--trust FILE]",
		GroupID: groupPublish,
		Short:   short,
		Long:    long + "\n\n" + storeHelp,
		Example: example,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := p.open(cmd, "to")
			if err != nil {
				return err
			}
			if len(decisions) == 0 {
				return &usageError{name + ": --decision is missing", "usage: " + cmd.UseLine()}
			}
			signers, keys, head, err := s.begin(cmd, c)
			if err != nil {
				return err
			}
			current, unknown, err := readRelease(ctx, c, 0, keys, signers)
			if err != nil {
				return err
			}
			if len(unknown) > 0 {
				fmt.Fprintf(os.Stderr, "version %d is signed by %s; whether that is somebody trusted was not checked, as --trust is not given\n",
					head.Version, strings.Join(unknown, ", "))
			}
			release := channel.Release{Action: action, Payload: current.envelope.Payload, Switches: decisions, Why: s.why, Signers: signers,
				Origin: current.envelope, Audience: current.statement.Audience}
			release.FreshFor, release.Expires = current.lasting()
			if err := v.apply(&release); err != nil {
				return err
			}
			return write(ctx, c, head, release, keys)
		},
	}
	p.flags(cmd, "to")
	cmd.Flags().StringArrayVar(&decisions, "decision", nil, "the `NAME` of a decision; may be given several times")
	s.flags(cmd)
	v.flags(cmd)
	return cmd
}
