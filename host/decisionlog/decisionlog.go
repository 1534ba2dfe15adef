// Package decisionlog writes what was decided, a line of JSON for each question, and decides it again later.
//
// Reach for New to write and NewReplay to read. A line holds all that an answer depends on, and no more than rules saw: never a
// consent signal as it was sent, nor a value that the visitor did not consent to.
//
//	{"bundle":{"name":"storefront","version":0,"digest":"sha512-256:8f0c..."},"now":"2026-12-01T08:00:00Z",
//	 "context":{"cart.value":80,"device.class":"mobile"},
//	 "consent":{"personalization":{"granted":true,"because":"granted by the caller"}},
//	 "decisions":["hero"],"sticky":{"hero":"summer"},"preview":{},
//	 "answer":{"hero":{"variant":"gold","value":"/hero/gold.html","reason":"TARGETING_MATCH","rule":"gold"}}}
//
// Because is what core makes of the evidence (policy.Evidence). A replay takes what was granted as it is here, and asks no signal again.
//
// The digest is that of the compiled bundle, as a signed statement has it. sticky and preview stand only where there are some; of sticky answers, those of decisions
// whose purposes are granted.
package decisionlog

import (
	"context"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/lines"
	"github.com/edgewise-dev/edgewise/host/question"
)

// entry is a line of a log.
type entry struct {
	Bundle    about                      `json:"bundle"`
	Now       string                     `json:"now"`
	Context   map[string]json.RawMessage `json:"context"`
	Consent   map[string]evidence        `json:"consent"`
	Decisions []string                   `json:"decisions"`
	Sticky    map[string]string          `json:"sticky,omitempty"`
	Preview   map[string]string          `json:"preview,omitempty"`
	Answer    json.RawMessage            `json:"answer"`
}

type about struct {
	Name    string `json:"name"`
	Version uint64 `json:"version"`
	Digest  string `json:"digest"`
}

type evidence struct {
	Granted bool   `json:"granted"`
	Because string `json:"because"`
}

// Digest is how logs name a compiled bundle.
func Digest(bundle []byte) string {
	return verify.Digest(sha512.Sum512_256(bundle)).String()
}

// Log writes lines about the decisions of one bundle. It is used by one goroutine at a time.
type Log struct {
	w        io.Writer
	digest   string
	bundle   *core.Bundle
	schema   *question.Schema
	question question.Question
	context  *core.Context
	resolver *core.Evaluator
	err      error
}

// New makes a log of what a compiled bundle decides. The error is a *format.Refusal.
func New(w io.Writer, bundle []byte) (*Log, error) {
	b, err := core.Load(bundle)
	if err != nil {
		return nil, err
	}
	return &Log{w: w, digest: Digest(bundle), bundle: b, schema: question.NewSchema(b), context: b.NewContext(), resolver: b.NewEvaluator()}, nil
}

// Decide answers lines of `edgewise decide` as lines.Decide does, with a host that has the log's bundle, and logs them. What goes wrong with
// writing does not keep a line from being answered: Err tells.
func (l *Log) Decide(ctx context.Context, h *host.Host, now time.Time) lines.Answer {
	return func(dst, line []byte) ([]byte, error) {
		at := now
		if at.IsZero() {
			at = time.Now()
		}
		result, err := h.DecideJSON(ctx, line, at)
		if err != nil {
			return dst, err
		}
		if err := l.append(line, at, result); err != nil && l.err == nil {
			l.err = fmt.Errorf("writing the decision log: %w", err)
		}
		return result.AppendJSON(dst), nil
	}
}

// Err is the first error of writing, if there was one.
func (l *Log) Err() error { return l.err }

// append logs the answer to a line that was good.
func (l *Log) append(line []byte, at time.Time, result host.Result) error {
	if err := l.schema.ReadJSON(&l.question, line, at); err != nil {
		return err
	}
	if _, ok := l.context.ReadQuestion(l.question.Bytes, nil); !ok {
		return fmt.Errorf("a question that the engine answered and the log cannot read")
	}
	l.resolver.Resolve(l.context)
	e := entry{Bundle: about{result.Bundle, result.Version, l.digest}, Now: timeOf(l.question.Bytes), Context: l.seen(),
		Consent: map[string]evidence{}, Decisions: []string{}}
	for _, c := range result.Consent {
		e.Consent[c.Purpose] = evidence{c.Granted, c.Because}
	}
	for _, asked := range l.question.Asked {
		e.Decisions = append(e.Decisions, asked.Name)
	}
	e.Sticky, e.Preview = l.overrides(l.question.Bytes)
	printed := result.AppendJSON(nil)
	var answered struct{ Decisions json.RawMessage }
	if err := json.Unmarshal(printed, &answered); err != nil {
		return err
	}
	e.Answer = answered.Decisions
	encoder := json.NewEncoder(l.w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(e)
}

// timeOf reads the time of a question, as core's wire format has it.
func timeOf(question []byte) string {
	const secondsAt, nanosAt = 1 * 4, 3 * 4
	seconds := int64(binary.LittleEndian.Uint64(question[secondsAt:]))
	return string(text.AppendTimestamp(nil, seconds, binary.LittleEndian.Uint32(question[nanosAt:])))
}

// seen gives the values that rules saw.
func (l *Log) seen() map[string]json.RawMessage {
	context := map[string]json.RawMessage{}
	for i := range l.bundle.Attributes {
		a := &l.bundle.Attributes[i]
		if l.context.State(i) != core.Present || i+1 == int(l.bundle.About[0].Now) { // the time has a place of its own
			continue
		}
		context[l.bundle.String(a.Name)] = plainIntegers(core.AppendJSON(nil, l.context.Value(i)), l.bundle.String(a.TypeText))
	}
	return context
}

// overrides gives the sticky answers and previews of a question, which stand at its end as core's wire format has it; of sticky answers
// those that consent allows.
func (l *Log) overrides(question []byte) (sticky, preview map[string]string) {
	const countAt, word, size, isSticky = 6 * 4, 4, core.OverrideSize, 1
	sticky, preview = map[string]string{}, map[string]string{}
	count := int(binary.LittleEndian.Uint32(question[countAt:]))
	for rest := question[len(question)-count*size:]; len(rest) > 0; rest = rest[size:] {
		d := &l.bundle.Decisions[binary.LittleEndian.Uint32(rest)]
		name, variant := l.bundle.String(d.Name), l.bundle.String(l.bundle.Variants[binary.LittleEndian.Uint32(rest[2*word:])].Name)
		switch {
		case binary.LittleEndian.Uint32(rest[word:]) != isSticky:
			preview[name] = variant
		case l.context.GrantsAll(d.Purposes):
			sticky[name] = variant
		}
	}
	return sticky, preview
}
