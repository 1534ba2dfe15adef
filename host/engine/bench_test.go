package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
)

// All decisions of the sample bundle, over questions that differ.
func BenchmarkDecide(b *testing.B) {
	for name, p := range pools(b, sample.Bundle(b), 1) {
		b.Run(name, func(b *testing.B) {
			questions := randomQuestions(b, question.NewSchema(p.Bundle()), 1, 64)
			answers := make([]core.Answer, 0, len(p.Bundle().Decisions))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if _, err := p.Decide(background, questions[n%len(questions)], answers); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

// What no call of the module can do without.
func BenchmarkTrivialCall(b *testing.B) {
	i, err := compileModule(b).instantiate()
	require.NoError(b, err)
	defer i.close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.call(i.abiVersion); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInstantiate(b *testing.B) {
	m := compileModule(b)
	for b.Loop() {
		i, err := m.instantiate()
		if err != nil {
			b.Fatal(err)
		}
		i.close()
	}
}

// A fresh instance, a bundle and the first decision.
func BenchmarkColdDecision(b *testing.B) {
	m := compileModule(b)
	bundle := sample.Bundle(b)
	loaded, err := core.Load(bundle)
	require.NoError(b, err)
	question := randomQuestions(b, question.NewSchema(loaded), 1, 1)[0]
	for b.Loop() {
		i, err := m.instantiate()
		if err != nil {
			b.Fatal(err)
		}
		if err := i.loadBundle(loaded, bundle); err != nil {
			b.Fatal(err)
		}
		if _, err := i.decide(question, nil); err != nil {
			b.Fatal(err)
		}
		i.close()
	}
}

func BenchmarkCompile(b *testing.B) {
	compile := func(b *testing.B, dir string) {
		for b.Loop() {
			m, err := Compile(background, module.Wasm, dir)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Close(background); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("no cache", func(b *testing.B) { compile(b, "") })
	b.Run("cache", func(b *testing.B) { compile(b, b.TempDir()) })
}
