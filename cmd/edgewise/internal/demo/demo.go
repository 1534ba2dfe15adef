// Package demo decides a day of requests from an access log before the eyes of whoever runs it: natively and inside the WebAssembly
// module, side by side, with what came out, how long it took and why.
//
// Reach for Run. Requests go the way they would at the edge: package edge maps each to a context, the engine answers from that. Only
// the demo reads two cookies, so that a log can carry what a site would know otherwise: demo-session is session.id, and
// demo-consent lists the purposes that the visitor consented to.
package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/traffic"
)

// Options are what a demo is run with.
type Options struct {
	Out      io.Writer       // what came out; progress too, where it is a terminal
	Bundle   *bundles.Loaded // what decides
	Log      string          // a log to read, "-" for standard input; "": one is made up
	Write    string          // where a log that is made up is kept; "": it is not
	Requests int             // how many to make up, or to read at most; 0: Ordinary to make up, all to read
	Seed     uint64          // what is made up follows from it
	Try      []Try           // what to do next
}

// Try is a command line to try.
type Try struct{ What, Command string }

// Ordinary is how many requests are made up unless told otherwise.
const Ordinary = 5000

// day is the one that requests are made up for.
var day = time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC)

// Run runs the demo. Lines of the log that are no requests are counted and shown; the error is of reading, writing or loading, or
// says that the two engines disagreed.
func Run(ctx context.Context, o Options) error {
	if len(o.Bundle.Bundle.Decisions) == 0 {
		return fmt.Errorf("bundle %s has no decisions", o.Bundle.Bundle.Name())
	}
	r := &report{out: o.Out, style: term.StyleOf(o.Out), columns: term.Width(o.Out), bundle: o.Bundle.Bundle}
	r.title(o.Bundle)
	engines, err := start(ctx, o.Bundle.Data)
	if err != nil {
		return err
	}
	defer engines.close(ctx)
	r.engines(engines)

	log, done, err := open(o)
	if err != nil {
		return err
	}
	defer done()
	limit := o.Requests
	if o.Log == "" {
		limit = 0
	}
	t := newTally(o.Bundle.Bundle)
	began := time.Now()
	if err := decideAll(ctx, engines, log, limit, t, r.progress(log)); err != nil {
		return err
	}
	r.requests(o, t, time.Since(began))
	if t.requests == 0 {
		return fmt.Errorf("%s: no line of it is a request", log.Name())
	}
	r.answers(t)
	r.latencies(t)
	if err := r.explained(ctx, engines, t); err != nil {
		return err
	}
	r.next(o.Try)
	if t.differing > 0 {
		return fmt.Errorf("the engines disagreed about %d requests", t.differing)
	}
	return r.err
}

// open opens the log, making it up first where there is none. done closes it, and removes what is not to be kept.
func open(o Options) (log *os.File, done func(), err error) {
	if o.Log == "-" {
		return os.Stdin, func() {}, nil
	}
	if o.Log != "" {
		log, err = os.Open(o.Log)
		return log, func() { log.Close() }, err
	}
	temporary := o.Write == ""
	if temporary {
		log, err = os.CreateTemp("", "edgewise-demo-*.log")
	} else {
		log, err = os.Create(o.Write)
	}
	if err != nil {
		return nil, nil, err
	}
	if temporary && os.Remove(log.Name()) == nil {
		temporary = false // gone with its last reader, even if this program is ended
	}
	done = func() {
		log.Close()
		if temporary {
			os.Remove(log.Name())
		}
	}
	requests := o.Requests
	if requests == 0 {
		requests = Ordinary
	}
	if err = traffic.Write(log, o.Seed, requests, day); err == nil {
		_, err = log.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return log, done, nil
}

// engines are the two that decide side by side, one instance each.
type engines struct {
	module       *engine.Module
	native, wasm *engine.Pool
	faults       engine.Faults

	compiling, starting time.Duration // of the module
}

func start(ctx context.Context, bundle []byte) (*engines, error) {
	e := &engines{}
	var err error
	if e.native, err = engine.NewNative(bundle, 1, &e.faults); err != nil {
		return nil, err
	}
	began := time.Now()
	if e.module, err = engine.Compile(ctx, module.Wasm, ""); err != nil {
		return nil, err
	}
	e.compiling = time.Since(began)
	began = time.Now()
	if e.wasm, err = e.module.NewPool(bundle, 1, &e.faults); err != nil {
		e.module.Close(ctx)
		return nil, err
	}
	e.starting = time.Since(began)
	return e, nil
}

func (e *engines) close(ctx context.Context) {
	e.native.Close()
	e.wasm.Close()
	e.module.Close(ctx)
}
