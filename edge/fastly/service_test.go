package fastly_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
)

// The services that these tests run in Viceroy: each with the release "first" built in. What they are told differs, not what they must do.
var (
	withSDK built
	direct  built
)

var (
	shared     *shop
	sharedSite []byte
	shareOnce  sync.Once
)

// services runs a test for both builds.
func services(t *testing.T, test func(t *testing.T, s *shop, wasm string)) {
	viceroy(t)
	shareOnce.Do(func() {
		shared = &shop{t: t, root: mustTempDir(t)}
		fresh := newShop(t)
		shared.anna, shared.keys = fresh.anna, fresh.keys
		sharedSite = shared.site(shared.publish(compiled(t, "first")))
		shared.publish(compiled(t, "second"))
	})
	shared.t = t
	site := write(t, sharedSite)
	for _, build := range []struct {
		name  string
		built *built
		flags []string
	}{{"direct", &direct, []string{"--direct", site}}, {"sdk", &withSDK, []string{site}}} {
		t.Run(build.name, func(t *testing.T) { test(t, shared, build.built.wasm(t, build.flags...)) })
	}
}

// sizeLimit of each build in bytes, with a small bundle built in. Instances are made from the compiled module for each request, and what is larger takes longer to deploy.
var sizeLimit = map[string]int64{"direct": 365_000, "sdk": 500_000}

func TestServicesAreSmall(t *testing.T) {
	services(t, func(t *testing.T, _ *shop, wasm string) {
		info, err := os.Stat(wasm)
		require.NoError(t, err)
		build := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		require.Contains(t, sizeLimit, build)
		require.LessOrEqual(t, info.Size(), sizeLimit[build])
		t.Log(info.Size())
	})
}

// site is an origin that says what it was asked for.
type site struct {
	*httptest.Server
	mutex   sync.Mutex
	handle  http.HandlerFunc // instead of what it says
	answers http.HandlerFunc // of hand-overs
	asked   []*http.Request
}

// echo is what the site's page says of the request.
type echo struct {
	URL    string
	Host   string
	Header http.Header
	Body   string
}

const ownPage = "X-Own-Page" // a header of every page of the site

func newSite(t *testing.T) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		s.asked = append(s.asked, r)
		handle, answers := s.handle, s.answers
		s.mutex.Unlock()
		switch {
		case strings.HasPrefix(r.URL.Path, "/.edgewise/") && answers != nil:
			answers(w, r)
		case handle != nil:
			handle(w, r)
		default:
			w.Header().Set(ownPage, "yes")
			body, _ := io.ReadAll(r.Body)
			json.NewEncoder(w).Encode(echo{r.URL.String(), r.Host, r.Header, string(body)})
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(handle, answers http.HandlerFunc) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.handle, s.answers, s.asked = handle, answers, nil
}

func (s *site) requests() []*http.Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]*http.Request(nil), s.asked...)
}

var secretText = strings.Repeat("5a", 32)

// standard is a place with everything.
func standard(s *shop, origin *site) config {
	return config{backends: map[string]string{"origin": origin.URL}, objects: s.objects(), secret: secretText,
		settings: map[string]string{"refresh": "1"}, geo: `country_code = "DE"
city = "bonn"
continent = "EU"
region = "NW"`}
}

// get asks for a page with these header lines, "Name: value" each.
func (p *place) get(t *testing.T, path string, lines ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest("GET", p.url+path, nil)
	require.NoError(t, err)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// page is what the site was asked for.
func pageOf(t *testing.T, answer *http.Response) echo {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	var e echo
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&e))
	return e
}

func TestServices(t *testing.T) {
	services(t, func(t *testing.T, s *shop, wasm string) {
		origin, other := newSite(t), newSite(t)
		c := standard(s, origin)
		c.backends["other"] = other.URL
		p := serve(t, wasm, c)

		t.Run("decisions reach the origin", func(t *testing.T) {
			answer := p.get(t, "/shop?a=b", "Cookie: cart=80", "User-Agent: test", "Edgewise-Decisions: hero=evil", "edgewise-other: x")
			got := pageOf(t, answer)
			require.Equal(t, "/shop?a=b", got.URL)
			decisions := got.Header.Get("Edgewise-Decisions")
			require.Contains(t, decisions, `release="second"`)
			require.Contains(t, decisions, `country="germany"`)
			require.Contains(t, decisions, `hero="gold"`)
			require.NotContains(t, decisions, "evil")
			require.Empty(t, got.Header.Get("Edgewise-Other"))
			require.Equal(t, "test", got.Header.Get("User-Agent"))
			require.Equal(t, "cart=80", got.Header.Get("Cookie"))
			require.Equal(t, "yes", answer.Header.Get(ownPage))
			require.Regexp(t, `^edgewise;dur=\d+\.\d{3}$`, answer.Header.Get("Server-Timing"))
		})
		t.Run("nobody but the service says under which key a page is kept", func(t *testing.T) {
			got := pageOf(t, p.get(t, "/undecided", "Fastly-XQD-Cache-Key: 00", "Edgewise_Key: hero=gold", "Connection: edgewise-key"))
			require.Equal(t, "/undecided", got.URL)
			require.NotContains(t, got.Header["Fastly-Xqd-Cache-Key"], "00")
			require.NotContains(t, got.Header, "Edgewise_key")
		})
		t.Run("what is not read", func(t *testing.T) {
			origin.set(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") }, nil)
			defer origin.set(nil, nil)
			answer := p.get(t, "/shop", "Cookie: a="+strings.Repeat("x", edge.MaxCookie))
			require.Equal(t, "private, max-age=60", answer.Header.Get("Cache-Control"), "no cache in front keeps it")
		})
		t.Run("what a visitor denies", func(t *testing.T) {
			decisions := pageOf(t, p.get(t, "/shop", "Cookie: cart=80", "Sec-GPC: 1")).Header.Get("Edgewise-Decisions")
			require.Contains(t, decisions, `hero="plain"`)
		})
		t.Run("a rewrite", func(t *testing.T) {
			require.Equal(t, "/landing/sale", pageOf(t, p.get(t, "/sale")).URL)
		})
		t.Run("another backend", func(t *testing.T) {
			before := len(other.requests())
			pageOf(t, p.get(t, "/other"))
			require.Len(t, other.requests(), before+1)
		})
		t.Run("a backend that the service does not have", func(t *testing.T) {
			require.Equal(t, "/missing", pageOf(t, p.get(t, "/missing")).URL)
		})
		t.Run("a body goes through", func(t *testing.T) {
			body := strings.Repeat("x", 300<<10)
			answer, err := http.Post(p.url+"/shop", "text/plain", strings.NewReader(body))
			require.NoError(t, err)
			defer answer.Body.Close()
			require.Equal(t, body, pageOf(t, answer).Body)
		})
		t.Run("the origin's own answers go through", func(t *testing.T) {
			for _, status := range []int{204, 301, 304, 404, 500, 503} {
				origin.set(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set(ownPage, "yes")
					w.Header().Add("Set-Cookie", "a=1")
					w.Header().Add("Set-Cookie", "b=2")
					w.Header().Set("Location", "/there")
					w.WriteHeader(status)
				}, nil)
				answer := p.get(t, "/shop")
				require.Equal(t, status, answer.StatusCode)
				require.Equal(t, "yes", answer.Header.Get(ownPage))
				require.Subset(t, answer.Header["Set-Cookie"], []string{"a=1", "b=2"})
			}
			origin.set(nil, nil)
		})
		t.Run("a large page", func(t *testing.T) {
			const size = 8 << 20
			origin.set(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) }, nil)
			defer origin.set(nil, nil)
			n, err := io.Copy(io.Discard, p.get(t, "/shop").Body)
			require.NoError(t, err)
			require.EqualValues(t, size, n)
		})
		t.Run("lines", func(t *testing.T) {
			from := len(p.logged(t, 0, 0))
			p.get(t, "/shop", "Cookie: cart=80")
			lines := p.logged(t, from, 2)
			require.Len(t, lines, 2, "an exposure, and health")
			var exposure, line map[string]any
			require.NoError(t, json.Unmarshal([]byte(lines[0]), &exposure))
			require.Equal(t, "exposure", exposure["kind"])
			require.Equal(t, "hero", exposure["decision"])
			require.Equal(t, "gold", exposure["variant"])
			require.NoError(t, json.Unmarshal([]byte(lines[1]), &line))
			require.Equal(t, "health", line["kind"])
			require.Equal(t, "shop", line["bundle"])
			require.EqualValues(t, 2, line["version"])
			require.IsType(t, 0.5, line["spent_ms"])
			require.NotContains(t, line, "refused")
		})
		t.Run("an unknown path of its own", func(t *testing.T) {
			before := len(origin.requests())
			answer := p.get(t, "/.edgewise/nothing")
			require.Equal(t, http.StatusNotFound, answer.StatusCode)
			require.Len(t, origin.requests(), before, "the origin is not asked")
		})
	})
}

// Without what it can do without, a place forwards and decides by what it has.
func TestPlacesThatLackSomething(t *testing.T) {
	services(t, func(t *testing.T, s *shop, wasm string) {
		origin := newSite(t)
		at := envelopeKey(t, s.objects())
		for name, c := range map[string]struct {
			change  func(*config)
			release string // empty: nothing is decided
			country string
		}{
			"nothing but an origin":   {func(c *config) { *c = config{backends: c.backends} }, "first", "none"},
			"an empty store":          {func(c *config) { c.objects = map[string][]byte{} }, "first", "germany"},
			"half a release":          {func(c *config) { c.objects[at] = c.objects[at][:999] }, "first", "germany"},
			"a changed release":       {func(c *config) { c.objects[at] = flipped(c.objects[at]) }, "first", "germany"},
			"25 MB":                   {func(c *config) { c.objects[at] = make([]byte, 25<<20) }, "first", "germany"},
			"no place for the client": {func(c *config) { c.geo = "" }, "second", "none"},
			"a secret that is none":   {func(c *config) { c.secret = "correct horse" }, "second", "germany"},
			"settings that are none":  {func(c *config) { c.settings = map[string]string{"refresh": "x", "health": "-1", "timeout_ms": "soon"} }, "second", "germany"},
			"switched off":            {func(c *config) { c.settings["off"] = "true" }, "", ""},
		} {
			t.Run(name, func(t *testing.T) {
				config := standard(s, origin)
				c.change(&config)
				p := serve(t, wasm, config)
				for range 3 { // what brings the bundle into the cache, and what finds it there
					answer := p.get(t, "/shop", "Edgewise-Decisions: release=evil")
					got := pageOf(t, answer)
					require.Equal(t, "yes", answer.Header.Get(ownPage))
					decisions := got.Header.Get("Edgewise-Decisions")
					if c.release == "" {
						require.Empty(t, decisions)
						continue
					}
					require.Contains(t, decisions, fmt.Sprintf("release=%q", c.release))
					require.Contains(t, decisions, fmt.Sprintf("country=%q", c.country))
				}
			})
		}
	})
}

// The origin fails. There is no page then; what it did say goes through, and never an error of the instance's own (500).
func TestOriginsThatFail(t *testing.T) {
	services(t, func(t *testing.T, s *shop, wasm string) {
		dead, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := dead.Addr().String()
		require.NoError(t, dead.Close())
		origin := newSite(t)
		c := standard(s, origin)
		c.settings["timeout_ms"] = "300"
		p := serve(t, wasm, c)

		t.Run("slow within its time", func(t *testing.T) {
			origin.set(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(100 * time.Millisecond)
				io.WriteString(w, "late")
			}, nil)
			body, err := io.ReadAll(p.get(t, "/shop").Body)
			require.NoError(t, err)
			require.Equal(t, "late", string(body))
		})
		t.Run("slower", func(t *testing.T) {
			origin.set(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(3 * time.Second):
				}
			}, nil)
			started := time.Now()
			require.Equal(t, http.StatusServiceUnavailable, p.get(t, "/shop").StatusCode)
			require.Less(t, time.Since(started), 2*time.Second)
		})
		t.Run("resetting", func(t *testing.T) {
			origin.set(func(w http.ResponseWriter, _ *http.Request) {
				connection, _, _ := w.(http.Hijacker).Hijack()
				connection.(*net.TCPConn).SetLinger(0)
				connection.Close()
			}, nil)
			require.Equal(t, http.StatusServiceUnavailable, p.get(t, "/shop").StatusCode)
		})
		t.Run("breaking off in a page", func(t *testing.T) {
			origin.set(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100000")
				w.Write(make([]byte, 50000))
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}, nil)
			answer := p.get(t, "/shop")
			require.Equal(t, http.StatusOK, answer.StatusCode)
			n, err := io.Copy(io.Discard, answer.Body)
			require.False(t, err == nil && n == 100000, "a page that is cut short is not made whole")
		})
		origin.set(nil, nil)
		t.Run("well again", func(t *testing.T) { pageOf(t, p.get(t, "/shop")) })
		t.Run("dead", func(t *testing.T) {
			c.backends = map[string]string{"origin": "http://" + address}
			p := serve(t, wasm, c)
			for range 3 {
				require.Equal(t, http.StatusServiceUnavailable, p.get(t, "/shop").StatusCode)
			}
		})
	})
}
