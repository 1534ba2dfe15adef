package channel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Release is what is to be written next.
type Release struct {
	Action   Action
	Payload  []byte      // a compiled bundle; of Freeze and Unfreeze nil
	From     string      // of Promote
	Restores uint64      // of Rollback
	Ramp     verify.Ramp // of Try
	Switches []string    // of Disable and Enable: the decisions; of Rollback those that were off then
	Why      string
	Signers  []sign.Signer
	Keys     *verify.KeyList  // who is trusted; nil: not known here, and then not checked
	Ever     *verify.KeyList  // who ever was, to check the release before; nil: who is
	Advised  *verify.KeyList  // where Keys is nil: who is trusted as the store says (Advice). What they would refuse is not written
	Origin   *verify.Envelope // of Rollback, Withdraw, Disable and Enable: the release with the same content, so that a recovery key may sign

	Audience string        // "": everybody
	Begins   time.Time     // zero: at once, and on any clock
	FreshFor time.Duration // 0: for good
	Expires  time.Duration // after it begins; 0: never
}

// ErrFrozen is that a channel takes no releases.
var ErrFrozen = errors.New("the channel is frozen")

// ErrCandidate is that a candidate is being tried in a channel: nothing takes its place before it was accepted or withdrawn.
var ErrCandidate = errors.New("a candidate is being tried there")

// ErrNoCandidate is that there is none.
var ErrNoCandidate = errors.New("no candidate is being tried there")

// ErrRaced is that somebody else has written to the channel since its head was read.
var ErrRaced = errors.New("somebody else was faster")

// maxUnproved bounds the version that follows one which nobody could check. A stranger who can write the store could otherwise use the numbers up.
const maxUnproved = 1 << 32

// Publish writes a release as the one that follows head, the channel's latest record or nil in an empty channel, and gives the new one. The error wraps
// ErrRaced where somebody else was faster, ErrFrozen, ErrCandidate, ErrNoCandidate, or a *verify.Refusal where those who are trusted would refuse it. Then nothing has changed.
func (c *Channel) Publish(ctx context.Context, head *Record, release Release, now time.Time) (*Record, error) {
	if err := checkWhy(release.Why); err != nil {
		return nil, err
	}
	switch {
	case len(release.Signers) == 0:
		return nil, errors.New("nobody signs")
	case (release.Action == Try) != (release.Ramp.From > 0):
		return nil, errors.New("a candidate has a ramp, and nothing else has")
	}
	next := &Record{Sequence: 1, Channel: c.Name, Action: release.Action, From: release.From, Restores: release.Restores, Why: release.Why,
		Time: now.Truncate(time.Second)}
	var before *verify.Statement
	if head == nil {
		if err := c.checkNew(ctx); err != nil {
			return nil, err
		}
		if release.Action != Publish && release.Action != Promote {
			return nil, fmt.Errorf("%s: %w", c, ErrEmpty)
		}
	} else {
		var err error
		if before, err = c.statement(ctx, head, release); err != nil {
			return nil, err
		}
		if err := release.mayFollow(head); err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		if err := c.checkLatest(ctx, head, release); err != nil {
			return nil, err
		}
		next.Sequence, next.Previous, next.Frozen = head.Sequence+1, head.Digest, head.Frozen
		next.Bundle, next.Version, next.Payload, next.Envelope, next.Disabled = head.Bundle, head.Version, head.Payload, head.Envelope, head.Disabled
		next.Beside = head.Beside
	}
	var envelope []byte
	switch release.Action {
	case Freeze, Unfreeze:
		next.Frozen = release.Action == Freeze
	default:
		var err error
		if envelope, err = c.sign(next, head, before, release, now); err != nil {
			return nil, err
		}
	}
	if err := next.seal(release.Signers); err != nil {
		return nil, err
	}
	if keys := cmp.Or(release.Keys, release.Advised); keys != nil {
		if err := enough(keys, next); err != nil {
			return nil, err
		}
	}
	if head == nil {
		if err := c.claim(ctx, next.Bundle); err != nil {
			return nil, err
		}
	}
	return next, c.write(ctx, head, next, envelope)
}

// mayFollow says whether a release may come after what is current.
func (r *Release) mayFollow(head *Record) error {
	switch r.Action {
	case Publish, Promote, Try, Accept:
		if head.Frozen {
			return ErrFrozen
		}
	}
	switch r.Action {
	case Publish, Promote:
		if head.Beside != nil {
			return fmt.Errorf("%w: version %d", ErrCandidate, head.Beside.Version)
		}
	case Accept, Withdraw:
		if head.Beside == nil {
			return ErrNoCandidate
		}
	}
	switch r.Action {
	case Accept, Withdraw, Disable, Enable:
		content := head.Payload
		if r.Action == Accept {
			content = head.Beside.Payload
		}
		if verify.Sum(r.Payload) != content {
			return errors.New("that is not the content which was released")
		}
	}
	return nil
}

// checkNew says whether a channel without a head is one that never had any. Otherwise its versions would begin at 1 again, and every place would refuse
// them.
func (c *Channel) checkNew(ctx context.Context) error {
	logged, err := c.Store.List(ctx, c.log())
	if err != nil || len(logged) == 0 {
		return err
	}
	return fmt.Errorf("%s: its log has %d records, and its head is gone: copy %s back to %s, then look at `edgewise log --verify`",
		c, len(logged), logged[len(logged)-1], c.head())
}

// bundleKey is where a store says which bundle it holds.
const bundleKey = "bundle"

// claim makes sure that a store holds no other bundle, before the first release in a channel of it. Who comes first says which: two channels may
// begin at once.
func (c *Channel) claim(ctx context.Context, bundle string) error {
	_, err := c.Store.Put(ctx, bundleKey, []byte(bundle+"\n"), "")
	if !errors.Is(err, store.ErrChanged) {
		return err
	}
	object, err := c.Store.Get(ctx, bundleKey, "")
	if err != nil {
		return err
	}
	if held := strings.TrimSpace(string(object.Data)); held != bundle {
		return fmt.Errorf("%s holds the bundle %.64s, and this is %s: a store holds one bundle; if no channel of it ever had a release, remove its object %q",
			c.Store, held, bundle, bundleKey)
	}
	return nil
}

// statement reads what the latest release says, and whether what follows it may build on that.
func (c *Channel) statement(ctx context.Context, head *Record, release Release) (*verify.Statement, error) {
	data, err := c.Envelope(ctx, head)
	if err != nil {
		return nil, err
	}
	e, err := verify.ReadEnvelope(data)
	if err != nil {
		return nil, refused(verify.Torn, fmt.Errorf("%s: version %d: %w", c, head.Version, err))
	}
	s, err := verify.ReadStatement(e.Release.Body)
	if err == nil {
		err = matches(head, s)
	}
	if err == nil && release.Keys != nil {
		err = checkSignatures(cmp.Or(release.Ever, release.Keys), head)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: version %d: %w; `edgewise log --verify` tells more", c, head.Version, err)
	}
	if release.Keys == nil && head.highest() >= maxUnproved {
		return nil, fmt.Errorf("%s: version %d is beyond belief: give --trust, so that it can be checked", c, head.highest())
	}
	return s, nil
}

// sign makes the envelope of a release and completes its record.
func (c *Channel) sign(next, head *Record, before *verify.Statement, release Release, now time.Time) ([]byte, error) {
	s := verify.Statement{Version: 1, Made: now.Unix(), Channel: c.Name, Audience: release.Audience, Ramp: release.Ramp}
	if before != nil {
		s.Version, s.Previous = head.highest()+1, verify.Sum(before.Append(nil))
	}
	begins := now
	if !release.Begins.IsZero() {
		begins = release.Begins
		s.NotBefore = begins.Unix()
	}
	if release.FreshFor > 0 {
		s.FreshUntil = begins.Add(release.FreshFor).Unix()
	}
	if release.Expires > 0 {
		s.Expires = begins.Add(release.Expires).Unix()
	}
	bundle, err := format.Read(release.Payload)
	if err != nil {
		return nil, err
	}
	if before != nil && before.Bundle != bundle.Name() {
		return nil, fmt.Errorf("%s holds the bundle %s, and this is %s: a store holds one bundle", c, before.Bundle, bundle.Name())
	}
	if s.Disabled, err = switched(before, release, bundle); err != nil {
		return nil, err
	}
	envelope, err := sign.Release(release.Payload, s, release.Origin, release.Signers...)
	if err != nil {
		return nil, err
	}
	if keys := cmp.Or(release.Keys, release.Advised); keys != nil {
		policy := verify.Policy{Keys: keys, Channel: c.Name, Audience: release.Audience}
		if _, err := policy.AcceptAnywhere(envelope, max(now.Unix(), s.NotBefore), verify.CheckSignature); err != nil {
			return nil, err
		}
	}
	if release.Action == Try {
		next.Beside = &Candidate{s.Version, verify.Sum(release.Payload), verify.Sum(envelope), s.Ramp, s.Disabled}
		return envelope, nil
	}
	next.Bundle, next.Version, next.Payload, next.Envelope = bundle.Name(), s.Version, verify.Sum(release.Payload), verify.Sum(envelope)
	next.Disabled = s.Disabled
	switch next.Beside = nil; release.Action {
	case Accept:
		next.Restores = head.Beside.Version
	case Withdraw:
		next.Restores = head.Version
	}
	return envelope, nil
}

// write puts a record and its envelope into the store, in the order that the package comment explains.
func (c *Channel) write(ctx context.Context, head, next *Record, envelope []byte) error {
	tag := ""
	if head != nil {
		tag = head.Tag
		if err := c.keep(ctx, c.logged(head), head.file); err != nil {
			return err
		}
	}
	if envelope != nil {
		if err := c.keep(ctx, envelopeKey(verify.Sum(envelope)), envelope); err != nil {
			return err
		}
	}
	tag, err := c.Store.Put(ctx, c.head(), next.file, tag)
	if err != nil {
		// The answer may have been lost on its way back.
		is, readErr := c.Head(ctx, "")
		switch {
		case readErr == nil && is.Digest == next.Digest:
			tag = is.Tag
		case errors.Is(err, store.ErrChanged) && readErr == nil:
			return c.raced(is)
		case errors.Is(err, store.ErrChanged):
			return fmt.Errorf("%s: %w", c, ErrRaced)
		default:
			return err
		}
	}
	next.Tag = tag
	// What follows is made up for by the next writer if it cannot be done now: the channel has changed already.
	if err := c.keep(ctx, c.logged(next), next.file); err != nil {
		return &Unlogged{err}
	}
	return nil
}

func (c *Channel) raced(by *Record) error {
	return fmt.Errorf("%s: %w: number %d, %s of version %d by %v: %s", c, ErrRaced, by.Sequence, by.Action, by.Version, by.Signers(), by.Why)
}

// Unlogged is an error after which the release is current all the same: only the log's copy of its record could not be written. The next
// writer does it.
type Unlogged struct{ error }

func (e *Unlogged) Unwrap() error { return e.error }

// keep writes an object that is named by its content. That it is there already is as good.
func (c *Channel) keep(ctx context.Context, key string, data []byte) error {
	_, err := c.Store.Put(ctx, key, data, "")
	if errors.Is(err, store.ErrChanged) {
		object, err := c.Store.Get(ctx, key, "")
		if err != nil {
			return err
		}
		if verify.Sum(object.Data) != verify.Sum(data) {
			return refused(verify.Torn, fmt.Errorf("%s: %s is not what its name says: somebody has changed it", c.Store, key))
		}
		return nil
	}
	return err
}
