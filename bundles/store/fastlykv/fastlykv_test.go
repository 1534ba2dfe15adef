package fastlykv

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
)

// stub answers as the API's documentation says that it does.
type stub struct {
	mu     sync.Mutex
	behind bool // reads do not see the last write yet
	last   uint64
	stores map[string]map[string]item // from a store's identifier, then from a key
}

type item struct {
	generation uint64
	data       []byte
}

func newStub(t *testing.T) (*stub, func(string) string) {
	s := &stub{stores: map[string]map[string]item{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /resources/stores/kv/{store}/keys", s.list)
	mux.HandleFunc("GET /resources/stores/kv/{store}/keys/{key}", s.get)
	mux.HandleFunc("PUT /resources/stores/kv/{store}/keys/{key}", s.put)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Header.Get("Fastly-Key") != "SECRET" {
			http.Error(w, `{"msg":"Provided credentials are missing or invalid"}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return s, environment(map[string]string{"FASTLY_API_TOKEN": "SECRET", "FASTLY_API_ENDPOINT": server.URL})
}

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func (s *stub) items(w http.ResponseWriter, r *http.Request) map[string]item {
	id := r.PathValue("store")
	if id == "none" {
		http.Error(w, `{"title":"store not found","status":404}`, http.StatusNotFound)
		return nil
	}
	if s.stores[id] == nil {
		s.stores[id] = map[string]item{}
	}
	return s.stores[id]
}

func (s *stub) get(w http.ResponseWriter, r *http.Request) {
	found, ok := s.items(w, r)[r.PathValue("key")]
	if !ok || s.behind {
		http.Error(w, `{"title":"item not found","status":404}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Generation", strconv.FormatUint(found.generation, 10))
	w.Write(found.data)
}

func (s *stub) put(w http.ResponseWriter, r *http.Request) {
	items := s.items(w, r)
	if items == nil {
		return
	}
	data, _ := io.ReadAll(r.Body)
	found, there := items[r.PathValue("key")]
	wanted := r.Header.Get("If-Generation-Match")
	if r.URL.Query().Get("add") == "true" && there || wanted != "" && wanted != strconv.FormatUint(found.generation, 10) {
		http.Error(w, `{"title":"precondition failed","status":412}`, http.StatusPreconditionFailed)
		return
	}
	s.last += 1_000_003 // unique, not serial
	items[r.PathValue("key")] = item{s.last, data}
}

// list gives pages of 5 at most, whatever is asked for.
func (s *stub) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var keys []string
	for key := range s.items(w, r) {
		if strings.HasPrefix(key, query.Get("prefix")) && key > query.Get("cursor") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var page listing
	page.Data = keys
	if len(keys) > 5 {
		page.Data, page.Meta.NextCursor = keys[:5], keys[4]
	}
	json.NewEncoder(w).Encode(page)
}

func open(t *testing.T, name string, getenv func(string) string) (*Store, error) {
	u, err := url.Parse(name)
	require.NoError(t, err)
	return Open(u, getenv)
}

func TestStore(t *testing.T) {
	_, getenv := newStub(t)
	storetest.Run(t, storetest.Kind{
		Open: func(t *testing.T, name string) store.Store {
			s, err := open(t, "fastly-kv://"+name, getenv)
			require.NoError(t, err)
			return s
		},
		Many: 12,
	})
}

// A write counts though it cannot be read yet; only what is written next has to read first.
func TestReadsBehindWrites(t *testing.T) {
	stub, getenv := newStub(t)
	s, err := open(t, "fastly-kv://shop", getenv)
	require.NoError(t, err)
	stub.behind = true
	tag, err := s.Put(t.Context(), "head", []byte("first"), "")
	require.NoError(t, err)
	stub.behind = false
	_, err = s.Put(t.Context(), "head", []byte("second"), tag)
	require.ErrorIs(t, err, store.ErrChanged)
	object, err := s.Get(t.Context(), "head", "")
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "head", []byte("second"), object.Tag)
	require.NoError(t, err)
}

func TestFailures(t *testing.T) {
	_, getenv := newStub(t)
	_, err := open(t, "fastly-kv://shop", environment(nil))
	require.ErrorContains(t, err, "no credentials")
	_, err = open(t, "fastly-kv://shop/folder", getenv)
	require.ErrorContains(t, err, "write fastly-kv://STORE")

	s, err := open(t, "fastly-kv://none", getenv)
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "head", nil, "")
	require.ErrorContains(t, err, "cannot write fastly-kv://none: head: the server answered 404")
	hint(t, err, "fastly kv-store list")

	s.token = "old"
	_, err = s.Get(t.Context(), "head", "")
	require.ErrorContains(t, err, "401")
	hint(t, err, "FASTLY_API_TOKEN")
	require.NotContains(t, fmt.Sprint(err), "SECRET")
}

func hint(t *testing.T, err error, want string) {
	var failed *store.Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Hint(), want)
}
