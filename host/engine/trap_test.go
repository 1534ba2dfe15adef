package engine

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/internal/fake"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
)

func compileFake(t *testing.T, wasm []byte) *Module {
	m, err := Compile(background, wasm, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(background)) })
	return m
}

func TestCompileChecksTheInterface(t *testing.T) {
	missing, others := fake.Functions(), fake.Functions()
	delete(missing, "explain")
	others["decide"] = others["reserve"]
	for _, c := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"not WebAssembly", []byte("hello"), "invalid magic number"},
		{"nothing", nil, "invalid magic number"},
		{"a function is missing", fake.Module(missing), "does not export the function explain(i32, i32) -> (i64)"},
		{"another signature", fake.Module(others), "exports the function decide(i32) -> (i32) where decide(i32) -> (i64) is expected"},
		{"another version", fake.With("abi_version", fake.Word(2)), "version 2 of the interface, this host speaks 1"},
		{"a trap when it starts", fake.With("_initialize", fake.Trap), "unreachable"},
		{"a trap when asked for its version", fake.With("abi_version", fake.Trap), "engine trap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(background, c.wasm, "")
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "WebAssembly module: ")
		})
	}
}

func TestATrapIsAnsweredWithDefaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		decide []byte
	}{
		{"it stops", fake.Trap},
		{"it takes the question for none", fake.Long(0)},
		{"its answer lies outside of memory", fake.Long(0x7fffffff<<32 | 6*16)},
		{"it answers too little", fake.Long(1024<<32 | 16)},
		{"it answers other decisions", fake.Long(1024<<32 | 6*16)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults Faults
			p, err := compileFake(t, fake.With("decide", c.decide)).NewPool(sample.Bundle(t), 2, &faults)
			require.NoError(t, err)
			defer p.Close()
			for _, q := range randomQuestions(t, question.NewSchema(p.Bundle()), 1, 10) {
				before := Answers{Decisions: []core.Answer{{Decision: 77}}, Consent: make([]policy.Evidence, 1)}
				answers, err := p.Decide(background, q, before)
				require.ErrorIs(t, err, ErrTrap)
				requireDefaults(t, p.Bundle(), answers)
			}
			require.EqualValues(t, 10, faults.Traps.Load())
			require.Zero(t, faults.Starts.Load())
			require.Empty(t, p.idle, "an instance that trapped is used again")
		})
	}
}

func TestAllElseTellsOfTraps(t *testing.T) {
	var faults Faults
	p, err := compileFake(t, fake.Module(fake.Functions())).NewPool(sample.Bundle(t), 1, &faults)
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
	text, err := p.Explain(background, q, 0, []byte("before"))
	require.ErrorIs(t, err, ErrTrap)
	require.Equal(t, "before", string(text))
	_, err = p.Evaluate(background, q, 0)
	require.ErrorIs(t, err, ErrTrap)
	visit := edge.AppendVisit(nil, &edge.Visit{Request: edge.Request{Method: "GET", URL: "/"}}, nil)
	text, err = p.Plan(background, visit, []byte("before"))
	require.ErrorIs(t, err, ErrTrap)
	require.Equal(t, "before", string(text))
	_, err = p.HandOver(background, visit, nil)
	require.ErrorIs(t, err, ErrTrap)
	require.EqualValues(t, 4, faults.Traps.Load())
}

func TestAVisitIsNotTakenForNone(t *testing.T) {
	var faults Faults
	p, err := compileFake(t, fake.With("plan", fake.Long(0))).NewPool(sample.Bundle(t), 1, &faults)
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Plan(background, edge.AppendVisit(nil, &edge.Visit{}, nil), nil)
	require.ErrorIs(t, err, ErrTrap)
	_, err = p.Plan(background, []byte("no visit"), nil)
	require.ErrorIs(t, err, ErrVisit)
	require.EqualValues(t, 1, faults.Traps.Load())
}

func TestAModuleThatDoesNotTakeTheBundle(t *testing.T) {
	bundle := sample.Bundle(t)
	_, err := compileFake(t, fake.With("reserve", fake.Word(0))).NewPool(bundle, 1, &Faults{})
	require.ErrorContains(t, err, "no memory for a bundle")
	_, err = compileFake(t, fake.With("reserve", fake.Word(-64))).NewPool(bundle, 1, &Faults{})
	require.ErrorIs(t, err, ErrTrap)
	_, err = compileFake(t, fake.With("load", fake.Trap)).NewPool(bundle, 1, &Faults{})
	require.ErrorIs(t, err, ErrTrap)
}

// A module whose memory was overwritten must end in a trap, and a fresh one go on as if nothing had been.
func TestDamagedMemoryIsDiscarded(t *testing.T) {
	var faults Faults
	p, err := compileModule(t).NewPool(sample.Bundle(t), 1, &faults)
	require.NoError(t, err)
	defer p.Close()
	q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
	want, err := p.Decide(background, q, Answers{})
	require.NoError(t, err)
	for n, with := range []byte{0xff, 0x00, 0x55} {
		memory := p.idle[0].(*instance).memory
		bytes, ok := memory.Read(0, memory.Size())
		require.True(t, ok)
		for i := range bytes {
			bytes[i] = with
		}
		answers, err := p.Decide(background, q, Answers{})
		require.ErrorIs(t, err, ErrTrap, "filled with %#x", with)
		requireDefaults(t, p.Bundle(), answers)
		require.EqualValues(t, n+1, faults.Traps.Load())

		got, err := p.Decide(background, q, Answers{})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// panicking is a native engine with a fault that core does not have.
type panicking struct{ machine }

func (panicking) decide([]byte, Answers) (_ Answers, err error) {
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
	answers, err := p.Decide(background, q, Answers{})
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
		answers, err := p.Decide(background, q, Answers{})
		require.ErrorIs(t, err, ErrTrap)
		requireDefaults(t, loaded, answers)
	}
	require.EqualValues(t, 1, faults.Traps.Load())
	require.EqualValues(t, 5, faults.Starts.Load())

	_, err = p.Decide(background, q, Answers{})
	require.NoError(t, err, "it can be started again, but is not")
}
