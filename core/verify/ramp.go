package verify

import "github.com/edgewise-dev/edgewise/core/xxhash"

// Whole is all places, or all questions: shares are in hundredths of a percent.
const Whole = 10_000

// Ramp makes a release a candidate: one that a growing part of the places takes, beside the release that is for all. The zero Ramp is that of a
// release for all.
type Ramp struct {
	From, Until int64  // in seconds since 1970; no place takes it before From
	Start, End  uint32 // which share of the places takes it at From, and from Until on; evenly more or less of them in between
	Margin      uint32 // by how much more of a host's answers may be errors or defaults than before, until it goes back by itself
}

// share is which share of the places takes a candidate at the time now.
func (r *Ramp) share(now int64) uint32 {
	switch {
	case now < r.From:
		return 0
	case now >= r.Until:
		return r.End
	}
	return uint32(int64(r.Start) + (int64(r.End)-int64(r.Start))*(now-r.From)/(r.Until-r.From))
}

// Share is which share of the places takes the release at the time now.
func (s *Statement) Share(now int64) uint32 {
	if !s.Candidate() {
		return Whole
	}
	return s.Ramp.share(now)
}

// Candidate says whether the release is one that is tried, and not yet for all.
func (s *Statement) Candidate() bool { return s.Ramp.From != 0 }

// Reaches says whether the release is for the place of that name at the time now, in seconds since 1970. A release for all is; which places take a
// candidate only its payload and their names decide, nothing of any visitor: XXH64 of the name, with the first 8 bytes of the payload's digest
// (little-endian) as seed, gives each a point; the places with a point below the share take it. So a place that has taken it keeps it while the share
// grows, and also when the same payload gets another ramp. A place without a name takes none.
func (s *Statement) Reaches(place string, now int64) bool {
	if !s.Candidate() {
		return true
	}
	seed := reader{rest: s.Payload[:]}
	point := xxhash.Sum64(place, seed.double()) >> 32 * Whole >> 32
	return place != "" && uint32(point) < s.Ramp.share(now)
}
