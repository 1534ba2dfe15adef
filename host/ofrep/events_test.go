package ofrep_test

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/apikey"
	"github.com/edgewise-dev/edgewise/host/ofrep"
)

// streams are the addresses of event streams in an answer about all flags.
func streams(t *testing.T, body string) (uris []string) {
	var answer struct {
		EventStreams []struct {
			Type     string
			Endpoint struct{ RequestURI string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	for _, s := range answer.EventStreams {
		require.Equal(t, "sse", s.Type)
		uris = append(uris, s.Endpoint.RequestURI)
	}
	return uris
}

// open opens a stream and gives its lines that are not empty; the channel is closed with the stream.
func open(t *testing.T, url string, headers ...string) (lines <-chan string, status int) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	found := make(chan string, 100)
	go func() {
		defer close(found)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			if scanner.Text() != "" {
				found <- scanner.Text()
			}
		}
	}()
	return found, response.StatusCode
}

// next is the next line of a stream; "" where it has ended.
func next(t *testing.T, lines <-chan string) string {
	select {
	case line := <-lines:
		return line
	case <-time.After(10 * time.Second):
		require.Fail(t, "no line came")
		return ""
	}
}

func TestEventsSayWhenToAskAgain(t *testing.T) {
	h := handler(t, ofrep.Options{Events: true})
	server := httptest.NewServer(h)
	defer server.Close()
	uris := streams(t, ask(h, all, nothing).Body.String())
	require.Len(t, uris, 1)
	lines, status := open(t, server.URL+uris[0])
	require.Equal(t, 200, status)
	require.Equal(t, "retry: 5000", next(t, lines))
	for range 2 {
		h.Changed()
		require.Equal(t, "id: shop-0", next(t, lines))
		require.Equal(t, "event: message", next(t, lines))
		require.Equal(t, `data: {"type":"refetchEvaluation","etag":"shop-0"}`, next(t, lines))
	}

	missed, _ := open(t, server.URL+uris[0], "Last-Event-ID", "shop-7")
	require.Equal(t, "retry: 5000", next(t, missed))
	require.Equal(t, "id: shop-0", next(t, missed))
	h.Close()
	h.Close() // once more is nothing
	for next(t, missed) != "" {
	}
	require.Empty(t, next(t, lines), "closing ends the streams")
}

func TestEventsNeedATicketWhereKeysAreNeeded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	e, key := apikey.New(apikey.Entry{Name: "page", Scope: apikey.Page})
	require.NoError(t, apikey.Append(file, e))
	keys, err := apikey.Open(file, 0, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	h := handler(t, ofrep.Options{Events: true, Keys: keys})
	server := httptest.NewServer(h)
	defer server.Close()
	defer h.Close()
	uri := streams(t, ask(h, all, nothing, "X-API-Key", key).Body.String())[0]
	require.NotContains(t, uri, key)
	for _, c := range []struct {
		name, uri, key string
		status         int
	}{
		{"the ticket", uri, "", 200},
		{"the key", strings.Split(uri, "?")[0], key, 200},
		{"neither", strings.Split(uri, "?")[0], "", 401},
		{"another ticket", uri + "0", "", 401},
	} {
		_, status := open(t, server.URL+c.uri, "X-API-Key", c.key)
		require.Equal(t, c.status, status, c.name)
	}
	require.Equal(t, 405, ask(h, "/ofrep/v1/events", nothing, "X-API-Key", key).Code)
}
