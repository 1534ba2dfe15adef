package core_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// evaluate runs one program over a context without values and gives the result as JSON, an error as its words.
func evaluate(t *testing.T, s shop, code ...format.Instr) string {
	t.Helper()
	condition := s.when(code...) - 1
	b := s.load(t)
	return result(b.NewEvaluator().Evaluate(b.NewContext(), int(condition)))
}

func result(v core.Value) string {
	if v.Kind() == format.Error {
		return v.Code().String()
	}
	return string(core.AppendJSON(nil, v))
}

// An absent attribute is an error; && and || absorb it from either side, everything else passes it on.
func TestAbsorption(t *testing.T) {
	const yes, no, unknown = "true", "false", "no value"
	operand := func(s shop, word string) format.Instr {
		switch word {
		case yes:
			return s.push(assemble.Bool(true))
		case no:
			return s.push(assemble.Bool(false))
		}
		return op(format.OpAttribute, country)
	}
	for _, c := range []struct{ left, right, and, or string }{
		{yes, yes, yes, yes}, {yes, no, no, yes}, {no, yes, no, yes}, {no, no, no, no},
		{yes, unknown, unknown, yes}, {unknown, yes, unknown, yes},
		{no, unknown, no, unknown}, {unknown, no, no, unknown},
		{unknown, unknown, unknown, unknown},
	} {
		s := newShop()
		require.Equal(t, c.and, evaluate(t, s, operand(s, c.left), op(format.OpAndThen, 4), operand(s, c.right), op(format.OpAnd, 0)),
			"%s && %s", c.left, c.right)
		s = newShop()
		require.Equal(t, c.or, evaluate(t, s, operand(s, c.left), op(format.OpOrElse, 4), operand(s, c.right), op(format.OpOr, 0)),
			"%s || %s", c.left, c.right)
	}
	s := newShop()
	require.Equal(t, unknown, evaluate(t, s, operand(s, unknown), op(format.OpNot, 0)))
	s = newShop()
	require.Equal(t, unknown, evaluate(t, s, operand(s, unknown), s.push(assemble.Int(1)), op(format.OpEqual, 0)))
}

func TestChoose(t *testing.T) {
	choose := func(s shop, condition format.Instr) string {
		return evaluate(t, s, condition, opA(format.OpChoose, 5, 4), s.push(assemble.Int(1)), op(format.OpJump, 5), s.push(assemble.Int(2)))
	}
	s := newShop()
	require.Equal(t, "1", choose(s, s.push(assemble.Bool(true))))
	s = newShop()
	require.Equal(t, "2", choose(s, s.push(assemble.Bool(false))))
	s = newShop()
	require.Equal(t, "no value", choose(s, op(format.OpAttribute, country)))
	s = newShop()
	require.Equal(t, "no such overload", choose(s, s.push(assemble.Int(7))))
}

// [1, 2, 3].map(x, x * 2), as the compiler writes it; over something that is no list, its error.
func TestWalk(t *testing.T) {
	double := func(s shop, over format.Instr) string {
		return evaluate(t, s,
			over, op(format.OpIterate, 15), // 0, 1
			s.push(assemble.Constant{Kind: format.List}), opA(format.OpStore, 1, 0), // 2, 3
			opA(format.OpNext, 0, 13),                            // 4
			opA(format.OpLocal, 1, 0), opA(format.OpLocal, 0, 0), // 5, 6
			s.push(assemble.Int(2)), op(format.OpMultiply, 0), op(format.OpList, 1), op(format.OpAdd, 0), // 7 to 10
			opA(format.OpStore, 1, 0), op(format.OpLoop, 4), // 11, 12
			op(format.OpIterateEnd, 0), opA(format.OpLocal, 1, 0), // 13, 14
		)
	}
	s := newShop()
	require.Equal(t, "[2,4,6]", double(s, s.push(assemble.Constant{Kind: format.List, Elements: []assemble.Constant{
		assemble.Int(1), assemble.Int(2), assemble.Int(3)}})))
	s = newShop()
	require.Equal(t, "no value", double(s, op(format.OpAttribute, languages)))
	s = newShop()
	require.Equal(t, "no such overload", double(s, s.push(assemble.Int(1))))
}

// A condition used by two others is evaluated once; an error in it stays an error.
func TestConditionsWaitForOthers(t *testing.T) {
	s := newShop()
	german := s.when(s.is(country, "DE")) - 1
	not := s.when(op(format.OpCondition, german), op(format.OpNot, 0)) - 1
	both := s.when(op(format.OpCondition, not), op(format.OpAndThen, 4), op(format.OpCondition, german), op(format.OpAnd, 0)) - 1
	b := s.load(t)
	e, c := b.NewEvaluator(), b.NewContext()
	require.Equal(t, "no value", result(e.Evaluate(c, int(both))))
	c.Set(country, core.String("FR"))
	require.Equal(t, "true", result(e.Evaluate(c, int(not))))
	require.Equal(t, "false", result(e.Evaluate(c, int(both))))
}

// Conditions have the scratch areas for themselves, whichever is asked for first: here each builds a text of more than half.
func TestConditionsHaveRoomWhateverTheOrder(t *testing.T) {
	s := newShop()
	longer := func(by string) []format.Instr {
		return []format.Instr{op(format.OpAttribute, country), s.push(assemble.String(by)), op(format.OpAdd, 0)}
	}
	inner := s.when(append(longer("b"), s.push(assemble.String("b")), op(format.OpNotEqual, 0))...)
	outer := s.when(append(longer("a"), op(format.OpCondition, inner-1), op(format.OpList, 2), opA(format.OpCall, 1, uint32(format.FuncSize)),
		s.push(assemble.Int(2)), op(format.OpEqual, 0))...)
	last := s.when(append(longer("c"), op(format.OpCondition, outer-1), op(format.OpList, 2), opA(format.OpCall, 1, uint32(format.FuncSize)),
		s.push(assemble.Int(2)), op(format.OpEqual, 0))...)
	s.decide("inner", 1, serve(inner, 1))
	s.decide("last", 1, serve(last, 1))
	s.decide("outer", 1, serve(outer, 1))
	b := s.load(t)
	e, c := b.NewEvaluator(), b.NewContext()
	c.Set(country, core.String(strings.Repeat("x", core.ScratchBytes*3/4)))
	for _, asked := range [][]uint32{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1}, {2}} {
		for _, a := range e.Decide(c, asked, nil) {
			require.Equal(t, core.ReasonTargetingMatch, a.Reason, "%v", asked)
		}
	}
}

func TestValuesAsJSON(t *testing.T) {
	list := func(elements ...assemble.Constant) assemble.Constant {
		return assemble.Constant{Kind: format.List, Elements: elements}
	}
	for want, c := range map[string]assemble.Constant{
		`null`:                        assemble.Null(),
		`true`:                        assemble.Bool(true),
		`-7`:                          assemble.Int(-7),
		`9007199254740992`:            assemble.Int(1 << 53),
		`"9007199254740993"`:          assemble.Int(1<<53 + 1),
		`"18446744073709551615"`:      assemble.Uint(1<<64 - 1),
		`0.1`:                         assemble.Double(0.1),
		`"a\"b\u0001"`:                assemble.String("a\"b\x01"),
		`"AP8="`:                      assemble.Bytes([]byte{0, 255}),
		`"2009-02-13T23:31:30.5Z"`:    assemble.Timestamp(1234567890, 500_000_000),
		`"1.5s"`:                      assemble.Duration(1_500_000_000),
		`"google.protobuf.Timestamp"`: assemble.Type(format.Timestamp),
		`[[],[1,["x"]],2]`:            list(list(), list(assemble.Int(1), list(assemble.String("x"))), assemble.Int(2)),
		`{"1":true,"a":{}}`: {Kind: format.Map, Elements: []assemble.Constant{
			assemble.Int(1), assemble.Bool(true), assemble.String("a"), {Kind: format.Map}}},
	} {
		s := newShop()
		require.Equal(t, want, evaluate(t, s, s.push(c)))
	}
}
