package question

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// The evaluation context of OpenFeature is a context with two names of its own: targetingKey, which fills the attribute that the bundle names as its
// targeting_key unless the context has that attribute itself, and consent, which is no attribute but the key of ReadJSON.
const (
	TargetingKey = "targetingKey"
	consentKey   = "consent"
)

// ErrContext is wrapped by the errors about an evaluation context that is JSON, but not one that can be used.
var ErrContext = errors.New("context")

// maxNesting is how many arrays and objects may lie within each other in an evaluation context. An attribute's value has room for far fewer.
const maxNesting = recursable

// ReadEvaluation makes a question from the body of a request of the OpenFeature Remote Evaluation Protocol, {"context":{...}}. signals are those of the
// request itself, which count beside the context's; decisions are those asked for, and nil is everything. The error wraps ErrContext, or says at which byte the body is no JSON. The body may be used for other
// things afterwards.
func (s *Schema) ReadEvaluation(q *Question, body []byte, signals Signals, decisions []string, now time.Time) error {
	s.reset(q, now)
	s.addSignals(q, signals)
	if err := s.askFor(q, decisions); err != nil {
		return err
	}
	if deeper(body, maxNesting) {
		return fmt.Errorf("arrays and objects lie more than %d deep within each other", maxNesting)
	}
	defer q.line.reset()
	if err := q.line.parse(body); err != nil {
		return err
	}
	var context jsonValue
	for key, value := range q.line.root().members() { // of a key that stands twice the last value counts
		if key == "context" {
			context = value
		}
	}
	switch {
	case context.in == nil:
		return fmt.Errorf("%w: the body has none", ErrContext)
	case context.kind() != jsonObject:
		return fmt.Errorf("%w: want an object, have %s", ErrContext, kindOf(context))
	}
	var key jsonValue
	for name, value := range context.members() {
		switch name {
		case TargetingKey:
			key = value
		case consentKey:
			if err := s.readConsent(q, value); err != nil {
				return fmt.Errorf("%w: %w", ErrContext, err)
			}
		}
	}
	if key.kind() != jsonString && key.kind() != jsonNull {
		return fmt.Errorf("%w: %s: want a string, have %s", ErrContext, TargetingKey, kindOf(key))
	}
	q.except = consentKey
	s.collect(q, 0, context)
	q.except = ""
	if cap(q.nested) > keptNodes {
		q.nested = nil
	}
	if i := s.targetingKey(); i >= 0 && !q.given[i].present && key.str() != "" {
		q.given[i] = given{json: key, object: 1, present: true}
	}
	slices.SortStableFunc(q.signals, func(a, b signal) int { return cmp.Compare(a.kind, b.kind) })
	s.write(q)
	clear(q.signals) // keeps nothing of the body
	return nil
}

// MakeEvaluation is ReadEvaluation for a context of Go values, as Make takes them. What is under consent is whatever marshals to the JSON of that key.
func (s *Schema) MakeEvaluation(q *Question, context map[string]any, decisions []string, now time.Time) error {
	s.reset(q, now)
	if err := s.askFor(q, decisions); err != nil {
		return err
	}
	if err := s.addConsent(q, context[consentKey]); err != nil {
		return fmt.Errorf("%w: %w", ErrContext, err)
	}
	key, isText := context[TargetingKey].(string)
	if !isText && context[TargetingKey] != nil {
		return fmt.Errorf("%w: %s: want a string, have %T", ErrContext, TargetingKey, context[TargetingKey])
	}
	if _, known := s.names[consentKey]; known {
		context = maps.Clone(context)
		delete(context, consentKey)
	}
	s.look(q, context)
	if i := s.targetingKey(); i >= 0 && !q.given[i].present && key != "" {
		q.given[i] = given{value: key, present: true}
	}
	s.write(q)
	clear(q.signals)
	return nil
}

// addConsent notes the signals of a Go value.
func (s *Schema) addConsent(q *Question, consent any) error {
	if consent == nil {
		return nil
	}
	text, err := json.Marshal(consent)
	if err != nil {
		return fmt.Errorf("%s: %w", consentKey, err)
	}
	var d document
	if !d.read(text) {
		return errors.New(consentKey + ": invalid JSON")
	}
	if err := s.readConsent(q, d.root()); err != nil {
		return err
	}
	slices.SortStableFunc(q.signals, func(a, b signal) int { return cmp.Compare(a.kind, b.kind) })
	return nil
}

// targetingKey is the index of the attribute that the targeting key fills, or -1.
func (s *Schema) targetingKey() int { return int(s.bundle.About[0].TargetingKey) - 1 }
