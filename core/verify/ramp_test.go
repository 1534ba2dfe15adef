package verify

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheShareOfARamp(t *testing.T) {
	up := Ramp{From: 1000, Until: 2000, Start: 1000, End: 9000}
	tests := []struct {
		name string
		ramp Ramp
		now  int64
		want uint32
	}{
		{"a release for all, at any time", Ramp{}, -5, Whole},
		{"before it begins", up, 999, 0},
		{"in 1970", up, 0, 0},
		{"as it begins", up, 1000, 1000},
		{"in the middle", up, 1500, 5000},
		{"a second later", up, 1501, 5008},
		{"as it ends", up, 2000, 9000},
		{"long after", up, 1 << 40, 9000},
		{"one that shrinks", Ramp{From: 1000, Until: 2000, Start: 9000, End: 1000}, 1250, 7000},
		{"one that does not move", Ramp{From: 1000, Until: 1000, Start: 2500, End: 2500}, 1000, 2500},
		{"of no place", Ramp{From: 1000, Until: 1000}, 5000, 0},
		{"from the first year to the last", Ramp{From: 1, Until: int64(maxTime), Start: 0, End: Whole}, int64(maxTime) / 2, Whole/2 - 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Statement{Ramp: test.ramp}
			require.Equal(t, test.want, s.Share(test.now))
		})
	}
}

// The points below are what every implementation has to find: a place takes the candidate from a share just above its point.
func TestThePointOfAPlace(t *testing.T) {
	for _, golden := range []struct {
		payload, place string
		point          uint32
	}{
		{"EDGW", "FRA", 5415},
		{"EDGW", "LHR", 5430},
		{"EDGW", "web-1", 2527},
		{"EDGW", "web-2", 4073},
		{"EDGW", "Zürich", 61},
		{"another", "FRA", 2248},
		{"another", "web-1", 2915},
	} {
		t.Run(golden.payload+" at "+golden.place, func(t *testing.T) {
			s := Statement{Payload: Sum([]byte(golden.payload)), Ramp: Ramp{From: 1, Until: 1, End: golden.point}}
			require.False(t, s.Reaches(golden.place, 1))
			s.Ramp.End++
			require.True(t, s.Reaches(golden.place, 1))
			require.False(t, s.Reaches(golden.place, 0), "not before it begins")
		})
	}
}

func TestWhichPlacesARampReaches(t *testing.T) {
	const places = 20_000
	s := Statement{Payload: Sum([]byte("EDGW")), Ramp: Ramp{From: 100, Until: 200, Start: 0, End: Whole}}
	other := s
	other.Payload = Sum([]byte("another"))
	taken := map[string]bool{}
	for _, now := range []int64{100, 110, 150, 175, 200} {
		both := 0
		for i := range places {
			place := fmt.Sprintf("host-%d.example", i)
			takes := s.Reaches(place, now)
			require.False(t, taken[place] && !takes, "what has taken it keeps it while the share grows")
			taken[place] = takes
			if takes && other.Reaches(place, now) {
				both++
			}
		}
		share := float64(now-100) / 100
		count := 0
		for _, takes := range taken {
			if takes {
				count++
			}
		}
		require.InDelta(t, share, float64(count)/places, 0.012)
		require.InDelta(t, share*share, float64(both)/places, 0.012, "candidates choose independently of each other")
	}
	require.False(t, s.Reaches("", 200), "a place without a name takes none")
	s.Ramp = Ramp{}
	require.True(t, s.Reaches("", 0), "a release for all is for it too")
}

func TestARampHasOneSpelling(t *testing.T) {
	for name, c := range map[string]struct {
		ramp Ramp
		good bool
	}{
		"of a release for all":       {Ramp{}, true},
		"of no place yet":            {Ramp{From: 1, Until: 1}, true},
		"of all places":              {Ramp{From: 1, Until: 2, Start: Whole, End: Whole, Margin: Whole}, true},
		"a share without a time":     {Ramp{End: 1}, false},
		"a margin without a time":    {Ramp{Margin: 1}, false},
		"an end without a beginning": {Ramp{Until: 5}, false},
		"an end before it begins":    {Ramp{From: 5, Until: 4}, false},
		"more than all at first":     {Ramp{From: 1, Until: 1, Start: Whole + 1}, false},
		"more than all at last":      {Ramp{From: 1, Until: 1, End: Whole + 1}, false},
		"a margin beyond all":        {Ramp{From: 1, Until: 1, Margin: Whole + 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := Statement{Version: 1, Bundle: "a", Channel: "production", Ramp: c.ramp}
			read, err := ReadStatement(s.Append(nil))
			require.Equal(t, c.good, err == nil)
			if c.good {
				require.Equal(t, &s, read)
			}
		})
	}
}

func TestPolicyIsReadAsItWasWritten(t *testing.T) {
	p := &Policy{Keys: exampleList(), Channel: "production", Bundle: "shop", Audience: "edge", Place: "FRA 2 - Zürich", Floor: 3,
		Accepted: Mark{Version: 5, Payload: Sum([]byte("5")), Candidate: 6, Tried: Sum([]byte("6")), Time: 1796083200}}
	read, now, err := ReadPolicy(AppendPolicy(nil, p, 1796083300), CheckSignature)
	require.NoError(t, err)
	require.EqualValues(t, 1796083300, now)
	require.Equal(t, p, read)
}
