package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/bundles/pattern"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/zone"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// unsupported are the namespaces of CEL's extensions that are left out, and what to write instead; the README of the bundles says why.
var unsupported = map[string]string{
	"lists": "map(), filter(), transformList() and + make lists of lists",
	"regex": "matches() tests a text; replace(), split() and substring() take it apart",
	"proto": "a context is JSON: use a map",
}

// listMethods are the methods of the namespace lists.
var listMethods = []string{"slice", "flatten", "sort", "sortBy", "distinct"}

// functionNames are what a mistyped function's name is compared with.
func functionNames() []string {
	names := []string{"has", segmentFunction, grantedFunction, decisionFunction, "all", "exists", "exists_one", "map", "filter", "transformList", "dyn", matchesFunction,
		"math.greatest", "math.least", "sets.contains", "sets.intersects", "sets.equivalent", "optional.of", "optional.none", "optional.ofNonZeroValue", "or", "orValue", "optMap", "optFlatMap"}
	for name := range functions {
		if !strings.Contains(name, "@") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// growingType finds a comprehension that could make the type of the expression grow without bound, and gives its id, or 0.
//
// The type of {x: x} is twice as large as that of x, and a comprehension can do that again with the result: twenty of them make a
// type of a million parts, which cel-go would spell out. Only maps with computed keys do this, so those within comprehensions are
// counted, and their product is bounded.
func growingType(e ast.Expr) int64 {
	const limit = 1000
	growth, found := 1, int64(0)
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.ComprehensionKind || found != 0 {
			return
		}
		keys := 1
		ast.PreOrderVisit(e.AsComprehension().LoopStep(), ast.NewExprVisitor(func(e ast.Expr) {
			if e.Kind() != ast.MapKind {
				return
			}
			for _, entry := range e.AsMap().Entries() {
				if entry.AsMapEntry().Key().Kind() != ast.LiteralKind {
					keys++
				}
			}
		}))
		if growth *= keys; growth > limit {
			found = e.ID()
		}
	}))
	return found
}

// deepType finds an expression whose type is deeper than MaxTypeDepth, and gives its id, or 0. Each step of type checking spells types
// out, and a type gets deeper without nested text too: by each [[1]].map(x, [x]).map(x, [x])...
func deepType(e ast.Expr) int64 {
	d := depths{of: map[string]int{}}
	d.depth(e)
	return d.deepest
}

// depths says how deep types can be before they are known.
type depths struct {
	of      map[string]int // variables of comprehensions; attributes count for nothing, as there are only so many types to declare
	deepest int64          // the first expression that is too deep
}

// depth bounds how many lists and maps lie inside one another in the type of e.
func (d *depths) depth(e ast.Expr) int {
	depth := 0
	switch e.Kind() {
	case ast.IdentKind:
		return d.of[e.AsIdent()]
	case ast.SelectKind:
		return d.depth(e.AsSelect().Operand())
	case ast.CallKind:
		for _, arg := range arguments(e.AsCall()) {
			depth = max(depth, d.depth(arg))
		}
		return depth
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			depth = max(depth, d.depth(element))
		}
		depth++
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			depth = max(depth, d.depth(entry.AsMapEntry().Key()), d.depth(entry.AsMapEntry().Value()))
		}
		depth++
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			depth = max(depth, d.depth(field.AsStructField().Value()))
		}
	case ast.ComprehensionKind:
		depth = d.comprehension(e.AsComprehension())
	}
	if depth > MaxTypeDepth && d.deepest == 0 {
		d.deepest = e.ID()
	}
	return depth
}

// comprehension bounds the depth of what a comprehension gives: its variables stand for elements of its range, its result is what
// each step adds to.
func (d *depths) comprehension(c ast.ComprehensionExpr) int {
	element := max(d.depth(c.IterRange())-1, 0)
	hidden := maps.Clone(d.of)
	d.of[c.IterVar()] = element
	if c.HasIterVar2() {
		d.of[c.IterVar2()] = element
	}
	d.of[c.AccuVar()] = d.depth(c.AccuInit())
	d.depth(c.LoopCondition())
	d.of[c.AccuVar()] = max(d.of[c.AccuVar()], d.depth(c.LoopStep()))
	depth := d.depth(c.Result())
	d.of = hidden
	return depth
}

// survey goes once through a checked tree: what does it read, and is there anything that cannot be compiled?
type survey struct {
	*Checked
	*translator
	faults []Fault
}

// scope is the names of variables that hide attributes, innermost last.
type scope []string

func (s scope) has(name string) bool { return slices.Contains(s, name) }

// attribute gives the attribute that e is, or nil: a name that no variable of a comprehension hides. cel-go has put the full
// name into the tree, with a dot before it where a variable of the same name is not meant.
func (c *Checker) attribute(e ast.Expr, variables scope) *Declaration {
	if e.Kind() != ast.IdentKind || variables.has(e.AsIdent()) {
		return nil
	}
	return c.attributes[strings.TrimPrefix(e.AsIdent(), ".")]
}

func (s *survey) add(id int64, message, hint string) {
	f := s.fault(id, message)
	f.Hint = hint
	s.faults = append(s.faults, f)
}

func (s *survey) use(name string, e ast.Expr) Use {
	offset, length := s.span(e.ID())
	return Use{Name: name, Offset: offset, Length: length}
}

func (s *survey) visit(e ast.Expr, variables scope) {
	switch e.Kind() {
	case ast.IdentKind:
		if a := s.Checked.checker.attribute(e, variables); a != nil {
			s.Attributes = append(s.Attributes, s.use(a.Name, e))
		}
	case ast.SelectKind:
		s.parameter(e, e.AsSelect().Operand(), e.AsSelect().FieldName(), variables)
		s.visit(e.AsSelect().Operand(), variables)
	case ast.CallKind:
		s.visitCall(e, variables)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			s.visit(element, variables)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			s.visit(entry.AsMapEntry().Key(), variables)
			s.visit(entry.AsMapEntry().Value(), variables)
		}
	case ast.StructKind:
		s.add(e.ID(), "messages are not supported", `a map has its keys in quotes: {"a": 1}`)
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		s.visit(c.IterRange(), variables)
		s.visit(c.AccuInit(), variables)
		result := append(slices.Clip(variables), c.AccuVar())
		inside := append(slices.Clip(result), c.IterVar())
		if c.HasIterVar2() {
			inside = append(inside, c.IterVar2())
		}
		s.visit(c.LoopCondition(), inside)
		s.visit(c.LoopStep(), inside)
		s.visit(c.Result(), result)
	}
}

// parameter notes that e reads a parameter of request.query by a constant key, where that is what it is read of.
func (s *survey) parameter(e, of ast.Expr, key string, variables scope) {
	if a := s.Checked.checker.attribute(of, variables); a != nil && a.Name == "request.query" {
		s.Parameters = append(s.Parameters, s.use(key, e))
	}
}

func (s *survey) visitCall(e ast.Expr, variables scope) {
	call := e.AsCall()
	name := call.FunctionName()
	args := arguments(call)
	switch {
	case name == segmentFunction:
		name := s.named(e, "segment", s.Checked.checker.settings.Segments)
		s.Segments = append(s.Segments, s.use(name, args[0]))
		return
	case name == grantedFunction:
		name := s.named(e, "purpose", s.Checked.checker.settings.Purposes)
		s.Purposes = append(s.Purposes, s.use(name, args[0]))
		return
	case name == decisionFunction:
		name := s.named(e, "decision", s.Checked.checker.settings.Decisions)
		s.Decisions = append(s.Decisions, s.use(name, args[0]))
		return
	case name == hasFunction:
		if s.Checked.checker.attribute(args[0], variables) == nil && args[0].Kind() != ast.SelectKind {
			s.add(args[0].ID(), hasTakes, "")
		}
	case name == matchesFunction:
		s.checkPattern(args[1])
	case name == "format" && len(args) == 2:
		s.checkFormat(args[0], args[1])
	case name == operators.Equals || name == operators.NotEquals || name == operators.In:
		s.checkEnum(args[0], args[1], variables)
		s.checkEnum(args[1], args[0], variables)
		if name == operators.In && s.Checked.checker.settings.Certain {
			s.checkMembers(args[0], args[1])
		}
	case functions[name] >= format.FuncFullYear && functions[name] <= format.FuncMilliseconds && len(args) == 2:
		s.checkZone(args[1])
	}
	switch name {
	case operators.Index, operators.OptIndex, operators.OptSelect:
		if key, ok := literalText(args[1]); ok {
			s.parameter(e, args[0], key, variables)
		}
	case operators.In:
		if key, ok := literalText(args[0]); ok {
			s.parameter(e, args[1], key, variables)
		}
	}
	if _, ok, written := constantExtension(call); written && !ok {
		value, _ := literalText(args[0])
		s.add(args[0].ID(), fmt.Sprintf("%q %s", value, extensionFaults[name]), "")
	}
	for _, arg := range args {
		s.visit(arg, variables)
	}
}

// arguments are a call's arguments, a method's receiver first.
func arguments(call ast.CallExpr) []ast.Expr {
	if call.IsMemberFunction() {
		return append([]ast.Expr{call.Target()}, call.Args()...)
	}
	return call.Args()
}

// named gives the name in a call such as segment("big_cart"), which must be one of known.
func (s *survey) named(e ast.Expr, what string, known []string) string {
	name, ok := literalText(e.AsCall().Args()[0])
	switch {
	case !ok:
		s.add(e.AsCall().Args()[0].ID(), fmt.Sprintf("%s() takes a name in quotes", e.AsCall().FunctionName()), "")
	case !slices.Contains(known, name):
		hint := ""
		switch nearest, found := source.Nearest(name, known); {
		case found:
			hint = fmt.Sprintf("did you mean %q?", nearest)
		case !s.Checked.checker.settings.InBundle:
			hint = fmt.Sprintf("%s() asks for what a bundle has, and this expression stands in none", e.AsCall().FunctionName())
		case len(known) == 0:
			hint = fmt.Sprintf("the bundle has no %ss", what)
		}
		s.add(e.AsCall().Args()[0].ID(), fmt.Sprintf("no %s %q", what, name), hint)
	}
	return name
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	value, ok := e.AsLiteral().(types.String)
	return string(value), ok
}

// checkEnum warns where an attribute is compared with a text that it never is.
func (s *survey) checkEnum(e, with ast.Expr, variables scope) {
	a := s.Checked.checker.attribute(e, variables)
	if a == nil || len(a.Enum) == 0 {
		return
	}
	values := []ast.Expr{with}
	if with.Kind() == ast.ListKind {
		values = with.AsList().Elements()
	}
	for _, value := range values {
		word, ok := literalText(value)
		if !ok || slices.Contains(a.Enum, word) {
			continue
		}
		f := s.fault(value.ID(), fmt.Sprintf("%s is never %q", a.Name, word))
		f.Warning = true
		f.Hint = "it is one of " + strings.Join(a.Enum, ", ")
		if nearest, found := source.Nearest(word, a.Enum); found {
			f.Hint = fmt.Sprintf("did you mean %q? %s", nearest, f.Hint)
		}
		s.faults = append(s.faults, f)
	}
}

// checkPattern compiles the pattern of matches(), which must be written out: core has no compiler for one that comes with a request.
func (s *survey) checkPattern(e ast.Expr) {
	written, ok := literalText(e)
	if !ok {
		s.add(e.ID(), "matches() takes a pattern in quotes", "a pattern that is computed cannot be compiled")
		return
	}
	program, err := pattern.Compile(written)
	if err != nil {
		s.add(e.ID(), err.Error(), "")
		return
	}
	s.patterns[written] = program
}

// checkZone sees that there is a time zone of that name. One that is not constant is looked up in the bundle when it is met.
func (s *survey) checkZone(e ast.Expr) {
	name, ok := literalText(e)
	if !ok {
		s.AnyZone = true
		return
	}
	if _, fixed := text.ParseOffset(name); fixed {
		return
	}
	if _, known := zone.Table(name); !known {
		hint := `write "UTC", an offset such as "-02:30" or a name such as "Europe/Berlin"`
		if nearest, found := source.Nearest(name, zone.Names()); found {
			hint = fmt.Sprintf("did you mean %q?", nearest)
		}
		s.add(e.ID(), fmt.Sprintf("no time zone %q", name), hint)
		return
	}
	s.Zones = append(s.Zones, name)
}
