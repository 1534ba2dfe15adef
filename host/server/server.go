// Package server runs a host as an HTTP server of its own, bounded in everything that a caller can make it hold: connections, headers, bodies, and
// the time that each may take.
//
// Reach for New, and then Run. Besides what package ofrep answers there are
//
//	GET /healthz   200 while the server runs: {"status":"ok","bundle":{"name":"shop","version":3,"stale":false,"expired":false},"faults":{...}}
//	                with "channel" where it follows one: {"candidate":false,"held":4,"clock_set_back":false,"answered":"2026-12-01T08:00:00Z","refused":{"version":2}}
//	GET /readyz    200 while it takes requests; 503 once it has been told to end
package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"github.com/edgewise-dev/edgewise/host/follow"
	"github.com/edgewise-dev/edgewise/host/ofrep"
)

// What a connection may take. Callers are programs that answer at once: these are far more than they need.
const (
	headerTimeout = 5 * time.Second  // from a request's first byte to the end of its headers
	readTimeout   = 10 * time.Second // and to the end of its body
	writeTimeout  = 10 * time.Second // from there to the end of the answer
	idleTimeout   = 90 * time.Second // between two requests; longer than most clients and proxies keep one
	maxHeader     = 16 << 10         // bytes
)

// Options are what a Server is made with. Host must be set, in Options.OFREP.
type Options struct {
	OFREP       ofrep.Options
	Follower    *follow.Follower // what keeps OFREP.Host current; nil: nothing does
	Connections int              // how many there may be at once; more of them wait to be accepted. 0: Connections
	Grace       time.Duration    // how long requests that have begun may take once the server is told to end. 0: Grace
	Log         *slog.Logger     // nil: slog.Default
}

// What Options have where they say nothing.
const (
	Connections = 4096
	Grace       = 10 * time.Second
)

// Server serves a host.
type Server struct {
	options  Options
	flags    *ofrep.Handler
	draining atomic.Bool
}

// New makes a server.
func New(options Options) *Server {
	if options.Connections <= 0 {
		options.Connections = Connections
	}
	if options.Grace <= 0 {
		options.Grace = Grace
	}
	if options.Log == nil {
		options.Log = slog.Default()
	}
	return &Server{options: options, flags: ofrep.New(options.OFREP)}
}

// Changed says that another bundle is in service, so that clients which listen for that ask again.
func (s *Server) Changed() { s.flags.Changed() }

// Run serves until ctx ends. Then it takes no more connections, and ends when the requests that have begun are answered; the error is nil. Those that
// take longer than the grace are cut off, and the error says so. It closes the listener.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(s.flags.Close)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(listener, s.options.Connections)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	grace, stop := context.WithTimeout(context.Background(), s.options.Grace)
	defer stop()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(errors.New("requests were cut off, for they took longer than "+s.options.Grace.String()), server.Close())
	}
	return err
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, ofrep.Path):
		s.flags.ServeHTTP(w, r)
	case r.URL.Path == "/healthz":
		s.tell(w, r, http.StatusOK, s.health())
	case r.URL.Path == "/readyz" && s.draining.Load():
		s.tell(w, r, http.StatusServiceUnavailable, state{Status: "ending"})
	case r.URL.Path == "/readyz":
		s.tell(w, r, http.StatusOK, state{Status: "ready"})
	default:
		http.Error(w, "no such path; flags are at "+ofrep.Path+", health at /healthz", http.StatusNotFound)
	}
}

// state is what health and readiness say.
type state struct {
	Status  string     `json:"status"`
	Bundle  *bundle    `json:"bundle,omitempty"`
	Faults  *faults    `json:"faults,omitempty"`
	Channel *following `json:"channel,omitempty"`
}

type bundle struct {
	Name    string `json:"name"`
	Version uint64 `json:"version"`
	Stale   bool   `json:"stale"`
	Expired bool   `json:"expired"`
}

type faults struct {
	Traps        uint64 `json:"traps"`
	FailedStarts uint64 `json:"failed_starts"`
}

// following is how a host does that is kept current.
type following struct {
	Candidate bool              `json:"candidate"`          // what is in service is a candidate
	Held      uint64            `json:"held,omitempty"`     // the version of the candidate that was given up
	Clock     bool              `json:"clock_set_back"`     // nothing new is accepted until it is right again
	Answered  string            `json:"answered,omitempty"` // when the store answered last
	Refused   map[string]uint64 `json:"refused,omitempty"`  // how often, by the code of a verify.Refusal
}

func followingOf(f *follow.Follower) *following {
	if f == nil {
		return nil
	}
	s := f.Status()
	now := &following{Candidate: s.Release.Candidate, Held: s.Held, Clock: s.Clock, Refused: f.Refusals()}
	if !s.Answered.IsZero() {
		now.Answered = s.Answered.UTC().Format(time.RFC3339)
	}
	return now
}

func (s *Server) health() state {
	h := s.options.OFREP.Host
	b, f, now := h.Bundle(), h.Faults(), time.Now().Unix()
	v := b.Validity()
	return state{"ok", &bundle{b.Name(), v.Version, v.Stale(now), v.Expired(now)}, &faults{f.Traps, f.FailedStarts}, followingOf(s.options.Follower)}
}

func (s *Server) tell(w http.ResponseWriter, r *http.Request, status int, what state) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "ask with GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(what) // who does not read it needs no answer
}

// Loopback says whether only this machine can reach an address such as 127.0.0.1:8016.
func Loopback(address string) (bool, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback(), nil
}
