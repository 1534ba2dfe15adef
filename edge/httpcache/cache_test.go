package httpcache

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
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
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/preview"
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
	secret := []byte("0123456789abcdef0123456789abcdef")
	h := newHandler(bundle, through(behind), secret)
	serve(t, socket("handler"), h)
	front := varnish(t, folder, "front", socket("handler"))
	var key mac.Key
	key.Set(secret)
	token, err := (&preview.Token{Expires: now + 3600, Forced: []preview.Forced{{Decision: "hero", Variant: "gold"}, {Decision: "banner", Variant: "at"}}}).Append(nil, &key, "cached")
	require.NoError(t, err)

	var asked, redirected, fromFront, fromBehind, kept, tracked, previewed atomic.Int64
	var group sync.WaitGroup
	for worker := range uint64(8) {
		group.Go(func() {
			r := rand.New(rand.NewPCG(worker, 1))
			way := through(front)
			defer way.CloseIdleConnections()
			x := edge.NewExchange(bundle)
			people := make([]map[string]string, 25) // their cookies by name
			for i := range people {
				people[i] = map[string]string{}
			}
			for i := range visits / 8 {
				who := r.IntN(len(people))
				request := visitor(r, fmt.Sprint(worker, "-", who), people[who], now+60*int64(i/10), token)
				want := expect(h, x, request)
				answer, err := way.RoundTrip(request)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				if answer.Header.Get("X-Front") == "hit" && want.preview {
					want = expect(h, x, withoutPreview(request)) // what a cache in front keeps for everybody it gives to who previews as well
				}
				hit, hitBehind := answer.Header.Get("X-Front") == "hit", answer.Header.Get("X-Behind") == "hit"
				switch asked.Add(1); {
				case hit:
					fromFront.Add(1)
				case hitBehind:
					fromBehind.Add(1)
				}
				if got := answer.Header.Get("Location"); got != want.location || want.location != "" && hit {
					t.Errorf("%s: sent to %q rather than %q, kept: %t", describe(request), got, want.location, hit)
				}
				if want.location != "" {
					redirected.Add(1)
				} else if string(body) != want.page {
					t.Errorf("%s: got\n%srather than\n%skept in front: %t, behind: %t", describe(request), body, want.page, hit, hitBehind)
				}
				if want.preview {
					previewed.Add(1)
				}
				if want.own && (hit || hitBehind) {
					t.Errorf("%s: kept", describe(request))
				}
				cookies := map[string]string{}
				for _, c := range answer.Cookies() {
					switch {
					case hit:
						t.Errorf("%s: a kept page sets %s", describe(request), c)
					case c.Name == "seen":
						tracked.Add(1)
						if hitBehind || c.Value != request.Header.Get("X-Test-Visitor") {
							t.Errorf("%s: got the cookie of %s, kept behind: %t", describe(request), c.Value, hitBehind)
						}
					default:
						kept.Add(1)
						if cookies[c.Name] = c.Value; c.MaxAge < 0 {
							delete(people[who], c.Name)
						} else {
							people[who][c.Name] = c.Value
						}
					}
				}
				if !hit && !maps.Equal(cookies, want.cookies) {
					t.Errorf("%s: got the cookies %v rather than %v", describe(request), cookies, want.cookies)
				}
			}
		})
	}
	group.Wait()
	most := 0
	for page, times := range made.made {
		if most = max(most, times); times > 1 {
			t.Errorf("a page that may be shared was made %d times:\n%s", times, page)
		}
	}
	pages := asked.Load() - redirected.Load()
	t.Logf("%d visits, %d of them previews, %d redirected; of %d pages %d came from the cache in front, %d from the one behind, %d were made: %d different ones that may be shared, each at most %d times; "+
		"%d cookies of the handler's and %d of the origin's, none from a cache",
		asked.Load(), previewed.Load(), redirected.Load(), pages, fromFront.Load(), fromBehind.Load(), made.total, len(made.made), most, kept.Load(), tracked.Load())
	require.EqualValues(t, visits, asked.Load())
	require.Greater(t, fromBehind.Load(), int64(visits/10), "the cache behind answers")
	require.Greater(t, fromFront.Load(), int64(visits/50), "the cache in front answers")
	require.Greater(t, redirected.Load(), int64(visits/50))
	require.Greater(t, kept.Load(), int64(visits/50))
	require.Greater(t, tracked.Load(), int64(visits/50))
	require.Greater(t, previewed.Load(), int64(visits/50))
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

// visitor makes up a request of somebody who has cookies.
func visitor(r *rand.Rand, who string, has map[string]string, at int64, token []byte) *http.Request {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	path := one("/shop/a", "/shop/b", "/layout/a", "/news/a", "/theme/a", "/offer/a", "/go/a", "/track/a", "/plain", edge.OwnPaths+"health", edge.OwnPaths+"v1/preferences") +
		one("", "", "", "", "?utm_campaign=sale", "?q=1", "?"+preview.Parameter+"="+one(string(token), preview.Off, preview.Off))
	request, err := http.NewRequest(one("GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "POST"), "http://shop.example"+path, nil)
	if err != nil {
		panic(err)
	}
	var cookies []string
	add := func(cookie string) {
		if cookie != "" {
			cookies = append(cookies, cookie)
		}
	}
	for name, value := range has {
		add(name + "=" + value)
	}
	add(one("", consent("true"), consent("true"), consent("false")))
	add(one("", "cart=10", "cart=80"))
	add(one("", "", "", "edgewise-personalization=off"))
	add(one("tier=gold", "tier="+who))
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
	set("Save-Data", one("", "on"))
	set("X-Test-Visitor", who)
	set("X-Test-Time", fmt.Sprint(at))
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
type expected struct {
	location, page string
	cookies        map[string]string // of the handler's own; empty where one is deleted
	preview        bool
	own            bool // a path of the exchange's own
}

func expect(h *handler, x *edge.Exchange, request *http.Request) expected {
	asked := request.Clone(request.Context())
	asked.RequestURI, asked.Host = request.URL.RequestURI(), request.URL.Host
	plan := x.Plan(h.visitOf(asked))
	want := expected{location: plan.Location, cookies: map[string]string{}}
	for _, c := range plan.Cookies {
		want.cookies[c.Name] = c.Value
	}
	told := http.Header{}
	for _, set := range plan.RequestHeaders {
		told.Set(set.Name, set.Value)
	}
	want.preview = told.Get(edge.PreviewHeader) != ""
	switch {
	case want.location != "" || request.Method == http.MethodHead:
	case plan.Action == edge.Answer:
		want.page, want.own = plan.Body, true
	default:
		want.page = pageOf(plan.Origin.Path, told, tierOf(request.Header.Get("Cookie")))
	}
	return want
}

// withoutPreview is a request as of somebody who is in no preview.
func withoutPreview(request *http.Request) *http.Request {
	other := request.Clone(request.Context())
	var cookies []string
	for _, c := range strings.Split(request.Header.Get("Cookie"), "; ") {
		if !strings.HasPrefix(c, preview.Cookie+"=") {
			cookies = append(cookies, c)
		}
	}
	other.Header.Set("Cookie", strings.Join(cookies, "; "))
	return other
}

func describe(r *http.Request) string {
	return fmt.Sprintf("%s %s %v", r.Method, r.URL.RequestURI(), r.Header)
}
