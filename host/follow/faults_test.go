package follow

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/web"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// fault is what a store does instead of giving an object, whose bytes are data.
type fault struct {
	name   string
	answer func(w http.ResponseWriter, r *http.Request, data []byte)
	codes  string // by which it may be refused
	stalls bool   // it ends with the poll's patience, and not before
}

// body answers with other bytes than those of the object.
func body(change func(data []byte) []byte) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, data []byte) { w.Write(change(bytes.Clone(data))) }
}

func status(code int) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) { http.Error(w, "<html>sorry", code) }
}

// faults are those of stores, of what lies between, and of whoever can write there.
var faults = []fault{
	{"forbidden", status(http.StatusForbidden), "unavailable", false},
	{"gone", status(http.StatusNotFound), "unavailable", false},
	{"an error of the server", status(http.StatusInternalServerError), "unavailable", false},
	{"an answer that ends at once", func(w http.ResponseWriter, _ *http.Request, _ []byte) { panic(http.ErrAbortHandler) }, "unavailable", false},
	{"half an answer", func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:len(data)/2])
	}, "unavailable", false},
	{"no answer", func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }, "unavailable", true},
	{"an answer byte by byte", func(w http.ResponseWriter, r *http.Request, data []byte) {
		for i := 0; r.Context().Err() == nil; i++ {
			w.Write(data[i%len(data):][:1])
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}, "unavailable", true},
	{"an answer without end", func(w http.ResponseWriter, r *http.Request, _ []byte) {
		for room := make([]byte, 1<<20); r.Context().Err() == nil; {
			w.Write(room)
		}
	}, "unavailable", true},
	{"a redirect to another host", func(w http.ResponseWriter, r *http.Request, _ []byte) {
		http.Redirect(w, r, "http://127.0.0.2:9/", http.StatusFound)
	}, "unavailable", false},
	{"a redirect without end", func(w http.ResponseWriter, r *http.Request, _ []byte) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	}, "unavailable", false},
	{"an error page that says it is none", body(func([]byte) []byte { return []byte("<html><body>503 Service Unavailable</body></html>") }), "torn", false},
	{"an empty object", body(func([]byte) []byte { return nil }), "torn", false},
	{"half an object", body(func(data []byte) []byte { return data[:len(data)/2] }), "torn", false},
	{"all but a byte", body(func(data []byte) []byte { return data[:len(data)-1] }), "torn", false},
	{"a bit flipped", body(func(data []byte) []byte { data[len(data)/2] ^= 4; return data }), "torn unavailable", false},
	{"bytes appended", body(func(data []byte) []byte { return append(data, data...) }), "torn", false},
	{"zeros", body(func(data []byte) []byte { return make([]byte, len(data)) }), "torn", false},
	{"JSON of another kind", body(func([]byte) []byte { return []byte(`{"sequence":1e99,"channel":[]}` + "\n") }), "torn", false},
}

// faulty is a folder behind a web server that can be made to fail.
type faulty struct {
	root  string
	fault atomic.Pointer[fault]
	of    atomic.Pointer[string] // a part of the path of what fails
	hits  atomic.Int64
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := os.ReadFile(filepath.Join(f.root, r.URL.Path))
	if fault := f.fault.Load(); fault != nil && strings.Contains(r.URL.Path, *f.of.Load()) {
		f.hits.Add(1)
		if data == nil {
			data = []byte("nothing")
		}
		fault.answer(w, r, data)
		return
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	tag := `"` + store.DigestTag(data) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(data)
}

// Whatever a store does while a host serves, the host decides as before, says by what code it refused, and has what is new once that is over. Memory is
// as before.
func TestAServingHostOutlivesEveryFaultOfItsStore(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var tried atomic.Int64
	t.Run("engines", func(t *testing.T) {
		for _, engine := range []host.Engine{host.Native, host.Wasm} {
			t.Run(string(engine), func(t *testing.T) {
				t.Parallel()
				tried.Add(outlive(t, engine))
			})
		}
	})
	grown := int64(heap()) - int64(before)
	require.Less(t, grown, int64(4<<20), "bytes of memory more than before")
	t.Logf("%d faults outlived by hosts that went on deciding; memory %+d bytes", tried.Load(), grown)
}

func outlive(t *testing.T, engine host.Engine) (tried int64) {
	s := newScene(t)
	f := &faulty{root: s.root}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close) // after what is cancelled in it
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	remote, err := channel.Open(web.Open(u), "production")
	require.NoError(t, err)
	s.follow.Channel = remote

	version := 0
	release := func() {
		version++
		s.publish(func(r *channel.Release) {
			r.Payload = sample.Compile(t, fmt.Sprintf("bundle: shop\nowner: %d\ndecisions: {hero: {purpose: necessary, variants: {a: %d, b: -1}, default: b, rules: [{id: de, when: geo.country == 'DE', serve: a}]}}\n", version, version))
		})
	}
	release()
	h, err := s.follow.Serve(t.Context(), host.Options{Engine: engine, Instances: 2})
	require.NoError(t, err)
	defer h.Close(context.Background())
	decides := func(want int, why string) {
		t.Helper()
		for country, value := range map[string]int{"DE": want, "FR": -1} {
			result, err := h.Decide(t.Context(), host.Question{Now: s.now, Context: host.Context{"geo.country": country}})
			require.NoError(t, err)
			require.Equal(t, uint64(want), result.Version, why)
			require.Equal(t, fmt.Sprint(value), string(result.Decisions[0].Value), why)
		}
	}
	decides(1, "at first")
	for i := range faults {
		for _, object := range []string{"/head", "/envelopes/", "/keys/"} {
			fault := &faults[i]
			name := fault.name + " for " + object
			if object == "/keys/" && fault.name == "gone" {
				continue // which is how it always is
			}
			release()
			s.events = nil
			counted := s.follow.Refusals()
			f.of.Store(&object)
			f.fault.Store(fault)
			hits := f.hits.Load()
			if fault.stalls {
				s.follow.Patience = time.Second / 2
			}
			s.poll(1)
			s.follow.Patience = time.Minute
			require.Greater(t, f.hits.Load(), hits, name)
			f.fault.Store(nil)
			decides(version-1, name)
			require.Len(t, s.events, 1, name)
			require.Contains(t, fault.codes, s.events[0], name)
			require.Equal(t, counted[s.events[0]]+1, s.follow.Refusals()[s.events[0]], name)
			require.Equal(t, uint64(version-1), s.follow.Status().Release.Version, name)
			s.poll(1)
			decides(version, "after "+name)
			tried++
		}
	}
	require.Zero(t, h.Faults())
	return tried
}
