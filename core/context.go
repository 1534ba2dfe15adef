package core

import (
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// The limits of a context. A value beyond one is absent and reported; the request goes on.
const (
	MaxText   = 16 << 10 // bytes of a string or byte string, or of all in a list or map: longer ones are no attribute but a document
	MaxValues = 1 << 10  // elements of all lists and maps together, keys counted: what a page's query and languages need, and ten times that
)

// Context is what is known of one request: an attribute's value each, the signals of consent and the time. It belongs to the bundle it was made
// for, is used by one goroutine at a time and reused with Reset.
type Context struct {
	bundle       *Bundle
	consent      policy.Resolver
	jurisdiction int
	granted      uint32  // bit set over the bundle's purposes: what consent came to
	given        []Value // by attribute, as set
	slots        []Value // by attribute, as rules see them: masked and checked
	states       []State
	ready        bool // what is not given follows from what is
	seconds      int64
	nanos        uint32

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
	c.consent.Reset()
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

// Supply is Set, but what Evaluator.Resolve has resolved stands. It is for values that were left out until consent was known: so whoever reads a
// request can leave unread what rules may not see.
func (c *Context) Supply(attribute int, v Value) {
	if uint(attribute) < uint(len(c.given)) {
		c.given[attribute] = v
		if c.ready {
			c.admitOne(attribute)
		}
	}
}

// Unreadable is the value of an attribute whose text has no reading as its type, TooLarge of one for which there was no room.
func Unreadable() Value { return Value{kind: format.Error, aux: mistyped} }

// TooLarge is described with Unreadable.
func TooLarge() Value { return Value{kind: format.Error, aux: oversized} }

// Grant adds purpose (an index of the bundle's) to those that the caller grants.
func (c *Context) Grant(purpose int) {
	if uint(purpose) < uint(len(c.bundle.Purposes)) {
		c.consent.Grant(1 << purpose)
		c.ready = false
	}
}

// AddSignal adds a signal of the visitor's consent. Its text is read until the next Reset.
func (c *Context) AddSignal(kind policy.Kind, text string) {
	c.consent.Add(kind, text)
	c.ready = false
}

// SettleConsent makes what the caller grants all that counts, as policy.Resolver.Settle does.
func (c *Context) SettleConsent() {
	c.consent.Settle()
	c.ready = false
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
	c.prepare()
	return uint(purpose) < format.MaxPurposes && c.granted>>purpose&1 != 0
}

// GrantsAll says whether all purposes of a bit set are granted.
func (c *Context) GrantsAll(purposes uint32) bool {
	c.prepare()
	return purposes&^c.granted == 0
}

// Evidence says for each of the bundle's purposes whether it is granted and why. It is valid until the context changes.
func (c *Context) Evidence() []policy.Evidence {
	c.prepare()
	return c.consent.Evidence[:len(c.bundle.Purposes)]
}

// Jurisdiction is the index of the one that applies; 0 where the bundle has none.
func (c *Context) Jurisdiction() int {
	c.prepare()
	return c.jurisdiction
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

// prepare makes what rules see from what was given, as far as that can be known without an evaluator: where it takes one to say which
// jurisdiction applies (Evaluator.Resolve), only what is necessary is there.
func (c *Context) prepare() {
	if c.ready {
		return
	}
	c.prepareNecessary()
	if len(c.bundle.Jurisdictions) <= 1 {
		c.settle(0)
	} else {
		c.admitAll(theOthers)
	}
}

// prepareNecessary prepares the necessary attributes, which no signal is asked about.
func (c *Context) prepareNecessary() {
	if now := c.bundle.About[0].Now; now > 0 {
		c.given[now-1] = Timestamp(c.seconds, c.nanos)
	}
	c.granted, c.used = 1, 0
	clear(c.consent.Evidence[:])
	c.admitAll(theNecessary)
}

// settle resolves consent in a jurisdiction and prepares the other attributes.
func (c *Context) settle(jurisdiction int) {
	c.jurisdiction = jurisdiction
	c.granted = c.consent.Resolve(&c.bundle.Bundle, jurisdiction, c.seconds)
	if c.unhides() {
		c.used = 0
		c.admitAll(theNecessary)
	}
	c.admitAll(theOthers)
	c.ready = true
}

// Which attributes admitAll admits.
const (
	theNecessary = true
	theOthers    = false
)

// admitAll makes what rules see of attributes. Masking comes first: a masked value is not looked at, so it cannot be typed, measured,
// reported or copied.
func (c *Context) admitAll(which bool) {
	for i := range c.given {
		if (c.bundle.Attributes[i].Purpose == 0) == which {
			c.admitOne(i)
		}
	}
}

// admitOne makes what rules see of an attribute.
func (c *Context) admitOne(i int) {
	a := &c.bundle.Attributes[i]
	v, state := &c.slots[i], Masked
	if leaks || c.granted>>a.Purpose&1 != 0 {
		*v = c.given[i]
		state = c.admit(a, v, i == c.bundle.query)
	}
	if state != Present {
		*v = attributeFailure(Absent, uint32(i))
		if state == Masked {
			v.aux = uint32(NotConsented)
		}
	}
	c.states[i] = state
}

// admit checks a value against its attribute's declaration and unpacks it where it was given encoded.
func (c *Context) admit(a *format.Attribute, v *Value, query bool) State {
	kind := a.Type.Kind()
	switch v.kind {
	case format.Error:
		switch v.aux {
		case mistyped:
			return WrongType
		case oversized:
			return BeyondSize
		}
		return Missing
	case format.String:
		if v.num-1 >= MaxText { // 0 wraps
			if v.num > 0 {
				return BeyondSize
			}
			if attribute.Trust(a.Flags&format.AttributeTrust) == attribute.Platform {
				return Missing // platforms give the empty text where they do not know
			}
		}
		if !utf8.ValidString(v.text()) {
			return WrongType
		}
	case format.Bytes:
		if v.num > MaxText {
			return BeyondSize
		}
	}
	if kind != format.Dyn && v.kind != kind {
		return WrongType
	}
	if v.kind == format.List || v.kind == format.Map {
		state := Present
		switch {
		case query && v.kind == format.Map:
			*v, state = c.unhidden(*v)
		case v.aux == encoded:
			*v, state = c.unpack(*v)
		case !elementsBounded(v):
			state = BeyondSize
		}
		if state != Present {
			return state
		}
		if !elementsFit(a.Type, v) {
			return WrongType
		}
	}
	if a.Enum > 0 && !inList(&c.bundle.constants[a.Enum-1], v) {
		return NotInEnum
	}
	return Present
}

// elementsBounded says whether a list or map that was given as it is keeps the limits. What is inside its elements is the caller's.
func elementsBounded(v *Value) bool {
	length := uint64(0)
	elements := v.elements()
	for i := range elements {
		length += elements[i].length()
	}
	return len(elements) <= MaxValues && length <= MaxText
}

// elementsFit compares the kinds of a list's elements, or a map's keys and values, with the declared ones.
func elementsFit(t format.Type, v *Value) bool {
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

func inList(list, v *Value) bool {
	elements := list.elements()
	for i := range elements {
		if equalScalars(&elements[i], v) {
			return true
		}
	}
	return false
}
