package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// candidate is a statement about a version that all places take from the time of the attacks on.
func candidate(version uint64, change ...func(*verify.Ramp)) verify.Statement {
	s := statement(version)
	s.Ramp = verify.Ramp{From: begins, Until: attackTime, Start: 0, End: verify.Whole, Margin: 100}
	for _, c := range change {
		c(&s.Ramp)
	}
	return s
}

// at is a place that accepted version 7 for all.
func (a *actors) at(place string) Trust {
	t := a.trust()
	t.Policy.Place = place
	return t
}

// tried makes it one that took a candidate as well.
func (a *actors) tried(version uint64) func(*Trust) {
	return func(t *Trust) { t.Policy.Accepted.Candidate, t.Policy.Accepted.Tried = version, verify.Sum(a.shop) }
}

func TestCandidatesThatAreAttacks(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	ninth := a.release(t, a.shop, candidate(9))
	narrow := func(r *verify.Ramp) { r.End = 1 }
	other := sample.Compile(t, shop+"owner: eve\n")
	none := func(*Trust) {}
	attacks := []struct {
		name     string
		envelope []byte
		change   func(*Trust)
		want     verify.Code
	}{
		{"by a stranger", a.release(t, a.shop, candidate(9), a.stranger), none, verify.UnknownKey},
		{"by one signer of two", a.release(t, a.shop, candidate(9), a.anna), none, verify.Threshold},
		{"by a recovery key", a.restored(t, a.release(t, a.shop, candidate(9), a.recovery), a.release(t, a.shop, statement(5))), none, verify.Threshold},
		{"made the release for all by a recovery key", a.restored(t, a.release(t, a.shop, statement(9), a.recovery), a.release(t, a.shop, candidate(8))), none, verify.Threshold},
		{"of another channel", a.release(t, a.shop, channel(candidate(9), "staging")), none, verify.Channel},
		{"a wider ramp than was signed", a.forgeRamp(t, candidate(9, narrow)), none, verify.Signature},
		{"signed as one for all, once its ramp is cut out", a.forgeRamp(t, candidate(9)), none, verify.Signature},
		{"in the place of the release for all", a.release(t, a.shop, candidate(9, narrow)), none, verify.NotYet},
		{"at a place without a name", ninth, func(t *Trust) { t.Policy.Place = "" }, verify.NotYet},
		{"before its time", ninth, func(t *Trust) { t.At, t.Policy.Accepted.Time = begins, 0 }, verify.NotYet},
		{"long after it expired", ninth, func(t *Trust) { t.At = ends }, verify.Expired},
		{"again, after it expired", ninth, func(t *Trust) { a.tried(9)(t); t.At = ends }, verify.Expired},
		{"the clock an hour back", ninth, func(t *Trust) { t.At -= 3600 }, verify.Clock},
		{"of the version that is for all", a.release(t, a.shop, candidate(7)), none, verify.Version},
		{"of an older version", a.release(t, a.shop, candidate(6)), none, verify.Version},
		{"again, after it was withdrawn", ninth, func(t *Trust) { t.Policy.Accepted.Version = 10 }, verify.Version},
		{"again, after it was made the release for all", ninth, func(t *Trust) { a.tried(9)(t); t.Policy.Accepted.Version = 10 }, verify.Version},
		{"an earlier one than that which was tried", a.release(t, a.shop, candidate(8)), a.tried(9), verify.Version},
		{"the same version with another content", a.release(t, other, candidate(9)), a.tried(9), verify.Conflict},
		{"the same version for all with another content", a.release(t, other, statement(9)), a.tried(9), verify.Conflict},
		{"then an older release for all", a.release(t, a.shop, statement(6)), a.tried(9), verify.Version},
		{"below the floor", ninth, func(t *Trust) { t.Policy.Floor = 10 }, verify.Version},
		{"of a torn ramp", a.forge(t, func(s *verify.Statement) { s.Ramp = verify.Ramp{From: 2, Until: 1} }), none, verify.Torn},
		{"of more than all places", a.forge(t, func(s *verify.Statement) { s.Ramp = verify.Ramp{From: 1, Until: 1, End: verify.Whole + 1} }), none, verify.Torn},
	}
	for _, c := range attacks {
		t.Run(c.name, func(t *testing.T) {
			trust := a.at("FRA")
			c.change(&trust)
			require.Equal(t, c.want.String(), v.attack(t, c.envelope, trust).String())
		})
	}
	require.Equal(t, v.pages, v.memory.Size(), "the module's memory")
	t.Logf("%d attacks with candidates refused natively and in the module", len(attacks))
}

// forgeRamp signs a statement as it is and widens its ramp to all places and times afterwards.
func (a *actors) forgeRamp(t *testing.T, s verify.Statement) []byte {
	e := read(t, a.release(t, a.shop, s))
	signed, err := verify.ReadStatement(e.Release.Body)
	require.NoError(t, err)
	if signed.Ramp.End == verify.Whole {
		signed.Ramp = verify.Ramp{}
	} else {
		signed.Ramp.End = verify.Whole
	}
	e.Release.Body = signed.Append(nil)
	return e.Append(nil)
}

func TestCandidatesThatAreAccepted(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	ninth := a.release(t, a.shop, candidate(9))
	for _, c := range []struct {
		name     string
		envelope []byte
		change   func(*Trust)
	}{
		{"by all who have to sign", ninth, nil},
		{"again", ninth, a.tried(9)},
		{"a later one with another ramp", a.release(t, a.shop, candidate(10, func(r *verify.Ramp) { r.Until = begins })), a.tried(9)},
		{"then what is for all, to go back to it", a.release(t, a.shop, statement(7)), a.tried(9)},
		{"then a release for all of a version between", a.release(t, a.shop, statement(8)), a.tried(9)},
		{"withdrawn by a release for all", a.release(t, a.shop, statement(10)), a.tried(9)},
		{"withdrawn by a recovery key", a.restored(t, a.release(t, a.shop, statement(10), a.recovery), a.release(t, a.shop, statement(7))), a.tried(9)},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust := a.at("FRA")
			if c.change != nil {
				c.change(&trust)
			}
			b, err := load(c.envelope, &trust)
			require.NoError(t, err)
			require.NoError(t, v.setTrust(&trust))
			require.NoError(t, v.loadBundle(b, c.envelope))
		})
	}
}

// Each place answers the same way natively and in the module, whether it takes a candidate or not.
func TestPlacesChooseAlikeInTheModule(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	half := a.release(t, a.shop, candidate(9, func(r *verify.Ramp) { r.Start, r.End = 5000, 5000 }))
	taken := 0
	for i := range 200 {
		trust := a.at("host-" + string(rune('A'+i%26)) + string(rune('a'+i/26)))
		b, err := load(half, &trust)
		require.NoError(t, v.setTrust(&trust))
		if err == nil {
			require.NoError(t, v.loadBundle(b, half))
			taken++
			continue
		}
		var refusal *verify.Refusal
		require.ErrorAs(t, v.loadBundle(nil, half), &refusal)
		require.Equal(t, verify.NotYet, refusal.Code)
	}
	require.InDelta(t, 100, taken, 30)
}
