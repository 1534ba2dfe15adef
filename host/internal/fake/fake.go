// Package fake assembles WebAssembly modules that look like Edgewise's and do what a test wants them to: stop, or lie.
package fake

import (
	"maps"
	"slices"
)

// Function is an exported function: the types it takes and gives, and its instructions without the last, end.
type Function struct{ Params, Results, Body []byte }

const (
	i32 = 0x7f
	i64 = 0x7e
)

// Trap is what stops a module.
var Trap = []byte{0x00} // unreachable

// Word and Long are the instructions that give a number.
func Word(v int32) []byte { return appendSigned([]byte{0x41}, int64(v)) }

// Long is a number of 64 bits.
func Long(v int64) []byte { return appendSigned([]byte{0x42}, v) }

// Functions are Edgewise's exports, which do the least that a host expects: the bundle goes to address 131072, the question to 1024, and
// every bundle is taken. Every question traps.
func Functions() map[string]Function {
	none, word, twoWords, long := []byte{}, []byte{i32}, []byte{i32, i32}, []byte{i64}
	return map[string]Function{
		"_initialize":  {none, none, nil},
		"abi_version":  {none, word, Word(1)},
		"reserve":      {word, word, Word(131072)},
		"trust":        {word, word, Word(1)},
		"load":         {word, word, Word(0)},
		"refusal":      {none, word, Word(16)},
		"question":     {word, word, Word(1024)},
		"decide":       {word, long, Trap},
		"explain":      {twoWords, long, Trap},
		"evaluate":     {twoWords, long, Trap},
		"plan":         {word, long, Trap},
		"hand_over":    {word, long, Trap},
		"scratch_used": {none, word, Word(0)},
	}
}

// With are Edgewise's exports, one of which does something else.
func With(name string, body []byte) []byte {
	all := Functions()
	f := all[name]
	f.Body = body
	all[name] = f
	return Module(all)
}

// Module assembles a module that exports the functions and a memory of two MiB.
func Module(functions map[string]Function) []byte {
	var types, indexes, exports, code []byte
	for i, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		types = appendBytes(appendBytes(append(types, 0x60), f.Params), f.Results)
		indexes = appendUnsigned(indexes, i)
		exports = appendUnsigned(append(appendBytes(exports, []byte(name)), 0x00), i)
		body := append(append([]byte{0x00}, f.Body...), 0x0b) // no locals, the instructions, end
		code = appendBytes(code, body)
	}
	exports = append(appendBytes(exports, []byte("memory")), 0x02, 0x00)
	n := len(functions)
	wasm := []byte{0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00}
	wasm = appendSection(wasm, 1, n, types)
	wasm = appendSection(wasm, 3, n, indexes)
	wasm = appendSection(wasm, 5, 1, []byte{0x00, 32}) // pages, no maximum
	wasm = appendSection(wasm, 7, n+1, exports)
	return appendSection(wasm, 10, n, code)
}

func appendSection(dst []byte, id byte, count int, content []byte) []byte {
	return appendBytes(append(dst, id), append(appendUnsigned(nil, count), content...))
}

// appendBytes appends bytes behind their number.
func appendBytes(dst, b []byte) []byte { return append(appendUnsigned(dst, len(b)), b...) }

// appendUnsigned appends an unsigned LEB128 number.
func appendUnsigned(dst []byte, v int) []byte {
	for ; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

// appendSigned appends a signed LEB128 number.
func appendSigned(dst []byte, v int64) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(dst, b)
		}
		dst = append(dst, b|0x80)
	}
}
