// Package host decides at the origin, inside any Go program: with core itself, or with the WebAssembly module that edges run. Both give the
// same answers, byte for byte.
//
// Reach for New first, with a compiled bundle (package bundles makes one); then Decide, from as many goroutines as you like. Load
// puts another bundle in its place, all at once or not at all.
//
// A decision never costs a site its page. An engine that traps is discarded and counted, and the question is answered with the declared
// defaults; a bundle that is refused leaves the one before it deciding.
//
// The parts lie below: package question reads contexts, package engine runs the engines, package lines answers files of questions.
package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Engine says what runs a bundle.
type Engine string

// The engines.
const (
	Native Engine = "native" // core, compiled into this program: the fastest
	Wasm   Engine = "wasm"   // the module that runs at the edge: within a few times of native, and nothing it does can reach this program's memory
)

// Options are what a Host is made with. Only Bundle is needed.
type Options struct {
	Bundle    []byte // a compiled bundle; with Trust, a signed envelope
	Expired   bool   // of Native without Trust: decide as the bundle will once it has expired, to see what is served then
	Trust     *Trust // by what the envelope is accepted; nil: whoever gives bundles is trusted
	Engine    Engine // Native where empty
	Instances int    // how many questions are worked on at once; as many as Go runs threads where 0
	CacheDir  string // of Wasm: a folder that keeps machine code for the next start, made where missing; "" for none

	// SelfCheck are questions, as lines of `edgewise decide`, that every bundle has to answer before it decides: it is refused (SelfCheckError) where an engine
	// traps, or where more of its answers are errors than of the bundle before, by a hundredth of all. Lines that are no questions about a bundle are passed over.
	SelfCheck [][]byte
}

// Context is what is known of a request: values by attribute name, nested or with dots. Package question says which Go values an
// attribute takes.
type Context = map[string]any

// Signals are what is known of a visitor's consent.
type Signals = question.Signals

// Question asks for decisions.
type Question struct {
	Context   Context
	Consent   Signals
	Decisions []string  // nil: all
	Now       time.Time // the time to decide for; the clock's where zero

	Sticky  map[string]string // by decision: the variant that it answered before
	Preview map[string]string // by decision: the variant that it is to answer
}

// Host answers questions with one bundle at a time. Its methods may be called by several goroutines at once.
type Host struct {
	instances int
	module    *engine.Module // nil for Native
	expired   bool
	selfCheck [][]byte
	faults    engine.Faults
	current   atomic.Pointer[loaded]
	loading   sync.Mutex // guards closed, and that one bundle is loaded at a time
	closed    bool
	rooms     sync.Pool // of *room
}

// loaded is a bundle in service.
type loaded struct {
	bundle *core.Bundle
	schema *question.Schema
	pool   *engine.Pool
	values []json.RawMessage // by variant
	notes  []json.RawMessage // by decision: its metadata
	about  json.RawMessage   // the bundle's metadata
	key    string            // the attribute that OpenFeature's targeting key fills, if any
	keyed  []uint32          // by decision: the first rule, +1, that splits by that; 0: none
	counts counts
}

// room is what a question and its answers need while they are worked on.
type room struct {
	question question.Question
	answers  engine.Answers
}

// New starts an engine with a bundle. The error wraps a *format.Refusal where the bundle is refused. Wasm compiles the module first,
// which takes tens of milliseconds, or a few from CacheDir.
func New(ctx context.Context, options Options) (*Host, error) {
	h := &Host{instances: options.Instances, rooms: sync.Pool{New: func() any { return new(room) }}}
	if h.instances <= 0 {
		h.instances = runtime.GOMAXPROCS(0)
	}
	switch options.Engine {
	case Native, "":
	case Wasm:
		var err error
		if h.module, err = engine.Compile(ctx, module.Wasm, options.CacheDir); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("engine %q: want %s or %s", options.Engine, Native, Wasm)
	}
	h.expired, h.selfCheck = options.Expired, options.SelfCheck
	if h.expired && (h.module != nil || options.Trust != nil) {
		return nil, errors.Join(errors.New("host: only a bundle without Trust can be tried out as expired, and only natively"), h.Close(ctx))
	}
	if err := h.load(options.Bundle, options.Trust); err != nil {
		return nil, errors.Join(err, h.Close(ctx))
	}
	return h, nil
}

// Load puts a compiled bundle in the place of the one before, with fresh engines. Questions that are being answered meanwhile get the one
// or the other. The error wraps a *format.Refusal where the bundle is refused; then nothing has changed.
func (h *Host) Load(bundle []byte) error { return h.load(bundle, nil) }

// Trust is by what an envelope is accepted, and at which time.
type Trust = engine.Trust

// LoadSigned is Load for a signed envelope, which trust has to accept; in the module every instance verifies it for itself. The error may also
// wrap a *verify.Refusal.
func (h *Host) LoadSigned(envelope []byte, trust Trust) error { return h.load(envelope, &trust) }

func (h *Host) load(bundle []byte, trust *Trust) error {
	h.loading.Lock()
	defer h.loading.Unlock()
	if h.closed {
		return engine.ErrClosed
	}
	bundle = bytes.Clone(bundle)
	var pool *engine.Pool
	var err error
	switch {
	case h.module != nil:
		pool, err = h.module.NewSignedPool(bundle, trust, h.instances, &h.faults)
	case h.expired && trust == nil:
		pool, err = h.newExpired(bundle)
	default:
		pool, err = engine.NewSignedNative(bundle, trust, h.instances, &h.faults)
	}
	if err != nil {
		return fmt.Errorf("loading a bundle: %w", err)
	}
	fresh := &loaded{bundle: pool.Bundle(), schema: question.NewSchema(pool.Bundle()), pool: pool}
	for _, v := range fresh.bundle.Variants {
		fresh.values = append(fresh.values, json.RawMessage(fresh.bundle.String(v.JSON)))
	}
	for _, d := range fresh.bundle.Decisions {
		fresh.notes = append(fresh.notes, metadata(fresh.bundle, d.Metadata))
	}
	fresh.about = metadata(fresh.bundle, fresh.bundle.About[0].Metadata)
	fresh.key, fresh.keyed = keyed(fresh.bundle)
	if err := h.checkItself(fresh, h.current.Load()); err != nil {
		pool.Close()
		return fmt.Errorf("loading a bundle: %w", err)
	}
	if old := h.current.Swap(fresh); old != nil {
		old.pool.Close()
	}
	return nil
}

// newExpired is a pool of native engines over a bundle that had expired before the first possible time.
func (h *Host) newExpired(bundle []byte) (*engine.Pool, error) {
	b, err := core.LoadSigned(bundle, core.Validity{Expires: math.MinInt64})
	if err != nil {
		return nil, err
	}
	return engine.NewNativeOf(b, h.instances, &h.faults)
}

// Bundle is what decides now.
func (h *Host) Bundle() *core.Bundle { return h.current.Load().bundle }

// Faults counts what went wrong with engines.
type Faults struct {
	Traps        uint64 // engines that stopped in the middle of a question; it was answered with defaults
	FailedStarts uint64 // engines that could not be started; likewise
}

// Faults gives the counts since New.
func (h *Host) Faults() Faults {
	return Faults{Traps: h.faults.Traps.Load(), FailedStarts: h.faults.Starts.Load()}
}

// Close ends the engines, after the questions they are working on. Later questions are answered with defaults and engine.ErrClosed.
func (h *Host) Close(ctx context.Context) error {
	h.loading.Lock()
	defer h.loading.Unlock()
	h.closed = true
	if l := h.current.Load(); l != nil {
		l.pool.Close()
	}
	if h.module != nil {
		return h.module.Close(ctx)
	}
	return nil
}

// Decide answers a question. ctx bounds how long it waits for a free engine; deciding itself takes microseconds.
//
// Where there is an error, because the wait ended or the host is closed, the result holds the declared defaults all the same. Only a
// question that asks for more than fits (thousands of decisions) has no result.
func (h *Host) Decide(ctx context.Context, q Question) (Result, error) {
	return h.decide(ctx, q.fill, nil)
}

// DecideJSON answers a question that is written as a line of `edgewise decide` (question.Schema.ReadJSON). The error may also say
// what is wrong with the line; then there is no result.
func (h *Host) DecideJSON(ctx context.Context, line []byte, now time.Time) (Result, error) {
	return h.decide(ctx, reading(line, now), nil)
}

// DecideSettledJSON is DecideJSON for a line whose consent.granted is what was resolved before, of an earlier decision: no signal of
// consent and no jurisdiction is asked.
func (h *Host) DecideSettledJSON(ctx context.Context, line []byte, now time.Time) (Result, error) {
	return h.decide(ctx, func(s *question.Schema, into *question.Question) error { return s.ReadSettledJSON(into, line, now) }, nil)
}

// Explain says why each decision asked for is answered as it is, as JSON objects that core's Evaluator.Explain describes, in the order
// asked.
func (h *Host) Explain(ctx context.Context, q Question) ([]json.RawMessage, error) {
	return h.explain(ctx, q.fill)
}

// ExplainJSON is Explain for a line of `edgewise decide`.
func (h *Host) ExplainJSON(ctx context.Context, line []byte, now time.Time) ([]json.RawMessage, error) {
	return h.explain(ctx, reading(line, now))
}

// filler makes a question about the bundle that is in service.
type filler func(*question.Schema, *question.Question) error

func (q *Question) fill(s *question.Schema, into *question.Question) error {
	now := q.Now
	if now.IsZero() {
		now = time.Now()
	}
	return s.Make(into, q.Context, q.Consent, q.Decisions, question.Overrides{Sticky: q.Sticky, Preview: q.Preview}, now)
}

func reading(line []byte, now time.Time) filler {
	return func(s *question.Schema, into *question.Question) error { return s.ReadJSON(into, line, now) }
}

// decide answers a question; more, where it is not nil, adds to a result that is no error.
func (h *Host) decide(ctx context.Context, fill filler, more func(context.Context, *loaded, *room, *Result)) (result Result, err error) {
	err = h.ask(fill, func(l *loaded, r *room) error {
		var err error
		r.answers, err = l.pool.Decide(ctx, r.question.Bytes, r.answers)
		l.counts.add(l.bundle, len(r.question.Asked), r.answers.Decisions, err)
		result = l.result(&r.question, r.answers, err)
		if err == nil && more != nil {
			more(ctx, l, r, &result)
		}
		return err
	})
	if errors.Is(err, engine.ErrTrap) {
		err = nil // counted, and said in the result
	}
	return result, err
}

func (h *Host) explain(ctx context.Context, fill filler) (all []json.RawMessage, err error) {
	err = h.ask(fill, func(l *loaded, r *room) error {
		all = nil
		for _, asked := range r.question.Asked {
			if asked.Index < 0 {
				return errors.New(noDecision(asked.Name))
			}
			why, err := l.pool.Explain(ctx, r.question.Bytes, uint32(asked.Index), nil)
			if err != nil {
				return err
			}
			all = append(all, why)
		}
		return nil
	})
	return all, err
}

// ask makes a question about the bundle in service and has it answered; once more where another bundle took its place in between.
func (h *Host) ask(fill filler, answer func(*loaded, *room) error) error {
	r := h.rooms.Get().(*room)
	defer h.rooms.Put(r)
	for {
		l := h.current.Load()
		if err := fill(l.schema, &r.question); err != nil {
			return err
		}
		err := answer(l, r)
		if errors.Is(err, engine.ErrClosed) && h.current.Load() != l {
			continue
		}
		return err
	}
}
