package host_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
)

// BenchmarkStorefront measures the example bundle over a made-up day's requests, and beside it, in the same run, what an engine cannot do
// without: a call of the module that does nothing, and the same decisions written by hand. scripts/bench prints it as a table.
//
// Each decision is of all the bundle's decisions for one request: from the bytes of a question, as they cross the module's boundary,
// to an answer each, a pool's instance taken and given back included.
func BenchmarkStorefront(b *testing.B) {
	ctx := context.Background()
	s := newStorefront(b, 1024)
	var faults engine.Faults
	native, err := engine.NewNative(s.Data, 1, &faults)
	require.NoError(b, err)
	defer native.Close()
	compiled, err := engine.Compile(ctx, module.Wasm, "")
	require.NoError(b, err)
	defer compiled.Close(ctx)
	wasm, err := compiled.NewPool(s.Data, 1, &faults)
	require.NoError(b, err)
	defer wasm.Close()

	b.Run("hand-written", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			decided = decideByHand(s.visitors[n%len(s.visitors)])
		}
	})
	decide := func(p *engine.Pool) func(*testing.B) {
		return func(b *testing.B) {
			answers := engine.Answers{Consent: make([]policy.Evidence, 0, 8), Decisions: make([]core.Answer, 0, len(s.all))}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := p.Decide(ctx, s.questions[n%len(s.questions)], answers); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("native", decide(native))
	b.Run("wazero", decide(wasm))
	b.Run("trivial-call", trivialCall)
	b.Run("read-request", func(b *testing.B) {
		mapper, scratch := edge.NewMapper(s.Bundle), &edge.Scratch{}
		question := make([]byte, 0, core.Room)
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			i := n % len(s.requests)
			question = core.AppendQuestion(question[:0], s.granted[i], 0, 0, s.all)
			question = mapper.Append(question, s.granted[i], &s.requests[i], scratch)
		}
	})
	b.Run("host-decide", func(b *testing.B) {
		h, err := host.New(ctx, host.Options{Bundle: s.Data})
		require.NoError(b, err)
		defer h.Close(ctx)
		q := host.Question{Context: host.Context{"device.class": "mobile", "geo.country": "DE", "session.id": "s-1", "cart.value": 80.0},
			Consent: host.Signals{Granted: []string{"personalization"}}}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.Decide(ctx, q); err != nil {
				b.Fatal(err)
			}
		}
	})

	// A fresh instance, the bundle loaded into it (the host checks it too), and the first decision.
	b.Run("cold-decision", func(b *testing.B) {
		for b.Loop() {
			p, err := compiled.NewPool(s.Data, 1, &faults)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := p.Decide(ctx, s.questions[0], engine.Answers{}); err != nil {
				b.Fatal(err)
			}
			p.Close()
		}
	})
	b.Run("instantiate", instantiate)
	b.Run("compile", func(b *testing.B) { compileModule(b, "") })
	b.Run("compile-cached", func(b *testing.B) {
		cacheDir := b.TempDir()
		m, err := engine.Compile(ctx, module.Wasm, cacheDir)
		require.NoError(b, err)
		require.NoError(b, m.Close(ctx))
		compileModule(b, cacheDir)
	})
	require.Zero(b, faults.Traps.Load()+faults.Starts.Load())
}

// decided keeps the compiler from leaving a decision out.
var decided page

// trivialCall is a call into the module that does nothing but return a number.
func trivialCall(b *testing.B) {
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	instance, err := runtime.InstantiateWithConfig(ctx, module.Wasm, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	require.NoError(b, err)
	version := instance.ExportedFunction("abi_version")
	stack := make([]uint64, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := version.CallWithStack(ctx, stack); err != nil {
			b.Fatal(err)
		}
	}
}

// instantiate makes an instance of the compiled module, without a bundle.
func instantiate(b *testing.B) {
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	compiled, err := runtime.CompileModule(ctx, module.Wasm)
	require.NoError(b, err)
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	for b.Loop() {
		instance, err := runtime.InstantiateModule(ctx, compiled, config)
		if err != nil {
			b.Fatal(err)
		}
		if err := instance.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// compileModule compiles the module to machine code, which is kept in the folder cacheDir, if any.
func compileModule(b *testing.B, cacheDir string) {
	ctx := context.Background()
	for b.Loop() {
		m, err := engine.Compile(ctx, module.Wasm, cacheDir)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
