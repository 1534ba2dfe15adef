package state

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/hash32"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// IDs gives the visitor's ids to a context that has none. One that is consented to and not there is made of random, 16 bytes for the session and 16 for the
// visitor; with fewer nothing is made.
func (s *State) IDs(c *core.Context, random []byte) {
	for i, id := range s.site.ids {
		if id == nil || c.State(int(id.index)) != core.Missing {
			continue
		}
		kind := Session + Kind(i)
		p := s.find(kind, 0)
		if p == nil && len(random) >= 2*idSize {
			p = s.set(kind, id, random[i*idSize:(i+1)*idSize])
		}
		if p != nil {
			text := mac.AppendHex(s.texts[i][:0], p.value)
			c.Supply(int(id.index), core.String(unsafe.String(&text[0], len(text))))
		}
	}
}

// Answers gives the answers that decisions keep to a context.
func (s *State) Answers(c *core.Context) {
	for i := range s.parts[:s.count] {
		p := &s.parts[i]
		if p.kind != Sticky || p.about == nil {
			continue
		}
		d := &s.site.bundle.Decisions[p.about.index]
		for v := d.FirstVariant; v < d.FirstVariant+d.Variants; v++ {
			if s.variant(p.about, v) == word(p.value) {
				c.SetSticky(int(p.about.index), int(v))
				break
			}
		}
	}
}

// variant is the hash of a variant (an index), which goes on from that of its decision's name.
func (s *State) variant(k *thing, v uint32) uint32 {
	return hash32.FNV1a(k.name, s.site.bundle.String(s.site.bundle.Variants[v].Name))
}

// Keep keeps the answer of a decision, if that is sticky and one of its rules gave the answer now.
func (s *State) Keep(a *core.Answer) {
	switch {
	case a.Rule == 0 || a.Variant == 0 || a.Flags&core.Sticky != 0 || s.site.bundle.Decisions[a.Decision].Flags&format.DecisionSticky == 0:
		return
	case a.Reason != core.ReasonTargetingMatch && a.Reason != core.ReasonSplit && a.Reason != core.ReasonStale:
		return
	}
	for i := range s.site.sticky {
		if k := &s.site.sticky[i]; k.index == a.Decision {
			var value [4]byte
			putWord(value[:], s.variant(k, a.Variant-1))
			s.set(Sticky, k, value[:])
		}
	}
}

// Attribute gives what the origin told of an attribute, as JSON, if that still counts.
func (s *State) Attribute(attribute int) (json string, ok bool) {
	for i := range s.site.attributes {
		if k := &s.site.attributes[i]; k.index == uint32(attribute) {
			if p := s.find(Kept, k.name); p != nil && p.purposes&^(s.granted|1) == 0 {
				value := p.value[4:]
				return unsafe.String(&value[0], len(value)), true
			}
		}
	}
	return "", false
}

// KeepAttribute keeps what the origin told of an attribute, as JSON, for so many seconds. It says false, and keeps nothing, for one that the
// bundle does not take from the origin, that is not consented to or whose value is longer than MaxValue; an empty value removes what is kept.
func (s *State) KeepAttribute(attribute int, json string, seconds int64) bool {
	for i := range s.site.attributes {
		k := &s.site.attributes[i]
		if k.index != uint32(attribute) {
			continue
		}
		var value [4 + MaxValue]byte
		if len(json) > MaxValue {
			return false
		}
		if json == "" || seconds <= 0 {
			s.forget(Kept, k.name)
			return true
		}
		putWord(value[:], uint32(min(seconds, MaxAge)))
		return s.set(Kept, k, value[:4+copy(value[4:], json)]) != nil
	}
	return false
}

func (s *State) forget(kind Kind, name uint32) {
	for i := range s.parts[:s.count] {
		if p := &s.parts[i]; p.kind == kind && p.name == name {
			s.remove(i)
			return
		}
	}
}
