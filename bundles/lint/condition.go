package lint

import (
	"slices"

	"github.com/edgewise-dev/edgewise/core/format"
)

// condition is what is known of a compiled condition.
type condition struct {
	literals []literal // all are true where it is true
	exact    bool      // and it is true where all are
	reads    []uint32  // attributes, by way of segments too
	asks     []uint32  // conditions of segments, those that it names
	depth    int       // segments inside one another, itself counted
}

// literal is a predicate, or its negation.
type literal struct {
	format.Predicate
	negated bool
}

// read takes condition i apart. A condition asks only for those before it.
func (l *linter) read(i int) condition {
	b := l.bundle
	c := b.Conditions[i]
	read := condition{depth: 1}
	var stack []condition // literals and exact only
	straight := true
	pop := func() (top condition) {
		if len(stack) > 0 {
			top, stack = stack[len(stack)-1], stack[:len(stack)-1]
		}
		return top
	}
	leaf := func(predicate uint32) condition {
		p := b.Predicates[predicate]
		read.reads = append(read.reads, p.Attribute)
		return condition{literals: []literal{{Predicate: p}}, exact: true}
	}
	both := func(x, y condition) condition {
		return condition{literals: slices.Concat(x.literals, y.literals), exact: x.exact && y.exact}
	}
	for _, in := range b.Code[c.Start:][:c.Length] {
		switch op := in.Op(); op {
		case format.OpAndThen, format.OpOrElse:
		case format.OpPredicate:
			stack = append(stack, leaf(in.B()))
		case format.OpAndPredicate:
			stack = append(stack, both(pop(), leaf(in.B())))
		case format.OpCondition:
			asked := l.conditions[in.B()]
			read.asks = append(read.asks, in.B())
			read.reads = append(read.reads, asked.reads...)
			read.depth = max(read.depth, 1+asked.depth)
			stack = append(stack, condition{literals: asked.literals, exact: asked.exact})
		case format.OpAnd:
			right := pop()
			stack = append(stack, both(pop(), right))
		case format.OpNot:
			x := pop()
			if x.exact && len(x.literals) == 1 {
				not := x.literals[0]
				not.negated = !not.negated
				stack = append(stack, condition{literals: []literal{not}, exact: true})
				continue
			}
			stack = append(stack, condition{})
		default:
			if op == format.OpAttribute || op == format.OpHas {
				read.reads = append(read.reads, in.B())
			}
			pops, ok := in.Pops()
			straight = straight && ok
			for range pops {
				pop()
			}
			if ok {
				stack = append(stack, condition{})
			}
		}
	}
	if straight {
		result := pop()
		read.literals, read.exact = result.literals, result.exact
	}
	return read
}

// about are the literals of one attribute.
func about(literals []literal, attribute uint32) []literal {
	var found []literal
	for _, x := range literals {
		if x.Attribute == attribute {
			found = append(found, x)
		}
	}
	return found
}

// contradiction gives an attribute for which no value makes all literals true.
func (l *linter) contradiction(literals []literal) (attribute uint32, found bool) {
	for _, x := range literals {
		these := l.like(x, about(literals, x.Attribute))
		if values, ok := l.values(x.Attribute, these); ok && !slices.ContainsFunc(values, func(v value) bool { return l.all(these, v) }) {
			return x.Attribute, true
		}
	}
	return 0, false
}

// implies says whether b's condition is true wherever a's is.
func (l *linter) implies(a, b *condition) bool {
	if !b.exact {
		return false
	}
	for _, want := range b.literals {
		given := about(a.literals, want.Attribute)
		if len(given) == 0 || !slices.Contains(given, want) && !l.leaves(given, want) {
			return false
		}
	}
	return true
}

// leaves says whether all values that make given true make want true.
func (l *linter) leaves(given []literal, want literal) bool {
	if !l.understood(want) {
		return false
	}
	given = l.like(want, given)
	values, ok := l.values(want.Attribute, append(slices.Clone(given), want))
	return ok && !slices.ContainsFunc(values, func(v value) bool { return l.all(given, v) && !l.holds(want, v) })
}
