//go:build tinygo && gc.custom

package direct

// The instance's memory. It serves one request and ends, so nothing is ever given back, and all that it takes was never used before: there is no
// collector (TinyGo's -gc=custom asks for the functions below), and memory that is handed out need not be cleared, which would touch each page of it.

import (
	"runtime"
	"unsafe"
)

const pageSize = 64 << 10

var (
	heap [1 << 20]uint64 // what most requests need; only what is touched of it costs anything
	brk  uintptr         // where what is handed out next begins: in heap, later in memory that was grown
	end  uintptr
)

// alloc hands out the next bytes, and traps where the host has no more.
//
//go:linkname alloc runtime.alloc
//go:noinline
func alloc(size uintptr, _ unsafe.Pointer) unsafe.Pointer {
	if end == 0 {
		brk = uintptr(unsafe.Pointer(&heap))
		end = brk + unsafe.Sizeof(heap)
	}
	size = (size + 7) &^ 7
	if size > end-brk {
		pages := max((size-1)/pageSize+1, 64)
		was := memoryGrow(0, int32(pages))
		if was < 0 {
			panic("no memory left")
		}
		brk = uintptr(was) * pageSize
		end = brk + pages*pageSize
	}
	p := unsafe.Pointer(brk)
	brk += size
	return p
}

// memoryGrow is the instruction memory.grow: it adds pages to a memory (there is only 0) and gives its earlier size, or -1.
//
//export llvm.wasm.memory.grow.i32
func memoryGrow(index, pages int32) int32

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
