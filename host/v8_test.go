package host_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/lines"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/signed"
	"github.com/edgewise-dev/edgewise/testdata/v8"
)

// Fewer questions than these mean that cases were not found. They are fewer than there are cases, for a line that is no question never comes
// to an engine.
const (
	leastDecideQuestions = 1041
	leastExprQuestions   = 620
)

// The corpus is answered by the module in V8 with the bytes that core gives natively: answers, explanations, and values of conditions.
func TestDecideCorpusInV8(t *testing.T) {
	module := v8.Start(t, module.Wasm)
	folders, err := filepath.Glob("../testdata/decide/*/cases.jsonl")
	require.NoError(t, err)
	count := 0
	for _, path := range folders {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			loaded, err := bundles.Load(filepath.Dir(path))
			require.NoError(t, err)
			native := loadSignedBoth(t, module, loaded.Data, filepath.Dir(path))
			for _, c := range readCases(t, path) {
				q, ok := native.ask(c.In)
				if !ok {
					continue
				}
				count++
				t.Run(c.Name, func(t *testing.T) {
					answers, err := module.Decide(q)
					require.NoError(t, err)
					require.Equal(t, native.decide(t, q), answers)
					for decision := range native.bundle.Decisions {
						why, err := module.Explain(q, uint32(decision))
						require.NoError(t, err)
						require.Equal(t, string(native.explain(t, q, uint32(decision))), string(why))
					}
				})
			}
		})
	}
	require.GreaterOrEqual(t, count, leastDecideQuestions)
}

func TestExprCorpusInV8(t *testing.T) {
	module := v8.Start(t, module.Wasm)
	files, err := filepath.Glob("../testdata/expr/*.jsonl")
	require.NoError(t, err)
	count := 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			for _, c := range readCases(t, path) {
				bundle, err := lines.Compile(c.In)
				if err != nil {
					continue // a mistake in the expression
				}
				native := loadBoth(t, module, bundle)
				q, ok := native.ask(c.In)
				if !ok {
					continue
				}
				count++
				t.Run(c.Name, func(t *testing.T) {
					const onlyCondition = 0
					value, err := module.Evaluate(q, onlyCondition)
					require.NoError(t, err)
					require.Equal(t, string(native.evaluate(t, q, onlyCondition)), string(value))
				})
			}
		})
	}
	require.GreaterOrEqual(t, count, leastExprQuestions)
}

// nativeBytes is core with a bundle, asked as the module is: in bytes.
type nativeBytes struct {
	bundle    *core.Bundle
	schema    *question.Schema
	context   *core.Context
	evaluator *core.Evaluator
}

// loadBoth loads a bundle natively and in V8.
func loadBoth(t *testing.T, module *v8.V8, bundle []byte) *nativeBytes {
	b, err := core.Load(bundle)
	require.NoError(t, err)
	code, err := module.Load(bundle)
	require.NoError(t, err)
	require.Zero(t, code, "refused")
	return &nativeBytes{b, question.NewSchema(b), b.NewContext(), b.NewEvaluator()}
}

// loadSignedBoth is loadBoth for a bundle that is signed where its folder says so; the module verifies it.
func loadSignedBoth(t *testing.T, module *v8.V8, bundle []byte, folder string) *nativeBytes {
	envelope, policy := signed.Bundle(t, bundle, folder)
	if policy == nil {
		return loadBoth(t, module, bundle)
	}
	b, _, err := policy.Load(envelope, 0)
	require.NoError(t, err)
	code, err := module.LoadSigned(verify.AppendPolicy(nil, policy, 0), envelope)
	require.NoError(t, err)
	require.Zero(t, code, "refused")
	return &nativeBytes{b, question.NewSchema(b), b.NewContext(), b.NewEvaluator()}
}

// ask gives the question that a line asks, if it is one.
func (n *nativeBytes) ask(line []byte) ([]byte, bool) {
	var q question.Question
	err := n.schema.ReadJSON(&q, line, time.Unix(0, 0))
	return q.Bytes, err == nil
}

func (n *nativeBytes) read(t *testing.T, q []byte) (asked []uint32) {
	asked, ok := n.context.ReadQuestion(q, nil)
	require.True(t, ok)
	return asked
}

func (n *nativeBytes) decide(t *testing.T, q []byte) []byte {
	asked := n.read(t, q)
	answers, err := binary.Append([]byte{}, binary.LittleEndian, n.evaluator.AppendAnswer(n.context, asked, nil))
	require.NoError(t, err)
	return answers
}

func (n *nativeBytes) explain(t *testing.T, q []byte, decision uint32) []byte {
	n.read(t, q)
	return n.evaluator.Explain(n.context, decision, nil)
}

func (n *nativeBytes) evaluate(t *testing.T, q []byte, condition int) []byte {
	n.read(t, q)
	return core.AppendResult(nil, n.evaluator.Evaluate(n.context, condition))
}
