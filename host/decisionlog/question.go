package decisionlog

import (
	"encoding/json"

	"github.com/edgewise-dev/edgewise/host"
)

// Logged is a line of a log that is to be asked again, perhaps of other rules.
type Logged struct{ entry }

// Read reads a line of a log. ok is false where it is none.
func Read(line []byte) (l *Logged, ok bool) {
	l = &Logged{}
	ok = json.Unmarshal(line, &l.entry) == nil && l.Bundle.Digest != "" && l.Answer != nil
	return l, ok
}

// Question is the line of `edgewise decide` that asks the same again, for Host.DecideSettledJSON: with what was granted then.
func (l *Logged) Question() []byte { return l.question() }

// Silent is a line with the same context that asks for no decision, and without any signal of consent: what is granted then follows from the
// jurisdiction alone.
func (l *Logged) Silent() []byte {
	line, err := json.Marshal(map[string]any{"context": l.Context, "decisions": []string{}, "now": l.Now})
	if err != nil {
		return nil // its parts were JSON
	}
	return line
}

// Resolve changes what was granted to what other rules grant. before and after is what the log's rules and the others make of Silent. A purpose that no
// signal had decided is granted as the others' jurisdictions say; one that a signal had decided stays as it was, since logs hold no signals. known is
// false where there is such a purpose, and where one is granted now whose data the log does not hold.
func (l *Logged) Resolve(before, after []host.Consent) (known bool) {
	known = true
	if l.Consent == nil {
		l.Consent = map[string]evidence{}
	}
	for _, c := range after {
		then := l.Consent[c.Purpose]
		undecided := false
		for _, b := range before {
			undecided = undecided || b.Purpose == c.Purpose && b.Because == then.Because
		}
		if !undecided || c.Granted && !then.Granted {
			known = false
		}
		if undecided {
			l.Consent[c.Purpose] = evidence{c.Granted, c.Because}
		}
	}
	return known
}
