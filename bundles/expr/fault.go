package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// Messages of our own macros, which pass through cel-go unchanged.
const (
	hasTakes = "has() takes an attribute's name or a field, such as has(geo.city)"
	notAName = "the variable of this macro must be a simple name"
)

// maxFaults bounds the faults of one expression: further ones mostly follow from the first.
const maxFaults = 5

// translator says in our words what cel-go says about a tree.
type translator struct {
	checker *Checker
	text    []rune
	tree    *ast.AST
	nodes   map[int64]ast.Expr
}

func newTranslator(c *Checker, text string, tree *ast.AST) *translator {
	return &translator{checker: c, text: []rune(text), tree: tree}
}

// node is the expression of that id, or nil.
func (t *translator) node(id int64) ast.Expr {
	if t.nodes == nil {
		t.nodes = map[int64]ast.Expr{}
		ast.PreOrderVisit(t.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) { t.nodes[e.ID()] = e }))
	}
	return t.nodes[id]
}

// fault is a fault at the expression of that id.
func (t *translator) fault(id int64, message string) Fault {
	offset, length := t.span(id)
	return Fault{Offset: offset, Length: length, Message: message}
}

// typeFaults says in our words what is wrong with an expression's names and types. Faults that a fault at the same place
// explains are left out.
func (t *translator) typeFaults(errs []*common.Error) []Fault {
	var faults []Fault
	for _, err := range errs {
		f := t.typeFault(err)
		overlaps := func(g Fault) bool { return f.Offset < g.Offset+g.Length && g.Offset < f.Offset+f.Length }
		if len(faults) < maxFaults && !slices.ContainsFunc(faults, overlaps) && !t.follows(err) {
			faults = append(faults, f)
		}
	}
	return faults
}

var (
	undeclared  = regexp.MustCompile(`^undeclared reference to '(.*?)'`)
	noOverload  = regexp.MustCompile(`^found no matching overload for '(.*)' applied to '(.*)'$`)
	noFields    = regexp.MustCompile(`^type '(.*)' does not support field selection$`)
	wrongType   = regexp.MustCompile(`^expected type '(.*)' but found '(.*)'$`)
	notIterable = regexp.MustCompile(`^expression of type '(.*)' cannot be range`)
)

// follows says whether an error is only there because of another one: a method of a name that does not exist.
func (t *translator) follows(err *common.Error) bool {
	e := t.node(err.ExprID)
	if e == nil || e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() {
		return false
	}
	target := t.tree.GetType(e.AsCall().Target().ID())
	return target == nil || target.Kind() == types.ErrorKind
}

func (t *translator) typeFault(err *common.Error) Fault {
	f := t.fault(err.ExprID, err.Message)
	e := t.node(err.ExprID)
	switch {
	case undeclared.MatchString(err.Message):
		t.undeclared(&f, e, undeclared.FindStringSubmatch(err.Message)[1])
	case noFields.MatchString(err.Message):
		start, _ := t.nameAround(f.Offset)
		what := strings.TrimSuffix(t.slice(start, f.Offset+f.Length), ".")
		f.Message = fmt.Sprintf("%s is %s, which has no fields", what, plainType(noFields.FindStringSubmatch(err.Message)[1]))
		t.noField(&f)
	case wrongType.MatchString(err.Message):
		found := wrongType.FindStringSubmatch(err.Message)
		f.Message = fmt.Sprintf("this is %s where %s is needed", plainType(found[2]), plainType(found[1]))
		if found[1] == "bool" {
			f.Hint = "compare it with something: conditions are put together from bools"
		}
	case notIterable.MatchString(err.Message):
		f.Message = fmt.Sprintf("a macro such as all() walks over a list or map, not over %s", plainType(notIterable.FindStringSubmatch(err.Message)[1]))
	case noOverload.MatchString(err.Message) && e != nil && e.Kind() == ast.CallKind:
		t.overload(&f, e)
	}
	return f
}

func (t *translator) slice(start, end int) string {
	return string(t.text[max(start, 0):max(min(end, len(t.text)), max(start, 0))])
}

// undeclared: a name that nothing has. e is the name, or the call whose function it is.
func (t *translator) undeclared(f *Fault, e ast.Expr, name string) {
	if e != nil && e.Kind() == ast.CallKind {
		name = e.AsCall().FunctionName()
		f.Message = fmt.Sprintf("no function %s()", name)
		if slices.Contains(listMethods, name) {
			f.Message, f.Hint = name+"() is not supported", unsupported["lists"]
			return
		}
		if nearest, ok := source.Nearest(name, functionNames()); ok {
			f.Hint = fmt.Sprintf("did you mean %s()?", nearest)
		}
		return
	}
	if e != nil && e.Kind() == ast.StructKind {
		f.Message, f.Hint = "messages are not supported", `a map has its keys in quotes: {"a": 1}`
		return
	}
	start, end := t.nameAround(f.Offset)
	if start < end {
		f.Offset, f.Length, name = start, end-start, t.slice(start, end)
	}
	if namespace, _, dotted := strings.Cut(name, "."); (dotted || t.isTarget(e)) && unsupported[namespace] != "" {
		f.Message, f.Hint = fmt.Sprintf("the functions of %s are not supported", namespace), unsupported[namespace]
		return
	}
	if function, ok := t.inNamespace(e, name); ok {
		f.Message = fmt.Sprintf("no function %s()", function)
		if nearest, ok := source.Nearest(function, functionNames()); ok {
			f.Hint = fmt.Sprintf("did you mean %s()?", nearest)
		}
		return
	}
	f.Message = fmt.Sprintf("no attribute %q", name)
	if nearest, ok := source.Nearest(name, t.checker.names); ok {
		f.Hint = fmt.Sprintf("did you mean %s?", nearest)
	} else if f.Hint = t.checker.whereDeclared(); !strings.Contains(name, ".") {
		f.Hint += fmt.Sprintf(", or write %q if it is a text", name)
	}
}

// whereDeclared is a hint for an attribute that is missing.
func (c *Checker) whereDeclared() string {
	if c.settings.InBundle {
		return "declare it under attributes"
	}
	return "declare its name and type"
}

// isTarget says whether e is what a method is called of.
func (t *translator) isTarget(e ast.Expr) bool { return t.method(e) != "" }

// method is the name of the method that is called of e, or "".
func (t *translator) method(e ast.Expr) string {
	if e == nil {
		return ""
	}
	t.node(e.ID())
	for _, other := range t.nodes {
		if other.Kind() == ast.CallKind && other.AsCall().IsMemberFunction() && other.AsCall().Target().ID() == e.ID() {
			return other.AsCall().FunctionName()
		}
	}
	return ""
}

// inNamespace gives the whole name of a function that does not exist, where others begin with the same name and a dot.
func (t *translator) inNamespace(e ast.Expr, namespace string) (function string, ok bool) {
	method := t.method(e)
	begins := func(known string) bool { return strings.HasPrefix(known, namespace+".") }
	if method == "" || !slices.ContainsFunc(functionNames(), begins) {
		return "", false
	}
	return namespace + "." + method, true
}

// noField: a field of something that is no map. The name may be meant as another attribute's.
func (t *translator) noField(f *Fault) {
	start, end := t.nameAround(f.Offset)
	name := strings.TrimSuffix(t.slice(start, end), ".") // of x.?field
	whole := name
	for {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return
		}
		name = name[:dot]
		if a := t.checker.attributes[name]; a != nil {
			f.Offset, f.Length = start, end-start
			f.Message = fmt.Sprintf("no attribute %q: %s is %s, which has no fields", whole, name, a.Type)
			if nearest, ok := source.Nearest(whole, t.checker.names); ok {
				f.Hint = fmt.Sprintf("did you mean %s?", nearest)
			}
			return
		}
	}
}

// verbs name what operators do to two values.
var verbs = map[string]string{
	operators.Equals: "compare %s with %s", operators.NotEquals: "compare %s with %s", operators.Less: "compare %s with %s",
	operators.LessEquals: "compare %s with %s", operators.Greater: "compare %s with %s", operators.GreaterEquals: "compare %s with %s",
	operators.Add: "add %s and %s", operators.Subtract: "subtract from %s a %s", operators.Multiply: "multiply %s by %s",
	operators.Divide: "divide %s by %s", operators.Modulo: "take the remainder of %s by %s", operators.In: "look for %s in %s",
	operators.Index: "index %s with %s", operators.OptIndex: "index %s with %s",
}

// writtenAs are functions that macros become, as authors write them.
var writtenAs = map[string]string{"math.@max": "math.greatest", "math.@min": "math.least", insertFunction: "transformMapEntry"}

// overload: an operator or function that does not take these types.
func (t *translator) overload(f *Fault, e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	names := make([]string, len(args))
	for i, arg := range args {
		names[i] = t.typeName(arg)
	}
	name := call.FunctionName()
	if written, ok := writtenAs[name]; ok {
		name = written
	}
	if verb, ok := verbs[name]; ok && len(args) == 2 {
		f.Message = "cannot " + fmt.Sprintf(verb, names[0], names[1])
		f.Hint = t.conversion(args[0], args[1], name == operators.In)
		return
	}
	switch {
	case name == listFunction:
		f.Message = fmt.Sprintf("the functions of sets take lists, not %s", names[0])
	case name == operators.Conditional:
		f.Message = fmt.Sprintf("the two sides of ?: are %s and %s", names[1], names[2])
		if names[0] != "bool" {
			f.Message = fmt.Sprintf("what stands before ? must be a bool, not %s", names[0])
		}
	case name == operators.LogicalNot:
		f.Message = fmt.Sprintf("! needs a bool, not %s", names[0])
	case name == operators.Negate:
		f.Message = fmt.Sprintf("- needs an int or a double, not %s", names[0])
	case call.IsMemberFunction():
		f.Message = fmt.Sprintf("%s() of %s does not take (%s)", name, names[0], strings.Join(names[1:], ", "))
		if len(args) == 1 && functions[name] != 0 {
			f.Message = fmt.Sprintf("%s() is not a method of %s", name, names[0])
		}
	default:
		f.Message = fmt.Sprintf("%s() does not take (%s)", name, strings.Join(names, ", "))
	}
}

func (t *translator) typeName(e ast.Expr) string {
	if cel := t.tree.GetType(e.ID()); cel != nil {
		return plainType(Type{cel}.String())
	}
	return "dyn"
}

// plainType writes cel-go's names of types as authors write them.
func plainType(name string) string {
	name = strings.ReplaceAll(name, "google.protobuf.Timestamp", "timestamp")
	name = strings.ReplaceAll(name, "google.protobuf.Duration", "duration")
	return strings.ReplaceAll(name, "null", "null_type")
}

// conversion suggests how to write one of two values so that it has the type of the other.
func (t *translator) conversion(x, y ast.Expr, in bool) string {
	xType, yType := t.tree.GetType(x.ID()), t.tree.GetType(y.ID())
	if xType == nil || yType == nil {
		return ""
	}
	if isOptional(xType) != isOptional(yType) {
		return "orValue(...) gives the value of an optional, or another where it is none"
	}
	if in {
		if yType.Kind() != types.ListKind {
			if yType.Kind() == types.StringKind && xType.Kind() == types.StringKind {
				return "in looks in a list or map; a text has contains()"
			}
			return "in looks in a list or map"
		}
		yType = yType.Parameters()[0]
		if y.Kind() == ast.ListKind && y.AsList().Size() > 0 {
			y = y.AsList().Elements()[0]
		}
	}
	if hint := rewrite(y, xType); hint != "" {
		return "write " + hint
	}
	if hint := rewrite(x, yType); hint != "" {
		return "write " + hint
	}
	number := func(t *types.Type) bool {
		return t.Kind() == types.IntKind || t.Kind() == types.UintKind || t.Kind() == types.DoubleKind
	}
	if number(xType) && number(yType) {
		return fmt.Sprintf("convert one of them: %s(...)", xType.TypeName())
	}
	return ""
}

func isOptional(t *types.Type) bool {
	return t.Kind() == types.OpaqueKind && t.TypeName() == types.OptionalType.TypeName()
}

// rewrite is the literal e as a literal of another type, or "".
func rewrite(e ast.Expr, wanted *types.Type) string {
	if e.Kind() != ast.LiteralKind {
		return ""
	}
	switch v := e.AsLiteral().(type) {
	case types.Int:
		switch wanted.Kind() {
		case types.DoubleKind:
			return fmt.Sprintf("%d.0", int64(v))
		case types.UintKind:
			if v >= 0 {
				return fmt.Sprintf("%du", int64(v))
			}
		case types.StringKind:
			return fmt.Sprintf(`"%d"`, int64(v))
		}
	case types.Uint:
		switch wanted.Kind() {
		case types.DoubleKind:
			return fmt.Sprintf("%d.0", uint64(v))
		case types.IntKind:
			return fmt.Sprintf("%d", uint64(v))
		}
	case types.Double:
		if whole := int64(v); wanted.Kind() == types.IntKind && float64(whole) == float64(v) {
			return fmt.Sprintf("%d", whole)
		}
	case types.Bool:
		if wanted.Kind() == types.StringKind {
			return fmt.Sprintf(`"%t"`, bool(v))
		}
	case types.String:
		switch wanted.Kind() {
		case types.TimestampKind:
			return timestampLike(string(v))
		case types.DurationKind:
			return durationLike(string(v))
		case types.BoolKind:
			if v == "true" || v == "false" {
				return string(v)
			}
		case types.IntKind, types.DoubleKind:
			if numeral.MatchString(string(v)) {
				if wanted.Kind() == types.DoubleKind && !strings.ContainsAny(string(v), ".eE") {
					return string(v) + ".0"
				}
				return string(v)
			}
		}
	}
	return ""
}

var numeral = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// didYouMean is a clause for the end of a message.
func didYouMean(word string, candidates []string) string {
	if nearest, ok := source.Nearest(word, candidates); ok {
		return fmt.Sprintf("; did you mean %s?", nearest)
	}
	return ""
}
