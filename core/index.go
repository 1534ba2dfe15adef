package core

import (
	"cmp"
	"math"
	"math/bits"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// The index in use. Before a decision's rules are tried, the class of each attribute that they test is looked up, once per request; the
// classes' rows of bits, combined by AND, leave the rules that can match. See format.Indexed.

// candidates walks the rules of a decision that the index leaves possible, in order.
type candidates struct {
	rows   [format.MaxIndexed]uint32 // where the row of each table begins, for the tables in tables
	count  int
	tables uint32
	word   uint32 // of all rows: the next one to look at
	end    uint32
	left   uint64 // bits of the word before that are still to be given
	first  uint32 // rule of that word's lowest bit
}

// possible begins the walk over decision d's rules. Decisions mostly test the same attributes, so the rows found for one serve the next.
func (e *Evaluator) possible(d *format.Decision) *candidates {
	w := &e.candidates
	if w.tables != d.Tables {
		w.tables, w.count = d.Tables, 0
		for tables := d.Tables; tables != 0; tables &= tables - 1 {
			w.rows[w.count] = e.row(bits.TrailingZeros32(tables))
			w.count++
		}
	}
	w.word, w.end, w.left, w.first = d.FirstWord, d.FirstWord+d.Words, 0, d.FirstRule-64
	return w
}

// next gives the next rule that can match.
func (w *candidates) next(all []uint64) (rule uint32, ok bool) {
	for w.left == 0 {
		if w.word == w.end {
			return 0, false
		}
		left := ^uint64(0)
		for _, row := range w.rows[:w.count] {
			if left &= all[row+w.word]; left == 0 {
				break
			}
		}
		w.left = left
		w.word++
		w.first += 64
	}
	bit := bits.TrailingZeros64(w.left)
	w.left &= w.left - 1
	return w.first + uint32(bit), true
}

// row gives where the row for the context's value of table k's attribute begins.
func (e *Evaluator) row(k int) uint32 {
	if e.rowsKnown>>k&1 == 0 {
		t := &e.bundle.Indexed[k]
		e.rowsKnown |= 1 << k
		if countSteps {
			e.countClass(e.bundle, t, e.context.slots[t.Attribute])
		}
		class := e.bundle.class(t, &e.context.slots[t.Attribute])
		e.rows[k] = e.bundle.Classes[t.FirstClass+class] * e.bundle.rowWords
	}
	return e.rows[k]
}

// class says which class of a table a value is in. A value of another kind than the attribute's cannot occur.
func (b *Bundle) class(t *format.Indexed, v *Value) uint32 {
	if v.isError() {
		return 0
	}
	keys := b.IndexKeys[t.FirstKey : t.FirstKey+t.Keys]
	switch format.IndexKind(t.Kind) {
	case format.IndexBool:
		if v.isTrue() {
			return 2
		}
		return 1
	case format.IndexEqual:
		if v.kind != format.String {
			return 1
		}
		text := v.text()
		for at := uint32(xxhash.Sum64(v.bytes(), 0) >> 32); ; at++ { // Read has seen a free place
			k := &keys[at&(t.Keys-1)]
			if k.Class == 0 {
				return 1
			}
			if b.constants[k.Constant].text() == text {
				return k.Class
			}
		}
	case format.IndexPrefix:
		return b.prefixClass(keys, v)
	}
	return b.orderClass(keys, v)
}

// prefixClass finds the longest key that is a prefix of v. It is the greatest key not above v, or one of those that this key
// itself begins with.
func (b *Bundle) prefixClass(keys []format.IndexKey, v *Value) uint32 {
	if v.kind != format.String {
		return 1
	}
	text := v.text()
	low, high := 0, len(keys)
	for low < high {
		middle := (low + high) / 2
		if b.constants[keys[middle].Constant].text() <= text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for i := uint32(low); i > 0; i = keys[i-1].Class { // each step goes to a shorter key: Read has checked
		key := b.constants[keys[i-1].Constant].text()
		if len(key) <= len(text) && text[:len(key)] == key {
			return 1 + i
		}
	}
	return 1
}

// orderClass finds v among the sorted keys.
func (b *Bundle) orderClass(keys []format.IndexKey, v *Value) uint32 {
	if v.kind == format.Double && math.IsNaN(v.double()) {
		return 1
	}
	low, high := 0, len(keys)
	for low < high {
		middle := (low + high) / 2
		switch order := compareSameKind(&b.constants[keys[middle].Constant], v); {
		case order == 0:
			return uint32(2*middle + 3)
		case order < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return uint32(2*low + 2)
}

// compareSameKind orders two numbers, times or durations of one kind that are no NaN.
func compareSameKind(x, y *Value) int {
	switch y.kind {
	case format.Uint:
		return cmp.Compare(x.num, y.num)
	case format.Double:
		order, _ := compareDoubles(x.double(), y.double())
		return order
	}
	if order := cmp.Compare(x.int(), y.int()); order != 0 {
		return order
	}
	return cmp.Compare(int64(x.aux), int64(y.aux))
}
