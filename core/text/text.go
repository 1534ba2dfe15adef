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

// AppendByte is append of a byte, once in the module. Where there is room it is written there: TinyGo's append moves memory even for one byte.
//
//go:noinline
func AppendByte(dst []byte, c byte) []byte {
	n := len(dst)
	if n == cap(dst) {
		return append(dst, c)
	}
	dst = dst[:n+1]
	dst[n] = c
	return dst
}

// AppendText is append of a string, once in the module, and for the same reason by hand where it is short.
//
//go:noinline
func AppendText(dst []byte, s string) []byte {
	const short = 32
	n := len(dst)
	if len(s) > short || len(s) > cap(dst)-n {
		return append(dst, s...)
	}
	dst = dst[:n+len(s)]
	for i := 0; i < len(s); i++ {
		dst[n+i] = s[i]
	}
	return dst
}
