package source

import (
	"go.yaml.in/yaml/v3"
)

// signals are what is known of a made-up visitor's consent. They are handed on as JSON.
type signals struct {
	granted []Text
	json    []byte // members of an object, each after a comma
}

// member adds a member to the JSON.
func (s *signals) member(name string, value []byte) {
	s.json = append(append(appendString(append(s.json, ','), name), ':'), value...)
}

var consentSignalKeys = keys[signals]{what: "a visitor's consent", rows: []key[signals]{
	{"granted", "The purposes that the caller says are granted.", listOf(nameSchema).with("type", "array"),
		func(r *reader, n *yaml.Node, s *signals) {
			if n.Kind != yaml.SequenceNode {
				r.fault(n, "granted is a list of purposes, not "+kindOf(n), "write [personalization], say")
				return
			}
			s.granted = r.texts(n, "granted", r.name)
			s.member("granted", r.appendJSON(nil, n))
		}},
	{"tcf", "A TC string.", textSchema, func(r *reader, n *yaml.Node, s *signals) { r.signal(n, "tcf", s) }},
	{"gpp", "A GPP string.", textSchema, func(r *reader, n *yaml.Node, s *signals) { r.signal(n, "gpp", s) }},
	{"usp", "A US Privacy string: 1YNN.", textSchema, func(r *reader, n *yaml.Node, s *signals) { r.signal(n, "usp", s) }},
	{"gpc", "The value of the header Sec-GPC: 1.", textSchema, func(r *reader, n *yaml.Node, s *signals) {
		if scalarOf(n) == scalarBool {
			r.fault(n, "gpc is the value of the header Sec-GPC, not "+n.Value, `write "1", or leave the key out`)
			return
		}
		r.signal(n, "gpc", s)
	}},
	{"cookies", "Cookies with consent signals, by name, as the browser sends them: {OptanonConsent: ...}.", cookieNamed(textSchema),
		func(r *reader, n *yaml.Node, s *signals) {
			var cookies signals
			r.cookies(n, "cookies", func(name Text, _, value *yaml.Node) { r.signal(value, name.Value, &cookies) })
			s.member("cookies", cookies.object())
		}},
}}

// signal adds a signal that is text.
func (r *reader) signal(n *yaml.Node, name string, s *signals) {
	if t := r.text(n, name); t.Present() {
		s.member(name, appendString(nil, t.Value))
	}
}

func (s *signals) object() []byte {
	if len(s.json) == 0 {
		return []byte("{}")
	}
	return append(append([]byte{'{'}, s.json[1:]...), '}')
}

// readSignals reads a visitor's consent, as JSON and the purposes that it grants. Where it has a fault there is neither.
func readSignals(r *reader, n *yaml.Node) (consent string, granted []Text) {
	before := len(r.faults)
	var s signals
	if readKeys(r, n, consentSignalKeys, &s); len(r.faults) != before {
		return "", nil
	}
	return string(s.object()), s.granted
}
