package fastly_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var long = flag.Bool("long", false, "put load on the services for a minute, not for seconds")

// raw sends bytes as a request, and reads the answer.
func (p *place) raw(request string) (status int, body []byte, err error) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		return 0, nil, err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(20 * time.Second))
	go io.WriteString(connection, request)
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusBadRequest {
		err = nil // of a server that hangs up
	}
	return answer.StatusCode, body, err
}

// hostile is a request that nobody's browser sends, of the visitor with this number.
func hostile(r *rand.Rand, visitor int) string {
	pick := func(all ...string) string { return all[r.Intn(len(all))] }
	junk := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			if b[i] = byte(r.Intn(256)); b[i] < ' ' || b[i] == 0x7f { // what would end the line, or the request
				b[i] = 0x80 | b[i]
			}
		}
		return string(b)
	}
	path := pick("/", "/shop", "/sale", "/other", "/missing", "/%zz", "/%", "//evil.example/", "/..%2f..%2fetc", "/a;b=c", "/shop?"+strings.Repeat("a=b&", 3000),
		"/%00%ff", "/\\evil", "/.edgewise/v1/decisions", "/.edgewise/ofrep/v1/evaluate/flags", "/.edgewise/"+strings.Repeat("x", 3000), "/"+strings.Repeat("%41", 4000),
		"/ask?q=%ff%fe", "/shop?edgewise-preview="+strings.Repeat("A", 500), "/ask")
	method := pick("GET", "GET", "GET", "HEAD", "POST", "PUT", "PURGE", "OPTIONS", "M-SEARCH")
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nX-Visitor: v%d\r\n", method, path, pick("shop.example", "SHOP.example:8080", "[::1]", "127.0.0.1"), visitor)
	for range r.Intn(12) {
		switch r.Intn(12) {
		case 0:
			fmt.Fprintf(&b, "Cookie: %s\r\n", junk(r.Intn(500)))
		case 1:
			fmt.Fprintf(&b, "Cookie: cart=%s; cart=%s; __Host-edgewise=%s\r\n", pick("80", "1e999", "-0", "NaN", junk(20)), junk(10), junk(300))
		case 2:
			fmt.Fprintf(&b, "Cookie: a=%s\r\n", strings.Repeat("x", r.Intn(64<<10)))
		case 3:
			fmt.Fprintf(&b, "Edgewise-Decisions: release=\"evil\"\r\nedgewise-key: evil\r\nEdgewise-Signature: t=1,v1=%s\r\n", junk(64))
		case 4:
			fmt.Fprintf(&b, "User-Agent: %s\r\n", junk(r.Intn(2000)))
		case 5:
			fmt.Fprintf(&b, "Accept-Language: %s\r\n", pick("*", "de;q=2", strings.Repeat("de,", 500), junk(50)))
		case 6:
			fmt.Fprintf(&b, "Sec-GPC: %s\r\n", pick("1", "0", "", "x"))
		case 7:
			fmt.Fprintf(&b, "X-%d: %s\r\n", r.Intn(1000), junk(r.Intn(9000)))
		case 8:
			for i := range r.Intn(90) {
				fmt.Fprintf(&b, "X-Many-%d: %d\r\n", i, i)
			}
		case 9:
			fmt.Fprintf(&b, "Cookie: euconsent-v2=%s; usprivacy=%s\r\n", junk(100), pick("1YYY", "1---", "zzzz"))
		case 10:
			fmt.Fprintf(&b, "Referer: %s\r\n", pick("http://", "https://a@b:c/", junk(100)))
		case 11:
			fmt.Fprintf(&b, "X-Empty:\r\nX-Same: 1\r\nX-Same: 2\r\n")
		}
	}
	if method == "POST" || method == "PUT" {
		body := junk(r.Intn(100 << 10))
		fmt.Fprintf(&b, "Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
	} else {
		b.WriteString("Connection: close\r\n\r\n")
	}
	return b.String()
}

// Whatever is asked, the visitor gets the site's own page of this request, or what one of the exchange's own paths says; never an error of the
// service's own, and nothing of anybody else's. What is no HTTP Viceroy refuses before the service sees it, and a path with broken escapes the
// site's own server.
func TestHostileRequests(t *testing.T) {
	services(t, func(t *testing.T, s *shop, wasm string) {
		p := serve(t, wasm, standard(s, newSite(t)))
		r := rand.New(rand.NewSource(2026))
		counts := map[string]int{}
		const requests = 1000
		for i := range requests {
			request := hostile(r, i)
			line, _, _ := strings.Cut(request, "\r\n")
			status, body, err := p.raw(request)
			method, rest, _ := strings.Cut(line, " ")
			if path, _, _ := strings.Cut(rest, " "); errors.Is(err, io.ErrUnexpectedEOF) && (path == "/%" || path == "/%zz") {
				counts["cut off by the site's server"]++ // it hung up before Viceroy had passed its answer on
				continue
			}
			require.NoError(t, err, "%.100q", line)
			var e echo
			switch own := strings.HasPrefix(rest, "/.edgewise/"); {
			case status == http.StatusBadRequest || status == http.StatusRequestHeaderFieldsTooLarge || status == http.StatusRequestURITooLong:
				counts["refused by Viceroy, or by the site's server"]++
			case own:
				require.Less(t, status, 500, "%.100q: %s", line, body)
				counts["answered by the service"]++
			case method == "HEAD":
				require.Equal(t, http.StatusOK, status, "%.100q", line)
				counts["the site's own page"]++
			default:
				require.Equal(t, http.StatusOK, status, "%.100q: %s", line, body)
				require.NoError(t, json.Unmarshal(body, &e), "%.100q", line)
				require.Equal(t, []string{fmt.Sprint("v", i)}, e.Header["X-Visitor"])
				require.NotContains(t, e.Header.Get("Edgewise-Decisions")+e.Header.Get("Edgewise-Key"), "evil")
				require.Empty(t, e.Header.Get("Edgewise-Signature"))
				counts["the site's own page"]++
			}
		}
		require.Greater(t, counts["the site's own page"], requests/3)
		t.Log(counts)
	})
}

// Many visitors at once each get their own page, decided for them.
func TestLoad(t *testing.T) {
	lasts, visitors := 3*time.Second, 16
	if *long {
		lasts = time.Minute
	}
	services(t, func(t *testing.T, s *shop, wasm string) {
		p := serve(t, wasm, standard(s, newSite(t)))
		normal := p.load(t, 1, lasts/3)
		many := p.load(t, visitors, lasts)
		t.Logf("one visitor after the other: %v", normal)
		t.Logf("%d at once: %v", visitors, many)
	})
}

type load struct {
	requests, wrong int
	perSecond       float64
	median, slowest time.Duration
}

func (l load) String() string {
	return fmt.Sprintf("%d requests, %d answered wrongly, %.0f a second, median %v, 99 of 100 within %v", l.requests, l.wrong, l.perSecond, l.median, l.slowest)
}

// load lets visitors ask one page after the other, each with a cart of their own.
func (p *place) load(t *testing.T, visitors int, lasts time.Duration) load {
	var wrong atomic.Int64
	var mutex sync.Mutex
	var times []time.Duration
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: visitors}}
	started := time.Now()
	for visitor := range visitors {
		all.Go(func() {
			cart, hero := fmt.Sprint(visitor*7), "gold"
			if visitor*7 < 50 {
				hero = ""
			}
			for time.Since(started) < lasts {
				r, _ := http.NewRequest("GET", fmt.Sprint(p.url, "/shop?visitor=", visitor), nil)
				r.Header.Set("Cookie", "cart="+cart)
				begun := time.Now()
				answer, err := client.Do(r)
				if err != nil {
					wrong.Add(1)
					t.Log(err)
					continue
				}
				var e echo
				err = json.NewDecoder(answer.Body).Decode(&e)
				answer.Body.Close()
				took := time.Since(begun)
				decisions := e.Header.Get("Edgewise-Decisions")
				if err != nil || answer.StatusCode != 200 || e.URL != fmt.Sprint("/shop?visitor=", visitor) || e.Header.Get("Cookie") != "cart="+cart ||
					!strings.Contains(decisions, `release="second"`) || strings.Contains(decisions, `hero="gold"`) != (hero == "gold") {
					wrong.Add(1)
					t.Log(err, answer.StatusCode, e.URL, decisions)
				}
				mutex.Lock()
				times = append(times, took)
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	require.NotEmpty(t, times)
	l := load{len(times), int(wrong.Load()), float64(len(times)) / time.Since(started).Seconds(), times[len(times)/2], times[len(times)*99/100]}
	require.Zero(t, l.wrong)
	return l
}
