package engine

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/internal/fake"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// shop is small, so that an attack can be tried at each of its bytes.
const shop = `
bundle: shop
decisions:
  hero:
    purpose: necessary
    variants: {plain: /plain.html, german: /german.html}
    default: plain
    rules: [{id: german, when: geo.country == "DE", serve: german}]
`

// The time of all attacks, and what the releases say of theirs.
const (
	attackTime = 1_800_000_000
	begins     = attackTime - 1000
	ends       = attackTime + 1000
)

// actors are the keys. anna and bert sign, of whom the channel production needs both and staging one.
type actors struct {
	anna, bert, recovery, revoked, stranger sign.Signer
	list                                    *verify.KeyList
	shop, other                             []byte
}

func newActors(t *testing.T) *actors {
	generate := func() sign.Signer {
		s, _, err := sign.Generate()
		require.NoError(t, err)
		return s
	}
	a := &actors{generate(), generate(), generate(), generate(), generate(), nil, sample.Compile(t, shop), sample.Bundle(t)}
	a.list = &verify.KeyList{Version: 1, Threshold: 2, Channels: []verify.Required{{Channel: "staging", Signers: 1}}, Keys: []verify.Key{
		{Public: a.anna.Public()}, {Public: a.bert.Public()},
		{Public: a.recovery.Public(), Role: verify.Recovery}, {Public: a.revoked.Public(), Role: verify.Revoked}}}
	return a
}

// trust is of somebody who accepted version 7 of the shop already.
func (a *actors) trust() Trust {
	return Trust{At: attackTime, Policy: verify.Policy{Keys: a.list, Channel: "production", Bundle: "shop", Audience: "edge",
		Accepted: verify.Mark{Version: 7, Payload: verify.Sum(a.shop), Time: attackTime - 60}}}
}

func statement(version uint64) verify.Statement {
	return verify.Statement{Version: version, Channel: "production", NotBefore: begins, FreshUntil: attackTime, Expires: ends}
}

// release signs payload; without signers anna and bert do.
func (a *actors) release(t *testing.T, payload []byte, s verify.Statement, signers ...sign.Signer) []byte {
	if len(signers) == 0 {
		signers = []sign.Signer{a.anna, a.bert}
	}
	envelope, err := sign.Release(payload, s, nil, signers...)
	require.NoError(t, err)
	return envelope
}

func read(t *testing.T, envelope []byte) *verify.Envelope {
	e, err := verify.ReadEnvelope(bytes.Clone(envelope))
	require.NoError(t, err)
	return e
}

// forge signs a statement that package sign would not: change makes it from the honest one about version 8.
func (a *actors) forge(t *testing.T, change func(*verify.Statement)) []byte {
	e := read(t, a.release(t, a.shop, statement(8)))
	s, err := verify.ReadStatement(e.Release.Body)
	require.NoError(t, err)
	change(s)
	e.Release, err = sign.All(s.Append(nil), a.anna, a.bert)
	require.NoError(t, err)
	return e.Append(nil)
}

// victim is a verifier in service: natively, and in the module.
type victim struct {
	*instance
	bundle    *core.Bundle
	questions [][]byte
	before    []Answers
	pages     uint32
}

func newVictim(t *testing.T, a *actors) *victim {
	m := compileModule(t)
	i, err := m.instantiate()
	require.NoError(t, err)
	t.Cleanup(i.close)
	trust := a.trust()
	v := &victim{instance: i}
	good := a.release(t, a.shop, statement(7))
	v.bundle, err = load(good, &trust)
	require.NoError(t, err)
	require.NoError(t, i.setTrust(&trust))
	for range 3 { // both arenas take their size
		require.NoError(t, i.loadBundle(v.bundle, good))
		require.Error(t, i.loadBundle(nil, make([]byte, 64<<10)))
	}
	v.questions = randomQuestions(t, question.NewSchema(v.bundle), 7, 20)
	for _, q := range v.questions {
		answers, err := i.decide(q, Answers{})
		require.NoError(t, err)
		v.before = append(v.before, answers)
	}
	v.pages = i.memory.Size()
	return v
}

// attack gives the code by which an envelope is refused, natively and in the module alike; nothing may have changed by it.
func (v *victim) attack(t *testing.T, envelope []byte, trust Trust) verify.Code {
	t.Helper()
	_, err := load(envelope, &trust)
	var native *verify.Refusal
	require.ErrorAs(t, err, &native, "natively")
	require.NotEmpty(t, native.Error())
	require.NoError(t, v.setTrust(&trust))
	var module *verify.Refusal
	var payload *format.Refusal
	if err := v.loadBundle(nil, envelope); errors.As(err, &payload) {
		module = verify.OfPayload(payload)
	} else {
		require.ErrorAs(t, err, &module, "the module")
	}
	require.Equal(t, native.Code.String(), module.Code.String(), "natively, and in the module")
	if native.Cause == nil {
		require.Equal(t, native.Key, module.Key)
	}
	v.requireUnchanged(t)
	return native.Code
}

func (v *victim) requireUnchanged(t *testing.T) {
	t.Helper()
	for i, q := range v.questions[:2] {
		answers, err := v.decide(q, Answers{})
		require.NoError(t, err)
		require.Equal(t, v.before[i], answers)
	}
}

func TestAttacks(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	eighth := a.release(t, a.shop, statement(8))
	alter := func(change func(*verify.Envelope)) []byte {
		e := read(t, eighth)
		change(e)
		return e.Append(nil)
	}
	with := func(change func(*verify.Statement)) []byte {
		s := statement(8)
		change(&s)
		return a.release(t, a.shop, s)
	}
	first := func(e *verify.Envelope) *verify.SignatureBy { return &e.Release.Signatures[0] }
	raw := func(options *ed25519.Options) []byte { // by a key of the list, but not plain Ed25519
		private := ed25519.NewKeyFromSeed(make([]byte, 32))
		public := [32]byte(private.Public().(ed25519.PublicKey))
		return alter(func(e *verify.Envelope) {
			message := e.Release.Body
			if options.Hash != 0 {
				h := options.Hash.New()
				h.Write(message)
				message = h.Sum(nil)
			}
			signature, err := private.Sign(nil, message, options)
			require.NoError(t, err)
			e.Release.Add(verify.SignatureBy{Key: verify.ID(public), Value: [64]byte(signature)})
		})
	}
	zeroSeed := ed25519.NewKeyFromSeed(make([]byte, 32))
	withZeroSeed := *a.list
	withZeroSeed.Keys = append(slices.Clone(a.list.Keys), verify.Key{Public: [32]byte(zeroSeed.Public().(ed25519.PublicKey))})
	corrupt := bytes.Clone(a.shop)
	corrupt[len(corrupt)-1] ^= 1
	newer := bytes.Clone(a.shop)
	newer[4]++
	newer = resealed(newer)
	signPayload := func(payload []byte) []byte { // of what no honest tool would sign
		return a.forge(t, func(s *verify.Statement) { s.Payload, s.Size = verify.Sum(payload), uint32(len(payload)) })
	}
	put := func(envelope, payload []byte) []byte {
		e := read(t, envelope)
		e.Payload = payload
		return e.Append(nil)
	}
	attacks := []struct {
		name     string
		envelope []byte
		change   func(*Trust)
		want     verify.Code
	}{
		{"an older version", a.release(t, a.shop, statement(6)), nil, verify.Version},
		{"the first version again", a.release(t, a.shop, statement(1)), nil, verify.Version},
		{"below the floor", eighth, func(t *Trust) { t.Policy.Floor = 9 }, verify.Version},
		{"the same version with another content", a.release(t, sample.Compile(t, shop+"owner: eve\n"), statement(7)), nil, verify.Conflict},
		{"no version", a.forge(t, func(s *verify.Statement) { s.Version = 0 }), func(t *Trust) { t.Policy.Accepted = verify.Mark{} }, verify.Version},
		{"the last number", a.forge(t, func(s *verify.Statement) { s.Version = 1<<64 - 1 }), nil, verify.Version},
		{"one beyond the last version", a.forge(t, func(s *verify.Statement) { s.Version = verify.MaxVersion + 1 }), nil, verify.Version},
		{"expired at the start", eighth, func(t *Trust) { t.At = ends }, verify.Expired},
		{"expired long ago", with(func(s *verify.Statement) { s.Expires = begins + 1; s.FreshUntil = 0 }), nil, verify.Expired},
		{"not begun", eighth, func(t *Trust) { t.At, t.Policy.Accepted.Time = begins-1, 0 }, verify.NotYet},
		{"the clock an hour back", eighth, func(t *Trust) { t.At -= 3600 }, verify.Clock},
		{"the clock in 1970", eighth, func(t *Trust) { t.At = 0 }, verify.Clock},
		{"another channel", with(func(s *verify.Statement) { s.Channel = "staging" }), nil, verify.Channel},
		{"another bundle", a.release(t, a.other, statement(8)), nil, verify.Channel},
		{"another audience", with(func(s *verify.Statement) { s.Audience = "browser" }), nil, verify.Audience},
		{"an audience, to nobody in particular", with(func(s *verify.Statement) { s.Audience = "edge" }), func(t *Trust) { t.Policy.Audience = "" }, verify.Audience},

		{"no signature", a.forgeSigned(t, nil), nil, verify.Threshold},
		{"one signature of two", a.release(t, a.shop, statement(8), a.anna), nil, verify.Threshold},
		{"one key twice", a.release(t, a.shop, statement(8), a.anna, a.anna), nil, verify.Threshold},
		{"one key twice, one beside the other", doubled(t, a.release(t, a.shop, statement(8), a.anna)), nil, verify.Torn},
		{"signatures in another order", alter(func(e *verify.Envelope) { slices.Reverse(e.Release.Signatures) }), nil, verify.Torn},
		{"an unknown key", a.release(t, a.shop, statement(8), a.stranger), nil, verify.UnknownKey},
		{"an unknown key beside one of two", a.release(t, a.shop, statement(8), a.stranger, a.anna), nil, verify.Threshold},
		{"a revoked key", a.release(t, a.shop, statement(8), a.revoked), nil, verify.RevokedKey},
		{"a revoked key beside one of two", a.release(t, a.shop, statement(8), a.revoked, a.anna), nil, verify.Threshold},
		{"one bad of two", alter(func(e *verify.Envelope) { first(e).Value[10] ^= 1 }), nil, verify.Signature},
		{"two good and a bad one", a.forgeSigned(t, &verify.SignatureBy{Key: verify.ID(a.recovery.Public())}, a.anna, a.bert), nil, verify.Signature},
		{"another's signature under a trusted id", alter(func(e *verify.Envelope) { first(e).Value = e.Release.Signatures[1].Value }), nil, verify.Signature},
		{"a signature of zeros", alter(func(e *verify.Envelope) { first(e).Value = [64]byte{} }), nil, verify.Signature},
		{"a signature that holds for any message and a weak key", alter(func(e *verify.Envelope) { first(e).Value = [64]byte{1} }), nil, verify.Signature},
		{"Ed25519ph", raw(&ed25519.Options{Hash: crypto.SHA512}), func(t *Trust) { t.Policy.Keys = &withZeroSeed }, verify.Signature},
		{"Ed25519ctx", raw(&ed25519.Options{Context: "edgewise"}), func(t *Trust) { t.Policy.Keys = &withZeroSeed }, verify.Signature},

		{"a recovery key alone", a.release(t, a.shop, statement(8), a.recovery), nil, verify.Threshold},
		{"a recovery key for content that nobody released", a.restored(t, a.release(t, sample.Compile(t, shop+"owner: eve\n"), statement(8), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Threshold},
		{"a recovery key for content that one of two signed", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5), a.anna)), nil, verify.Threshold},
		{"a recovery key for content of another channel", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, channel(statement(5), "staging"))), nil, verify.Threshold},
		{"a recovery key that restores what is to come", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(9))), nil, verify.Threshold},
		{"a recovery key with one of two signers", a.release(t, a.shop, statement(8), a.recovery, a.anna), nil, verify.Threshold},
		{"a recovery key for content that only a recovery key restored", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(7), a.recovery)), nil, verify.Threshold},
		{"a recovery key for content that a stranger and one of two signed", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5), a.anna, a.stranger)), nil, verify.Threshold},
		{"a recovery key for content of another bundle", a.restored(t, a.release(t, a.other, statement(8), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Threshold},
		{"a recovery key for everybody, of what was for some", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, audience(statement(5), "edge"))), nil, verify.Threshold},
		{"a recovery key for others than it was for", a.restored(t, a.release(t, a.shop, audience(statement(8), "edge"), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Threshold},
		{"a recovery key that uses up the versions", a.restored(t, a.release(t, a.shop, statement(verify.MaxVersion), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Threshold},
		{"a recovery key a version too far ahead", a.restored(t, a.release(t, a.shop, statement(6+verify.MaxLead), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Threshold},
		{"a recovery key that is revoked", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5))), func(t *Trust) {
			list := *a.list
			list.Keys = slices.Clone(list.Keys)
			list.Keys[2].Role |= verify.Revoked
			t.Policy.Keys = &list
		}, verify.RevokedKey},
		{"a recovery key for what a revoked key signed", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5))), func(t *Trust) {
			list := *a.list
			list.Keys = slices.Clone(list.Keys)
			list.Keys[0].Role |= verify.Revoked
			t.Policy.Keys = &list
		}, verify.Threshold},
		{"a recovery key over another payload than the statements name", put(a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5))), a.other), nil, verify.Torn},
		{"a recovery key that switches off without an origin", a.release(t, a.shop, without(statement(8), "hero"), a.recovery), nil, verify.Threshold},
		{"a recovery key that switches on what both had switched off", a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, without(statement(5), "hero"))), nil, verify.Threshold},
		{"a recovery key that switches off another one instead", a.restored(t, a.release(t, a.shop, without(statement(8), "banner"), a.recovery), a.release(t, a.shop, without(statement(5), "hero"))), nil, verify.Threshold},
		{"one signer alone that switches off", a.release(t, a.shop, without(statement(8), "hero"), a.anna), nil, verify.Threshold},
		{"decisions switched off out of order", a.forge(t, func(s *verify.Statement) { s.Disabled = []string{"b", "a"} }), nil, verify.Torn},
		{"a decision switched off twice", a.forge(t, func(s *verify.Statement) { s.Disabled = []string{"a", "a"} }), nil, verify.Torn},
		{"a decision without a name switched off", a.forge(t, func(s *verify.Statement) { s.Disabled = []string{""} }), nil, verify.Torn},
		{"a decision too many switched off", a.forge(t, func(s *verify.Statement) { s.Disabled = names(verify.MaxDisabled + 1) }), nil, verify.Torn},
		{"the largest number of decisions switched off", a.forgeBody(t, func(body []byte) { binary.LittleEndian.PutUint32(body[len(body)-4:], 0xffffffff) }), nil, verify.Torn},
		{"a restored release that is older", a.restored(t, a.release(t, a.shop, statement(6), a.recovery), a.release(t, a.shop, statement(5))), nil, verify.Version},

		{"another payload", put(eighth, a.other), nil, verify.Torn},
		{"another payload of the same size", put(eighth, corrupt), nil, verify.Signature},
		{"no payload", put(eighth, nil), nil, verify.Torn},
		{"half a payload", put(eighth, a.shop[:len(a.shop)/2]), nil, verify.Torn},
		{"a statement of one release with the payload of another", put(a.release(t, sample.Compile(t, shop+"owner: eve\n"), statement(8)), a.shop), nil, verify.Torn},
		{"a statement under another's signatures", alter(func(e *verify.Envelope) {
			e.Release.Body = read(t, a.release(t, a.shop, statement(9))).Release.Body
		}), nil, verify.Signature},
		{"a key list as a statement", alter(func(e *verify.Envelope) {
			var err error
			e.Release, err = sign.All(a.list.Append(nil), a.anna, a.bert)
			require.NoError(t, err)
		}), nil, verify.Torn},
		{"a compiled bundle without an envelope", a.shop, nil, verify.Torn},
		{"an error page", []byte("<html><body>503 Service Unavailable</body></html>"), nil, verify.Torn},
		{"JSON", []byte(`{"bundle":"shop","version":8}`), nil, verify.Torn},
		{"zeros", make([]byte, 4096), nil, verify.Torn},
		{"re-encoded in base64", []byte(base64.StdEncoding.EncodeToString(eighth)), nil, verify.Torn},
		{"re-encoded in hexadecimal digits", []byte(hex.EncodeToString(eighth)), nil, verify.Torn},
		{"re-encoded with a byte order mark", append([]byte("\xef\xbb\xbf"), eighth...), nil, verify.Torn},
		{"re-encoded as UTF-8", []byte(string(runes(eighth))), nil, verify.Torn},
		{"re-encoded with other ends of lines", bytes.ReplaceAll(append(bytes.Clone(eighth), '\n'), []byte("\n"), []byte("\r\n")), nil, verify.Torn},
		{"re-encoded with the highest byte first", swapped(eighth), nil, verify.Torn},
		{"a statement re-encoded with something between its words", a.forgeBody(t, func(body []byte) { body[bytes.Index(body, []byte("production"))+len("production")] = 1 }), nil, verify.Torn},
		{"bytes appended", append(bytes.Clone(eighth), 0, 0, 0, 0, 0, 0, 0, 0), nil, verify.Torn},
		{"an envelope within the other's payload", put(eighth, eighth), nil, verify.Torn},
		{"another encoding of the envelope", patch(eighth, 1, 2), nil, verify.Format},
		{"another encoding of the statement", a.forgeBody(t, func(body []byte) { body[4] = 2 }), nil, verify.Format},
		{"a statement of the largest length", patch(eighth, 3, 0xffffffff), nil, verify.Torn},
		{"a statement of nearly the largest length", patch(eighth, 3, 0xfffffffd), nil, verify.Torn},
		{"the largest number of signatures", patch(eighth, 4+len(read(t, eighth).Release.Body)/4, 0xffffffff), nil, verify.Torn},
		{"a signature too many", patch(eighth, 4+len(read(t, eighth).Release.Body)/4, verify.MaxSignatures+1), nil, verify.Torn},
		{"a statement with something behind it", a.forgeBytes(t, func(body []byte) []byte { return append(body, 0, 0, 0, 0) }), nil, verify.Torn},
		{"a statement cut off", a.forgeBytes(t, func(body []byte) []byte { return body[:len(body)-4] }), nil, verify.Torn},
		{"a name with a control character", a.forge(t, func(s *verify.Statement) { s.Channel = "pro\nduction" }), nil, verify.Torn},
		{"a name too long", a.forge(t, func(s *verify.Statement) { s.Bundle = string(bytes.Repeat([]byte("a"), 65)) }), nil, verify.Torn},
		{"no bundle's name", a.forge(t, func(s *verify.Statement) { s.Bundle = "" }), nil, verify.Torn},
		{"a time before 1970", a.forge(t, func(s *verify.Statement) { s.NotBefore = -1 }), nil, verify.Torn},
		{"a time beyond the year 9999", a.forge(t, func(s *verify.Statement) { s.Expires = 1 << 60 }), nil, verify.Torn},

		{"a newer format, by the statement", a.forge(t, func(s *verify.Statement) { s.Format++ }), nil, verify.Format},
		{"a newer engine", a.forge(t, func(s *verify.Statement) { s.Engine = format.Level + 1 }), nil, verify.Engine},
		{"the largest size", a.forge(t, func(s *verify.Statement) { s.Size = 1<<32 - 1 }), nil, verify.Torn},
		{"a signed payload that is corrupt", put(signPayload(corrupt), corrupt), nil, verify.Torn},
		{"a signed payload of a newer format", put(signPayload(newer), newer), nil, verify.Format},
		{"a signed error page", put(signPayload([]byte("<html>00")), []byte("<html>00")), nil, verify.Torn},
		{"a signed payload with a section twice", put(signPayload(sectionTwice(a.shop)), sectionTwice(a.shop)), nil, verify.Format},
		{"a signed payload with an unknown section", put(signPayload(unknownSection(a.shop)), unknownSection(a.shop)), nil, verify.Format},
		{"a signed payload with too many sections", put(signPayload(tooManySections(a.shop)), tooManySections(a.shop)), nil, verify.Format},
	}
	for _, c := range attacks {
		t.Run(c.name, func(t *testing.T) {
			trust := a.trust()
			if c.change != nil {
				c.change(&trust)
			}
			require.Equal(t, c.want.String(), v.attack(t, c.envelope, trust).String())
		})
	}
	require.Equal(t, v.pages, v.memory.Size(), "the module's memory")
	t.Logf("%d attacks refused natively and in the module", len(attacks))
}

// What looks like an attack and is none.
func TestReleasesThatAreAccepted(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	seventh, eighth := a.release(t, a.shop, statement(7)), a.release(t, a.shop, statement(8))
	forever := statement(8)
	forever.FreshUntil, forever.Expires = 0, 0
	restored := a.restored(t, a.release(t, a.shop, statement(8), a.recovery), a.release(t, a.shop, statement(5)))
	off := a.restored(t, a.release(t, a.shop, without(statement(8), "hero"), a.recovery), a.release(t, a.shop, statement(5)))
	for _, c := range []struct {
		name     string
		envelope []byte
		change   func(*Trust)
	}{
		{"the next version", eighth, nil},
		{"a version far ahead", a.release(t, a.shop, statement(verify.MaxVersion)), nil},
		{"the same version again", seventh, nil},
		{"the same version after it expired", seventh, func(t *Trust) { t.At = ends + 1 }},
		{"the same version, the clock set back", seventh, func(t *Trust) { t.At -= 3600 }},
		{"the same version, the clock in 1970", seventh, func(t *Trust) { t.At = 0 }},
		{"the first ever", a.release(t, a.shop, statement(1)), func(t *Trust) { t.Policy.Accepted, t.Policy.Bundle = verify.Mark{}, "" }},
		{"in its first second", eighth, func(t *Trust) { t.At, t.Policy.Accepted.Time = begins, 0 }},
		{"in its last second", eighth, func(t *Trust) { t.At = ends - 1 }},
		{"a clock that was set right by a minute", eighth, func(t *Trust) { t.Policy.Accepted.Time = attackTime + 60 }},
		{"without an end", a.release(t, a.shop, forever), func(t *Trust) { t.At = 1 << 35 }},
		{"for this audience", a.release(t, a.shop, audience(statement(8), "edge")), nil},
		{"three signatures, one by a stranger", a.release(t, a.shop, statement(8), a.anna, a.stranger, a.bert), nil},
		{"three signatures, one by a revoked key", a.release(t, a.shop, statement(8), a.anna, a.revoked, a.bert), nil},
		{"restored by a recovery key", restored, nil},
		{"restored as far ahead as may be", a.restored(t, a.release(t, a.shop, statement(5+verify.MaxLead), a.recovery), a.release(t, a.shop, statement(5))), nil},
		{"a decision switched off by a recovery key", off, nil},
		{"a decision switched on again by a recovery key", a.restored(t, a.release(t, a.shop, statement(9), a.recovery), off), nil},
		{"another one switched off besides", a.restored(t, a.release(t, a.shop, without(statement(8), "banner", "hero", "teaser"), a.recovery), a.release(t, a.shop, without(statement(5), "hero"))), nil},
		{"as many switched off as may be", a.release(t, a.shop, without(statement(8), names(verify.MaxDisabled)...)), nil},
		{"restored once more", a.restored(t, a.release(t, a.shop, statement(9), a.recovery), restored), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust := a.trust()
			if c.change != nil {
				c.change(&trust)
			}
			b, err := load(c.envelope, &trust)
			require.NoError(t, err)
			require.NoError(t, v.setTrust(&trust))
			require.NoError(t, v.loadBundle(b, c.envelope))
		})
	}
	require.Equal(t, v.pages, v.memory.Size(), "the module's memory")
}

// At every byte a bit is flipped, each in its turn, and the file is cut.
func TestNoBitOfAnEnvelopeCanBeChanged(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	for name, envelope := range map[string][]byte{
		"by both":           a.release(t, a.shop, statement(8)),
		"by a recovery key": a.restored(t, a.release(t, a.shop, without(statement(8), "hero"), a.recovery), a.release(t, a.shop, statement(5))),
	} {
		t.Run(name, func(t *testing.T) {
			require.Less(t, len(envelope), 4<<10)
			codes := map[verify.Code]int{}
			for i := range envelope {
				flipped := bytes.Clone(envelope)
				flipped[i] ^= 1 << (i % 8)
				codes[v.attack(t, flipped, a.trust())]++
				codes[v.attack(t, envelope[:i], a.trust())]++
			}
			require.Equal(t, v.pages, v.memory.Size(), "the module's memory")
			t.Logf("%d bits flipped and %d lengths cut, all refused: %v", len(envelope), len(envelope), codes)
		})
	}
}

// After a policy that is none, nothing is accepted: not what was accepted before it either.
func TestAPolicyThatIsNoneAcceptsNothing(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	eighth := a.release(t, a.shop, statement(8))
	trust := a.trust()
	good := verify.AppendPolicy(nil, &trust.Policy, trust.At)
	set := func(policy []byte) uint64 {
		room, err := v.room(max(len(policy), 1))
		require.NoError(t, err)
		require.True(t, v.memory.Write(room, policy))
		taken, err := v.call(v.instance.trust, uint64(len(policy)))
		require.NoError(t, err)
		return taken
	}
	require.Zero(t, set(nil))
	require.Zero(t, set(make([]byte, verify.MaxPolicy+1)))
	require.NoError(t, v.loadBundle(v.bundle, eighth), "neither has taken the place of the good one")
	for name, policy := range map[string][]byte{
		"zeros":            make([]byte, len(good)),
		"one byte":         {1},
		"the largest size": make([]byte, verify.MaxPolicy),
		"cut off":          good[:len(good)-4],
		"appended to":      append(bytes.Clone(good), 0, 0, 0, 0),
		"another encoding": patch(good, 1, 2),
		"a key twice":      verify.AppendPolicy(nil, &verify.Policy{Channel: "production", Keys: &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{a.list.Keys[0], a.list.Keys[0]}}}, trust.At),
		"nobody needed":    verify.AppendPolicy(nil, &verify.Policy{Channel: "production", Keys: &verify.KeyList{Version: 1, Keys: a.list.Keys}}, trust.At),
	} {
		t.Run(name, func(t *testing.T) {
			require.EqualValues(t, 1, set(policy))
			var refusal *verify.Refusal
			require.ErrorAs(t, v.loadBundle(nil, eighth), &refusal)
			require.Equal(t, verify.Torn.String(), refusal.Code.String())
			v.requireUnchanged(t)
		})
	}
	tooLarge := trust
	tooLarge.Policy.Keys = &verify.KeyList{Version: 1, Threshold: 1, Keys: make([]verify.Key, 500)}
	var refusal *verify.Refusal
	require.ErrorAs(t, v.setTrust(&tooLarge), &refusal)
	require.Equal(t, verify.Limit, refusal.Code)

	i, err := compileFake(t, fake.With("trust", fake.Word(0))).instantiate()
	require.NoError(t, err)
	defer i.close()
	require.ErrorIs(t, i.setTrust(&trust), ErrTrap)
}

// Key lists lead from one to the next, in the module too.
func TestTheModuleFollowsKeyLists(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	next := *a.list
	next.Threshold, next.Channels = 1, nil
	next.Keys = []verify.Key{{Public: a.stranger.Public()}, {Public: a.anna.Public(), Role: verify.Revoked}}
	second, err := sign.Rotate(a.list, &next, a.anna, a.bert)
	require.NoError(t, err)
	last := next
	last.Keys = []verify.Key{{Public: a.bert.Public()}}
	third, err := sign.Rotate(&next, &last, a.stranger)
	require.NoError(t, err)
	byRecovery := recoveryList(t, a, &next)
	byStranger, byBert := a.release(t, a.shop, statement(8), a.stranger), a.release(t, a.shop, statement(8), a.bert)
	trust := a.trust()
	for _, c := range []struct {
		name     string
		files    [][]byte
		envelope []byte
		want     verify.Code // 0: accepted
	}{
		{"none, and the new key", nil, byStranger, verify.UnknownKey},
		{"one, and the new key", [][]byte{second}, byStranger, 0},
		{"one, and the keys before", [][]byte{second}, a.release(t, a.shop, statement(8)), verify.RevokedKey},
		{"both, and the key between", [][]byte{second, third}, byStranger, verify.UnknownKey},
		{"both, and the last key", [][]byte{second, third}, byBert, 0},
		{"the second without the first", [][]byte{third}, byBert, verify.UnknownKey},
		{"the first twice", [][]byte{second, second}, byStranger, verify.RevokedKey},
		{"a list by a recovery key and one of two", [][]byte{byRecovery}, byStranger, verify.Threshold},
		{"half a list", [][]byte{second[:len(second)-4]}, byStranger, verify.Torn},
		{"a release as a list", [][]byte{byStranger}, byStranger, verify.Torn},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := verify.AppendPolicy(nil, &trust.Policy, trust.At, c.files...)
			room, err := v.room(len(policy))
			require.NoError(t, err)
			require.True(t, v.memory.Write(room, policy))
			taken, err := v.call(v.instance.trust, uint64(len(policy)))
			require.NoError(t, err)
			if taken == 0 {
				require.Greater(t, len(policy), verify.MaxPolicy)
				return
			}
			_, native := verify.Open(policy, c.envelope, verify.CheckSignature)
			err = v.loadBundle(v.bundle, c.envelope)
			if c.want == 0 {
				require.NoError(t, native)
				require.NoError(t, err)
				return
			}
			var refusal *verify.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, c.want.String(), refusal.Code.String())
			require.ErrorAs(t, native, &refusal)
			require.Equal(t, c.want.String(), refusal.Code.String())
		})
	}
}

// A message and its signature are put to the module as a key list: a wrong signature is refused as such, a right one because the
// message is no key list.
func TestTheModuleKeepsToWycheproof(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	envelope := a.release(t, a.shop, statement(8))
	checked := 0
	for _, c := range vectors.Lines[struct {
		ID, PK, Msg, Sig string
		Valid            bool
	}](t, "ed25519", "cases.jsonl") {
		public, err := hex.DecodeString(c.PK)
		require.NoError(t, err)
		message, err := hex.DecodeString(c.Msg)
		require.NoError(t, err)
		signature, err := hex.DecodeString(c.Sig)
		require.NoError(t, err)
		if len(public) != 32 || len(signature) != 64 {
			require.False(t, c.Valid, c.ID)
			continue
		}
		checked++
		trust := a.trust()
		trust.Policy.Keys = &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: [32]byte(public)}}}
		file := verify.AppendListFile(nil, &verify.Signed{Body: message, Signatures: []verify.SignatureBy{{Key: verify.ID([32]byte(public)), Value: [64]byte(signature)}}})
		policy := verify.AppendPolicy(nil, &trust.Policy, trust.At, file)
		room, err := v.room(len(policy))
		require.NoError(t, err)
		require.True(t, v.memory.Write(room, policy))
		_, err = v.call(v.instance.trust, uint64(len(policy)))
		require.NoError(t, err)
		var refusal *verify.Refusal
		require.ErrorAs(t, v.loadBundle(nil, envelope), &refusal, c.ID)
		want := verify.Signature
		if c.Valid {
			want = verify.Torn
		}
		require.Equal(t, want.String(), refusal.Code.String(), c.ID)
	}
	require.Greater(t, checked, 10)
	t.Logf("%d of Wycheproof's signatures put to the module, each judged as it says", checked)
}

// A decision that a statement switches off answers its default, in the module as natively; all others go on, and the next release may switch it on.
func TestSwitchedOff(t *testing.T) {
	a := newActors(t)
	v := newVictim(t, a)
	trust := a.trust()
	require.NoError(t, v.setTrust(&trust))
	loads := func(envelope []byte) []Answers {
		b, err := load(envelope, &trust)
		require.NoError(t, err)
		require.NoError(t, v.loadBundle(b, envelope))
		var all []Answers
		for _, q := range v.questions {
			answers, err := v.decide(q, Answers{})
			require.NoError(t, err)
			native, err := newNative(b).decide(q, Answers{})
			require.NoError(t, err)
			require.Equal(t, native.Decisions, answers.Decisions)
			all = append(all, answers)
		}
		return all
	}
	origin := a.release(t, a.shop, statement(5))
	for _, answers := range loads(a.restored(t, a.release(t, a.shop, without(statement(8), "elsewhere", "hero"), a.recovery), origin)) {
		for _, answer := range answers.Decisions {
			require.Equal(t, core.ReasonDisabled, answer.Reason)
			require.Equal(t, v.bundle.Decisions[answer.Decision].Default, answer.Variant)
		}
	}
	require.Equal(t, v.before, loads(a.restored(t, a.release(t, a.shop, statement(9), a.recovery), origin)))
	require.Equal(t, v.pages, v.memory.Size(), "the module's memory")
}

// recoveryList is the list next, signed by a recovery key and one of two who would have to: package sign refuses that.
func recoveryList(t *testing.T, a *actors, next *verify.KeyList) []byte {
	list := *next
	list.Version, list.Previous = a.list.Version+1, verify.Sum(a.list.Append(nil))
	signed, err := sign.All(list.Append(nil), a.recovery, a.anna)
	require.NoError(t, err)
	return verify.AppendListFile(nil, &signed)
}

func without(s verify.Statement, disabled ...string) verify.Statement {
	s.Disabled = disabled
	return s
}

// names are so many, ascending.
func names(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("decision-%03d", i))
	}
	return all
}

func audience(s verify.Statement, name string) verify.Statement {
	s.Audience = name
	return s
}

func channel(s verify.Statement, name string) verify.Statement {
	s.Channel = name
	return s
}

// forgeSigned is an honest statement about version 8, signed by some and with a further signature.
func (a *actors) forgeSigned(t *testing.T, further *verify.SignatureBy, signers ...sign.Signer) []byte {
	e := read(t, a.release(t, a.shop, statement(8)))
	var err error
	e.Release, err = sign.All(e.Release.Body, signers...)
	require.NoError(t, err)
	if further != nil {
		e.Release.Add(*further)
	}
	return e.Append(nil)
}

// forgeBytes signs what change makes of an honest statement's bytes.
func (a *actors) forgeBytes(t *testing.T, change func([]byte) []byte) []byte {
	e := read(t, a.release(t, a.shop, statement(8)))
	var err error
	e.Release, err = sign.All(change(bytes.Clone(e.Release.Body)), a.anna, a.bert)
	require.NoError(t, err)
	return e.Append(nil)
}

func (a *actors) forgeBody(t *testing.T, change func([]byte)) []byte {
	return a.forgeBytes(t, func(body []byte) []byte {
		change(body)
		return body
	})
}

// restored puts the origin into a release that a recovery key signed.
func (a *actors) restored(t *testing.T, envelope, origin []byte) []byte {
	e, from := read(t, envelope), read(t, origin)
	e.Origin = from.Release
	if len(from.Origin.Body) > 0 {
		e.Origin = from.Origin
	}
	return e.Append(nil)
}

// doubled writes an envelope's only signature twice.
func doubled(t *testing.T, envelope []byte) []byte {
	e := read(t, envelope)
	e.Release.Signatures = append(e.Release.Signatures, e.Release.Signatures[0])
	return e.Append(nil)
}

// runes takes each byte for a character.
func runes(data []byte) (all []rune) {
	for _, c := range data {
		all = append(all, rune(c))
	}
	return all
}

// swapped turns the bytes of each word round.
func swapped(data []byte) []byte {
	data = bytes.Clone(data)
	for i := 0; i+4 <= len(data); i += 4 {
		slices.Reverse(data[i : i+4])
	}
	return data
}

// patch sets a word.
func patch(data []byte, word int, value uint32) []byte {
	data = bytes.Clone(data)
	binary.LittleEndian.PutUint32(data[4*word:], value)
	return data
}

// A bundle's section table begins at word 6; each row is a tag and a length.
func sectionTwice(bundle []byte) []byte {
	return resealed(patch(bundle, 8, binary.LittleEndian.Uint32(bundle[4*6:])))
}
func unknownSection(bundle []byte) []byte  { return resealed(patch(bundle, 8, 0x5a5a5a5a)) }
func tooManySections(bundle []byte) []byte { return resealed(patch(bundle, 5, 0xffffffff)) }
