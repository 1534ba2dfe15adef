package expr

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// constant gives the value of an expression that is the same wherever and whenever it is evaluated, and no error: a literal, a
// list or map of such, timestamp("...") and duration("..."). What else could be folded is left to core, whose answer counts.
func (m *emitter) constant(e ast.Expr) (assemble.Constant, bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		return literal(e.AsLiteral())
	case ast.ListKind:
		if len(e.AsList().OptionalIndices()) > 0 {
			return assemble.Constant{}, false
		}
		elements, ok := m.constants(e.AsList().Elements())
		list := assemble.List(elements)
		return list, ok && list.Depth() <= format.MaxDepth
	case ast.MapKind:
		return m.constantMap(e.AsMap())
	case ast.IdentKind:
		return m.typeConstant(e)
	case ast.CallKind:
		return m.constantCall(e.AsCall())
	}
	return assemble.Constant{}, false
}

func (m *emitter) constants(list []ast.Expr) ([]assemble.Constant, bool) {
	values := make([]assemble.Constant, len(list))
	for i, e := range list {
		var ok bool
		if values[i], ok = m.constant(e); !ok {
			return nil, false
		}
	}
	return values, true
}

// constantMap leaves maps with a key twice, or with a key of a kind that cannot be one, to core: they are errors there.
func (m *emitter) constantMap(e ast.MapExpr) (assemble.Constant, bool) {
	var list []ast.Expr
	for _, entry := range e.Entries() {
		if entry.AsMapEntry().IsOptional() {
			return assemble.Constant{}, false
		}
		list = append(list, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
	}
	pairs, ok := m.constants(list)
	if !ok {
		return assemble.Constant{}, false
	}
	type key struct {
		number bool // int and uint keys are one number line
		bits   uint64
		text   string
		kind   format.Kind
	}
	seen := map[key]bool{}
	for i := 0; i < len(pairs); i += 2 {
		k := key{bits: pairs[i].Number, text: pairs[i].Text, kind: pairs[i].Kind}
		switch k.kind {
		case format.Int, format.Uint:
			k.number = k.kind == format.Uint || int64(k.bits) >= 0
			k.kind = format.Int
		case format.Bool, format.String:
		default:
			return assemble.Constant{}, false
		}
		if seen[k] {
			return assemble.Constant{}, false
		}
		seen[k] = true
	}
	value := assemble.Map(pairs)
	return value, value.Depth() <= format.MaxDepth
}

func (m *emitter) constantCall(call ast.CallExpr) (assemble.Constant, bool) {
	if c, ok, written := constantExtension(call); written {
		return c, ok
	}
	if call.IsMemberFunction() || len(call.Args()) != 1 {
		return assemble.Constant{}, false
	}
	if call.FunctionName() == "dyn" {
		return m.constant(call.Args()[0])
	}
	written, ok := literalText(call.Args()[0])
	if !ok {
		return assemble.Constant{}, false
	}
	switch call.FunctionName() {
	case "timestamp":
		if seconds, nanos, ok := text.ParseTimestamp(written); ok {
			return assemble.Timestamp(seconds, nanos), true
		}
	case "duration":
		if nanos, ok := text.ParseDuration(written); ok {
			return assemble.Duration(nanos), true
		}
	}
	return assemble.Constant{}, false
}

// typeConstant: a name that is neither a variable nor an attribute is a type's.
func (m *emitter) typeConstant(e ast.Expr) (assemble.Constant, bool) {
	if _, ok := m.local(e.AsIdent()); ok || m.checker.attributes[attributeName(e)] != nil {
		return assemble.Constant{}, false
	}
	t := m.tree.GetType(e.ID())
	if t == nil || t.Kind() != types.TypeKind {
		return assemble.Constant{}, false
	}
	kind := format.TypeOf
	if len(t.Parameters()) > 0 {
		kind = Type{t.Parameters()[0]}.Kind()
	}
	return assemble.Type(kind), true
}

func literal(v ref.Val) (assemble.Constant, bool) {
	switch v := v.(type) {
	case types.Null:
		return assemble.Null(), true
	case types.Bool:
		return assemble.Bool(bool(v)), true
	case types.Int:
		return assemble.Int(int64(v)), true
	case types.Uint:
		return assemble.Uint(uint64(v)), true
	case types.Double:
		return assemble.Double(float64(v)), true
	case types.String:
		return assemble.String(string(v)), true
	case types.Bytes:
		return assemble.Bytes(v), true
	}
	return assemble.Constant{}, false
}
