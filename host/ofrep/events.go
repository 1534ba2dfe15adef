package ofrep

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host/apikey"
)

const (
	// MaxStreams is how many event streams there may be at once. Whoever gets none goes on asking at intervals.
	MaxStreams = 1000
	// heartbeat is how often a stream says that it is alive, so that what lies between does not close it.
	heartbeat = 30 * time.Second
	// streamWrite is how long a client may take to accept an event.
	streamWrite = 10 * time.Second
	// inactivity is after how many seconds a client that nobody looks at should close its stream.
	inactivity = "120"
	// retry is after how many milliseconds a client should come back.
	retry = "5000"
)

// events are the streams that are open.
type events struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	closed  chan struct{} // closed when the handler is
	open    int
}

func (e *events) init() { e.changed, e.closed = make(chan struct{}), make(chan struct{}) }

// Changed tells every client that has an event stream to ask again. It is to be called when another bundle is in service.
func (h *Handler) Changed() {
	h.events.mu.Lock()
	defer h.events.mu.Unlock()
	close(h.events.changed)
	h.events.changed = make(chan struct{})
}

// Close ends the event streams, which a server that shuts down would wait for.
func (h *Handler) Close() {
	h.events.mu.Lock()
	defer h.events.mu.Unlock()
	select {
	case <-h.events.closed:
	default:
		close(h.events.closed)
	}
}

// enter opens a stream, if there is room for one.
func (e *events) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open == MaxStreams {
		return false
	}
	e.open++
	return true
}

func (e *events) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open--
}

// next is closed at the next change.
func (e *events) next() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

// appendStream appends where the events are. A browser can send no header with the request for them, so a ticket stands for the key.
func (h *Handler) appendStream(dst []byte, caller *apikey.Entry) []byte {
	uri := eventsPath
	if h.Keys != nil {
		uri += "?ticket=" + url.QueryEscape(caller.Ticket())
	}
	dst = append(dst, `,"eventStreams":[{"type":"sse","endpoint":{"requestUri":`...)
	return append(text.AppendJSONString(dst, uri), `},"inactivityDelaySec":`+inactivity+`}]`...)
}

// serveEvents holds a stream of events (the HTML standard's text/event-stream) open. A client that comes back and missed a change is told at once.
func (h *Handler) serveEvents(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET, OPTIONS")
		sayDetails(w, http.StatusMethodNotAllowed, "events are asked for with GET")
		return
	case h.Keys != nil && h.Keys.FindTicket(r.URL.Query().Get("ticket")) == nil:
		caller, ok := h.admit(w, r)
		if !ok || caller == nil {
			return
		}
	}
	if !h.events.enter() {
		w.Header().Set("Retry-After", "60")
		sayDetails(w, http.StatusServiceUnavailable, "as many event streams are open as may be")
		return
	}
	defer h.events.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{http.NewResponseController(w), w}
	s.control.SetReadDeadline(time.Time{}) // that for the request's body would end the stream; where there is none there is nothing to set
	changed := h.events.next()
	begin := "retry: " + retry + "\n\n"
	if last := r.Header.Get("Last-Event-ID"); last != "" && last != h.state() {
		begin += h.event()
	}
	for s.write(begin) {
		select {
		case <-changed:
			changed = h.events.next()
			begin = h.event()
		case <-time.After(heartbeat):
			begin = ":\n\n"
		case <-r.Context().Done():
			return
		case <-h.events.closed:
			return
		}
	}
}

// state names what is in service.
func (h *Handler) state() string {
	b := h.Host.Bundle()
	return b.Name() + "-" + strconv.FormatUint(b.Validity().Version, 10)
}

// event says to ask again.
func (h *Handler) event() string {
	state := h.state()
	data := append(text.AppendJSONString([]byte(`{"type":"refetchEvaluation","etag":`), state), '}')
	return "id: " + state + "\nevent: message\ndata: " + string(data) + "\n\n"
}

// stream is a response that is written piece by piece.
type stream struct {
	control *http.ResponseController
	w       http.ResponseWriter
}

// write sends a piece, and says whether there is still somebody who reads.
func (s stream) write(piece string) bool {
	s.control.SetWriteDeadline(time.Now().Add(streamWrite)) // where the server has none there is nothing to set
	if _, err := s.w.Write([]byte(piece)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
