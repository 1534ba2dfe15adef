package host_test

import (
	"bytes"
	"errors"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/examples"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/xxhash"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/accesslog"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/traffic"
)

// The example storefront written by hand, as a Go programmer would without an engine: what the benchmarks measure engines against. A test
// compares its answers with theirs, so when bundles/examples/storefront changes, this changes with it.

// visitor is what the storefront's rules read, as plain fields. "" is absent.
type visitor struct {
	edge.View
	personalization, analytics bool
	session, campaign, search  string
	cart                       float64 // 0: absent
	at                         int64   // Unix time
}

// page is the variant of each of the storefront's decisions, in the order of their names.
type page struct {
	cartNudge, hero, landing, leadStory, lightPage, payment, recommendations, shipping string
}

// The seeds of the splits, as the compiler would have computed them.
var (
	nudgeSeed   = xxhash.Sum64("nudge-2", 0)
	appSeed     = xxhash.Sum64("app-2026", 0)
	winterSeed  = xxhash.Sum64("winter-2026", 0)
	similarSeed = xxhash.Sum64("recommendations", 0)
)

// The weeks in which everybody looks for gifts.
var (
	giftsFrom  = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Unix()
	giftsUntil = time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC).Unix()
)

func bucket(seed uint64, unit string) uint64 {
	high, _ := bits.Mul64(xxhash.Sum64(unit, seed), 10000)
	return high
}

func decideByHand(v *visitor) page {
	return page{v.nudge(), v.hero(), v.landing(), v.leadStory(), v.lightPage(), v.payment(), v.recommendations(), v.shipping()}
}

func (v *visitor) phone() bool { return v.Device.Class.String() == "mobile" }

func (v *visitor) german() bool {
	return v.Geo.Country == "DE" || v.Geo.Country == "AT" || v.Geo.Country == "CH"
}

func (v *visitor) eurozone() bool {
	switch v.Geo.Country {
	case "AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "NL", "PT":
		return true
	}
	return false
}

func (v *visitor) french() bool {
	return strings.HasPrefix(v.Language, "fr") || v.Geo.Country == "FR"
}

func (v *visitor) fromSearch() bool {
	return strings.HasPrefix(v.ReferrerHost, "www.google.") || v.ReferrerHost == "www.bing.com" || v.ReferrerHost == "duckduckgo.com"
}

func (v *visitor) fromNews() bool {
	return v.ReferrerHost == "news.example" || v.ReferrerHost == "www.reddit.com" || v.ReferrerHost == "news.ycombinator.com"
}

func (v *visitor) slowNetwork() bool { return v.EffectiveType == "slow-2g" || v.EffectiveType == "2g" }
func (v *visitor) slowLine() bool    { return v.SaveData || v.slowNetwork() }
func (v *visitor) fullCart() bool    { return v.cart >= 50 }
func (v *visitor) someCart() bool    { return v.cart > 0 && v.cart < 50 }

func (v *visitor) nudge() string {
	switch {
	case !v.personalization:
	case v.Geo.Country != "" && !v.eurozone() && !v.german():
	case v.cart >= 40 && v.cart < 50:
		return "almost"
	case v.fullCart() && v.session != "":
		switch b := bucket(nudgeSeed, v.session); {
		case b < 3400:
		case b < 6700:
			return "free_shipping"
		default:
			return "reserved"
		}
	case v.someCart() && v.Path == "/shop/cart":
		return "free_shipping"
	case v.phone() && v.someCart():
		return "free_shipping"
	}
	return "none"
}

func (v *visitor) hero() string {
	switch {
	case !v.personalization || v.Device.Bot:
	case v.fullCart(), v.someCart() && !strings.HasPrefix(v.Path, "/shop/cart"):
		return "checkout"
	case v.campaign == "gifts", v.at >= giftsFrom && v.at < giftsUntil && (v.german() || v.french()):
		return "gifts"
	case v.session != "" && v.phone() && (v.Device.OS.String() == "ios" || v.Device.OS.String() == "android"):
		if bucket(appSeed, v.session) >= 5000 {
			return "app"
		}
	case v.session != "" && v.Device.Class.String() == "desktop":
		if bucket(winterSeed, v.session) >= 8000 {
			return "winter"
		}
	case v.Geo.Country == "CA" || v.Geo.Country == "FI" || v.Geo.Country == "NO" || v.Geo.Country == "SE":
		return "winter"
	}
	return "plain"
}

func (v *visitor) landing() string {
	switch {
	case v.Device.Bot:
	case v.Path == "/search" && v.search != "":
		return "results"
	case v.campaign == "sale" || v.campaign == "winter-sale" || strings.HasPrefix(v.campaign, "newsletter"):
		return "sale"
	case v.fromSearch() && strings.HasPrefix(v.Language, "de"):
		return "willkommen"
	case v.fromSearch():
		return "welcome"
	case v.fromNews():
		return "readers"
	}
	return "none"
}

func (v *visitor) leadStory() string {
	switch {
	case v.Device.Bot:
	case v.ReferrerHost == "news.ycombinator.com" || v.ReferrerHost == "lobste.rs" || strings.HasPrefix(v.Path, "/news/tech"):
		return "tech"
	case v.phone() && v.slowLine():
		return "brief"
	case v.german() && strings.HasPrefix(v.Language, "de"):
		return "germany"
	case v.french():
		return "france"
	case v.Geo.Continent == "EU":
		return "europe"
	case v.Geo.Continent == "NA" || v.Geo.Continent == "SA":
		return "america"
	}
	return "world"
}

func (v *visitor) lightPage() string {
	if v.SaveData || v.slowNetwork() || v.Device.Browser.String() == "ie" || v.asksForLight() {
		return "light"
	}
	return "full"
}

func (v *visitor) asksForLight() bool {
	return slices.ContainsFunc(v.Query, func(p edge.Pair) bool { return p.Name == "light" })
}

func (v *visitor) payment() string {
	switch v.Geo.Country {
	case "NL":
		return "dutch"
	case "CH":
		return "swiss"
	case "DE", "AT":
		return "german"
	}
	os, browser := v.Device.OS.String(), v.Device.Browser.String()
	switch {
	case (os == "ios" || os == "macos") && browser == "safari":
		return "wallets"
	case os == "android" && browser == "chrome":
		return "google"
	}
	return "cards"
}

func (v *visitor) recommendations() string {
	switch {
	case !v.personalization || !v.analytics || v.Device.Bot:
	case v.slowLine():
		return "none"
	case v.fullCart() && strings.HasPrefix(v.Path, "/shop"):
		return "together"
	case strings.HasPrefix(v.Path, "/news/") && v.phone():
		return "few"
	case strings.HasPrefix(v.Path, "/shop/") && v.session != "":
		switch b := bucket(similarSeed, v.session); {
		case b < 3334:
		case b < 6667:
			return "similar"
		default:
			return "few"
		}
	case v.phone():
		return "few"
	}
	return "popular"
}

func (v *visitor) shipping() string {
	switch v.Geo.Country {
	case "DE":
		return "home"
	case "CH":
		return "swiss"
	case "GB":
		return "british"
	}
	switch {
	case v.eurozone(), v.Geo.Continent == "EU":
		return "near"
	case v.Geo.Country != "":
		return "world"
	}
	return "ask"
}

// storefront is the example bundle with requests about it: what edges would ask, and the same visitors as plain fields.
type storefront struct {
	*bundles.Loaded
	all       []uint32 // the decisions
	requests  []edge.Request
	granted   []uint32
	questions [][]byte
	visitors  []*visitor
}

// newStorefront makes up count requests.
func newStorefront(t testing.TB, count int) *storefront {
	source, err := examples.Storefront()
	require.NoError(t, err)
	loaded, err := bundles.Compile(source)
	require.NoError(t, err)
	s := &storefront{Loaded: loaded}
	for i := range loaded.Bundle.Decisions {
		s.all = append(s.all, uint32(i))
	}
	var log bytes.Buffer
	require.NoError(t, traffic.Write(&log, 1, count, time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)))
	mapper := edge.NewMapper(loaded.Bundle)
	for reader := accesslog.NewReader(&log); ; {
		entry, err := reader.Read()
		var noRequest *accesslog.LineError
		switch {
		case errors.Is(err, io.EOF):
			return s
		case errors.As(err, &noRequest):
			continue
		}
		require.NoError(t, err)
		s.add(&entry, mapper)
	}
}

func (s *storefront) add(entry *accesslog.Entry, mapper *edge.Mapper) {
	// A scratch each, because the visitor keeps parts of it.
	scratch := &edge.Scratch{}
	v := &visitor{View: edge.Parse(&entry.Request, scratch), at: entry.Time.Unix()}
	consent, _ := edge.CookieValue(entry.Request.Headers, "demo-consent")
	granted := uint32(1)
	for _, c := range []struct {
		purpose string
		known   *bool
	}{{"personalization", &v.personalization}, {"analytics", &v.analytics}} {
		if slices.Contains(strings.Split(consent, ","), c.purpose) {
			*c.known = true
			granted |= 1 << s.Bundle.FindPurpose(c.purpose)
		}
	}
	question := core.AppendQuestion(nil, granted, v.at, 0, s.all)
	if v.personalization {
		v.session, _ = edge.CookieValue(entry.Request.Headers, "demo-session")
		cart, _ := edge.FromCookie(&entry.Request, "cart", scratch)
		v.cart, _ = strconv.ParseFloat(cart, 64)
	}
	if v.session != "" {
		question = core.AppendText(core.AppendAttribute(question, s.Bundle.FindAttribute("session.id")), v.session)
	}
	v.campaign, _ = edge.FromQuery(&v.View, "utm_campaign")
	v.search, _ = edge.FromQuery(&v.View, "q")
	s.requests = append(s.requests, entry.Request)
	s.granted = append(s.granted, granted)
	s.questions = append(s.questions, mapper.Append(question, granted, &entry.Request, &edge.Scratch{}))
	s.visitors = append(s.visitors, v)
}

func TestHandWrittenStorefrontAgrees(t *testing.T) {
	s := newStorefront(t, 3000)
	var faults engine.Faults
	pool, err := engine.NewNative(s.Data, 1, &faults)
	require.NoError(t, err)
	defer pool.Close()
	met := map[string]bool{}
	for i, v := range s.visitors {
		answers, err := pool.Decide(t.Context(), s.questions[i], engine.Answers{})
		require.NoError(t, err)
		var names []string
		for _, a := range answers.Decisions {
			name := s.Bundle.String(s.Bundle.Variants[a.Variant-1].Name)
			names = append(names, name)
			met[strconv.Itoa(int(a.Decision))+name] = true
		}
		p := decideByHand(v)
		byHand := []string{p.cartNudge, p.hero, p.landing, p.leadStory, p.lightPage, p.payment, p.recommendations, p.shipping}
		require.Equal(t, byHand, names, "request %d: %+v", i, s.requests[i])
	}
	require.Greater(t, len(met), 30, "the requests are too much alike to compare anything")
}
