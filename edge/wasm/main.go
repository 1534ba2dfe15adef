//go:build tinygo

// Command wasm is the WebAssembly module: the engine of package core behind a handful of exported functions. It imports nothing, keeps
// no pointer of its host's, and allocates nothing per decision.
//
// # The interface, version 1
//
// Addresses and lengths are in bytes of the module's memory. Memory may grow in any call, so a host reads an address's bytes before
// it calls again, and looks the memory up anew after each call. An instance serves one call at a time.
//
//	abi_version() u32                   1. A host checks it before it calls anything else.
//	reserve(n) u32                      room for a bundle of n bytes, to be written there; 0: no memory, or n beyond the limit
//	trust(n) u32                        takes the n bytes written to question's room as the policy (verify.AppendPolicy) by which load
//	                                    accepts: from now on it takes signed envelopes only. 0: n is 0 or beyond verify.MaxPolicy, or no memory
//	load(n) u32                         loads the n bytes written to reserve's room: a compiled bundle, or after trust an envelope. 0:
//	                                    loaded, else a format.Code or verify.Code. A refusal keeps the bundle that was loaded before,
//	                                    and refusal tells where and why
//	refusal() u32                       address of four words: code, section tag, index, want (format.Refusal); of a verify.Code
//	                                    they are code, 0, and the lower words of Have and Want, or the two of Key (verify.Refusal)
//	question(n) u32                     room for a question of n bytes (core/wire.go); 0: no memory, or n beyond core.MaxQuestion. The room
//	                                    stays where it is until question is called with a larger n: a host that keeps the address writes
//	                                    there whatever is no longer
//	decide(n) u64                       answers the question of n bytes written there: address<<32 | length of the answer's bytes;
//	                                    0: no bundle is loaded, or the bytes are no question
//	explain(n, decision u32) u64        likewise: why that decision is answered as it is over the question's context, as JSON
//	evaluate(n, condition u32) u64      likewise: a condition's value: a word with its format.Kind; for an error then its core.Code
//	                                    and its attribute, a word each; for all else then the value as JSON
//	plan(n) u64                         answers the visit of n bytes written to question's room (edge/visit.go): what to do with the request,
//	                                    as JSON (edge.Plan). Where the visit says what became of its hand-over, the plan heeds that
//	hand_over(n) u64                    likewise: what to send to the origin for the visit's deferred decisions: the header Edgewise-Signature, a line's
//	                                    end, the body. 0 also where there is nothing to hand over
//	because(purpose, jurisdiction, what, detail u32) u64
//	                                    the two words of a policy.Evidence in words, for a host that shows them to people: why that
//	                                    purpose (an index of the bundle's) is granted or not. 0: the bundle does not have what they refer to
//	scratch_used() u32                  bytes allocated in the module; a decision leaves them as they were
//
// A trap means a fault of the module; its host discards the instance.
//
// To add a function: export it here, list it in scripts/tinygo/exports.json, from which the build keeps the exports, and give its signature to
// host/engine (module.go). A change to a function that exists is a new version of the interface.
package main

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
)

const abi = 1

// planSize is how many bytes most plans have as JSON. Room for longer ones is made in the call.
const planSize = 16 << 10

// engine is a loaded bundle with what it takes to decide over it, all within one arena.
type engine struct {
	bundle    *core.Bundle
	context   *core.Context
	evaluator *core.Evaluator
	asked     []uint32
	answer    []uint32 // as core/wire.go has it: evidence, then room for the answers
	exchange  *edge.Exchange
	inbox     edge.Inbox
	json      []byte
	loaded    uintptr // bytes of the arena in use after loading
}

var (
	loaded      *engine // nil: none yet
	asking      region
	trusting    region // the policy by which bundles are accepted
	policySize  uint32 // 0: whoever gives bundles is trusted
	lastRefusal format.Refusal
)

//go:wasmexport abi_version
func abiVersion() uint32 { return abi }

//go:wasmexport reserve
func reserve(n uint32) uint32 {
	if n > verify.MaxEnvelope {
		return 0
	}
	return uint32(spare().reserve(uintptr(n), uintptr(edge.Footprint(int(n))+planSize)))
}

//go:wasmexport trust
func trust(n uint32) uint32 {
	size := uintptr(n)
	if n == 0 || n > verify.MaxPolicy || size > asking.size || trusting.reserve(size) == nil {
		return 0
	}
	copy(trusting.reserve(size), asking.reserve(size))
	policySize = n
	return 1
}

//go:wasmexport load
func load(n uint32) uint32 {
	data := spare().take(uintptr(n))
	if data == nil {
		lastRefusal = format.Refusal{Code: format.NotABundle}
		return uint32(lastRefusal.Code)
	}
	var validity core.Validity
	var refusal *format.Refusal
	if policySize > 0 {
		data, validity, refusal = accept(data)
	}
	var fresh *engine
	if refusal == nil {
		fresh, refusal = newEngine(data, validity)
	}
	if refusal != nil {
		lastRefusal = *refusal
		keepActive()
		return uint32(lastRefusal.Code)
	}
	fresh.loaded = scratchUsed()
	loaded = fresh
	keepSpare()
	return uint32(format.OK)
}

// accept gives the payload of an envelope that the policy accepts. What it takes to find that out is given back.
func accept(envelope []byte) ([]byte, core.Validity, *format.Refusal) {
	disabled := make([]string, 0, verify.MaxDisabled)
	mark := current.used
	release, err := verify.Open(trusting.reserve(uintptr(policySize)), envelope, checkSignature)
	if err != nil {
		r := err.(*verify.Refusal)
		refusal := &format.Refusal{Code: format.Code(r.Code), Index: uint32(r.Have), Want: uint32(r.Want)}
		if r.Key != 0 {
			refusal.Index, refusal.Want = uint32(r.Key), uint32(r.Key>>32)
		}
		return nil, core.Validity{}, refusal
	}
	payload, validity := release.Payload, release.Statement.Validity()
	validity.Disabled = append(disabled, validity.Disabled...)
	current.used = mark
	return payload, validity, nil
}

// checkSignature is verify.CheckSignature, of which the memory can be used again.
func checkSignature(public *[32]byte, message []byte, signature *[64]byte) bool {
	mark := current.used
	holds := verify.CheckSignature(public, message, signature)
	current.used = mark
	return holds
}

func newEngine(data []byte, validity core.Validity) (*engine, *format.Refusal) {
	b, err := core.LoadSigned(data, validity)
	if err != nil {
		return nil, err.(*format.Refusal)
	}
	x := edge.NewExchange(b)
	return &engine{
		bundle:    b,
		context:   x.Context(),
		evaluator: x.Evaluator(),
		exchange:  x,
		json:      make([]byte, 0, planSize),
		asked:     make([]uint32, 0, len(b.Decisions)),
		answer:    make([]uint32, 0, core.EvidenceWords(b)+core.AnswerWords*len(b.Decisions)),
	}, nil
}

//go:wasmexport refusal
func refusal() uint32 { return uint32(uintptr(unsafe.Pointer(&lastRefusal))) }

//go:wasmexport question
func question(n uint32) uint32 {
	if n > core.MaxQuestion {
		return 0
	}
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(asking.reserve(uintptr(max(n, 1)))))))
}

// read makes the question's context and gives the decisions asked for.
func (e *engine) read(n uint32) ([]uint32, bool) {
	if e == nil || uintptr(n) > asking.size {
		return nil, false
	}
	scratchReset(e.loaded)
	return e.context.ReadQuestion(asking.reserve(uintptr(n)), e.asked)
}

//go:wasmexport decide
func decide(n uint32) uint64 {
	e := loaded
	asked, ok := e.read(n)
	if !ok {
		return 0
	}
	answer := e.evaluator.AppendAnswer(e.context, asked, e.answer)
	return pack(unsafe.Pointer(unsafe.SliceData(answer)), uintptr(len(answer))*unsafe.Sizeof(answer[0]))
}

//go:wasmexport explain
func explain(n, decision uint32) uint64 {
	e := loaded
	if _, ok := e.read(n); !ok {
		return 0
	}
	why := e.evaluator.Explain(e.context, decision, nil)
	return pack(unsafe.Pointer(unsafe.SliceData(why)), uintptr(len(why)))
}

//go:wasmexport evaluate
func evaluate(n, condition uint32) uint64 {
	e := loaded
	if _, ok := e.read(n); !ok || int64(condition) >= int64(len(e.bundle.Conditions)) {
		return 0
	}
	value := core.AppendResult(nil, e.evaluator.Evaluate(e.context, int(condition)))
	return pack(unsafe.Pointer(unsafe.SliceData(value)), uintptr(len(value)))
}

//go:wasmexport because
func because(purpose, jurisdiction, what, detail uint32) uint64 {
	e, evidence := loaded, policy.Evidence{What: what, Detail: detail}
	if e == nil || jurisdiction > format.MaxJurisdictions || int64(purpose) >= int64(len(e.bundle.Purposes)) || !evidence.Possible(&e.bundle.Bundle) {
		return 0
	}
	words := evidence.AppendBecause(e.json, &e.bundle.Bundle, int(purpose), int(jurisdiction))
	return pack(unsafe.Pointer(unsafe.SliceData(words)), uintptr(len(words)))
}

// visit plans the visit of n bytes.
func (e *engine) visit(n uint32) *edge.Plan {
	if e == nil || uintptr(n) > asking.size {
		return nil
	}
	scratchReset(e.loaded)
	if !e.inbox.Read(asking.reserve(uintptr(n))) {
		return nil
	}
	p := e.exchange.Plan(&e.inbox.Visit)
	if e.inbox.HandOver.Outcome != 0 {
		p = e.exchange.Finish(&e.inbox.HandOver)
	}
	return p
}

//go:wasmexport plan
func plan(n uint32) uint64 {
	p := loaded.visit(n)
	if p == nil {
		return 0
	}
	json := p.AppendJSON(loaded.json)
	return pack(unsafe.Pointer(unsafe.SliceData(json)), uintptr(len(json)))
}

//go:wasmexport hand_over
func handOver(n uint32) uint64 {
	if loaded.visit(n) == nil {
		return 0
	}
	body := loaded.exchange.AppendHandOver(loaded.json)
	if len(body) == 0 {
		return 0
	}
	return pack(unsafe.Pointer(unsafe.SliceData(body)), uintptr(len(body)))
}

// pack packs an address and a length. The bytes stay as they are until the next call.
func pack(p unsafe.Pointer, length uintptr) uint64 {
	return uint64(uintptr(p))<<32 | uint64(length)
}

//go:wasmexport scratch_used
func scratchUsedBytes() uint32 { return uint32(scratchUsed()) }

func main() {}
