package assemble_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/core/format"
)

func newBuilder() *assemble.Builder {
	b := assemble.New("test")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	return b
}

func TestWhatIsSaidTwiceIsKeptOnce(t *testing.T) {
	b := newBuilder()
	require.Equal(t, format.Str(0), b.Str(""))
	require.Equal(t, b.Str("a"), b.Str("a"))
	require.NotEqual(t, b.Str("a"), b.Str("b"))

	list := assemble.List([]assemble.Constant{assemble.Int(1), assemble.String("a")})
	require.Equal(t, b.Constant(list), b.Constant(list))
	require.NotEqual(t, b.Constant(assemble.Int(1)), b.Constant(assemble.Uint(1)))
	require.NotEqual(t, b.Constant(assemble.String("a")), b.Constant(assemble.Bytes([]byte("a"))))
	require.NotEqual(t, b.Constant(assemble.Double(0)), b.Constant(assemble.Int(0)))

	require.Equal(t, b.Predicate(format.TestEqual, 0, 1), b.Predicate(format.TestEqual, 0, 1))
	require.NotEqual(t, b.Predicate(format.TestEqual, 0, 1), b.Predicate(format.TestNotEqual, 0, 1))
	require.Equal(t, b.Pattern("a", []uint32{1}), b.Pattern("a", []uint32{1}))

	code := []format.Instr{format.MakeInstr(format.OpConst, 0, 0)}
	need := assemble.Need{Stack: 1, Nesting: 1}
	first := b.Condition(code, need, "1", 3)
	require.Equal(t, first, b.Condition(code, need, "1", 9))
	require.NotEqual(t, first, b.Condition(code, need, " 1", 9), "explanations show the words")
	require.EqualValues(t, 3, b.Conditions[first].Line)
	require.Equal(t, need, b.Need(first))
}

// Constants within constants come out as they went in, in a form that the reader accepts.
func TestConstantsWithinConstants(t *testing.T) {
	deep := assemble.Int(7)
	for range format.MaxDepth {
		deep = assemble.List([]assemble.Constant{deep, assemble.Null()})
	}
	require.Equal(t, format.MaxDepth, deep.Depth())
	b := newBuilder()
	for _, c := range []assemble.Constant{
		assemble.List(nil),
		deep,
		assemble.List([]assemble.Constant{
			assemble.List([]assemble.Constant{assemble.List([]assemble.Constant{assemble.Int(1)}), assemble.List(nil)}),
			assemble.Map([]assemble.Constant{assemble.String("k"), assemble.List([]assemble.Constant{assemble.Uint(2)}), assemble.Bool(true), assemble.Double(0.5)}),
			assemble.Bytes([]byte{0, 255}),
			assemble.Timestamp(-1, 999_999_999),
			assemble.Duration(-1_500_000_000),
			assemble.Type(format.Map),
		}),
	} {
		list := b.Constant(c)
		b.Attributes = append(b.Attributes, format.Attribute{Name: b.Str("a"), TypeText: b.Str("dyn"), Enum: list + 1})
	}
	b.Constant(assemble.Bytes([]byte("later")))
	bundle, err := format.Read(b.Finish().Append(nil))
	require.NoError(t, err)
	dump := inspect.Dump(bundle)
	for _, want := range []string{
		"one of []\n",
		"one of [[[[[[[[7, null], null], null], null], null], null], null], null]\n",
		`one of [[[1], []], {"k": [2u], true: 0.5}, b"\x00\xff", timestamp("1969-12-31T23:59:59.999999999Z"), duration("-1.5s"), map]` + "\n",
	} {
		require.Contains(t, dump, want)
	}
}

// Texts are kept with the predicates where conditions share them, and come back as they were written.
func TestSourcesAreShared(t *testing.T) {
	b := assemble.New("b")
	test := func(constant uint32) uint32 { return b.Predicate(format.TestEqual, 0, constant) }
	all := func(predicates ...uint32) (code []format.Instr) {
		op := format.OpPredicate
		for _, p := range predicates {
			code = append(code, format.MakeInstr(op, 0, p))
			op = format.OpAndPredicate
		}
		return code
	}
	either := []format.Instr{format.MakeInstr(format.OpPredicate, 0, test(0)), format.MakeInstr(format.OpOrElse, 0, 4),
		format.MakeInstr(format.OpPredicate, 0, test(1)), format.MakeInstr(format.OpOr, 0, 0)}
	for _, c := range []struct {
		source string
		code   []format.Instr
		shared bool
	}{
		{"x == 0 && x == 1", all(test(0), test(1)), true},
		{"x == 1 && x == 2", all(test(1), test(2)), true},
		{"x == 2", all(test(2)), true},
		{"x==2", all(test(2)), false},
		{"x == 0  &&  x == 1", all(test(0), test(1)), false},
		{`x == "a && b"`, all(test(3)), false},
		{"x == 4 && x==4", all(test(4), test(4)), false},
		{"x == 5 &&  && x == 6", all(test(5), test(7), test(6)), false},
		{"x == 0 || x == 1", either, false},
		{"", all(test(8)), true},
	} {
		t.Run(c.source, func(t *testing.T) {
			at := b.Condition(c.code, assemble.Need{}, c.source, 1)
			require.Equal(t, c.source, string(b.AppendSource(nil, at)))
			require.Equal(t, c.shared, b.Conditions[at].Source == 0)
		})
	}
}
