// Package question makes questions: it reads a context by the types that a bundle declares, and writes it as core's wire format has it.
//
// Reach for NewSchema first, once per bundle; then ReadJSON for a line of `edgewise decide`, or Make for Go values. A Question can be
// used again and again; reading into it then allocates little.
//
// # Contexts
//
// A context names attributes by their full dotted names, or nests them: {"geo.country": "DE"} and {"geo": {"country": "DE"}} are the
// same. An attribute that is a map or dyn takes an object whole. Where a name is given in several ways the one with the longest key at the
// top counts, and so on below: the full name before {"a.b": {"c": 1}}, this before {"a": {"b.c": 1}}. Where the same JSON key stands twice
// in an object, the last one counts alone. Names that the bundle does not know are ignored; null means that there is no value.
//
// What an attribute takes, by its type: an int or uint a number that is whole, as 5 and 5.0 are; a double any number; bytes base64; a
// timestamp RFC 3339; a duration "1.5s"; a list an array; a map an object, with keys written as its key type is; dyn what JSON has,
// with numbers as doubles. A value without a reading is absent and reported as of the wrong type, never an error: the request goes on.
// So is one, as too large, that would not fit the question (core.MaxQuestion). Masking comes first: a value whose purpose is not
// granted is not looked at.
package question

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Schema is what questions about a bundle are made from. It is immutable and may be shared among goroutines.
type Schema struct {
	bundle     *core.Bundle
	attributes []attribute
	indexes    map[string]int  // of attributes
	parents    map[string]bool // "geo", where there is an attribute "geo.country"
	all        []Asked         // every decision, in the bundle's order
}

type attribute struct {
	name    string
	purpose uint32 // its bit
	typ     *valueType
}

// Question is a question that can be made anew. The zero Question is ready.
type Question struct {
	Asked   []Asked // the decisions asked for, each once, in the order asked
	Granted uint32  // a bit for each of the bundle's purposes
	Bytes   []byte  // the question in core's wire format; it asks for those of Asked that the bundle has

	seconds   int64
	nanos     uint32
	indexes   []uint32
	overrides []override
	given     []given // by attribute
	path      []byte
	nested    []member // of the objects that are being read
}

// Seconds is the time to decide for, in seconds since 1970.
func (q *Question) Seconds() int64 { return q.seconds }

// Asked is a decision that is asked for.
type Asked struct {
	Name  string
	Index int // in the bundle; -1: it has none of that name
}

// NewSchema makes the schema of a bundle.
func NewSchema(b *core.Bundle) *Schema {
	s := &Schema{bundle: b, indexes: map[string]int{}, parents: map[string]bool{}}
	for i, a := range b.Attributes {
		name := b.String(a.Name)
		s.attributes = append(s.attributes, attribute{name, 1 << a.Purpose, typeOf(b.String(a.TypeText), a.Type)})
		s.indexes[name] = i
		for dot := strings.LastIndexByte(name, '.'); dot >= 0; dot = strings.LastIndexByte(name[:dot], '.') {
			s.parents[name[:dot]] = true
		}
	}
	for i, d := range b.Decisions {
		s.all = append(s.all, Asked{b.String(d.Name), i})
	}
	return s
}

// Overrides say, by decision, which variant it answered before (Sticky), and which one it is to answer whatever its rules and the consent
// say (Preview). Decisions and variants that the bundle does not have are ignored.
type Overrides struct{ Sticky, Preview map[string]string }

// override is one of them in the bundle's numbers.
type override struct {
	decision, variant int
	preview           bool
}

// Make makes a question from Go values. Context values may be nil, bool, string, numbers, []byte, time.Time, time.Duration, slices
// and maps of them, and whatever marshals to JSON. granted names purposes; unknown ones are ignored. decisions names what to
// decide; nil is everything.
func (s *Schema) Make(q *Question, context map[string]any, granted, decisions []string, overrides Overrides, now time.Time) error {
	s.reset(q, now)
	for _, name := range granted {
		s.grant(q, name)
	}
	if decisions == nil {
		q.Asked = s.all
	} else if err := s.ask(q, decisions); err != nil {
		return err
	}
	for _, decision := range slices.Sorted(maps.Keys(overrides.Sticky)) {
		s.override(q, decision, overrides.Sticky[decision], false)
	}
	for _, decision := range slices.Sorted(maps.Keys(overrides.Preview)) {
		s.override(q, decision, overrides.Preview[decision], true)
	}
	for i := range s.attributes {
		if s.attributes[i].purpose&q.Granted == 0 {
			continue
		}
		v, ok := s.find(context, s.attributes[i].name, 0)
		q.given[i].value = v
		q.given[i].present = ok && (v != nil || s.attributes[i].typ.kind == format.Null)
	}
	return s.write(q, func(e *encoder, t *valueType, g *given) bool { return e.value(t, g.value) })
}

// find looks an attribute up in a context; what is left of its name begins at from. It may be nested at any dot.
func (s *Schema) find(container any, name string, from int) (any, bool) {
	if v, ok := memberOf(container, name[from:]); ok {
		if i := s.indexes[name]; !isMap(v) || !s.nests([]byte(name), i, true) {
			return v, true
		}
	}
	for dot := len(name) - 1; dot > from; dot-- {
		if name[dot] != '.' {
			continue
		}
		inner, ok := memberOf(container, name[from:dot])
		if i, known := s.indexes[name[:dot]]; !ok || !s.nests([]byte(name[:dot]), i, known) {
			continue
		}
		if v, ok := s.find(inner, name, dot+1); ok {
			return v, true
		}
	}
	return nil, false
}

// memberOf gives a map's value. Other containers have none.
func memberOf(container any, key string) (any, bool) {
	switch m := container.(type) {
	case map[string]any:
		v, ok := m[key]
		return v, ok
	case map[string]string:
		v, ok := m[key]
		return v, ok
	}
	return nil, false
}

func isMap(v any) bool {
	switch v.(type) {
	case map[string]any, map[string]string:
		return true
	}
	return false
}

// nests says whether an object under that name holds more names rather than being a value. attribute is the index of the attribute of that
// name, if it is known.
func (s *Schema) nests(name []byte, attribute int, known bool) bool {
	return s.parents[string(name)] && !(known && s.attributes[attribute].typ.takesObjects())
}

func (s *Schema) reset(q *Question, now time.Time) {
	q.Asked = nil
	q.Granted = 1 // necessary
	q.overrides = q.overrides[:0]
	q.seconds, q.nanos = now.Unix(), uint32(now.Nanosecond())
	if len(q.given) != len(s.attributes) {
		q.given = make([]given, len(s.attributes))
	}
	clear(q.given)
}

func (s *Schema) grant(q *Question, purpose string) {
	if i := s.bundle.FindPurpose(purpose); i >= 0 {
		q.Granted |= 1 << i
	}
}

// override notes an override, if the bundle has its decision and its variant.
func (s *Schema) override(q *Question, decision, variant string, preview bool) {
	i := s.bundle.FindDecision(decision)
	if i < 0 {
		return
	}
	if v := s.bundle.FindVariant(i, variant); v >= 0 {
		q.overrides = append(q.overrides, override{i, v, preview})
	}
}

// maxOverrides leaves most of a question to the context.
const maxOverrides = 1000

var errTooManyOverrides = fmt.Errorf("sticky and preview: more than %d together", maxOverrides)

var errTooManyAsked = fmt.Errorf("decisions: more than %d at once", maxAsked)

// maxAsked leaves half of a question to the context. All of a bundle's decisions are fewer: only names that it does not have reach this.
const maxAsked = core.MaxQuestion / 2 / 4

// ask sets the decisions asked for. One that is named twice is asked once.
func (s *Schema) ask(q *Question, names []string) error {
	seen := map[string]bool{}
	q.Asked = []Asked{}
	for _, name := range names {
		name = strings.ToValidUTF8(name, string(utf8.RuneError)) // as answers write it
		if seen[name] {
			continue
		}
		if len(seen) == maxAsked {
			return errTooManyAsked
		}
		// The name may be a view of a line that is about to be overwritten.
		index := s.bundle.FindDecision(name)
		if index >= 0 {
			name = s.all[index].Name
		} else {
			name = strings.Clone(name)
		}
		seen[name] = true
		q.Asked = append(q.Asked, Asked{name, index})
	}
	return nil
}

// member is a key and its value in an object whose names it may hold.
type member struct {
	key   string
	value jsonValue
}

// given is the value that a context has for an attribute.
type given struct {
	value   any
	json    jsonValue
	present bool
}

// write makes q.Bytes. encode appends one value.
func (s *Schema) write(q *Question, encode func(*encoder, *valueType, *given) bool) error {
	if len(q.Asked) > maxAsked { // all decisions of a bundle with very many
		return errTooManyAsked
	}
	if len(q.overrides) > maxOverrides {
		return errTooManyOverrides
	}
	q.indexes = q.indexes[:0]
	for _, a := range q.Asked {
		if a.Index >= 0 {
			q.indexes = append(q.indexes, uint32(a.Index))
		}
	}
	e := &encoder{dst: core.AppendQuestion(q.Bytes[:0], q.Granted, q.seconds, q.nanos, q.indexes)}
	// Each value that is still to come can at least be said to be too large.
	const mark = 2 * 4
	room := core.MaxQuestion - core.OverrideSize*len(q.overrides)
	for i := range q.given {
		if q.given[i].present {
			room -= mark
		}
	}
	for i := range q.given {
		if !q.given[i].present {
			continue
		}
		room += mark
		e.dst = core.AppendAttribute(e.dst, i)
		start := len(e.dst)
		e.oversized = false
		ok := encode(e, s.attributes[i].typ, &q.given[i])
		switch {
		case e.oversized || ok && len(e.dst) > room:
			e.dst = core.AppendOversized(e.dst[:start])
		case !ok:
			e.dst = core.AppendMistyped(e.dst[:start])
		}
	}
	for _, o := range q.overrides {
		if o.preview {
			e.dst = core.AppendPreview(e.dst, o.decision, o.variant)
		} else {
			e.dst = core.AppendSticky(e.dst, o.decision, o.variant)
		}
	}
	q.Bytes = e.dst
	return nil
}
