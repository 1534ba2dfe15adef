package index

import "github.com/edgewise-dev/edgewise/core/format"

// node is a condition's logic as far as it matters here: predicates joined by &&, || and !. Whatever else a condition computes
// is opaque: it may be true, false or an error.
type node struct {
	kind        nodeKind
	predicate   uint32
	left, right *node // right is nil for not
	size        int   // nodes in it, shared ones counted each time
}

// maxSize bounds what is looked at of a condition. Segments within segments are shared, so what they stand for written out can be
// exponentially larger than what was written.
const maxSize = 1000

// join makes a node of one or two others, or an opaque one where it would become too large.
func join(kind nodeKind, left, right *node) *node {
	n := &node{kind: kind, left: left, right: right, size: 1 + left.size}
	if right != nil {
		n.size += right.size
	}
	if n.size > maxSize {
		return &node{size: 1}
	}
	return n
}

type nodeKind uint8

const (
	opaque nodeKind = iota
	leaf
	and
	or
	not
)

// trees reads the logic of every condition back from its program. A condition uses only conditions before it, so one pass suffices.
func trees(b *format.Bundle) []*node {
	all := make([]*node, len(b.Conditions))
	for i, c := range b.Conditions {
		all[i] = tree(b.Code[c.Start:c.Start+c.Length], all)
	}
	return all
}

// tree follows a program with a stack of nodes in place of values. The jumps of && and || only skip what cannot matter, so they are
// passed over; a program with other jumps is opaque as a whole.
func tree(code []format.Instr, conditions []*node) *node {
	var stack []*node
	pop := func() *node {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return top
	}
	push := func(n *node) { stack = append(stack, n) }
	for _, in := range code {
		switch in.Op() {
		case format.OpAndThen, format.OpOrElse:
		case format.OpPredicate:
			push(&node{kind: leaf, predicate: in.B(), size: 1})
		case format.OpAndPredicate:
			push(join(and, pop(), &node{kind: leaf, predicate: in.B(), size: 1}))
		case format.OpCondition:
			push(conditions[in.B()])
		case format.OpAnd:
			right, left := pop(), pop()
			push(join(and, left, right))
		case format.OpOr:
			right, left := pop(), pop()
			push(join(or, left, right))
		case format.OpNot:
			push(join(not, pop(), nil))
		default:
			pops, ok := in.Pops()
			if !ok {
				return &node{size: 1}
			}
			for range pops {
				pop()
			}
			push(&node{size: 1})
		}
	}
	return pop()
}

// conjuncts appends what all must be true for n to be true.
func (n *node) conjuncts(all []*node) []*node {
	if n.kind == and {
		return n.right.conjuncts(n.left.conjuncts(all))
	}
	return append(all, n)
}

// predicates appends the predicates in n, and says whether n consists of nothing else.
func (n *node) predicates(all []uint32) ([]uint32, bool) {
	switch n.kind {
	case leaf:
		return append(all, n.predicate), true
	case and, or:
		all, ok := n.left.predicates(all)
		if !ok {
			return all, false
		}
		return n.right.predicates(all)
	case not:
		return n.left.predicates(all)
	}
	return all, false
}

// truth is CEL's, with errors.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	isError
	maybe // true for some values of a class, false for others
)

// eval gives n's truth where each predicate's is known.
func (n *node) eval(of func(predicate uint32) truth) truth {
	switch n.kind {
	case leaf:
		return of(n.predicate)
	case not:
		switch v := n.left.eval(of); v {
		case isFalse:
			return isTrue
		case isTrue:
			return isFalse
		default:
			return v
		}
	case and:
		x, y := n.left.eval(of), n.right.eval(of)
		switch {
		case x == isFalse || y == isFalse:
			return isFalse
		case x == isTrue && y == isTrue:
			return isTrue
		case x == maybe || y == maybe:
			return maybe
		}
		return isError
	case or:
		x, y := n.left.eval(of), n.right.eval(of)
		switch {
		case x == isTrue || y == isTrue:
			return isTrue
		case x == isFalse && y == isFalse:
			return isFalse
		case x == maybe || y == maybe:
			return maybe
		}
		return isError
	}
	return maybe
}
