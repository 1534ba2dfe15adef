// Package verify says whether a bundle may go into service: who signed it, for whom, for when, and whether it is newer than what was there.
//
// Reach for Policy first: its Accept takes the bytes of an envelope and gives a Release, or a *Refusal that names the check which failed. All
// bytes may come from anybody: nothing panics, nothing is believed before enough trusted keys have signed it, and the cost is bounded.
// Signing is package bundles/sign's, with the types that are defined here.
//
// # What is promised
//
// Whoever can write where releases are stored, and has no key, can make a verifier accept nothing new: no other content, no other channel's or
// audience's, no older version than the one that it remembers (Mark). What such a person can do: withhold releases, until what is in service
// expires; and give a verifier that remembers nothing an older version, as long as that has not expired and is not below Policy.Floor. So a
// release should expire, and a verifier should remember. Who has fewer keys than the channel's threshold can do no more; with a recovery key
// alone, only bring back what enough signers have released in that channel before, and switch decisions of it off.
//
// After a clock went back by more than MaxClockSkew nothing new is accepted, since that may have expired. What was accepted last goes on, as it does
// where nobody starts again. A clock that was ahead by mistake while something was accepted has to be told so by hand, in what the verifier
// remembers.
//
// # Candidates
//
// A release with a Ramp is tried at a part of the places, beside the one that is for all (Statement.Reaches). It is a release like any other, signed by as
// many, and what it is stands in what they sign: whoever can write the store can neither widen it nor pass it off as one for all. It does not count
// as the highest version that was accepted, so that a place can go back to what is for all. To withdraw it takes a release of a higher version; after that
// it is refused, as everything older is. A recovery key can withdraw a candidate, but neither make one nor make one the release for all.
//
// # Layout
//
// All numbers are 32-bit words, little-endian; one of 64 bits is two words, the low one first. A digest is the 32 bytes of SHA-512/256. A text
// is a word with its length in bytes, the bytes, and zeros to the next whole word. There is one way to write anything: what deviates in
// one byte is refused. The signature algorithm is not written anywhere, so nobody can choose it: it is Ed25519 (RFC 8032).
//
//	envelope    "EDGE", 1, length of the whole file in bytes; release, origin: signed statements; zeros to a multiple of 8; payload
//	signed      body (as a text is written); number of signatures; for each, by ascending key: key id (64 bits), 64 bytes
//	statement   "EDGS", 1; version, signed at, not before, fresh until, expires (64 bits each);
//	            of a candidate: from, until (64 bits each), share at first, share at last, margin; engine, format, payload's size;
//	            payload's digest, digest of the statement before; bundle, channel, audience (texts);
//	            number of decisions that are switched off; the name of each (text), ascending
//	key list    "EDGK", 1; version (64 bits); digest of the list before; threshold, number of channels, number of keys;
//	            for each channel: its name (text), its threshold; for each key: 32 bytes, role, name (text)
//	list file   "EDGL", 1, length of the whole file in bytes; a signed key list
//
// The origin of most releases is empty: a body of length 0 without signatures.
//
// # Worked example
//
// A release of the bundle "a" of four bytes (no bundle that core would take), signed with the key of which the seed is the bytes 0 to 31:
//
//	45444745 01000000 24010000                                EDGE, encoding 1, 292 bytes
//	b8000000                                                  release: body of 184 bytes
//	45444753 01000000                                         EDGS, encoding 1
//	07000000 00000000                                         version 7
//	70ff0d6b 00000000                                         signed 2026-11-30T22:57:52Z
//	000e0e6b 00000000 805f0f6b 00000000                       begins 2026-12-01T00:00:00Z, is fresh for a day
//	009b356b 00000000                                         expires 2026-12-31T00:00:00Z
//	00000000 00000000 00000000 00000000                       no candidate: for all
//	00000000 00000000 00000000
//	01000000 01000000 04000000                                engine level 1, format 1, payload of 4 bytes
//	0bf1c40f f7dca3cd 901cae20 5ab1e6f9 2d10a83a 99896ad8     the payload's digest
//	ac192931 2c1c0135
//	00000000 00000000 00000000 00000000 00000000 00000000     no statement before
//	00000000 00000000
//	01000000 61000000                                         bundle "a"
//	0a000000 70726f64 75637469 6f6e0000                       channel "production"
//	00000000                                                  no audience
//	00000000                                                  no decision switched off
//	01000000                                                  one signature
//	1b2b161a e80f5ef6                                         by key f65e0fe81a162b1b
//	ee5bc308 0086a96f f6726a1a e6424583 61a15979 042da62c     the signature of the body
//	81edd33b 6544aa95 bb579bcb 43a535a4 479eeb33 5a5349cc
//	7d1421f5 0ff1cc6d 9bc6d447 65cf9307
//	00000000 00000000                                         origin: none
//	00000000                                                  zeros to a multiple of 8
//	45444757                                                  the payload
package verify

// Checker is CheckSignature, or does what it does.
type Checker func(public *[32]byte, message []byte, signature *[64]byte) bool
