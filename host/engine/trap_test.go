package engine

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
)

// What a fake module's functions do, in WebAssembly's instructions.
var (
	trap    = []byte{0x00}
	nothing = longConst(0)
)

func longConst(v uint64) []byte { return appendSigned([]byte{0x42}, int64(v)) }

func wordConst(v int32) []byte { return appendSigned([]byte{0x41}, int64(v)) }

// appendSigned appends a signed LEB128 number.
func appendSigned(dst []byte, v int64) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(dst, b)
		}
		dst = append(dst, b|0x80)
	}
}

// appendUnsigned appends an unsigned LEB128 number.
func appendUnsigned(dst []byte, v int) []byte {
	for ; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

// fake assembles a module with Edgewise's exports, which does what bodies say. The rest does the least that a host expects: the bundle
// goes to address 131072, the question to 1024, and every bundle is taken. A nil body leaves the function out.
func fake(bodies map[string][]byte) []byte { return fakeOf(exports, bodies) }

func fakeOf(exports []signature, bodies map[string][]byte) []byte {
	does := map[string][]byte{
		"abi_version": wordConst(abiVersion), "reserve": wordConst(131072), "load": wordConst(0), "refusal": wordConst(16),
		"question": wordConst(1024), "decide": trap, "explain": trap, "evaluate": trap, "scratch_used": wordConst(0), "_initialize": {},
	}
	for name, body := range bodies {
		does[name] = body
	}
	section := func(id byte, count int, content []byte) []byte {
		content = append(appendUnsigned(nil, count), content...)
		return append(appendUnsigned([]byte{id}, len(content)), content...)
	}
	var types, functions, exported, code []byte
	count := 0
	for _, s := range append(slices.Clone(exports), signature{name: "_initialize"}) {
		if does[s.name] == nil {
			continue
		}
		types = append(types, 0x60)
		types = append(appendUnsigned(types, len(s.params)), s.params...)
		types = append(appendUnsigned(types, len(s.results)), s.results...)
		functions = appendUnsigned(functions, count)
		exported = append(appendUnsigned(exported, len(s.name)), s.name...)
		exported = appendUnsigned(append(exported, 0x00), count)
		body := append(append([]byte{0x00}, does[s.name]...), 0x0b)
		code = append(appendUnsigned(code, len(body)), body...)
		count++
	}
	exported = append(append(appendUnsigned(exported, len("memory")), "memory"...), 0x02, 0x00)
	wasm := []byte{0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00}
	wasm = append(wasm, section(1, count, types)...)
	wasm = append(wasm, section(3, count, functions)...)
	wasm = append(wasm, section(5, 1, []byte{0x00, 0x20})...) // 32 pages of memory
	wasm = append(wasm, section(7, count+1, exported)...)
	return append(wasm, section(10, count, code)...)
}

func compileFake(t *testing.T, bodies map[string][]byte) *Module {
	m, err := Compile(background, fake(bodies), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(background)) })
	return m
}

func TestCompileChecksTheInterface(t *testing.T) {
	for _, c := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"not WebAssembly", []byte("hello"), "invalid magic number"},
		{"nothing", nil, "invalid magic number"},
		{"a function is missing", fake(map[string][]byte{"explain": nil}), "does not export the function explain(i32, i32) -> (i64)"},
		{"another version", fake(map[string][]byte{"abi_version": wordConst(2)}), "version 2 of the interface, this host speaks 1"},
		{"a trap when it starts", fake(map[string][]byte{"_initialize": trap}), "unreachable"},
		{"a trap when asked for its version", fake(map[string][]byte{"abi_version": trap}), "engine trap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(background, c.wasm, "")
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "WebAssembly module: ")
		})
	}
	t.Run("other parameters", func(t *testing.T) {
		others := slices.Clone(exports)
		others[5] = signature{"decide", twoWords, oneWord}
		wasm := fakeOf(others, map[string][]byte{"decide": wordConst(0)})
		_, err := Compile(background, wasm, "")
		require.ErrorContains(t, err, "exports the function decide(i32, i32) -> (i32) where decide(i32) -> (i64) is expected")
	})
}

func TestATrapIsAnsweredWithDefaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		decide []byte
	}{
		{"it stops", trap},
		{"it takes the question for none", nothing},
		{"its answer lies outside of memory", longConst(0x7fffffff<<32 | 6*16)},
		{"it answers too little", longConst(1024<<32 | 16)},
		{"it answers other decisions", longConst(1024<<32 | 6*16)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults Faults
			p, err := compileFake(t, map[string][]byte{"decide": c.decide}).NewPool(sample.Bundle(t), 2, &faults)
			require.NoError(t, err)
			defer p.Close()
			for _, q := range randomQuestions(t, question.NewSchema(p.Bundle()), 1, 10) {
				before := []core.Answer{{Decision: 77}}
				answers, err := p.Decide(background, q, before)
				require.ErrorIs(t, err, ErrTrap)
				require.Equal(t, before, answers[:1])
				requireDefaults(t, p.Bundle(), answers[1:])
			}
			require.EqualValues(t, 10, faults.Traps.Load())
			require.Zero(t, faults.Starts.Load())
			require.Empty(t, p.idle, "an instance that trapped is used again")
		})
	}
}

func TestExplainAndEvaluateTellOfTraps(t *testing.T) {
	var faults Faults
	p, err := compileFake(t, nil).NewPool(sample.Bundle(t), 1, &faults)
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
	text, err := p.Explain(background, q, 0, []byte("before"))
	require.ErrorIs(t, err, ErrTrap)
	require.Equal(t, "before", string(text))
	_, err = p.Evaluate(background, q, 0)
	require.ErrorIs(t, err, ErrTrap)
	require.EqualValues(t, 2, faults.Traps.Load())
}

func TestAModuleThatDoesNotTakeTheBundle(t *testing.T) {
	bundle := sample.Bundle(t)
	_, err := compileFake(t, map[string][]byte{"reserve": wordConst(0)}).NewPool(bundle, 1, &Faults{})
	require.ErrorContains(t, err, "no memory for a bundle")
	_, err = compileFake(t, map[string][]byte{"reserve": wordConst(-64)}).NewPool(bundle, 1, &Faults{})
	require.ErrorIs(t, err, ErrTrap)
	_, err = compileFake(t, map[string][]byte{"load": trap}).NewPool(bundle, 1, &Faults{})
	require.ErrorIs(t, err, ErrTrap)
}

// A module whose memory was overwritten must end in a trap, and a fresh one go on as if nothing had been.
func TestDamagedMemoryIsDiscarded(t *testing.T) {
	var faults Faults
	p, err := compileModule(t).NewPool(sample.Bundle(t), 1, &faults)
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
	want, err := p.Decide(background, q, nil)
	require.NoError(t, err)
	for n, with := range []byte{0xff, 0x00, 0x55} {
		memory := p.idle[0].(*instance).memory
		bytes, ok := memory.Read(0, memory.Size())
		require.True(t, ok)
		for i := range bytes {
			bytes[i] = with
		}
		answers, err := p.Decide(background, q, nil)
		require.ErrorIs(t, err, ErrTrap, "filled with %#x", with)
		requireDefaults(t, p.Bundle(), answers)
		require.EqualValues(t, n+1, faults.Traps.Load())

		got, err := p.Decide(background, q, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// panicking is a native engine with a fault that core does not have.
type panicking struct{ machine }

func (panicking) decide([]byte, []core.Answer) (_ []core.Answer, err error) {
	defer recoverTrap(&err)
	panic("index out of range")
}

func (panicking) close() {}

func TestAPanicOfCoreIsATrap(t *testing.T) {
	loaded, err := core.Load(sample.Bundle(t))
	require.NoError(t, err)
	var faults Faults
	p, err := newPool(loaded, 1, &faults, func() (machine, error) { return panicking{}, nil })
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(loaded), 1, 1)[0]
	answers, err := p.Decide(background, q, nil)
	require.ErrorIs(t, err, ErrTrap)
	require.ErrorContains(t, err, "index out of range")
	requireDefaults(t, loaded, answers)
	require.EqualValues(t, 1, faults.Traps.Load())
}

func TestAnEngineThatCannotBeStartedAgain(t *testing.T) {
	loaded, err := core.Load(sample.Bundle(t))
	require.NoError(t, err)
	var faults Faults
	starts := 0
	p, err := newPool(loaded, 2, &faults, func() (machine, error) {
		if starts++; starts > 1 && starts < 7 {
			return nil, errors.New("no memory left")
		}
		if starts == 1 {
			return panicking{}, nil
		}
		return newNative(loaded), nil
	})
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(loaded), 1, 1)[0]
	for range 6 { // more often than there are places: none is lost
		answers, err := p.Decide(background, q, nil)
		require.ErrorIs(t, err, ErrTrap)
		requireDefaults(t, loaded, answers)
	}
	require.EqualValues(t, 1, faults.Traps.Load())
	require.EqualValues(t, 5, faults.Starts.Load())

	_, err = p.Decide(background, q, nil)
	require.NoError(t, err, "it can be started again, but is not")
}
