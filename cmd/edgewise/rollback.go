package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/core/format"
)

func newRollback() *cobra.Command {
	var p location
	var s signing
	var v validity
	var version uint64
	cmd := &cobra.Command{
		Use:     "rollback --to URL --channel NAME --version N --key FILE... -m WHY [--trust FILE]",
		GroupID: groupPublish,
		Short:   "Make the content of an earlier version current again",
		Long: `Signs the content of version N again, as the next version of the channel: verifiers
never go back to a lower one. It waits for nothing: no tests, no comparison, and it goes
through where the channel is frozen. The key may be one that is only for recovery.

With --trust the old version must have been signed by somebody who is or was trusted.
Without, that is checked only where it was one of the keys given here; otherwise a
line says who it was.

` + storeHelp,
		Example: `  edgewise rollback --to shop-rules --channel production --version 2 --key anna.key -m "the cart was empty"`,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := p.open(cmd, "to")
			if err != nil {
				return err
			}
			if version == 0 {
				return &usageError{"rollback: --version is missing", "`edgewise log` lists the versions"}
			}
			signers, keys, head, err := s.begin(cmd, c)
			if err != nil {
				return err
			}
			if version == head.Version {
				return &hinted{fmt.Errorf("%s: version %d is current already", c, version), "`edgewise log` lists the versions before it"}
			}
			old, unknown, err := readRelease(ctx, c, version, keys, signers)
			if err != nil {
				return err
			}
			if old.statement.Candidate() {
				return &hinted{fmt.Errorf("%s: version %d was a candidate: it never was current", c, version), "`edgewise log` lists the versions that were"}
			}
			if len(unknown) > 0 {
				fmt.Fprintf(os.Stderr, "version %d is signed by %s; whether that is somebody trusted was not checked, as --trust is not given\n",
					version, strings.Join(unknown, ", "))
			}
			release := channel.Release{Action: channel.Rollback, Payload: old.envelope.Payload, Restores: version, Why: s.why, Signers: signers,
				Switches: old.statement.Disabled, Origin: old.envelope, Audience: old.statement.Audience}
			release.FreshFor, release.Expires = old.lasting()
			if err := v.apply(&release); err != nil {
				return err
			}
			return write(ctx, c, head, release, keys)
		},
	}
	p.flags(cmd, "to")
	cmd.Flags().Uint64Var(&version, "version", 0, "the version `N` whose content is to be current again")
	s.flags(cmd)
	v.flags(cmd)
	return cmd
}

func newPromote() *cobra.Command {
	var to string
	var s signing
	var v validity
	var g guards
	var candidate trial
	cmd := &cobra.Command{
		Use:     "promote FROM TO [--to URL] --key FILE... -m WHY [--trust FILE]",
		GroupID: groupPublish,
		Short:   "Make what is current in one channel current in another",
		Long: `Signs the content of the channel FROM again, byte for byte, as the next version of the
channel TO. Each is URL#CHANNEL, or a channel of the store --to; FROM may name a version:
URL#CHANNEL@VERSION.

What is promoted must be signed by somebody who is trusted: with --trust by that file,
without it by one of the keys given here. What publish compares with the current
version, promote does too. With --candidate a part of the places takes it first, as
` + "`edgewise candidate`" + ` explains.

` + storeHelp,
		Example: `  edgewise promote staging production --to shop-rules --key anna.key -m "tried for a day"
  edgewise promote shop-rules#staging@7 s3://rules/shop#production --key anna.key -m "tried for a day"`,
		Args: arguments("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var ends [2]reference
			var channels [2]*channel.Channel
			for i, arg := range args {
				if to != "" && !strings.Contains(arg, "#") {
					arg = to + "#" + arg
				}
				r, ok, err := parseReference(arg)
				if err != nil {
					return err
				}
				if !ok {
					return &usageError{fmt.Sprintf("promote: %s names no store", arg), "write URL#CHANNEL, or say which store with --to URL"}
				}
				if channels[i], err = openChannel(r.url, r.channel); err != nil {
					return err
				}
				ends[i] = r
			}
			from, c := channels[0], channels[1]
			if ends[1].version != 0 {
				return &usageError{fmt.Sprintf("promote: %s names a version, and the next one has its number by itself", args[1]), "leave @VERSION out"}
			}
			if err := writable(c.Store); err != nil {
				return err
			}
			signers, err := s.signers(cmd)
			if err != nil {
				return err
			}
			fromKeys, err := readTrust(ctx, s.trust, from)
			if err != nil {
				return err
			}
			keys, err := readTrust(ctx, s.trust, c)
			if err != nil {
				return err
			}
			old, unknown, err := readRelease(ctx, from, ends[0].version, fromKeys, signers)
			if err != nil {
				return err
			}
			if len(unknown) > 0 {
				return &hinted{fmt.Errorf("%s@%d is signed by %s, and nothing says whether they are trusted", from, old.record.Version, strings.Join(unknown, ", ")),
					"give --trust FILE"}
			}
			bundle, err := format.Read(old.envelope.Payload)
			if err != nil {
				return err
			}
			head, err := headOf(ctx, c)
			if err != nil {
				return err
			}
			if err := g.check(ctx, c, head, args[0], &bundles.Loaded{Data: old.envelope.Payload, Bundle: bundle}); err != nil {
				return err
			}
			release := channel.Release{Action: channel.Promote, Payload: old.envelope.Payload, Why: s.why, Signers: signers,
				From: fmt.Sprintf("%s@%d", from, old.record.Version), Audience: old.statement.Audience}
			release.FreshFor, release.Expires = old.lasting()
			if err := v.apply(&release); err != nil {
				return err
			}
			if err := candidate.apply(cmd, &release); err != nil {
				return err
			}
			return write(ctx, c, head, release, keys)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `URL` of the store, for channels that are named without one")
	s.flags(cmd)
	v.flags(cmd)
	g.flags(cmd)
	candidate.flags(cmd)
	return cmd
}
