// Package core decides: it reads a compiled bundle, evaluates one request, and explains the answer.
//
// Reach for Load first; then NewContext and NewEvaluator, once each per goroutine, and Decide per request:
//
//	bundle, err := core.Load(data)
//	context, evaluator := bundle.NewContext(), bundle.NewEvaluator()
//	context.Reset()
//	context.Set(attribute, core.String("DE"))
//	answers = evaluator.Decide(context, decisions, answers[:0])
//
// Core reads no clock, no randomness and no network: what it may know is in the context. Data whose purpose is not granted is masked
// before any rule runs. The same bundle and context give the same answer wherever core runs, natively or in WebAssembly. A warm
// decision allocates nothing, and no input panics it.
//
// Package format defines the bundle, package policy what becomes of consent signals. Core knows no other package of this repository but its own folders, and builds with TinyGo.
package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Bundle is a loaded bundle. It is immutable and may be shared among goroutines.
type Bundle struct {
	format.Bundle
	constants   []Value
	seeds       []uint64     // of draws: what their hash has made of the seed
	classifiers []classifier // the index's tables
	shapes      []shape      // of conditions
	query       int          // the attribute request.query, or -1
	validity    Validity
	hidden      []hiddenParameter
}

// Load checks a compiled bundle and makes it ready to decide. It keeps data, which must not change. The error is a *format.Refusal.
func Load(data []byte) (*Bundle, error) { return LoadSigned(data, Validity{}) }

// Validity is what a signed statement says of a bundle (package verify). The zero Validity is of one that is not signed: it is always fresh.
type Validity struct {
	Version    uint64   // counts the releases, from 1; 0: it is not signed
	FreshUntil int64    // from when on answers are stale, in seconds since 1970; 0: never
	Expires    int64    // from when on only necessary decisions are made; 0: never
	Since      int64    // from when on it is in force: its age counts from then; 0: unknown
	Digest     [32]byte // of the bundle's bytes, SHA-512/256; zeros: unknown
	Disabled   []string // the decisions that are switched off, whatever the bundle says
}

// Stale says whether answers at a time, in seconds since 1970, are stale. Those of an expired bundle are.
func (v Validity) Stale(seconds int64) bool {
	return v.FreshUntil != 0 && seconds >= v.FreshUntil || v.Expired(seconds)
}

// Expired says whether the bundle has expired.
func (v Validity) Expired(seconds int64) bool { return v.Expires != 0 && seconds >= v.Expires }

// Validity is what Load or LoadSigned was told.
func (b *Bundle) Validity() Validity { return b.validity }

// LoadSigned is Load for a bundle whose statement was verified: its answers tell how old it is.
func LoadSigned(data []byte, validity Validity) (*Bundle, error) {
	read, err := format.Read(data)
	if err != nil {
		return nil, err
	}
	return prepare(read, validity), nil
}

// LoadAgain is LoadSigned for bytes that LoadSigned has accepted, and that nobody could change since: it does not check them again. A place that
// starts anew for each request, and keeps them in a cache that only it can write, has no time for that. Other bytes are not refused, they are
// undefined: reading beyond memory included.
func LoadAgain(data []byte, validity Validity) (*Bundle, error) {
	viewed, err := format.View(data)
	if err != nil {
		return nil, err
	}
	return prepare(viewed, validity), nil
}

// prepare makes of a bundle's records what deciding needs besides.
func prepare(read *format.Bundle, validity Validity) *Bundle {
	b := &Bundle{Bundle: *read, validity: validity}
	if len(validity.Disabled) > 0 {
		b.disable(validity.Disabled)
	}
	b.constants = make([]Value, len(b.Constants))
	for i, c := range b.Constants { // elements lie before their lists
		b.constants[i] = b.constant(c)
	}
	b.seeds = make([]uint64, len(b.Draws))
	for i, d := range b.Draws {
		b.seeds[i] = b.seed(d)
	}
	b.shapes = make([]shape, len(b.Conditions))
	for i, c := range b.Conditions {
		b.shapes[i] = shapeOf(b.Code[c.Start : c.Start+c.Length])
	}
	b.prepareIndex()
	b.hideParameters()
	return b
}

// disable switches decisions off, in a copy: those that were read may lie in the bundle's bytes.
func (b *Bundle) disable(names []string) {
	b.Decisions = append([]format.Decision(nil), b.Decisions...)
	for _, name := range names {
		if i := b.FindDecision(name); i >= 0 {
			b.Decisions[i].Flags |= format.DecisionDisabled
		}
	}
}

// shape says how a condition is evaluated.
type shape uint8

const (
	program     shape = iota
	conjunction       // predicates joined by && and nothing else: without a stack
	builder           // a program that uses other conditions and may build values in the scratch areas: those conditions come first
)

func shapeOf(code []format.Instr) shape {
	if format.IsConjunction(code) {
		return conjunction
	}
	uses, builds := false, false
	for _, in := range code {
		switch in.Op() {
		case format.OpCondition:
			uses = true
		case format.OpAdd, format.OpIndex, format.OpList, format.OpMap, format.OpCall:
			builds = true
		}
	}
	if uses && builds {
		return builder
	}
	return program
}

// Footprint bounds what Load, NewContext and NewEvaluator together allocate for a bundle of that many bytes, so that the module can make room
// before it loads. Most goes to the fixed room of a context and an evaluator. What grows with the bundle stays below twice its
// size: of all records an attribute needs the most for its size, 50 bytes for its 28.
func Footprint(size int) int {
	const checking = 32 << 10 // what format.Read needs while it reads
	return int(unsafe.Sizeof(Evaluator{})+unsafe.Sizeof(Context{})) + checking + 2*size
}

func (b *Bundle) constant(c format.Constant) Value {
	switch kind := format.Kind(c.Kind); kind {
	case format.String, format.Semver:
		v := String(b.String(format.Str(c.Lo)))
		v.kind = kind
		return v
	case format.Bytes, format.IP, format.CIDR:
		v := Bytes(b.Text[c.Lo : c.Lo+c.Hi])
		v.kind, v.aux = kind, c.Nanos
		return v
	case format.List:
		return List(b.constants[c.Lo : c.Lo+c.Hi])
	case format.Map:
		return Map(b.constants[c.Lo : c.Lo+2*c.Hi])
	default:
		return Value{kind: kind, num: uint64(c.Lo) | uint64(c.Hi)<<32, aux: c.Nanos}
	}
}
