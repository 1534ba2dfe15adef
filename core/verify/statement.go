package verify

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/civil"
)

// Limits of what is signed. They bound what a stranger's bytes can make a verifier do.
const (
	MaxVersion    = 1<<53 - 1 // the largest whole number that JSON can carry
	MaxKeys       = 32        // of a list, revoked ones included
	MaxChannels   = 32        // with a threshold of their own
	MaxSignatures = 16        // of a statement or list
	MaxDisabled   = 64        // decisions that a statement switches off
	maxName       = 64
	maxTime       = uint64(civil.MaxSeconds)
)

const (
	magicStatement = 'E' | 'D'<<8 | 'G'<<16 | 'S'<<24
	encoding       = 1 // of statements, lists and envelopes
)

// Statement is what signers say of a payload. Times are in seconds since 1970, none of them before.
type Statement struct {
	Version    uint64 // counts releases of a bundle in a channel, from 1
	Made       int64  // when it was signed; 0: it does not say. Its age counts from then, and nothing else does
	NotBefore  int64  // when it begins
	FreshUntil int64  // from when on answers are stale; 0: never
	Expires    int64  // when it ends; 0: never
	Ramp       Ramp   // of a candidate: which places take it; zeros: it is for all
	Engine     uint32 // the least level of an engine that runs the payload (format.Level)
	Format     uint32 // the payload's format version
	Size       uint32 // the payload's size in bytes
	Payload    Digest // the payload's digest
	Previous   Digest // the digest of the statement of the version before; zeros: there is none
	Bundle     string
	Channel    string
	Audience   string   // whom it is for; empty: everybody
	Disabled   []string // the decisions that are switched off, by ascending name; of a name that the payload does not have nothing comes
}

// Append writes the statement after dst: the bytes that are signed.
func (s *Statement) Append(dst []byte) []byte {
	dst = appendDouble(appendWord(appendWord(dst, magicStatement), encoding), s.Version)
	dst = appendDouble(appendDouble(dst, uint64(s.Made)), uint64(s.NotBefore))
	dst = appendDouble(appendDouble(dst, uint64(s.FreshUntil)), uint64(s.Expires))
	dst = appendDouble(appendDouble(dst, uint64(s.Ramp.From)), uint64(s.Ramp.Until))
	dst = appendWord(appendWord(appendWord(dst, s.Ramp.Start), s.Ramp.End), s.Ramp.Margin)
	dst = appendWord(appendWord(appendWord(dst, s.Engine), s.Format), s.Size)
	dst = append(append(dst, s.Payload[:]...), s.Previous[:]...)
	dst = appendText(appendText(appendText(dst, s.Bundle), s.Channel), s.Audience)
	dst = appendWord(dst, uint32(len(s.Disabled)))
	for _, name := range s.Disabled {
		dst = appendText(dst, name)
	}
	return dst
}

// ReadStatement reads what Append writes, and nothing else. The names view data. The error is a *Refusal.
func ReadStatement(data []byte) (*Statement, error) {
	r := reader{rest: data}
	r.want(r.word() == magicStatement)
	if have := r.word(); !r.broken && have != encoding {
		return nil, refuse(Format, uint64(have), encoding)
	}
	s := &Statement{Version: r.double(), Made: r.time(), NotBefore: r.time(), FreshUntil: r.time(), Expires: r.time(),
		Ramp:   Ramp{r.time(), r.time(), r.word(), r.word(), r.word()},
		Engine: r.word(), Format: r.word(), Size: r.word(), Payload: r.digest(), Previous: r.digest(),
		Bundle: r.name(), Channel: r.name(), Audience: r.name()}
	ramp := &s.Ramp
	r.want(ramp.From != 0 && ramp.From <= ramp.Until && max(ramp.Start, ramp.End, ramp.Margin) <= Whole || *ramp == Ramp{})
	disabled := r.word()
	r.want(disabled <= MaxDisabled)
	for before := ""; disabled > 0 && !r.broken; disabled-- {
		name := r.name()
		r.want(name > before)
		s.Disabled, before = append(s.Disabled, name), name
	}
	if r.broken || len(r.rest) > 0 || s.Bundle == "" || s.Channel == "" {
		return nil, refuse(Torn, 0, 0)
	}
	return s, nil
}

// Validity is what core is to know of the statement.
func (s *Statement) Validity() core.Validity {
	return core.Validity{Version: s.Version, FreshUntil: s.FreshUntil, Expires: s.Expires, Since: max(s.Made, s.NotBefore), Digest: s.Payload, Disabled: s.Disabled}
}
