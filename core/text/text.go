// Package text reads and writes numbers, times and durations as text, without tables and without allocating: what strconv, time
// and encoding/json do for a decision, at a tenth of their size in the WebAssembly module.
//
// Readers are named Parse. They take the whole text and answer false for whatever the named standard library function would
// return an error for; none panics. Writers are named Append and extend the slice they are given, so a caller who brings
// capacity pays for no memory. Values come back bit for bit as the standard library gives them.
package text
