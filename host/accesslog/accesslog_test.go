package accesslog_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/accesslog"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// readAll reads a log to its end.
func readAll(t testing.TB, r io.Reader) (entries []accesslog.Entry, bad []*accesslog.LineError) {
	t.Helper()
	for log := accesslog.NewReader(r); ; {
		entry, err := log.Read()
		var lineErr *accesslog.LineError
		switch {
		case errors.Is(err, io.EOF):
			return entries, bad
		case errors.As(err, &lineErr):
			bad = append(bad, lineErr)
		default:
			require.NoError(t, err)
			entries = append(entries, entry)
		}
	}
}

func TestRead(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	headers := func(pairs ...string) (all []edge.Header) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, edge.Header{Name: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	for name, c := range map[string]struct {
		line string
		time time.Time
		want edge.Request
	}{
		"combined": {
			`192.0.2.7 - - [20/Nov/2026:10:00:00 +0100] "GET /shop?q=x HTTP/1.1" 200 512 "https://www.example/" "Mozilla/5.0 (X11)"`, at,
			edge.Request{Method: "GET", URL: "/shop?q=x", ClientIP: "192.0.2.7", Headers: headers("Referer", "https://www.example/", "User-Agent", "Mozilla/5.0 (X11)")},
		},
		"common, without the last two fields": {
			`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "POST / HTTP/2.0" 302 -`, at,
			edge.Request{Method: "POST", URL: "/", ClientIP: "192.0.2.7"},
		},
		"dashes say nothing": {
			`2001:db8::1 - - [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"`, at,
			edge.Request{Method: "GET", URL: "/", ClientIP: "2001:db8::1"},
		},
		"a host name and a user": {
			`www.example frank - x [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"`, at,
			edge.Request{Method: "GET", URL: "/"},
		},
		"escapes": {
			`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET /\x22a\"\\ HTTP/1.1" 200 5 "-" "a \"b\" \xc3\xbc [c] d"`, at,
			edge.Request{Method: "GET", URL: `/"a"\`, ClientIP: "192.0.2.7", Headers: headers("User-Agent", `a "b" ü [c] d`)},
		},
		"more fields behind": {
			`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "ua" "10.0.0.1" 0.003`, at,
			edge.Request{Method: "GET", URL: "/", ClientIP: "192.0.2.7", Headers: headers("User-Agent", "ua")},
		},
		"JSON with pairs": {
			`{"method":"HEAD","url":"https://shop.example/a","headers":[["Cookie","a=1"],["Cookie","b=2"]],"client_ip":"192.0.2.7","time":"2026-11-20T10:00:00+01:00","geo":{"country":"DE","city":"Bonn"},"status":200}`, at,
			edge.Request{Method: "HEAD", URL: "https://shop.example/a", ClientIP: "192.0.2.7", Headers: headers("Cookie", "a=1", "Cookie", "b=2"), Geo: edge.Geo{Country: "DE", City: "Bonn"}},
		},
		"JSON with an object": {
			`{"url":"/","headers":{"z":"1","a":["2","3"]}}`, time.Time{},
			edge.Request{Method: "GET", URL: "/", Headers: headers("z", "1", "a", "2", "a", "3")},
		},
		"JSON with no more than a URL": {`{"url":"/","headers":null}`, time.Time{}, edge.Request{Method: "GET", URL: "/"}},
	} {
		t.Run(name, func(t *testing.T) {
			entries, bad := readAll(t, strings.NewReader(c.line))
			require.Empty(t, bad)
			require.Len(t, entries, 1)
			require.Equal(t, c.want, entries[0].Request)
			require.True(t, c.time.Equal(entries[0].Time), entries[0].Time)
		})
	}
}

func TestBadLines(t *testing.T) {
	for name, c := range map[string]struct{ line, reason string }{
		"something else":                 {"log rotated", "no [time]"},
		"cut short in the time":          {`192.0.2.7 - - [20/Nov/2026:09:`, "no [time]"},
		"another form of time":           {`192.0.2.7 - - [2026-11-20T09:00:00Z] "GET / HTTP/1.1" 200 5`, "the time"},
		"cut short in the request":       {`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET / HT`, "the request: no closing quote"},
		"no request":                     {`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "-" 408 0 "-" "-"`, `"-" is no request line`},
		"bytes of another protocol":      {`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "\x16\x03\x01 a HTTP/1.1" 400 0 "-" "-"`, "is no method"},
		"cut short in the user agent":    {`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Moz`, "the User-Agent: no closing quote"},
		"JSON cut short":                 {`{"method":"GET","url":"/a`, "not JSON"},
		"JSON without a URL":             {`{"method":"GET"}`, `no "url"`},
		"JSON with another form of time": {`{"url":"/","time":"yesterday"}`, "the time"},
		"headers of the wrong kind":      {`{"url":"/","headers":"a: b"}`, "headers: neither"},
		"a header that is a number":      {`{"url":"/","headers":{"a":1}}`, "headers: a: neither"},
		"three in a pair":                {`{"url":"/","headers":[["a","b","c"]]}`, "a pair is"},
		"too long":                       {strings.Repeat("a", accesslog.MaxLine+1), "longer than 65536 bytes"},
		"much too long":                  {strings.Repeat("a", 5*accesslog.MaxLine), "longer than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			const good = `{"url":"/"}`
			entries, bad := readAll(t, strings.NewReader(good+"\n"+c.line+"\r\n\n"+good))
			require.Len(t, bad, 1)
			require.Equal(t, 2, bad[0].Line)
			require.Contains(t, bad[0].Error(), c.reason)
			require.Len(t, entries, 2, "reading goes on")
			require.Equal(t, 4, entries[1].Line)
		})
	}
}

func TestErrorOfTheFileIsFinal(t *testing.T) {
	broken := errors.New("disk on fire")
	log := accesslog.NewReader(io.MultiReader(strings.NewReader("{\"url\":\"/\"}\n"), iotest.ErrReader(broken)))
	_, err := log.Read()
	require.NoError(t, err)
	_, err = log.Read()
	require.ErrorIs(t, err, broken)
}

// TestPublicLog reads a thousand requests of a public site.
func TestPublicLog(t *testing.T) {
	file, err := os.Open(vectors.Path(t, "requests", "access.log"))
	require.NoError(t, err)
	defer file.Close()
	entries, bad := readAll(t, file)
	require.Empty(t, bad)
	require.Len(t, entries, 1000)
	var s edge.Scratch
	bots := 0
	for _, e := range entries {
		v := edge.Parse(&e.Request, &s)
		require.NotEmpty(t, v.Path)
		require.False(t, e.Time.IsZero())
		if v.Device.Bot {
			bots++
		}
	}
	require.Greater(t, bots, 100, "a blog's log is full of robots")
	require.Less(t, bots, 600)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`192.0.2.7 - - [20/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "ua"`))
	f.Add([]byte(`{"url":"/","headers":{"a":["b"]},"time":"2026-11-20T09:00:00Z"}` + "\n\n{"))
	f.Fuzz(func(t *testing.T, log []byte) {
		entries, bad := readAll(t, bytes.NewReader(log))
		lines := bytes.Count(log, []byte("\n")) + 1
		require.LessOrEqual(t, len(entries)+len(bad), lines)
	})
}
