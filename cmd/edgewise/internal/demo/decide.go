package demo

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/accesslog"
	"github.com/edgewise-dev/edgewise/host/engine"
)

// The cookies that only the demo reads.
const (
	sessionCookie = "demo-session"
	consentCookie = "demo-consent"
)

// warmUp is how often the first request is decided before times count: the first decisions of a process measure its caches.
const warmUp = 300

// decideAll decides the requests of a log, limit of them at most (0: all), and counts what comes out.
func decideAll(ctx context.Context, e *engines, log io.Reader, limit int, t *tally, progress func(*tally)) error {
	reader := accesslog.NewReader(log)
	a := newAsker(t.bundle)
	for limit == 0 || t.requests < limit {
		entry, err := reader.Read()
		var bad *accesslog.LineError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			t.bad(bad)
			continue
		case err != nil:
			return err
		}
		began := time.Now()
		a.ask(&entry)
		t.mapping.add(time.Since(began))
		if t.requests == 0 {
			if err := a.warmUp(ctx, e); err != nil {
				return err
			}
		}
		if err := a.decide(ctx, e, t); err != nil {
			return err
		}
		t.count(&entry, a)
		progress(t)
	}
	return nil
}

// asker turns requests into questions about all decisions of a bundle, and asks them.
type asker struct {
	bundle  *format.Bundle
	mapper  *edge.Mapper
	scratch edge.Scratch
	session int // attribute session.id; -1: the bundle does not use it
	all     []uint32
	at      time.Time // of the last request that had a time

	granted      uint32
	question     []byte
	native, wasm engine.Answers
}

func newAsker(b *format.Bundle) *asker {
	a := &asker{bundle: b, mapper: edge.NewMapper(b), session: b.FindAttribute("session.id"), at: time.Now()}
	for i := range b.Decisions {
		a.all = append(a.all, uint32(i))
	}
	return a
}

// ask makes the question of a request.
func (a *asker) ask(entry *accesslog.Entry) {
	if !entry.Time.IsZero() {
		a.at = entry.Time
	}
	a.granted = 1 // necessary
	consent, _ := edge.CookieValue(entry.Request.Headers, consentCookie)
	for purpose := range strings.SplitSeq(consent, ",") {
		if i := a.bundle.FindPurpose(purpose); i >= 0 {
			a.granted |= 1 << i
		}
	}
	a.question = core.AppendQuestion(a.question[:0], a.granted, a.at.Unix(), uint32(a.at.Nanosecond()), a.all)
	if session, ok := edge.CookieValue(entry.Request.Headers, sessionCookie); ok && a.session >= 0 && a.knows(a.session) && len(session) <= edge.MaxValue {
		a.question = core.AppendText(core.AppendAttribute(a.question, a.session), session)
	}
	a.question = a.mapper.Append(a.question, a.granted, &entry.Request, &a.scratch)
}

// knows says whether the purpose of an attribute is granted.
func (a *asker) knows(attribute int) bool {
	return a.granted>>a.bundle.Attributes[attribute].Purpose&1 != 0
}

func (a *asker) warmUp(ctx context.Context, e *engines) error {
	var unused tally
	for range warmUp {
		if err := a.decide(ctx, e, &unused); err != nil {
			return err
		}
	}
	return nil
}

// decide answers the question with both engines.
func (a *asker) decide(ctx context.Context, e *engines, t *tally) (err error) {
	began := time.Now()
	a.native, err = e.native.Decide(ctx, a.question, a.native)
	t.native.add(time.Since(began))
	if err != nil {
		return err
	}
	began = time.Now()
	a.wasm, err = e.wasm.Decide(ctx, a.question, a.wasm)
	t.wasm.add(time.Since(began))
	if !slices.Equal(a.native.Decisions, a.wasm.Decisions) || !slices.Equal(a.native.Consent, a.wasm.Consent) {
		t.differing++
	}
	return err
}
