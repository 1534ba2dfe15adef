package question

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// MaxLine is the limit of a line of JSON, in bytes: sixteen times what a question can hold. Beyond it the line is an error. It is the only
// limit: what else is too much is too much of one value, and only where that may be looked at.
const MaxLine = 1 << 20

// jsonValue is a value in a line; it is a view of the line's bytes.
type jsonValue = gjson.Result

// ReadJSON makes a question from a line of `edgewise decide`:
//
//	{"context":{...},"decisions":["hero"],"now":"2026-12-01T08:00:00Z","sticky":{"hero":"summer"},"preview":{"hero":"gold"},
//	 "consent":{"granted":["personalization"],"tcf":"C...","gpp":"D...","usp":"1YNN","gpc":"1","cookies":{"OptanonConsent":"..."}}}
//
// All keys are optional and unknown ones ignored; without decisions everything is asked for, and now stands in where the line has
// none. A cookie that the browser sent several times is an array, or stands there several times. line may be used for other things
// afterwards. The error says which key is wrong, or at which byte the line is no JSON. A signal of consent is never an error, nor is a sticky
// answer: whether they count is not known here.
func (s *Schema) ReadJSON(q *Question, line []byte, now time.Time) error {
	s.reset(q, now)
	return s.readJSON(q, line)
}

// ReadSettledJSON is ReadJSON for a line whose consent.granted is what was resolved before: no signal and no jurisdiction is asked.
func (s *Schema) ReadSettledJSON(q *Question, line []byte, now time.Time) error {
	s.reset(q, now)
	q.settled = true
	return s.readJSON(q, line)
}

func (s *Schema) readJSON(q *Question, line []byte) error {
	q.Asked = s.all
	object, err := ParseLine(line)
	if err != nil {
		return err
	}
	var context, consent, decisions, at, sticky, preview jsonValue
	fields(object, map[string]*jsonValue{"context": &context, "consent": &consent, "decisions": &decisions, "now": &at,
		"sticky": &sticky, "preview": &preview})
	if err := cmp.Or(want("context", context, isObject), q.readNow(at), s.readConsent(q, consent), s.readDecisions(q, decisions),
		s.readOverrides(q, "sticky", sticky, false), s.readOverrides(q, "preview", preview, true)); err != nil {
		return err
	}
	s.collect(q, 0, context)
	err = s.write(q, func(e *encoder, t *valueType, g *given) bool { return e.json(t, g.json) })
	clear(q.given) // keeps nothing of the line
	clear(q.signals)
	return err
}

// fields notes the values of an object's keys, of a key that stands twice the last one; null is what a key has that is not there.
func fields(object jsonValue, found map[string]*jsonValue) {
	object.ForEach(func(key, value jsonValue) bool {
		if field := found[key.Str]; field != nil {
			*field = value
		}
		return true
	})
}

// ParseLine reads a line that must hold one JSON object, and gives it as a view of the line. Errors name the offset of the byte
// that is wrong.
func ParseLine(line []byte) (gjson.Result, error) {
	if len(line) > MaxLine {
		return gjson.Result{}, fmt.Errorf("line has %d bytes, the limit is %d", len(line), MaxLine)
	}
	if err := validate(line); err != nil {
		return gjson.Result{}, err
	}
	object := gjson.Parse(unsafe.String(unsafe.SliceData(line), len(line)))
	if !object.IsObject() {
		return gjson.Result{}, errors.New("want a JSON object, have " + kindOf(object))
	}
	return object, nil
}

// validate says whether a line is JSON, and if not at which byte. Lines may nest as deep as they like, since what is masked may be of
// any shape.
func validate(line []byte) error {
	if deeper(line, recursable) {
		return validateTokens(line)
	}
	if gjson.ValidBytes(line) {
		return nil
	}
	var discarded json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(line, &discarded); !errors.As(err, &syntax) {
		return errors.New("invalid JSON")
	}
	offset := syntax.Offset
	if offset > 0 && offset < int64(len(line)) || syntax.Error() != "unexpected end of JSON input" {
		offset-- // it counts the byte that was wrong
	}
	return fmt.Errorf("invalid JSON at byte offset %d: %w", offset, syntax)
}

// validateTokens reads a line token by token: slower, but in a stack that is not the program's.
func validateTokens(line []byte) error {
	tokens := json.NewDecoder(bytes.NewReader(line))
	for depth, ended := 0, false; ; {
		token, err := tokens.Token()
		switch {
		case ended && err == io.EOF:
			return nil
		case err == io.EOF:
			return errors.New("invalid JSON: unexpected end of JSON input")
		case err != nil:
			return fmt.Errorf("invalid JSON: %w", err)
		case ended:
			return errors.New("invalid JSON: more than one value")
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		ended = depth == 0
	}
}

// recursable is how many arrays and objects within each other are few enough for what works by recursion.
const recursable = 64

// deeper says whether more arrays and objects than that lie within each other.
func deeper(line []byte, limit int) bool {
	depth := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			if depth++; depth > limit {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}

// collect notes the values of an object's attributes. The first prefix bytes of q.path are the name that the object has, with a dot at
// its end. What is noted later counts: so it goes from the shortest keys to the longest, and full names come last.
func (s *Schema) collect(q *Question, prefix int, object jsonValue) {
	first := len(q.nested)
	s.collectPlain(q, prefix, object, first, true)
	end := len(q.nested)
	if end == first {
		return
	}
	for i := first; i < end; i++ {
		if n := q.nested[i]; n.value.IsObject() {
			q.path = append(append(q.path[:prefix], n.key...), '.')
			s.collect(q, len(q.path), n.value)
		}
	}
	for _, n := range q.nested[first:end] {
		q.path = append(q.path[:prefix], n.key...)
		if i, known := s.indexes[string(q.path)]; known && !n.value.IsObject() {
			s.give(q, i, n.value)
		}
	}
	s.collectPlain(q, prefix, object, first, false)
	clear(q.nested[first:end]) // keeps nothing of the line
	q.nested = q.nested[:first]
}

// collectPlain notes the values of those keys below which there can be no other names. Those of the others it puts into q.nested from
// first on, if asked to: by the length of their keys, and of a key that stands twice the last.
func (s *Schema) collectPlain(q *Question, prefix int, object jsonValue, first int, nested bool) {
	object.ForEach(func(key, value jsonValue) bool {
		q.path = append(q.path[:prefix], key.Str...)
		i, known := s.indexes[string(q.path)]
		switch {
		case s.nests(q.path, i, known):
			if nested {
				q.nest(first, member{key.Str, value})
			}
		case known:
			s.give(q, i, value)
		}
		return true
	})
}

// nest puts a member into q.nested.
func (q *Question) nest(first int, m member) {
	at := first
	for i := first; i < len(q.nested); i++ {
		if q.nested[i].key == m.key {
			q.nested[i] = m
			return
		}
		if len(q.nested[i].key) <= len(m.key) {
			at = i + 1
		}
	}
	q.nested = slices.Insert(q.nested, at, m)
}

// give notes the value of an attribute.
func (s *Schema) give(q *Question, i int, value jsonValue) {
	q.given[i] = given{json: value, present: value.Type != gjson.Null || s.attributes[i].typ.kind == format.Null}
}

func (s *Schema) readDecisions(q *Question, v jsonValue) error {
	names, err := texts("decisions", v)
	if err != nil || v.Type == gjson.Null {
		return err
	}
	return s.ask(q, names)
}

// readOverrides reads which variants decisions are to have. What is wrong with a sticky one is passed over: it may be masked.
func (s *Schema) readOverrides(q *Question, name string, v jsonValue, preview bool) error {
	err := want(name, v, isObject)
	v.ForEach(func(decision, variant jsonValue) bool {
		switch {
		case err != nil || variant.Type == gjson.Null && preview:
		case variant.Type != gjson.String && preview:
			err = fmt.Errorf("%s: want the names of variants, have %s", name, kindOf(variant))
		default:
			s.override(q, decision.Str, variant.Str, preview)
		}
		return err == nil
	})
	return err
}

func (q *Question) readNow(v jsonValue) error {
	if v.Type == gjson.Null {
		return nil
	}
	seconds, nanos, ok := text.ParseTimestamp(v.Str)
	if !ok {
		return fmt.Errorf("now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have %s", shortened(v.Raw))
	}
	q.seconds, q.nanos = seconds, nanos
	return nil
}

// texts gives an array's strings, which are views of the line.
func texts(key string, v jsonValue) ([]string, error) {
	if v.Type == gjson.Null {
		return nil, nil
	}
	var all []string
	err := want(key, v, isArray)
	v.ForEach(func(_, element jsonValue) bool {
		if err == nil && element.Type != gjson.String {
			err = fmt.Errorf("%s: want strings, have %s", key, kindOf(element))
		}
		all = append(all, element.Str)
		return err == nil
	})
	return all, err
}

// shape is what a key's value must be.
type shape struct {
	is   func(jsonValue) bool
	what string
}

var (
	isObject = shape{jsonValue.IsObject, "an object"}
	isArray  = shape{jsonValue.IsArray, "an array of strings"}
)

func want(key string, v jsonValue, s shape) error {
	if v.Type == gjson.Null || s.is(v) {
		return nil
	}
	return fmt.Errorf("%s: want %s, have %s", key, s.what, kindOf(v))
}

func kindOf(v jsonValue) string {
	switch {
	case v.IsArray():
		return "an array"
	case v.IsObject():
		return "an object"
	case v.Type == gjson.String:
		return "a string"
	case v.Type == gjson.Number:
		return "a number"
	case v.Type == gjson.Null:
		return "null"
	}
	return "a bool"
}

// shortened keeps what a caller sent from filling the error.
func shortened(raw string) string {
	const most = 40
	if len(raw) > most {
		return raw[:most] + "..."
	}
	return raw
}
