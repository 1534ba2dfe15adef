package state

import (
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/hash32"
)

// Site is what a bundle keeps of visitors. It is immutable, and may be shared among goroutines.
type Site struct {
	// Purposes are those of all that the bundle keeps, a bit each. Where none is granted, the cookie is not to be opened.
	Purposes uint32

	name       string
	purposes   []uint32 // FNV-1a of the names of the bundle's purposes
	ids        [2]*thing
	sticky     []thing
	attributes []thing
	bundle     *format.Bundle
}

// thing is an attribute or a decision of which something is kept.
type thing struct {
	name  uint32 // FNV-1a of its name; 0 of an id
	index uint32 // in the bundle
	needs uint32 // bit set over purposes
	limit int64  // seconds: an attribute's max_age, a decision's hold; 0: none
}

// Signed is the `from` of attributes that are kept.
const Signed = "signed"

// NewSite finds what a bundle keeps.
func NewSite(b *format.Bundle) *Site {
	t := &Site{name: b.Name(), purposes: make([]uint32, 0, len(b.Purposes)), bundle: b}
	for i := range b.Purposes {
		t.purposes = append(t.purposes, hash(b.String(b.Purposes[i].Name)))
	}
	for i, name := range [...]string{attribute.SessionID, attribute.VisitorID} {
		if id := b.FindAttribute(name); id >= 0 {
			t.ids[i] = t.attribute(id)
			t.ids[i].name = 0
		}
	}
	if id := t.ids[1]; id != nil && id.limit == 0 {
		id.limit = Lasting
	}
	sticky, signed := 0, 0 // counted first, so that each list is made once
	for i := range b.Decisions {
		sticky += int(b.Decisions[i].Flags & format.DecisionSticky / format.DecisionSticky)
	}
	for i := range b.Attributes {
		if b.String(b.Attributes[i].From) == Signed {
			signed++
		}
	}
	t.sticky, t.attributes = make([]thing, 0, sticky), make([]thing, 0, signed)
	for i := range b.Decisions {
		if d := &b.Decisions[i]; d.Flags&format.DecisionSticky != 0 {
			t.sticky = append(t.sticky, thing{hash(b.String(d.Name)), uint32(i), d.Purposes, int64(d.Hold)})
			t.Purposes |= d.Purposes
		}
	}
	for i := range b.Attributes {
		if b.String(b.Attributes[i].From) == Signed {
			t.attributes = append(t.attributes, *t.attribute(i))
		}
	}
	return t
}

// attribute makes a thing of an attribute.
func (t *Site) attribute(i int) *thing {
	a := &t.bundle.Attributes[i]
	t.Purposes |= 1 << a.Purpose
	return &thing{hash(t.bundle.String(a.Name)), uint32(i), 1 << a.Purpose, int64(a.MaxAge)}
}

func hash(name string) uint32 { return hash32.FNV1a(hash32.FNVBasis, name) }

// find finds what the bundle knows by the hash of its name, or nil.
func (t *Site) find(kind Kind, name uint32) *thing {
	list := t.sticky
	switch kind {
	case Session, Visitor:
		return t.ids[kind-Session]
	case Kept:
		list = t.attributes
	}
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

// need adds a purpose, by its name's hash, to those of a part.
func (t *Site) need(p *part, name uint32) {
	for i, known := range t.purposes {
		if known == name {
			p.purposes |= 1 << i
			return
		}
	}
	p.unknown = true
}
