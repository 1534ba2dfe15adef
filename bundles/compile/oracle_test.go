package compile

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// TestSameAsCELGo generates expressions at random and expects core to answer as cel-go's own interpreter does: the same value, or
// an error where it has one. Attributes are absent now and then, so that errors travel and are absorbed. Left out is where cel-go departs
// from CEL's specification: a duration's getMilliseconds(), a key twice in a map, the zone of a time as text.
func TestSameAsCELGo(t *testing.T) {
	const expressions = 3000
	g := &generator{Rand: rand.New(rand.NewPCG(3, 14))}
	var variables []cel.EnvOption
	var attributes []expr.Declaration
	for _, kind := range generated {
		declared, err := expr.ParseType(kind)
		require.NoError(t, err)
		attributes = append(attributes, expr.Declaration{Name: name(kind), Type: declared})
		variables = append(variables, cel.Variable(name(kind), celTypes[kind]))
	}
	env, err := cel.NewEnv(append(variables, cel.CrossTypeNumericComparisons(true), ext.Strings(), ext.Network(), ext.Bindings(), ext.TwoVarComprehensions(),
		ext.Math(), ext.Encoders(), cel.OptionalTypes(), ext.Sets())...)
	require.NoError(t, err)
	errors, values := 0, 0
	for range expressions {
		text := g.expression(generated[g.IntN(len(generated))], 4)
		given := map[string]any{}
		for _, kind := range generated {
			if g.IntN(6) > 0 {
				given[name(kind)] = g.value(kind)
			}
		}
		ast, issues := env.Compile(text)
		if issues.Err() != nil { // the generator knows less of types than the checker
			_, faults, _ := Expression(text, attributes, expr.Settings{})
			require.NotEmpty(t, faults, text)
			continue
		}
		want := interpret(t, env, ast, given)
		got := compute(t, text, attributes, given)
		require.Equal(t, want, got, "%s\nwith %v", text, given)
		if want == "error" {
			errors++
		} else {
			values++
		}
	}
	t.Logf("%d values, %d errors", values, errors)
	require.Greater(t, values, expressions/3)
	require.Greater(t, errors, expressions/20)
}

// generated are the types of attributes and of generated expressions.
var generated = []string{"bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "list(int)", "list(string)", "map(string,int)", "dyn"}

var celTypes = map[string]*cel.Type{
	"bool": cel.BoolType, "int": cel.IntType, "uint": cel.UintType, "double": cel.DoubleType, "string": cel.StringType, "bytes": cel.BytesType,
	"timestamp": cel.TimestampType, "duration": cel.DurationType, "list(int)": cel.ListType(cel.IntType),
	"list(string)": cel.ListType(cel.StringType), "map(string,int)": cel.MapType(cel.StringType, cel.IntType), "dyn": cel.DynType,
}

// name is the attribute of a type.
func name(kind string) string {
	return "the." + strings.NewReplacer("(", "_", ")", "", ",", "_").Replace(kind) + "_"
}

type generator struct{ *rand.Rand }

func (g *generator) pick(options ...string) string { return options[g.IntN(len(options))] }

// forms are ways to write an expression of a type; a type in <> stands for an expression of that type, x for a variable.
var forms = map[string][]string{
	"bool": {"<bool> && <bool>", "<bool> || <bool>", "!<bool>", "<bool> ? <bool> : <bool>", "<int> == <int>", "<int> != <int>", "<int> < <double>",
		"<uint> >= <int>", "<double> <= <uint>", "<string> == <string>", "<string> < <string>", "<bytes> > <bytes>", "<timestamp> > <timestamp>",
		"<duration> <= <duration>", "<int> in <list(int)>", "<string> in <list(string)>", "<string> in <map(string,int)>", "<list(int)> == <list(int)>",
		"<map(string,int)> != <map(string,int)>", "<string>.startsWith(<string>)", "<string>.endsWith(<string>)", "<string>.contains(<string>)",
		"<list(int)>.all(x, x > <int>)", "<list(int)>.exists(x, <int> / x == x)", "<list(int)>.exists_one(x, x == <int>)",
		"<map(string,int)>.all(x, x != <string>)", "<list(string)>.exists(x, x.contains(<string>))", "<string>.matches('^[ab0-9]*$')", "matches(<string>, 'b.*a|é')", "bool(<string>)", "<dyn> == <dyn>",
		"dyn(<int>) == dyn(<double>)", "<dyn> < <dyn>", "type(<dyn>) == type(<dyn>)", "type(<dyn>) == int", "has(<map(string,int)>.a)", "<bool> == <bool>",
		"[<int>].all(x, [<int>, x].exists(y, y == x))", "isIP(<string>)", "cidr('10.0.0.0/8').containsIP(<string>)", "isCIDR(<string>)", "ip(<string>).isGlobalUnicast()",
		"cel.bind(x, <int>, x == x || <bool>)", "ip('::1') == ip(<string>)", "ip.isCanonical(<string>)", "dyn(<bool>) && <bool>", "<bool> || dyn(<int>)",
		"math.isNaN(<double>)", "math.isInf(<double> / <double>)", "math.isFinite(<double> * <double>)", "sets.contains(<list(int)>, <list(int)>)", "sets.intersects(<list(string)>, <list(string)>)", "sets.equivalent(<list(int)>, <list(int)>)",
		"<map(string,int)>[?<string>].hasValue()", "optional.ofNonZeroValue(<dyn>).hasValue()", "optional.ofNonZeroValue(<timestamp>).hasValue()", "optional.ofNonZeroValue(<bytes>).hasValue()",
		"<list(int)>[?<int>] == optional.of(<int>)", "optional.of(<dyn>).hasValue(<int>)", "<list(string)>.first() != <list(string)>.last()", "has(<map(string,int)>.?a.b)",
		"optional.of(<bool>).orValue(<bool>)", "has(optional.of(<map(string,int)>).a)", "type(optional.of(<int>)) == type(<list(int)>.first())", "true", "false"},
	"int": {"<int> + <int>", "<int> - <int>", "<int> * <int>", "<int> / <int>", "<int> % <int>", "-<int>", "size(<string>)", "<list(int)>.size()",
		"size(<map(string,int)>)", "size(<bytes>)", "<string>.indexOf(<string>)", "<string>.indexOf(<string>, <int>)", "<string>.lastIndexOf(<string>)", "<string>.lastIndexOf(<string>, <int>)",
		"ip(<string>).family()", "cidr(<string>).prefixLength()", "<list(int)>[<int>]", "<map(string,int)>[<string>]", "<map(string,int)>.a", "int(<double>)",
		"int(<uint>)", "int(<string>)", "int(<timestamp>)", "<bool> ? <int> : <int>", "<timestamp>.getFullYear()", "<timestamp>.getDayOfWeek()",
		"<timestamp>.getHours('-02:30')", "<timestamp>.getDayOfYear()", "<timestamp>.getMonth()", "<duration>.getSeconds()", "<duration>.getMinutes()", "<timestamp>.getMilliseconds()",
		"{'a': <int>, 'c': <int>}.a",
		"math.greatest(<int>, <int>)", "math.least(<int>, <int>, <int>)", "math.greatest(<list(int)>)", "math.bitAnd(<int>, <int>)", "math.bitOr(<int>, <int>)", "math.bitXor(<int>, <int>)",
		"math.bitNot(<int>)", "optional.of(<int>).value()", "<list(int)>[?<int>].orValue(<int>)", "<map(string,int)>.?a.orValue(<int>)", "<list(int)>.first().or(<list(int)>.last()).value()",
		"<map(string,int)>[?<string>].optMap(v, v + <int>).orValue(<int>)", "optional.ofNonZeroValue(<int>).or(optional.of(<int>)).value()", "<list(int)>.last().optFlatMap(v, <list(int)>[?v]).orValue(-5)",
		"optional.of(<list(int)>)[<int>].orValue(<int>)", "optional.of(<map(string,int)>)[<string>].value()", "optional.none().or(<list(int)>.first()).optMap(x, x / <int>).orValue(7)", "math.bitShiftLeft(<int>, <int>)", "math.bitShiftRight(<int>, <int>)", "math.abs(<int>)", "math.sign(<int>)", "0", "1", "3", "-7", "9223372036854775807"},
	"uint": {"<uint> + <uint>", "<uint> - <uint>", "<uint> * <uint>", "<uint> / <uint>", "<uint> % <uint>", "uint(<int>)", "uint(<double>)",
		"math.bitShiftLeft(<uint>, <int>)", "math.bitShiftRight(<uint>, <int>)", "math.bitXor(<uint>, <uint>)", "math.bitNot(<uint>)", "math.abs(<uint>)", "math.sign(<uint>)", "math.least(<uint>)", "0u", "1u", "5u", "18446744073709551615u"},
	"double": {"<double> + <double>", "<double> - <double>", "<double> * <double>", "<double> / <double>", "-<double>", "double(<int>)", "double(<string>)",
		"double(<uint>)",
		"math.ceil(<double>)", "math.floor(<double>)", "math.round(<double>)", "math.trunc(<double>)", "math.sqrt(<double>)", "math.sqrt(<int>)", "math.sqrt(<uint>)",
		"math.abs(<double>)", "math.sign(<double>)", "math.greatest(<double>, <double>)", "math.least(<double>, <double>, 0.0 / 0.0)", "0.0", "0.5", "1e30", "-2.25", "3.0"},
	"string": {"<string> + <string>", "string(<int>)", "string(<uint>)", "string(<double>)", "string(<bool>)", "string(<duration>)", "string(<timestamp>)",
		"string(<bytes>)", "<list(string)>[<int>]", "<bool> ? <string> : <string>", "<string>.charAt(<int>)", "<string>.substring(<int>)", "<string>.substring(<int>, <int>)", "<string>.trim()", "<string>.reverse()",
		"<string>.replace(<string>, <string>)", "<string>.replace(<string>, <string>, <int>)", "<list(string)>.join()", "<list(string)>.join(<string>)", "strings.quote(<string>)", "string(ip(<string>))",
		"string(cidr(<string>).masked())", "base64.encode(<bytes>)", "'%d|%s'.format([<int>, <string>])", "'%.2f %e'.format([<double>, <double>])", "'%s %d'.format([<double>, <double>])", "'%x %X %b %o'.format([<int>, <uint>, <bool>, <int>])",
		"'%s'.format([<list(string)>])", "('%s' + <string>).format([<map(string,int)>, <int>])", "(<string> + '%s %s %s').format([<timestamp>, <duration>, <list(int)>])", "'%.0f %.10e'.format([<int>, <double>])", "'%x'.format([<bytes>])", "(<string> + '%s').format([<bool>])",
		"('%d' + <string>).format(<list(int)>)", "'%f'.format([<dyn>])", "'YWI='", "'10.1.2.3/12'", "'2001:DB8::1'", "'a'", "'12'", "''", "'ä€😀'", "'true'", "\"a'b\\n\"", "'1.5'"},
	"bytes":        {"<bytes> + <bytes>", "bytes(<string>)", "base64.decode(<string>)", "b'a'", "b'\\xff'", "b''"},
	"timestamp":    {"<timestamp> + <duration>", "<timestamp> - <duration>", "<duration> + <timestamp>", "timestamp(<int>)", "timestamp('2026-03-01T12:30:00.5Z')", "timestamp('1999-12-31T23:59:59Z')", "timestamp(<string>)"},
	"duration":     {"<duration> + <duration>", "<duration> - <duration>", "<timestamp> - <timestamp>", "duration('1h30m')", "duration('-2.5s')", "duration(<string>)"},
	"list(int)":    {"[<int>, <int>]", "<list(int)> + <list(int)>", "<list(int)>.filter(x, x > <int>)", "<list(int)>.map(x, x * <int>)", "<list(int)>.map(x, x != <int>, x + 1)", "[<int>, ?<map(string,int)>.?a, ?<list(int)>.last()]", "optional.unwrap([optional.of(<int>), <list(int)>.first()])", "[?<list(int)>[?<int>]]", "[]", "[1, 2, 3]", "<bool> ? <list(int)> : <list(int)>", "[<list(int)>, [<int>]][<int>]"},
	"list(string)": {"[<string>]", "<string>.split(<string>)", "<string>.split(<string>, <int>)", "<list(string)> + <list(string)>", "{'a': <int>}.map(x, x + <string>)", "['a', 'b']", "<list(string)>.filter(x, x != <string>)"},
	"map(string,int)": {"{<string>: <int>}", "<map(string,int)>.transformMap(k, v, v != <int>, v + 1)", "{'c': <int>, ?'b': <map(string,int)>[?<string>]}", "<map(string,int)>.transformMapEntry(k, v, {<string>: v})",
		"<list(string)>.transformMapEntry(i, v, v != <string>, {v: i})", "{'a': <int>, 'b': <int>}", "{}", "{'a': 1}", "<bool> ? <map(string,int)> : <map(string,int)>"},
	"dyn": {"dyn(<int>)", "dyn(<uint>)", "dyn(<double>)", "dyn(<string>)", "dyn(<bool>)", "dyn(<list(int)>)", "dyn(null)", "[<dyn>, <int>][<int>]", "math.greatest(<int>, <double>)", "math.least(<dyn>, <uint>)", "math.greatest(<dyn>, <dyn>, <double>)", "math.abs(<dyn>)", "dyn(<map(string,int)>)", "dyn(<timestamp>)"},
}

// expression writes an expression of a type, at most depth forms inside one another.
func (g *generator) expression(kind string, depth int) string {
	if depth == 0 || g.IntN(8) == 0 {
		return name(kind)
	}
	form := forms[kind][g.IntN(len(forms[kind]))]
	var b strings.Builder
	for form != "" {
		before, rest, found := strings.Cut(form, "<")
		end := strings.Index(rest, ">")
		if !found || end < 0 || forms[rest[:end]] == nil { // an operator
			b.WriteString(before)
			if found {
				b.WriteByte('<')
			}
			form = rest
			continue
		}
		b.WriteString(before + "(" + g.expression(rest[:end], depth-1) + ")")
		form = rest[end+1:]
	}
	return b.String()
}

// value makes a value of a type as Go has it.
func (g *generator) value(kind string) any {
	switch kind {
	case "bool":
		return g.IntN(2) == 0
	case "int":
		return []int64{0, 1, 2, 3, -1, 42, 1 << 62, -1 << 63}[g.IntN(8)]
	case "uint":
		return []uint64{0, 1, 2, 7, 1 << 63}[g.IntN(5)]
	case "double":
		return []float64{0, 1, -1.5, 2, 1e19, 0.1}[g.IntN(6)]
	case "string":
		return g.pick("", "a", "b", "ab", "12", "-3", "1.5", "true", "2026-01-01T00:00:00Z", "90s", "é")
	case "bytes":
		return []byte(g.pick("", "a", "\xff\x00", "ab"))
	case "timestamp":
		return time.Unix([]int64{0, 1 << 31, -1, 253402300799, -62135596800}[g.IntN(5)], int64(g.IntN(2))*500_000_000).UTC()
	case "duration":
		return []time.Duration{0, time.Second, -90 * time.Minute, 1<<63 - 1}[g.IntN(4)]
	case "list(int)":
		return []int64{0, 1, 2, 3}[:g.IntN(5)]
	case "list(string)":
		return []string{"a", "b", "ab"}[:g.IntN(4)]
	case "map(string,int)":
		return map[string]int64{g.pick("a", "b", "12"): int64(g.IntN(3))}
	}
	return g.value(generated[g.IntN(len(generated)-1)])
}

// interpret is cel-go's answer.
func interpret(t *testing.T, env *cel.Env, ast *cel.Ast, given map[string]any) string {
	program, err := env.Program(ast)
	require.NoError(t, err)
	value, _, err := program.Eval(given)
	if err != nil || types.IsError(value) {
		return "error"
	}
	return sorted(coreValue(value))
}

// compute is core's answer.
func compute(t *testing.T, text string, attributes []expr.Declaration, given map[string]any) string {
	bundle, faults, err := Expression(text, attributes, expr.Settings{})
	require.NoError(t, err)
	require.NotNil(t, bundle, "%s\n%v", text, faults)
	loaded, err := core.Load(bundle.Append(nil))
	require.NoError(t, err, text)
	context := loaded.NewContext()
	for i, a := range attributes {
		if v, ok := given[a.Name]; ok {
			context.Set(i, coreValue(types.DefaultTypeAdapter.NativeToValue(v)))
		}
	}
	value := loaded.NewEvaluator().Evaluate(context, 0)
	if value.Kind() == format.Error {
		return "error"
	}
	return sorted(value)
}

// sorted shows a value; the keys of its maps are sorted, as cel-go's are in no order.
func sorted(v core.Value) string {
	if v.Kind() != format.Map {
		return show(v)
	}
	var keys map[string]any
	must(json.Unmarshal(core.AppendJSON(nil, v), &keys))
	return fmt.Sprint(keys)
}

// coreValue turns a value of cel-go's into one of core's.
func coreValue(v ref.Val) core.Value {
	switch v := v.(type) {
	case types.Null:
		return core.Null()
	case types.Bool:
		return core.Bool(bool(v))
	case types.Int:
		return core.Int(int64(v))
	case types.Uint:
		return core.Uint(uint64(v))
	case types.Double:
		return core.Double(float64(v))
	case types.String:
		return core.String(string(v))
	case types.Bytes:
		return core.Bytes(v)
	case types.Timestamp:
		return core.Timestamp(v.Unix(), uint32(v.Nanosecond()))
	case types.Duration:
		return core.Duration(int64(v.Duration))
	case traits.Lister:
		var elements []core.Value
		for it := v.Iterator(); it.HasNext() == types.True; {
			elements = append(elements, coreValue(it.Next()))
		}
		return core.List(elements)
	case traits.Mapper:
		var pairs []core.Value
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			pairs = append(pairs, coreValue(key), coreValue(v.Get(key)))
		}
		return core.Map(pairs)
	}
	panic(fmt.Sprintf("no kind for %T", v))
}
