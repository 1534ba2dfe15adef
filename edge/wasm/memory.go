//go:build tinygo

package main

// The module's memory, from the bottom up: the stack (which grows towards
// address zero, so that overflowing it traps), Go's globals with the scratch
// area among them, then the regions, which only ever grow.
//
// There is no garbage collector. TinyGo's -gc=custom asks for the functions at
// the end of this file; what Go code allocates is taken from the scratch area
// by moving an offset, and given back by moving it back. Two rules follow:
//
//   - Nothing allocated after a mark may be kept in a global past the reset to
//     that mark: the memory is handed out again. Tables that are made at their
//     first use must be made before the mark is taken.
//   - A decision must not allocate. Its export resets the area before it
//     starts, so what it leaves allocated shows in scratchUsed.

import (
	"runtime"
	"unsafe"
)

// scratchSize bounds what may be allocated while loading, in bytes. It is a
// constant of the module: an instance costs its host this much and no more
// for the Go heap, whatever a bundle contains.
const scratchSize = 256 << 10

// scratchAlign is the alignment of the widest Go type.
const scratchAlign = 8

var (
	scratch [scratchSize / scratchAlign]uint64
	used    uintptr // bytes of scratch handed out
)

// scratchUsed returns how many bytes of the scratch area are allocated. The
// value is also the mark to which scratchReset returns.
func scratchUsed() uintptr {
	return used
}

// scratchReset gives back everything allocated since scratchUsed returned
// mark. A mark above what is allocated changes nothing.
func scratchReset(mark uintptr) {
	if mark < used {
		used = mark
	}
}

const (
	// pageSize is the unit in which WebAssembly memory grows, in bytes.
	pageSize = 64 << 10

	// regionLimit bounds one region, in bytes: well above the largest bundle
	// that core accepts, and far below what the arithmetic here could not do.
	regionLimit = 16 << 20
)

// A region is a run of memory above Go's own, for bytes that the host writes,
// such as a bundle. The zero region is empty. A region never shrinks: later
// and smaller contents reuse what the largest one needed.
type region struct {
	start, size uintptr
}

// reserve returns n bytes of the region, growing it when it is too small. It
// returns nil when n is above regionLimit or the host refuses the memory; the
// region is then as it was. The contents are undefined, and slices that an
// earlier call returned may no longer belong to the region.
func (r *region) reserve(n uintptr) []byte {
	if n > regionLimit || n > r.size && !r.grow(n) {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(r.start)), n)
}

// grow makes room for n bytes. A region that ends where the memory ends grows
// in place. Any other moves there and at least doubles, so that all the blocks
// it ever leaves behind are together smaller than the one it has.
func (r *region) grow(n uintptr) bool {
	end := uintptr(memorySize(0)) * pageSize
	start, wanted := r.start, n-r.size
	if r.start+r.size != end {
		start, wanted = end, max(n, 2*r.size)
	}
	pages := (wanted-1)/pageSize + 1
	if memoryGrow(0, int32(pages)) < 0 {
		return false
	}
	r.start, r.size = start, end+pages*pageSize-start
	return true
}

// memorySize returns the size of the memory with the given index (there is
// only 0), in pages. It is the instruction memory.size.
//
//export llvm.wasm.memory.size.i32
func memorySize(index int32) int32

// memoryGrow adds pages to the memory with the given index and returns its
// earlier size, or -1. It is the instruction memory.grow.
//
//export llvm.wasm.memory.grow.i32
func memoryGrow(index, pages int32) int32

// alloc hands out the next size bytes, zeroed, and traps when the scratch area
// is full: the host then discards the instance.
//
//go:linkname alloc runtime.alloc
//go:noinline
func alloc(size uintptr, _ unsafe.Pointer) unsafe.Pointer {
	if size > scratchSize-used {
		panic("scratch area full")
	}
	p := unsafe.Add(unsafe.Pointer(&scratch), used)
	used += (size + scratchAlign - 1) &^ (scratchAlign - 1)
	clear(unsafe.Slice((*byte)(p), size))
	return p
}

// What else a collector has to offer: nothing is collected, so nothing happens.

//go:linkname initHeap runtime.initHeap
func initHeap() {}

//go:linkname free runtime.free
func free(unsafe.Pointer) {}

//go:linkname markRoots runtime.markRoots
func markRoots(_, _ uintptr) {}

//go:linkname gc runtime.GC
func gc() {}

//go:linkname setFinalizer runtime.SetFinalizer
func setFinalizer(_, _ any) {}

//go:linkname readMemStats runtime.ReadMemStats
func readMemStats(*runtime.MemStats) {}
