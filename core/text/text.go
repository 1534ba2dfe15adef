// Package text reads and writes numbers, times and durations as text, without tables and without allocating: what strconv, time
// and encoding/json do for a decision, at a fraction of their size in the WebAssembly module.
//
// Readers are named Parse. They take the whole text and answer false for whatever the named standard library function would
// return an error for; none panics. Writers are named Append and extend the slice they are given, so a caller who brings
// capacity pays for no memory. Values come back bit for bit as the standard library gives them.
//
// The functions marked go:noinline are called from many places, or rarely. Without the mark TinyGo copies them into each caller,
// which doubles the size of the package in the module.
package text

// AppendByte is append of a byte, once in the module.
//
//go:noinline
func AppendByte(dst []byte, c byte) []byte { return append(dst, c) }

// AppendText is append of a string, once in the module.
//
//go:noinline
func AppendText(dst []byte, s string) []byte { return append(dst, s...) }
