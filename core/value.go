package core

import (
	"math"
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Value is a typed value of an attribute, a constant or a condition's result. The zero Value is an absent attribute.
//
// It is a pointer and a word, so that copying one costs nothing and none is ever boxed: text points at its bytes, a list at its
// elements, a map at its keys and values in turn. Whoever makes a Value keeps what it points at alive and unchanged while it is used.
type Value struct {
	ptr  unsafe.Pointer // text, list, map
	num  uint64         // scalars; the length of what ptr points at; an error's detail
	aux  uint32         // a timestamp's nanoseconds, an error's Code, encoded (wire.go)
	kind format.Kind
}

// Null, Bool, Int, Uint, Double, String, Bytes, Timestamp and Duration make values.
func Null() Value { return Value{kind: format.Null} }

// Bool makes a bool.
func Bool(b bool) Value {
	n := uint64(0)
	if b {
		n = 1
	}
	return Value{kind: format.Bool, num: n}
}

// Int makes a signed integer.
func Int(i int64) Value { return Value{kind: format.Int, num: uint64(i)} }

// Uint makes an unsigned integer.
func Uint(u uint64) Value { return Value{kind: format.Uint, num: u} }

// Double makes a double.
func Double(f float64) Value { return Value{kind: format.Double, num: math.Float64bits(f)} }

// String makes a string. It must be UTF-8; a context that is given another is told so by Context.Problems.
func String(s string) Value {
	return Value{kind: format.String, ptr: unsafe.Pointer(unsafe.StringData(s)), num: uint64(len(s))}
}

// Bytes makes a byte string.
func Bytes(b []byte) Value {
	return Value{kind: format.Bytes, ptr: unsafe.Pointer(unsafe.SliceData(b)), num: uint64(len(b))}
}

// Timestamp makes a point in time: seconds since 1970 and nanoseconds below 1e9. CEL knows the years 1 to 9999.
func Timestamp(seconds int64, nanos uint32) Value {
	return Value{kind: format.Timestamp, num: uint64(seconds), aux: nanos}
}

// Duration makes a duration in nanoseconds.
func Duration(nanos int64) Value { return Value{kind: format.Duration, num: uint64(nanos)} }

// List makes a list that shares its elements.
func List(elements []Value) Value {
	return Value{kind: format.List, ptr: unsafe.Pointer(unsafe.SliceData(elements)), num: uint64(len(elements))}
}

// Map makes a map that shares its keys and values, which stand in turn. Keys are bool, int, uint or string, each once.
func Map(pairs []Value) Value {
	return Value{kind: format.Map, ptr: unsafe.Pointer(unsafe.SliceData(pairs)), num: uint64(len(pairs) / 2)}
}

func typeValue(k format.Kind) Value { return Value{kind: format.TypeOf, num: uint64(k)} }

// Kind is the value's kind; format.Error for an error or an absent attribute.
func (v Value) Kind() format.Kind { return v.kind }

func (v Value) isTrue() bool  { return v.kind == format.Bool && v.num != 0 }
func (v Value) isFalse() bool { return v.kind == format.Bool && v.num == 0 }
func (v Value) isError() bool { return v.kind == format.Error }

func (v Value) int() int64      { return int64(v.num) }
func (v Value) double() float64 { return math.Float64frombits(v.num) }

// text is the string of a String or the bytes of a Bytes as one. The string shares the value's memory. It is put together by hand, because TinyGo's
// unsafe.String would check pointer and length once more in each of a hundred places.
func (v Value) text() string {
	s := header{v.ptr, int(v.num)}
	return *(*string)(unsafe.Pointer(&s))
}

// header is how a string lies in memory.
type header struct {
	ptr    unsafe.Pointer
	length int
}

func (v Value) bytes() []byte { return unsafe.Slice((*byte)(v.ptr), int(v.num)) }

// length is that of a text in bytes, 0 for all else.
func (v *Value) length() uint64 {
	if v.kind == format.String || v.kind == format.Bytes {
		return v.num
	}
	return 0
}

// elements are a list's, or a map's keys and values in turn.
//
//go:noinline
func (v Value) elements() []Value {
	n := int(v.num)
	if v.kind == format.Map {
		n *= 2
	}
	return unsafe.Slice((*Value)(v.ptr), n)
}

// Code says why a value is an error.
type Code uint32

// The errors of CEL and of Edgewise. An error's detail is named where it has one.
const (
	Absent          Code = iota // detail: the attribute
	NotConsented                // detail: the attribute. Said whether or not a value was given
	NoOverload                  // an operation has no meaning for these kinds
	NoSuchKey                   // m[k] of a map without k
	IndexOutOfRange             // l[i] of a shorter list
	DivisionByZero              // also modulus by zero
	Overflow                    // the result does not fit its kind
	InvalidText                 // text that cannot be converted
	DuplicateKey                // in a map literal
	ScratchFull                 // what the condition built does not fit the scratch area
	TooManySteps                // the evaluation was ended
	UnknownZone                 // a time zone that is not known here
	NoVariant                   // decision("y") where y leaves the answer to its caller's default
	NoValue                     // the value of an optional that is none
	codes
)

var codeTexts = [codes]string{"no value", "not consented", "no such overload", "no such key", "index out of range", "division by zero",
	"overflow", "invalid text", "duplicate key", "scratch area full", "too many steps", "unknown time zone", "the decision has no variant", "the optional is none"}

// String says it in words.
func (c Code) String() string {
	if c < codes {
		return codeTexts[c]
	}
	return "unknown error"
}

func failure(c Code) Value { return Value{kind: format.Error, aux: uint32(c)} }

// fail makes v an error.
//
//go:noinline
func (v *Value) fail(c Code) { *v = failure(c) }

func attributeFailure(c Code, attribute uint32) Value {
	return Value{kind: format.Error, aux: uint32(c), num: uint64(attribute)}
}

// Code is an error's reason. Meaningless for other kinds.
func (v Value) Code() Code { return Code(v.aux) }

// Attribute is the attribute of an Absent or NotConsented error.
func (v Value) Attribute() int { return int(v.num) }
