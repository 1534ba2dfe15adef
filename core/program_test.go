package core_test

import (
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

// Lists that share their elements are small in memory and enormous to walk: comparing two of them ends with the condition's budget.
func TestWhatRepeatsItselfEnds(t *testing.T) {
	s := newShop()
	code := []format.Instr{s.push(assemble.Int(1))}
	for local := range uint32(6) { // each a list of sixteen times the one before
		code = append(code, opA(format.OpStore, local, 0))
		for range 16 {
			code = append(code, opA(format.OpLocal, local, 0))
		}
		code = append(code, op(format.OpList, 16))
	}
	code = append(code, opA(format.OpStore, 6, 0), opA(format.OpLocal, 6, 0), opA(format.OpLocal, 6, 0), op(format.OpEqual, 0))
	require.Equal(t, "too many steps", evaluate(t, s, code...))
	code[len(code)-3] = opA(format.OpLocal, 5, 0)
	code[len(code)-2] = opA(format.OpLocal, 5, 0)
}

// Each condition has its own budget, so that an answer does not depend on what else was asked.
func TestBudgetsAreEachConditionsOwn(t *testing.T) {
	s := newShop()
	expensive := []format.Instr{s.push(assemble.Int(1))}
	for local := range uint32(6) {
		expensive = append(expensive, opA(format.OpStore, local, 0))
		for range 16 {
			expensive = append(expensive, opA(format.OpLocal, local, 0))
		}
		expensive = append(expensive, op(format.OpList, 16))
	}
	expensive = append(expensive, opA(format.OpStore, 6, 0), opA(format.OpLocal, 6, 0), opA(format.OpLocal, 6, 0), op(format.OpEqual, 0))
	first := s.when(expensive...) - 1
	cheap := s.when(op(format.OpCondition, first), op(format.OpOrElse, 6), s.push(assemble.String("x")), s.push(assemble.String("x")),
		op(format.OpEqual, 0), op(format.OpOr, 0)) - 1
	b := s.load(t)
	require.Equal(t, "true", result(b.NewEvaluator().Evaluate(b.NewContext(), int(cheap))), "after the expensive one in the same request")
}
