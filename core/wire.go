package core

import (
	"math"
	"unicode/utf8"
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// The question and the answer as they cross the module's boundary: little-endian words, no names, so that neither side parses text.
//
// A question:
//
//	word  0     purposes that the caller grants, a bit each
//	words 1-3   the time: seconds since 1970 (low word, high word), nanoseconds
//	word  4     number of decisions asked
//	word  5     number of attributes given
//	word  6     number of overrides
//	word  7     number of signals of consent
//	word  8     1: what word 0 grants is all that counts (Context.SettleConsent); else 0
//	then        the decisions' indexes
//	then        for each signal: its policy.Kind, its text as an encoded value
//	then        for each attribute: its index, its encoded value
//	then        for each override: its decision's index, 1 (sticky) or 2 (preview), its variant's index
//
// An encoded value is a word with its kind, then
//
//	bool, int, uint, double, duration   two words (low, high)
//	timestamp                           three words: seconds (low, high), nanoseconds
//	string, bytes                       a word with the length, the bytes, zeros to the next whole word
//	list                                a word with the number of elements, the elements encoded
//	map                                 a word with the number of pairs, each pair's key and value encoded
//	null                                nothing
//	Mistyped, Oversized                 nothing: a value that has no reading as the attribute's type, or no room in the question
//
// Signals are strings, Mistyped or Oversized. An answer is
//
//	word  0     the index of the jurisdiction, 0 where there is none
//	then        the two words of a policy.Evidence for each of the bundle's purposes but the first
//	then        the four words of an Answer for each decision asked, in that order; the answer's length says how many. The last word
//	            is the reason and, above 16 bits, the flags
//
// What does not keep to the layout, asks for more decisions than the bundle has, or is longer than MaxQuestion is refused as a whole.
//
// Whether a value is masked shows only when the question is read. So that values which turn out to be masked leave the others their
// place, those of each purpose have a Room of their own in a question, and what has no place there is Oversized. Query parameters that feed
// attributes of several purposes divide one more among them.
const (
	Room        = 64 << 10 // bytes for the values of one purpose, and for all signals: a thousand values, or four of the largest strings
	MaxQuestion = (format.MaxPurposes+2)*Room + 4*(headWords+format.MaxDecisions*(1+2*overrideWords)+(format.MaxAttributes+policy.MaxSignals+2)*3)

	// Mistyped and Oversized stand for the kind of a value that could not be read as its attribute's type, or that is too large to be
	// asked about. It is absent, and reported as WrongType or BeyondSize where its purpose is granted.
	Mistyped  = 255
	Oversized = 254

	wireSticky  = 1
	wirePreview = 2

	headWords     = 9
	overrideWords = 3

	encoded   = 1 // in a List's or Map's aux: ptr and num are encoded bytes
	mistyped  = 2 // in an Error's aux, as set by SetEncoded
	oversized = 3 // likewise
)

// AnswerWords is the number of words of an Answer.
const AnswerWords = 4

// EvidenceWords is the number of words of an answer before the decisions'.
func EvidenceWords(b *Bundle) int { return 1 + 2*(len(b.Purposes)-1) }

// AppendAnswer decides and appends the answer in words. Given room there, it allocates nothing.
func (e *Evaluator) AppendAnswer(c *Context, asked []uint32, words []uint32) []uint32 {
	e.begin(c)
	words = append(words, uint32(c.jurisdiction))
	for _, evidence := range c.Evidence()[1:] {
		words = append(words, evidence.What, evidence.Detail)
	}
	for _, decision := range asked {
		a := e.decide(decision)
		words = append(words, a.Decision, a.Variant, a.Rule, uint32(a.Reason)|uint32(a.Flags)<<16)
	}
	return words
}

// AppendQuestion begins a question; asked are decision indexes, granted is a bit set over the purposes that the caller grants. The signals
// follow, each by AppendSignal and one of the functions that append a string, then the attributes, each by AppendAttribute and
// one of the functions that append a value, and then the overrides.
func AppendQuestion(dst []byte, granted uint32, seconds int64, nanos uint32, asked []uint32) []byte {
	dst = appendWord(dst, granted)
	dst = appendDouble(dst, uint64(seconds))
	dst = appendWord(dst, nanos)
	dst = appendWord(dst, uint32(len(asked)))
	dst = appendDouble(appendDouble(dst, 0), 0)
	for _, decision := range asked {
		dst = appendWord(dst, decision)
	}
	return dst
}

// AppendAttribute says which attribute the next value is of, and counts it in the question that starts at question[0].
func AppendAttribute(question []byte, attribute int) []byte {
	count(question, 5)
	return appendWord(question, uint32(attribute))
}

// AppendSignal says what signal of consent the next text is, and counts it in the question that starts at question[0].
func AppendSignal(question []byte, kind policy.Kind) []byte {
	count(question, 7)
	return appendWord(question, uint32(kind))
}

// SettleQuestion makes what the caller grants all that counts, in the question that starts at question[0].
func SettleQuestion(question []byte) { putWord(question[4*8:], 1) }

// count adds one to a word of a question.
func count(question []byte, word int) {
	place := question[4*word:]
	putWord(place, getWord(place)+1)
}

// AppendSticky says what a decision answered before, and AppendPreview what it is to answer (Context.SetSticky, SetPreview), in the
// question that starts at question[0]. No attribute can follow. OverrideSize is how many bytes each takes.
func AppendSticky(question []byte, decision, variant int) []byte {
	return appendOverride(question, decision, wireSticky, variant)
}

// AppendPreview is described with AppendSticky.
func AppendPreview(question []byte, decision, variant int) []byte {
	return appendOverride(question, decision, wirePreview, variant)
}

// OverrideSize is the size of an override, in bytes.
const OverrideSize = 4 * overrideWords

func appendOverride(question []byte, decision int, kind uint32, variant int) []byte {
	count(question, 6)
	return appendWord(appendWord(appendWord(question, uint32(decision)), kind), uint32(variant))
}

// AppendNull, AppendBool, AppendInt, AppendUint, AppendFloat, AppendTime, AppendNanos, AppendText, AppendBlob, AppendListHead and
// AppendMapHead append an encoded value, or the beginning of one whose elements follow.
func AppendNull(dst []byte) []byte { return appendWord(dst, uint32(format.Null)) }

// AppendBool appends a bool.
func AppendBool(dst []byte, v bool) []byte { return appendScalar(dst, format.Bool, Bool(v).num) }

// AppendInt appends an int.
func AppendInt(dst []byte, v int64) []byte { return appendScalar(dst, format.Int, uint64(v)) }

// AppendUint appends a uint.
func AppendUint(dst []byte, v uint64) []byte { return appendScalar(dst, format.Uint, v) }

// AppendFloat appends a double.
func AppendFloat(dst []byte, v float64) []byte {
	return appendScalar(dst, format.Double, math.Float64bits(v))
}

// AppendNanos appends a duration in nanoseconds.
func AppendNanos(dst []byte, v int64) []byte { return appendScalar(dst, format.Duration, uint64(v)) }

// AppendTime appends a timestamp.
func AppendTime(dst []byte, seconds int64, nanos uint32) []byte {
	return appendWord(appendScalar(dst, format.Timestamp, uint64(seconds)), nanos)
}

// AppendText appends a string.
func AppendText(dst []byte, v string) []byte { return appendBlob(dst, format.String, v) }

// AppendBlob appends a byte string.
func AppendBlob(dst []byte, v []byte) []byte {
	return appendBlob(dst, format.Bytes, unsafe.String(unsafe.SliceData(v), len(v)))
}

// AppendListHead begins a list of that many elements.
func AppendListHead(dst []byte, elements int) []byte {
	return appendWord(appendWord(dst, uint32(format.List)), uint32(elements))
}

// AppendMapHead begins a map of that many pairs.
func AppendMapHead(dst []byte, pairs int) []byte {
	return appendWord(appendWord(dst, uint32(format.Map)), uint32(pairs))
}

// AppendMistyped appends a value that has no reading as its attribute's type.
func AppendMistyped(dst []byte) []byte { return appendWord(dst, Mistyped) }

// AppendOversized appends a value that is too large for the question.
func AppendOversized(dst []byte) []byte { return appendWord(dst, Oversized) }

func appendScalar(dst []byte, kind format.Kind, bits uint64) []byte {
	return appendDouble(appendWord(dst, uint32(kind)), bits)
}

func appendBlob(dst []byte, kind format.Kind, v string) []byte {
	dst = appendWord(appendWord(dst, uint32(kind)), uint32(len(v)))
	dst = append(dst, v...)
	for n := len(v); n%4 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

func appendWord(dst []byte, w uint32) []byte {
	return append(dst, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
}

func appendDouble(dst []byte, w uint64) []byte {
	return appendWord(appendWord(dst, uint32(w)), uint32(w>>32))
}

func putWord(p []byte, w uint32) {
	p[0], p[1], p[2], p[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
}

func getWord(p []byte) uint32 {
	_ = p[3]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// reader goes through words. After reading beyond the end it is broken, and gives zeros.
type reader struct {
	data   []byte
	at     int
	broken bool
}

func (r *reader) word() uint32 {
	p := r.data[r.at:]
	if len(p) < 4 {
		r.broken, r.at = true, len(r.data)
		return 0
	}
	r.at += 4
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

func (r *reader) atEnd() bool { return r.at == len(r.data) }

//go:noinline
func (r *reader) double() uint64 { return uint64(r.word()) | uint64(r.word())<<32 }

// scalar reads what follows a kind that is neither list nor map into v; it says false for any other word.
func (r *reader) scalar(kind uint32, v *Value) bool {
	*v = Value{kind: format.Kind(kind)}
	switch format.Kind(kind) {
	case format.Null:
	case format.Bool:
		if r.double() != 0 {
			v.num = 1
		}
	case format.Int, format.Uint, format.Double, format.Duration:
		v.num = r.double()
	case format.Timestamp:
		v.num, v.aux = r.double(), r.word()
		return v.int() >= civil.MinSeconds && v.int() <= civil.MaxSeconds && v.aux < second
	case format.String, format.Bytes:
		n := uint64(r.word())
		padded := (n + 3) &^ 3
		if padded > uint64(len(r.data)-r.at) {
			r.broken = true
			return false
		}
		if v.num = n; n > 0 { // an empty one at the end would point behind the question, at memory that is somebody else's
			v.ptr = unsafe.Add(unsafe.Pointer(unsafe.SliceData(r.data)), r.at)
		}
		r.at += int(padded)
	default:
		return false
	}
	return kind < Oversized
}

// skip passes over an encoded value and says whether it was one. Lists are not entered by recursion: left counts the values still
// to be passed.
func (r *reader) skip(kind uint32) bool {
	for left := uint64(1); ; kind = r.word() {
		switch {
		case kind == uint32(format.List):
			left += uint64(r.word())
		case kind == uint32(format.Map):
			left += 2 * uint64(r.word())
		case kind == Mistyped || kind == Oversized: // in a query, for what it may turn out not to have
		case kind > 255:
			return false
		default:
			var v Value
			if !r.scalar(kind, &v) {
				return false
			}
		}
		if left--; left == 0 || r.broken {
			return !r.broken
		}
	}
}

// ReadQuestion fills the context from a question and gives the decisions asked, appended to asked. It reads text in place: the
// question must stay unchanged until the answer is there. It says false, and leaves the context empty, where the bytes are no question.
func (c *Context) ReadQuestion(question []byte, asked []uint32) ([]uint32, bool) {
	c.Reset()
	if len(question) > MaxQuestion {
		return asked, false
	}
	r := reader{data: question}
	c.consent.Grant(r.word())
	seconds, nanos := int64(r.double()), r.word()
	c.SetTime(seconds, nanos)
	decisions, attributes, overrides, signals, settled := r.word(), r.word(), r.word(), r.word(), r.word()
	if settled == 1 {
		c.consent.Settle()
	}
	if int64(decisions) > int64(len(c.bundle.Decisions)) || settled > 1 {
		r.broken = true
	}
	if !r.broken {
		asked = room(asked, int(decisions))
	}
	for ; decisions > 0 && !r.broken; decisions-- {
		decision := r.word()
		if int64(decision) >= int64(len(c.bundle.Decisions)) {
			r.broken = true
		}
		asked = asked[:len(asked)+1]
		asked[len(asked)-1] = decision
	}
	for ; signals > 0 && !r.broken; signals-- {
		if !c.readSignal(&r) {
			r.broken = true
		}
	}
	for ; attributes > 0 && !r.broken; attributes-- {
		attribute := r.word()
		if int64(attribute) >= int64(len(c.given)) || !c.readAttribute(attribute, &r) {
			r.broken = true
		}
	}
	for ; overrides > 0 && !r.broken; overrides-- {
		decision, kind, variant := int(r.word()), r.word(), int(r.word())
		if kind-wireSticky > wirePreview-wireSticky || !c.override(decision, variant, kind) {
			r.broken = true
		}
	}
	if r.broken || !r.atEnd() {
		c.Reset()
		return asked, false
	}
	return asked, true
}

// readSignal adds the next signal of consent.
func (c *Context) readSignal(r *reader) bool {
	kind := policy.Kind(r.word())
	if uint64(kind) >= uint64(policy.FirstCookie)+uint64(len(c.bundle.Cookies)) {
		return false
	}
	switch v, state := r.text(); state {
	case BeyondSize:
		c.consent.AddFault(kind, consent.TooLong)
	case WrongType:
		c.consent.AddFault(kind, consent.NoText)
	default:
		c.consent.Add(kind, v.text())
	}
	return !r.broken
}

// SetEncoded gives attribute an encoded value, which is read in place, and says whether it was one.
func (c *Context) SetEncoded(attribute int, value []byte) bool {
	r := reader{data: value}
	if uint(attribute) >= uint(len(c.given)) || !c.readAttribute(uint32(attribute), &r) || !r.atEnd() {
		return false
	}
	c.ready = false
	return true
}

// readAttribute sets an attribute from the next encoded value. Lists and maps are kept encoded: they are unpacked when they have
// turned out to be consented.
func (c *Context) readAttribute(attribute uint32, r *reader) bool {
	start := r.at
	given := &c.given[attribute]
	switch kind := r.word(); kind {
	case uint32(format.List), uint32(format.Map):
		if !r.skip(kind) {
			return false
		}
		raw := r.data[start:r.at]
		*given = Value{kind: format.Kind(kind), ptr: unsafe.Pointer(&raw[0]), num: uint64(len(raw)), aux: encoded}
	case Mistyped:
		*given = Value{kind: format.Error, aux: mistyped}
	case Oversized:
		*given = Value{kind: format.Error, aux: oversized}
	default:
		if !r.scalar(kind, given) {
			*given = Value{}
			return false
		}
	}
	return !r.broken
}

// opened is a list or map whose elements are being unpacked.
type opened struct{ at, end int }

// unpack reads an encoded list or map into the context's elements. A container's elements lie together: room for all of them
// is taken when it begins, and what is inside them comes behind.
func (c *Context) unpack(v Value) (Value, State) {
	r := reader{data: unsafe.Slice((*byte)(v.ptr), int(v.num))}
	var stack [format.MaxDepth]opened
	depth := -1
	var root Value
	length := uint64(0)
	for {
		value, state := c.unpackOne(&r)
		if state != Present {
			return Value{}, state
		}
		if length += value.length(); length > MaxText {
			return Value{}, BeyondSize
		}
		if depth < 0 {
			root = value
		} else {
			c.elements[stack[depth].at] = value
			stack[depth].at++
		}
		if value.kind == format.List || value.kind == format.Map {
			if depth++; depth == len(stack) {
				return Value{}, BeyondSize
			}
			stack[depth] = opened{c.used - len(value.elements()), c.used}
		}
		for depth >= 0 && stack[depth].at == stack[depth].end {
			depth--
		}
		if depth < 0 {
			return root, Present
		}
	}
}

// unpackOne reads one value; of a list or map, only its head, with room taken for its elements.
func (c *Context) unpackOne(r *reader) (Value, State) {
	kind := r.word()
	if kind != uint32(format.List) && kind != uint32(format.Map) {
		var v Value
		switch {
		case !r.scalar(kind, &v):
			return v, WrongType
		case v.kind == format.String && !utf8.ValidString(v.text()):
			return v, WrongType
		}
		return v, Present
	}
	count := uint64(r.word())
	if kind == uint32(format.Map) {
		count *= 2
	}
	if count > uint64(len(c.elements)-c.used) {
		return Value{}, BeyondSize
	}
	elements := c.elements[c.used : c.used+int(count)]
	c.used += int(count)
	if kind == uint32(format.Map) {
		return Map(elements), Present
	}
	return List(elements), Present
}

// AppendResult writes a condition's value as it leaves the module: a word with its kind; for an error then its code and its attribute, a
// word each; for all else then the value as JSON.
func AppendResult(dst []byte, v Value) []byte {
	dst = appendWord(dst, uint32(v.kind))
	if v.isError() {
		return appendWord(appendWord(dst, v.aux), uint32(v.num))
	}
	return AppendJSON(dst, v)
}
