// Package follow keeps a place at the current release of a channel: it polls the store, verifies what is new, and hands it over to be put in
// service. Whatever it cannot accept it reports, and goes on with what it had.
//
// Reach for Open, then Serve and Run: a host that decides by what is current in a channel. Without a host Activate says what a release is for. The last
// good release is on disk, so that a start needs no network, and one may be part of the program, so that it needs no disk; package trust keeps and verifies
// both.
//
// # Candidates
//
// A place with a name takes the channel's candidate when its ramp reaches it (core/verify), and goes back to what is current when it is withdrawn. A place that
// serves compares: the part of its answers that are errors, the part that are defaults because no rule matched, and the part of its questions at which an engine
// stopped, with what they were by the release before. Where one of them has grown by more than the candidate's margin, and by more than chance explains (four
// standard deviations), the place goes back to what is current, and holds the candidate: it does not take it any more, also after a restart. A later
// candidate, also one with the same content, is taken again. Before there are 100 questions nothing is compared; where the release before had
// fewer, such as after a restart, errors and stops are compared with none, and defaults not at all.
package follow

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"sync"
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
	// Patience is how long a poll may take where nothing else is said: a store that sends for ever, and next to nothing, is one that does not answer.
	Patience = time.Minute
)

// Follower follows a channel. Verifier and Channel must be set. Its methods are for one goroutine, but for Refusals and Status.
type Follower struct {
	Channel  *channel.Channel
	Verifier *trust.Verifier
	Interval time.Duration // 0: Interval
	Patience time.Duration // 0: Patience
	BuiltIn  []byte        // a release that is part of the program, to begin with; nil: none

	// Activate puts a release in service, all at once or not at all; Serve sets it; nil where nothing is served. After an error what was in service stays.
	Activate func(*trust.Accepted) error
	// Report is told of each activation and each new refusal; nil: nobody is.
	Report func(Event)
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	tag      string // of the head that was dealt with
	failures int    // polls since the store answered
	last     Event  // reported; its detail without the clock
	refused  func(error)

	current   *trust.Accepted // the release for all
	candidate []byte          // the envelope that is tried beside it; nil: none
	active    *trust.Accepted // what is in service: one of the two
	comparison

	mu     sync.Mutex // guards what follows
	status Status
}

// Run follows until ctx ends, and then returns its error. It begins as Start does, where nothing is in service.
func (f *Follower) Run(ctx context.Context) error {
	if f.active == nil {
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

// Start puts in service what needs no network: the last good release on disk, or the one that is part of the program where that is newer.
func (f *Follower) Start() {
	accepted, err := f.Verifier.LastGood(f.now())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.refuse(err)
	}
	if f.BuiltIn != nil {
		builtIn, err := f.Verifier.BuiltIn(f.BuiltIn, f.now())
		switch {
		case err == nil:
			accepted = builtIn
		case accepted == nil:
			f.refuse(err)
		}
	}
	if accepted != nil {
		f.current = accepted
		f.settle()
	}
}

// Poll asks the store once, and deals with what is new there. What is in service may also change by time alone, and by how a candidate does.
func (f *Follower) Poll(ctx context.Context) {
	f.watchClock()
	outer := ctx
	ctx, cancel := context.WithTimeout(outer, cmp.Or(f.Patience, Patience))
	defer cancel()
	head, err := f.Channel.Head(ctx, f.tag)
	if errors.Is(err, store.ErrSame) {
		f.answered(nil)
		f.settle()
		return
	}
	f.tag = "" // until it is dealt with: a refusal may be over at the next poll
	var envelope []byte
	if err == nil {
		envelope, err = f.fetch(ctx, head)
	}
	if err == nil {
		err = f.accept(envelope)
	}
	if err == nil {
		f.candidate, err = f.fetchCandidate(ctx, head)
	}
	if outer.Err() != nil {
		return
	}
	f.answered(err)
	if err != nil {
		f.refuse(err)
	}
	before := f.active
	if !f.settle() || err != nil {
		return
	}
	f.tag = head.Tag
	if f.active == before { // such as after a freeze
		f.last = Event{}
	}
}

// answered counts how often in a row the store did not answer.
func (f *Follower) answered(err error) {
	if unanswered(err) {
		f.failures++
		return
	}
	f.failures = 0
	f.mu.Lock()
	f.status.Answered = f.now()
	f.mu.Unlock()
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

// accept takes the release that is for all. A candidate in its place, which the verifier may accept, would escape the ramp and being held.
func (f *Follower) accept(envelope []byte) error {
	if s := statementOf(envelope); s != nil && s.Candidate() {
		return f.Verifier.Refused(&verify.Refusal{Code: verify.NotYet})
	}
	accepted, err := f.Verifier.Accept(envelope, f.now())
	if err != nil {
		return err
	}
	if f.current == nil || accepted.Statement.Version != f.current.Statement.Version {
		f.current = accepted
	}
	return nil
}

// settle puts in service what is to be in service now, where that is something else. It is false where that cannot be.
func (f *Follower) settle() bool {
	if f.current == nil {
		return true
	}
	why := f.compare()
	candidate, err := f.choose()
	if candidate != nil {
		err = f.activate(candidate, "")
	}
	good := err == nil
	if !good {
		f.refuse(err)
	}
	if candidate == nil || !good {
		if err := f.activate(f.current, why); err != nil {
			f.refuse(err)
			good = false
		}
	}
	f.watchFreshness()
	return good
}

// activate puts a release in service where it is not; why is not empty where it takes the place of a candidate that is held.
func (f *Follower) activate(next *trust.Accepted, why string) error {
	if f.active != nil && next.Statement.Version == f.active.Statement.Version {
		return nil
	}
	f.comparison.leave(f.active)
	if f.Activate != nil {
		if err := f.Activate(next); err != nil {
			return err
		}
	}
	f.comparison.enter()
	s := next.Statement
	e := Event{Bundle: s.Bundle, Channel: s.Channel, Version: s.Version, Digest: s.Payload.String(), Candidate: s.Candidate()}
	if why != "" {
		e.Held, e.Detail = f.active.Statement.Version, why
	}
	f.active = next
	f.mu.Lock()
	f.status.Release, f.status.State, f.status.Held = e, "", f.Verifier.Held()
	f.mu.Unlock()
	f.report(e, e)
	return nil
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
