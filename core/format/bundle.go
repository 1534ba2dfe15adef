package format

import "unsafe"

// Bundle is a compiled bundle in its parts. Read gives a checked one that shares the bytes it was given; a compiler fills one
// and calls Append. A Bundle from Read is immutable and may be shared among goroutines. Its fields are its sections, in their order.
type Bundle struct {
	About    []About // exactly one
	Purposes []Purpose

	// What decides on consent: no more than one policy, and what belongs to it.
	Policies      []Policy
	Cookies       []Cookie
	ConsentGroups []ConsentGroup
	Jurisdictions []Jurisdiction

	Strings      []Span
	Attributes   []Attribute
	Constants    []Constant
	Predicates   []Predicate
	Patterns     []Pattern
	Tables       []uint32 // of all patterns
	Conditions   []Condition
	Code         []Instr
	Segments     []Segment
	Decisions    []Decision
	Variants     []Variant
	Rules        []Rule
	Schedules    []Schedule
	Draws        []Draw
	Splits       []Split
	Ranges       []Range
	Holdouts     []Holdout
	Groups       []Group
	Deferrals    []Deferral
	Allowed      []uint32 // of all deferrals
	Deciders     []Decider
	DeciderRules []DeciderRule // of all deciders
	Routes       []Route
	Lists        []uint32
	Indexed      []Indexed
	IndexKeys    []IndexKey
	Classes      []uint32 // of all tables: the row of each class
	Rows         []uint64 // of all tables; a row is as many words as the indexed decisions have together
	Text         []byte   // what Strings and Bytes constants point into
}

// String is the text of s, or "" where s is no index of a string. It shares the bundle's bytes and allocates nothing.
func (b *Bundle) String(s Str) string {
	if int64(s) >= int64(len(b.Strings)) {
		return ""
	}
	span := b.Strings[s]
	if span.Length == 0 || uint64(span.Offset)+uint64(span.Length) > uint64(len(b.Text)) {
		return ""
	}
	return unsafe.String(&b.Text[span.Offset], int(span.Length))
}

// AppendSource writes a condition (an index) as it was written after dst, or nothing where it was not. Rules of a kind say much the same, so
// the texts of the predicates in a conjunction are kept once each.
func (b *Bundle) AppendSource(dst []byte, condition uint32) []byte {
	c := &b.Conditions[condition]
	if source := b.String(c.Source); source != "" {
		return append(dst, source...)
	}
	start := len(dst)
	for i, in := range b.Code[c.Start : c.Start+c.Length] {
		op, source := in.Op(), ""
		if op == OpPredicate || op == OpAndPredicate {
			source = b.String(b.Predicates[in.B()].Source)
		}
		if source == "" {
			return dst[:start]
		}
		if i > 0 {
			dst = append(dst, Conjunction...)
		}
		dst = append(dst, source...)
	}
	return dst
}

// Conjunction is what stands between the predicates' sources in a condition's.
const Conjunction = " && "

// IsConjunction says whether a program is predicates joined by && and nothing else.
func IsConjunction(code []Instr) bool {
	want := OpPredicate
	for _, in := range code {
		if in.Op() != want {
			return false
		}
		want = OpAndPredicate
	}
	return true
}

// Name is the bundle's own name.
func (b *Bundle) Name() string { return b.String(b.About[0].Name) }

// FindAttribute gives the index of the attribute of that name, or -1.
func (b *Bundle) FindAttribute(name string) int {
	for i := range b.Attributes {
		if b.String(b.Attributes[i].Name) == name {
			return i
		}
	}
	return -1
}

// FindDecision gives the index of the decision of that name, or -1. Decisions lie in the order of their names' bytes.
func (b *Bundle) FindDecision(name string) int {
	low, high := 0, len(b.Decisions)
	for low < high {
		middle := (low + high) / 2 // no overflow: bounded by MaxSize
		if b.String(b.Decisions[middle].Name) < name {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(b.Decisions) && b.String(b.Decisions[low].Name) == name {
		return low
	}
	return -1
}

// FindVariant gives the index of the variant of that name of a decision (an index), or -1.
func (b *Bundle) FindVariant(decision int, name string) int {
	d := &b.Decisions[decision]
	for i := d.FirstVariant; i < d.FirstVariant+d.Variants; i++ {
		if b.String(b.Variants[i].Name) == name {
			return int(i)
		}
	}
	return -1
}

// FindDecider gives the index of the decider of that name, or -1.
func (b *Bundle) FindDecider(name string) int {
	for i := range b.Deciders {
		if b.String(b.Deciders[i].Name) == name {
			return i
		}
	}
	return -1
}

// FindPurpose gives the index of the purpose of that name, or -1.
func (b *Bundle) FindPurpose(name string) int {
	for i := range b.Purposes {
		if b.String(b.Purposes[i].Name) == name {
			return i
		}
	}
	return -1
}

// section is one part of the file: its tag and a view of its records as words or bytes.
type section struct {
	tag  Tag
	size int // of a record, in bytes
}

// word is the size of the section's words in bytes: what a big-endian machine has to turn.
func (s section) word() int {
	switch s.tag {
	case TagText:
		return 1
	case TagRows:
		return 8
	}
	return 4
}

// sections lists what a bundle file holds, in the order in which it must hold it. Each is there exactly once, possibly empty.
var sections = [...]section{
	{TagAbout, int(unsafe.Sizeof(About{}))},
	{TagPurposes, int(unsafe.Sizeof(Purpose{}))},
	{TagPolicies, int(unsafe.Sizeof(Policy{}))},
	{TagCookies, int(unsafe.Sizeof(Cookie{}))},
	{TagConsentGroups, int(unsafe.Sizeof(ConsentGroup{}))},
	{TagJurisdictions, int(unsafe.Sizeof(Jurisdiction{}))},
	{TagStrings, int(unsafe.Sizeof(Span{}))},
	{TagAttributes, int(unsafe.Sizeof(Attribute{}))},
	{TagConstants, int(unsafe.Sizeof(Constant{}))},
	{TagPredicates, int(unsafe.Sizeof(Predicate{}))},
	{TagPatterns, int(unsafe.Sizeof(Pattern{}))},
	{TagTables, 4},
	{TagConditions, int(unsafe.Sizeof(Condition{}))},
	{TagCode, int(unsafe.Sizeof(Instr{}))},
	{TagSegments, int(unsafe.Sizeof(Segment{}))},
	{TagDecisions, int(unsafe.Sizeof(Decision{}))},
	{TagVariants, int(unsafe.Sizeof(Variant{}))},
	{TagRules, int(unsafe.Sizeof(Rule{}))},
	{TagSchedules, int(unsafe.Sizeof(Schedule{}))},
	{TagDraws, int(unsafe.Sizeof(Draw{}))},
	{TagSplits, int(unsafe.Sizeof(Split{}))},
	{TagRanges, int(unsafe.Sizeof(Range{}))},
	{TagHoldouts, int(unsafe.Sizeof(Holdout{}))},
	{TagGroups, int(unsafe.Sizeof(Group{}))},
	{TagDeferrals, int(unsafe.Sizeof(Deferral{}))},
	{TagAllowed, 4},
	{TagDeciders, int(unsafe.Sizeof(Decider{}))},
	{TagDeciderRules, int(unsafe.Sizeof(DeciderRule{}))},
	{TagRoutes, int(unsafe.Sizeof(Route{}))},
	{TagLists, 4},
	{TagIndexed, int(unsafe.Sizeof(Indexed{}))},
	{TagIndexKeys, int(unsafe.Sizeof(IndexKey{}))},
	{TagClasses, 4},
	{TagRows, 8},
	{TagText, 1},
}

// slice is the memory of a []T, whatever T is.
type slice struct {
	data     unsafe.Pointer
	len, cap int
}

// A Bundle is its sections' slices, one after the other in the order of sections: reading and writing go through them by number.
// The line below does not compile where there is one more or less; a test compares the order.
var _ = [1]struct{}{}[unsafe.Sizeof(Bundle{})-uintptr(len(sections))*unsafe.Sizeof(slice{})]

func (b *Bundle) slice(i int) *slice {
	return (*slice)(unsafe.Add(unsafe.Pointer(b), uintptr(i)*unsafe.Sizeof(slice{})))
}

// part views section i as bytes. Records are words only, so their memory is the file's on a little-endian machine.
func (b *Bundle) part(i int) []byte {
	s := b.slice(i)
	return unsafe.Slice((*byte)(s.data), s.len*sections[i].size)
}

// setPart views bytes, which start at a multiple of 8, as section i's records.
func (b *Bundle) setPart(i int, data []byte) {
	if count := len(data) / sections[i].size; count > 0 {
		*b.slice(i) = slice{unsafe.Pointer(&data[0]), count, count}
	}
}

// bigEndian machines keep words the other way round, so their words are turned when a bundle is read or written.
var bigEndian = func() bool {
	word := uint32(1)
	return *(*byte)(unsafe.Pointer(&word)) == 0
}()

// turnWords reverses the bytes of each word of size bytes in place.
func turnWords(data []byte, size int) {
	for ; len(data) >= size; data = data[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
	}
}
