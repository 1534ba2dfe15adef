package cloudflarekv

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
)

// stub answers as the API's documentation says that it does.
type stub struct {
	mu         sync.Mutex
	namespaces map[string]map[string][]byte
	written    func(values map[string][]byte, key string) // after a write, if not nil
	limited    int                                        // how many writes to answer with 429
}

func newStub(t *testing.T) (*stub, func(string) string) {
	s := &stub{namespaces: map[string]map[string][]byte{}}
	mux := http.NewServeMux()
	const namespace = "/client/v4/accounts/{account}/storage/kv/namespaces/{namespace}"
	mux.HandleFunc("GET "+namespace+"/keys", s.list)
	mux.HandleFunc("GET "+namespace+"/values/{key}", s.get)
	mux.HandleFunc("PUT "+namespace+"/values/{key}", s.put)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.Header.Get("Authorization") != "Bearer SECRET":
			fail(w, http.StatusUnauthorized, 10000, "Authentication error")
		case strings.Contains(r.URL.Path, "/namespaces/none/"):
			fail(w, http.StatusNotFound, 10013, "namespace not found")
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return s, environment(map[string]string{"CLOUDFLARE_API_TOKEN": "SECRET", "CLOUDFLARE_API_BASE_URL": server.URL + "/client/v4"})
}

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func fail(w http.ResponseWriter, status, code int, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"result":null,"success":false,"errors":[{"code":%d,"message":%q}],"messages":[]}`, code, message)
}

func (s *stub) values(r *http.Request) map[string][]byte {
	id := r.PathValue("namespace")
	if s.namespaces[id] == nil {
		s.namespaces[id] = map[string][]byte{}
	}
	return s.namespaces[id]
}

func (s *stub) get(w http.ResponseWriter, r *http.Request) {
	data, ok := s.values(r)[r.PathValue("key")]
	if !ok {
		fail(w, http.StatusNotFound, 10009, "get: 'key not found'")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(data)
}

func (s *stub) put(w http.ResponseWriter, r *http.Request) {
	if s.limited > 0 {
		s.limited--
		fail(w, http.StatusTooManyRequests, 10048, "rate limited")
		return
	}
	data, _ := io.ReadAll(r.Body)
	s.values(r)[r.PathValue("key")] = data
	if s.written != nil {
		s.written(s.values(r), r.PathValue("key"))
	}
	fmt.Fprint(w, `{"result":null,"success":true,"errors":[],"messages":[]}`)
}

// list gives pages of 5 at most, whatever is asked for.
func (s *stub) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var keys []string
	for key := range s.values(r) {
		if strings.HasPrefix(key, query.Get("prefix")) && key > query.Get("cursor") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	cursor := ""
	if len(keys) > 5 {
		keys, cursor = keys[:5], keys[4]
	}
	result := []map[string]string{}
	for _, key := range keys {
		result = append(result, map[string]string{"name": key})
	}
	json.NewEncoder(w).Encode(map[string]any{"success": true, "errors": []any{}, "result": result,
		"result_info": map[string]any{"count": len(keys), "cursor": cursor}})
}

func open(t *testing.T, name string, getenv func(string) string) *Store {
	u, err := url.Parse(name)
	require.NoError(t, err)
	s, err := Open(u, getenv)
	require.NoError(t, err)
	s.settle = time.Millisecond
	return s
}

func TestStore(t *testing.T) {
	_, getenv := newStub(t)
	storetest.Run(t, storetest.Kind{
		Open:      func(t *testing.T, name string) store.Store { return open(t, "cloudflare-kv://account/"+name, getenv) },
		Many:      12,
		Unguarded: true,
	})
}

// Of two publishers the later wins, and the earlier is told, if it looks soon enough.
func TestAnotherWriterIsNoticed(t *testing.T) {
	stub, getenv := newStub(t)
	s := open(t, "cloudflare-kv://account/shop", getenv)
	tag, err := s.Put(t.Context(), "head", []byte("first"), "")
	require.NoError(t, err)

	stub.written = func(values map[string][]byte, key string) { values[key] = []byte("another's") }
	_, err = s.Put(t.Context(), "head", []byte("second"), tag)
	require.ErrorIs(t, err, store.ErrChanged)

	// What is read after a write may be older than the write.
	object, err := s.Get(t.Context(), "head", "")
	require.NoError(t, err)
	stub.written = func(values map[string][]byte, key string) { values[key] = []byte("another's") }
	_, err = s.Put(t.Context(), "head", []byte("third"), object.Tag)
	require.NoError(t, err)
}

func TestWaitsWhereWritesAreLimited(t *testing.T) {
	stub, getenv := newStub(t)
	stub.limited = 1
	_, err := open(t, "cloudflare-kv://account/shop", getenv).Put(t.Context(), "head", []byte("x"), "")
	require.NoError(t, err)
}

func TestFailures(t *testing.T) {
	for _, name := range []string{"cloudflare-kv://account", "cloudflare-kv://account/a/b", "cloudflare-kv:///shop"} {
		u, err := url.Parse(name)
		require.NoError(t, err)
		_, err = Open(u, environment(map[string]string{"CLOUDFLARE_API_TOKEN": "SECRET"}))
		require.ErrorContains(t, err, "write cloudflare-kv://ACCOUNT/NAMESPACE", name)
	}
	u, err := url.Parse("cloudflare-kv://account/shop")
	require.NoError(t, err)
	_, err = Open(u, environment(nil))
	require.ErrorContains(t, err, "no credentials")

	_, getenv := newStub(t)
	s := open(t, "cloudflare-kv://account/none", getenv)
	_, err = s.Get(t.Context(), "head", "")
	require.ErrorContains(t, err, `cannot read cloudflare-kv://account/none: head: the server answered 404, code 10013: "namespace not found"`)
	hint(t, err, "wrangler kv namespace list")

	s.token = "old"
	_, err = s.Get(t.Context(), "head", "")
	require.ErrorContains(t, err, "401")
	hint(t, err, "CLOUDFLARE_API_TOKEN")
}

func hint(t *testing.T, err error, want string) {
	var failed *store.Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Hint(), want)
}
