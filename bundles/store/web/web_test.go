package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/web"
)

// serve gives a store that reads what a handler answers.
func serve(t *testing.T, handler http.Handler) *web.Store {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL + "/shop/")
	require.NoError(t, err)
	return web.Open(u)
}

func TestReadsWhatAServerServes(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "shop", "channels", "main", "head.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte("first"), 0o644))
	plain := http.FileServer(http.Dir(root))
	for name, handler := range map[string]http.Handler{
		"without tags": plain,
		"with tags": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if data, err := os.ReadFile(filepath.Join(root, r.URL.Path)); err == nil {
				w.Header().Set("ETag", fmt.Sprintf("%q", store.DigestTag(data)))
			}
			plain.ServeHTTP(w, r)
		}),
		"with weak tags": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `W/"7"`)
			plain.ServeHTTP(w, r)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, handler)
			object, err := s.Get(t.Context(), "channels/main/head.json", "")
			require.NoError(t, err)
			require.Equal(t, "first", string(object.Data))
			_, err = s.Get(t.Context(), "channels/main/head.json", object.Tag)
			require.ErrorIs(t, err, store.ErrSame)
			_, err = s.Get(t.Context(), "channels/other/head.json", "")
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.Put(t.Context(), "x", nil, "")
			require.ErrorIs(t, err, store.ErrReadOnly)
			_, err = s.List(t.Context(), "")
			require.ErrorIs(t, err, store.ErrReadOnly)
		})
	}
}

func TestRefusesWhatIsNoObject(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "other") }))
	defer other.Close()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a redirect to another host", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) },
			"redirected to another place"},
		{"a redirect without end", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) },
			"redirected more than 3 times"},
		{"half of what was announced", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		}, "unexpected EOF"},
		{"more than any object has", func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i <= store.MaxSize; i += 1 << 16 {
				w.Write(make([]byte, 1<<16))
			}
		}, "larger than"},
		{"a server that does not want to", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "go away", http.StatusForbidden) },
			`403 Forbidden: "go away"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := serve(t, test.answer).Get(t.Context(), "head", "")
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestTriesAgainWhatPasses(t *testing.T) {
	asked := 0
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "x")
	}))
	object, err := s.Get(t.Context(), "head", "")
	require.NoError(t, err)
	require.Equal(t, "x", string(object.Data))
}

func TestURLHasNoSecret(t *testing.T) {
	u, err := url.Parse("https://me:SECRET@example.com/x")
	require.NoError(t, err)
	require.NotContains(t, web.Open(u).String(), "SECRET")
}
