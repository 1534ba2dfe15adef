// Package engine runs package core over one loaded bundle: natively, or inside the WebAssembly module. Both give the same answers,
// byte for byte.
//
// Reach for NewNative, or for Compile and then Module.NewPool: each gives a Pool, which several goroutines may ask at once. Questions and
// answers are those of core's wire format, words without names; package question writes the ones, package host reads the others for
// people. A warm decision allocates nothing.
//
// An engine that stops in the middle of a question (a trap of the module, a panic of core) is a fault of ours, and must not become one
// of the site's: it is discarded and counted, the question is answered with every decision's default, and the next question gets
// a fresh one.
package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// What can be wrong with a question. A caller's context that ended while waiting is wrapped as it is.
var (
	// ErrTrap is given where the engine stopped or could not be started. What is wrapped with it says more, to a developer.
	ErrTrap = errors.New("engine trap")
	// ErrClosed is given by a Pool that was closed.
	ErrClosed = errors.New("engine is closed")
	// ErrQuestion is given where the bytes are no question about the pool's bundle.
	ErrQuestion = errors.New("not a question about this bundle")
	// ErrVisit is given where the bytes are no visit.
	ErrVisit = errors.New("not a visit")
)

// Faults counts what went wrong with engines. It may be shared among pools.
type Faults struct {
	Traps  atomic.Uint64 // engines that stopped in the middle of a question
	Starts atomic.Uint64 // engines that could not be started
}

// Value is what a condition came to.
type Value struct {
	Kind      format.Kind
	JSON      []byte    // as core.AppendJSON writes it; nil for an error
	Code      core.Code // of an error, as is
	Attribute uint32    // the attribute that an error of the code core.Absent or core.NotConsented is about
}

// Answers are what a question came to. It may be used again, for its room.
type Answers struct {
	Jurisdiction int               // the index of the one that applied; 0 where the bundle has none
	Consent      []policy.Evidence // for each of the bundle's purposes but "necessary"; none where no engine could say
	Decisions    []core.Answer     // in the order asked
}

// emptied is the room of answers.
func (a Answers) emptied() Answers {
	return Answers{0, a.Consent[:0], a.Decisions[:0]}
}

// machine is one engine with a loaded bundle. It is asked by one goroutine at a time, and discarded once it gave ErrTrap.
type machine interface {
	// decide answers a question in the room of answers.
	decide(question []byte, answers Answers) (Answers, error)
	// explain appends core's explanation of a decision.
	explain(question []byte, decision uint32, dst []byte) ([]byte, error)
	// evaluate appends a condition's value as core.AppendResult writes it.
	evaluate(question []byte, condition uint32, dst []byte) ([]byte, error)
	// plan appends the plan for a visit, as edge.AppendVisit writes it, as JSON.
	plan(visit, dst []byte) ([]byte, error)
	// handOver appends what a visit's hand-over sends, as edge.Exchange.AppendHandOver writes it: nothing where there is nothing to send.
	handOver(visit, dst []byte) ([]byte, error)
	close()
}

// trapped wraps what stopped an engine.
func trapped(cause any) error { return fmt.Errorf("%w: %v", ErrTrap, cause) }

// readValue reads what core.AppendResult wrote.
func readValue(data []byte) (Value, error) {
	const word = 4
	if len(data) < word {
		return Value{}, trapped("a value without a kind")
	}
	v := Value{Kind: format.Kind(data[0])}
	if v.Kind != format.Error {
		v.JSON = data[word:]
		return v, nil
	}
	if len(data) != 3*word {
		return Value{}, trapped("an error without its code")
	}
	v.Code = core.Code(binary.LittleEndian.Uint32(data[word:]))
	v.Attribute = binary.LittleEndian.Uint32(data[2*word:])
	return v, nil
}
