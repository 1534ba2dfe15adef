package format

import "math"

// The records of the sections. Every field is a 32-bit word, so that a section is its records laid end to end and needs no
// decoding on a little-endian machine. An index called X+1 is 0 where there is none.

// Str is the index of a string in the string table.
type Str uint32

// Span is a piece of the text section.
type Span struct{ Offset, Length uint32 }

// About is the bundle itself: exactly one record.
type About struct {
	Name         Str
	TargetingKey uint32 // attribute+1 to which OpenFeature's targetingKey goes
	Now          uint32 // attribute+1 that receives the time
	Owner        Str
	Tags         Str    // compact JSON object, or ""
	Metadata     Str    // likewise
	Zones        uint32 // constant+1: a Map from the names of time zones to their tables (civil.Zone) as Bytes
	Hosts        Str    // that redirects may lead to beside the site itself, in lower case, a blank between them
	MaxImpact    uint32 // how many units may get another variant from a new version unasked, in hundredths of a percent, +1; 0: no limit
}

// Attribute is a typed input.
type Attribute struct {
	Name     Str
	Type     Type
	TypeText Str    // the whole type as CEL writes it
	Purpose  uint32 // index of its purpose
	Enum     uint32 // index+1 into constants of the list of its only values
	From     Str    // source as declared (cookie:NAME, query:NAME, header:NAME, signed), or ""
	Flags    uint32 // bits 0-1: trust (attribute.Trust); bit 2: AttributeStandard ...
	MaxAge   uint32 // seconds for which a signed value counts; 0: no bound
}

// An attribute's flags: who could have written its value, and whether it is of the standard table.
const (
	AttributeTrust    = 3
	AttributeStandard = 1 << 2
	AttributeOrigin   = 1 << 3 // only the origin knows it
)

// Constant is a value known when the bundle was compiled. Lo and Hi are the halves of its 64 bits: the integer, the double's
// bits, a bool's 0 or 1, nanoseconds, seconds. A String has its Str in Lo; Bytes have their offset in the text section in Lo and their
// length in Hi. A List's Lo is the index of its first element, Hi the number of elements; a Map's are its first key and the number of
// pairs, key and value in turn. Elements lie before the list that holds them. A TypeOf has its kind in Lo. An IP and a CIDR are as Bytes of 4 or
// 16, a CIDR with its prefix's length in Nanos; a Semver is as a String.
type Constant struct {
	Kind  uint32
	Lo    uint32
	Hi    uint32
	Nanos uint32 // of a Timestamp; a CIDR's bits
}

// Predicate is a test of one attribute against a constant. Constant is ignored by TestTrue; for TestMatches it is a pattern.
type Predicate struct {
	Test      uint32
	Attribute uint32
	Constant  uint32
	Source    Str // as written where conditions share it, or ""
}

// Pattern is a regular expression's table in the pattern section: that many words from Offset on. Package core/pattern says what
// they mean.
type Pattern struct {
	Offset uint32
	Length uint32
	Source Str // the expression as written
}

// Condition is a program in the code section.
type Condition struct {
	Start  uint32 // first instruction
	Length uint32 // number of instructions
	Source Str    // the expression as written; "" where that is its predicates' sources joined by " && " (AppendSource)
	Line   uint32 // its line in the source, 0 where unknown
}

// Segment names a condition.
type Segment struct {
	Name      Str
	Condition uint32
}

// Decision is a named question.
type Decision struct {
	Name          Str
	Purposes      uint32 // bit set over purposes: all must be granted
	Flags         uint32 // DecisionDisabled ...
	Default       uint32 // variant+1; 0: the caller's code default
	FirstVariant  uint32
	Variants      uint32
	FirstRule     uint32
	Rules         uint32
	BeforeConsent uint32 // number of rules, behind the others, that answer where a purpose is not granted
	Holdout       uint32 // holdout+1: units in it get the default
	Group         uint32 // group+1: splits match only units in the slots below
	FirstSlot     uint32
	LastSlot      uint32 // inclusive
	Hold          uint32 // seconds for which a sticky answer is kept at least
	Act           uint32 // Act in bits 0-7; the status of ActRedirect in the others
	Header        Str    // of ActHeader
	Measure       uint32 // purpose+1 that measuring it needs; 0: it is not measured
	Metadata      Str    // compact JSON object, or ""
	Notes         Str    // for people and reports: objective, owner, review_by, grain, tags, measure; compact JSON object, or ""
	Line          uint32
	FirstWord     uint32 // of the decision's bits in an index row, 64 rules a word
	Words         uint32 // 0: the decision has no index
	Tables        uint32 // bit set over Indexed: those that its rules test

	FirstPrerequisite uint32 // into the lists section: the decisions to decide before this one, in this order
	Prerequisites     uint32
}

// Flags of a decision.
const (
	DecisionDisabled  = 1 << 0 // not to be decided
	DecisionSticky    = 1 << 1 // an answer served before, which the caller gives, is kept
	DecisionSensitive = 1 << 2 // reads nothing that visitors can write
	DecisionServer    = 1 << 3 // its answer stays between edge and origin
	DecisionBrowser   = 1 << 4 // its rules may go to the browser
)

// Act is what a decision does with the value of its variant; null does nothing.
type Act uint32

// The acts.
const (
	ActNone     Act = iota
	ActRewrite      // ask the origin for this path
	ActRedirect     // send the visitor there
	ActBackend      // ask this backend
	ActHeader       // give the origin a header with it
	acts
)

// Variant is a possible answer.
type Variant struct {
	Name     Str
	Kind     uint32 // Bool, String, Int, Double, Null, or Map for an object
	JSON     Str    // the value as compact JSON
	Schedule uint32 // schedule+1 outside which no rule serves it; 0: it always may be
	Tags     Str    // compact JSON object, or ""
}

// Action is what a matching rule does.
type Action uint32

// The actions.
const (
	ActionInvalid Action = iota
	ActionServe          // serve variant Target
	ActionSplit          // let split Target choose; where its unit is absent the rule does not match
	ActionDefer          // hand over by deferral Target
	actions
)

// Rule is a condition and an action.
type Rule struct {
	ID        Str
	Condition uint32 // condition+1; 0: always
	Action    Action // with RuleIndexed
	Target    uint32 // variant, split or deferral
	Schedule  uint32 // schedule+1; 0: it always holds
	Line      uint32
}

// RuleIndexed in a rule's Action says that the index decides the rule's condition: where the rows leave the rule possible it is true.
const RuleIndexed Action = 1 << 8

// Does is the rule's action alone.
func (r *Rule) Does() Action { return r.Action &^ RuleIndexed }

// Schedule is the time in which a rule holds.
type Schedule struct {
	FromLo  uint32 // seconds since 1970 from which it holds; Beginning: always
	FromHi  uint32
	UntilLo uint32 // seconds since 1970 from which it no longer holds; End: never
	UntilHi uint32
}

// Beginning and End are the times of a schedule without beginning, and of one without end.
const (
	Beginning = math.MinInt64
	End       = math.MaxInt64
)

// MakeSchedule packs a schedule.
func MakeSchedule(from, until int64) Schedule {
	return Schedule{uint32(from), uint32(from >> 32), uint32(until), uint32(until >> 32)}
}

// From is the time from which the schedule holds, in seconds since 1970.
func (s *Schedule) From() int64 { return int64(uint64(s.FromLo) | uint64(s.FromHi)<<32) }

// Until is the time from which the schedule no longer holds, in seconds since 1970.
func (s *Schedule) Until() int64 { return int64(uint64(s.UntilLo) | uint64(s.UntilHi)<<32) }

// Includes says whether a time is in the schedule.
func (s *Schedule) Includes(seconds int64) bool { return seconds >= s.From() && seconds < s.Until() }

// Draw puts units into buckets.
type Draw struct {
	Unit    uint32 // attribute whose value is hashed
	Hash    Hash
	Seed    Str
	Key     uint32 // the seed of MurmurHash3 itself; 0 with the other hashes
	Buckets uint32
}

// Hash is how a draw comes from a unit to a bucket. The seed is a text, the unit a text or a number's decimal digits; both are hashed as
// they are, in UTF-8. + joins them with nothing between, and all arithmetic is on integers.
type Hash uint32

// The hashes. M(text) is MurmurHash3_x86_32 of a text with the seed Key, F(text) its 32-bit FNV-1a, decimal(n) a number's digits.
const (
	HashInvalid    Hash = iota
	HashXX64            // floor(XXH64(unit, XXH64(seed, 0)) * buckets / 2^64)
	HashMurmur3         // floor(M(seed + unit) * buckets / 2^32)
	HashMurmur3Mod      // M(seed + unit) mod buckets
	HashFNV1a           // F(unit + seed) mod buckets
	HashFNV1aTwice      // F(decimal(F(seed + unit))) mod buckets
	hashes
)

var hashTexts = [hashes]string{"", "xxh64", "murmur3", "murmur3_mod", "fnv1a", "fnv1a_twice"}

// String gives the hash's word.
func (h Hash) String() string {
	if h < hashes {
		return hashTexts[h]
	}
	return "unknown"
}

// Keyed says whether the hash has a seed of its own, beside the text.
func (h Hash) Keyed() bool { return h == HashMurmur3 || h == HashMurmur3Mod }

// Split divides units among variants.
type Split struct {
	Draw       uint32
	FirstRange uint32
	Ranges     uint32
	Ramp       uint32 // schedule+1 with both times: the ranges' ends move from Start to End between them; 0: they are at End
}

// Range is a split's share: buckets below End, and not below the End before it, go to Variant.
type Range struct {
	End     uint32
	Start   uint32 // where it ends before the ramp begins
	Variant uint32 // variant+1; 0: the decision's default
}

// Holdout is units that decisions leave at their defaults, to compare with: those in the buckets below Held.
type Holdout struct {
	Name Str
	Draw uint32
	Held uint32
}

// Group keeps decisions apart: each takes some of the draw's buckets, which are called slots here.
type Group struct {
	Name Str
	Draw uint32
}

// Deferral hands a decision over to a decider.
type Deferral struct {
	To           Str
	Within       uint32 // milliseconds
	Mode         uint32 // ModeWait ...
	Otherwise    uint32 // the variant where no answer comes in time
	FirstAllowed uint32 // into the allowed section: the variants that the decider may answer
	Allowed      uint32 // 0: every one
}

// Decider answers deferred decisions, where its rules and what only the origin knows are. A bundle for the edge has it without rules.
type Decider struct {
	Name      Str
	Model     Str    // gives the attribute score, which its rules read; "" where there is none
	Flags     uint32 // DeciderSegments
	First     uint32 // into the lists section: the attributes that the model gets, and behind them what is sent to the decider
	Inputs    uint32
	Sent      uint32 // attributes, or segments with DeciderSegments
	FirstRule uint32 // into the decider rules
	Rules     uint32
}

// DeciderSegments in a decider's Flags: the truth of segments is sent instead of attributes.
const DeciderSegments = 1 << 0

// DeciderRule is a condition and the variant that it answers: a name, since decisions of different variants may share a decider.
type DeciderRule struct {
	Condition uint32 // condition+1; 0: always
	Variant   Str
	Line      uint32
}

// How a deferred decision is waited for.
const (
	ModeWait        = iota // before the page is asked for
	ModeWithPage           // the origin decides while it makes the page
	ModeAfterRender        // the page asks
	modes
)

var modeTexts = [modes]string{"wait", "with_page", "after_render"}

// ModeText gives the mode's word.
func (d *Deferral) ModeText() string {
	if d.Mode < modes {
		return modeTexts[d.Mode]
	}
	return "unknown"
}

// Route says what is decided for a path.
type Route struct {
	Pattern  Str    // * is any run of characters, / included
	Flags    uint32 // RouteLocked ...
	First    uint32 // into the lists section: decision indexes, and behind them those of attributes that the decisions' rules read
	Count    uint32
	Reads    uint32 // attributes
	Vary     Str    // the request headers that the answers can depend on, as they stand in a Vary header
	Outcomes uint32 // in how many ways the answers can come out on a page at most: a cache keeps it once for each
}

// Flags of a route.
const (
	RouteLocked = 1 << 0 // necessary decisions only
	RouteAll    = 1 << 1 // names no decisions: all that it may decide

	// The answers can depend on what no request header shows.
	RoutePlatform = 1 << 2 // where the platform places the client, or its address
	RouteOrigin   = 1 << 3 // what the origin answers
	RouteTime     = 1 << 4
)
