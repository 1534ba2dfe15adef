package expr

import (
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// What can only be a mistake in a rule, though CEL has an answer: parts that end in an error whoever asks, and lists whose elements can
// never be what is looked for.

// certain finds calls whose arguments are constants, and has core evaluate them: what it says of them here, it says to everybody.
type certain struct {
	*survey
	calls  []ast.Expr         // inner ones before those around them
	within map[int64]ast.Expr // the call around each, by id
}

// checkCertain finds parts that always end in an error.
func (s *survey) checkCertain(e ast.Expr) {
	c := &certain{survey: s, within: map[int64]ast.Expr{}}
	c.collect(e)
	if len(c.calls) == 0 {
		return
	}
	b := assemble.New("constants")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	to := &Target{Builder: b}
	conditions := map[int64]uint32{}
	for _, call := range c.calls {
		m := &emitter{Checked: s.Checked, to: to, need: assemble.Need{Nesting: 1}}
		m.expr(call)
		if m.fault != nil || len(m.code) > format.MaxProgram {
			return // which is a fault when the whole is emitted
		}
		conditions[call.ID()] = to.Condition(m.code, m.need, "", 0)
	}
	bundle, err := core.Load(b.Finish().Append(nil))
	if err != nil {
		return // beyond a limit of the format as a whole, which the bundle is too
	}
	evaluator, context := bundle.NewEvaluator(), bundle.NewContext()
	said := map[int64]bool{} // by an inner call's fault
	for _, call := range c.calls {
		value := evaluator.Evaluate(context, int(conditions[call.ID()]))
		if around := c.within[call.ID()]; around != nil && (said[call.ID()] || value.Kind() == format.Error) {
			said[around.ID()] = true
		}
		if value.Kind() == format.Error && !said[call.ID()] {
			s.alwaysFails(call, value.Code())
		}
	}
}

// collect notes the constant calls within e, and says whether e is constant itself.
func (c *certain) collect(e ast.Expr) bool {
	constant := true
	switch e.Kind() {
	case ast.LiteralKind:
		return true
	case ast.SelectKind:
		c.collect(e.AsSelect().Operand())
		return false
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			constant = c.collect(element) && constant
		}
		return constant
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			constant = c.collect(entry.AsMapEntry().Key()) && constant
			constant = c.collect(entry.AsMapEntry().Value()) && constant
		}
		return constant
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		for _, part := range []ast.Expr{loop.IterRange(), loop.AccuInit(), loop.LoopCondition(), loop.LoopStep(), loop.Result()} {
			c.collect(part)
		}
		return false
	case ast.CallKind:
		call := e.AsCall()
		first := len(c.calls)
		for _, arg := range arguments(call) {
			constant = c.collect(arg) && constant
		}
		switch name := call.FunctionName(); {
		case name == segmentFunction, name == grantedFunction, name == decisionFunction, name == hasFunction:
			return false
		case functions[name] >= format.FuncFullYear && functions[name] <= format.FuncMilliseconds:
			return false // by a time zone, perhaps
		}
		if !constant {
			return false
		}
		if _, known := (&emitter{Checked: c.Checked}).constant(e); known {
			return true // timestamp("2026-01-01T00:00:00Z"), which most constant calls are
		}
		for _, inner := range c.calls[first:] {
			if c.within[inner.ID()] == nil {
				c.within[inner.ID()] = e
			}
		}
		c.calls = append(c.calls, e)
		return true
	}
	return false
}

// alwaysFails says what is wrong with a call that ends in an error of that code.
func (s *survey) alwaysFails(e ast.Expr, code core.Code) {
	args := arguments(e.AsCall())
	written, ok := "", false
	if len(args) == 1 && code == core.InvalidText {
		written, ok = literalText(args[0])
	}
	if !ok {
		s.add(e.ID(), "this is always an error: "+code.String(), "")
		return
	}
	hint := ""
	switch e.AsCall().FunctionName() {
	case "timestamp":
		hint = "write " + timestampLike(written)
	case "duration":
		hint = "write " + durationLike(written)
	}
	s.add(args[0].ID(), fmt.Sprintf("%q is no %s", written, e.AsCall().FunctionName()), hint)
}

// timestampLike is a call that CEL reads, for what was most likely meant.
func timestampLike(written string) string {
	for _, end := range []string{"", "Z", ":00Z", "T00:00:00Z"} {
		whole := strings.Replace(written, " ", "T", 1) + end
		if _, _, ok := text.ParseTimestamp(whole); ok {
			return fmt.Sprintf("timestamp(%q)", whole)
		}
	}
	return `RFC 3339, as in timestamp("2026-01-01T00:00:00Z")`
}

// durationLike likewise. CEL knows no days.
func durationLike(written string) string {
	if _, ok := text.ParseDuration(written); ok {
		return fmt.Sprintf("duration(%q)", written)
	}
	if number, isDays := strings.CutSuffix(written, "d"); isDays {
		if days, ok := text.ParseInt(number); ok && days >= 0 && days < int64(time.Duration(1<<63-1)/(24*time.Hour)) {
			return fmt.Sprintf("duration(\"%dh\")", 24*days)
		}
	}
	return `a number with h, m, s or ms, as in duration("36h")`
}

// checkMembers sees that what is looked for in a list or map that is written out can be there: in needs one type.
func (s *survey) checkMembers(element, container ast.Expr) {
	wanted := s.Checked.tree.GetType(element.ID())
	if wanted == nil || wanted.Kind() == types.DynKind {
		return
	}
	var members []ast.Expr
	switch container.Kind() {
	case ast.ListKind:
		members = container.AsList().Elements()
	case ast.MapKind:
		for _, entry := range container.AsMap().Entries() {
			members = append(members, entry.AsMapEntry().Key())
		}
	}
	for _, member := range members {
		t := s.Checked.tree.GetType(member.ID())
		if t == nil || t.Kind() == types.DynKind || t.Kind() == wanted.Kind() {
			continue
		}
		hint := ""
		if rewritten := rewrite(member, wanted); rewritten != "" {
			hint = "write " + rewritten
		}
		s.add(member.ID(), fmt.Sprintf("%s is looked for, and this is %s", s.typeName(element), s.typeName(member)), hint)
	}
}
