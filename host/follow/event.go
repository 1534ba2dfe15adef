package follow

import (
	"errors"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Event is an activation, a refusal, or that what is in service has grown old.
type Event struct {
	Bundle    string `json:"bundle,omitempty"`
	Channel   string `json:"channel,omitempty"`
	Version   uint64 `json:"version,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Candidate bool   `json:"candidate,omitempty"` // it is the candidate that is in service now
	Held      uint64 `json:"held,omitempty"`      // the version of the candidate that was given up for it; Detail says why
	State     string `json:"state,omitempty"`     // "stale" or "expired": what was in service before is so from now on
	Refused   string `json:"refused,omitempty"`   // the code of a verify.Refusal; "": nothing is refused
	Detail    string `json:"detail,omitempty"`
}

// Status is how a place is, for a health check or metrics.
type Status struct {
	Release  Event     // what is in service; without a version: nothing is
	State    string    // "stale" or "expired"; "": neither
	Clock    bool      // the clock was set back: until it is right again nothing new is accepted
	Held     uint64    // the version of the candidate that is not taken here any more; 0: none
	Answered time.Time // when the store answered last; zero: never
}

// Status may be called by any goroutine, such as one that serves a health check.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

// Refusals counts what was refused since the beginning, by the code of a verify.Refusal: at each poll once, also where it was reported before. It may
// be called by any goroutine, such as one that serves metrics.
func (f *Follower) Refusals() map[string]uint64 { return f.Verifier.Refusals() }

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
	if same != f.last {
		f.tell(e)
	}
	f.last = same
}

func (f *Follower) tell(e Event) {
	if f.Report != nil {
		f.Report(e)
	}
}

// watchClock tells once that the clock was set back, also where there is nothing new that it would be refused for.
func (f *Follower) watchClock() {
	now, latest := f.now().Unix(), f.Verifier.Policy().Accepted.Time
	back := now < latest-verify.MaxClockSkew
	f.mu.Lock()
	before := f.status.Clock
	f.status.Clock = back
	f.mu.Unlock()
	if back && !before {
		err := &verify.Refusal{Code: verify.Clock, Have: uint64(max(now, 0)), Want: uint64(latest)}
		f.Verifier.Refused(err)
		f.tell(Event{Refused: verify.Clock.String(), Detail: err.Error()})
	}
}

// watchFreshness tells once that what is in service has become stale, or has expired.
func (f *Follower) watchFreshness() {
	if f.active == nil {
		return
	}
	s, now, state := f.active.Statement, f.now().Unix(), ""
	switch v := s.Validity(); {
	case v.Expired(now):
		state = "expired"
	case v.Stale(now):
		state = "stale"
	}
	f.mu.Lock()
	before := f.status.State
	f.status.State = state
	f.mu.Unlock()
	if state != before && state != "" {
		f.tell(Event{Bundle: s.Bundle, Channel: s.Channel, Version: s.Version, State: state})
	}
}
