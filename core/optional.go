package core

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/format"
)

// callOptional is the functions of optionals. No argument is an error.
func (e *Evaluator) callOptional(f format.Func, x Value, args []Value) Value {
	switch {
	case f == format.FuncOptionalIndex:
		return e.optionalIndex(x, args[1])
	case f == format.FuncUnwrap:
		return e.unwrap(x)
	case f <= format.FuncNonZero && x.kind == format.List:
		x.kind = format.Optional
		if x.num == 0 {
			return x
		}
		if f == format.FuncLast {
			x.ptr = unsafe.Add(x.ptr, uintptr(x.num-1)*unsafe.Sizeof(x))
		}
		x.num = 1
		if f == format.FuncNonZero && x.elements()[0].isZero() {
			x.num = 0
		}
		return x
	case f > format.FuncNonZero && x.kind == format.Optional:
		if f == format.FuncHasValue {
			return Bool(x.num != 0)
		}
		if x.num != 0 {
			return x.elements()[0]
		}
		return failure(NoValue)
	}
	return failure(NoOverload)
}

// isZero says whether v is null, zero or empty. None is not: it is a value of its own.
func (v *Value) isZero() bool {
	switch v.kind {
	case format.Double:
		return v.num<<1 == 0
	case format.Timestamp:
		return v.int() == civil.MinSeconds && v.aux == 0
	case format.Optional:
		return false
	}
	return v.num == 0
}

// optionalIndex is container[?i], and container[i] of an optional: none where there is no such element.
//
//go:noinline
func (e *Evaluator) optionalIndex(container, i Value) Value {
	if container.kind == format.Optional {
		if container.num == 0 {
			return container
		}
		container = container.elements()[0]
	}
	v := index(container, i)
	optional := Value{kind: format.Optional}
	if v.isError() {
		if v.Code() == NoSuchKey || v.Code() == IndexOutOfRange {
			return optional
		}
		return v
	}
	fresh := e.growValues(1)
	if fresh == nil {
		return failure(ScratchFull)
	}
	fresh[0] = v
	optional.ptr, optional.num = unsafe.Pointer(&fresh[0]), 1
	return optional
}

// unwrap gives the values of a list of optionals, or of a map whose values are optionals, without those that are none.
func (e *Evaluator) unwrap(x Value) Value {
	width := 1
	if x.kind == format.Map {
		width = 2
	} else if x.kind != format.List {
		return failure(NoOverload)
	}
	elements := x.elements()
	fresh := e.growValues(len(elements))
	if fresh == nil && len(elements) > 0 {
		return failure(ScratchFull)
	}
	used := 0
	for i := width - 1; i < len(elements); i += width {
		v := &elements[i]
		if v.kind != format.Optional {
			return failure(NoOverload)
		}
		if v.num > 0 {
			fresh[used] = elements[i-width+1] // a map's key, or what the next line writes over
			fresh[used+width-1] = v.elements()[0]
			used += width
		}
	}
	x.ptr, x.num = unsafe.Pointer(unsafe.SliceData(fresh)), uint64(used/width)
	return x
}
