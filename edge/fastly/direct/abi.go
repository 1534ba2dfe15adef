//go:build tinygo

// Package direct answers for a Fastly Compute service by calling Fastly's host itself: the functions of compute-at-edge-abi, as the .witx files of
// github.com/fastly/Viceroy describe them. It is a fastly.Platform in a few kilobytes, without the SDK, goroutines or garbage collection.
//
// An instance serves one request and ends, so everything lies in buffers of the package, and texts that it gives are views of them. A request is
// changed where the host has it, and pages go from the origin to the visitor without coming here.
package direct

import "unsafe"

// Status is what a call of the host says.
type Status uint32

const ok Status = 0

// Handle names a thing of the host's.
type Handle uint32

//go:wasmimport fastly_abi init
func abiInit(version uint64) Status

// pointer and size are how a text crosses the boundary.
func pointer(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s)) }

func size(s string) uint32 { return uint32(len(s)) }

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// room holds the texts of a request: its lines, at most 128 KiB, and what is short besides.
var (
	room [192 << 10]byte
	used int
)

// What calls of the host write to: on the stack each would be allocated.
var (
	count  uint32
	ending int64
	wide   uint64
	first  Handle
	second Handle
)

// rest is the buffer that the next text goes to.
func rest() (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(room[used:])), uint32(len(room) - used)
}

// keep is the text that a call wrote to rest, count bytes of it; false: it failed, or there was no room.
func keep(status Status) (string, bool) {
	if status != ok || int(count) > len(room)-used {
		return "", false
	}
	text := unsafe.String(unsafe.SliceData(room[used:]), int(count))
	used += int(count)
	return text, true
}

// readAll reads a body to its end, at most limit bytes; false: it has more, or broke off.
func readAll(body Handle, dst []byte) ([]byte, bool) {
	n := 0
	for n < len(dst) {
		if bodyRead(body, unsafe.Pointer(&dst[n]), uint32(len(dst)-n), unsafe.Pointer(&count)) != ok {
			return nil, false
		}
		if count == 0 {
			return dst[:n], true
		}
		n += int(count)
	}
	var more [1]byte
	status := bodyRead(body, unsafe.Pointer(&more), 1, unsafe.Pointer(&count))
	return dst, status == ok && count == 0
}

// writeAll writes a body and ends it.
func writeAll(body Handle, data []byte) bool {
	for len(data) > 0 {
		if bodyWrite(body, unsafe.Pointer(&data[0]), uint32(len(data)), 0, unsafe.Pointer(&count)) != ok || count == 0 {
			return false
		}
		data = data[count:]
	}
	return bodyClose(body) == ok
}

// space gives n bytes that start at a multiple of 8.
func space(n int) []byte {
	words := make([]uint64, n/8+1)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
}
