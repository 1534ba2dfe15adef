// Package v8 runs the WebAssembly module in V8, where browsers, Node and several edge platforms run it: run.mjs does so, in Node and
// without any package, and answers what tests and benchmarks ask.
//
// Reach for Start (Run, where there is no test), then Load, then what you want to know of the loaded bundle. Questions and answers are in core's wire format.
package v8

import (
	"bufio"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed run.mjs
var program string

// oldestNode is the first version of Node that the program was tried with.
const oldestNode = 20

// V8 is a process of Node with the module. One goroutine uses it at a time.
type V8 struct {
	in  *bufio.Writer
	out *bufio.Reader
}

// ErrNoNode is given where Node is absent or too old.
var ErrNoNode = errors.New("not run in V8")

// Start is Run for tests: Node ends with the test. Where it is absent or too old the test is skipped, in CI failed.
func Start(t testing.TB, wasm []byte) *V8 {
	t.Helper()
	v, stop, err := Run(wasm)
	if errors.Is(err, ErrNoNode) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return v
}

// Run starts Node with the module in wasm; stop ends it.
func Run(wasm []byte) (v *V8, stop func() error, err error) {
	if _, err := FindNode(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoNode, err)
	}
	return start(wasm)
}

// FindNode gives the version of Node where there is one that the module runs in; the error says why not.
func FindNode() (version string, err error) {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return "", err
	}
	version = strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return "", fmt.Errorf("node has version %s, want %d or later", version, oldestNode)
	}
	return version, nil
}

func start(wasm []byte) (v *V8, stop func() error, err error) {
	node := exec.Command("node", "--input-type=module", "--eval", program)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := node.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := node.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() error {
		in.Close() // the program ends with its input
		return node.Wait()
	}
	v = &V8{in: bufio.NewWriter(in), out: bufio.NewReader(out)}
	if _, err := v.ask('m', wasm); err != nil {
		return nil, nil, fmt.Errorf("%w (%v)", err, stop())
	}
	return v, stop, nil
}

// Load loads a compiled bundle into the instance that was loaded before, or into the first. The result is 0, or the code of a refusal. After
// an error, which is a trap, a new instance takes the place of the one that trapped.
func (v *V8) Load(bundle []byte) (code uint32, err error) { return v.word('l', bundle) }

// LoadSigned loads an envelope into an instance of its own, which accepts it by a policy (verify.AppendPolicy). The result is as that of Load.
func (v *V8) LoadSigned(policy, envelope []byte) (code uint32, err error) {
	return v.word('v', list(policy, envelope))
}

// Decide gives the bytes that answer a question.
func (v *V8) Decide(question []byte) ([]byte, error) { return v.ask('d', question) }

// Explain gives the explanation of a decision over a question's context, as JSON.
func (v *V8) Explain(question []byte, decision uint32) ([]byte, error) {
	return v.ask('x', appendWord(nil, decision), question)
}

// Evaluate gives the value of a condition over a question's context, as core.AppendResult writes it.
func (v *V8) Evaluate(question []byte, condition uint32) ([]byte, error) {
	return v.ask('e', appendWord(nil, condition), question)
}

// Plan gives the plan for a visit (edge.AppendVisit), as JSON.
func (v *V8) Plan(visit []byte) ([]byte, error) { return v.ask('a', visit) }

// HandOver gives what a visit's hand-over sends, as edge.Exchange.AppendHandOver writes it.
func (v *V8) HandOver(visit []byte) ([]byte, error) { return v.ask('h', visit) }

// Pages is the size of the instance's memory, in pages of 64 KiB.
func (v *V8) Pages() (uint32, error) { return v.word('p') }

// TimeDecide measures for so long how many nanoseconds deciding takes, a question's hand-over and that of its answer included: the best of
// many runs over all questions.
func (v *V8) TimeDecide(questions [][]byte, measure time.Duration) (nanoseconds float64, err error) {
	return v.double('t', appendWord(nil, uint32(measure.Milliseconds())), list(questions...))
}

// TimeStart measures for so long how many nanoseconds a new instance takes until the first decision, a bundle loaded: the best of many.
func (v *V8) TimeStart(bundle, question []byte, measure time.Duration) (nanoseconds float64, err error) {
	return v.double('s', appendWord(nil, uint32(measure.Milliseconds())), list(bundle, question))
}

// ask sends a command with what belongs to it, and gives the answer. An error is what the program threw.
func (v *V8) ask(command byte, parts ...[]byte) ([]byte, error) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	v.in.Write(appendWord([]byte{command}, uint32(size)))
	for _, part := range parts {
		v.in.Write(part)
	}
	if err := v.in.Flush(); err != nil { // also of the writes above
		return nil, fmt.Errorf("node: %w", err)
	}
	var head [5]byte
	if _, err := io.ReadFull(v.out, head[:]); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	answer := make([]byte, binary.LittleEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(v.out, answer); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if head[0] != 0 {
		return nil, fmt.Errorf("module in V8: %s", answer)
	}
	return answer, nil
}

func (v *V8) word(command byte, parts ...[]byte) (uint32, error) {
	answer, err := v.ask(command, parts...)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(answer), nil
}

func (v *V8) double(command byte, parts ...[]byte) (float64, error) {
	answer, err := v.ask(command, parts...)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(answer)), nil
}

func appendWord(dst []byte, w uint32) []byte { return binary.LittleEndian.AppendUint32(dst, w) }

// list writes each part with its length before it.
func list(parts ...[]byte) (all []byte) {
	for _, part := range parts {
		all = append(appendWord(all, uint32(len(part))), part...)
	}
	return all
}
