package follow

import (
	"context"
	"fmt"
	"math"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

// fetchCandidate reads the candidate that a head names; nil where it names none. After an error it is the one that was known before.
func (f *Follower) fetchCandidate(ctx context.Context, head *channel.Record) ([]byte, error) {
	tried := head.Tried()
	switch {
	case tried == nil:
		return nil, nil
	case f.candidate != nil && verify.Sum(f.candidate) == tried.Envelope:
		return f.candidate, nil
	}
	envelope, err := f.Channel.Envelope(ctx, tried)
	if err != nil {
		return f.candidate, err
	}
	return envelope, nil
}

// choose gives the candidate where there is one for this place now, or else nil. What it is not for is not looked at any further.
func (f *Follower) choose() (*trust.Accepted, error) {
	s, now := statementOf(f.candidate), f.now()
	if s == nil || !s.Candidate() || s.Version <= f.current.Statement.Version || s.Version == f.Verifier.Held() {
		return nil, nil
	}
	active := f.active != nil && f.active.Statement.Version == s.Version
	if active {
		s = f.active.Statement // which is verified
	}
	switch {
	case !s.Reaches(f.Verifier.Policy().Place, now.Unix()), active && s.Validity().Expired(now.Unix()):
		return nil, nil
	case active:
		return f.active, nil
	}
	return f.Verifier.Accept(f.candidate, now)
}

// statementOf reads what an envelope says, whoever has signed it; nil where it says nothing.
func statementOf(envelope []byte) *verify.Statement {
	e, err := verify.ReadEnvelope(envelope)
	if err != nil {
		return nil
	}
	s, err := verify.ReadStatement(e.Release.Body)
	if err != nil {
		return nil
	}
	return s
}

// least is how many questions tell something of a release.
const least = 100

// window is after how many questions a candidate is judged by later ones only, so that a long good time does not hide a bad one.
const window = 10_000

// comparison is how a candidate does beside the release before.
type comparison struct {
	tally  func() host.Tally // of what is in service; nil where nothing is served
	before host.Tally        // of the release for all, until the candidate took its place
	judged host.Tally        // of the candidate, up to where its window begins
}

// leave keeps what the release did that is about to be replaced.
func (c *comparison) leave(active *trust.Accepted) {
	if c.tally != nil && active != nil && !active.Statement.Candidate() {
		c.before = c.tally()
	}
}

func (c *comparison) enter() { c.judged = host.Tally{} }

// compare says why the candidate in service is to be given up, and holds it; "" where nothing is wrong.
func (f *Follower) compare() string {
	if f.tally == nil || f.active == nil || !f.active.Statement.Candidate() {
		return ""
	}
	why := f.comparison.worse(f.active.Statement.Ramp.Margin)
	if why == "" {
		return ""
	}
	held := f.active.Statement.Version
	if err := f.Verifier.Hold(held); err != nil { // it is held all the same, until the next start
		f.refuse(err)
	}
	return why
}

// worse says what has grown by more than margin, in hundredths of a percent; "" where nothing has.
func (c *comparison) worse(margin uint32) string {
	now := c.tally()
	n := now.Questions - c.judged.Questions
	if n < least {
		return ""
	}
	known := c.before.Questions >= least
	for _, of := range []struct {
		what        string
		now, before uint64
		unknown     bool // it cannot be judged without the release before
	}{
		{"answers that are errors", now.Errors - c.judged.Errors, c.before.Errors, false},
		{"answers that are defaults", now.Defaults - c.judged.Defaults, c.before.Defaults, true},
		{"questions at which the engine stopped", (now.Traps - c.judged.Traps) * verify.Whole, c.before.Traps * verify.Whole, false},
	} {
		if of.unknown && !known {
			continue
		}
		before := rate{of.before, c.before.Questions}
		if !known {
			before = rate{}
		}
		if after := (rate{of.now, n}); after.above(before, margin) {
			return fmt.Sprintf("%s: %s, by the release before %s, the margin is %s", of.what, percent(after.share()), percent(before.share()), percent(float64(margin)/verify.Whole))
		}
	}
	if n >= window {
		c.judged = now
	}
	return ""
}

// rate is a sum over n questions, each of which counts up to verify.Whole.
type rate struct{ sum, n uint64 }

func (r rate) share() float64 {
	if r.n == 0 {
		return 0
	}
	return float64(r.sum) / float64(r.n) / verify.Whole
}

// above says whether a rate exceeds another by more than margin and four standard deviations of their difference: the test of two proportions, with the variance
// of both together. What is not known (n = 0) counts as never.
func (r rate) above(before rate, margin uint32) bool {
	both := rate{r.sum + before.sum, r.n + before.n}.share()
	spread := 1 / float64(r.n)
	if before.n > 0 {
		spread += 1 / float64(before.n)
	}
	return r.share()-before.share() > float64(margin)/verify.Whole+4*math.Sqrt(both*(1-both)*spread)
}

func percent(share float64) string { return fmt.Sprintf("%.2f%%", 100*share) }
