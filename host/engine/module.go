package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// abiVersion is the version of the module's interface that this package speaks. It is specified where it is exported, in edge/wasm.
const abiVersion = 1

// memoryLimit bounds an instance's memory in WebAssembly's pages of 64 KiB: two of the largest bundles with what deciding
// over them takes, and as much again.
const memoryLimit = 128 << 20 >> 16

// signature is what a function of the module takes and gives.
type signature struct {
	name            string
	params, results []api.ValueType
}

var (
	word     = api.ValueTypeI32
	none     = []api.ValueType{}
	oneWord  = []api.ValueType{word}
	twoWords = []api.ValueType{word, word}
	long     = []api.ValueType{api.ValueTypeI64}
)

// exports are the functions that the module must have.
var exports = []signature{
	{"abi_version", none, oneWord},
	{"reserve", oneWord, oneWord},
	{"trust", oneWord, oneWord},
	{"load", oneWord, oneWord},
	{"refusal", none, oneWord},
	{"question", oneWord, oneWord},
	{"decide", oneWord, long},
	{"explain", twoWords, long},
	{"evaluate", twoWords, long},
	{"plan", oneWord, long},
	{"hand_over", oneWord, long},
	{"scratch_used", none, oneWord},
}

// Module is the WebAssembly module, compiled to machine code once. It may be used by several goroutines at once.
type Module struct {
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // nil: none
	compiled wazero.CompiledModule
}

// Compile compiles the module in wasm (module.Wasm of package host/module) and checks that it has the interface that is spoken here.
// cacheDir is a folder that keeps machine code from one process to the next, made where it is missing; "" for none.
//
// Evaluation is bounded by the bundle's limits, so the module is compiled without checks that would let a context interrupt it: these cost
// ten times what they guard.
func Compile(ctx context.Context, wasm []byte, cacheDir string) (*Module, error) {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryLimit)
	m := &Module{}
	if cacheDir != "" {
		var err error
		if m.cache, err = wazero.NewCompilationCacheWithDir(cacheDir); err != nil {
			return nil, fmt.Errorf("compilation cache: %w", err)
		}
		config = config.WithCompilationCache(m.cache)
	}
	m.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := m.compile(ctx, wasm); err != nil {
		m.Close(ctx)
		return nil, fmt.Errorf("WebAssembly module: %w", err)
	}
	return m, nil
}

func (m *Module) compile(ctx context.Context, wasm []byte) error {
	var err error
	if m.compiled, err = m.runtime.CompileModule(ctx, wasm); err != nil {
		return err
	}
	functions := m.compiled.ExportedFunctions()
	for _, want := range exports {
		f, ok := functions[want.name]
		if !ok {
			return fmt.Errorf("does not export the function %s: it is not Edgewise's, or of another version", want)
		}
		got := signature{want.name, f.ParamTypes(), f.ResultTypes()}
		if !slices.Equal(got.params, want.params) || !slices.Equal(got.results, want.results) {
			return fmt.Errorf("exports the function %s where %s is expected: it is of another version", got, want)
		}
	}
	if _, ok := m.compiled.ExportedMemories()["memory"]; !ok {
		return fmt.Errorf("does not export its memory")
	}
	probe, err := m.instantiate()
	if err != nil {
		return err
	}
	defer probe.close()
	version, err := probe.call(probe.abiVersion)
	if err != nil {
		return err
	}
	if version != abiVersion {
		return fmt.Errorf("has version %d of the interface, this host speaks %d", version, abiVersion)
	}
	return nil
}

// String writes the function as WebAssembly's text format does, in short.
func (s signature) String() string {
	names := func(types []api.ValueType) string {
		var all []string
		for _, t := range types {
			all = append(all, api.ValueTypeName(t))
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	return s.name + names(s.params) + " -> " + names(s.results)
}

// NewPool makes a pool of instances of the module over a compiled bundle; at most instances of them (at least 1) work at once. It
// keeps bundle, which must not change. faults is where it counts. The error is like that of NewNative.
func (m *Module) NewPool(bundle []byte, instances int, faults *Faults) (*Pool, error) {
	return m.NewSignedPool(bundle, nil, instances, faults)
}

// NewSignedPool is NewPool for an envelope, which every instance verifies for itself. The error is like that of NewSignedNative.
func (m *Module) NewSignedPool(envelope []byte, trust *Trust, instances int, faults *Faults) (*Pool, error) {
	loaded, err := load(envelope, trust)
	if err != nil {
		return nil, err
	}
	return newPool(loaded, instances, faults, func() (machine, error) {
		i, err := m.instantiate()
		if err != nil {
			return nil, err
		}
		if trust != nil {
			err = i.setTrust(trust)
		}
		if err == nil {
			err = i.loadBundle(loaded, envelope)
		}
		if err != nil {
			i.close()
			return nil, err
		}
		return i, nil
	})
}

// Close frees the machine code and ends all instances. Pools must be closed before.
func (m *Module) Close(ctx context.Context) error {
	err := m.runtime.Close(ctx)
	if m.cache != nil {
		err = errors.Join(err, m.cache.Close(ctx))
	}
	return err
}
