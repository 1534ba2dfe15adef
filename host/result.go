package host

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Result is the answer to a question.
type Result struct {
	Decisions []Decision // in the order asked; all decisions in the bundle's order, which is that of their names
	Consent   []Consent  // the bundle's purposes, but for "necessary"
	Bundle    string     // its name
	Version   uint64     // of the bundle; 0: it is not signed

	Metadata json.RawMessage // the bundle's, for OpenFeature clients: an object of scalars; empty where there is none; must not be changed
}

// Decision is one answer. Where Variant and Value are empty, the caller's own default stands. Where an engine failed, the reason is
// ERROR and they are those of the declared default all the same: a page needs them, though the JSON form leaves them out.
type Decision struct {
	Name    string
	Variant string
	Value   json.RawMessage // the variant's value; must not be changed
	Reason  string          // as core.Reason names it: TARGETING_MATCH, DEFAULT ...
	Rule    string          // the rule that decided, where one did
	Sticky  bool            // it is what the decision answered before
	Stale   bool            // the bundle was not fresh any more
	Defer   *Deferral       // of the reason DEFERRED: who is to say
	Error   string          // of the reason ERROR: what is wrong
	Unknown bool            // of the reason ERROR: the bundle has no such decision

	// What OpenFeature clients get besides.
	Metadata       json.RawMessage // an object of scalars; empty where there is none; must not be changed
	NoTargetingKey bool            // of Evaluate: a split was reached that wants the targeting key, and there is none
}

// Deferral is how a decision is handed over. Until then its fallback is the answer.
type Deferral struct {
	To     string // the decider
	Within time.Duration
	Mode   string // wait, with_page or after_render
}

// Consent says whether a purpose is granted.
type Consent struct {
	Purpose string
	Granted bool
	Because string // in words; of the reason ERROR: what is wrong
}

// result names what the engine answered in numbers. Answers are those to the asked decisions that the bundle has; err is why they are
// defaults.
func (l *loaded) result(q *question.Question, all engine.Answers, err error) Result {
	b, answers := l.bundle, all.Decisions
	stale := b.Validity().Stale(q.Seconds())
	r := Result{Bundle: b.Name(), Version: b.Validity().Version, Metadata: l.about, Decisions: make([]Decision, 0, len(q.Asked)), Consent: make([]Consent, 0, len(b.Purposes)-1)}
	for _, asked := range q.Asked {
		d := Decision{Name: asked.Name, Reason: core.ReasonError.String(), Stale: stale}
		switch {
		case asked.Index < 0:
			d.Error, d.Unknown = noDecision(asked.Name), true
		case len(answers) > 0:
			l.fill(&d, answers[0], err)
			answers = answers[1:]
		default:
			d.Error = words(err)
		}
		r.Decisions = append(r.Decisions, d)
	}
	for purpose := 1; purpose < len(b.Purposes); purpose++ { // 0 is "necessary"
		c := Consent{Purpose: b.String(b.Purposes[purpose].Name), Because: words(err)}
		if len(all.Consent) >= purpose {
			e := all.Consent[purpose-1]
			var room [64]byte
			c.Granted, c.Because = e.Granted(), string(e.AppendBecause(room[:0], &b.Bundle, purpose, all.Jurisdiction))
		}
		r.Consent = append(r.Consent, c)
	}
	return r
}

func (l *loaded) fill(d *Decision, answer core.Answer, err error) {
	if answer.Variant > 0 {
		d.Variant = l.bundle.String(l.bundle.Variants[answer.Variant-1].Name)
		d.Value = l.values[answer.Variant-1]
	}
	if answer.Rule > 0 {
		d.Rule = l.bundle.String(l.bundle.Rules[answer.Rule-1].ID)
	}
	if answer.Rule > 0 && answer.Reason == core.ReasonDeferred {
		if r := &l.bundle.Rules[answer.Rule-1]; r.Does() == format.ActionDefer {
			f := &l.bundle.Deferrals[r.Target]
			d.Defer = &Deferral{To: l.bundle.String(f.To), Within: time.Duration(f.Within) * time.Millisecond, Mode: f.ModeText()}
		}
	}
	d.Metadata = l.notes[answer.Decision]
	d.Reason = answer.Reason.String()
	d.Sticky = answer.Flags&core.Sticky != 0
	if err == nil {
		d.Stale = answer.Flags&core.Stale != 0
	}
	d.Error = words(err)
}

// words says in an answer why it is only a default. What a developer needs besides is counted, or in the error that the caller gets.
func words(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, engine.ErrTrap):
		return engine.ErrTrap.Error()
	case errors.Is(err, engine.ErrClosed):
		return engine.ErrClosed.Error()
	case errors.Is(err, engine.ErrQuestion):
		return engine.ErrQuestion.Error()
	}
	return "no engine was free in time"
}

func noDecision(name string) string {
	return `no decision "` + name + `"` // as it is: JSON escapes it, once
}

// AppendJSON appends the result as `edgewise decide` prints it, its keys always in the same order:
//
//	{"decisions":{"hero":{"variant":"gold","value":"/hero/gold.html","reason":"TARGETING_MATCH","rule":"gold"}},
//	 "consent":{"personalization":{"granted":true,"because":"granted by the caller"}},
//	 "bundle":{"name":"storefront","version":0}}
//
// A decision without a variant has no value either, and a rule or an error only where there is one; with
// an error there is nothing but the reason besides. Where the bundle is not fresh any more, each has "stale":true. An answer that was kept has
// "sticky":true, one that is handed over "defer":{"to":"tiers","within_ms":80,"mode":"wait"}.
func (r Result) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"decisions":{`...)
	for i, d := range r.Decisions {
		dst = appendKey(dst, i, d.Name)
		dst = d.appendJSON(dst)
	}
	dst = append(dst, `},"consent":{`...)
	for i, c := range r.Consent {
		dst = appendKey(dst, i, c.Purpose)
		dst = append(dst, `{"granted":`...)
		if c.Granted {
			dst = append(dst, `true,"because":`...)
		} else {
			dst = append(dst, `false,"because":`...)
		}
		dst = append(text.AppendJSONString(dst, c.Because), '}')
	}
	dst = append(dst, `},"bundle":{"name":`...)
	dst = text.AppendJSONString(dst, r.Bundle)
	dst = append(dst, `,"version":`...)
	dst = text.AppendUint(dst, r.Version)
	return append(dst, '}', '}')
}

// MarshalJSON gives the same.
func (r Result) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

func (d *Decision) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if d.Variant != "" && d.Error == "" {
		dst = append(dst, `"variant":`...)
		dst = text.AppendJSONString(dst, d.Variant)
		dst = append(dst, `,"value":`...)
		dst = append(dst, d.Value...)
		dst = append(dst, ',')
	}
	dst = append(dst, `"reason":`...)
	dst = text.AppendJSONString(dst, d.Reason)
	if d.Rule != "" {
		dst = append(dst, `,"rule":`...)
		dst = text.AppendJSONString(dst, d.Rule)
	}
	if d.Stale {
		dst = append(dst, `,"stale":true`...)
	}
	if d.Defer != nil {
		dst = text.AppendJSONString(append(dst, `,"defer":{"to":`...), d.Defer.To)
		dst = text.AppendUint(append(dst, `,"within_ms":`...), uint64(d.Defer.Within.Milliseconds()))
		dst = append(text.AppendJSONString(append(dst, `,"mode":`...), d.Defer.Mode), '}')
	}
	if d.Sticky {
		dst = append(dst, `,"sticky":true`...)
	}
	if d.Error != "" {
		dst = append(dst, `,"error":`...)
		dst = text.AppendJSONString(dst, d.Error)
	}
	return append(dst, '}')
}

func appendKey(dst []byte, i int, key string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(text.AppendJSONString(dst, key), ':')
}
