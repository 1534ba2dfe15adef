// Package question makes questions: it reads a context by the types that a bundle declares, and writes it as core's wire format has it.
//
// Reach for NewSchema first, once per bundle; then ReadJSON for a line of `edgewise decide`, or Make for Go values. A Question can be
// used again and again; making it anew then allocates nothing but texts that are escaped in JSON, values of type bytes, and names of
// decisions that the bundle does not have.
//
// # Contexts
//
// A context names attributes by their full dotted names, or nests them: {"geo.country": "DE"} and {"geo": {"country": "DE"}} are the
// same. An attribute that is a map or dyn takes an object whole. Where a name is given in several ways the one with the longest key at the
// top counts, and so on below: the full name before {"a.b": {"c": 1}}, this before {"a": {"b.c": 1}}. Where the same JSON key stands twice
// in an object, the last one that gives an attribute its value counts, for each attribute by itself: {"geo": {"country": "DE"}, "geo": {"city":
// "Bonn"}, "geo": "x"} gives three, whether or not geo is masked. Names that the bundle does not know are ignored; null means that there is no
// value.
//
// What an attribute takes, by its type: an int or uint a number that is whole, as 5 and 5.0 are; a double any number; bytes base64; a
// timestamp RFC 3339; a duration "1.5s"; a list an array; a map an object, with keys written as its key type is; dyn what JSON has,
// with numbers as doubles. A value without a reading is absent and reported as of the wrong type, never an error: the request goes on.
// So is one, as too large, that has no room in the question (core.Room). Which purposes are granted is not known here, so every value
// goes along, and core masks it. A masked value makes no difference: those of each purpose have a room of their own. A parameter of
// request.query that feeds attributes of another purpose is in the room of that; one that feeds attributes of several has its own.
//
// # Consent
//
// Signals go along as they are (Signals). One that is no text, or longer than a signal of its kind can be, is known to be there, and says
// nothing. Of cookies only those that the bundle's policy names are looked at, and the visitor's no on the site itself
// (policy.OffCookie).
package question

import (
	"fmt"
	"math/bits"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// Schema is what questions about a bundle are made from. It is immutable and may be shared among goroutines.
type Schema struct {
	bundle     *core.Bundle
	attributes []attribute
	names      map[string]name // of attributes, and "geo" where there is an attribute "geo.country"
	cookies    map[string]policy.Kind
	query      int     // the index of request.query, or -1
	shared     int     // bytes for each query parameter that feeds attributes of several purposes: they divide a room
	all        []Asked // every decision, in the bundle's order
}

// name is what a name stands for.
type name struct {
	attribute int  // its index, or -1
	nests     bool // an object of that name holds more names rather than being a value
}

type attribute struct {
	name    string
	purpose uint32
	typ     *valueType
}

// Question is a question that can be made anew. The zero Question is ready.
type Question struct {
	Asked []Asked // the decisions asked for, each once, in the order asked
	Bytes []byte  // the question in core's wire format; it asks for those of Asked that the bundle has

	seconds   int64
	nanos     uint32
	granted   uint32 // by the caller: a bit for each of the bundle's purposes
	grants    bool   // the line has said so
	settled   bool   // and that is all that counts
	signals   []signal
	indexes   []uint32
	values    []Encoded
	overrides []override      // by decision; none where there are no overrides at all
	given     []given         // by attribute
	asked     []Asked         // has room for Asked
	isAsked   []bool          // by decision
	unknown   map[string]bool // names that are asked for and that the bundle does not have; nil: none
	path      []byte
	except    string   // a key at the top of a context that is no name
	line      document // that is being read
	objects   int      // of it that names were looked for in
	nested    []member // of those that are being read
	keys      []string // of the Go maps that are being read
	pairs     []pair   // of the JSON objects that are values
}

// Seconds is the time to decide for, in seconds since 1970.
func (q *Question) Seconds() int64 { return q.seconds }

// Has says whether the context had a value for an attribute, of whatever type.
func (q *Question) Has(attribute int) bool { return q.given[attribute].present }

// Encoded says where the value of an attribute (an index of the bundle's) stands in a question's Bytes.
type Encoded struct{ Attribute, Start, End int }

// Values says where each value stands, in the order of the attributes.
func (q *Question) Values() []Encoded { return q.values }

// Asked is a decision that is asked for.
type Asked struct {
	Name  string
	Index int // in the bundle; -1: it has none of that name
}

// NewSchema makes the schema of a bundle.
func NewSchema(b *core.Bundle) *Schema {
	s := &Schema{bundle: b, names: map[string]name{}, cookies: map[string]policy.Kind{},
		query: b.FindAttribute("request.query")}
	for i, c := range b.Cookies {
		s.cookies[b.String(c.Name)] = policy.FirstCookie + policy.Kind(i)
	}
	s.cookies[policy.OffCookie] = policy.Off // whatever a policy says of it
	for i, a := range b.Attributes {
		s.attributes = append(s.attributes, attribute{b.String(a.Name), a.Purpose, typeOf(b.String(a.TypeText), a.Type)})
		s.names[b.String(a.Name)] = name{attribute: i}
	}
	for _, a := range s.attributes {
		for dot := strings.LastIndexByte(a.name, '.'); dot >= 0; dot = strings.LastIndexByte(a.name[:dot], '.') {
			parent := a.name[:dot]
			if above, known := s.names[parent]; !known {
				s.names[parent] = name{attribute: -1, nests: true}
			} else if above.attribute >= 0 {
				s.names[parent] = name{above.attribute, !s.attributes[above.attribute].typ.takesObjects()}
			}
		}
	}
	for i, d := range b.Decisions {
		s.all = append(s.all, Asked{b.String(d.Name), i})
	}
	s.shared = core.Room / max(1, countShared(b))
	return s
}

// countShared counts the query parameters that feed attributes of several purposes.
func countShared(b *core.Bundle) int {
	shared := map[string]bool{}
	for _, a := range b.Attributes {
		if name, is := strings.CutPrefix(b.String(a.From), "query:"); is && bits.OnesCount32(b.HiddenParameter(name)) > 1 {
			shared[name] = true
		}
	}
	return len(shared)
}

// Overrides say, by decision, which variant it answered before (Sticky), and which one it is to answer whatever its rules and the consent
// say (Preview). Decisions and variants that the bundle does not have are ignored.
type Overrides struct{ Sticky, Preview map[string]string }

// override is that of a decision: variants of the bundle, +1.
type override struct{ sticky, preview int }

// Make makes a question from Go values. Context values may be nil, bool, string, numbers, []byte, time.Time, time.Duration, slices
// and maps of them, and whatever marshals to JSON. decisions names what to decide; nil is everything.
func (s *Schema) Make(q *Question, context map[string]any, signals Signals, decisions []string, overrides Overrides, now time.Time) error {
	s.reset(q, now)
	s.addSignals(q, signals)
	if err := s.askFor(q, decisions); err != nil {
		return err
	}
	for decision, variant := range overrides.Sticky {
		s.override(q, decision, variant, false)
	}
	for decision, variant := range overrides.Preview {
		s.override(q, decision, variant, true)
	}
	s.look(q, context)
	s.write(q)
	return nil
}

// look notes what Go values give attributes.
func (s *Schema) look(q *Question, context map[string]any) {
	for i := range s.attributes {
		v, ok := s.find(context, s.attributes[i].name, 0)
		q.given[i].value = v
		q.given[i].present = ok && (v != nil || s.attributes[i].typ.kind == format.Null)
	}
}

// find looks an attribute up in a context; what is left of its name begins at from. It may be nested at any dot.
func (s *Schema) find(container any, name string, from int) (any, bool) {
	if v, ok := memberOf(container, name[from:]); ok {
		if !isMap(v) || !s.names[name].nests {
			return v, true
		}
	}
	for dot := len(name) - 1; dot > from; dot-- {
		if name[dot] != '.' {
			continue
		}
		inner, ok := memberOf(container, name[from:dot])
		if !ok || !s.names[name[:dot]].nests {
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

func (s *Schema) reset(q *Question, now time.Time) {
	q.Asked = nil
	q.granted, q.grants, q.settled = 0, false, false
	q.signals = q.signals[:0]
	q.overrides = q.overrides[:0]
	q.objects = 0
	q.seconds, q.nanos = now.Unix(), uint32(now.Nanosecond())
	if len(q.given) != len(s.attributes) {
		q.given = make([]given, len(s.attributes))
	}
	clear(q.given)
}

// override notes an override, if the bundle has its decision and its variant.
func (s *Schema) override(q *Question, decision, variant string, preview bool) {
	i := s.bundle.FindDecision(decision)
	if i < 0 {
		return
	}
	if len(q.overrides) == 0 {
		q.overrides = append(q.overrides[:0], make([]override, len(s.bundle.Decisions))...)
	}
	if v := s.bundle.FindVariant(i, variant) + 1; preview {
		q.overrides[i].preview = v
	} else {
		q.overrides[i].sticky = v
	}
}

var errTooManyAsked = fmt.Errorf("decisions: more than %d at once", MaxAsked)

// MaxAsked is twice as many decisions as a bundle can have: only names that it does not have reach this.
const MaxAsked = 2 * format.MaxDecisions

// askNothing begins anew with the decisions that are asked for; ask adds to them.
func (s *Schema) askNothing(q *Question) {
	if len(q.isAsked) != len(s.all) {
		q.isAsked = make([]bool, len(s.all))
	}
	clear(q.isAsked)
	q.unknown = nil
	if q.asked == nil {
		q.asked = []Asked{}
	}
	q.Asked = q.asked[:0]
}

// askFor begins anew with decisions; nil is every one.
func (s *Schema) askFor(q *Question, decisions []string) error {
	if decisions == nil {
		q.Asked = s.all
		return nil
	}
	s.askNothing(q)
	for _, name := range decisions {
		if err := s.ask(q, name); err != nil {
			return err
		}
	}
	return nil
}

// ask adds a decision to those that are asked for, unless it is there already. Its name may be a view of a line that is about to be overwritten.
func (s *Schema) ask(q *Question, name string) error {
	name = strings.ToValidUTF8(name, string(utf8.RuneError)) // as answers write it
	index := s.bundle.FindDecision(name)
	if index >= 0 && q.isAsked[index] || q.unknown[name] {
		return nil
	}
	if len(q.Asked) == MaxAsked {
		return errTooManyAsked
	}
	if index >= 0 {
		name = s.all[index].Name
		q.isAsked[index] = true
	} else {
		if q.unknown == nil {
			q.unknown = map[string]bool{}
		}
		name = strings.Clone(name)
		q.unknown[name] = true
	}
	q.asked = append(q.Asked, Asked{name, index})
	q.Asked = q.asked
	return nil
}

// member is a key that stands for a name below which there are others, and its value.
type member struct {
	key   string
	name  name
	value jsonValue
}

// given is the value that a context has for an attribute: as JSON, where it is in an object, or a Go value.
type given struct {
	value   any
	json    jsonValue
	object  int // the how manieth that names were looked for in, from 1 on
	present bool
}

// write makes q.Bytes.
func (s *Schema) write(q *Question) {
	q.indexes, q.values = q.indexes[:0], q.values[:0]
	for _, a := range q.Asked {
		if a.Index >= 0 {
			q.indexes = append(q.indexes, uint32(a.Index))
		}
	}
	e := &encoder{dst: core.AppendQuestion(q.Bytes[:0], q.granted, q.seconds, q.nanos, q.indexes), keys: q.keys[:0], pairs: q.pairs[:0]}
	if q.settled {
		core.SettleQuestion(e.dst)
	}
	e.shared = s.shared
	e.signals(q.signals)
	for i := range e.rooms {
		e.rooms[i] = core.Room
	}
	for i := range q.given {
		g, a := &q.given[i], &s.attributes[i]
		if !g.present {
			continue
		}
		e.dst = core.AppendAttribute(e.dst, i)
		start := e.begin()
		if i == s.query {
			e.hides = s.bundle
		}
		if g.object > 0 {
			e.end(start, e.json(a.typ, g.json), &e.rooms[a.purpose])
		} else {
			e.end(start, e.value(a.typ, g.value), &e.rooms[a.purpose])
		}
		q.values = append(q.values, Encoded{i, start, len(e.dst)})
	}
	for decision, o := range q.overrides {
		if o.preview > 0 {
			e.dst = core.AppendPreview(e.dst, decision, o.preview-1)
		}
		if o.sticky > 0 {
			e.dst = core.AppendSticky(e.dst, decision, o.sticky-1)
		}
	}
	q.Bytes, q.keys, q.pairs = e.dst, e.keys, e.pairs
}
