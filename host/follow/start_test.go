package follow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

// envelope is the release of a version, as the store has it.
func (s *scene) envelope(version uint64) []byte {
	s.t.Helper()
	r, err := s.channel().Find(s.t.Context(), version)
	require.NoError(s.t, err)
	data, err := s.channel().Envelope(s.t.Context(), r)
	require.NoError(s.t, err)
	return data
}

func expiring(r *channel.Release) { r.FreshFor, r.Expires = time.Hour, 2*time.Hour }

func TestBeginsWithWhatIsBuiltIn(t *testing.T) {
	tests := []struct {
		name  string
		disk  uint64 // the version on disk; 0: none
		begin func(s *scene)
		told  []string
	}{
		{"without disk and network", 0, func(*scene) {}, []string{"version 2", "unavailable"}},
		{"on a disk that knows an older one", 1, func(*scene) {}, []string{"version 2", "unavailable"}},
		{"on a disk that knows the same", 2, func(*scene) {}, []string{"version 2", "unavailable"}},
		{"on a disk that knows a newer one", 3, func(*scene) {}, []string{"version 3", "unavailable"}},
		{"on a disk with half a release", 1, func(s *scene) { write(s, filepath.Join(s.state, "bundle.edgewise"), "half") }, []string{"torn", "version 2", "unavailable"}},
		{"after it expired", 0, func(s *scene) { s.now = start.Add(24 * time.Hour) }, []string{"version 2", "version 2 is expired", "unavailable"}},
		{"with a clock that never was right", 0, func(s *scene) { s.now = time.Unix(0, 0) }, []string{"version 2", "unavailable"}},
		{"with the network", 0, func(s *scene) { s.store.down = false }, []string{"version 2", "version 3"}},
		{"cut off", 0, func(s *scene) { s.follow.BuiltIn = s.follow.BuiltIn[:100] }, []string{"torn", "unavailable"}},
		{"by a stranger", 0, func(s *scene) {
			eve, _, err := sign.Generate()
			require.NoError(s.t, err)
			other := newScene(s.t)
			other.anna = eve
			other.publish(nil)
			s.follow.BuiltIn = other.envelope(1)
		}, []string{"unknown_key", "unavailable"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			for range 3 {
				s.publish(expiring)
			}
			if test.disk > 0 {
				_, err := s.follow.Verifier.Accept(s.envelope(test.disk), s.now)
				require.NoError(t, err)
			}
			s.restart()
			s.follow.BuiltIn = s.envelope(2)
			s.store.down = true
			test.begin(s)
			s.follow.Start()
			s.poll(2)
			s.told(test.told...)
		})
	}
}

// What is built in is a floor: an older release is refused from then on, by a place that has seen nothing else too.
func TestWhatIsBuiltInIsAFloor(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	old, err := os.ReadFile(s.headFile())
	require.NoError(t, err)
	s.publish(nil)
	s.follow.BuiltIn = s.envelope(2)
	write(s, s.headFile(), string(old))
	s.follow.Start()
	s.poll(1)
	s.told("version 2", "version")
}

func TestServesWhatIsBuiltIn(t *testing.T) {
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		t.Run(string(engine), func(t *testing.T) {
			s := newScene(t)
			s.publish(expiring)
			s.follow.BuiltIn, s.store.down, s.state = s.envelope(1), true, ""
			builtIn := s.follow.BuiltIn
			s.now = start.Add(24 * time.Hour)
			s.restart()
			s.follow.BuiltIn = builtIn
			h, err := s.follow.Serve(t.Context(), host.Options{Engine: engine, Instances: 1})
			require.NoError(t, err)
			defer h.Close(t.Context())
			result, err := h.Decide(t.Context(), host.Question{Now: s.now})
			require.NoError(t, err)
			require.Equal(t, uint64(1), result.Version)
		})
	}
}

func TestTellsThatItGrowsOld(t *testing.T) {
	s := newScene(t)
	s.publish(expiring)
	s.poll(1)
	require.Empty(t, s.follow.Status().State)
	for _, at := range []struct {
		after time.Duration
		state string
	}{{time.Hour - time.Second, ""}, {time.Hour, "stale"}, {90 * time.Minute, "stale"}, {2 * time.Hour, "expired"}, {3 * time.Hour, "expired"}} {
		s.now = start.Add(at.after)
		s.store.down = at.after > 90*time.Minute // it is told without the store as well
		s.poll(2)
		require.Equal(t, at.state, s.follow.Status().State, at.after)
	}
	s.told("version 1", "version 1 is stale", "unavailable", "version 1 is expired")
	s.store.down = false
	s.publish(expiring)
	s.poll(1)
	s.told("version 2")
	require.Empty(t, s.follow.Status().State)
}

func TestTellsThatTheClockWasSetBack(t *testing.T) {
	s := newScene(t)
	s.publish(nil)
	s.poll(1)
	s.now = start.Add(-verify.MaxClockSkew * time.Second)
	s.poll(2)
	s.told("version 1")
	s.now = s.now.Add(-time.Second)
	s.poll(3)
	s.told("clock")
	require.True(t, s.follow.Status().Clock)
	s.publish(nil)
	s.poll(2)
	require.Equal(t, uint64(1), s.follow.Status().Release.Version, "nothing new is accepted")
	s.events = nil
	s.now = start
	s.poll(1)
	s.told("version 2")
	require.False(t, s.follow.Status().Clock)

	s.now = start.Add(-time.Hour)
	s.restart()
	s.follow.Start()
	s.poll(2)
	s.told("version 2", "clock") // also where the disk knows what time has been
	require.Equal(t, start, s.startedAt(), "what is remembered stays")
}

// startedAt is the latest time that the state folder knows.
func (s *scene) startedAt() time.Time {
	return time.Unix(s.follow.Verifier.Policy().Accepted.Time, 0).UTC()
}
