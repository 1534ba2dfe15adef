package core

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// predicate gives the truth of a predicate, evaluating it at most once per request.
func (e *Evaluator) predicate(i uint32) truth {
	if known := e.predicates[i]; known>>2 == e.round {
		return truth(known & 3)
	}
	if countSteps {
		e.countTest(i)
	}
	t := failed
	if v := e.testPredicate(i); v.kind == format.Bool {
		t = no + truth(v.num)
	}
	e.predicates[i] = e.round<<2 | uint32(t)
	return t
}

// predicateValue gives the result of a predicate: of one that failed, the error.
func (e *Evaluator) predicateValue(i uint32) Value {
	t := e.predicate(i)
	if t == failed {
		return e.testPredicate(i)
	}
	return Bool(t == yes)
}

// testPredicate evaluates a predicate. What it may walk over is its own, so that the result does not depend on which condition asks first.
//
//go:noinline
func (e *Evaluator) testPredicate(i uint32) Value {
	p := &e.bundle.Predicates[i]
	x := &e.context.slots[p.Attribute]
	if x.isError() {
		return *x
	}
	budget := e.budget
	e.budget = MaxLoopSteps
	result := e.testAttribute(format.Test(p.Test), x, p.Constant)
	e.budget = budget
	return result
}

func (e *Evaluator) testAttribute(test format.Test, x *Value, constant uint32) Value {
	if test == format.TestTrue {
		if x.kind != format.Bool {
			return failure(NoOverload)
		}
		return *x
	}
	if test == format.TestMatches {
		return e.bundle.matches(*x, constant)
	}
	y := &e.bundle.constants[constant]
	if y.kind == format.Semver && test <= format.TestGreaterEqual {
		return testVersion(test, x, y)
	}
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

// testVersion compares the version that a text holds.
func testVersion(test format.Test, x, y *Value) Value {
	if x.kind != format.String {
		return failure(NoOverload)
	}
	version, ok := semver.Parse(x.text())
	if !ok {
		return failure(InvalidText)
	}
	constant, _ := semver.Parse(y.text())
	const truths = 0b110_100_011_001_101_010 // by test from the right: where less, equal, greater
	return Bool(truths>>(3*int(test-format.TestEqual)+1+semver.Compare(version, constant))&1 != 0)
}
