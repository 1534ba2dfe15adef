package core

import (
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The limits of a context. A value beyond one is absent and reported; the request goes on.
const (
	MaxText   = 16 << 10 // bytes of a string or byte string, or of all in a list or map: longer ones are no attribute but a document
	MaxValues = 1 << 10  // elements of all lists and maps together, keys counted: what a page's query and languages need, and ten times that
)

// Context is what is known of one request: an attribute's value each, the granted purposes and the time. It belongs to the bundle it was made
// for, is used by one goroutine at a time and reused with Reset.
type Context struct {
	bundle  *Bundle
	granted uint32  // bit set over the bundle's purposes
	given   []Value // by attribute, as set
	slots   []Value // by attribute, as rules see them: masked and checked
	states  []State
	ready   bool // slots and states follow from given and granted
	seconds int64
	nanos   uint32

	overrides  []override // by decision
	overridden bool       // there is one

	// Elements of lists and maps that were given encoded.
	elements [MaxValues]Value
	used     int
}

// State says what became of an attribute's value.
type State uint8

// The states of an attribute in a context.
const (
	Missing    State = iota // no value was given
	Present                 // rules see it
	Masked                  // its purpose is not granted; whether a value was given does not matter
	WrongType               // not of the declared type, or not UTF-8
	NotInEnum               // not among the declared values
	BeyondSize              // beyond MaxText or MaxValues
	states
)

var stateTexts = [states]string{"absent", "present", "not consented", "wrong type", "not an allowed value", "too large"}

// String says it in words.
func (s State) String() string {
	if s < states {
		return stateTexts[s]
	}
	return "unknown"
}

// NewContext makes an empty context: no values, only "necessary" granted, the time 1970.
func (b *Bundle) NewContext() *Context {
	c := &Context{bundle: b, given: make([]Value, len(b.Attributes)), slots: make([]Value, len(b.Attributes)),
		states: make([]State, len(b.Attributes)), overrides: make([]override, len(b.Decisions))}
	c.Reset()
	return c
}

// Reset forgets everything.
func (c *Context) Reset() {
	clear(c.given)
	if c.overridden {
		clear(c.overrides)
		c.overridden = false
	}
	c.granted = 1
	c.SetTime(0, 0)
}

// Set gives attribute (an index of the bundle's) a value. What the value points at is read until the next Reset. An index that
// the bundle does not have is ignored.
func (c *Context) Set(attribute int, v Value) {
	if uint(attribute) < uint(len(c.given)) {
		c.given[attribute] = v
		c.ready = false
	}
}

// Grant adds purpose (an index of the bundle's) to the granted ones.
func (c *Context) Grant(purpose int) {
	if uint(purpose) < uint(len(c.bundle.Purposes)) {
		c.granted |= 1 << purpose
		c.ready = false
	}
}

// override is what a decision is to answer rather than what its rules give: a variant+1 each, 0 for none.
type override struct{ sticky, preview uint32 }

// SetSticky gives the variant that a decision answered before (indexes of the bundle's). A decision that is sticky keeps it.
func (c *Context) SetSticky(decision, variant int) bool {
	return c.override(decision, variant, wireSticky)
}

// SetPreview gives the variant that a decision is to answer, whatever its rules and the consent say.
func (c *Context) SetPreview(decision, variant int) bool {
	return c.override(decision, variant, wirePreview)
}

// override notes an override. It says false where the decision or its variant does not exist.
func (c *Context) override(decision, variant int, kind uint32) bool {
	if uint(decision) >= uint(len(c.overrides)) {
		return false
	}
	d := &c.bundle.Decisions[decision]
	if uint(variant)-uint(d.FirstVariant) >= uint(d.Variants) {
		return false
	}
	c.overridden = true
	if kind == wirePreview {
		c.overrides[decision].preview = uint32(variant) + 1
	} else {
		c.overrides[decision].sticky = uint32(variant) + 1
	}
	return true
}

// Granted says whether the purpose is granted.
func (c *Context) Granted(purpose int) bool {
	return uint(purpose) < format.MaxPurposes && c.granted>>purpose&1 != 0
}

// SetTime sets the time of the request: seconds since 1970 and nanoseconds. A time outside the years 1 to 9999 is the nearest inside.
func (c *Context) SetTime(seconds int64, nanos uint32) {
	c.seconds, c.nanos = max(civil.MinSeconds, min(seconds, civil.MaxSeconds)), min(nanos, second-1)
	c.ready = false
}

// State says what became of an attribute's value.
func (c *Context) State(attribute int) State {
	c.prepare()
	if uint(attribute) >= uint(len(c.states)) {
		return Missing
	}
	return c.states[attribute]
}

// Value gives an attribute's value as rules see it.
func (c *Context) Value(attribute int) Value {
	c.prepare()
	if uint(attribute) >= uint(len(c.slots)) {
		return Value{}
	}
	return c.slots[attribute]
}

// prepare makes what rules see from what was given. Masking comes first: a masked value is not looked at, so it cannot be typed,
// measured, reported or copied.
func (c *Context) prepare() {
	if c.ready {
		return
	}
	c.ready = true
	c.used = 0
	if now := c.bundle.About[0].Now; now > 0 {
		c.given[now-1] = Timestamp(c.seconds, c.nanos)
	}
	for i := range c.given {
		a := &c.bundle.Attributes[i]
		v, state := Value{}, Masked
		if c.granted>>a.Purpose&1 != 0 {
			v, state = c.admit(a, c.given[i])
			if i == c.bundle.query && state == Present && v.kind == format.Map {
				v, state = c.hide(v)
			}
		}
		if state != Present {
			v = attributeFailure(Absent, uint32(i))
			if state == Masked {
				v.aux = uint32(NotConsented)
			}
		}
		c.slots[i], c.states[i] = v, state
	}
}

// hide leaves out of request.query what feeds attributes whose purpose is not granted.
func (c *Context) hide(query Value) (Value, State) {
	pairs := query.elements()
	kept := 0
	for i := 0; i < len(pairs); i += 2 {
		if !c.isHidden(pairs[i]) {
			kept += 2
		}
	}
	if kept == len(pairs) {
		return query, Present
	}
	if kept > len(c.elements)-c.used {
		return Value{}, BeyondSize
	}
	rest := c.elements[c.used : c.used : c.used+kept]
	c.used += kept
	for i := 0; i < len(pairs); i += 2 {
		if !c.isHidden(pairs[i]) {
			rest = append(rest, pairs[i], pairs[i+1])
		}
	}
	return Map(rest), Present
}

func (c *Context) isHidden(key Value) bool {
	for _, h := range c.bundle.hidden {
		if c.granted>>h.purpose&1 == 0 && key.kind == format.String && key.text() == h.name {
			return true
		}
	}
	return false
}

// admit checks a value against its attribute's declaration and unpacks it where it was given encoded.
func (c *Context) admit(a *format.Attribute, v Value) (Value, State) {
	if v.kind == format.Error {
		switch v.aux {
		case mistyped:
			return v, WrongType
		case oversized:
			return v, BeyondSize
		}
		return v, Missing
	}
	if v.num > MaxText && (v.kind == format.String || v.kind == format.Bytes) {
		return v, BeyondSize
	}
	if v.kind == format.String && v.num == 0 && attribute.Trust(a.Flags&format.AttributeTrust) == attribute.Platform {
		return v, Missing // platforms give the empty text where they do not know
	}
	kind := a.Type.Kind()
	if kind != format.Dyn && v.kind != kind {
		return v, WrongType
	}
	switch v.kind {
	case format.String:
		if !utf8.ValidString(v.text()) {
			return v, WrongType
		}
	case format.List, format.Map:
		if v.aux == encoded {
			var state State
			if v, state = c.unpack(v); state != Present {
				return v, state
			}
		} else if !elementsBounded(v) {
			return v, BeyondSize
		}
		if !elementsFit(a.Type, v) {
			return v, WrongType
		}
	}
	if a.Enum > 0 && !inList(c.bundle.constants[a.Enum-1], v) {
		return v, NotInEnum
	}
	return v, Present
}

// elementsBounded says whether a list or map that was given as it is keeps the limits. What is inside its elements is the caller's.
func elementsBounded(v Value) bool {
	length := uint64(0)
	elements := v.elements()
	for i := range elements {
		length += elements[i].length()
	}
	return len(elements) <= MaxValues && length <= MaxText
}

// elementsFit compares the kinds of a list's elements, or a map's keys and values, with the declared ones.
func elementsFit(t format.Type, v Value) bool {
	elements := v.elements()
	for i := range elements {
		want := t.Elem()
		if v.kind == format.Map && i%2 == 0 {
			want = t.Key()
		}
		if t.Kind() != format.Dyn && want != format.Dyn && elements[i].kind != want {
			return false
		}
		if elements[i].kind == format.String && !utf8.ValidString(elements[i].text()) {
			return false
		}
	}
	return true
}

func inList(list, v Value) bool {
	for _, allowed := range list.elements() {
		if equalScalars(allowed, v) {
			return true
		}
	}
	return false
}
