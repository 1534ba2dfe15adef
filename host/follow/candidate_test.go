package follow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// everywhere is the ramp of a candidate that all places take at once.
var everywhere = verify.Ramp{From: start.Unix(), Until: start.Unix(), Start: verify.Whole, End: verify.Whole, Margin: 100}

// try publishes a candidate.
func (s *scene) try(change func(*channel.Release)) {
	s.t.Helper()
	s.publish(func(r *channel.Release) {
		r.Action, r.Ramp = channel.Try, everywhere
		if change != nil {
			change(r)
		}
	})
}

func (s *scene) withdraw() {
	s.t.Helper()
	s.publish(func(r *channel.Release) { r.Action = channel.Withdraw })
}

func TestFollowsACandidate(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.poll(1)
	s.try(nil)
	s.poll(3)
	s.told("version 1", "candidate version 2")
	s.withdraw()
	s.poll(2)
	s.told("version 3")
	s.try(nil)
	s.poll(1)
	s.publish(func(r *channel.Release) { r.Action = channel.Accept })
	s.poll(2)
	s.told("candidate version 4", "version 5")
	s.try(nil)
	s.poll(1)
	s.publish(func(r *channel.Release) { r.Action = channel.Rollback })
	s.poll(2)
	s.told("candidate version 6", "version 7")
	require.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7}, s.served)
}

// The head does not change while a ramp goes on.
func TestTakesACandidateWhenTheRampReachesIt(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.try(func(r *channel.Release) {
		r.Ramp = verify.Ramp{From: start.Unix(), Until: start.Unix() + 1000, Start: 0, End: verify.Whole}
	})
	head, err := s.channel().Head(t.Context(), "")
	require.NoError(t, err)
	says := verify.Statement{Payload: head.Beside.Payload, Ramp: head.Beside.Ramp}
	for second := range int64(1001) {
		s.now = start.Add(time.Duration(second) * time.Second)
		s.poll(1)
		want := uint64(1)
		if says.Reaches("FRA", s.now.Unix()) {
			want = 2
		}
		require.Equal(t, want, s.served[len(s.served)-1], "after %d seconds", second)
	}
	s.told("version 1", "candidate version 2")

	s.restart()
	s.follow.Verifier = s.verifier("")
	s.follow.Start()
	s.poll(3)
	s.told("version 1") // without a name it takes none
}

func TestARestartBeginsWithWhatIsForAll(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.try(nil)
	s.poll(1)
	s.store.down = true
	s.restart()
	s.follow.Start()
	s.poll(1)
	s.store.down = false
	s.poll(1)
	s.told("candidate version 2", "version 1", "unavailable", "candidate version 2")
}

// Whoever can write the store, and has no key, can take a candidate away from a place and no more.
func TestAttacksWithCandidates(t *testing.T) {
	stored := func(s *scene) []byte {
		data, err := os.ReadFile(s.headFile())
		require.NoError(s.t, err)
		return data
	}
	tests := []struct {
		name string
		do   func(s *scene)
		told []string
		want uint64 // what is in service in the end
	}{
		{"a stranger's candidate", func(s *scene) {
			eve, _, err := sign.Generate()
			require.NoError(s.t, err)
			s.try(func(r *channel.Release) { r.Signers = []sign.Signer{eve} })
		}, []string{"unknown_key"}, 1},
		{"a withdrawn one, by the head of that time", func(s *scene) {
			s.try(nil)
			s.poll(1)
			old := stored(s)
			s.withdraw()
			s.poll(1)
			write(s, s.headFile(), string(old))
		}, []string{"candidate version 2", "version 3", "version"}, 3},
		{"the one for all taken out of the head", func(s *scene) {
			old := stored(s)
			s.try(nil)
			s.poll(1)
			write(s, s.headFile(), string(old))
		}, []string{"candidate version 2", "version 1"}, 1},
		{"a held one in the place of what is for all", func(s *scene) {
			s.try(nil)
			s.poll(1)
			require.NoError(s.t, s.follow.Verifier.Hold(2))
			head, err := s.channel().Head(s.t.Context(), "")
			require.NoError(s.t, err)
			write(s, s.headFile(), strings.ReplaceAll(string(stored(s)), head.Envelope.String(), head.Beside.Envelope.String()))
		}, []string{"candidate version 2", "not_yet", "version 1", "not_yet"}, 1},
		{"another's envelope under its name", func(s *scene) {
			s.try(nil)
			head, err := s.channel().Head(s.t.Context(), "")
			require.NoError(s.t, err)
			write(s, filepath.Join(s.root, "envelopes", head.Beside.Envelope.String()[len("sha512-256:"):]), "<html>")
		}, []string{"torn"}, 1},
		{"no envelope", func(s *scene) {
			s.try(nil)
			head, err := s.channel().Head(s.t.Context(), "")
			require.NoError(s.t, err)
			require.NoError(s.t, os.Remove(filepath.Join(s.root, "envelopes", head.Beside.Envelope.String()[len("sha512-256:"):])))
		}, []string{"unavailable"}, 1},
		{"one for others", func(s *scene) { s.try(func(r *channel.Release) { r.Audience = "others" }) }, []string{"audience"}, 1},
		{"a wider ramp under the same version", func(s *scene) {
			s.try(func(r *channel.Release) {
				r.Ramp = verify.Ramp{From: start.Unix(), Until: start.Unix() + 100, Start: verify.Whole}
			})
			s.poll(1)
			head, err := s.channel().Head(s.t.Context(), "")
			require.NoError(s.t, err)
			s.publish(func(r *channel.Release) { r.Action = channel.Freeze })
			wider := s.envelopeOf(head.Tried(), func(s *verify.Statement) { s.Ramp = everywhere })
			edited := strings.ReplaceAll(string(stored(s)), head.Beside.Envelope.String(), verify.Sum(wider).String())
			write(s, s.headFile(), edited)
			write(s, filepath.Join(s.root, "envelopes", verify.Sum(wider).String()[len("sha512-256:"):]), string(wider))
			s.poll(1)
			s.now = start.Add(100 * time.Second)
		}, []string{"candidate version 2", "version 1", "signature"}, 1},
		{"one that expires while it is tried", func(s *scene) {
			s.try(func(r *channel.Release) { r.Expires = time.Hour })
			s.poll(1)
			s.now = start.Add(2 * time.Hour)
		}, []string{"candidate version 2", "version 1", "expired"}, 1},
		{"one that has expired", func(s *scene) {
			s.try(func(r *channel.Release) { r.Expires = time.Hour })
			s.now = start.Add(2 * time.Hour)
		}, []string{"expired"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			s.publish(nil)
			s.poll(1)
			s.told("version 1")
			test.do(s)
			s.poll(3)
			s.told(test.told...)
			require.Equal(t, test.want, s.served[len(s.served)-1])
			require.Equal(t, test.want, s.follow.Status().Release.Version)
		})
	}
}

// envelopeOf is the envelope that a record names with another statement under the same signatures.
func (s *scene) envelopeOf(r *channel.Record, change func(*verify.Statement)) []byte {
	data, err := s.channel().Envelope(s.t.Context(), r)
	require.NoError(s.t, err)
	e, err := verify.ReadEnvelope(data)
	require.NoError(s.t, err)
	says, err := verify.ReadStatement(e.Release.Body)
	require.NoError(s.t, err)
	change(says)
	e.Release.Body = says.Append(nil)
	return e.Append(nil)
}

// A candidate in the place of what is for all, by a hand that has its envelope.
func TestACandidateIsNotForAllWhereverItLies(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.poll(1)
	s.try(func(r *channel.Release) { r.Ramp.Start, r.Ramp.End = 0, 0 })
	head, err := s.channel().Head(t.Context(), "")
	require.NoError(t, err)
	envelope, err := s.channel().Envelope(t.Context(), head.Tried())
	require.NoError(t, err)
	_, err = s.follow.Verifier.Accept(envelope, s.now)
	var refusal *verify.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, verify.NotYet, refusal.Code)
}

// A candidate that cannot be put in service leaves what is for all there.
func TestACandidateThatDoesNotStart(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.poll(1)
	s.broken = &host.SelfCheckError{Questions: 1, Traps: 1}
	s.try(nil)
	s.poll(2)
	s.told("version 1", "engine")
	s.broken = nil
	s.poll(1)
	s.told("candidate version 2")
}

const good = `
bundle: shop
decisions:
  hero: {purpose: necessary, variants: {a: 1, b: 2}, default: b, rules: [{id: de, when: geo.country == "DE", serve: a}]}
`

func TestHoldsACandidateThatDoesWorse(t *testing.T) {
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		t.Run(string(engine), func(t *testing.T) {
			s := newScene(t)
			ctx := t.Context()
			release := func(text string, action channel.Action) {
				s.publish(func(r *channel.Release) {
					r.Payload = sample.Compile(t, text)
					if r.Action = action; action == channel.Try {
						r.Ramp = everywhere
					}
				})
			}
			release(good, channel.Publish)
			h, err := s.follow.Serve(ctx, host.Options{Engine: engine, Instances: 1})
			require.NoError(t, err)
			defer h.Close(ctx)
			decide := func(times int) {
				for i := range times { // one in five is answered by the default
					country := "DE"
					if i%5 == 0 {
						country = "FR"
					}
					_, err := h.Decide(ctx, host.Question{Now: s.now, Context: host.Context{"geo.country": country}})
					require.NoError(t, err)
				}
			}
			decide(1000)
			release(good+"owner: somebody\n", channel.Try)
			s.poll(1)
			decide(1000)
			s.poll(1)
			s.told("version 1", "candidate version 2") // one that does as well stays
			require.Equal(t, uint64(2), h.Bundle().Validity().Version)

			const worse = `
bundle: shop
decisions:
  hero: {purpose: necessary, variants: {a: 1, b: 2}, default: b, rules: [{id: de, when: geo.country == "AT", serve: a}]}
`
			release(worse, channel.Try)
			s.poll(1)
			decide(99)
			s.poll(1)
			s.told("candidate version 3") // too few to tell
			decide(200)
			s.poll(1)
			s.told("version 1, candidate 3 held")
			require.Equal(t, uint64(1), h.Bundle().Validity().Version)
			status := s.follow.Status()
			require.Equal(t, uint64(3), status.Held)
			require.Equal(t, uint64(1), status.Release.Version)
			require.Equal(t, "answers that are defaults: 100.00%, by the release before 20.00%, the margin is 1.00%", status.Release.Detail)
			s.poll(3)
			s.told()

			s.restart()
			again, err := s.follow.Serve(ctx, host.Options{Engine: engine, Instances: 1})
			require.NoError(t, err)
			defer again.Close(ctx)
			s.poll(3)
			s.told("version 1") // it is held also after a restart
			release(worse, channel.Try)
			s.poll(1)
			s.told("candidate version 4") // a later one is taken again
		})
	}
}

// What counts as worse, by the questions and the sums that a host counts.
func TestWhatIsWorse(t *testing.T) {
	of := func(n, errors, defaults, traps uint64) host.Tally {
		return host.Tally{Questions: n, Errors: errors * verify.Whole, Defaults: defaults * verify.Whole, Traps: traps}
	}
	tests := []struct {
		name          string
		before, after host.Tally
		want          string
	}{
		{"nothing yet", of(1000, 0, 0, 0), of(0, 0, 0, 0), ""},
		{"too few", of(1000, 0, 0, 0), of(99, 99, 99, 99), ""},
		{"as before", of(1000, 10, 300, 1), of(1000, 10, 300, 1), ""},
		{"errors", of(1000, 0, 0, 0), of(100, 20, 0, 0), "errors"},
		{"few errors of many", of(100_000, 0, 0, 0), of(5000, 100, 0, 0), "errors"},
		{"errors within the margin", of(100_000, 0, 0, 0), of(100_000, 900, 0, 0), ""},
		{"one error by chance", of(1000, 0, 0, 0), of(100, 1, 0, 0), ""},
		{"defaults", of(1000, 0, 300, 0), of(1000, 0, 500, 0), "defaults"},
		{"defaults that swing", of(200, 0, 100, 0), of(200, 0, 115, 0), ""},
		{"fewer defaults", of(1000, 0, 500, 0), of(1000, 0, 100, 0), ""},
		{"traps", of(1000, 0, 0, 0), of(1000, 0, 0, 100), "stopped"},
		{"errors, after a restart", host.Tally{}, of(1000, 100, 0, 0), "errors"},
		{"defaults, after a restart", host.Tally{}, of(1000, 0, 900, 0), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := comparison{tally: func() host.Tally { return test.after }, before: test.before}
			why := c.worse(100)
			if test.want == "" {
				require.Empty(t, why)
			} else {
				require.Contains(t, why, test.want)
			}
			require.Empty(t, c.worse(verify.Whole), "a margin of all")
		})
	}
	now := of(window, 0, 0, 0)
	c := comparison{tally: func() host.Tally { return now }, before: of(window, 0, 0, 0)}
	require.Empty(t, c.worse(100))
	now = of(window+200, 60, 0, 0)
	require.Contains(t, c.worse(100), "errors: 30.00%", "a long good time does not hide a bad one")
}
