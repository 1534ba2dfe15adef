package expr

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Target is the bundle that instructions are written for: where constants and predicates go, and the numbers of what the expression
// reads. It must have all of Checked's Attributes, Segments, Purposes and Decisions.
type Target struct {
	*assemble.Builder
	Attributes map[string]uint32 // index by name
	Segments   map[string]uint32 // index of the condition by name
	Purposes   map[string]uint32 // index by name
	Decisions  map[string]uint32 // index by name
}

// Emit adds the expression to the target as a condition and gives its index. line is where the expression stands in its source, 0 where
// that is not known. The faults, if any, say which limit of the compiled format the expression exceeds.
func (e *Checked) Emit(to *Target, line int) (uint32, []Fault) {
	m := &emitter{Checked: e, to: to, need: assemble.Need{Nesting: 1}}
	m.expr(e.tree.Expr())
	if len(m.code) > format.MaxProgram {
		m.exceeds(e.tree.Expr(), fmt.Sprintf("takes %d instructions, the limit is %d", len(m.code), format.MaxProgram))
	}
	if m.fault != nil {
		return 0, []Fault{*m.fault}
	}
	return to.Condition(m.code, m.need, e.Text, line), nil
}

// emitter writes one condition's program. Every method that emits an expression leaves exactly one value more on the stack.
type emitter struct {
	*Checked
	to     *Target
	code   []format.Instr
	stack  int // height here
	walks  int // comprehensions open here
	need   assemble.Need
	locals []local // variables of the comprehensions around this place, innermost last
	fault  *Fault  // the first limit exceeded
}

// local is a comprehension's variable and the number of its slot.
type local struct {
	name string
	slot uint32
}

// op writes an instruction that pops and pushes so many values, and gives its place.
func (m *emitter) op(op format.Op, a, b uint32, pops, pushes int) int {
	m.code = append(m.code, format.MakeInstr(op, a, b))
	m.stack += pushes - pops
	m.need.Stack = max(m.need.Stack, m.stack)
	m.need.Walks = max(m.need.Walks, m.walks)
	return len(m.code) - 1
}

// here makes the instruction at place jump to the next one to be written.
func (m *emitter) here(place int) {
	in := m.code[place]
	m.code[place] = format.MakeInstr(in.Op(), in.A(), uint32(len(m.code)))
}

// exceeds notes that e goes beyond a limit, unless something before it did.
func (m *emitter) exceeds(e ast.Expr, how string) {
	if m.fault == nil {
		f := newTranslator(m.checker, m.Text, m.tree).fault(e.ID(), "the expression "+how)
		f.Hint = "split it into segments"
		m.fault = &f
	}
}

// checkNeed notes where e goes beyond what core has room for.
func (m *emitter) checkNeed(e ast.Expr) {
	switch {
	case m.need.Stack >= format.MaxStack:
		m.exceeds(e, fmt.Sprintf("needs more than %d values at once", format.MaxStack-1))
	case m.need.Walks > format.MaxWalks:
		m.exceeds(e, fmt.Sprintf("has macros such as all() more than %d deep in one another", format.MaxWalks))
	case m.need.Nesting > format.MaxNesting:
		m.exceeds(e, fmt.Sprintf("uses segments that use segments, more than %d deep", format.MaxNesting))
	}
}

// attributeName is a name as the tree has it, without the dot that tells it from a variable.
func attributeName(e ast.Expr) string { return strings.TrimPrefix(e.AsIdent(), ".") }

// local gives the slot of a comprehension's variable.
func (m *emitter) local(name string) (uint32, bool) {
	for i := len(m.locals) - 1; i >= 0; i-- {
		if m.locals[i].name == name {
			return m.locals[i].slot, true
		}
	}
	return 0, false
}

// attribute gives the index of the attribute that e is.
func (m *emitter) attribute(e ast.Expr) (uint32, bool) {
	if e.Kind() != ast.IdentKind {
		return 0, false
	}
	if _, ok := m.local(e.AsIdent()); ok || m.checker.attributes[attributeName(e)] == nil {
		return 0, false
	}
	return m.to.Attributes[attributeName(e)], true
}

func (m *emitter) expr(e ast.Expr) {
	if m.fault != nil {
		return
	}
	if c, ok := m.constant(e); ok {
		m.op(format.OpConst, 0, m.to.Constant(c), 0, 1)
		return
	}
	switch e.Kind() {
	case ast.IdentKind:
		m.ident(e)
	case ast.SelectKind:
		m.selection(e.AsSelect(), format.OpIndex)
	case ast.CallKind:
		m.call(e)
	case ast.ListKind:
		m.list(e.AsList())
	case ast.MapKind:
		m.mapping(e.AsMap().Entries())
	case ast.ComprehensionKind:
		m.comprehension(e)
	default:
		m.exceeds(e, "has a part that cannot be compiled")
	}
	m.checkNeed(e)
}

func (m *emitter) ident(e ast.Expr) {
	if slot, ok := m.local(e.AsIdent()); ok {
		m.op(format.OpLocal, slot, 0, 0, 1)
		return
	}
	index, ok := m.attribute(e)
	if !ok {
		m.exceeds(e, fmt.Sprintf("has a name that cannot be compiled: %s", e.AsIdent()))
		return
	}
	if t := m.checker.attributes[attributeName(e)].Type; t.IsBool() {
		m.op(format.OpPredicate, 0, m.to.Predicate(format.TestTrue, index, 0), 0, 1)
		return
	}
	m.op(format.OpAttribute, 0, index, 0, 1)
}

// selection is m.f, and with OpHasKey has(m.f).
func (m *emitter) selection(s ast.SelectExpr, op format.Op) {
	if s.IsTestOnly() {
		op = format.OpHasKey
	}
	m.expr(s.Operand())
	m.op(format.OpConst, 0, m.to.Constant(assemble.String(s.FieldName())), 0, 1)
	m.op(op, 0, 0, 2, 1)
}

// list is [a, ?b]. With an optional element it is made of optionals, those without a value taken out.
func (m *emitter) list(l ast.ListExpr) {
	optional := l.OptionalIndices()
	for i, e := range l.Elements() {
		m.expr(e)
		if len(optional) > 0 && !slices.Contains(optional, int32(i)) {
			m.wrap(format.FuncFirst)
		}
	}
	m.op(format.OpList, 0, uint32(l.Size()), l.Size(), 1)
	if len(optional) > 0 {
		m.op(format.OpCall, 1, uint32(format.FuncUnwrap), 1, 1)
	}
}

// mapping is {a: b, ?c: d}, likewise.
func (m *emitter) mapping(entries []ast.EntryExpr) {
	optional := slices.ContainsFunc(entries, func(e ast.EntryExpr) bool { return e.AsMapEntry().IsOptional() })
	for _, entry := range entries {
		m.expr(entry.AsMapEntry().Key())
		m.expr(entry.AsMapEntry().Value())
		if optional && !entry.AsMapEntry().IsOptional() {
			m.wrap(format.FuncFirst)
		}
	}
	m.op(format.OpMap, 0, uint32(len(entries)), 2*len(entries), 1)
	if optional {
		m.op(format.OpCall, 1, uint32(format.FuncUnwrap), 1, 1)
	}
}

// wrap makes an optional of the top of the stack.
func (m *emitter) wrap(function format.Func) {
	m.op(format.OpList, 0, 1, 1, 1)
	m.op(format.OpCall, 1, uint32(function), 1, 1)
}

// or is x.or(y) and x.orValue(y): y is evaluated only where x is none.
func (m *emitter) or(e ast.Expr, args []ast.Expr) {
	outside := len(m.locals)
	m.expr(args[0])
	slot, ok := m.reserve(e, "")
	if !ok {
		return
	}
	m.op(format.OpStore, slot, 0, 1, 0)
	m.op(format.OpLocal, slot, 0, 0, 1)
	m.op(format.OpCall, 1, uint32(format.FuncHasValue), 1, 1)
	m.locals = m.locals[:outside]
	m.choose(func() {
		m.op(format.OpLocal, slot, 0, 0, 1)
		if e.AsCall().FunctionName() == "orValue" {
			m.op(format.OpCall, 1, uint32(format.FuncValue), 1, 1)
		}
	}, func() { m.expr(args[1]) })
}

// reserve takes a slot for a variable. What was emitted before it is not disturbed: the slots of the variables around this place are taken.
func (m *emitter) reserve(e ast.Expr, name string) (slot uint32, ok bool) {
	if n := len(m.locals); n > 0 {
		slot = m.locals[n-1].slot + 1
	}
	if slot >= format.MaxLocals {
		m.exceeds(e, fmt.Sprintf("needs more than %d variables for macros such as all() in one another", format.MaxLocals))
		return 0, false
	}
	m.locals = append(m.locals, local{name, slot})
	return slot, true
}

func (m *emitter) call(e ast.Expr) {
	name, args := e.AsCall().FunctionName(), arguments(e.AsCall())
	if m.predicate(name, args) || m.versionPredicate(name, args) {
		return
	}
	switch name {
	case operators.LogicalAnd:
		m.chain(e, format.OpAndThen, format.OpAnd)
		return
	case operators.LogicalOr:
		m.chain(e, format.OpOrElse, format.OpOr)
		return
	case operators.Conditional:
		m.conditional(args)
		return
	case hasFunction:
		m.has(args[0])
		return
	case segmentFunction:
		m.segment(args[0])
		return
	case grantedFunction:
		purpose, _ := literalText(args[0])
		m.op(format.OpGranted, 0, m.to.Purposes[purpose], 0, 1)
		return
	case decisionFunction:
		decision, _ := literalText(args[0])
		m.op(format.OpDecision, 0, m.to.Decisions[decision], 0, 1)
		return
	case matchesFunction:
		m.matches(args)
		return
	case "dyn":
		m.expr(args[0])
		return
	case listFunction: // only a list can be added to a list
		m.expr(args[0])
		m.op(format.OpList, 0, 0, 0, 1)
		m.op(format.OpAdd, 0, 0, 2, 1)
		m.op(format.OpCall, 1, uint32(format.FuncType), 1, 1)
		m.op(format.OpConst, 0, m.to.Constant(assemble.Type(format.List)), 0, 1)
		m.op(format.OpEqual, 0, 0, 2, 1)
		return
	case "optional.none":
		m.op(format.OpList, 0, 0, 0, 1)
		m.op(format.OpCall, 1, uint32(format.FuncFirst), 1, 1)
		return
	case "optional.of":
		m.expr(args[0])
		m.wrap(format.FuncFirst)
		return
	case "optional.ofNonZeroValue":
		m.expr(args[0])
		m.wrap(format.FuncNonZero)
		return
	case "hasValue":
		if len(args) == 2 {
			m.expr(args[0])
			m.expr(args[1])
			m.wrap(format.FuncFirst)
			m.op(format.OpEqual, 0, 0, 2, 1)
			return
		}
	case "or", "orValue":
		m.or(e, args)
		return
	}
	for _, arg := range args {
		m.expr(arg)
	}
	op, isBinary := binaries[name]
	switch function := functions[name]; {
	case name == operators.LogicalNot:
		m.op(format.OpNot, 0, 0, 1, 1)
	case name == operators.Negate:
		m.op(format.OpNegate, 0, 0, 1, 1)
	case isBinary && len(args) == 2:
		m.op(op, 0, 0, 2, 1)
	case function != format.FuncInvalid:
		m.op(format.OpCall, uint32(len(args)), uint32(function), len(args), 1)
	default:
		m.exceeds(e, fmt.Sprintf("calls %s(), which cannot be compiled", name))
	}
}

// chain is a && b && c, or the same with ||. cel-go has it as a tree; taken from left to right it needs room for two values, and
// one that settles the matter goes straight to the end.
func (m *emitter) chain(e ast.Expr, settled, join format.Op) {
	var settles []int
	for i, operand := range operands(e, e.AsCall().FunctionName(), nil) {
		if i > 0 {
			settles = append(settles, m.op(settled, 0, 0, 0, 0))
		}
		start := len(m.code)
		m.expr(operand)
		switch {
		case i == 0:
		case join == format.OpAnd && len(m.code) == start+1 && m.code[start].Op() == format.OpPredicate:
			// One instruction instead of three: most conditions are attributes compared with constants.
			settles = settles[:len(settles)-1]
			predicate := m.code[start].B()
			m.code = m.code[:start-1]
			m.op(format.OpAndPredicate, 0, predicate, 2, 1)
		default:
			m.op(join, 0, 0, 2, 1)
		}
	}
	for _, place := range settles {
		m.here(place)
	}
}

// operands are the parts of a tree of one logical operator, from left to right.
func operands(e ast.Expr, operator string, found []ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operator {
		return append(found, e)
	}
	for _, arg := range e.AsCall().Args() {
		found = operands(arg, operator, found)
	}
	return found
}

// conditional is c ? a : b. A condition that is an error is the result.
func (m *emitter) conditional(args []ast.Expr) {
	m.expr(args[0])
	m.choose(func() { m.expr(args[1]) }, func() { m.expr(args[2]) })
}

// choose takes the condition from the top of the stack.
func (m *emitter) choose(yes, no func()) {
	choose := m.op(format.OpChoose, 0, 0, 1, 0)
	yes()
	end := m.op(format.OpJump, 0, 0, 1, 0) // the other side begins without the first one's value
	m.here(choose)
	no()
	m.here(end)
	m.code[choose] = format.MakeInstr(format.OpChoose, uint32(len(m.code)), m.code[choose].B())
}

func (m *emitter) has(e ast.Expr) {
	if index, ok := m.attribute(e); ok {
		m.op(format.OpHas, 0, index, 0, 1)
		return
	}
	m.selection(e.AsSelect(), format.OpHasKey)
}

func (m *emitter) segment(e ast.Expr) {
	name, _ := literalText(e)
	condition := m.to.Segments[name]
	callee := m.to.Need(condition)
	m.need.Stack = max(m.need.Stack, m.stack+callee.Stack)
	m.need.Walks = max(m.need.Walks, m.walks+callee.Walks)
	m.need.Nesting = max(m.need.Nesting, callee.Nesting+1)
	m.op(format.OpCondition, 0, condition, 0, 1)
}

// matches is text.matches(pattern); of an attribute it is a predicate.
func (m *emitter) matches(args []ast.Expr) {
	written, _ := literalText(args[1])
	index := m.to.Pattern(written, m.patterns[written].Table)
	if attribute, ok := m.attribute(withoutDyn(args[0])); ok {
		m.op(format.OpPredicate, 0, m.to.Predicate(format.TestMatches, attribute, index), 0, 1)
		return
	}
	m.expr(args[0])
	m.op(format.OpMatches, 0, index, 1, 1)
}

// comprehension is what the macros expand to: a loop over a list or map with variables for its elements and an accumulator.
//
//	       range
//	       iterate END
//	       init; store accumulator
//	NEXT:  next variable DONE
//	       condition; break-false DONE     (not where it is constant)
//	       step; store accumulator
//	       loop NEXT
//	DONE:  iterate-end
//	       result
//	END:
func (m *emitter) comprehension(e ast.Expr) {
	c := e.AsComprehension()
	if c.IterRange().Kind() == ast.ListKind && c.IterRange().AsList().Size() == 0 && !c.HasIterVar2() { // cel.bind()
		m.expr(c.AccuInit())
		outside := len(m.locals)
		if slot, ok := m.reserve(e, c.AccuVar()); ok {
			m.op(format.OpStore, slot, 0, 1, 0)
			m.expr(c.Result())
		}
		m.locals = m.locals[:outside]
		return
	}
	m.expr(c.IterRange())
	iterate := m.op(format.OpIterate, 0, 0, 1, 0)
	m.walks++
	m.expr(c.AccuInit())

	outside := len(m.locals)
	slot := uint32(0)
	if outside > 0 {
		slot = m.locals[outside-1].slot + 1
	}
	accumulator, variable, next := slot, slot+1, format.OpNext
	m.locals = append(m.locals, local{c.AccuVar(), accumulator}, local{c.IterVar(), variable})
	if c.HasIterVar2() {
		next = format.OpNextPair
		m.locals = append(m.locals, local{c.IterVar2(), variable + 1})
	}
	if m.locals[len(m.locals)-1].slot >= format.MaxLocals {
		m.exceeds(e, fmt.Sprintf("needs more than %d variables for macros such as all() in one another", format.MaxLocals))
		return
	}
	m.op(format.OpStore, accumulator, 0, 1, 0)
	begin := m.op(next, variable, 0, 0, 0)
	breaks := -1
	if always := c.LoopCondition(); always.Kind() != ast.LiteralKind || always.AsLiteral() != types.True {
		m.expr(always)
		breaks = m.op(format.OpBreakFalse, 0, 0, 1, 0)
	}
	m.expr(c.LoopStep())
	m.op(format.OpStore, accumulator, 0, 1, 0)
	m.op(format.OpLoop, 0, uint32(begin), 0, 0)
	m.here(begin)
	if breaks >= 0 {
		m.here(breaks)
	}
	m.op(format.OpIterateEnd, 0, 0, 0, 0)
	m.walks--
	m.locals = m.locals[:outside+1] // the accumulator
	m.expr(c.Result())
	m.locals = m.locals[:outside]
	m.here(iterate)
}

// predicate emits a test of one attribute against a constant, which core evaluates once per request however many conditions
// ask. It says whether the call is one.
func (m *emitter) predicate(name string, args []ast.Expr) bool {
	if len(args) != 2 {
		return false
	}
	left, right := withoutDyn(args[0]), withoutDyn(args[1])
	test, by := tests[name], right
	index, ok := m.attribute(left)
	if !ok || test == format.TestInvalid {
		test, by = mirrored[name], left
		if index, ok = m.attribute(right); !ok || test == format.TestInvalid {
			return false
		}
	}
	c, ok := m.constant(by)
	if !ok || c.IsScalar() == (test == format.TestIn) || c.Kind == format.Map || c.Kind == format.TypeOf {
		return false
	}
	if c.Kind == format.Semver && test <= format.TestGreaterEqual { // which would be about the version in the attribute's text
		return false
	}
	m.op(format.OpPredicate, 0, m.to.Predicate(test, index, m.to.Constant(c)), 0, 1)
	return true
}

// versionPredicate emits a test of the version that an attribute holds against a constant one, likewise: semver(attribute) with isLessThan,
// isGreaterThan, == or !=, or compareTo beside 0.
func (m *emitter) versionPredicate(name string, args []ast.Expr) bool {
	if len(args) != 2 {
		return false
	}
	test := tests[name]
	switch {
	case name == "isLessThan":
		test = format.TestLess
	case name == "isGreaterThan":
		test = format.TestGreater
	case isCall(args[0], "compareTo") && isZero(args[1]):
		args = arguments(args[0].AsCall())
	case isCall(args[1], "compareTo") && isZero(args[0]):
		test, args = mirrored[name], arguments(args[1].AsCall())
	case test != format.TestEqual && test != format.TestNotEqual:
		return false
	}
	if test < format.TestEqual || test > format.TestGreaterEqual {
		return false
	}
	left, right := args[0], args[1]
	c, ok := m.constant(right)
	if !ok { // the constant stands on the left
		if c, ok = m.constant(left); !ok {
			return false
		}
		left = right
		test = [...]format.Test{format.TestEqual, format.TestNotEqual, format.TestGreater, format.TestGreaterEqual, format.TestLess,
			format.TestLessEqual}[test-format.TestEqual]
	}
	if c.Kind != format.Semver || !isCall(left, "semver") || len(left.AsCall().Args()) != 1 {
		return false
	}
	index, ok := m.attribute(withoutDyn(left.AsCall().Args()[0]))
	if ok {
		m.op(format.OpPredicate, 0, m.to.Predicate(test, index, m.to.Constant(c)), 0, 1)
	}
	return ok
}

func isZero(e ast.Expr) bool { return e.Kind() == ast.LiteralKind && e.AsLiteral() == types.IntZero }

func isCall(e ast.Expr, function string) bool {
	return e.Kind() == ast.CallKind && e.AsCall().FunctionName() == function
}

// withoutDyn is what dyn(...) is called with: it has the same value.
func withoutDyn(e ast.Expr) ast.Expr {
	for e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "dyn" && len(e.AsCall().Args()) == 1 {
		e = e.AsCall().Args()[0]
	}
	return e
}
