package verify

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Code says which check refused. Codes begin above those of package format, so that one number can be either.
type Code uint32

// The codes. What Have, Want and Key of a Refusal are stands beside them.
const (
	Signature   Code = iota + 64 // a signature by a trusted key does not hold, or the payload is not the signed one. Key: whose, 0 of the payload
	Threshold                    // Have: signers that count, Want: how many are needed
	UnknownKey                   // nobody trusted has signed. Key: one who did
	RevokedKey                   // likewise. Key: a revoked one
	Version                      // Have: its version, Want: the least that is accepted
	Conflict                     // the version accepted before had another payload. Have: the version
	Audience                     // it is for others
	Channel                      // it is another channel's, or another bundle's
	NotYet                       // Have: now, Want: when it begins, in seconds since 1970; 0: a candidate that is not for this place now
	Expired                      // Have: now, Want: when it ended
	Clock                        // Have: now, Want: a time that has been
	Format                       // of a format that is not read here
	Engine                       // Have: the engine's level, Want: the one that is needed
	Limit                        // beyond a limit of the format
	Torn                         // no envelope, or half of one
	Unavailable                  // nothing is there: for those who fetch
	end
)

var names = [...]string{"signature", "threshold", "unknown_key", "revoked_key", "version", "conflict", "audience", "channel", "not_yet", "expired", "clock",
	"format", "engine", "limit", "torn", "unavailable"}

// There is a name for each code.
var _ = [1]struct{}{}[len(names)-int(end-Signature)]

// String is the code as commands and metrics print it: unknown_key.
func (c Code) String() string {
	if c >= Signature && c < end {
		return names[c-Signature]
	}
	return "unknown"
}

// Refusal is why something was not accepted: the check that failed, what was found and what was wanted.
type Refusal struct {
	Code       Code
	Key        KeyID
	Have, Want uint64
	Text       string          // what the statement says: of Audience and Channel
	Cause      *format.Refusal // of the payload, where that was refused
}

//go:noinline
func refuse(code Code, have, want uint64) error {
	return &Refusal{Code: code, Have: have, Want: want}
}

//go:noinline
func refuseKey(code Code, key KeyID) error { return &Refusal{Code: code, Key: key} }

// Error says it in words.
func (e *Refusal) Error() string {
	number := func(n uint64) string { return string(text.AppendUint(nil, n)) }
	time := func(seconds uint64) string { return string(text.AppendTimestamp(nil, int64(seconds), 0)) }
	switch {
	case e.Cause != nil:
		return "payload: " + e.Cause.Error()
	case e.Code == Signature && e.Key == 0:
		return "the payload is not the one that was signed"
	}
	switch e.Code {
	case Signature:
		return "the signature by key " + e.Key.String() + " does not hold"
	case Threshold:
		return "signed by " + number(e.Have) + " of the " + number(e.Want) + " keys that are needed"
	case UnknownKey:
		return "signed by key " + e.Key.String() + ", which is not trusted here"
	case RevokedKey:
		return "signed by key " + e.Key.String() + ", which is revoked"
	case Version:
		if e.Have > MaxVersion {
			return "version " + number(e.Have) + " is beyond the last possible one, " + number(MaxVersion)
		}
		return "version " + number(e.Have) + " is below " + number(e.Want) + ", the least that is accepted here"
	case Conflict:
		return "version " + number(e.Have) + " was accepted before with another content"
	case Audience:
		return "it is for the audience " + quoted(e.Text)
	case Channel:
		return "it is of " + quoted(e.Text)
	case NotYet:
		if e.Want == 0 {
			return "it is a candidate, and not for this place at this time"
		}
		return "it begins at " + time(e.Want) + ", now it is " + time(e.Have)
	case Expired:
		return "it ended at " + time(e.Want) + ", now it is " + time(e.Have)
	case Clock:
		return "the clock says " + time(e.Have) + ", but " + time(e.Want) + " has been: it was set back"
	case Format:
		return "it has the format version " + number(e.Have) + ", this engine reads " + number(e.Want)
	case Engine:
		return "it needs an engine of level " + number(e.Want) + ", this one has level " + number(e.Have) + ": use a newer engine"
	case Limit:
		return "it has " + number(e.Have) + " bytes, the limit is " + number(e.Want)
	case Torn:
		return "not a whole signed bundle: cut off, appended to, or something else"
	}
	return "refused: " + e.Code.String()
}

func quoted(s string) string {
	return string(text.AppendJSONString(nil, s))
}

// OfPayload is the refusal of a payload that format.Read refused, although it is the one that was signed.
func OfPayload(cause *format.Refusal) *Refusal {
	code := Format
	switch cause.Code {
	case format.TooLarge, format.TooMany, format.NoMemory:
		code = Limit
	case format.UnknownOperation:
		code = Engine
	case format.NotABundle, format.WrongLength, format.Corrupt:
		code = Torn
	}
	return &Refusal{Code: code, Cause: cause}
}
