// Package sign makes what core/verify accepts: keys, signed releases and signed key lists.
//
// Reach for Open, which finds a private key wherever it is kept, and Release, which signs a bundle. Generate makes a key,
// Rotate signs the next list of those who are trusted; package trust keeps the first. Formats are defined in core/verify.
package sign

import (
	"errors"
	"fmt"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Signer signs with one Ed25519 key.
type Signer interface {
	Public() [32]byte
	Sign(message []byte) ([64]byte, error)
}

// Release makes an envelope: a statement about payload, a compiled bundle, signed by all signers. It fills in what the statement says of
// the payload itself: name, digest, size, format and engine. The rest is the caller's: Version, Channel, Made, NotBefore and what may be zero. The error says
// what cannot be released so.
//
// origin is nil but for what a recovery key signs: then it is the envelope of the earlier release of the same payload.
func Release(payload []byte, statement verify.Statement, origin *verify.Envelope, signers ...Signer) ([]byte, error) {
	bundle, err := format.Read(payload)
	if err != nil {
		return nil, err
	}
	s := statement
	s.Bundle = bundle.String(bundle.About[0].Name)
	s.Payload, s.Size = verify.Sum(payload), uint32(len(payload))
	s.Format, s.Engine = format.Version, format.Level
	if err := check(&s); err != nil {
		return nil, err
	}
	body := s.Append(nil)
	if _, err := verify.ReadStatement(body); err != nil { // such as of a name that is none: check says most of it in better words
		return nil, fmt.Errorf("this cannot be signed, for nobody could read it: %w", err)
	}
	e := verify.Envelope{Payload: payload}
	if e.Release, err = All(body, signers...); err != nil {
		return nil, err
	}
	if origin != nil {
		e.Origin = origin.Release
		if len(origin.Origin.Body) > 0 { // itself restored
			e.Origin = origin.Origin
		}
	}
	return e.Append(nil), nil
}

// check says what a statement may not say.
func check(s *verify.Statement) error {
	switch {
	case s.Version == 0 || s.Version > verify.MaxVersion:
		return fmt.Errorf("version %d: versions begin at 1 and end at %d", s.Version, uint64(verify.MaxVersion))
	case !verify.IsName(s.Channel):
		return fmt.Errorf("channel %q: want a letter, then at most 63 letters, digits, dots, underscores and hyphens", s.Channel)
	case s.Audience != "" && !verify.IsName(s.Audience):
		return fmt.Errorf("audience %q: want a letter, then at most 63 letters, digits, dots, underscores and hyphens", s.Audience)
	case s.Candidate() && (s.Ramp.From < 0 || s.Ramp.Until < s.Ramp.From):
		return errors.New("a ramp ends when it begins, or later")
	case max(s.Ramp.Start, s.Ramp.End, s.Ramp.Margin) > verify.Whole:
		return errors.New("no share of the places, and no margin, is above 100%")
	case s.Made < 0 || s.NotBefore < 0 || s.FreshUntil < 0 || s.Expires < 0:
		return errors.New("times before 1970 cannot be signed")
	case max(s.Made, s.NotBefore, s.FreshUntil, s.Expires, s.Ramp.From, s.Ramp.Until) > civil.MaxSeconds:
		return errors.New("times after the year 9999 cannot be signed")
	case s.FreshUntil != 0 && s.FreshUntil < s.NotBefore:
		return errors.New("it would be stale before it begins")
	case s.Expires != 0 && s.Expires <= s.NotBefore:
		return errors.New("it would expire before it begins")
	}
	return nil
}

// All signs a body, an encoded statement or key list, by all signers.
func All(body []byte, signers ...Signer) (verify.Signed, error) {
	s := verify.Signed{Body: body}
	for _, signer := range signers {
		value, err := signer.Sign(body)
		if err != nil {
			return s, err
		}
		public := signer.Public()
		if !verify.CheckSignature(&public, body, &value) {
			return s, fmt.Errorf("key %s: what it signed does not verify: it is not the private key of that public key", verify.ID(public))
		}
		s.Add(verify.SignatureBy{Key: verify.ID(public), Value: value})
	}
	if len(s.Signatures) > verify.MaxSignatures {
		return s, fmt.Errorf("%d signatures, the limit is %d", len(s.Signatures), verify.MaxSignatures)
	}
	return s, nil
}
