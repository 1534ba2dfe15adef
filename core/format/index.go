package format

import "github.com/edgewise-dev/edgewise/core/xxhash"

// Indexed is a table of the index: it puts the values of one attribute into classes, and the row of bits of a class says which rules a
// value of that class leaves possible. Class 0 is an absent attribute. By kind, the others are
//
//	IndexBool    1 false, 2 true
//	IndexEqual   1 none of the keys, 2+i the key with that class
//	IndexPrefix  1 no key is a prefix, 2+i key i is the longest one that is; Class is the next shorter such key+1, or 0
//	IndexOrder   1 not comparable (NaN), 2+2i below key i and above the one before, 3+2i key i, the last above all
//	IndexVersion 1 no version, otherwise like IndexOrder; the attribute is a string and the keys are Semver
//
// The keys of IndexEqual are a hash table: a string lies at the upper half of its KeyHash modulo their number, a power of two, or at the
// next free place behind; Class 0 is a free one, of which there is at least one. Those of the kinds after it are sorted.
type Indexed struct {
	Attribute  uint32
	Kind       uint32 // IndexKind
	FirstKey   uint32
	Keys       uint32
	FirstClass uint32 // into Classes, which give each class its row; classes that rule out the same share one
	Classes    uint32
}

// IndexKind says how a table classifies values.
type IndexKind uint32

// The kinds of tables.
const (
	IndexNone IndexKind = iota
	IndexBool
	IndexEqual
	IndexPrefix
	IndexOrder
	IndexVersion
	indexKinds
)

var indexKindNames = [indexKinds]string{"none", "bool", "equal", "prefix", "order", "version"}

// String gives the name that `edgewise inspect` prints.
func (k IndexKind) String() string {
	if k < indexKinds {
		return indexKindNames[k]
	}
	return "unknown"
}

// IndexKey is a constant that tells classes apart, and its class.
type IndexKey struct {
	Constant uint32
	Class    uint32
}

// KeyHash is the hash by which IndexEqual finds a text. Up to sixteen bytes, which nearly all such texts have, it is two words that together
// hold every byte, multiplied into each other; beyond that it is XXH64.
func KeyHash(text string) uint64 {
	const prime1, prime2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F // of XXH64
	n := len(text)
	var first, last uint64
	switch {
	case n > 16:
		return xxhash.Sum64(text, 0)
	case n >= 8:
		first, last = le64(text), le64(text[n-8:])
	case n >= 4:
		first, last = le32(text), le32(text[n-4:])
	case n > 0:
		first = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	h := (first + uint64(n)) * prime1
	h = (h ^ h>>32 ^ last) * prime2
	return h ^ h>>32
}

func le32(text string) uint64 {
	_ = text[3]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24
}

func le64(text string) uint64 { return le32(text) | le32(text[4:])<<32 }

// checkIndex: the indexed decisions' words lie end to end and make up a row; tables, their keys and their rows lie end to end too.
func (b *Bundle) checkIndex() *Refusal {
	words := uint32(0)
	for i, d := range b.Decisions {
		switch {
		case d.Words == 0 && (d.FirstWord != 0 || d.Tables != 0):
			return badRecord(TagDecisions, i, 20)
		case d.Words == 0:
			continue
		case d.FirstWord != words:
			return badRecord(TagDecisions, i, 20)
		case uint64(d.Words) != (uint64(d.Rules)+63)/64:
			return badRecord(TagDecisions, i, 21)
		case uint64(d.Tables)>>len(b.Indexed) != 0 || d.Tables == 0:
			return badRecord(TagDecisions, i, 22)
		}
		words += d.Words
	}
	if len(b.Indexed) > MaxIndexed {
		return tooMany(TagIndexed, len(b.Indexed), MaxIndexed)
	}
	var next struct{ key, class uint32 }
	for i := range b.Indexed {
		t := &b.Indexed[i]
		if t.FirstKey != next.key || !within(t.FirstKey, t.Keys, len(b.IndexKeys)) {
			return badRecord(TagIndexed, i, 2)
		}
		if t.FirstClass != next.class || !within(t.FirstClass, t.Classes, len(b.Classes)) {
			return badRecord(TagIndexed, i, 4)
		}
		if err := b.checkTable(i, t); err != nil {
			return err
		}
		next.key += t.Keys
		next.class += t.Classes
	}
	if words == 0 && len(b.Rows) > 0 || words > 0 && len(b.Rows)%int(words) != 0 {
		return refuse(BadSectionLength, TagRows, uint32(len(b.Rows)), 0)
	}
	for i, row := range b.Classes[:next.class] {
		if (uint64(row)+1)*uint64(words) > uint64(len(b.Rows)) {
			return badRecord(TagClasses, i, 0)
		}
	}
	return b.checkRuleBits(words)
}

// checkTable: every class that a lookup can give is there.
func (b *Bundle) checkTable(i int, t *Indexed) *Refusal {
	kind := IndexKind(t.Kind)
	want := uint64(3)
	switch kind {
	case IndexPrefix:
		want = uint64(t.Keys) + 2
	case IndexOrder, IndexVersion:
		want = 2*uint64(t.Keys) + 3
	case IndexEqual:
		want = uint64(t.Classes)
		if t.Keys == 0 || t.Keys&(t.Keys-1) != 0 || t.Classes < 2 {
			return badRecord(TagIndexed, i, 3)
		}
	case IndexBool:
		if t.Keys != 0 {
			return badRecord(TagIndexed, i, 3)
		}
	default:
		return badRecord(TagIndexed, i, 1)
	}
	if int64(t.Attribute) >= int64(len(b.Attributes)) || uint64(t.Classes) != want {
		return badRecord(TagIndexed, i, 5)
	}
	free := kind != IndexEqual
	for j := range b.IndexKeys[t.FirstKey : t.FirstKey+t.Keys] {
		k := b.IndexKeys[t.FirstKey+uint32(j)]
		bad := int64(k.Constant) >= int64(len(b.Constants))
		switch kind {
		case IndexEqual:
			free = free || k.Class == 0
			bad = bad || k.Class >= t.Classes || Kind(b.Constants[k.Constant].Kind) != String && k.Class > 0
		case IndexPrefix:
			bad = bad || int64(k.Class) > int64(j) || Kind(b.Constants[k.Constant].Kind) != String
		case IndexVersion:
			bad = bad || Kind(b.Constants[k.Constant].Kind) != Semver
		}
		if bad {
			return badRecord(TagIndexKeys, int(t.FirstKey)+j, 0)
		}
	}
	if !free {
		return badRecord(TagIndexed, i, 3)
	}
	return nil
}

// checkRuleBits: a row has no bits beyond a decision's rules.
func (b *Bundle) checkRuleBits(words uint32) *Refusal {
	for _, d := range b.Decisions {
		if d.Words == 0 || d.Rules%64 == 0 {
			continue
		}
		beyond := ^uint64(0) << (d.Rules % 64)
		for at := d.FirstWord + d.Words - 1; int64(at) < int64(len(b.Rows)); at += words {
			if b.Rows[at]&beyond != 0 {
				return refuse(BadRecord, TagRows, at, 0)
			}
		}
	}
	return nil
}
