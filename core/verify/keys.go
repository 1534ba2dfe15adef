package verify

const magicKeys = 'E' | 'D'<<8 | 'G'<<16 | 'K'<<24

// KeyID names a key: the first eight bytes of its digest, the first byte the highest.
type KeyID uint64

// ID names a public key.
func ID(public [32]byte) KeyID { return idOf(public[:]) }

//go:noinline
func idOf(public []byte) (id KeyID) {
	sum := Sum(public)
	for _, c := range sum[:8] {
		id = id<<8 | KeyID(c)
	}
	return id
}

// String is the id in 16 hexadecimal digits.
func (id KeyID) String() string {
	const digits = "0123456789abcdef"
	var text [16]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = digits[id&15]
		id >>= 4
	}
	return string(text[:])
}

// Role is what a key may do: a set of the bits below.
type Role uint32

// The roles. A key without any signs releases and key lists.
const (
	Recovery Role = 1 << iota // may only restore, alone, what enough signers have released before, and switch decisions of it off
	Revoked                   // may nothing any more
	roles    = Recovery | Revoked
)

// Key is a public key.
type Key struct {
	Public [32]byte
	Role   Role
	Name   string // for people; may be empty
}

// Required is how many signers a channel needs where that is not the list's Threshold.
type Required struct {
	Channel string
	Signers uint32
}

// KeyList is who is trusted. A verifier begins with one that it was given by hand; each later one is signed by enough keys of the one before.
type KeyList struct {
	Version   uint64     // counts the lists from 1
	Previous  Digest     // of the encoded list before; zeros: it is the first
	Threshold uint32     // how many signers a release needs
	Channels  []Required // by ascending name
	Keys      []Key
}

// Append writes the list after dst: the bytes that are signed.
func (l *KeyList) Append(dst []byte) []byte {
	dst = appendDouble(appendWord(appendWord(dst, magicKeys), encoding), l.Version)
	dst = append(dst, l.Previous[:]...)
	dst = appendWord(appendWord(appendWord(dst, l.Threshold), uint32(len(l.Channels))), uint32(len(l.Keys)))
	for _, c := range l.Channels {
		dst = appendWord(appendText(dst, c.Channel), c.Signers)
	}
	for i := range l.Keys {
		k := &l.Keys[i]
		dst = appendText(appendWord(append(dst, k.Public[:]...), uint32(k.Role)), k.Name)
	}
	return dst
}

// ReadKeyList reads what Append writes: no key twice, channels by ascending name. The error is a *Refusal.
func ReadKeyList(data []byte) (*KeyList, error) {
	r := reader{rest: data}
	r.want(r.word() == magicKeys)
	if have := r.word(); !r.broken && have != encoding {
		return nil, refuse(Format, uint64(have), encoding)
	}
	l := &KeyList{Version: r.double(), Previous: r.digest(), Threshold: r.word()}
	channels, keys := r.word(), r.word()
	r.want(l.Version > 0 && l.Version <= MaxVersion && channels <= MaxChannels && keys <= MaxKeys)
	for before := ""; channels > 0 && !r.broken; channels-- {
		c := Required{Channel: r.name(), Signers: r.word()}
		r.want(c.Channel > before && c.Signers > 0)
		l.Channels, before = append(l.Channels, c), c.Channel
	}
	for ; keys > 0 && !r.broken; keys-- {
		k := Key{Public: r.digest(), Role: Role(r.word()), Name: r.name()}
		r.want(k.Role&^roles == 0 && l.find(idOf(k.Public[:])) == nil)
		l.Keys = append(l.Keys, k)
	}
	r.want(l.Threshold > 0)
	if r.broken || len(r.rest) > 0 {
		return nil, refuse(Torn, 0, 0)
	}
	return l, nil
}

func (l *KeyList) find(id KeyID) *Key {
	for i := range l.Keys {
		if idOf(l.Keys[i].Public[:]) == id {
			return &l.Keys[i]
		}
	}
	return nil
}

// signers is how many keys may sign releases.
func (l *KeyList) signers() (n uint32) {
	for i := range l.Keys {
		if l.Keys[i].Role == 0 {
			n++
		}
	}
	return n
}

// Required is how many signers a release in a channel needs.
func (l *KeyList) Required(channel string) uint32 {
	for _, c := range l.Channels {
		if c.Channel == channel {
			return c.Signers
		}
	}
	return l.Threshold
}

// most is the largest of the thresholds: what a change of the list needs, or it would be a way around them.
//
//go:noinline
func (l *KeyList) most() uint32 {
	most := l.Threshold
	for _, c := range l.Channels {
		most = max(most, c.Signers)
	}
	return most
}

// Next reads the signed list that follows this one. check is CheckSignature, or calls it. Signers of the list before introduce a list: as many as
// its largest threshold says, none of them revoked. The error is a *Refusal: Version where it does not follow.
func (l *KeyList) Next(file []byte, check Checker) (*KeyList, error) {
	digest := Sum(l.Append(nil))
	return l.next(&digest, file, check)
}

// next is Next with the digest of the encoded list, which it replaces by that of the next one.
func (l *KeyList) next(digest *Digest, file []byte, check Checker) (*KeyList, error) {
	signed, err := readListFile(file)
	if err != nil {
		return nil, err
	}
	if err := l.enough(signed, check, l.most()); err != nil {
		return nil, err
	}
	next, err := ReadKeyList(signed.Body)
	if err != nil {
		return nil, err
	}
	if next.most() > next.signers() { // nothing could follow it, nor be released
		return nil, refuse(Threshold, uint64(next.signers()), uint64(next.most()))
	}
	if next.Version != l.Version+1 {
		return nil, refuse(Version, next.Version, l.Version+1)
	}
	if !next.Previous.is(digest) {
		return nil, refuse(Conflict, l.Version, 0)
	}
	*digest = Sum(signed.Body)
	return next, nil
}
