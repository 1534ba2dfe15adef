package core

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// exactIntegers is 2^53: integers beyond it are written as strings, because JSON readers keep numbers as doubles.
const exactIntegers = 1 << 53

// MaxJSON bounds a value as JSON and an explanation, in bytes. Lists that share their elements can be far larger written out than they
// are in memory.
const MaxJSON = 1 << 20

// AppendJSON writes a value as plain JSON: integers beyond 2^53 as strings, bytes as base64, timestamps as RFC 3339, durations as
// "1.5s", NaN and infinities as "NaN", "Infinity", "-Infinity", a type as its name, a map's keys as strings. An optional is what it holds, or null; an error is null.
// Lists are not entered by recursion; what lies deeper than format.MaxDepth is null, and so is a value that takes more than MaxJSON.
func AppendJSON(dst []byte, v Value) []byte {
	dst, _ = appendWhole(dst, v, false)
	return dst
}

// MaxSorted bounds the pairs of a map in format's %s: each key is looked for among all.
const MaxSorted = 64

// appendWhole writes JSON or, where plain is set, what format's %s does: texts and bytes as they are, doubles without an exponent, maps in the
// order of their keys. That ends where it no longer fits the scratch area; ok is false for a map with more than MaxSorted pairs or a key that
// is no string.
func appendWhole(dst []byte, v Value, plain bool) (written []byte, ok bool) {
	start, limit, separator := len(dst), MaxJSON, ","
	if plain {
		limit, separator = ScratchBytes, ", "
	}
	var stack [format.MaxDepth]struct {
		v    Value
		next int // element
		key  int // that was written last, in order
	}
	depth := -1
	for {
		if len(dst)-start > limit {
			if !plain {
				dst = text.AppendText(dst[:start], "null")
			}
			return dst, true
		}
		for v.kind == format.Optional { // it is written as what it holds, none as null
			if v.num == 0 {
				v = Null()
				break
			}
			v = v.elements()[0]
		}
		open := v.kind == format.List || v.kind == format.Map
		switch {
		case open && depth+1 < len(stack):
			depth++
			stack[depth].v, stack[depth].next, stack[depth].key = v, 0, -1
			if v.kind == format.List {
				dst = text.AppendByte(dst, '[')
			} else {
				dst = text.AppendByte(dst, '{')
			}
		case open:
			dst = text.AppendText(dst, "null")
		default:
			dst = appendPart(dst, v, plain)
		}
		for depth >= 0 {
			top := &stack[depth]
			if top.next < len(top.v.elements()) {
				break
			}
			if top.v.kind == format.List {
				dst = text.AppendByte(dst, ']')
			} else {
				dst = text.AppendByte(dst, '}')
			}
			depth--
		}
		if depth < 0 {
			return dst, true
		}
		top := &stack[depth]
		if top.next > 0 {
			dst = text.AppendText(dst, separator)
		}
		elements := top.v.elements()
		at := top.next
		top.next++
		if top.v.kind == format.Map {
			top.next++
			if plain {
				if at = nextKey(elements, top.key); at < 0 {
					return dst, false
				}
				top.key = at
				dst = text.AppendText(text.AppendText(dst, elements[at].text()), ": ")
			} else {
				dst = text.AppendByte(appendKeyJSON(dst, elements[at]), ':')
			}
			at++
		}
		v = elements[at]
	}
}

// appendKeyJSON writes a map's key, which JSON wants as a string.
func appendKeyJSON(dst []byte, key Value) []byte {
	if key.kind == format.String {
		return appendScalarJSON(dst, key)
	}
	start := len(dst)
	dst = appendScalarJSON(text.AppendByte(dst, '"'), key)
	if dst[start+1] == '"' { // a large integer is in quotes already
		return append(dst[:start], dst[start+1:]...)
	}
	return text.AppendByte(dst, '"')
}

// nextKey finds the key that follows the one at last in the order of texts, or the first of all where last is negative.
func nextKey(elements []Value, last int) int {
	if len(elements) > 2*MaxSorted {
		return -1
	}
	next := -1
	for i := 0; i < len(elements); i += 2 {
		if elements[i].kind != format.String {
			return -1
		}
		key := elements[i].text()
		if (last < 0 || elements[last].text() < key) && (next < 0 || key < elements[next].text()) {
			next = i
		}
	}
	return next
}

// appendPart writes a value without elements, as JSON or as plain text.
//
//go:noinline
func appendPart(dst []byte, v Value, plain bool) []byte {
	if !plain || v.kind <= format.Bool {
		return appendScalarJSON(dst, v)
	}
	switch v.kind {
	case format.Double:
		return text.AppendRounded(dst, v.double(), text.Shortest, false)
	case format.String, format.Bytes, format.Semver:
		return text.AppendText(dst, v.text())
	}
	return appendQuoted(dst, v)
}

func appendScalarJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case format.Bool:
		if v.num != 0 {
			return text.AppendText(dst, "true")
		}
		return text.AppendText(dst, "false")
	case format.Int:
		if v.int() <= exactIntegers && v.int() >= -exactIntegers {
			return text.AppendInt(dst, v.int())
		}
	case format.Uint:
		if v.num <= exactIntegers {
			return text.AppendUint(dst, v.num)
		}
	case format.Double:
		return text.AppendDoubleJSON(dst, v.double())
	case format.String, format.Semver:
		return text.AppendJSONString(dst, v.text())
	case format.IP, format.CIDR, format.Bytes, format.Timestamp, format.Duration, format.TypeOf:
	default:
		return text.AppendText(dst, "null")
	}
	return text.AppendByte(appendQuoted(text.AppendByte(dst, '"'), v), '"')
}

// appendQuoted writes what stands between the quotes of a value that JSON has no type for, or no room.
func appendQuoted(dst []byte, v Value) []byte {
	switch v.kind {
	case format.Int:
		return text.AppendInt(dst, v.int())
	case format.Uint:
		return text.AppendUint(dst, v.num)
	case format.Bytes:
		return text.AppendBase64(dst, v.bytes())
	case format.Timestamp:
		return text.AppendTimestamp(dst, v.int(), v.aux)
	case format.Duration:
		return text.AppendDuration(dst, v.int())
	case format.TypeOf:
		return text.AppendText(dst, typeName(format.Kind(v.num)))
	}
	return appendAddress(dst, v)
}

// typeName is the name that CEL prints for a type as a value.
func typeName(k format.Kind) string {
	switch k {
	case format.Timestamp:
		return "google.protobuf.Timestamp"
	case format.Duration:
		return "google.protobuf.Duration"
	}
	return k.String()
}
