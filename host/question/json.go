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

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// MaxLine is the limit of a line of JSON, in bytes: sixteen times what a question can hold. Beyond it the line is an error. It is the only
// limit: what else is too much is too much of one value, and only where that may be looked at.
const MaxLine = 1 << 20

// ReadJSON makes a question from a line of `edgewise decide`:
//
//	{"context":{...},"decisions":["hero"],"now":"2026-12-01T08:00:00Z","sticky":{"hero":"summer"},"preview":{"hero":"gold"},
//	 "consent":{"granted":["personalization"],"tcf":"C...","gpp":"D...","usp":"1YNN","gpc":"1","cookies":{"OptanonConsent":"..."}}}
//
// All keys are optional and unknown ones ignored; without decisions everything is asked for, and now stands in where the line has
// none. A cookie that the browser sent several times is an array, or stands there several times. Whatever of consent stands there several
// times adds up: signals to several of their kind, which any of them may deny, granted to what all of them name. Of other keys the last
// one counts. line may be used for other things afterwards. The error says which key is wrong, or at which byte the line is no JSON. A signal of consent is never an error, nor is a sticky
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
	defer q.line.reset()
	if err := q.line.parse(line); err != nil {
		return err
	}
	var context, decisions, at, sticky, preview jsonValue
	var consents error
	for key, value := range q.line.root().members() { // null is what a key has that is not there, and but for consent the last value what one has that stands twice
		switch key {
		case "context":
			context = value
		case "consent":
			consents = cmp.Or(consents, s.readConsent(q, value))
		case "decisions":
			decisions = value
		case "now":
			at = value
		case "sticky":
			sticky = value
		case "preview":
			preview = value
		}
	}
	if err := cmp.Or(want("context", context, jsonObject), q.readNow(at), consents, s.readDecisions(q, decisions),
		s.readOverrides(q, "sticky", sticky, false), s.readOverrides(q, "preview", preview, true)); err != nil {
		return err
	}
	s.collect(q, 0, context)
	if cap(q.nested) > keptNodes {
		q.nested = nil
	}
	slices.SortStableFunc(q.signals, func(a, b signal) int { return cmp.Compare(a.kind, b.kind) }) // as Make has them
	s.write(q)
	clear(q.signals) // keeps nothing of the line
	return nil
}

// ParseLine reads a line that must hold one JSON object, and gives it as a view of the line. Errors name the offset of the byte
// that is wrong.
func ParseLine(line []byte) (gjson.Result, error) {
	var d document
	if err := d.parse(line); err != nil {
		return gjson.Result{}, err
	}
	return gjson.Parse(d.text), nil
}

// parse reads a line that must hold one JSON object. Errors name the offset of the byte that is wrong.
func (d *document) parse(line []byte) error {
	if len(line) > MaxLine {
		return fmt.Errorf("line has %d bytes, the limit is %d", len(line), MaxLine)
	}
	if !d.read(line) {
		return mistake(line)
	}
	if root := d.root(); root.kind() != jsonObject {
		return errors.New("want a JSON object, have " + kindOf(root))
	}
	return nil
}

// mistake says at which byte a line is no JSON.
func mistake(line []byte) error {
	if deeper(line, recursable) {
		return validateTokens(line)
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

// validateTokens is mistake for any depth: it reads token by token, in a stack that is not the program's.
func validateTokens(line []byte) error {
	tokens := json.NewDecoder(bytes.NewReader(line))
	tokens.UseNumber() // whatever its size, a number is none of the mistakes
	for depth, ended := 0, false; ; {
		token, err := tokens.Token()
		switch {
		case ended && err == io.EOF: // more is taken for tokens than is JSON
			return errors.New("invalid JSON")
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
// its end. What is noted first counts: so full names come first, and then what is nested, from the longest keys to the shortest, and of a key
// that stands there several times the last object first. No object is passed over for what else its key has: that may be masked.
func (s *Schema) collect(q *Question, prefix int, object jsonValue) {
	q.objects++
	first := len(q.nested)
	for key, value := range object.members() {
		switch name, known := s.lookUp(q, prefix, key); {
		case !known:
		case name.nests:
			q.nested = append(q.nested, member{key, name, value})
		default:
			s.give(q, name.attribute, value)
		}
	}
	slices.SortStableFunc(q.nested[first:], func(a, b member) int { return cmp.Compare(len(a.key), len(b.key)) })
	for _, m := range q.nested[first:] {
		if m.value.kind() != jsonObject && m.name.attribute >= 0 {
			s.give(q, m.name.attribute, m.value)
		}
	}
	for len(q.nested) > first {
		last := len(q.nested) - 1
		m := q.nested[last]
		q.nested[last] = member{} // keeps nothing of the line
		q.nested = q.nested[:last]
		if m.value.kind() == jsonObject {
			q.path = append(append(q.path[:prefix], m.key...), '.')
			s.collect(q, len(q.path), m.value)
		}
	}
}

// lookUp finds the name that a key stands for within the name in the first prefix bytes of q.path.
func (s *Schema) lookUp(q *Question, prefix int, key string) (n name, known bool) {
	if prefix == 0 {
		n, known = s.names[key]
		return n, known && (q.except == "" || key != q.except)
	}
	q.path = append(q.path[:prefix], key...)
	n, known = s.names[string(q.path)]
	return n, known
}

// give notes the value of an attribute, unless one was noted that is in an object before this one.
func (s *Schema) give(q *Question, i int, value jsonValue) {
	if g := &q.given[i]; g.object == 0 || g.object == q.objects {
		*g = given{json: value, object: q.objects, present: value.kind() != jsonNull || s.attributes[i].typ.kind == format.Null}
	}
}

func (s *Schema) readDecisions(q *Question, v jsonValue) error {
	if v.kind() == jsonNull {
		return nil
	}
	if err := wantTexts("decisions", v); err != nil {
		return err
	}
	s.askNothing(q)
	for name := range v.elements() {
		if err := s.ask(q, name.str()); err != nil {
			return err
		}
	}
	return nil
}

// readOverrides reads which variants decisions are to have. What is wrong with a sticky one is passed over: it may be masked.
func (s *Schema) readOverrides(q *Question, name string, v jsonValue, preview bool) error {
	if err := want(name, v, jsonObject); err != nil {
		return err
	}
	for decision, variant := range v.members() {
		switch {
		case variant.kind() == jsonNull && preview:
		case variant.kind() != jsonString && preview:
			return fmt.Errorf("%s: want the names of variants, have %s", name, kindOf(variant))
		default:
			s.override(q, decision, variant.str(), preview)
		}
	}
	return nil
}

func (q *Question) readNow(v jsonValue) error {
	if v.kind() == jsonNull {
		return nil
	}
	seconds, nanos, ok := text.ParseTimestamp(v.str())
	if !ok {
		return fmt.Errorf("now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have %s", shortened(v.raw()))
	}
	q.seconds, q.nanos = seconds, nanos
	return nil
}

// wantTexts says what is wrong with a key's value that must be an array of strings, or null.
func wantTexts(key string, v jsonValue) error {
	if v.kind() != jsonNull && v.kind() != jsonArray {
		return fmt.Errorf("%s: want an array of strings, have %s", key, kindOf(v))
	}
	for element := range v.elements() {
		if element.kind() != jsonString {
			return fmt.Errorf("%s: want strings, have %s", key, kindOf(element))
		}
	}
	return nil
}

// want says what is wrong with a key's value that must be of a kind, or null.
func want(key string, v jsonValue, k kind) error {
	if v.kind() == jsonNull || v.kind() == k {
		return nil
	}
	return fmt.Errorf("%s: want %s, have %s", key, kindTexts[k], kindOf(v))
}

var kindTexts = [...]string{jsonNull: "null", jsonFalse: "a bool", jsonTrue: "a bool", jsonNumber: "a number", jsonString: "a string",
	jsonArray: "an array", jsonObject: "an object"}

func kindOf(v jsonValue) string { return kindTexts[v.kind()] }

// shortened keeps what a caller sent from filling the error.
func shortened(raw string) string {
	const most = 40
	if len(raw) > most {
		return raw[:most] + "..."
	}
	return raw
}
