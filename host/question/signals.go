package question

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// Signals are what is known of a visitor's consent, as it is known: nothing of it is looked into before core does. All may be empty.
type Signals struct {
	Granted []string            // purposes that the caller knows to be granted; they win nothing over a visitor's denial. Unknown ones are ignored
	TCF     string              // an IAB TC string
	GPP     string              // an IAB GPP string
	USP     string              // a US Privacy string
	GPC     string              // the value of the header Sec-GPC; of several, the one that is 1 if any is
	Cookies map[string][]string // the values of cookies by name, as the browser sent them: more than one where it sent several
}

// signal is one of them: of a kind, a text or what stands in its place.
type signal struct {
	kind policy.Kind
	text string
	not  bool // what was given is no text
}

// addSignals notes signals.
func (s *Schema) addSignals(q *Question, signals Signals) {
	for _, name := range signals.Granted {
		s.grant(q, name)
	}
	for kind, text := range [...]string{policy.TCF: signals.TCF, policy.GPP: signals.GPP, policy.USPrivacy: signals.USP, policy.GPC: signals.GPC} {
		q.add(signal{kind: policy.Kind(kind), text: text})
	}
	for _, value := range signals.Cookies[policy.OffCookie] {
		q.add(signal{kind: policy.Off, text: value})
	}
	for i, c := range s.bundle.Cookies {
		for _, value := range signals.Cookies[s.bundle.String(c.Name)] {
			q.add(signal{kind: policy.FirstCookie + policy.Kind(i), text: value})
		}
	}
}

func (s *Schema) grant(q *Question, purpose string) {
	if i := s.bundle.FindPurpose(purpose); i >= 0 {
		q.granted |= 1 << i
	}
}

// add notes a signal, unless it is empty. Of more than core takes it keeps one too many, so that core knows; the visitor's no always.
func (q *Question) add(s signal) {
	if (s.text != "" || s.not) && (len(q.signals) <= policy.MaxSignals || s.kind == policy.Off && s.text == policy.OffValue) {
		q.signals = append(q.signals, s)
	}
}

// addJSON notes a signal that is written in JSON.
func (q *Question) addJSON(kind policy.Kind, v jsonValue) {
	if v.kind() != jsonNull {
		q.add(signal{kind: kind, text: v.str(), not: v.kind() != jsonString})
	}
}

// addControl notes Global Privacy Control. Browsers say it to scripts as a bool, navigator.globalPrivacyControl, and to servers as a header: true
// and 1 are on, as "1" is, and false is off. Of an array one that is on is enough.
func (q *Question) addControl(v jsonValue) {
	for value := range v.elements() {
		if isOn(value) {
			v = value
			break
		}
	}
	switch {
	case isOn(v):
		q.add(signal{kind: policy.GPC, text: gpcOn})
	case v.kind() != jsonFalse:
		q.addJSON(policy.GPC, v)
	}
}

// gpcOn is the value of the header Sec-GPC that says so.
const gpcOn = "1"

func isOn(v jsonValue) bool {
	return v.kind() == jsonTrue || v.kind() == jsonNumber && v.raw() == gpcOn || v.str() == gpcOn
}

// readConsent reads the key consent. What its signals are is not looked at, but granted is the caller's own and has to be right.
func (s *Schema) readConsent(q *Question, v jsonValue) error {
	if err := want("consent", v, jsonObject); err != nil {
		return err
	}
	for key, value := range v.members() {
		switch key {
		case "granted":
			if err := s.readGranted(q, value); err != nil {
				return err
			}
		case "tcf":
			q.addJSON(policy.TCF, value)
		case "gpp":
			q.addJSON(policy.GPP, value)
		case "usp":
			q.addJSON(policy.USPrivacy, value)
		case "gpc":
			q.addControl(value)
		case "cookies":
			s.readCookies(q, value)
		}
	}
	return nil
}

// readGranted reads what the caller grants. Where that stands several times, only what each of them grants is granted.
func (s *Schema) readGranted(q *Question, v jsonValue) error {
	if v.kind() == jsonNull {
		return nil
	}
	if err := wantTexts("consent.granted", v); err != nil {
		return err
	}
	before, again := q.granted, q.grants
	q.granted, q.grants = 0, true
	for purpose := range v.elements() {
		s.grant(q, purpose.str())
	}
	if again {
		q.granted &= before
	}
	return nil
}

// readCookies reads those that are asked for.
func (s *Schema) readCookies(q *Question, v jsonValue) {
	for name, value := range v.members() {
		switch kind, known := s.cookies[name]; {
		case known && value.kind() == jsonArray:
			for value := range value.elements() {
				q.addJSON(kind, value)
			}
		case known:
			q.addJSON(kind, value)
		}
	}
}

// signals appends signals, which have a room together.
func (e *encoder) signals(all []signal) {
	room := core.Room
	for _, s := range all {
		limit := consent.MaxString
		if s.kind >= policy.FirstCookie {
			limit = consent.MaxCookie
		}
		e.dst = core.AppendSignal(e.dst, s.kind)
		start := e.begin()
		if e.oversized = len(s.text) > limit; !e.oversized {
			e.dst = core.AppendText(e.dst, s.text)
		}
		e.end(start, !s.not, &room)
	}
}
