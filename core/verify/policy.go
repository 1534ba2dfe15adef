package verify

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// MaxClockSkew is by how many seconds a clock may go back: what keeping time over a network sets right.
const MaxClockSkew = 300

// MaxEnvelope is the size of the largest envelope, in bytes: the largest payload and some KiB for statements and signatures.
const MaxEnvelope = format.MaxSize + 16<<10

// MaxLead is by how many versions a release by a recovery key may be ahead of the one that it restores. With the last possible version somebody who has
// got hold of that key could otherwise make verifiers refuse everything that comes later, for good.
const MaxLead = 1 << 20

// Policy is what a verifier accepts. The zero value of each field but Keys and Channel is a good default.
type Policy struct {
	Keys     *KeyList
	Channel  string
	Bundle   string // whose releases; empty: any bundle's
	Audience string // who verifies
	Place    string // the name of who verifies, such as a host's or a point of presence's; empty: it takes no candidates
	Floor    uint64 // the least version, known from elsewhere than from what was accepted
	Accepted Mark
}

// Mark is what a verifier remembers between restarts.
type Mark struct {
	Version   uint64 // the highest version accepted that is for all; 0: none
	Payload   Digest // its payload
	Candidate uint64 // the highest version accepted as a candidate; 0: none
	Tried     Digest // its payload
	Time      int64  // the latest time at which something was accepted, in seconds since 1970
}

// Release is what was accepted.
type Release struct {
	Statement *Statement
	Payload   []byte // a view of the envelope's
	Restored  bool   // a recovery key signed it
}

// After is the mark once release was accepted at the time now.
func (m Mark) After(release *Release, now int64) Mark {
	s := release.Statement
	if s.Candidate() {
		m.Candidate, m.Tried = s.Version, s.Payload
	} else {
		m.Version, m.Payload = s.Version, s.Payload
	}
	m.Time = max(m.Time, now)
	return m
}

// Accept is the one place that says whether a release goes into service at the time now, in seconds since 1970. It changes nothing: whoever puts
// the release into service keeps the mark for the next time. check is CheckSignature, or calls it. The error is a *Refusal, of the first of
// these that does not hold:
//
//   - The file is an envelope, whole (torn, format, limit).
//   - Enough signers of the channel have signed, and no trusted key's signature is wrong (signature, threshold, unknown_key, revoked_key).
//   - It is the channel's, the bundle's, and for this audience (channel, audience).
//   - Its version is not below the floor nor the one accepted before (version), and with the same version it has the same payload (conflict). A candidate's
//     is above the one that is for all, and not below that of an earlier candidate; after a candidate what is for all is accepted as ever.
//   - The clock was not set back (clock), and it is the time of the release (not_yet, expired). The one that was accepted before goes on at any
//     time, as expired where it has expired since, also after a restart; but not a candidate, for there is another one to go on with.
//   - The payload is the signed one (torn, signature), and of a format that this engine reads (format, engine).
//   - Where it is a candidate, its ramp has reached this place (not_yet).
//
// What core.LoadSigned then says of the payload, OfPayload puts into these codes; Load does both.
func (p *Policy) Accept(envelope []byte, now int64, check Checker) (*Release, error) {
	release, err := p.AcceptAnywhere(envelope, now, check)
	if err == nil && !release.Statement.Reaches(p.Place, now) {
		return nil, refuse(NotYet, uint64(now), 0)
	}
	return release, err
}

// AcceptAnywhere is Accept at a place that every ramp reaches: for those who publish, or check what was published.
func (p *Policy) AcceptAnywhere(envelope []byte, now int64, check Checker) (*Release, error) {
	now = max(now, 0)
	e, err := ReadEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	s, err := ReadStatement(e.Release.Body)
	if err != nil {
		return nil, err
	}
	restored, err := p.signers(e, s, check)
	if err != nil {
		return nil, err
	}
	if code := p.concerns(s); code != 0 {
		return nil, &Refusal{Code: code, Text: subject(code, s)}
	}
	if err := p.timely(s, now); err != nil {
		return nil, err
	}
	payload := Sum(e.Payload)
	switch {
	case uint64(s.Size) != uint64(len(e.Payload)):
		return nil, refuse(Torn, 0, 0)
	case !payload.is(&s.Payload):
		return nil, refuseKey(Signature, 0)
	case s.Format != format.Version:
		return nil, refuse(Format, uint64(s.Format), format.Version)
	case s.Engine > format.Level:
		return nil, refuse(Engine, format.Level, uint64(s.Engine))
	}
	return &Release{s, e.Payload, restored}, nil
}

// signers says whether those who signed may release: enough of the channel's, or one for recovery where enough of the channel's
// have signed the same payload in it before, for the same audience, and at most more decisions are switched off now.
func (p *Policy) signers(e *Envelope, s *Statement, check Checker) (restored bool, err error) {
	required := p.Keys.Required(s.Channel)
	n, err := p.Keys.count(&e.Release, check)
	if err != nil {
		return false, err
	}
	short := n.atLeast(required)
	if short == nil || n.recovery == 0 || len(e.Origin.Body) == 0 {
		return false, short
	}
	origin, err := ReadStatement(e.Origin.Body)
	if err != nil {
		return false, err
	}
	same := origin.Bundle == s.Bundle && origin.Channel == s.Channel && origin.Audience == s.Audience && origin.Payload.is(&s.Payload)
	if !same || s.Candidate() || origin.Candidate() || s.Version <= origin.Version || s.Version-origin.Version > MaxLead || !includes(s.Disabled, origin.Disabled) {
		return false, short
	}
	return true, p.Keys.enough(&e.Origin, check, required)
}

// includes says whether all has each of some. Both ascend.
func includes(all, some []string) bool {
	for _, name := range all {
		if len(some) > 0 && some[0] == name {
			some = some[1:]
		}
	}
	return len(some) == 0
}

// concerns says whether a statement is made for this verifier; 0: it is.
func (p *Policy) concerns(s *Statement) Code {
	switch {
	case s.Channel != p.Channel, p.Bundle != "" && s.Bundle != p.Bundle:
		return Channel
	case s.Audience != "" && s.Audience != p.Audience:
		return Audience
	}
	return 0
}

func subject(code Code, s *Statement) string {
	if code == Audience {
		return s.Audience
	}
	return s.Bundle + "#" + s.Channel
}

// timely says whether a version may follow the one accepted before, at this time.
func (p *Policy) timely(s *Statement, now int64) error {
	a := &p.Accepted
	least := max(p.Floor, a.Version, 1)
	if s.Candidate() {
		least = max(least, a.Version+1, a.Candidate)
	}
	switch {
	case s.Version < least || s.Version > MaxVersion:
		return refuse(Version, s.Version, least)
	case s.Version == a.Version && !s.Payload.is(&a.Payload), s.Version == a.Candidate && !s.Payload.is(&a.Tried):
		return refuse(Conflict, s.Version, 0)
	case s.Version == a.Version: // again
	case now < a.Time-MaxClockSkew:
		return refuse(Clock, uint64(now), uint64(a.Time))
	case now < s.NotBefore:
		return refuse(NotYet, uint64(now), uint64(s.NotBefore))
	case s.Expires != 0 && now >= s.Expires:
		return refuse(Expired, uint64(now), uint64(s.Expires))
	}
	return nil
}

// Load accepts an envelope at the time now and loads its payload. The error is a *Refusal.
func (p *Policy) Load(envelope []byte, now int64) (*core.Bundle, *Release, error) {
	release, err := p.Accept(envelope, now, CheckSignature)
	if err != nil {
		return nil, nil, err
	}
	b, err := core.LoadSigned(release.Payload, release.Statement.Validity())
	if err != nil {
		return nil, nil, OfPayload(err.(*format.Refusal))
	}
	return b, release, nil
}
