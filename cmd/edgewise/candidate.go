package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// ramping is which places take a candidate, as flags say it.
type ramping struct{ share, over, margin string }

func (r *ramping) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.share, "ramp", "10%", "which `SHARE` of the places takes the candidate: 10%, or 10%..100% with\n--over")
	cmd.Flags().StringVar(&r.over, "over", "", "how long it takes from the first share to the second: a duration `D`")
	cmd.Flags().StringVar(&r.margin, "margin", "1%", "a host goes back by itself where this `SHARE` more of its answers are\nerrors or defaults than before")
}

// ramp is the one that the flags ask for, from the time when the release begins.
func (r *ramping) ramp(begins time.Time) (verify.Ramp, error) {
	first, last, moves := strings.Cut(r.share, "..")
	if !moves {
		last = first
	}
	ramp := verify.Ramp{From: begins.Unix(), Until: begins.Unix()}
	for _, share := range []struct {
		flag, text string
		into       *uint32
	}{{"ramp", first, &ramp.Start}, {"ramp", last, &ramp.End}, {"margin", r.margin, &ramp.Margin}} {
		hundredths, ok := source.ParseShare(share.text)
		if !ok {
			return ramp, &usageError{fmt.Sprintf("--%s %q: not a share", share.flag, share.text), "write 10%, or a ramp as 10%..100%"}
		}
		*share.into = hundredths
	}
	if moves != (r.over != "") {
		return ramp, &usageError{"--ramp A%..B% and --over D go together", "as --ramp 10%..100% --over 2h"}
	}
	if moves {
		millis, ok := source.ParseDuration(r.over)
		if !ok || millis < 1000 {
			return ramp, &usageError{fmt.Sprintf("--over %q: not a duration of a second or more", r.over), source.DurationHint}
		}
		ramp.Until += millis / 1000
	}
	return ramp, nil
}

// trial is whether a release goes out as a candidate, as flags say it.
type trial struct {
	ramping
	candidate bool
}

func (t *trial) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.candidate, "candidate", false, "let a part of the places try it beside what is current")
	t.ramping.flags(cmd)
}

// apply makes a release a candidate where that is asked for.
func (t *trial) apply(cmd *cobra.Command, r *channel.Release) (err error) {
	for _, flag := range []string{"ramp", "over", "margin"} {
		if !t.candidate && cmd.Flags().Changed(flag) {
			return &usageError{"--" + flag + " is of --candidate", "give both, or neither"}
		}
	}
	if t.candidate {
		r.Action = channel.Try
		r.Ramp, err = t.ramp(beginning(r))
	}
	return err
}

// rampText tells a ramp to a person.
func rampText(r verify.Ramp) string {
	share := func(hundredths uint32) string { return strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64) + "%" }
	text := share(r.End) + " of the places from " + timeText(r.From) + " on"
	if r.From != r.Until {
		text = share(r.Start) + " of the places at " + timeText(r.From) + ", " + share(r.End) + " from " + timeText(r.Until) + " on"
	}
	return text + ", margin " + share(r.Margin)
}

func newCandidate() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "candidate",
		GroupID: groupPublish,
		Short:   "Make a candidate current, withdraw it, or change its ramp",
		Long: `A candidate is a release that a part of the places takes beside the current one.
` + "`edgewise publish --candidate`" + ` makes it, or ` + "`edgewise promote --candidate`" + `. Which
places do is decided by their names and the content alone: the same ones as long as the
content is the same, more of them as the share grows. Nothing else is published or
promoted until the candidate is accepted or withdrawn; whatever else makes a release,
such as a rollback, ends it.

A host that took it counts what it answers. Where the share of errors, of defaults or of
failed engines exceeds what it was with the release before by more than the margin, the
host goes back to the current release by itself, holds the candidate and reports it.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddGroup(&cobra.Group{ID: groupPublish, Title: "Commands:"})
	cmd.AddCommand(newCandidateStep("accept", channel.Accept, "Make the candidate current everywhere",
		`Signs the content of the candidate as the next version, for all places. That takes as
many keys as any release.`,
		`  edgewise candidate accept --to shop-rules --channel production --key anna.key -m "no errors for 2 hours"`),
		newCandidateStep("withdraw", channel.Withdraw, "Put an end to the candidate",
			`Signs the content that is current beside the candidate as the next version, for all
places: those that took the candidate go back, and nobody can bring it back. It goes through
where the channel is frozen, and a key that is only for recovery will do.`,
			`  edgewise candidate withdraw --to shop-rules --channel production --key anna.key -m "carts stay empty"`),
		newCandidateStep("ramp", channel.Try, "Let more or fewer places take the candidate",
			`Signs the content of the candidate again, as the next version, with another ramp. A host
that holds the candidate tries it again.`,
			`  edgewise candidate ramp --ramp 50%..100% --over 1h --to shop-rules --channel production --key anna.key -m "go on"`))
	return cmd
}

// newCandidateStep is a command that signs the content of the candidate again, or the one beside it.
func newCandidateStep(name string, action channel.Action, short, long, example string) *cobra.Command {
	var p location
	var s signing
	var v validity
	var r ramping
	use := name + " --to URL --channel NAME --key FILE... -m WHY [--trust FILE]"
	if action == channel.Try {
		use = name + " --ramp SHARE --to URL --channel NAME --key FILE... -m WHY [--over D] [--trust FILE]"
	}
	cmd := &cobra.Command{
		Use:     use,
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
			signers, keys, head, err := s.begin(cmd, c)
			if err != nil {
				return err
			}
			record := head.Tried()
			if record == nil {
				return &hinted{fmt.Errorf("%s: %w", c, channel.ErrNoCandidate), "`edgewise publish --candidate` makes one"}
			}
			if action == channel.Withdraw {
				record = head
				if r, err := c.Find(ctx, head.Version); err == nil { // which knows when it began; a log that is damaged must not stop anybody
					record = r
				}
			}
			old, unknown, err := readRecord(ctx, c, record, keys, signers)
			if err != nil {
				return err
			}
			if len(unknown) > 0 && action != channel.Withdraw {
				return &hinted{fmt.Errorf("%s@%d is signed by %s, and nothing says whether they are trusted", c, record.Version, strings.Join(unknown, ", ")),
					"give --trust FILE"}
			}
			release := channel.Release{Action: action, Payload: old.envelope.Payload, Why: s.why, Signers: signers, Audience: old.statement.Audience}
			release.FreshFor, release.Expires = old.lasting()
			if action == channel.Withdraw {
				release.Origin = old.envelope
			}
			if err := v.apply(&release); err != nil {
				return err
			}
			if action == channel.Try {
				if release.Ramp, err = r.ramp(beginning(&release)); err != nil {
					return err
				}
			}
			return write(ctx, c, head, release, keys)
		},
	}
	p.flags(cmd, "to")
	s.flags(cmd)
	v.flags(cmd)
	if action == channel.Try {
		r.flags(cmd)
	}
	cmd.DisableFlagsInUseLine = true
	return cmd
}

// beginning is from when on a release is valid.
func beginning(r *channel.Release) time.Time {
	if r.Begins.IsZero() {
		return time.Now()
	}
	return r.Begins
}
