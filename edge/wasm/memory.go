//go:build tinygo

package main

// The module's memory, from the bottom up: the stack (which grows towards
// address zero, so that overflowing it traps), Go's globals, then the arenas,
// which only ever grow.
//
// There is no garbage collector. TinyGo's -gc=custom asks for the functions at
// the end of this file; what Go code allocates is taken from an arena by
// moving an offset, and given back by moving it back. An arena holds a bundle's
// bytes and, above them, all that was allocated to decide over it. There are two, so
// that a bundle that turns out to be refused has cost the loaded one nothing;
// later loads use them in turn.
//
// Nothing allocated after a mark may be kept in a global past the reset to that
// mark: the memory is handed out again. Tables that are made at their first
// use must be made before the mark is taken.

import (
	"runtime"
	"unsafe"
)

// scratchAlign is the alignment of the widest Go type.
const scratchAlign = 8

// arena is a region of which the first used bytes are taken.
type arena struct {
	region
	used uintptr
}

var (
	arenas  [2]arena
	active  int    // the arena of the loaded bundle
	current *arena // where alloc takes from; nil while the runtime starts
	start   [512]uint64
	started uintptr // bytes of start that the runtime has taken

	// overflow takes what does not fit the active arena during a call, such as a
	// long explanation. It lasts until the next call.
	overflow arena
	inACall  bool
)

// spare is the arena that the next bundle goes to.
func spare() *arena { return &arenas[1-active] }

// reserve makes room for n bytes and for footprint bytes above them, and
// returns the address of the first, or 0 where the host refuses the memory.
func (a *arena) reserve(n, footprint uintptr) uintptr {
	a.used = 0
	if a.region.reserve(align(n)+footprint) == nil {
		return 0
	}
	return a.start
}

// take begins to allocate in the arena, above its first n bytes, which it
// returns; nil where they were not reserved.
func (a *arena) take(n uintptr) []byte {
	if n == 0 || n > a.size {
		return nil
	}
	a.used = align(n)
	current, inACall = a, false
	return unsafe.Slice((*byte)(unsafe.Pointer(a.start)), n)
}

// keepActive goes on with the active arena after a refusal.
func keepActive() {
	spare().used = 0
	current = nil
	if arenas[active].used > 0 {
		current = &arenas[active]
	}
}

// keepSpare makes the spare arena the active one.
func keepSpare() {
	arenas[active].used = 0
	active = 1 - active
}

// scratchUsed returns how many bytes of the current arena are taken. The
// value is also the mark to which scratchReset returns.
func scratchUsed() uintptr {
	if current == nil {
		return started
	}
	return current.used + overflow.used
}

// scratchReset begins a call: it gives back everything allocated since
// scratchUsed returned mark. A mark above what is allocated changes nothing.
func scratchReset(mark uintptr) {
	if current != nil && mark < current.used {
		current.used = mark
	}
	overflow.used, inACall = 0, true
}

func align(n uintptr) uintptr { return (n + scratchAlign - 1) &^ (scratchAlign - 1) }

const (
	// pageSize is the unit in which WebAssembly memory grows, in bytes.
	pageSize = 64 << 10

	// regionLimit bounds one region, in bytes: room for the largest bundle that
	// core accepts with its footprint, and far below what the arithmetic here
	// could not do.
	regionLimit = 32 << 20
)

// A region is a run of memory above Go's own. The zero region is empty. A region never shrinks: later
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

// bump takes the next size bytes, or nil where they do not fit.
func (a *arena) bump(size uintptr) unsafe.Pointer {
	if size > a.size-a.used {
		return nil
	}
	p := unsafe.Pointer(a.start + a.used)
	a.used = min(a.used+align(size), a.size)
	return p
}

// spill takes size bytes from the overflow arena. Where that has to move, what was taken
// before stays valid where it is: nobody else is given the memory.
func spill(size uintptr) unsafe.Pointer {
	if p := overflow.bump(size); p != nil {
		return p
	}
	was := overflow.start
	if overflow.region.reserve(overflow.used+size) == nil {
		return nil
	}
	if overflow.start != was {
		overflow.used = 0
	}
	return overflow.bump(size)
}

// alloc hands out the next size bytes, zeroed, and traps when there is no more:
// the host then discards the instance.
//
//go:linkname alloc runtime.alloc
//go:noinline
func alloc(size uintptr, _ unsafe.Pointer) unsafe.Pointer {
	var p unsafe.Pointer
	switch {
	case current != nil:
		p = current.bump(size)
		if p == nil && inACall {
			p = spill(size)
		}
	case size <= unsafe.Sizeof(start)-started:
		p = unsafe.Add(unsafe.Pointer(&start), started)
		started += align(size)
	}
	if p == nil {
		panic("no memory left")
	}
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
