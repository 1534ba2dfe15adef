// Package channel keeps the releases of a bundle in a store: which one is current in each channel, every one that ever was, and a log of who
// released it, when and why.
//
// Reach for Open, then Head for what is current and Envelope for the release itself, which is all that a follower needs. Publish writes;
// Log reads the history, and Check says whether it is whole.
//
// # Layout
//
//	bundle                        the name of the bundle that the store holds
//	channels/NAME/head            the latest record of the channel: the only object that is ever replaced
//	channels/NAME/log/N-DIGEST    every record, by its sequence number in 12 digits and the digest of its bytes
//	envelopes/DIGEST              signed releases (core/verify), by the digest of their bytes
//	keys/N                        signed key lists by their version: each is introduced by the one before (package trust). The first, which no
//	                              list introduces, lies there without signatures, for publishers who were given no trust file (Advice)
//
// DIGEST is a SHA-512/256 in hexadecimal digits. A record is text: a line of JSON, and for each signer a line with the key's id and the
// Ed25519 signature of the first line, without its end, in base64:
//
//	{"sequence":2,"channel":"production","bundle":"shop","action":"publish","version":2,...,"previous":"sha512-256:9b0c..."}
//	f65e0fe81a162b1b mrUPzklfLl...
//
// Each record names the digest of the one before, all of it, so that none can be changed, left out or put in between without changing all that
// follow; and as they are signed, only signers can write one.
//
// # Candidates
//
// A record may name a candidate beside what is current: a later version that a part of the places takes, as the ramp in its statement says (core/verify).
// The record repeats the ramp for people; followers go by the statement. While there is one nothing is published or promoted. What ends it is a release of a
// still higher version, so that no place takes the candidate any more that has seen it: its content (Accept), or what was current (Withdraw, Rollback).
//
//	{"sequence":3,...,"action":"candidate","version":2,...,"candidate":{"version":3,"digest":"...","envelope":"...",
//	 "from":"2026-12-01T12:00:00Z","until":"2026-12-01T14:00:00Z","start":1000,"end":10000,"margin":100},...}
//
// # Writing
//
// A release is written in three steps: the envelope under a name that nobody looks at yet, then the head, on the condition that it is still
// the one that was read, then the log's copy of the record. Whatever ends before the second step has left the channel as it was, and of two
// publishers at once the second to come there is told. Whoever writes next makes up for a third step that is missing. So the log holds nothing that
// was not once the head, and a record in it that the head does not lead to means that somebody has put the head back.
//
// A release by somebody whom nobody trusts can be written by whoever can write the store, or by mistake, with a wrong key. Verifiers refuse it and go on
// with what they have. It is repaired by a release over it, such as a rollback to the version before, by those who are trusted: not checked against a trust
// file (Release.Keys), for that would refuse to follow it. The log goes on to say that it was there.
//
// Nothing is ever removed. An envelope that no channel has had for long may be, by whoever keeps the store; it cannot be rolled back to then, and Check
// says that it is missing.
package channel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Channel is a channel in a store.
type Channel struct {
	Store store.Store
	Name  string
}

// Open gives the channel of that name. It need not be there yet.
func Open(s store.Store, name string) (*Channel, error) {
	if !verify.IsName(name) {
		return nil, fmt.Errorf("channel %q: want a letter, then at most 63 letters, digits, dots, underscores and hyphens", name)
	}
	return &Channel{s, name}, nil
}

// Names lists the channels of a store in which something was published, sorted. The error wraps store.ErrReadOnly where the store cannot list.
func Names(ctx context.Context, s store.Store) ([]string, error) {
	keys, err := s.List(ctx, "channels/")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, key := range keys {
		if name, ok := strings.CutSuffix(strings.TrimPrefix(key, "channels/"), "/head"); ok && verify.IsName(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// String is how people and commands name a channel: URL#NAME.
func (c *Channel) String() string { return c.Store.String() + "#" + c.Name }

func (c *Channel) head() string { return "channels/" + c.Name + "/head" }

func (c *Channel) log() string { return "channels/" + c.Name + "/log/" }

func (c *Channel) logged(r *Record) string {
	return fmt.Sprintf("%s%012d-%s", c.log(), r.Sequence, digits(r.Digest))
}

func envelopeKey(digest verify.Digest) string { return "envelopes/" + digits(digest) }

// digits is a digest without its algorithm, as it stands in keys.
func digits(d verify.Digest) string { return fmt.Sprintf("%x", d[:]) }

// ErrEmpty is that nothing was ever released in a channel.
var ErrEmpty = errors.New("nothing has been published there")

// Head reads the latest record. known is the Tag of an earlier answer, or "": where nothing has changed the error wraps store.ErrSame. It wraps
// ErrEmpty where there is no such channel, and a *verify.Refusal where what is there is no record (torn) or cannot be read (unavailable).
func (c *Channel) Head(ctx context.Context, known string) (*Record, error) {
	object, err := c.Store.Get(ctx, c.head(), known)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("%s: %w", c, ErrEmpty)
	case errors.Is(err, store.ErrSame) && known == "":
		return nil, refused(verify.Unavailable, fmt.Errorf("%s: head: the store says that it has not changed, and nobody asked whether", c))
	case errors.Is(err, store.ErrSame):
		return nil, err
	case err != nil:
		return nil, refused(verify.Unavailable, err)
	}
	r, err := ReadRecord(object.Data)
	if err == nil && r.Channel != c.Name {
		err = fmt.Errorf("it is of the channel %s", r.Channel)
	}
	if err != nil {
		return nil, refused(verify.Torn, fmt.Errorf("%s: head: %w", c, err))
	}
	r.Tag = object.Tag
	return r, nil
}

// Envelope reads the release that a record names: all its bytes, as they were published. The error wraps a *verify.Refusal: torn or
// unavailable. Whether to accept it is the caller's question to core/verify.
func (c *Channel) Envelope(ctx context.Context, r *Record) ([]byte, error) {
	object, err := c.Store.Get(ctx, envelopeKey(r.Envelope), "")
	if err != nil {
		return nil, refused(verify.Unavailable, err)
	}
	if verify.Sum(object.Data) != r.Envelope {
		return nil, refused(verify.Torn, fmt.Errorf("%s: version %d is not what was published", c, r.Version))
	}
	return object.Data, nil
}

// failure is an error with the code of a refusal.
type failure struct {
	refusal *verify.Refusal
	error
}

func (f *failure) Unwrap() []error { return []error{f.refusal, f.error} }

func refused(code verify.Code, err error) error { return &failure{&verify.Refusal{Code: code}, err} }
