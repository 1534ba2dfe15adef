package ofrep

import (
	"net/http"
	"slices"
)

// share says which pages of other origins may ask and read the answer (CORS, the Fetch standard), and answers a browser's question whether it may: then there
// is nothing else to do. No cookie and no password of the browser is ever needed, so none is asked for.
func (h *Handler) share(w http.ResponseWriter, r *http.Request) (done bool) {
	if len(h.Origins) == 0 {
		return false
	}
	header := w.Header()
	origin := r.Header.Get("Origin")
	switch {
	case slices.Contains(h.Origins, "*"):
		origin = "*"
	case !slices.Contains(h.Origins, origin):
		header.Add("Vary", "Origin")
		return false
	default:
		header.Add("Vary", "Origin")
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "POST, GET")
	header.Set("Access-Control-Allow-Headers", "Content-Type, Authorization, X-API-Key, If-None-Match, Last-Event-ID, Cache-Control, traceparent, tracestate")
	header.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
	return true
}
