// Package ofrep answers the OpenFeature Remote Evaluation Protocol, version 0.3 (github.com/open-feature/protocol), so that any OpenFeature
// client can ask a host.
//
// Reach for New: the handler answers these paths, and leaves all others a 404.
//
//	POST /ofrep/v1/evaluate/flags/KEY   a decision; what follows flags/ is its name, percent-decoded, whatever it holds
//	POST /ofrep/v1/evaluate/flags       every decision, with an ETag
//	GET  /ofrep/v1/events               server-sent events that say when to ask again
//
// The body is {"context":{...}}: attributes by name, targetingKey, and consent, an object as questions have it; signals that a visitor's browser sends with the
// request, Global Privacy Control and cookies, count beside it. A targeting key is demanded only where a split
// asks for it. What each answer says is in package flag; a value that is absent leaves the caller's own default in place.
//
// The ETag is a digest of the body, so 304 is only said where the body would be the same. What may be sent is bounded: MaxBody bytes, 64 arrays and
// objects within each other, the rate of the key.
package ofrep

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/apikey"
)

// The paths.
const (
	Path       = "/ofrep/v1/"
	flagsPath  = Path + "evaluate/flags"
	eventsPath = Path + "events"
)

const (
	// MaxBody is how many bytes of a request are read: four times what a question can hold.
	MaxBody = 256 << 10
	// Patience is how long a request waits for a free engine. After that it is answered with the declared defaults.
	Patience = 250 * time.Millisecond
)

// Options are what a Handler is made with. Only Host must be set.
type Options struct {
	Host    *host.Host
	Keys    *apikey.Keys     // whoever has one may ask; nil: everybody may
	Rate    float64          // without Keys: the requests a second of all callers together; 0: no limit
	Origins []string         // the origins whose pages may ask, as https://shop.example; "*" is every one; nil: no page of another origin
	Events  bool             // tell clients when the bundle has changed; whoever loads bundles calls Changed
	Now     func() time.Time // nil: time.Now
}

// Handler answers requests. It is an http.Handler.
type Handler struct {
	Options
	limit  *rate.Limiter
	events events
	rooms  sync.Pool // of *room
}

// room is what a request needs while it is worked on.
type room struct{ in, out []byte }

// keptRoom is how much of a room is kept for later requests.
const keptRoom = 64 << 10

// New makes a handler.
func New(options Options) *Handler {
	h := &Handler{Options: options, rooms: sync.Pool{New: func() any { return &room{in: make([]byte, 0, 4<<10)} }}}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Rate > 0 {
		h.limit = apikey.NewLimit(h.Rate)
	}
	h.events.init()
	return h
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.share(w, r) {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	path := r.URL.EscapedPath()
	escaped, single := strings.CutPrefix(path, flagsPath+"/")
	switch {
	case path == eventsPath && h.Events:
		h.serveEvents(w, r)
	case !single && path != flagsPath:
		sayDetails(w, http.StatusNotFound, "no such path; flags are at "+flagsPath)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST, OPTIONS")
		sayDetails(w, http.StatusMethodNotAllowed, "flags are asked for with POST")
	default:
		if caller, ok := h.admit(w, r); ok {
			key, _ := url.PathUnescape(escaped) // an escaped path is well formed
			h.evaluate(w, r, caller, key, single)
		}
	}
}

// everybody is who asks where no key is needed.
var everybody = &apikey.Entry{Scope: apikey.Server}

// admit says who asks, or refuses the request.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request) (caller *apikey.Entry, ok bool) {
	wait := time.Duration(0)
	if h.Keys == nil {
		if caller = everybody; h.limit != nil {
			wait = apikey.Take(h.limit)
		}
	} else {
		if caller = h.Keys.Find(r); caller == nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="edgewise"`)
			sayDetails(w, http.StatusUnauthorized, "an API key is needed, as a bearer token or in X-API-Key; this is none that counts")
			return nil, false
		}
		wait = h.Keys.Wait(caller)
	}
	if wait > 0 {
		sayLater(w, wait)
		return nil, false
	}
	return caller, true
}

// evaluate answers a request for one flag, or for all.
func (h *Handler) evaluate(w http.ResponseWriter, r *http.Request, caller *apikey.Entry, key string, single bool) {
	if single && !caller.Names(key) {
		sayDetails(w, http.StatusForbidden, "the API key "+caller.Name+" may not ask for this flag")
		return
	}
	m := h.rooms.Get().(*room)
	defer h.put(m)
	var err error
	if m.in, err = read(m.in[:0], w, r); err != nil {
		h.refuse(w, key, single, err)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), Patience)
	defer stop()
	names := h.visible(caller, key, single)
	result, err := h.Host.EvaluateJSON(ctx, m.in, signals(r), names, h.Now())
	if err != nil && result.Bundle == "" {
		h.refuse(w, key, single, err)
		return
	}
	if single {
		h.answerOne(w, m, key, result)
		return
	}
	h.answerAll(w, r, m, caller, result)
}

// visible names the decisions to ask for; nil: every one. What a page may not see is for it as if it were not there.
func (h *Handler) visible(caller *apikey.Entry, key string, single bool) []string {
	if !caller.Restricted() {
		if single {
			return []string{key}
		}
		return nil
	}
	names := []string{}
	b := h.Host.Bundle()
	for _, d := range b.Decisions {
		name := b.String(d.Name)
		hidden := caller.Scope == apikey.Page && d.Flags&format.DecisionServer != 0
		if !hidden && caller.Names(name) && (!single || name == key) {
			names = append(names, name)
		}
	}
	return names
}

func (h *Handler) put(m *room) {
	if cap(m.in) <= keptRoom && cap(m.out) <= keptRoom {
		h.rooms.Put(m)
	}
}

// errEncoded is a body that is not written as it is.
var errEncoded = errors.New("the body is compressed: send it as it is")

// read reads a request's body into dst.
func read(dst []byte, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return dst, errEncoded
	}
	body := http.MaxBytesReader(w, r.Body, MaxBody)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := body.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err != nil {
			return dst, notEOF(err)
		}
	}
}
