package expr

import (
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"

	"github.com/edgewise-dev/edgewise/core/format"
)

// matchesFunction is CEL's: it becomes an instruction of its own, as its pattern is compiled.
const matchesFunction = "matches"

// The names of our own functions. hasFunction is what the macro has() becomes: its argument is checked like any expression, so that it
// can be an attribute's whole name, and what it asks for is known after checking.
const (
	hasFunction      = "@has"
	segmentFunction  = "segment"
	grantedFunction  = "granted"
	decisionFunction = "decision"
)

var anyMap = types.NewMapType(types.NewTypeParamType("K"), types.NewTypeParamType("V"))

var ownFunctions = []*decls.FunctionDecl{
	declare(hasFunction, decls.Overload("has_dyn", []*types.Type{types.DynType}, types.BoolType)),
	declare(listFunction, decls.Overload("list_list", []*types.Type{types.NewListType(types.NewTypeParamType("T"))}, types.BoolType)),
	declare(segmentFunction, decls.Overload("segment_string", []*types.Type{types.StringType}, types.BoolType)),
	declare(grantedFunction, decls.Overload("granted_string", []*types.Type{types.StringType}, types.BoolType)),
	declare(insertFunction,
		decls.Overload("map_insert", []*types.Type{anyMap, types.NewTypeParamType("K"), types.NewTypeParamType("V")}, anyMap),
		decls.Overload("map_insert_map", []*types.Type{anyMap, anyMap}, anyMap)),
	declare(decisionFunction, decls.Overload("decision_string", []*types.Type{types.StringType}, types.StringType)),
}

func declare(name string, overloads ...decls.FunctionOpt) *decls.FunctionDecl {
	f, err := decls.NewFunction(name, overloads...)
	if err != nil {
		panic("expr: internal error: " + err.Error())
	}
	return f
}

// functions are the calls that become an OpCall.
var functions = map[string]format.Func{
	"size": format.FuncSize, "startsWith": format.FuncStartsWith, "endsWith": format.FuncEndsWith, "contains": format.FuncContains,
	"bool": format.FuncToBool, "int": format.FuncToInt, "uint": format.FuncToUint, "double": format.FuncToDouble,
	"string": format.FuncToString, "bytes": format.FuncToBytes, "timestamp": format.FuncToTimestamp,
	"duration": format.FuncToDuration, "type": format.FuncType,
	"getFullYear": format.FuncFullYear, "getMonth": format.FuncMonth, "getDate": format.FuncDate,
	"getDayOfMonth": format.FuncDayOfMonth, "getDayOfWeek": format.FuncDayOfWeek, "getDayOfYear": format.FuncDayOfYear,
	"getHours": format.FuncHours, "getMinutes": format.FuncMinutes, "getSeconds": format.FuncSeconds,
	"getMilliseconds":          format.FuncMilliseconds,
	operators.NotStrictlyFalse: format.FuncNotStrictlyFalse, insertFunction: format.FuncMapInsert,
}

// binaries are the operators on two values that have an instruction of their own.
var binaries = map[string]format.Op{
	operators.Equals: format.OpEqual, operators.NotEquals: format.OpNotEqual,
	operators.Less: format.OpLess, operators.LessEquals: format.OpLessEqual,
	operators.Greater: format.OpGreater, operators.GreaterEquals: format.OpGreaterEqual,
	operators.In: format.OpIn, operators.Index: format.OpIndex,
	operators.Add: format.OpAdd, operators.Subtract: format.OpSubtract, operators.Multiply: format.OpMultiply,
	operators.Divide: format.OpDivide, operators.Modulo: format.OpModulo,
}

// tests are the operators and methods that can be a predicate with the attribute on the left; mirrored those with it on the
// right.
var (
	tests = map[string]format.Test{
		operators.Equals: format.TestEqual, operators.NotEquals: format.TestNotEqual,
		operators.Less: format.TestLess, operators.LessEquals: format.TestLessEqual,
		operators.Greater: format.TestGreater, operators.GreaterEquals: format.TestGreaterEqual,
		operators.In: format.TestIn, "startsWith": format.TestStartsWith, "endsWith": format.TestEndsWith, "contains": format.TestContains,
	}
	mirrored = map[string]format.Test{
		operators.Equals: format.TestEqual, operators.NotEquals: format.TestNotEqual,
		operators.Less: format.TestGreater, operators.LessEquals: format.TestGreaterEqual,
		operators.Greater: format.TestLess, operators.GreaterEquals: format.TestLessEqual,
		operators.In: format.TestElement,
	}
)

// macros are CEL's, but for our own has(), and with the forms of two variables: l.all(i, v, ...) walks over positions and
// elements of a list, or keys and values of a map.
var macros = []parser.Macro{
	parser.NewGlobalMacro("has", 1, expandHas),
	parser.AllMacro, parser.ExistsMacro, parser.ExistsOneMacro, parser.ExistsOneMacroNew,
	parser.MapMacro, parser.MapFilterMacro, parser.FilterMacro,
	parser.NewReceiverMacro("all", 3, pairMacro(expandAll)),
	parser.NewReceiverMacro("exists", 3, pairMacro(expandExists)),
	parser.NewReceiverMacro("exists_one", 3, pairMacro(expandExistsOne)),
	parser.NewReceiverMacro("existsOne", 3, pairMacro(expandExistsOne)),
	parser.NewReceiverMacro("transformList", 3, pairMacro(expandTransformList)),
	parser.NewReceiverMacro("transformList", 4, pairMacro(expandTransformList)),
	parser.NewReceiverMacro("transformMap", 3, expandTransformMap),
	parser.NewReceiverMacro("transformMap", 4, expandTransformMap),
	parser.NewReceiverMacro("bind", 3, expandBind),
	parser.NewReceiverMacro("contains", 2, setMacro(everyIn)), parser.NewReceiverMacro("intersects", 2, setMacro(anyIn)),
	parser.NewReceiverMacro("equivalent", 2, setMacro(func(h parser.ExprHelper, x, y func() ast.Expr) ast.Expr {
		return h.NewCall(operators.LogicalAnd, everyIn(h, x, y), everyIn(h, y, x))
	})),
	parser.NewReceiverVarArgMacro("greatest", extremeMacro("math.greatest", "math.@max")),
	parser.NewReceiverVarArgMacro("least", extremeMacro("math.least", "math.@min")),
	parser.NewReceiverMacro("transformMapEntry", 3, expandTransformMapEntry),
	parser.NewReceiverMacro("transformMapEntry", 4, expandTransformMapEntry),
	parser.NewReceiverMacro("optMap", 2, expandOptMap), parser.NewReceiverMacro("optFlatMap", 2, expandOptFlatMap),
}

func expandHas(h parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	switch args[0].Kind() {
	case ast.IdentKind, ast.SelectKind:
		return h.NewCall(hasFunction, args[0]), nil
	}
	return nil, h.NewError(args[0].ID(), hasTakes)
}

// fold is what a comprehension does with its accumulator: begin with init, as long as the condition holds take the step for
// each pair, and give the result.
type fold struct{ init, condition, step, result ast.Expr }

// pairMacro makes the expander of a macro whose first two arguments name the variables; expand gets the rest.
func pairMacro(expand func(parser.ExprHelper, []ast.Expr) fold) parser.MacroExpander {
	return func(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		for _, name := range args[:2] {
			switch {
			case name.Kind() != ast.IdentKind:
				return nil, h.NewError(name.ID(), notAName)
			case name.AsIdent() == h.AccuIdentName() || name.AsIdent() == parser.AccumulatorName:
				return nil, h.NewError(name.ID(), "this name is CEL's own")
			}
		}
		first, second := args[0].AsIdent(), args[1].AsIdent()
		if first == second {
			return nil, h.NewError(args[1].ID(), "the two variables have the same name")
		}
		f := expand(h, args[2:])
		return h.NewComprehensionTwoVar(target, first, second, h.AccuIdentName(), f.init, f.condition, f.step, f.result), nil
	}
}

func expandAll(h parser.ExprHelper, args []ast.Expr) fold {
	return fold{
		init:      h.NewLiteral(types.True),
		condition: h.NewCall(operators.NotStrictlyFalse, h.NewAccuIdent()),
		step:      h.NewCall(operators.LogicalAnd, h.NewAccuIdent(), args[0]),
		result:    h.NewAccuIdent(),
	}
}

func expandExists(h parser.ExprHelper, args []ast.Expr) fold {
	return fold{
		init:      h.NewLiteral(types.False),
		condition: h.NewCall(operators.NotStrictlyFalse, h.NewCall(operators.LogicalNot, h.NewAccuIdent())),
		step:      h.NewCall(operators.LogicalOr, h.NewAccuIdent(), args[0]),
		result:    h.NewAccuIdent(),
	}
}

func expandExistsOne(h parser.ExprHelper, args []ast.Expr) fold {
	one := func() ast.Expr { return h.NewLiteral(types.Int(1)) }
	return fold{
		init:      h.NewLiteral(types.Int(0)),
		condition: h.NewLiteral(types.True),
		step:      h.NewCall(operators.Conditional, args[0], h.NewCall(operators.Add, h.NewAccuIdent(), one()), h.NewAccuIdent()),
		result:    h.NewCall(operators.Equals, h.NewAccuIdent(), one()),
	}
}

// insertFunction is what transformMap's step calls: a map with one pair more.
const insertFunction = "cel.@mapInsert"

// expandTransformMap takes the value's expression, or a filter and then that.
func expandTransformMap(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	return pairMacro(func(h parser.ExprHelper, rest []ast.Expr) fold {
		return inserting(h, rest, h.NewIdent(args[0].AsIdent()), rest[len(rest)-1])
	})(h, target, args)
}

// expandTransformMapEntry takes an expression for a map, whose pairs are put in, or a filter and then that.
func expandTransformMapEntry(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	return pairMacro(func(h parser.ExprHelper, rest []ast.Expr) fold {
		return inserting(h, rest, rest[len(rest)-1])
	})(h, target, args)
}

// inserting is the fold that puts something into a map at each step; rest has a filter before it, or none.
func inserting(h parser.ExprHelper, rest []ast.Expr, what ...ast.Expr) fold {
	step := h.NewCall(insertFunction, append([]ast.Expr{h.NewAccuIdent()}, what...)...)
	if len(rest) == 2 {
		step = h.NewCall(operators.Conditional, rest[0], step, h.NewAccuIdent())
	}
	return fold{init: h.NewMap(), condition: h.NewLiteral(types.True), step: step, result: h.NewAccuIdent()}
}

// expandBind is cel.bind(name, value, expression): a walk over nothing whose accumulator is the name.
func expandBind(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	if target.Kind() != ast.IdentKind || target.AsIdent() != "cel" {
		return nil, nil
	}
	if args[0].Kind() != ast.IdentKind {
		return nil, h.NewError(args[0].ID(), notAName)
	}
	return binding(h, args[0].AsIdent(), args[1], args[2]), nil
}

// binding is an expression in which a name stands for a value that is worked out once.
func binding(h parser.ExprHelper, name string, value, in ast.Expr) ast.Expr {
	return h.NewComprehension(h.NewList(), "#unused", name, value, h.NewLiteral(types.False), h.NewIdent(name), in)
}

// optionalName stands for what optMap and optFlatMap are called of. No author can write it.
const optionalName = "@optional"

// expandOptMap is x.optMap(v, f(v)): the optional of f(v) where x has the value v, none where it has none.
func expandOptMap(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	return expandOptional(h, target, args, func(e ast.Expr) ast.Expr { return h.NewCall("optional.of", e) })
}

// expandOptFlatMap is the same where f gives an optional itself.
func expandOptFlatMap(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	return expandOptional(h, target, args, func(e ast.Expr) ast.Expr { return e })
}

func expandOptional(h parser.ExprHelper, target ast.Expr, args []ast.Expr, result func(ast.Expr) ast.Expr) (ast.Expr, *common.Error) {
	if args[0].Kind() != ast.IdentKind {
		return nil, h.NewError(args[0].ID(), notAName)
	}
	optional := func() ast.Expr { return h.NewIdent(optionalName) }
	value := binding(h, args[0].AsIdent(), h.NewMemberCall("value", optional()), args[1])
	return binding(h, optionalName, target,
		h.NewCall(operators.Conditional, h.NewMemberCall("hasValue", optional()), result(value), h.NewCall("optional.none"))), nil
}

// listFunction is true for a list and an error for all else.
const listFunction = "@list"

// setMacro makes the expander of a function of the namespace sets, over two lists. As arguments of a function they are looked at first, and an error
// in either is the result.
func setMacro(test func(h parser.ExprHelper, x, y func() ast.Expr) ast.Expr) parser.MacroExpander {
	const first, second = "@first", "@second" // which no author can write
	return func(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		if target.Kind() != ast.IdentKind || target.AsIdent() != "sets" {
			return nil, nil
		}
		x := func() ast.Expr { return h.NewIdent(first) }
		y := func() ast.Expr { return h.NewIdent(second) }
		known := func(list func() ast.Expr, then ast.Expr) ast.Expr {
			return h.NewCall(operators.Conditional, h.NewCall(listFunction, list()), then, h.NewLiteral(types.False))
		}
		return binding(h, first, args[0], binding(h, second, args[1], known(x, known(y, test(h, x, y))))), nil
	}
}

// everyIn is whether all of y is in x, and anyIn whether some of it is.
func everyIn(h parser.ExprHelper, x, y func() ast.Expr) ast.Expr { return eachIn(h, x, y, expandAll) }

func anyIn(h parser.ExprHelper, x, y func() ast.Expr) ast.Expr { return eachIn(h, x, y, expandExists) }

func eachIn(h parser.ExprHelper, x, y func() ast.Expr, expand func(parser.ExprHelper, []ast.Expr) fold) ast.Expr {
	const element = "@element"
	f := expand(h, []ast.Expr{h.NewCall(operators.In, h.NewIdent(element), x())})
	return h.NewComprehension(y(), element, h.AccuIdentName(), f.init, f.condition, f.step, f.result)
}

// extremeMacro makes the expander of math.greatest or math.least, which take any number of numbers, or a list of them. What is written
// out and is no number is a mistake.
func extremeMacro(name, function string) parser.MacroExpander {
	return func(h parser.ExprHelper, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		if target.Kind() != ast.IdentKind || target.AsIdent() != "math" {
			return nil, nil
		}
		if len(args) == 0 {
			return nil, h.NewError(target.ID(), name+"() takes numbers, or a list of them")
		}
		written := args
		if len(args) == 1 && args[0].Kind() == ast.ListKind && args[0].AsList().Size() > 0 {
			written = args[0].AsList().Elements()
		}
		for _, arg := range written {
			if !canBeNumber(arg) {
				return nil, h.NewError(arg.ID(), "this is no number")
			}
		}
		if len(args) > 2 {
			args = []ast.Expr{h.NewList(args...)}
		}
		return h.NewCall(function, args...), nil
	}
}

func canBeNumber(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind:
		switch e.AsLiteral().(type) {
		case types.Int, types.Uint, types.Double:
			return true
		}
		return false
	case ast.ListKind, ast.MapKind, ast.StructKind:
		return false
	}
	return true
}

// expandTransformList takes the element's expression, or a filter and then that.
func expandTransformList(h parser.ExprHelper, args []ast.Expr) fold {
	step := h.NewCall(operators.Add, h.NewAccuIdent(), h.NewList(args[len(args)-1]))
	if len(args) == 2 {
		step = h.NewCall(operators.Conditional, args[0], step, h.NewAccuIdent())
	}
	return fold{init: h.NewList(), condition: h.NewLiteral(types.True), step: step, result: h.NewAccuIdent()}
}
