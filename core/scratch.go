package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/format"
)

// What conditions build for themselves - text joined, lists made - goes to two scratch areas of these sizes, emptied for each
// condition, so that none has less room because of what else was asked. A condition that needs more ends in the error ScratchFull,
// the same wherever core runs.
const (
	ScratchBytes  = 16 << 10
	ScratchValues = 1 << 10
)

// scratch is an evaluator's room for values that conditions make.
type scratch struct {
	bytes     [ScratchBytes]byte
	usedBytes int
	vals      [ScratchValues]Value
	usedVals  int
	full      bool // a piece of the text that is being written did not fit
}

// empty forgets what was built.
func (e *Evaluator) empty() {
	if countSteps {
		e.countRun()
	}
	e.usedBytes, e.usedVals = 0, 0
}

// growBytes gives n fresh bytes, or nil where they do not fit.
//
//go:noinline
func (s *scratch) growBytes(n int) []byte {
	if n > len(s.bytes)-s.usedBytes {
		return nil
	}
	fresh := s.bytes[s.usedBytes : s.usedBytes+n]
	s.usedBytes += n
	return fresh
}

// growValues gives n fresh values, or nil where they do not fit.
//
//go:noinline
func (s *scratch) growValues(n int) []Value {
	if n > len(s.vals)-s.usedVals {
		return nil
	}
	fresh := s.vals[s.usedVals : s.usedVals+n]
	s.usedVals += n
	return fresh
}

// free is the unused rest, to append to; keep makes what was appended part of the area.
//
//go:noinline
func (s *scratch) free() []byte { return s.bytes[s.usedBytes:s.usedBytes:len(s.bytes)] }

// keep gives the text that was appended to free. Appending beyond the area has moved it elsewhere: that is ScratchFull.
//
//go:noinline
func (s *scratch) keep(appended []byte) Value {
	if len(appended) > len(s.bytes)-s.usedBytes {
		return failure(ScratchFull)
	}
	kept := s.bytes[s.usedBytes : s.usedBytes+len(appended)]
	s.usedBytes += len(appended)
	return Value{kind: format.String, ptr: unsafe.Pointer(unsafe.SliceData(kept)), num: uint64(len(kept))}
}

// concatenate joins two strings, byte strings or lists of the same kind. Where the right one already follows the left one in memory, as in
// a list that a comprehension grows element by element, nothing is copied; where the left one is the last thing made, only the right one.
func (e *Evaluator) concatenate(x, y Value) Value {
	if x.num == 0 {
		return y
	}
	if y.num == 0 {
		return x
	}
	joined := Value{kind: x.kind, ptr: x.ptr, num: x.num + y.num}
	s := &e.scratch
	if x.kind == format.List {
		size := unsafe.Sizeof(Value{})
		if uintptr(x.ptr)+uintptr(x.num)*size == uintptr(y.ptr) && s.owns(x.ptr) && s.owns(y.ptr) {
			return joined
		}
		fresh := s.growValues(int(joined.num))
		if fresh == nil {
			return failure(ScratchFull)
		}
		copy(fresh[copy(fresh, x.elements()):], y.elements())
		joined.ptr = unsafe.Pointer(&fresh[0])
		return joined
	}
	if s.usedBytes > 0 && uintptr(x.ptr)+uintptr(x.num) == uintptr(unsafe.Pointer(&s.bytes[0]))+uintptr(s.usedBytes) {
		fresh := s.growBytes(int(y.num))
		if fresh == nil {
			return failure(ScratchFull)
		}
		copy(fresh, y.bytes())
		return joined
	}
	fresh := s.growBytes(int(joined.num))
	if fresh == nil {
		return failure(ScratchFull)
	}
	copy(fresh[copy(fresh, x.bytes()):], y.bytes())
	joined.ptr = unsafe.Pointer(&fresh[0])
	return joined
}

// owns says whether p points into the area of values.
func (s *scratch) owns(p unsafe.Pointer) bool {
	start := uintptr(unsafe.Pointer(&s.vals[0]))
	return uintptr(p) >= start && uintptr(p) < start+uintptr(len(s.vals))*unsafe.Sizeof(s.vals[0])
}
