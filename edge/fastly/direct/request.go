//go:build tinygo

package direct

import (
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/fastly"

	"unsafe"
)

// Host is the platform. There is one of it, and one request.
type Host struct {
	request, body Handle
	headers       [edge.MaxHeaders]edge.Header
	address       [16]byte
}

// Serve answers the instance's request by what was built into the service.
func Serve(built string) { fastly.Handle(Start(), built) }

// Start begins to speak with the host. It comes first.
func Start() *Host {
	abiInit(1)
	return &host
}

var host Host

// Open takes the request, without reading it.
func (h *Host) Open() bool {
	return reqDownstream(unsafe.Pointer(&h.request), unsafe.Pointer(&h.body)) == ok
}

// Read is described at fastly.Platform. Where it is false, headers have their names all the same, as far as there is room for those.
func (h *Host) Read(v *edge.Visit) bool {
	if !h.Open() {
		return false
	}
	buffer, n := rest()
	method, readable := keep(reqMethodGet(h.request, buffer, n, unsafe.Pointer(&count)))
	v.Method = method
	buffer, n = rest()
	url, read := keep(reqURIGet(h.request, buffer, n, unsafe.Pointer(&count)))
	v.URL, readable = url, readable && read
	v.Headers, read = request.read(h.request, h.headers[:])
	h.locate(v)
	return readable && read
}

// message says whose headers are read. (A host's function cannot be a value.)
type message bool

const (
	request message = false
	answer  message = true
)

func (m message) names(h Handle) (string, bool) {
	buffer, n := rest()
	if m == answer {
		return keep(respHeaderNames(h, buffer, n, 0, unsafe.Pointer(&ending), unsafe.Pointer(&count)))
	}
	return keep(reqHeaderNames(h, buffer, n, 0, unsafe.Pointer(&ending), unsafe.Pointer(&count)))
}

func (m message) values(h Handle, name string) (string, bool) {
	buffer, n := rest()
	if m == answer {
		return keep(respHeaderValues(h, pointer(name), size(name), buffer, n, 0, unsafe.Pointer(&ending), unsafe.Pointer(&count)))
	}
	return keep(reqHeaderValues(h, pointer(name), size(name), buffer, n, 0, unsafe.Pointer(&ending), unsafe.Pointer(&count)))
}

// read reads the headers of a request or an answer into lines. false: there are more, or more than the room takes; all names are there then as far as
// they fit.
func (m message) read(h Handle, lines []edge.Header) ([]edge.Header, bool) {
	names, whole := m.names(h)
	whole = whole && ending < 0
	used := 0
	for name := ""; ; {
		if name, names = next(names); name == "" {
			return lines[:used], whole
		}
		values := ""
		if whole {
			values, whole = m.values(h, name)
			whole = whole && ending < 0
		}
		for { // once at least, so that each name is there
			if used == len(lines) {
				return lines, false
			}
			lines[used].Name = name
			lines[used].Value, values = next(values)
			used++
			if values == "" {
				break
			}
		}
	}
}

// next takes the first of several texts, each of which ends with a NUL.
func next(s string) (head, tail string) {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// locate fills in whence the request comes.
func (h *Host) locate(v *edge.Visit) {
	if reqClientIP(unsafe.Pointer(&h.address), unsafe.Pointer(&count)) != ok || count != 4 && count != 16 {
		return
	}
	address := h.address[:count]
	v.ClientIP = fastly.AddressText(address)
	buffer, n := rest()
	if place, found := keep(geoLookup(unsafe.Pointer(&address[0]), uint32(len(address)), buffer, n, unsafe.Pointer(&count))); found {
		v.Geo = fastly.GeoOf(place)
	}
}

// Body is described at fastly.Platform.
func (h *Host) Body() ([]byte, bool) { return h.Receive(edge.MaxBody) }

// Receive is the request's body, at most limit bytes, from a multiple of 8 on; false: it is larger, or broken.
func (h *Host) Receive(limit int) ([]byte, bool) { return readAll(h.body, space(limit)) }

// Send is described at fastly.Platform. The request is sent as the host has it, with the changes.
func (h *Host) Send(o *fastly.Outgoing) fastly.Response {
	for _, name := range o.Drop {
		reqHeaderRemove(h.request, pointer(name), size(name))
	}
	for i := range o.Set {
		set := &o.Set[i]
		reqHeaderInsert(h.request, pointer(set.Name), size(set.Name), pointer(set.Value), size(set.Value))
	}
	if o.URL != "" {
		reqURISet(h.request, pointer(o.URL), size(o.URL))
	}
	if o.Private {
		reqCacheOverride(h.request, cachePass, 0, 0, nil, 0)
	} else if o.Key != "" {
		reqHeaderInsert(h.request, pointer(fastly.CacheKeyHeader), size(fastly.CacheKeyHeader), pointer(o.Key), size(o.Key))
	}
	if reqSendAsync(h.request, h.body, pointer(o.Backend), size(o.Backend), unsafe.Pointer(&first)) != ok {
		return nil
	}
	return wait(first, o.Within)
}

const cachePass = 1

// Ask is described at fastly.Platform.
func (h *Host) Ask(q *fastly.Question) edge.HandOver {
	const method, contentType, json, signature = "POST", "content-type", "application/json", "edgewise-signature"
	if reqNew(unsafe.Pointer(&first)) != ok || bodyNew(unsafe.Pointer(&second)) != ok {
		return edge.HandOver{Outcome: edge.Failed}
	}
	req, body := first, second
	reqMethodSet(req, pointer(method), size(method))
	reqURISet(req, pointer(q.URL), size(q.URL))
	reqHeaderInsert(req, pointer(contentType), size(contentType), pointer(json), size(json))
	reqHeaderInsert(req, pointer(signature), size(signature), pointer(q.Signature), size(q.Signature))
	reqCacheOverride(req, cachePass, 0, 0, nil, 0)
	for data := q.Body; len(data) > 0; data = data[count:] {
		if bodyWrite(body, unsafe.Pointer(&data[0]), uint32(len(data)), 0, unsafe.Pointer(&count)) != ok || count == 0 {
			return edge.HandOver{Outcome: edge.Failed}
		}
	}
	if reqSendAsync(req, body, pointer(q.Backend), size(q.Backend), unsafe.Pointer(&first)) != ok {
		return edge.HandOver{Outcome: edge.Failed}
	}
	r, late := await(first, q.Within)
	if r == nil {
		if late {
			return edge.HandOver{Outcome: edge.Late}
		}
		return edge.HandOver{Outcome: edge.Failed}
	}
	data, whole := readAll(r.body, space(edge.MaxBody))
	if !whole {
		return edge.HandOver{Outcome: edge.Failed}
	}
	return edge.HandOver{Outcome: edge.Answered, Status: r.Status(), Body: data, Signature: r.header(signature), Seconds: int64(h.Now() / 1e9)}
}

// Answer is described at fastly.Platform.
func (h *Host) Answer(status int, headers []edge.Header, body string) {
	if respNew(unsafe.Pointer(&first)) != ok || bodyNew(unsafe.Pointer(&second)) != ok {
		return
	}
	r := response{first, second}
	respStatusSet(r.handle, uint32(status))
	for i := range headers {
		r.Add(headers[i].Name, headers[i].Value)
	}
	for data := bytesOf(body); len(data) > 0; data = data[count:] {
		if bodyWrite(r.body, unsafe.Pointer(&data[0]), uint32(len(data)), 0, unsafe.Pointer(&count)) != ok || count == 0 {
			break
		}
	}
	r.Deliver()
}
