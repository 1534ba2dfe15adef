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
	Tags         string // compact JSON object of texts, "" where the source has none
	Metadata     string // compact JSON object of scalars, likewise
	Publish      Publish
	Hosts        []Text // that redirects may lead to, beside the site itself
	Backends     []Text // that decisions may choose
	Deciders     []Decider
	Consent      *Consent // nil: the source has no such key
	Attributes   []Attribute
	Segments     []Segment
	Holdouts     []Holdout
	Groups       []Group
	Decisions    []Decision
	Routes       []Route
	Zones        []Text // names of time zones that rules may meet at run time
	Personas     []Persona
	Limits       Budget
	Tests        []Test
	Files        Files // the text of every file read, to show faults in
}

// Budget is what a bundle may cost.
type Budget struct {
	Steps            uint64  // of a request at most; 0: the source says nothing
	VariantsPerRoute uint32  // ways in which the decisions of a route can come out together on a page; 0: no limit
	MaxImpact        *uint32 // by how much a decision may move when it is published, in hundredths of a percent; nil: no limit
}

// Attribute is a declared input.
type Attribute struct {
	Name    Text
	Type    Text
	Purpose Text
	From    Text
	Enum    []Text
	Origin  bool  // only the origin knows it
	At      Text  // where Origin is set
	MaxAge  int64 // milliseconds for which a signed value counts; 0 where the source says nothing
}

// Consent is the policy by which signals become granted purposes.
type Consent struct {
	MaxAge           int64  // milliseconds; 0 where the source says nothing
	MinPolicy        uint32 // of TCF; 0 where the source says nothing
	MissingDisclosed Text   // unknown or ok
	MissingNotice    Text   // ok or denies
	Cookies          []ConsentCookie
	Purposes         []Purpose
	Jurisdictions    []Jurisdiction
}

// ConsentCookie is a cookie that says what a visitor consented to.
type ConsentCookie struct {
	Name   Text
	Format Text // one of CookieFormats
}

// Purpose is a purpose and the signals that grant or deny it.
type Purpose struct {
	Name      Text
	TCF       *TCF   // nil: TC strings say nothing of it
	OptOutOf  []Text // opt-outs of GPP and US Privacy that deny it, of OptOuts
	Sensitive []Text // data of GPP that denies it where withheld, of the variable Sensitive
	Choices   []ChoiceOf
	GPCDenies bool
}

// TCF is what a TC string must say to grant a purpose.
type TCF struct {
	Subject            Text   // publisher or core; not Present: publisher, or the vendor
	Vendor             uint32 // 0: none
	Purposes           []uint32
	LegitimateInterest bool
	Pos                Pos
}

// ChoiceOf is the groups of a consent manager's cookie that must be granted.
type ChoiceOf struct {
	Cookie Text
	Groups []Text // none: the cookie is about one group, and its value says all
}

// Jurisdiction is a part of the world with its own modes.
type Jurisdiction struct {
	Name  Text // may be missing
	When  Text // not Present: always
	Modes []ModeOf
	Pos   Pos
}

// ModeOf is how a purpose is resolved where no signal decides.
type ModeOf struct {
	Purpose Text // AnyPurpose: every one that is not named
	Mode    Text // one of ConsentModes
}

// Publish has the defaults of publishing; zeros where the source says nothing.
type Publish struct {
	FreshFor, Expires int64 // in milliseconds
	Contexts          Text  // a file beside the source, or personas: what the impact is looked at on
}

// Decider answers deferred decisions, at the origin.
type Decider struct {
	Name   Text
	Model  Text
	Inputs []Text // attributes that the model gets
	Send   Text   // attributes or segments; not Present: attributes
	Rules  []DeciderRule
}

// DeciderRule is a condition and the variant it answers.
type DeciderRule struct {
	When  Text // not Present: always
	Serve Text
	Pos   Pos
}

// Defer hands a decision over to a decider.
type Defer struct {
	To        Text
	Within    int64 // milliseconds
	Otherwise Text
	Mode      string // wait, with_page or after_render
	Allow     []Text // variants; none: every one
	Pos       Pos
}

// Act makes a decision act on the request.
type Act struct {
	Kind   ActKind
	Status uint32 // of a redirect
	Header Text
	Pos    Pos
}

// ActKind is what an acting decision does with its variant's value.
type ActKind uint8

// The kinds of acts.
const (
	NoAct    ActKind = iota
	Rewrite          // ask the origin for this path
	Redirect         // send the visitor there
	Backend          // ask this backend
	Header           // give the origin this header
)

// Measure is how a decision's success is measured.
type Measure struct {
	Event      Text
	Within     int64 // milliseconds
	Guardrails []Text
	Purpose    Text
	Pos        Pos
}

// Segment is a named condition.
type Segment struct {
	Name Text
	When Text
}

// Holdout is units that decisions leave at their defaults, to compare with.
type Holdout struct {
	Name    Text
	By      Text
	Seed    Text   // the holdout's name where the source has none
	Percent uint32 // in hundredths: 500 is 5 percent
	Hashing Hashing
}

// Hashing is how units are hashed.
type Hashing struct {
	Hash    Text // its word (format.Hash); not Present: xxh64
	Key     uint32
	KeyText Text // where Key stands; not Present: nowhere
}

// Group keeps decisions apart: each takes slots of it, and a unit is in one slot.
type Group struct {
	Name    Text
	By      Text
	Seed    Text // the group's name where the source has none
	Slots   uint32
	Hashing Hashing
}

// Slots is the part of a group that a decision takes.
type Slots struct {
	Group       Text   // not Present: the decision is in no group
	First, Last uint32 // both inclusive
	Pos         Pos
}

// Sticky says that a decision keeps what it served before.
type Sticky struct {
	On   bool
	Hold int64 // milliseconds for which at least; 0 where the source says nothing
}

// Decision is a named question.
type Decision struct {
	Name      Text
	Purposes  []Text
	Objective Text
	Measure   *Measure // nil: none
	Owner     Text
	ReviewBy  Text // a date, checked
	Grain     Text // page, component or element
	Tags      string
	Metadata  string // compact JSON object of scalars
	Visible   Text   // server, page or browser
	Act       Act
	Sensitive bool
	Disabled  bool

	BeforeConsent []Rule
	Variants      []Variant
	Default       Text
	Holdout       Text
	Group         Slots
	Sticky        Sticky
	Rules         []Rule
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
)

// Variant is a possible answer.
type Variant struct {
	Name Text
	Kind ValueKind
	JSON string // the value as compact JSON, object keys in the order written
	Pos  Pos    // of the value

	Until     Text   // as a rule's
	UntilUnix int64  // meaningful where Until is Present
	Tags      string // compact JSON object of texts, "" where the source has none
}

// Rule is a condition and an action: Serve, Split or Defer.
type Rule struct {
	ID    Text // made of the decision's name and the rule's number from 1, hero.2, where the source has none
	When  Text // not Present: always
	Serve Text
	Split *Split
	Defer *Defer
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
	Hashing Hashing
	Ramp    *Ramp // nil: none
	Pos     Pos
}

// Ramp moves a split's shares from those of Start to those of its weights, between two times.
type Ramp struct {
	From, Until         Text // as a rule's
	FromUnix, UntilUnix int64
	Start               []Weight
	Pos                 Pos
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

	Keys    map[string]Text // where the keys of Context stand, by their full names
	Granted []Text          // the purposes that Consent grants
}
