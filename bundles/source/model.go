// Package source reads bundle sources: YAML or JSON files as people write them, every value with its place in the file.
//
// Read gives a Bundle, the source's content as written, or the faults found in it, each with file, line, column and a hint. What
// conditions mean, and whether names fit together, is package compile's business; this package knows shapes and keys.
package source

import "fmt"

// Pos is a place in a source file.
type Pos struct {
	File   string // as the reader was told, "" where there is none
	Line   int    // from 1; 0: unknown
	Column int    // from 1, in characters
}

// String gives a place as editors and terminals know it.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Text is a scalar and where it stands. The zero Text is one that the source does not have.
type Text struct {
	Value string
	Pos   Pos   // of its first character, an opening quote or block indicator included
	page  *page // the file it stands in, so that At finds places inside it; nil: made, not written
}

// Present says whether the source has the text at all.
func (t Text) Present() bool { return t.Pos.Line > 0 }

// Bundle is a whole source, its files merged in the order of their names.
type Bundle struct {
	Name         Text
	Owner        Text
	TargetingKey Text
	Attributes   []Attribute
	Segments     []Segment
	Decisions    []Decision
	Routes       []Route
	Personas     []Persona
	Tests        []Test
	Files        Files // the text of every file read, to show faults in
}

// Attribute is a declared input.
type Attribute struct {
	Name    Text
	Type    Text
	Purpose Text
	From    Text
	Enum    []Text
}

// Segment is a named condition.
type Segment struct {
	Name Text
	When Text
}

// Decision is a named question.
type Decision struct {
	Name      Text
	Purposes  []Text
	Objective Text
	Disabled  bool
	Variants  []Variant
	Default   Text
	Rules     []Rule
}

// ValueKind is what kind of value a variant has.
type ValueKind uint8

// The kinds of variant values.
const (
	Null ValueKind = iota
	Bool
	String
	Number // JSON has one kind of number; whole ones within 2^53 are integers to OpenFeature
	Object
	List
)

// Variant is a possible answer.
type Variant struct {
	Name Text
	Kind ValueKind
	JSON string // the value as compact JSON, object keys in the order written
	Pos  Pos    // of the value
}

// Rule is a condition and an action: Serve or Split.
type Rule struct {
	ID    Text // made of the decision's name and the rule's number from 1, hero.2, where the source has none
	When  Text // not Present: always
	Serve Text
	Split *Split
	From  Text // RFC 3339, checked, whole seconds; FromUnix is its value
	Until Text
	// Seconds since 1970; meaningful where From and Until are Present.
	FromUnix, UntilUnix int64
	Pos                 Pos
}

// Split divides units among variants by weight.
type Split struct {
	By      Text
	Seed    Text     // the decision's name where the source has none
	Weights []Weight // in the order written
	Buckets uint32   // 10,000 where the source says nothing
	Pos     Pos
}

// Weight is a variant's share. Weights are whole or decimal numbers of at least 0 and not all 0; only their ratio counts. They
// are kept in millionths, so that arithmetic on them is exact.
type Weight struct {
	Variant   Text
	Millionth uint64
}

// Route says what is decided for a path.
type Route struct {
	Path      Text
	Decisions []Text // none where the source has an empty list: nothing is decided here
	All       bool   // the source names no decisions
	Locked    bool
	Pos       Pos
}

// Persona is a visitor to try things with.
type Persona struct {
	Name    Text
	Context string // compact JSON object: attribute name to value, as in a decide line's context
	Consent string // compact JSON object, as in a decide line's consent; "" where the source has none
}
