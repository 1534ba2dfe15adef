package state

import "github.com/edgewise-dev/edgewise/edge/mac"

// Action is what to do with the cookie.
type Action uint8

// The actions.
const (
	Leave  Action = iota // as it is
	Set                  // to the new value
	Delete               // there is nothing to keep
)

// Seal appends the cookie's new value to dst, if it needs one: where something came, went or is about to expire. maxAge is how many seconds the
// browser is to keep it.
func (s *State) Seal(key *mac.Key, dst []byte) (value []byte, maxAge int64, do Action) {
	if s.now <= 0 || s.now >= 1<<32 { // a clock that is not set
		return dst, 0, Leave
	}
	if s.count == 0 {
		if s.found {
			return dst, 0, Delete
		}
		return dst, 0, Leave
	}
	after := int64(renew)
	if s.find(Session, 0) != nil {
		after = renewSession
	}
	if !s.stale && s.now-s.sealed < after {
		return dst, 0, Leave
	}
	s.sealed = s.now
	var content [maxContent + tagSize]byte
	n, ok := s.write(content[:maxContent])
	for !ok && s.yield() {
		n, ok = s.write(content[:maxContent])
	}
	if !ok {
		return dst, 0, Leave
	}
	for i := range s.parts[:s.count] {
		maxAge = max(maxAge, s.ends(&s.parts[i])-s.now)
	}
	tag := s.tag(key, content[:n])
	n += copy(content[n:], tag[:tagSize])
	return mac.AppendBase64(dst, content[:n]), maxAge, Set
}

// yield removes the part that goes first where there is no room, and says whether there is one: the oldest answer or attribute, and before all of
// those that are to be held the others.
func (s *State) yield() bool {
	first, oldest := -1, int64(0)
	for i := range s.parts[:s.count] {
		p := &s.parts[i]
		if p.kind < Sticky {
			continue
		}
		age := p.since
		if p.kind == Sticky && p.about != nil && p.since+p.about.limit > s.now {
			age += 1 << 40
		}
		if first < 0 || age < oldest {
			first, oldest = i, age
		}
	}
	if first < 0 {
		return false
	}
	s.remove(first)
	return true
}

// write writes the parts into room, and says how many bytes there are, or false where it is too small.
func (s *State) write(room []byte) (n int, ok bool) {
	w := writer{room: room}
	w.byte(version)
	w.word(uint32(s.now))
	all := uint32(0)
	for i := range s.parts[:s.count] {
		all |= s.parts[i].purposes
	}
	var place [32]uint8 // of each purpose in the cookie's list
	count := uint8(0)
	for i := range s.site.purposes {
		if all>>i&1 != 0 {
			place[i] = count
			count++
		}
	}
	w.byte(count)
	for i, name := range s.site.purposes {
		if all>>i&1 != 0 {
			w.word(name)
		}
	}
	for i := range s.parts[:s.count] {
		p := &s.parts[i]
		set := uint32(0)
		for j := range place {
			set |= p.purposes >> j & 1 << place[j]
		}
		w.byte(byte(p.kind))
		w.set(set)
		w.word(p.name)
		w.word(uint32(p.since))
		w.byte(byte(len(p.value)))
		for _, c := range p.value {
			w.byte(c)
		}
	}
	return w.n, w.n <= len(room)
}
