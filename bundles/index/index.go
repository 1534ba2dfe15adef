// Package index lays out the tables by which a decision finds its matching rules without trying them one by one.
//
// Every rule is a bit. For an attribute that rules test, a row of bits per class of its values says which rules a value of that class
// leaves possible; the rows of all attributes combined by AND leave the rules that can match. Build makes the rows from the
// compiled conditions; package core does the rest. A row may leave a rule possible that then does not match - its condition is
// evaluated to find out - but never the other way round, so the index changes no answer: a test compares with the plain
// way over random bundles.
package index

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/edgewise-dev/edgewise/core/format"
)

// The bounds of an index.
const (
	leastRules   = 4        // of a decision: fewer are quicker to try one by one
	bytesPerRule = 68       // of rows, on average
	leastBytes   = 16 << 10 // of rows, however few rules there are
	leastRows    = 4        // of a table
	leastPower   = 0.005    // share of the rules that a table rules out for an ordinary value
)

// Build adds the index to a bundle that is otherwise complete.
func Build(b *format.Bundle) {
	x := builder{b: b, trees: trees(b)}
	x.numberRules()
	if len(x.rules) == 0 {
		return
	}
	x.collect()
	x.choose()
	x.write()
}

// builder is an index being made.
type builder struct {
	b      *format.Bundle
	trees  []*node
	words  int    // 64-bit words of a row
	rules  []rule // of indexed decisions
	tables []*table
}

// rule is an indexed rule: its bit, and what must be true for it to match.
type rule struct {
	index, bit int
	decision   int
	conjuncts  []*node
	indexed    int // conjuncts that rows decide without doubt
}

// numberRules gives the rules of the larger decisions their bits. A decision begins with a fresh word.
func (x *builder) numberRules() {
	for i := range x.b.Decisions {
		d := &x.b.Decisions[i]
		if d.Rules < leastRules {
			continue
		}
		d.FirstWord, d.Words = uint32(x.words), (d.Rules+63)/64
		for j := range int(d.Rules) {
			r := rule{index: int(d.FirstRule) + j, bit: 64*x.words + j, decision: i}
			if c := x.b.Rules[r.index].Condition; c > 0 {
				r.conjuncts = x.trees[c-1].conjuncts(nil)
			}
			x.rules = append(x.rules, r)
		}
		x.words += int(d.Words)
	}
}

// use is a conjunct of a rule that one table can answer.
type use struct {
	rule     int
	conjunct *node
}

// collect finds which attribute each conjunct tests and how, and gathers the conjuncts into tables.
func (x *builder) collect() {
	type key struct {
		attribute uint32
		kind      format.IndexKind
	}
	byKey := map[key]*table{}
	for i, r := range x.rules {
		for _, c := range r.conjuncts {
			predicates, pure := c.predicates(nil)
			if !pure {
				continue
			}
			first := x.b.Predicates[predicates[0]]
			k := key{first.Attribute, x.kind(first)}
			for _, p := range predicates[1:] {
				other := x.b.Predicates[p]
				if other.Attribute != k.attribute || x.kind(other) != k.kind {
					k.kind = format.IndexNone
				}
			}
			if k.kind == format.IndexNone {
				continue
			}
			t := byKey[k]
			if t == nil {
				t = &table{b: x.b, attribute: k.attribute, kind: k.kind}
				byKey[k] = t
				x.tables = append(x.tables, t)
			}
			t.uses = append(t.uses, use{i, c})
			t.predicates = append(t.predicates, predicates...)
		}
	}
}

// kind says what kind of table answers a predicate.
func (x *builder) kind(p format.Predicate) format.IndexKind {
	attribute := x.b.Attributes[p.Attribute].Type.Kind()
	test := format.Test(p.Test)
	if test == format.TestTrue {
		return format.IndexBool
	}
	if test == format.TestMatches {
		return format.IndexNone
	}
	c := x.b.Constants[p.Constant]
	kind := format.Kind(c.Kind)
	switch attribute {
	case format.String:
		switch {
		case test == format.TestStartsWith && kind == format.String:
			return format.IndexPrefix
		case kind == format.Semver && test >= format.TestEqual && test <= format.TestGreaterEqual:
			return format.IndexVersion
		case (test == format.TestEqual || test == format.TestNotEqual) && kind == format.String:
			return format.IndexEqual
		case test == format.TestIn && kind == format.List && x.allStrings(c):
			return format.IndexEqual
		}
	case format.Int, format.Uint, format.Double, format.Timestamp, format.Duration:
		if kind == attribute && test >= format.TestEqual && test <= format.TestGreaterEqual && !isNaN(c) {
			return format.IndexOrder
		}
	}
	return format.IndexNone
}

func (x *builder) allStrings(list format.Constant) bool {
	for _, c := range x.b.Constants[list.Lo : list.Lo+list.Hi] {
		if format.Kind(c.Kind) != format.String {
			return false
		}
	}
	return true
}

// choose keeps the tables that filter best. The best ones come first, since the engine stops combining rows where nothing is left.
func (x *builder) choose() {
	most := x.share()
	kept := x.tables[:0]
	for _, t := range x.tables {
		t.classify(most)
		if t.fill(x); t.power >= leastPower {
			kept = append(kept, t)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].power > kept[j].power })
	x.tables = kept[:min(len(kept), format.MaxIndexed)]
}

// share says how many rows a table may have: so many that all have room, where small ones leave to large ones what they do not need.
func (x *builder) share() int {
	room := max(leastBytes, bytesPerRule*len(x.rules)) / (8 * x.words)
	wanted := make([]int, len(x.tables))
	for i, t := range x.tables {
		t.countKeys()
		wanted[i] = t.wanted()
	}
	slices.Sort(wanted)
	for i, rows := range wanted {
		if rest := len(wanted) - i; rows*rest > room {
			return max(leastRows, room/rest)
		}
		room -= rows
	}
	return math.MaxInt
}

// write adds the tables to the bundle, and marks what they decide.
func (x *builder) write() {
	b := x.b
	for k, t := range x.tables {
		b.Indexed = append(b.Indexed, format.Indexed{
			Attribute: t.attribute, Kind: uint32(t.kind), FirstKey: uint32(len(b.IndexKeys)), FirstClass: uint32(len(b.Classes)),
			Classes: uint32(len(t.classRows)),
		})
		at := &b.Indexed[k]
		t.writeKeys()
		at.Keys = uint32(len(b.IndexKeys)) - at.FirstKey
		first := uint32(len(b.Rows) / x.words)
		for _, row := range t.classRows {
			b.Classes = append(b.Classes, first+row)
		}
		for _, row := range t.rows {
			b.Rows = append(b.Rows, row...)
		}
		for i, u := range t.uses {
			r := &x.rules[u.rule]
			b.Decisions[r.decision].Tables |= 1 << k
			if t.exact[i] {
				r.indexed++
			}
		}
	}
	for _, r := range x.rules {
		if r.indexed == len(r.conjuncts) {
			b.Rules[r.index].Action |= format.RuleIndexed
		}
	}
	for i := range b.Decisions {
		switch d := &b.Decisions[i]; {
		case d.Words == 0 || d.Tables != 0:
		case len(x.tables) > 0:
			d.Tables = 1 // whose rows leave all of this decision's rules possible
		default:
			d.FirstWord, d.Words = 0, 0
		}
	}
}

// table is the rows of one attribute.
type table struct {
	b          *format.Bundle
	attribute  uint32
	kind       format.IndexKind
	uses       []use
	predicates []uint32
	keys       []uint32        // constants, in the order of their classes
	kept       map[string]bool // the keys' texts
	count      map[uint32]int  // of each key's uses
	cuts       map[cut]bool    // of a sorted table: where a predicate changes
	classRows  []uint32        // by class: its row
	rows       [][]uint64      // all different
	exact      []bool          // by use: no class leaves it in doubt
	power      float64
}

// cut is a place in an order, just below a constant or just above it.
type cut struct {
	constant format.Constant
	above    bool
}

// sorted says whether the table's keys are in the order of values, with values between them.
func (t *table) sorted() bool { return t.kind == format.IndexOrder || t.kind == format.IndexVersion }

// wanted is about how many rows the table has where all keys are kept: at most one for each class.
func (t *table) wanted() int {
	if !t.sorted() {
		return t.classes()
	}
	return len(t.cuts) + 3 // and for values that cannot be compared, and for no value
}

// classify keeps the keys that make at most about so many rows.
func (t *table) classify(rows int) {
	if wanted := t.wanted(); wanted > rows {
		t.coarsen(max(1, len(t.keys)*rows/wanted))
	}
	t.kept = map[string]bool{}
	for _, k := range t.keys {
		if !t.sorted() {
			t.kept[t.text(k)] = true
		}
	}
}

// countKeys finds the constants in the predicates, each value once, and how often each is used.
func (t *table) countKeys() {
	t.count, t.cuts = map[uint32]int{}, map[cut]bool{}
	first := map[format.Constant]uint32{}
	note := func(c uint32) {
		value := t.b.Constants[c]
		if _, ok := first[value]; !ok {
			first[value] = c
			t.keys = append(t.keys, c)
		}
		t.count[first[value]]++
	}
	if t.kind == format.IndexBool {
		return
	}
	for _, p := range t.predicates {
		c := t.b.Predicates[p].Constant
		test := format.Test(t.b.Predicates[p].Test)
		if test != format.TestLess && test != format.TestGreaterEqual {
			t.cuts[cut{t.b.Constants[c], true}] = true
		}
		if test != format.TestLessEqual && test != format.TestGreater {
			t.cuts[cut{t.b.Constants[c], false}] = true
		}
		if list := t.b.Constants[c]; format.Kind(list.Kind) == format.List {
			for i := range list.Hi {
				note(list.Lo + i)
			}
			continue
		}
		note(c)
	}
	slices.SortFunc(t.keys, t.compare)
}

// coarsen keeps limit of the keys: of an order every so many-th, of others those used most.
func (t *table) coarsen(limit int) {
	if t.sorted() {
		for i := range limit {
			t.keys[i] = t.keys[i*len(t.keys)/limit]
		}
	} else {
		slices.SortStableFunc(t.keys, func(x, y uint32) int { return t.count[y] - t.count[x] })
	}
	t.keys = t.keys[:limit]
	slices.SortFunc(t.keys, t.compare)
}

// fill makes the rows: for each class of values the rules that it leaves possible.
func (t *table) fill(x *builder) {
	t.exact = make([]bool, len(t.uses))
	for i := range t.exact {
		t.exact[i] = true
	}
	t.classRows = make([]uint32, t.classes())
	same := map[string]uint32{} // row by its bits
	ruledOut := 0
	ordinary := 2 // the first class that most visitors can be in
	if t.kind == format.IndexBool {
		ordinary = 1
	}
	for class, truths := range t.truths() {
		row := make([]uint64, x.words)
		for _, r := range x.rules {
			row[r.bit/64] |= 1 << (r.bit % 64)
		}
		for i, u := range t.uses {
			switch truths[i] {
			case maybe:
				t.exact[i] = false
			case isFalse, isError:
				bit := x.rules[u.rule].bit
				if class >= ordinary && row[bit/64]>>(bit%64)&1 != 0 {
					ruledOut++
				}
				row[bit/64] &^= 1 << (bit % 64)
			}
		}
		key := fmt.Sprint(row)
		if _, ok := same[key]; !ok {
			same[key] = uint32(len(t.rows))
			t.rows = append(t.rows, row)
		}
		t.classRows[class] = same[key]
	}
	t.power = float64(ruledOut) / float64(len(x.rules)*max(1, len(t.classRows)-ordinary))
}

// truths gives what each use is for the values of each class. The value of a key itself is given what holds for the values beside it where
// that is only less certain, so that a row serves both.
func (t *table) truths() [][]truth {
	all := make([][]truth, t.classes())
	for class := range all {
		for _, u := range t.uses {
			all[class] = append(all[class], u.conjunct.eval(func(p uint32) truth { return t.truth(p, class) }))
		}
	}
	for i := range t.keys {
		if at := 3 + 2*i; t.sorted() && lessCertain(all[at+1], all[at]) {
			all[at] = all[at+1]
		} else if t.sorted() && lessCertain(all[at-1], all[at]) {
			all[at] = all[at-1]
		}
	}
	return all
}

// lessCertain says whether x says the same as y, or nothing.
func lessCertain(x, y []truth) bool {
	for i := range x {
		if x[i] != y[i] && x[i] != maybe {
			return false
		}
	}
	return true
}
