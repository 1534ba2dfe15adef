package index

import (
	"cmp"
	"math"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// The classes of each kind of table; package format says the same beside Indexed.
//
//	every kind   0 absent or masked
//	bool         1 false, 2 true
//	equal        1 none of the keys, 2+i key i
//	prefix       1 no key is a prefix, 2+i key i is the longest one that is
//	order        1 not comparable (NaN), 2+2i above key i-1 and below key i, 3+2i key i, last: above all keys
//	version      1 no version, otherwise as order

func (t *table) classes() int {
	switch t.kind {
	case format.IndexBool:
		return 3
	case format.IndexOrder, format.IndexVersion:
		return 2*len(t.keys) + 3
	}
	return len(t.keys) + 2
}

// truth gives what a predicate is for the values of a class.
func (t *table) truth(predicate uint32, class int) truth {
	if class == 0 {
		return isError
	}
	p := t.b.Predicates[predicate]
	switch t.kind {
	case format.IndexBool:
		return known(class == 2)
	case format.IndexPrefix:
		return t.prefixTruth(t.text(p.Constant), class)
	case format.IndexEqual:
		return t.equalTruth(p, class)
	case format.IndexVersion:
		if class == 1 {
			return isError
		}
	}
	return t.orderTruth(p, class)
}

func known(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// A shorter key that was left out may be a prefix of a value whose longest kept key is another, or none; one that is a prefix of the
// kept key is a prefix of the value as well.
func (t *table) prefixTruth(prefix string, class int) truth {
	longest := ""
	if class > 1 {
		longest = t.text(t.keys[class-2])
	}
	switch {
	case strings.HasPrefix(longest, prefix):
		return isTrue
	case t.has(prefix):
		return isFalse
	}
	return maybe
}

func (t *table) equalTruth(p format.Predicate, class int) truth {
	result := isFalse
	c := t.b.Constants[p.Constant]
	first, count := p.Constant, uint32(1)
	if format.Kind(c.Kind) == format.List {
		first, count = c.Lo, c.Hi
	}
	for i := first; i < first+count; i++ {
		switch {
		case class > 1 && t.text(i) == t.text(t.keys[class-2]):
			result = isTrue
		case class == 1 && !t.has(t.text(i)):
			result = max(result, maybe)
		}
	}
	if format.Test(p.Test) == format.TestNotEqual && result != maybe {
		return known(result == isFalse)
	}
	return result
}

// has says whether a text is one of the keys.
func (t *table) has(s string) bool { return t.kept[s] }

func (t *table) orderTruth(p format.Predicate, class int) truth {
	test := format.Test(p.Test)
	if class == 1 {
		return known(test == format.TestNotEqual)
	}
	// Where the class lies among the keys: at key i, or between key i-1 and key i.
	i, at := (class-2)/2, class%2 == 1
	var order int // of the class's values and the constant
	switch {
	case at:
		order = t.compare(t.keys[i], p.Constant)
	case i > 0 && t.compare(t.keys[i-1], p.Constant) >= 0:
		order = 1
	case i < len(t.keys) && t.compare(t.keys[i], p.Constant) <= 0:
		order = -1
	default:
		return maybe
	}
	switch test {
	case format.TestEqual:
		return known(order == 0)
	case format.TestNotEqual:
		return known(order != 0)
	case format.TestLess:
		return known(order < 0)
	case format.TestLessEqual:
		return known(order <= 0)
	case format.TestGreater:
		return known(order > 0)
	}
	return known(order >= 0)
}

func (t *table) text(constant uint32) string {
	return t.b.String(format.Str(t.b.Constants[constant].Lo))
}

func bits(c format.Constant) uint64 { return uint64(c.Lo) | uint64(c.Hi)<<32 }

func isNaN(c format.Constant) bool {
	return format.Kind(c.Kind) == format.Double && math.IsNaN(math.Float64frombits(bits(c)))
}

// compare orders two constants of the same kind.
func (t *table) compare(x, y uint32) int {
	a, b := t.b.Constants[x], t.b.Constants[y]
	switch format.Kind(a.Kind) {
	case format.String:
		return strings.Compare(t.text(x), t.text(y))
	case format.Semver:
		one, _ := semver.Parse(t.text(x))
		other, _ := semver.Parse(t.text(y))
		return semver.Compare(one, other)
	case format.Uint:
		return cmp.Compare(bits(a), bits(b))
	case format.Double:
		return cmp.Compare(math.Float64frombits(bits(a)), math.Float64frombits(bits(b)))
	}
	return cmp.Or(cmp.Compare(int64(bits(a)), int64(bits(b))), cmp.Compare(a.Nanos, b.Nanos))
}

// writeKeys adds the table's keys to the bundle in the form in which the engine looks them up.
func (t *table) writeKeys() {
	b := t.b
	switch t.kind {
	case format.IndexEqual:
		t.writeHashed()
	case format.IndexPrefix:
		for i, k := range t.keys {
			parent := uint32(0)
			for j, shorter := range t.keys[:i] { // sorted, so the last one that fits is the longest
				if strings.HasPrefix(t.text(k), t.text(shorter)) {
					parent = uint32(j) + 1
				}
			}
			b.IndexKeys = append(b.IndexKeys, format.IndexKey{Constant: k, Class: parent})
		}
	case format.IndexOrder, format.IndexVersion:
		for i, k := range t.keys {
			b.IndexKeys = append(b.IndexKeys, format.IndexKey{Constant: k, Class: uint32(2 + 2*i)})
		}
	}
}

// writeHashed lays the keys out by their hashes, in a table that is at most half full.
func (t *table) writeHashed() {
	size := 2
	for size < 2*len(t.keys) {
		size *= 2
	}
	slots := make([]format.IndexKey, size)
	for i, k := range t.keys {
		at := uint32(format.KeyHash(t.text(k)) >> 32)
		for slots[at&uint32(size-1)].Class != 0 {
			at++
		}
		slots[at&uint32(size-1)] = format.IndexKey{Constant: k, Class: uint32(2 + i)}
	}
	t.b.IndexKeys = append(t.b.IndexKeys, slots...)
}
