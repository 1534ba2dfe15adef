package follow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

var start = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// flaky is a store that can be out of reach.
type flaky struct {
	store.Store
	down bool
	gets int
}

func (f *flaky) Get(ctx context.Context, key, known string) (store.Object, error) {
	f.gets++
	if f.down {
		return store.Object{}, errors.New("connection refused")
	}
	return f.Store.Get(ctx, key, known)
}

// scene is a channel, who publishes in it, and who follows it.
type scene struct {
	t      *testing.T
	root   string
	anna   sign.Signer
	store  *flaky
	now    time.Time
	state  string
	follow *Follower
	events []string
	served []uint64
	broken error // of activating
}

func newScene(t *testing.T) *scene {
	anna, _, err := sign.Generate()
	require.NoError(t, err)
	s := &scene{t: t, root: t.TempDir(), anna: anna, now: start, state: filepath.Join(t.TempDir(), "state")}
	s.store = &flaky{Store: folder.Open(s.root)}
	s.restart()
	return s
}

func trusting(signers ...sign.Signer) *verify.KeyList {
	list := &verify.KeyList{Version: 1, Threshold: 1}
	for _, signer := range signers {
		list.Keys = append(list.Keys, verify.Key{Public: signer.Public()})
	}
	return list
}

// restart makes a new follower, which knows what is in the state folder.
func (s *scene) restart() {
	s.follow = &Follower{Channel: s.channel(), Verifier: s.verifier("FRA"), Now: func() time.Time { return s.now },
		Report: func(e Event) {
			told := fmt.Sprint("version ", e.Version)
			switch {
			case e.Refused != "":
				told = e.Refused
			case e.State != "":
				told += " is " + e.State
			case e.Candidate:
				told = "candidate " + told
			case e.Held != 0:
				told += fmt.Sprint(", candidate ", e.Held, " held")
			}
			s.events = append(s.events, told)
		},
		Activate: func(a *trust.Accepted) error {
			if s.broken != nil {
				return s.broken
			}
			s.served = append(s.served, a.Statement.Version)
			return nil
		}}
}

// verifier is that of the place of that name.
func (s *scene) verifier(place string) *trust.Verifier {
	v, err := trust.Open(verify.Policy{Keys: trusting(s.anna), Channel: "production", Place: place}, s.state)
	require.NoError(s.t, err)
	return v
}

func (s *scene) channel() *channel.Channel {
	c, err := channel.Open(s.store, "production")
	require.NoError(s.t, err)
	return c
}

func (s *scene) publish(change func(*channel.Release)) {
	s.t.Helper()
	b := assemble.New("shop")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	release := channel.Release{Action: channel.Publish, Payload: b.Finish().Append(nil), Why: "why", Signers: []sign.Signer{s.anna}}
	if change != nil {
		change(&release)
	}
	head, err := s.channel().Head(s.t.Context(), "")
	if !errors.Is(err, channel.ErrEmpty) {
		require.NoError(s.t, err)
	}
	_, err = s.channel().Publish(s.t.Context(), head, release, s.now)
	require.NoError(s.t, err)
}

// poll asks the store so many times.
func (s *scene) poll(times int) {
	for range times {
		s.follow.Poll(s.t.Context())
	}
}

// told checks what was reported since the last time.
func (s *scene) told(want ...string) {
	s.t.Helper()
	require.Equal(s.t, append([]string(nil), want...), append([]string(nil), s.events...))
	s.events = nil
}

func (s *scene) headFile() string { return filepath.Join(s.root, "channels", "production", "head") }

func TestFollows(t *testing.T) {
	s := newScene(t)
	s.poll(2)
	s.told("unavailable")
	s.publish(nil)
	s.poll(3)
	s.told("version 1")
	s.publish(nil)
	s.publish(nil)
	s.poll(3)
	s.told("version 3")
	require.Equal(t, []uint64{1, 3}, s.served)

	gets := s.store.gets
	s.poll(10)
	require.Equal(t, 10, s.store.gets-gets, "what has not changed is asked for once a poll")
}

func TestKeepsWhatItHas(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *scene)
		want string
	}{
		{"the store is down", func(s *scene) { s.store.down = true }, "unavailable"},
		{"the head is an error page", func(s *scene) { write(s, s.headFile(), "<html>") }, "torn"},
		{"the head is empty", func(s *scene) { write(s, s.headFile(), "") }, "torn"},
		{"the head is gone", func(s *scene) { require.NoError(s.t, os.Remove(s.headFile())) }, "unavailable"},
		{"the releases are gone", func(s *scene) {
			s.publish(nil)
			require.NoError(s.t, os.RemoveAll(filepath.Join(s.root, "envelopes")))
		}, "unavailable"},
		{"a release by a stranger", func(s *scene) {
			eve, _, err := sign.Generate()
			require.NoError(s.t, err)
			s.publish(func(r *channel.Release) { r.Signers = []sign.Signer{eve} })
		}, "unknown_key"},
		{"a release for others", func(s *scene) { s.publish(func(r *channel.Release) { r.Audience = "others" }) }, "audience"},
		{"a release that cannot be put in service", func(s *scene) {
			s.broken = &verify.Refusal{Code: verify.Engine}
			s.publish(nil)
		}, "engine"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			s.publish(nil)
			s.publish(nil)
			s.poll(1)
			s.told("version 2")
			test.do(s)
			s.poll(3)
			s.told(test.want)
			require.Equal(t, []uint64{2}, s.served)

			// Once it is right again it goes on.
			s.store.down, s.broken = false, nil
			require.NoError(t, os.RemoveAll(s.root))
			for range 4 {
				s.publish(nil)
			}
			s.poll(2)
			s.told("version 4")
		})
	}
}

func write(s *scene, name, text string) {
	require.NoError(s.t, os.WriteFile(name, []byte(text), 0o644))
}

func TestAnOlderHeadIsRefused(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	old, err := os.ReadFile(s.headFile())
	require.NoError(t, err)
	s.publish(nil)
	s.poll(1)
	write(s, s.headFile(), string(old))
	s.poll(2)
	s.told("version 2", "version")
	s.restart()
	s.follow.Start()
	s.poll(1)
	s.told("version 2", "version")
}

func TestAReleaseThatBeginsLater(t *testing.T) {
	s := newScene(t)
	s.publish(func(r *channel.Release) { r.Begins = start.Add(time.Hour) })
	for range 3 {
		s.poll(1)
		s.now = s.now.Add(10 * time.Second)
	}
	s.told("not_yet") // once, although it says what time it is
	s.now = start.Add(time.Hour)
	s.poll(2)
	s.told("version 1")
}

func TestStartsWithoutNetwork(t *testing.T) {
	s := newScene(t)
	s.publish(func(r *channel.Release) { r.Expires = time.Hour })
	s.poll(1)
	s.store.down = true
	s.now = start.Add(2 * time.Hour) // it has expired since, and goes on as expired
	s.restart()
	s.follow.Start()
	s.poll(2)
	s.told("version 1", "version 1", "version 1 is expired", "unavailable")
	require.Equal(t, []uint64{1, 1}, s.served)

	require.NoError(t, os.WriteFile(filepath.Join(s.state, "bundle.edgewise"), []byte("half"), 0o600))
	s.restart()
	s.follow.Start()
	s.told("torn")
}

func TestFollowsNewKeys(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.poll(1)
	bert, _, err := sign.Generate()
	require.NoError(t, err)
	list, err := sign.Rotate(trusting(s.anna), trusting(bert), s.anna)
	require.NoError(t, err)
	_, err = s.store.Put(t.Context(), trust.ListKey(2), list, "")
	require.NoError(t, err)
	s.publish(nil) // by the key that is no longer trusted
	s.poll(1)
	s.publish(func(r *channel.Release) { r.Signers = []sign.Signer{bert} })
	s.poll(1)
	s.told("version 1", "unknown_key", "version 3")
}

func TestWaitsLongerForAStoreThatIsDown(t *testing.T) {
	s := newScene(t)
	s.store.down = true
	for i, want := range []time.Duration{10, 20, 40, 80, 160, 300, 300, 300} {
		s.waits(want*time.Second, i)
		s.poll(1)
	}
	s.store.down = false
	s.publish(nil)
	s.poll(1)
	s.waits(Interval, 0)
	require.Equal(t, map[string]uint64{"unavailable": 8}, s.follow.Refusals())
}

// waits checks how long it is to the next poll, give or take the jitter.
func (s *scene) waits(want time.Duration, polls int) {
	s.t.Helper()
	least, most := time.Hour, time.Duration(0)
	for range 20 {
		wait := s.follow.wait()
		least, most = min(least, wait), max(most, wait)
		require.GreaterOrEqual(s.t, wait, time.Duration(float64(want)*(1-Jitter)), "after %d polls", polls)
		require.LessOrEqual(s.t, wait, time.Duration(float64(want)*(1+Jitter)), "after %d polls", polls)
	}
	require.Greater(s.t, most-least, time.Duration(float64(want)*Jitter/4), "places that began together come apart")
}

// A store that answers is asked as often as ever, whatever it answers: what is put right is in service after one interval.
func TestGoesOnAtTheOrdinaryIntervalAfterARefusal(t *testing.T) {
	tests := []struct {
		name     string
		wrong    func(s *scene)
		refusals string
	}{
		{"nothing is there yet", func(*scene) {}, "unavailable"},
		{"a head that is none", func(s *scene) { write(s, s.headFile(), "<html>") }, "torn"},
		{"a release that is gone", func(s *scene) { require.NoError(s.t, os.RemoveAll(filepath.Join(s.root, "envelopes"))) }, "unavailable"},
		{"a release by a stranger", func(s *scene) {
			eve, _, err := sign.Generate()
			require.NoError(s.t, err)
			s.publish(func(r *channel.Release) { r.Signers = []sign.Signer{eve} })
		}, "unknown_key"},
		{"a release that begins later", func(s *scene) {
			s.publish(func(r *channel.Release) { r.Begins = start.Add(time.Hour) })
		}, "not_yet"},
		{"a release that cannot be put in service", func(s *scene) { s.broken = errors.New("no memory") }, "unavailable"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			if i > 0 {
				s.publish(nil)
			}
			test.wrong(s)
			for polls := range 6 {
				s.waits(Interval, polls)
				s.poll(1)
			}
			require.Equal(t, map[string]uint64{test.refusals: 6}, s.follow.Refusals())
			s.told(test.refusals)

			s.broken = nil
			require.NoError(t, os.RemoveAll(s.root))
			s.publish(nil)
			s.waits(Interval, 6)
			s.poll(1)
			s.told("version 1")
			require.Equal(t, map[string]uint64{test.refusals: 6}, s.follow.Refusals(), "nothing more is refused")
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	ctx, cancel := context.WithCancel(t.Context())
	report := s.follow.Report
	s.follow.Report = func(e Event) {
		report(e)
		cancel()
	}
	require.ErrorIs(t, s.follow.Run(ctx), context.Canceled)
	s.told("version 1")
}
