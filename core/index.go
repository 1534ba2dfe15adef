package core

import (
	"cmp"
	"math"
	"math/bits"
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// The index in use. Before a decision's rules are tried, the class of each attribute that they test is looked up, once per request; the
// classes' rows of bits, combined by AND, leave the rules that can match. See format.Indexed.

// rowGroup is where four rows begin, in bytes. Four are combined before looking whether anything is left: a look costs more than a row.
type rowGroup [4]uint32

// firstPossible tries the rules of decision d that the index leaves possible, and says whether one of them gave the answer.
func (e *Evaluator) firstPossible(d *format.Decision, answer *Answer) bool {
	if e.tables != d.Tables {
		e.collect(d.Tables)
	}
	b := e.bundle
	groups := e.groups[:e.used]
	first := d.FirstRule
	for at := d.FirstWord; at < d.FirstWord+d.Words; at++ {
		word := unsafe.Pointer(&b.Rows[at])
		left := ^uint64(0)
		for i := range groups {
			g := &groups[i]
			// Read has seen that every row has all of the decision's words.
			left &= *(*uint64)(unsafe.Add(word, g[0])) & *(*uint64)(unsafe.Add(word, g[1])) &
				*(*uint64)(unsafe.Add(word, g[2])) & *(*uint64)(unsafe.Add(word, g[3]))
			if left == 0 {
				break
			}
		}
		for ; left != 0; left &= left - 1 {
			if e.tryPossible(first+uint32(bits.TrailingZeros64(left)), answer) {
				return true
			}
		}
		first += 64
	}
	return false
}

const wordSize = 8 // of a row, in bytes

// tryPossible says whether a rule that the index leaves possible gives the answer.
func (e *Evaluator) tryPossible(rule uint32, answer *Answer) bool {
	if countSteps {
		e.countRule()
	}
	r := &e.bundle.Rules[rule]
	return (r.Action&format.RuleIndexed != 0 || r.Condition == 0 || e.test(r.Condition-1) == yes) && e.serve(rule, answer)
}

// collect gathers the rows of a set of tables, after looking up the classes that are not known yet in this request. Decisions mostly test
// the same attributes, so what is gathered for one serves the next.
func (e *Evaluator) collect(tables uint32) {
	e.tables = tables
	at := uint32(0)
	row := uint32(0)
	for ; tables != 0; tables &= tables - 1 {
		k := bits.TrailingZeros32(tables)
		if e.rowsKnown>>k&1 == 0 {
			e.rowsKnown |= 1 << k
			if countSteps {
				e.countClass(k)
			}
			t := &e.bundle.classifiers[k]
			e.rows[k] = t.rows[t.class(&e.context.slots[t.attribute])]
		}
		row = e.rows[k]
		e.groups[at/4%uint32(len(e.groups))][at%4] = row
		at++
	}
	for ; at%4 != 0; at++ {
		e.groups[at/4%uint32(len(e.groups))][at%4] = row // once more changes nothing
	}
	e.used = at / 4
}

// classifier is a table of the index, ready to find a value's class in.
type classifier struct {
	kind      format.IndexKind
	attribute uint32
	keys      []format.IndexKey
	marks     []uint64 // of the keys: what is compared before the keys themselves are looked at
	constants []Value
	rows      []uint32 // by class: where its row begins, in bytes

	// Of IndexOrder and IndexVersion: buckets[i] is the first key whose mark is not below first+i<<shift, so that few keys are left to search.
	buckets []uint32
	first   uint64
	shift   uint8
	marker  semver.Marker // of IndexVersion
}

// prepareIndex makes the tables ready.
func (b *Bundle) prepareIndex() {
	words := uint32(0)
	for i := range b.Decisions {
		words += b.Decisions[i].Words
	}
	marks, rows := make([]uint64, len(b.IndexKeys)), make([]uint32, len(b.Classes))
	for i, row := range b.Classes {
		rows[i] = row * words * wordSize
	}
	b.classifiers = make([]classifier, len(b.Indexed))
	for i, d := range b.Indexed {
		last := d.FirstKey + d.Keys
		t := &b.classifiers[i]
		*t = classifier{kind: format.IndexKind(d.Kind), attribute: d.Attribute, keys: b.IndexKeys[d.FirstKey:last],
			marks: marks[d.FirstKey:last], constants: b.constants, rows: rows[d.FirstClass : d.FirstClass+d.Classes]}
		for j, k := range t.keys {
			switch {
			case t.kind == format.IndexOrder:
				t.marks[j] = orderMark(t.key(j))
			case t.kind == format.IndexVersion: // marked below, when all are known
				version, _ := semver.Parse(t.key(j).text())
				t.marker.Fit(&version)
			case t.kind == format.IndexPrefix:
				t.marks[j] = head(t.key(j).text())
			case k.Class > 0: // no free place
				t.marks[j] = format.KeyHash(t.key(j).text())
			}
		}
		if t.kind == format.IndexVersion {
			for j := range t.keys {
				version, _ := semver.Parse(t.key(j).text())
				t.marks[j] = t.marker.Mark(&version)
			}
		}
		if t.kind >= format.IndexOrder && d.Keys > 0 {
			t.fillBuckets()
		}
	}
}

// fillBuckets divides the range of the marks into at most as many buckets as there are keys.
func (t *classifier) fillBuckets() {
	n := len(t.marks)
	t.first = t.marks[0]
	for (t.marks[n-1]-t.first)>>t.shift >= uint64(n) {
		t.shift++
	}
	t.buckets = make([]uint32, (t.marks[n-1]-t.first)>>t.shift+1)
	key := 0
	for i := range t.buckets {
		for key < n && (t.marks[key]-t.first)>>t.shift < uint64(i) {
			key++
		}
		t.buckets[i] = uint32(key)
	}
}

func (t *classifier) key(i int) *Value { return &t.constants[t.keys[i].Constant] }

// orderMark gives a number that orders as the value does; a time's nanoseconds are not in it.
func orderMark(v *Value) uint64 {
	mark := v.num
	switch {
	case v.kind == format.Uint:
		return mark
	case v.kind != format.Double:
	case mark<<1 == 0:
		return signBit // of both zeros
	case mark >= signBit:
		return ^mark
	}
	return mark ^ signBit
}

const signBit = 1 << 63

// head gives the first eight bytes of a text, the first one in the highest place, and zeros where there are fewer.
func head(text string) uint64 {
	if len(text) >= 8 {
		return uint64(text[0])<<56 | uint64(text[1])<<48 | uint64(text[2])<<40 | uint64(text[3])<<32 |
			uint64(text[4])<<24 | uint64(text[5])<<16 | uint64(text[6])<<8 | uint64(text[7])
	}
	h := uint64(0)
	for i := range len(text) {
		h |= uint64(text[i]) << (56 - 8*i)
	}
	return h
}

// class says which class of the table a value is in. A value of another kind than the attribute's cannot occur.
func (t *classifier) class(v *Value) uint32 {
	if v.isError() {
		return 0
	}
	switch t.kind {
	case format.IndexBool:
		if v.isTrue() {
			return 2
		}
		return 1
	case format.IndexOrder:
		return t.orderClass(v)
	}
	if v.kind != format.String {
		return 1
	}
	switch t.kind {
	case format.IndexPrefix:
		return t.prefixClass(v.text())
	case format.IndexVersion:
		return t.versionClass(v.text())
	}
	mark := format.KeyHash(v.text())
	for at := uint32(mark >> 32); ; at++ { // Read has seen a free place
		at &= uint32(len(t.keys)) - 1
		k := &t.keys[at]
		if k.Class == 0 {
			return 1
		}
		if t.marks[at] == mark && t.constants[k.Constant].text() == v.text() {
			return k.Class
		}
	}
}

// prefixClass finds the longest key that is a prefix of text. It is the greatest key not above text, or one of those that this key
// itself begins with.
func (t *classifier) prefixClass(text string) uint32 {
	mark := head(text)
	low, high := 0, len(t.keys)
	for low < high {
		middle := (low + high) / 2
		if m := t.marks[middle]; m < mark || m == mark && t.key(middle).text() <= text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for i := uint32(low); i > 0; i = t.keys[i-1].Class { // each step goes to a shorter key: Read has checked
		key := t.key(int(i) - 1).text()
		if len(key) <= len(text) && text[:len(key)] == key {
			return 1 + i
		}
	}
	return 1
}

// orderClass finds v among the sorted keys.
func (t *classifier) orderClass(v *Value) uint32 {
	if v.kind == format.Double && math.IsNaN(v.double()) {
		return 1
	}
	return t.sortedClass(orderMark(v), v, nil)
}

// versionClass finds the version that text holds among the sorted keys.
func (t *classifier) versionClass(text string) uint32 {
	version, ok := semver.Parse(text)
	if !ok {
		return 1
	}
	return t.sortedClass(t.marker.Mark(&version), nil, &version)
}

// sortedClass finds a value, or else a version, among the sorted keys by its mark.
func (t *classifier) sortedClass(mark uint64, v *Value, version *semver.Version) uint32 {
	bucket := (mark - t.first) >> t.shift
	switch {
	case len(t.buckets) == 0 || mark < t.first:
		return 2
	case bucket >= uint64(len(t.buckets)):
		return uint32(2*len(t.keys) + 2)
	}
	low, high := t.buckets[bucket], uint32(len(t.keys))
	if bucket+1 < uint64(len(t.buckets)) {
		high = t.buckets[bucket+1]
	}
	for low < high {
		middle := (low + high) / 2
		if m := t.marks[middle]; m < mark || m == mark && t.compareMarked(middle, v, version) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if int(low) < len(t.marks) && t.marks[low] == mark && t.compareMarked(low, v, version) == 0 {
		return 2*low + 3
	}
	return 2*low + 2
}

// compareMarked compares a key with a value of the same mark by what the mark leaves out.
func (t *classifier) compareMarked(key uint32, v *Value, version *semver.Version) int {
	if version != nil {
		other, _ := semver.Parse(t.key(int(key)).text())
		return semver.Compare(other, *version)
	}
	if v.kind != format.Timestamp {
		return 0
	}
	return cmp.Compare(int64(t.key(int(key)).aux), int64(v.aux))
}
