package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/host/server"
)

const source = `
bundle: shop
decisions: {hero: {purpose: necessary, variants: {plain: /plain.html}, default: plain}}
`

// start serves on a port of its own until the test ends or stop is called; ended gives the error of Run.
func start(t *testing.T, options server.Options) (url string, s *server.Server, stop func(), ended <-chan error) {
	h, err := host.New(context.Background(), host.Options{Bundle: sample.Compile(t, source)})
	require.NoError(t, err)
	options.OFREP.Host, options.Log = h, slog.New(slog.NewTextHandler(io.Discard, nil))
	s = server.New(options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	result := make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		result <- s.Run(ctx, listener)
	}()
	t.Cleanup(func() {
		stop()
		<-finished
		require.NoError(t, h.Close(context.Background()))
	})
	return "http://" + listener.Addr().String(), s, stop, result
}

func get(t *testing.T, method, url string) (status int, body string) {
	r, err := http.NewRequest(method, url, strings.NewReader(`{"context":{}}`))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestPaths(t *testing.T) {
	url, _, _, _ := start(t, server.Options{})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/healthz", 200, `{"status":"ok","bundle":{"name":"shop","version":0,"stale":false,"expired":false},"faults":{"traps":0,"failed_starts":0}}`},
		{"GET", "/readyz", 200, `{"status":"ready"}`},
		{"POST", "/readyz", 405, "ask with GET"},
		{"GET", "/", 404, "no such path; flags are at /ofrep/v1/, health at /healthz"},
		{"POST", "/ofrep/v1/evaluate/flags/hero", 200, `{"key":"hero","value":"/plain.html","reason":"STATIC","variant":"plain"}`},
		{"POST", "/ofrep/v1/evaluate/flags/%2e%2e%2Fhero", 404, `{"key":"../hero","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"../hero\""}`},
		{"POST", "/ofrep/v1/evaluate/flags/a//b", 404, `{"key":"a//b","errorCode":"FLAG_NOT_FOUND","errorDetails":"no decision \"a//b\""}`},
	} {
		status, body := get(t, c.method, url+c.path)
		require.Equal(t, c.status, status, c.path)
		require.Equal(t, c.body, strings.TrimSpace(body))
	}
}

// Requests that have begun are answered when the server is told to end, and others no more.
func TestRequestsThatHaveBegunAreAnswered(t *testing.T) {
	url, _, stop, ended := start(t, server.Options{})
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	body := `{"context":{}}`
	fmt.Fprintf(connection, "POST /ofrep/v1/evaluate/flags/hero HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body))
	reader := bufio.NewReader(connection)
	line, err := reader.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue", "it has begun")
	_, err = reader.ReadString('\n')
	require.NoError(t, err)
	stop()
	require.Eventually(t, func() bool {
		_, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "it takes connections")
	fmt.Fprint(connection, body)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	require.NoError(t, response.Body.Close())
	require.NoError(t, <-ended)
}

func TestRequestsBeyondTheGraceAreCutOff(t *testing.T) {
	url, s, stop, ended := start(t, server.Options{Grace: 20 * time.Millisecond})
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	fmt.Fprint(connection, "POST /ofrep/v1/evaluate/flags HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	_, err = bufio.NewReader(connection).ReadString('\n')
	require.NoError(t, err)
	stop()
	require.ErrorContains(t, <-ended, "cut off")
	ready := httptest.NewRecorder()
	s.ServeHTTP(ready, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	require.Equal(t, 503, ready.Code)
}

// An open event stream does not keep the server from ending.
func TestEventStreamsEndWithTheServer(t *testing.T) {
	url, s, stop, ended := start(t, server.Options{OFREP: ofrep.Options{Events: true}})
	response, err := http.Get(url + "/ofrep/v1/events")
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	require.True(t, lines.Scan(), "it begins")
	s.Changed()
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data:") {
	}
	require.Contains(t, lines.Text(), "refetchEvaluation")
	stop()
	require.NoError(t, <-ended)
}

// More connections than there may be wait, and are served once there is room.
func TestConnectionsAreBounded(t *testing.T) {
	url, _, _, _ := start(t, server.Options{Connections: 2})
	address := strings.TrimPrefix(url, "http://")
	var idle []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer c.Close()
		fmt.Fprint(c, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
		_, err = http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		idle = append(idle, c)
	}
	third, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer third.Close()
	fmt.Fprint(third, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, third.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = third.Read(make([]byte, 1))
	require.Error(t, err, "nobody answers it yet")
	require.NoError(t, idle[0].Close())
	require.NoError(t, third.SetReadDeadline(time.Now().Add(10*time.Second)))
	response, err := http.ReadResponse(bufio.NewReader(third), nil)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
}

func TestHugeHeadersAreRefused(t *testing.T) {
	url, _, _, _ := start(t, server.Options{})
	r, err := http.NewRequest(http.MethodGet, url+"/readyz", nil)
	require.NoError(t, err)
	r.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}

// Bundles change under load, and every request is answered by one or the other.
func TestBundlesChangeUnderLoad(t *testing.T) {
	h, err := host.New(context.Background(), host.Options{Bundle: sample.Compile(t, source)})
	require.NoError(t, err)
	defer h.Close(context.Background())
	s := server.New(server.Options{OFREP: ofrep.Options{Host: h}})
	bundles := [][]byte{sample.Compile(t, source), sample.Compile(t, strings.Replace(source, "/plain.html", "/other.html", 1))}
	var answered atomic.Int64
	var group sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for range 20 {
		group.Go(func() {
			for ctx.Err() == nil {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/ofrep/v1/evaluate/flags/hero", strings.NewReader(`{"context":{}}`)))
				if w.Code != 200 || !strings.Contains(w.Body.String(), ".html") {
					t.Errorf("%d %s", w.Code, w.Body)
					return
				}
				answered.Add(1)
			}
		})
	}
	for i := range 50 {
		require.NoError(t, h.Load(bundles[i%2]))
		s.Changed()
		time.Sleep(time.Millisecond)
	}
	stop()
	group.Wait()
	require.Greater(t, answered.Load(), int64(50))
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:8016": true, "127.8.0.1:0": true, "[::1]:80": true, "localhost:80": true, ":8016": false,
		"0.0.0.0:8016": false, "[::]:80": false, "10.0.0.1:80": false, "shop.example:80": false} {
		got, err := server.Loopback(address)
		require.NoError(t, err)
		require.Equal(t, want, got, address)
	}
	_, err := server.Loopback("8016")
	require.Error(t, err)
}
