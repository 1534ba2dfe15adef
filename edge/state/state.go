// Package state is what a site keeps of a visitor between requests: one cookie that the visitor's browser holds and the site's secret
// authenticates. There is no other store.
//
// [NewSite] says once what a bundle keeps and which purposes that needs. For each request a [State] is opened from the cookie, loses what is no
// longer consented to (Restrict), gives what it has, takes what is new, and is sealed again if that is due:
//
//	s.Begin(site, now)
//	s.Open(keys, cookie)
//	s.Restrict(granted)
//	s.IDs(context, random)
//	s.Answers(context)
//	... the decisions are made ...
//	s.Keep(&answer)
//	value, maxAge, do := s.Seal(&keys[0], dst)
//
// # The cookie
//
// It is base64url of, integers little-endian:
//
//	1 byte       version: 1
//	4 bytes      when it was sealed, in seconds since 1970
//	1 byte       how many purposes follow
//	4 bytes each a purpose: FNV-1a of its name
//	...          parts
//	16 bytes     the first half of HMAC-SHA256 by the secret, over mac.State, the bundle's name and all the above (mac.Key.Begin)
//
// and a part is
//
//	1 byte       Kind
//	1-5 bytes    the purposes that it needs, a bit for each of the above, as an unsigned LEB128
//	4 bytes      FNV-1a of the name of its decision or attribute; 0 of an id
//	4 bytes      since when, in seconds since 1970
//	1 byte       how many bytes follow
//	...          its value: an id's 16 bytes, a sticky answer's variant, a kept attribute's time to live and its JSON
//
// Names are kept as hashes, so that a new bundle still understands what an old one kept, and parts of decisions and attributes that a bundle does
// not know stay, as long as their purposes are granted: while a new bundle spreads, a visitor meets both. Only the visitor's id goes where the
// bundle does not use it. The cookie is not secret: whoever can look into the browser can read it.
//
// # Its limits
//
// Name and value together have at most 1 KiB, so that the browser never refuses it. Where there is no room for all, the oldest sticky answer or
// kept attribute goes first, and those that are still to be held (hold) after the others; ids stay. Nothing is older than 400 days.
package state

import "github.com/edgewise-dev/edgewise/edge/mac"

// Name is the cookie's. Its prefix makes browsers send it to nobody but this host, and take it from nobody else.
const Name = "__Host-edgewise"

// Kind says what a part is.
type Kind uint8

// The kinds.
const (
	Session Kind = iota + 1 // the session's id
	Visitor                 // the visitor's id
	Sticky                  // the variant that a decision was answered with
	Kept                    // an attribute that the origin told
	kinds
)

// Limits.
const (
	Idle      = 30 * 60              // seconds after which a session has ended
	Lasting   = 90 * day             // seconds that a visitor's id lasts unless the bundle says so, and a sticky answer without a visit
	MaxAge    = 400 * day            // seconds that browsers keep a cookie at the most
	MaxValue  = 255 - 4              // bytes of a kept attribute's value
	MaxParts  = 64                   // more have no room
	MaxSealed = 1024 - len(Name) - 1 // bytes of the cookie's value

	day     = 24 * 60 * 60
	tagSize = 16
	// maxContent is what a cookie holds, without its code.
	maxContent = MaxSealed*3/4 - tagSize
	headSize   = 6
	version    = 1

	// A session's time is renewed after a minute and not with each request, so that few responses set a cookie; without a session it is done daily.
	renewSession = 60
	renew        = day

	// skew is how many seconds the clocks of edge nodes may be apart.
	skew = 5 * 60
)

// Outcome is what became of a cookie.
type Outcome uint8

// The outcomes.
const (
	None      Outcome = iota // there was none
	Opened                   // it is the site's own
	Malformed                // it is no state
	Forged                   // no secret fits
	Expired                  // it is older than it may be, or from the future
	outcomes
)

var outcomeTexts = [outcomes]string{"none", "opened", "malformed", "forged", "expired"}

// String gives the outcome's word.
func (o Outcome) String() string {
	if o < outcomes {
		return outcomeTexts[o]
	}
	return "unknown"
}

// part is one thing that is kept.
type part struct {
	kind     Kind
	unknown  bool   // it needs a purpose that the bundle does not know
	purposes uint32 // bit set over the bundle's
	about    *thing // nil: the bundle does not know its decision or attribute
	name     uint32
	since    int64
	value    []byte
}

// State is what is kept of one visitor. It is used for one request at a time; what it gives lasts until the next Begin.
type State struct {
	site    *Site
	now     int64
	sealed  int64 // when the cookie was; 0: there is none
	found   bool  // there was a cookie, be it this site's or not
	stale   bool  // the cookie says something else than the parts
	granted uint32

	parts [MaxParts]part
	count int

	opened [maxContent + tagSize]byte // what the cookie held; values lie in it
	fresh  [maxContent]byte           // values that came since
	used   int                        // of fresh
	texts  [2][2 * idSize]byte        // of ids
}

const idSize = 16

// Begin forgets the visitor before. now is the time in seconds since 1970.
func (s *State) Begin(site *Site, now int64) {
	s.site, s.now, s.sealed, s.found, s.stale, s.granted, s.count, s.used = site, now, 0, false, false, 0, 0, 0
}

// Present notes that there is a cookie, whatever it holds.
func (s *State) Present() { s.found = true }

// Open takes what a cookie holds, if it is the site's own: sealed with one of the keys, of which the first is the one that seals now. Only one
// cookie is opened.
func (s *State) Open(keys []mac.Key, cookie string) Outcome {
	s.found = true
	n, ok := mac.DecodeBase64(s.opened[:], cookie)
	if !ok || n < headSize+tagSize || s.opened[0] != version {
		return Malformed
	}
	content := s.opened[:n-tagSize]
	for i := range keys {
		if tag := s.tag(&keys[i], content); mac.Equal(tag[:tagSize], s.opened[n-tagSize:n]) {
			s.stale = i > 0
			return s.take(content)
		}
	}
	return Forged
}

// take takes what an authentic cookie holds.
func (s *State) take(content []byte) Outcome {
	sealed := int64(word(content[1:]))
	if sealed > s.now+skew || s.now-sealed >= MaxAge {
		return Expired
	}
	if s.sealed = sealed; !s.read(content) {
		s.sealed, s.count = 0, 0
		return Malformed
	}
	return Opened
}

func (s *State) tag(key *mac.Key, content []byte) []byte {
	key.Begin(mac.State, s.site.name)
	key.Write(content)
	return key.Sum()
}

// read takes a cookie's parts, as far as they still count.
func (s *State) read(content []byte) bool {
	r := reader{data: content[headSize:]}
	purposes := r.take(4 * int(content[headSize-1]))
	for len(r.data) > 0 && !r.broken {
		p := part{kind: Kind(r.byte())}
		set := r.set()
		p.name, p.since = word(r.take(4)), int64(word(r.take(4)))
		p.value = r.take(int(r.byte()))
		if r.broken || s.count == MaxParts || p.kind == 0 || p.kind >= kinds || !p.fits() {
			return false
		}
		for i := 0; set>>i != 0; i++ {
			if 4*i+4 > len(purposes) {
				return false
			}
			if set>>i&1 != 0 {
				s.site.need(&p, word(purposes[4*i:]))
			}
		}
		p.about = s.site.find(p.kind, p.name)
		if p.about != nil {
			p.purposes |= p.about.needs
		}
		if s.ends(&p) <= s.now || p.since > s.now+skew || p.kind == Visitor && p.about == nil {
			s.stale = true
			continue
		}
		s.parts[s.count] = p
		s.count++
	}
	return !r.broken
}

// fits says whether a part's value has the size that its kind needs.
func (p *part) fits() bool {
	switch p.kind {
	case Sticky:
		return len(p.value) == 4
	case Kept:
		return len(p.value) > 4
	}
	return len(p.value) == idSize
}

// ends is the time from which a part no longer counts.
func (s *State) ends(p *part) int64 {
	limit := int64(0)
	if p.about != nil {
		limit = p.about.limit
	}
	end := p.since + MaxAge
	switch p.kind {
	case Session:
		return min(end, s.sealed+Idle)
	case Sticky:
		return min(end, max(s.sealed+Lasting, p.since+limit))
	case Kept:
		end = min(end, p.since+int64(word(p.value)))
	}
	if limit > 0 {
		end = min(end, p.since+limit)
	}
	return end
}

// Restrict removes the parts of which a purpose is not granted, and lets none come. granted is a bit set over the bundle's purposes.
func (s *State) Restrict(granted uint32) {
	s.granted = granted
	for i := 0; i < s.count; {
		if p := &s.parts[i]; p.unknown || p.purposes&^granted != 0 {
			s.remove(i)
			continue
		}
		i++
	}
}

// remove takes a part away.
func (s *State) remove(i int) {
	s.count--
	copy(s.parts[i:s.count], s.parts[i+1:s.count+1])
	s.stale = true
}

func (s *State) find(kind Kind, name uint32) *part {
	for i := range s.parts[:s.count] {
		if p := &s.parts[i]; p.kind == kind && p.name == name {
			return p
		}
	}
	return nil
}

// set makes value what is kept of something from now on, if that is consented to. The value is copied.
func (s *State) set(kind Kind, about *thing, value []byte) *part {
	if about.needs&^s.granted != 0 || len(value) > len(s.fresh)-s.used {
		return nil
	}
	p := s.find(kind, about.name)
	if p == nil {
		if s.count == MaxParts && !s.yield() {
			return nil
		}
		p = &s.parts[s.count]
		s.count++
	}
	start := s.used
	s.used += copy(s.fresh[start:], value)
	*p = part{kind: kind, purposes: about.needs, about: about, name: about.name, since: s.now, value: s.fresh[start:s.used]}
	s.stale = true
	return p
}
