package httpcache

import (
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge"
)

const (
	visits = 10_000
	now    = 1_790_000_000
)

// Whoever asks gets the page of what was decided for them, with a cache on either side of the handler: visitors with the same outcomes share it, others never do,
// and no cookie is kept.
func TestCachesShareWhatCameOutAlike(t *testing.T) {
	folder, err := os.MkdirTemp("", "cache") // the name of a socket has at most a hundred bytes
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	bundle := load(t)
	made := &origin{made: map[string]int{}}
	socket := func(name string) string { return filepath.Join(folder, name) }
	serve(t, socket("origin"), made)
	behind := varnish(t, folder, "behind", socket("origin"))
	h := newHandler(bundle, through(behind), now, []byte("0123456789abcdef0123456789abcdef"))
	serve(t, socket("handler"), h)
	front := varnish(t, folder, "front", socket("handler"))

	var asked, redirected, fromFront, fromBehind, cookies atomic.Int64
	var group sync.WaitGroup
	for worker := range uint64(8) {
		group.Go(func() {
			r := rand.New(rand.NewPCG(worker, 1))
			way := through(front)
			defer way.CloseIdleConnections()
			x := edge.NewExchange(bundle)
			for range visits / 8 {
				request := visitor(r)
				want := expect(h, x, request)
				answer, err := way.RoundTrip(request)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				hit := answer.Header.Get("X-Front") == "hit"
				switch {
				case hit:
					fromFront.Add(1)
				case answer.Header.Get("X-Behind") == "hit":
					fromBehind.Add(1)
				}
				asked.Add(1)
				if got := answer.Header.Get("Location"); got != want.location || want.location != "" && hit {
					t.Errorf("%s: sent to %q rather than %q, kept: %t", describe(request), got, want.location, hit)
				}
				if want.location != "" {
					redirected.Add(1)
				} else if string(body) != want.page {
					t.Errorf("%s: got\n%srather than\n%skept in front: %t, behind: %s", describe(request), body, want.page, hit, answer.Header.Get("X-Behind"))
				}
				for _, set := range answer.Header.Values("Set-Cookie") {
					cookies.Add(1)
					if hit || answer.Header.Get("X-Behind") == "hit" {
						t.Errorf("%s: a kept page sets %s", describe(request), set)
					}
					if who, ok := strings.CutPrefix(set, "seen="); ok && who != request.Header.Get("X-Test-Visitor") {
						t.Errorf("%s: got the cookie of %s", describe(request), who)
					}
				}
			}
		})
	}
	group.Wait()
	most := 0
	for page, times := range made.made {
		if most = max(most, times); times > 2 { // the methods GET and HEAD, say, do not make two
			t.Errorf("a page that may be shared was made %d times:\n%s", times, page)
		}
	}
	pages := asked.Load() - redirected.Load()
	t.Logf("%d visits: %d redirects; of %d pages %d came from the cache in front, %d from the one behind, %d were made: %d different ones, each at most %d times; %d cookies set",
		asked.Load(), redirected.Load(), pages, fromFront.Load(), fromBehind.Load(), made.total, len(made.made), most, cookies.Load())
	require.EqualValues(t, visits, asked.Load())
	require.Greater(t, fromBehind.Load(), int64(visits/10), "the cache behind answers")
	require.Greater(t, fromFront.Load(), int64(visits/50), "the cache in front answers")
	require.Greater(t, redirected.Load(), int64(visits/50))
	require.Greater(t, cookies.Load(), int64(visits/50))
}

// The page on caches shows the configuration that is tested.
func TestPageShowsTheConfiguration(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	vcl, err := os.ReadFile("behind.vcl")
	require.NoError(t, err)
	require.Contains(t, string(page), "```vcl\n"+string(vcl)+"```\n")
}

func load(t *testing.T) *core.Bundle {
	t.Helper()
	text, err := os.ReadFile("bundle.yaml")
	require.NoError(t, err)
	src, err := source.Parse(source.File{Name: "bundle.yaml", Data: text})
	require.NoError(t, err)
	made, err := bundles.Compile(src)
	require.NoError(t, err)
	b, err := core.Load(made.Data)
	require.NoError(t, err)
	return b
}

// visitor makes up a request.
func visitor(r *rand.Rand) *http.Request {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	path := one("/shop/a", "/shop/b", "/news/a", "/theme/a", "/offer/a", "/go/a", "/track/a", "/plain") + one("", "", "?utm_campaign=sale", "?q=1")
	request, err := http.NewRequest(one("GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "POST"), "http://shop.example"+path, nil)
	if err != nil {
		panic(err)
	}
	who := r.IntN(200)
	var cookies []string
	add := func(cookie string) {
		if cookie != "" {
			cookies = append(cookies, cookie)
		}
	}
	add(one("", consent("true"), consent("false")))
	add(one("", fmt.Sprintf("account=%d", who)))
	add(one("", "cart=10", "cart=80"))
	add(one("", "", "edgewise-personalization=off"))
	add(one("tier=gold", fmt.Sprintf("tier=%d", who)))
	request.Header.Set("Cookie", strings.Join(cookies, "; "))
	set := func(name, value string) {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	set("Sec-GPC", one("", "", "", "1"))
	set("Accept-Language", one("", "de-DE,de", "en"))
	set("User-Agent", one("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0"))
	set("Edgewise-Key", one("", "", "", "hero=gold", "landing=same&hero=gold")) // who would poison a cache
	set("X-Theme", one("", "", "", "<script>"))
	set("X-Test-Country", one("", "DE", "AT", "FR", "US"))
	set("X-Test-Visitor", fmt.Sprint(who))
	random := make([]byte, edge.RandomSize)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	set("X-Test-Random", hex.EncodeToString(random))
	return request
}

// consent is a consent manager's cookie.
func consent(preferences string) string {
	return "CookieConsent={stamp:'x',necessary:true,preferences:" + preferences + ",statistics:false,marketing:false,method:'explicit',ver:1}"
}

// expected is what a visitor has to get.
type expected struct{ location, page string }

func expect(h *handler, x *edge.Exchange, request *http.Request) expected {
	asked := request.Clone(request.Context())
	asked.RequestURI, asked.Host = request.URL.RequestURI(), request.URL.Host
	plan := x.Plan(h.visitOf(asked))
	if plan.Location != "" {
		return expected{location: plan.Location}
	}
	if request.Method == http.MethodHead {
		return expected{}
	}
	decisions, theme := "", ""
	for _, set := range plan.RequestHeaders {
		switch set.Name {
		case "Edgewise-Decisions":
			decisions = set.Value
		case "X-Theme":
			theme = set.Value
		}
	}
	return expected{page: pageOf(plan.Origin.Path, decisions, theme, tierOf(request.Header.Get("Cookie")))}
}

func describe(r *http.Request) string {
	return fmt.Sprintf("%s %s %v", r.Method, r.URL.RequestURI(), r.Header)
}
