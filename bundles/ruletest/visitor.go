package ruletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// noTime is when a case without a time is decided, so that it means the same for ever.
const noTime = "1970-01-01T00:00:00Z"

// visitor is a line of `edgewise decide` in the making.
type visitor struct {
	Context   map[string]json.RawMessage `json:"context"` // by the attributes' full names
	Consent   json.RawMessage            `json:"consent,omitempty"`
	Decisions []string                   `json:"decisions"`
	Now       string                     `json:"now"`
	Sticky    map[string]string          `json:"sticky,omitempty"`
	Preview   map[string]string          `json:"preview,omitempty"`
}

func (v *visitor) line() []byte {
	line, err := json.Marshal(v)
	if err != nil {
		panic("ruletest: internal error: " + err.Error()) // its parts were JSON
	}
	return line
}

// visitor is the visitor of a case, in a situation or as is.
func (s *Suite) visitor(t *source.Test, situation string) (*visitor, error) {
	v := &visitor{Context: map[string]json.RawMessage{}, Decisions: []string{}, Now: noTime}
	if t.Now.Present() {
		v.Now = t.Now.Value
	}
	if situation != "" && !t.Persona.Present() && t.Context == "" && t.Consent == "" {
		v = s.anyone(v.Now)
	}
	if p := s.persona(t.Persona.Value); p != nil {
		s.flatten("", []byte(p.Context), v.Context)
		v.Consent = json.RawMessage(p.Consent)
	}
	if t.Context != "" {
		s.flatten("", []byte(t.Context), v.Context)
	}
	if t.Consent != "" {
		v.Consent = json.RawMessage(t.Consent)
	}
	v.Sticky, v.Preview = variants(t.Sticky), variants(t.Preview)
	if err := s.pin(t, v); err != nil {
		return nil, err
	}
	s.forget(v, situation)
	return v, nil
}

func variants(all []source.Expectation) map[string]string {
	byDecision := map[string]string{}
	for _, e := range all {
		byDecision[e.Decision.Value] = e.Variant.Value
	}
	return byDecision
}

// flatten puts the values of a context under their attributes' full names, over those that are there.
func (s *Suite) flatten(prefix string, object []byte, into map[string]json.RawMessage) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return
	}
	var exact []string
	for name, value := range fields {
		full := prefix + name
		if typ := s.types[full]; bytes.HasPrefix(value, []byte("{")) && !takesObjects(typ) {
			s.flatten(full+".", value, into)
			continue
		}
		exact = append(exact, name)
	}
	for _, name := range exact { // full names go before nested ones
		into[prefix+name] = fields[name]
	}
}

// anyone is a visitor who consented to everything, and of whom nothing is known but what splits hash.
func (s *Suite) anyone(now string) *visitor {
	v := &visitor{Context: map[string]json.RawMessage{}, Decisions: []string{}, Now: now}
	for _, unit := range s.unitNames() {
		v.Context[unit] = s.unitJSON(unit, 1)
	}
	var granted []string
	for _, p := range s.bundle.Purposes[1:] { // 0 is "necessary"
		granted = append(granted, s.bundle.String(p.Name))
	}
	v.consentTo(granted)
	return v
}

func (v *visitor) consentTo(granted []string) {
	consent, err := json.Marshal(map[string][]string{"granted": append([]string{}, granted...)})
	if err != nil {
		panic("ruletest: internal error: " + err.Error())
	}
	v.Consent = consent
}

// forget takes from a visitor what is not known in a situation.
func (s *Suite) forget(v *visitor, situation string) {
	switch situation {
	case "nothing":
		v.Context, v.Consent, v.Sticky = map[string]json.RawMessage{}, nil, nil
	case "no_consent":
		v.Consent = nil
	case "no_geo":
		for name := range v.Context {
			if strings.HasPrefix(name, "geo.") {
				delete(v.Context, name)
			}
		}
	case "no_unit":
		for _, unit := range s.unitNames() {
			delete(v.Context, unit)
		}
	case "no_origin":
		for i := range s.bundle.Attributes {
			a := &s.bundle.Attributes[i]
			if a.Flags&format.AttributeOrigin != 0 || s.bundle.String(a.From) == "signed" {
				delete(v.Context, s.bundle.String(a.Name))
			}
		}
	}
}

// unitNames are the attributes that splits, holdouts and groups hash.
func (s *Suite) unitNames() []string {
	var all []string
	seen := map[uint32]bool{}
	for _, draw := range s.bundle.Draws {
		if !seen[draw.Unit] {
			seen[draw.Unit] = true
			all = append(all, s.bundle.String(s.bundle.Attributes[draw.Unit].Name))
		}
	}
	return all
}

// unitJSON is one of the many values that a unit may have, as a context has it.
func (s *Suite) unitJSON(name string, number int) json.RawMessage {
	if a := s.bundle.FindAttribute(name); a >= 0 && s.bundle.Attributes[a].Type.Kind() != format.String {
		return fmt.Appendf(nil, "%d", number)
	}
	return fmt.Appendf(nil, `"unit-%d"`, number)
}
