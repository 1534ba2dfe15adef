package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
)

// hiddenParameter is a query parameter that an attribute is read from. It is no part of request.query while that attribute's purpose is
// not granted: what is masked in one place must not be there in another. Nor does it count towards what is too much there.
type hiddenParameter struct {
	name    string
	purpose uint32
}

// hideParameters finds the query parameters that feed attributes which are not necessary.
func (b *Bundle) hideParameters() {
	const source = "query:"
	b.query = b.FindAttribute("request.query")
	if b.query < 0 {
		return
	}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		if from := b.String(a.From); a.Purpose != 0 && len(from) > len(source) && from[:len(source)] == source {
			b.hidden = append(b.hidden, hiddenParameter{from[len(source):], a.Purpose})
		}
	}
}

// HiddenParameter gives the purposes, as a bit set, without any of which a query parameter is no part of request.query: those of the
// attributes that it feeds. 0 where it always is.
func (b *Bundle) HiddenParameter(name string) (purposes uint32) {
	for i := range b.hidden {
		if b.hidden[i].name == name {
			purposes |= 1 << b.hidden[i].purpose
		}
	}
	return purposes
}

// unhides says whether a parameter shows that was hidden while only what is necessary was granted.
func (c *Context) unhides() bool {
	for i := range c.bundle.hidden {
		if c.granted>>c.bundle.hidden[i].purpose&1 != 0 {
			return c.given[c.bundle.query].kind == format.Map
		}
	}
	return false
}

func (c *Context) isHidden(key Value) bool {
	for i := range c.bundle.hidden {
		h := &c.bundle.hidden[i]
		if c.granted>>h.purpose&1 == 0 && key.kind == format.String && key.text() == h.name {
			return !leaks
		}
	}
	return false
}

// unhidden gives the parameters of request.query that are not hidden. Neither number nor length of those that are makes a difference.
func (c *Context) unhidden(query Value) (Value, State) {
	pairs := int(query.num)
	r := reader{}
	if query.aux == encoded {
		r.data = unsafe.Slice((*byte)(query.ptr), int(query.num))
		r.word()
		pairs = int(r.word())
	}
	first, length := c.used, uint64(0)
	for i := 0; i < pairs; i++ {
		var pair [2]Value
		state := Present
		if query.aux == encoded {
			pair, state = c.nextPair(&r)
		} else {
			copy(pair[:], query.elements()[2*i:])
		}
		if c.isHidden(pair[0]) {
			continue
		}
		if length += pair[0].length() + pair[1].length(); length > MaxText || len(c.elements)-c.used < len(pair) {
			state = BeyondSize
		}
		if state != Present {
			return query, state
		}
		c.used += copy(c.elements[c.used:], pair[:])
	}
	return Map(c.elements[first:c.used]), Present
}

// nextPair reads a parameter, its name and its value. What is wrong with a value stands in its place.
func (c *Context) nextPair(r *reader) (pair [2]Value, state State) {
	pair[0], state = r.text()
	value := State(0)
	pair[1], value = r.text()
	if state == Present {
		state = value
	}
	return pair, state
}

// text reads an encoded string; of any other value it says why it is none.
func (r *reader) text() (Value, State) {
	switch kind := r.word(); kind {
	case uint32(format.String):
		var v Value
		r.scalar(kind, &v)
		return v, Present
	case Oversized:
		return Value{}, BeyondSize
	default:
		if kind != Mistyped && !r.skip(kind) {
			r.broken = true
		}
		return Value{}, WrongType
	}
}
