package core_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// A program that reads a variable before it has a value would read what another visitor's request left there.
func TestVariablesHaveValuesBeforeTheyAreRead(t *testing.T) {
	for name, code := range map[string][]format.Instr{
		"never stored":   {opA(format.OpLocal, 3, 0)},
		"stored one way": {op(format.OpHas, bot), opA(format.OpChoose, 5, 4), op(format.OpHas, bot), opA(format.OpStore, 0, 0), opA(format.OpLocal, 0, 0)},
	} {
		s := newShop()
		s.when(code...)
		_, err := core.Load(s.Finish().Append(nil))
		var refusal *format.Refusal
		require.ErrorAs(t, err, &refusal, name)
		require.Equal(t, format.BadProgram, refusal.Code, name)
	}
}

// unfolded compares a list with itself that is small in memory and enormous to walk: each of its levels is sixteen times the one below.
func (s shop) unfolded() []format.Instr {
	code := []format.Instr{s.push(assemble.Int(1))}
	for local := range uint32(6) {
		code = append(code, opA(format.OpStore, local, 0))
		for range 16 {
			code = append(code, opA(format.OpLocal, local, 0))
		}
		code = append(code, op(format.OpList, 16))
	}
	return append(code, opA(format.OpStore, 6, 0), opA(format.OpLocal, 6, 0), opA(format.OpLocal, 6, 0), op(format.OpEqual, 0))
}

func TestWhatRepeatsItselfEnds(t *testing.T) {
	s := newShop()
	require.Equal(t, "too many steps", evaluate(t, s, s.unfolded()...))
}

// Each condition has its own budget, so that an answer does not depend on what else was asked: what is compared after the budget of
// the condition waited for has run out is compared all the same.
func TestBudgetsAreEachConditionsOwn(t *testing.T) {
	s := newShop()
	first := s.when(s.unfolded()...) - 1
	long := s.push(assemble.String(strings.Repeat("x", 1000))) // walking it takes steps
	cheap := s.when(op(format.OpCondition, first), op(format.OpOrElse, 6), long, long, op(format.OpEqual, 0), op(format.OpOr, 0)) - 1
	b := s.load(t)
	require.Equal(t, "true", result(b.NewEvaluator().Evaluate(b.NewContext(), int(cheap))))
}
