// Package follow keeps a place at the current release of a channel: it polls the store, verifies what is new, and hands it over to be put in
// service. Whatever it cannot accept it reports, and goes on with what it had.
//
// Reach for Open, then Serve and Run: a host that decides by what is current in a channel. Without a host Activate says what a release is for. The last good release is on disk, so that a start needs no network; package trust keeps it, and verifies it again.
package follow

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

const (
	// Interval is how often the store is asked where nothing else is said.
	Interval = 10 * time.Second
	// MaxBackoff is the longest wait for a store that does not answer.
	MaxBackoff = 5 * time.Minute
	// Jitter is by which part each wait is longer or shorter, so that places that began together do not ask together.
	Jitter = 0.2
)

// Follower follows a channel. Verifier and Channel must be set.
type Follower struct {
	Channel  *channel.Channel
	Verifier *trust.Verifier
	Interval time.Duration // 0: Interval

	// Activate puts a release in service, all at once or not at all; Serve sets it; nil where nothing is served. After an error what was in service stays.
	Activate func(*trust.Accepted) error
	// Report is told of each activation and each new refusal; nil: nobody is.
	Report func(Event)
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	tag      string // of the head that was dealt with
	active   uint64 // the version in service
	failures int    // polls since the store answered
	last     Event  // reported; its detail without the clock
	refused  func(error)
}

// Event is an activation or a refusal.
type Event struct {
	Bundle  string `json:"bundle,omitempty"`
	Channel string `json:"channel,omitempty"`
	Version uint64 `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	Refused string `json:"refused,omitempty"` // the code of a verify.Refusal; "": it is active
	Detail  string `json:"detail,omitempty"`
}

// Refusals counts what was refused since the beginning, by the code of a verify.Refusal: at each poll once, also where it was reported before. It may
// be called by any goroutine, such as one that serves metrics.
func (f *Follower) Refusals() map[string]uint64 { return f.Verifier.Refusals() }

// Run follows until ctx ends, and then returns its error. It begins with the last good release on disk, where there is one and none is in service.
func (f *Follower) Run(ctx context.Context) error {
	if f.active == 0 {
		f.Start()
	}
	for {
		f.Poll(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(f.wait()):
		}
	}
}

// Start puts the last good release on disk in service, where there is one.
func (f *Follower) Start() {
	accepted, err := f.Verifier.LastGood(f.now())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = f.activate(accepted)
	}
	if err != nil {
		f.refuse(err)
	}
}

// Poll asks the store once, and deals with what is new there.
func (f *Follower) Poll(ctx context.Context) {
	head, err := f.Channel.Head(ctx, f.tag)
	if errors.Is(err, store.ErrSame) {
		f.failures = 0
		return
	}
	f.tag = "" // until it is dealt with: a refusal may be over at the next poll
	var envelope []byte
	if err == nil {
		envelope, err = f.fetch(ctx, head)
	}
	if ctx.Err() != nil {
		return
	}
	if unanswered(err) {
		f.failures++
	} else {
		f.failures = 0
	}
	if err == nil {
		err = f.take(envelope)
	}
	if err != nil {
		f.refuse(err)
		return
	}
	f.tag = head.Tag
}

// unanswered says whether err is that the store could not be asked. Where it has nothing, or nothing good, it has answered: what is published there
// next is to be found at the ordinary interval.
func unanswered(err error) bool {
	return err != nil && trust.CodeOf(err) == verify.Unavailable && !errors.Is(err, channel.ErrEmpty) && !errors.Is(err, store.ErrNotFound)
}

// fetch reads the release of a head, and first whose signature counts by now.
func (f *Follower) fetch(ctx context.Context, head *channel.Record) ([]byte, error) {
	if err := f.followKeys(ctx); err != nil {
		return nil, err
	}
	return f.Channel.Envelope(ctx, head)
}

// take accepts and activates a release.
func (f *Follower) take(envelope []byte) error {
	accepted, err := f.Verifier.Accept(envelope, f.now())
	if err != nil {
		return err
	}
	if accepted.Statement.Version == f.active { // such as after a freeze
		f.last = Event{}
		return nil
	}
	return f.activate(accepted)
}

// followKeys takes the key lists that followed the one in force.
func (f *Follower) followKeys(ctx context.Context) error {
	for {
		object, err := f.Channel.Store.Get(ctx, trust.ListKey(f.Verifier.Policy().Keys.Version+1), "")
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.Verifier.Follow(object.Data); err != nil {
			return err
		}
	}
}

func (f *Follower) activate(accepted *trust.Accepted) error {
	if f.Activate != nil {
		if err := f.Activate(accepted); err != nil {
			return err
		}
	}
	s := accepted.Statement
	f.active = s.Version
	e := Event{Bundle: s.Bundle, Channel: s.Channel, Version: s.Version, Digest: s.Payload.String()}
	f.report(e, e)
	return nil
}

// refuse reports why something is not in service.
func (f *Follower) refuse(err error) {
	if f.refused != nil {
		f.refused(err)
	}
	code := trust.CodeOf(f.Verifier.Refused(err)).String()
	e := Event{Refused: code, Detail: err.Error()}
	f.report(e, withoutClock(e, err))
}

// withoutClock is the event of a refusal as it is at any time: what has to do with the clock says what time it is.
func withoutClock(e Event, err error) Event {
	var refusal *verify.Refusal
	if errors.As(err, &refusal) && (refusal.Code == verify.NotYet || refusal.Code == verify.Expired || refusal.Code == verify.Clock) {
		timeless := *refusal
		timeless.Have = 0
		e.Detail = timeless.Error()
	}
	return e
}

// report tells of an event, once: what goes on is not told at each poll. same is what the event is compared by.
func (f *Follower) report(e, same Event) {
	if same != f.last && f.Report != nil {
		f.Report(e)
	}
	f.last = same
}

// wait is how long to wait for the next poll: longer each time that the store does not answer.
func (f *Follower) wait() time.Duration {
	wait := f.Interval
	if wait <= 0 {
		wait = Interval
	}
	for range min(f.failures, 10) {
		wait = min(2*wait, max(MaxBackoff, f.Interval))
	}
	return wait + time.Duration((2*rand.Float64()-1)*Jitter*float64(wait))
}

func (f *Follower) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}
