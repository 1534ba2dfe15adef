package core

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// predicate gives the result of a predicate, evaluating it at most once per request.
func (e *Evaluator) predicate(i uint32) Value {
	p := &e.bundle.Predicates[i]
	if known := e.predicates[i]; known>>2 == e.round && truth(known&3) != failed {
		return Bool(truth(known&3) == yes)
	}
	x := e.context.slots[p.Attribute]
	if x.isError() {
		return x
	}
	if countSteps {
		e.countTest(e.bundle, p, x)
	}
	result := e.testAttribute(format.Test(p.Test), x, p.Constant)
	if result.kind == format.Bool {
		e.predicates[i] = e.round<<2 | uint32(no) + uint32(result.num)
	}
	return result
}

func (e *Evaluator) testAttribute(test format.Test, x Value, constant uint32) Value {
	if test == format.TestTrue {
		if x.kind != format.Bool {
			return failure(NoOverload)
		}
		return x
	}
	if test == format.TestMatches {
		return e.bundle.matches(x, constant)
	}
	y := e.bundle.constants[constant]
	switch test {
	case format.TestEqual:
		return e.equal(x, y)
	case format.TestNotEqual:
		return not(e.equal(x, y))
	case format.TestLess, format.TestLessEqual, format.TestGreater, format.TestGreaterEqual:
		return order(format.OpLess+format.Op(test-format.TestLess), x, y)
	case format.TestIn:
		return e.contains(x, y)
	case format.TestElement:
		return e.contains(y, x)
	}
	if x.kind != format.String || y.kind != format.String {
		return failure(NoOverload)
	}
	switch test {
	case format.TestStartsWith:
		return Bool(strings.HasPrefix(x.text(), y.text()))
	case format.TestEndsWith:
		return Bool(strings.HasSuffix(x.text(), y.text()))
	default:
		return Bool(strings.Contains(x.text(), y.text()))
	}
}
