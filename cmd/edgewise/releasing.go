package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// What the commands that write to a channel have in common.

// write publishes a release, prints what became of it, and says what to do where it did not.
func write(ctx context.Context, c *channel.Channel, head *channel.Record, release channel.Release, keys trusted) error {
	release.Keys, release.Ever = keys.latest, keys.ever
	if keys.latest == nil {
		if err := advised(ctx, c, head, &release); err != nil {
			return err
		}
	}
	others := []string(nil)
	if head == nil {
		others, _ = channel.Names(ctx, c.Store) // what cannot be listed is not told
	}
	record, err := c.Publish(ctx, head, release, time.Now())
	var unlogged *channel.Unlogged
	switch {
	case errors.As(err, &unlogged):
		fmt.Fprintf(os.Stderr, "%s: released, but its record is not in the log yet: %v\n  the next command that writes there makes up for it\n", c, err)
	case errors.Is(err, channel.ErrRaced):
		return &hinted{err, "nothing of yours was released: see `edgewise log`, then do it again"}
	case errors.Is(err, channel.ErrFrozen):
		return &hinted{fmt.Errorf("%w: %s", err, head.Why), "`edgewise unfreeze` ends that; a rollback goes through"}
	case errors.Is(err, channel.ErrCandidate):
		return &hinted{err, "`edgewise candidate` accepts or withdraws it; a rollback goes through"}
	case err != nil && release.Advised != nil:
		return hintAdvised(err, c)
	case err != nil:
		return hintRefusal(err)
	}
	if len(keys.lists) == 1 { // for those who publish without --trust
		if err := channel.Advise(ctx, c.Store, keys.latest); err != nil {
			fmt.Fprintf(os.Stderr, "released; but the key list could not be left in the store for those who publish without --trust: %v\n", err)
		}
	}
	if len(record.Disabled) > 0 {
		still := "still "
		if release.Action == channel.Disable {
			still = ""
		}
		fmt.Fprintf(os.Stderr, "%sswitched off in %s: %s\n", still, c.Name, strings.Join(record.Disabled, ", "))
	}
	if head == nil && len(others) > 0 {
		fmt.Fprintf(os.Stderr, "first release of the channel %s in %s, which also has %s\n", c.Name, c.Store, strings.Join(others, ", "))
	} else if head == nil {
		fmt.Fprintf(os.Stderr, "first release of the channel %s in %s\n", c.Name, c.Store)
	}
	if release.Action == channel.Try {
		record = record.Tried()
	}
	return printJSON(stdout, published{record.Bundle, record.Channel, record.Version, record.Payload.String(), release.Action == channel.Try})
}

// urgent says whether a release waits for nothing: what the key list in the store says of it is not asked, for whoever can write the store could have
// changed that.
func urgent(a channel.Action) bool {
	switch a {
	case channel.Rollback, channel.Withdraw, channel.Disable, channel.Enable, channel.Freeze:
		return true
	}
	return false
}

// advised looks at a release without a trust file: by the key list that lies in the store, and by who released before.
func advised(ctx context.Context, c *channel.Channel, head *channel.Record, release *channel.Release) (err error) {
	if !urgent(release.Action) {
		if release.Advised, err = channel.Advice(ctx, c.Store); err != nil {
			return err
		}
	}
	if head == nil || release.Advised != nil {
		return nil
	}
	if len(release.Signers) < len(head.Signatures) && release.Action != channel.Freeze {
		fewer := fmt.Sprintf("signed by fewer keys (%d) than what is current (%d)", len(release.Signers), len(head.Signatures))
		if !urgent(release.Action) {
			return &hinted{errors.New(fewer + ", and nothing says whether they are enough"), "give --trust FILE, or --key for each of those who have to sign"}
		}
		fmt.Fprintf(os.Stderr, "%s; whether they are enough was not checked, as --trust is not given\n", fewer)
	}
	warnNewSigners(ctx, c, release.Signers)
	return nil
}

// hintAdvised says by what a release was refused that nobody has checked.
func hintAdvised(err error, c *channel.Channel) error {
	var refusal *verify.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	return &hinted{fmt.Errorf("%w, says the latest key list in %s: places that follow it would refuse the release", err, c.Store),
		"give --key for each of those who have to sign, or --trust FILE, whose word counts more than the store's"}
}

// warnNewSigners says where none of the keys has signed anything in a channel yet: perhaps it is the wrong key.
func warnNewSigners(ctx context.Context, c *channel.Channel, signers []sign.Signer) {
	var ids []string
	for _, signer := range signers {
		ids = append(ids, sign.IDOf(signer).String())
	}
	before, known, err := c.SignedBefore(ctx, ids)
	if known || err != nil || len(before) == 0 { // a log that cannot be read is what `edgewise log` is for
		return
	}
	fmt.Fprintf(os.Stderr, "%s: key %s has signed nothing there before; so far %s did. Whether it is trusted was not checked, as --trust is not given\n",
		c, strings.Join(ids, ", "), strings.Join(before, ", "))
}

// published is what a command that writes prints.
type published struct {
	Bundle  string `json:"bundle"`
	Channel string `json:"channel"`
	Version uint64 `json:"version"`
	Digest  string `json:"digest"` // of the compiled bundle

	Candidate bool `json:"candidate,omitempty"`
}

// hintRefusal adds to a refusal by the trust list what can be done.
func hintRefusal(err error) error {
	var stranger *channel.Stranger
	if errors.As(err, &stranger) {
		return &hinted{err, "to repair the channel, publish or roll back over that once without --trust, with the keys of those who are trusted;\n" +
			"until then places that verify go on with what they had"}
	}
	var refusal *verify.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Code {
	case verify.Threshold:
		return &hinted{err, "give --key for each of those who have to sign"}
	case verify.UnknownKey, verify.RevokedKey:
		return &hinted{err, "`edgewise keys list` shows whose keys count"}
	}
	return err
}
