package httpcache

import (
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
)

// handler is a platform over net/http: it makes a visit of a request, does what the plan says, and passes on what the origin answers. Exchanges serve one
// request at a time.
type handler struct {
	exchanges sync.Pool
	origin    http.RoundTripper
	secret    []byte
}

func newHandler(b *core.Bundle, origin http.RoundTripper, secret []byte) *handler {
	h := &handler{origin: origin, secret: secret}
	h.exchanges.New = func() any { return edge.NewExchange(b) }
	return h
}

// visitOf makes a visit of a request. What a platform knows for itself, the client's country, the time and fresh random bytes, the test says in headers.
func (h *handler) visitOf(r *http.Request) *edge.Visit {
	v := &edge.Visit{Request: edge.Request{Method: r.Method, URL: r.RequestURI, Headers: []edge.Header{{Name: "Host", Value: r.Host}}}, Secrets: [][]byte{h.secret}}
	for name, lines := range r.Header {
		for _, line := range lines {
			v.Headers = append(v.Headers, edge.Header{Name: name, Value: line})
		}
	}
	v.Geo.Country = r.Header.Get("X-Test-Country")
	v.Seconds, _ = strconv.ParseInt(r.Header.Get("X-Test-Time"), 10, 64)
	v.Random, _ = hex.DecodeString(r.Header.Get("X-Test-Random"))
	return v
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.exchanges.Get().(*edge.Exchange)
	defer h.exchanges.Put(x)
	plan := x.Plan(h.visitOf(r))
	var reply edge.Reply
	if plan.Action == edge.Answer {
		reply.To(plan, nil)
		write(w, &reply)
		if plan.Location != "" {
			w.Header().Set("Location", plan.Location)
		}
		w.WriteHeader(plan.Status)
		_, _ = io.WriteString(w, plan.Body)
		return
	}
	onward, err := http.NewRequestWithContext(r.Context(), r.Method, "http://origin.example"+plan.Origin.Path, nil)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	onward.Header = r.Header.Clone()
	for _, name := range plan.Drop {
		onward.Header.Del(name)
	}
	for _, set := range plan.RequestHeaders {
		onward.Header.Set(set.Name, set.Value)
	}
	answer, err := h.origin.RoundTrip(onward)
	if err != nil {
		http.Error(w, "no origin", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	var lines []edge.Header
	for name, values := range answer.Header {
		for _, value := range values {
			lines = append(lines, edge.Header{Name: name, Value: value})
			w.Header().Add(name, value)
		}
	}
	reply.To(plan, lines)
	write(w, &reply)
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// write does to the headers of an answer what a reply says.
func write(w http.ResponseWriter, reply *edge.Reply) {
	for _, name := range reply.Drop {
		w.Header().Del(name)
	}
	for _, set := range reply.Set {
		w.Header().Set(set.Name, set.Value)
	}
	for _, c := range reply.Cookies {
		w.Header().Add("Set-Cookie", string(edge.AppendSetCookie(nil, &c)))
	}
}
