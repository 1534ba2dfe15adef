package fastly_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/fastly"
)

// fake is a platform without a network: one point of presence, its cache, and a store that can fail.
type fake struct {
	objects map[string][]byte // nil: unavailable
	cache   map[string]*cached
	now     int64 // seconds
	reads   int   // of the store
	place   string

	beyond bool // the request is beyond the limits
	secret string

	sent  fastly.Outgoing
	lines []string
}

type cached struct {
	metadata string
	contents []byte
	until    int64
}

type entry struct {
	*fake
	key        string
	found, due bool
}

func (f *fake) Read(v *edge.Visit) bool {
	v.Method, v.URL, v.Headers = "GET", "https://shop.example/shop", []edge.Header{{Name: "Host", Value: "shop.example"}, {Name: "EDGEWISE-Other"}}
	return !f.beyond
}

func (f *fake) Body() ([]byte, bool) { return nil, true }

func (f *fake) Send(o *fastly.Outgoing) fastly.Response {
	f.sent = *o
	return page{}
}

func (f *fake) Ask(*fastly.Question) edge.HandOver { return edge.HandOver{Outcome: edge.Failed} }
func (f *fake) Answer(int, []edge.Header, string)  {}
func (f *fake) HasBackend(string) bool             { return false }
func (f *fake) Setting(name string) string         { return "" }
func (f *fake) Secret(string) string               { return f.secret }
func (f *fake) Remember(string, string, int)       {}
func (f *fake) Recall(string) string               { return "" }
func (f *fake) Place() string                      { return f.place }
func (f *fake) Log(_, line string)                 { f.lines = append(f.lines, line) }
func (f *fake) Now() uint64                        { return uint64(f.now) * 1e9 }
func (f *fake) Elapsed() uint64                    { return 0 }
func (f *fake) Random([]byte) bool                 { return false }

func (f *fake) Object(_, key string, limit int) ([]byte, fastly.Found) {
	f.reads++
	data, ok := f.objects[key]
	switch {
	case f.objects == nil:
		return nil, fastly.Unavailable
	case !ok:
		return nil, fastly.Absent
	case len(data) > limit:
		return nil, fastly.TooLarge
	}
	return data, fastly.Present
}

func (f *fake) Lookup(key string) fastly.Entry {
	c := f.cache[key]
	return &entry{f, key, c != nil, c == nil || f.now >= c.until}
}

func (e *entry) Found() bool { return e.found }
func (e *entry) Due() bool   { return e.due }
func (e *entry) Close()      {}

func (e *entry) Metadata() string {
	if !e.found {
		return ""
	}
	return e.cache[e.key].metadata
}

func (e *entry) Contents() []byte { return e.cache[e.key].contents }

func (e *entry) Replace(metadata string, contents []byte, fresh int) bool {
	e.cache[e.key] = &cached{metadata, contents, e.now + int64(fresh)}
	return true
}

func (e *entry) Refresh(metadata string, fresh int) bool {
	c := e.cache[e.key]
	c.metadata, c.until = metadata, e.now+int64(fresh)
	return true
}

type page struct{}

func (page) Status() int            { return 200 }
func (page) Headers() []edge.Header { return nil }
func (page) Set(_, _ string)        {}
func (page) Add(_, _ string)        {}
func (page) Remove(string)          {}
func (page) Deliver()               {}

// decides handles a request, and says which release decided and why it was not the store's.
func (f *fake) decides(t *testing.T, site []byte) (release, refused string) {
	t.Helper()
	f.lines = nil
	fastly.Handle(f, string(site))
	for _, h := range f.sent.Set {
		if h.Name == "Edgewise-Decisions" {
			_, rest, _ := strings.Cut(h.Value, `release="`)
			release, _, _ = strings.Cut(rest, `"`)
		}
	}
	require.NotEmpty(t, f.lines)
	_, rest, _ := strings.Cut(f.lines[0], `"refused":"`)
	refused, _, _ = strings.Cut(rest, `"`)
	return release, refused
}

func newFake(objects map[string][]byte) *fake {
	return &fake{objects: objects, cache: map[string]*cached{}, now: time.Now().Unix()}
}

// Whatever lies in the store, the newest release that may be accepted decides, and without one the one that is built in.
func TestWhatLiesInTheStore(t *testing.T) {
	s := newShop(t)
	first := s.publish(compiled(t, "first"))
	site := s.site(first)
	firstObjects := s.objects()
	s.publish(compiled(t, "second"))
	current := s.objects()
	eve := newShop(t)
	eve.publish(compiled(t, "evil"))
	eve.publish(compiled(t, "evil"))
	eve.publish(compiled(t, "evil"))

	with := func(change func(map[string][]byte)) map[string][]byte {
		objects := map[string][]byte{}
		for key, data := range current {
			objects[key] = data
		}
		change(objects)
		return objects
	}
	at := envelopeKey(t, current)
	for name, c := range map[string]struct {
		objects          map[string][]byte
		release, refused string
	}{
		"a newer release":              {current, "second", ""},
		"the release that is built in": {firstObjects, "first", ""},
		"no store":                     {nil, "first", "unavailable"},
		"an empty store":               {map[string][]byte{}, "first", "unavailable"},
		"no release":                   {with(func(o map[string][]byte) { delete(o, at) }), "first", "unavailable"},
		"half a release":               {with(func(o map[string][]byte) { o[at] = o[at][:len(o[at])/2] }), "first", "torn"},
		"a byte of it changed":         {with(func(o map[string][]byte) { o[at] = flipped(o[at]) }), "first", "signature"},
		"25 MB":                        {with(func(o map[string][]byte) { o[at] = make([]byte, 25<<20) }), "first", "limit"},
		"another head":                 {with(func(o map[string][]byte) { o[head] = []byte("<html>not found</html>") }), "first", "torn"},
		"a head of 25 MB":              {with(func(o map[string][]byte) { o[head] = make([]byte, 25<<20) }), "first", "unavailable"},
		"releases by somebody else":    {eve.objects(), "first", "unknown_key"},
		"a compiled bundle unsigned":   {with(func(o map[string][]byte) { o[at] = compiled(t, "third") }), "first", "torn"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(c.objects)
			for range 2 { // what brings the entry, and what finds it
				release, refused := f.decides(t, site)
				require.Equal(t, c.release, release)
				require.Equal(t, c.refused, refused)
			}
		})
	}
}

func flipped(data []byte) []byte {
	data = append([]byte(nil), data...)
	data[len(data)-100] ^= 1
	return data
}

// A release that was accepted goes on whatever becomes of the store, and is followed by none that is older.
func TestTheStoreChanges(t *testing.T) {
	s := newShop(t)
	site := s.site(s.publish(compiled(t, "first")))
	s.publish(compiled(t, "second"))
	second := s.objects()
	s.publish(compiled(t, "third"))
	third := s.objects()

	f := newFake(second)
	step := func(objects map[string][]byte, release, refused string) {
		t.Helper()
		f.objects = objects
		f.now += 60
		f.decides(t, site) // the entry is due: who finds it so is answered by what is there, and looks
		got, why := f.decides(t, site)
		require.Equal(t, release, got)
		require.Equal(t, refused, why)
	}
	step(second, "second", "")
	step(third, "third", "")
	step(second, "third", "version")
	step(nil, "third", "unavailable")
	step(map[string][]byte{}, "third", "unavailable")
	step(third, "third", "")
	f.now -= 3600
	step(third, "third", "")

	// A service that is deployed anew asks anew: it may trust others.
	other := fastly.Site{Policy: verify.AppendPolicy(nil, &verify.Policy{Keys: s.keys, Channel: "production", Floor: 3}, 0), Bundle: s.publish(compiled(t, "fourth"))}
	f.objects = second
	release, refused := f.decides(t, other.Append(nil))
	require.Equal(t, []string{"fourth", "version"}, []string{release, refused})
}

// Between two looks a request reads nothing of the store.
func TestTheStoreIsReadOnceInAWhile(t *testing.T) {
	s := newShop(t)
	site := s.site(s.publish(compiled(t, "first")))
	f := newFake(s.objects())
	f.decides(t, site)
	reads := f.reads
	require.Equal(t, 3, reads, "the head, no key list, the release")
	for range 10 {
		f.now++
		f.decides(t, site)
	}
	require.Equal(t, reads, f.reads)
	f.now += 60
	f.decides(t, site)
	f.decides(t, site)
	require.Equal(t, 2*reads, f.reads)
}

// A release that expired goes on, since nothing newer is there; its answers say that it is stale.
func TestExpiry(t *testing.T) {
	s := newShop(t)
	soon := func(r *channel.Release) { r.FreshFor, r.Expires = time.Minute, time.Hour }
	site := s.site(s.publish(compiled(t, "first"), soon))
	s.publish(compiled(t, "second"), soon)
	f := newFake(s.objects())
	release, _ := f.decides(t, site)
	require.Equal(t, "second", release)
	f.now += 2 * 3600
	f.decides(t, site)
	release, refused := f.decides(t, site)
	require.Equal(t, []string{"second", ""}, []string{release, refused})
	// A point of presence that starts now is not given it any more.
	cold := newFake(s.objects())
	cold.now = f.now
	release, refused = cold.decides(t, site)
	require.Equal(t, []string{"first", "expired"}, []string{release, refused})
}

// Keys are rotated in the store: the service knows only the first list.
func TestKeysAreFollowed(t *testing.T) {
	s := newShop(t)
	site := s.site(s.publish(compiled(t, "first")))
	bert, _, err := sign.Generate()
	require.NoError(t, err)
	next := trusting(bert)
	list, err := sign.Rotate(s.keys, next, s.anna)
	require.NoError(t, err)
	s.anna = bert
	s.publish(compiled(t, "second"))
	objects := s.objects()
	f := newFake(objects)
	release, refused := f.decides(t, site)
	require.Equal(t, []string{"first", "unknown_key"}, []string{release, refused})
	objects["keys/2"] = list
	f = newFake(objects)
	release, refused = f.decides(t, site)
	require.Equal(t, []string{"second", ""}, []string{release, refused})
}

// A service without a policy has its bundle and looks nowhere.
func TestWithoutAPolicy(t *testing.T) {
	site := fastly.Site{Bundle: compiled(t, "own")}
	f := newFake(map[string][]byte{})
	release, refused := f.decides(t, site.Append(nil))
	require.Equal(t, []string{"own", ""}, []string{release, refused})
	require.Zero(t, f.reads)
}

// What the secret store has and is no secret leaves the service without state: the line of health says so.
func TestTellsOfUnusableSecrets(t *testing.T) {
	site := (&fastly.Site{Bundle: compiled(t, "x")}).Append(nil)
	for secret, want := range map[string]bool{"": false, strings.Repeat("ab", 32): false, "ab": true, "correct horse": true} {
		f := newFake(nil)
		f.secret = secret
		fastly.Handle(f, string(site))
		require.Len(t, f.lines, 1)
		require.Equal(t, want, strings.Contains(f.lines[0], `"secret":"unusable"`), "%q: %s", secret, f.lines[0])
	}
}

// own is the headers that the service sends to the origin, and lets through from nobody.
var own = []string{"Edgewise-Decisions", "Edgewise-Key", "Edgewise-Private", "Edgewise-Preview"}

// A request that is too large to be read goes to the origin without what would pass for a decision, whether its name was read or not.
func TestBeyondTheLimits(t *testing.T) {
	bundle := compile(t, "bundle: tells\ndecisions:\n  tier: {purpose: necessary, act: {header: X-Tier}, variants: {a: a, b: b}, default: a}\n")
	f := newFake(nil)
	f.beyond = true
	fastly.Handle(f, string((&fastly.Site{Bundle: bundle}).Append(nil)))
	require.Equal(t, fastly.Outgoing{Backend: "origin", Drop: append(own, "EDGEWISE-Other", "X-Tier", "fastly-xqd-cache-key")}, f.sent)
}

// Without anything to decide by, a request goes to the origin as it came.
func TestWithoutABundle(t *testing.T) {
	for name, site := range map[string][]byte{"no site": nil, "no bundle": (&fastly.Site{}).Append(nil), "half a bundle": (&fastly.Site{Bundle: compiled(t, "x")[:1000]}).Append(nil)} {
		t.Run(name, func(t *testing.T) {
			f := newFake(nil)
			fastly.Handle(f, string(site))
			require.Equal(t, fastly.Outgoing{Backend: "origin", Drop: append(own, "EDGEWISE-Other", "fastly-xqd-cache-key")}, f.sent)
		})
	}
}

// A candidate is taken by a part of the places, and by none once it was withdrawn.
func TestCandidates(t *testing.T) {
	s := newShop(t)
	site := s.site(s.publish(compiled(t, "first")))
	s.publish(compiled(t, "second"))
	s.publish(compiled(t, "third"), func(r *channel.Release) {
		r.Action, r.Ramp = channel.Try, verify.Ramp{From: time.Now().Unix() - 10, Until: time.Now().Unix() + 1, Start: verify.Whole / 2, End: verify.Whole / 2}
	})
	tried := s.objects()
	releases := map[string]int{}
	var taker *fake
	for _, place := range []string{"AMS", "BER", "CDG", "DUB", "EWR", "FRA", "GRU", "HKG", "IAD", "JFK", "LAX", "MUC", "NRT", "OSL", "PRG", "SYD"} {
		f := newFake(tried)
		f.place = place
		release, refused := f.decides(t, site)
		require.Empty(t, refused)
		if releases[release]++; release == "third" {
			taker = f
		}
	}
	require.Len(t, releases, 2)
	require.Greater(t, releases["second"], 2)
	require.Greater(t, releases["third"], 2)
	nameless := newFake(tried)
	release, _ := nameless.decides(t, site)
	require.Equal(t, "second", release)

	s.publish(compiled(t, "second"), func(r *channel.Release) { r.Action, r.Restores = channel.Withdraw, 2 })
	taker.objects, taker.now = s.objects(), taker.now+60
	taker.decides(t, site)
	release, refused := taker.decides(t, site)
	require.Equal(t, []string{"second", ""}, []string{release, refused})
}
