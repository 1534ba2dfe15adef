package remote

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
)

// A download that never comes to an end is given up, and not tried again.
func TestEndlessDownload(t *testing.T) {
	defer func(t time.Duration) { client.Timeout = t }(client.Timeout)
	client.Timeout = 200 * time.Millisecond
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		for r.Context().Err() == nil {
			w.Write([]byte("."))
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	defer server.Close()
	_, err := Do(t.Context(), http.MethodGet, server.URL, nil, nil, nil)
	var slow net.Error
	require.ErrorAs(t, err, &slow)
	require.True(t, slow.Timeout())
	require.EqualValues(t, 1, asked.Load())
}

// One that is larger than any object is given up where it has become so, and not tried again.
func TestTooLargeDownload(t *testing.T) {
	defer func(t time.Duration) { client.Timeout = t }(client.Timeout)
	client.Timeout = 10 * time.Second
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		for room := make([]byte, 1<<20); r.Context().Err() == nil; {
			w.Write(room)
		}
	}))
	defer server.Close()
	_, err := Do(t.Context(), http.MethodGet, server.URL, nil, nil, nil)
	require.ErrorIs(t, err, store.ErrTooLarge)
	require.EqualValues(t, 1, asked.Load())
}

// Only what cannot have been carried out is tried again.
func TestTriesAgain(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
		tries  int
	}{
		{http.MethodGet, http.StatusOK, 1},
		{http.MethodGet, http.StatusNotFound, 1},
		{http.MethodGet, http.StatusBadGateway, 3},
		{http.MethodGet, http.StatusTooManyRequests, 3},
		{http.MethodPut, http.StatusTooManyRequests, 3},
		{http.MethodPut, http.StatusServiceUnavailable, 3},
		{http.MethodPut, http.StatusInternalServerError, 1},
		{http.MethodPut, http.StatusGatewayTimeout, 1},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.WriteHeader(c.status)
		}))
		response, err := Do(t.Context(), c.method, server.URL, nil, []byte("x"), nil)
		require.NoError(t, err)
		require.Equal(t, c.status, response.Status)
		require.Equal(t, c.tries, asked, "%s answered with %d", c.method, c.status)
		server.Close()
	}
}
