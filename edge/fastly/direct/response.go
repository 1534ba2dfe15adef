//go:build tinygo

package direct

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/fastly"
)

// response is a fastly.Response that the host has.
type response struct{ handle, body Handle }

// wait gives what a pending request is answered with; nil: nothing, within so many milliseconds.
func wait(pending Handle, within int) fastly.Response {
	if r, _ := await(pending, within); r != nil {
		return r
	}
	return nil
}

func await(pending Handle, within int) (r *response, late bool) {
	if within > 0 {
		second = pending
		if asyncSelect(unsafe.Pointer(&second), 1, uint32(within), unsafe.Pointer(&count)) != ok {
			return nil, false
		}
		if count != 0 {
			return nil, true
		}
	}
	if reqWait(pending, unsafe.Pointer(&first), unsafe.Pointer(&second)) != ok {
		return nil, false
	}
	return &response{first, second}, false
}

func (r *response) Status() int {
	count = 0
	respStatusGet(r.handle, unsafe.Pointer(&count))
	return int(count & 0xffff)
}

func (r *response) Headers() []edge.Header {
	lines, whole := answer.read(r.handle, make([]edge.Header, edge.MaxHeaders))
	if !whole {
		lines = append(lines, edge.Header{Name: "Set-Cookie"}) // what has not been read may be one
	}
	return lines
}

// header is the first line of a name.
func (r *response) header(name string) string {
	values, _ := answer.values(r.handle, name)
	value, _ := next(values)
	return value
}

func (r *response) Set(name, value string) {
	respHeaderInsert(r.handle, pointer(name), size(name), pointer(value), size(value))
}

func (r *response) Add(name, value string) {
	respHeaderAppend(r.handle, pointer(name), size(name), pointer(value), size(value))
}

func (r *response) Remove(name string) { respHeaderRemove(r.handle, pointer(name), size(name)) }

// Deliver hands the page over to the host, which streams it to the visitor.
func (r *response) Deliver() { respSend(r.handle, r.body, 0) }
