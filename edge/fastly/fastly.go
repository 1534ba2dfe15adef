// Package fastly answers requests at Fastly Compute: the exchange of package edge in front of a site, with the bundle from a KV store.
//
// [Handle] does it all, over a [Platform]. There are two: package sdk sends and answers with Fastly's SDK, so that a service can do more with a
// request than this; package direct calls Fastly's host itself, in a fraction of the module's size and time. The folders service and
// service-direct are complete services.
//
// # What it needs
//
// A [Site] is built into the service: who may sign, the least version, and a bundle of last resort. All else may be absent:
//
//	backend "origin"             the site; without it there is nothing to stand in front of
//	KV store "edgewise"          what `edgewise publish --to fastly-kv://STORE` writes. Without it the built-in bundle decides
//	secret store "edgewise"      "secret": at least 16 bytes that seal the state cookie and sign hand-overs, in hexadecimal digits; several with
//	                             spaces between them while one replaces another: the first seals. Without it there is no state and no hand-over; what is there and
//	                             is no secret shows in the line of health ("secret":"unusable")
//	config store "edgewise"      settings, each with a default; see [Settings]
//	log endpoint "edgewise"      lines of health and exposure
//	backend "handover"           who answers hand-overs; without it the site
//
// # When something fails
//
// It fails open, towards the origin's plain page: a request that cannot be read is forwarded as it came, without a bundle nothing is decided, and
// a hand-over that fails leaves the declared fallback. An instance lives for one request, so what outlasts it lies in the point of presence's
// cache: the verified bundle, and for how long nobody is asked who has just failed.
package fastly

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
)

// Platform is what Handle needs of Fastly. All texts it gives hold until it is done with the request.
type Platform interface {
	// Read fills in what the request says, but for its body, and where it comes from. false: it is beyond what an exchange reads.
	Read(v *edge.Visit) bool
	// Body is the request's body; false: it is larger than edge.MaxBody, or broken.
	Body() ([]byte, bool)
	// Send asks a backend for the page; nil: nothing came in time.
	Send(o *Outgoing) Response
	// Ask posts a hand-over.
	Ask(q *Question) edge.HandOver
	// Answer answers the request without a backend.
	Answer(status int, headers []edge.Header, body string)

	// HasBackend says whether there is a backend of that name.
	HasBackend(name string) bool
	// Setting is an item of the config store, Secret one of the secret store; empty where there is none.
	Setting(name string) string
	Secret(name string) string
	// Object is an item of the KV store, at most limit bytes, from a multiple of 8 on.
	Object(store, key string, limit int) ([]byte, Found)
	// Lookup looks for an entry of the point of presence's cache.
	Lookup(key string) Entry
	// Remember keeps a short text in that cache for some seconds, and Recall gives it; nobody waits for another.
	Remember(key, text string, seconds int)
	Recall(key string) string
	// Place is the name of the point of presence.
	Place() string
	// Log writes a line to a log endpoint.
	Log(endpoint, line string)

	// Now is the time in nanoseconds since 1970; 0 where there is none. Elapsed only goes forward.
	Now() uint64
	Elapsed() uint64
	// Random fills dst; false: there is no randomness.
	Random(dst []byte) bool
}

// Found says what became of reading an object.
type Found uint8

// What became of it.
const (
	Unavailable Found = iota // the store did not answer, or there is none
	Absent
	TooLarge
	Present
)

// MaxContents is the largest entry of the cache, in bytes.
const MaxContents = verify.MaxEnvelope

// Entry is an entry of the point of presence's cache, or the place where one would be. Replace and Refresh need Due; each instance that found
// an entry due holds back others that find none, until Close.
type Entry interface {
	Found() bool      // something is there; it may be stale
	Due() bool        // this instance is to bring something, or something newer
	Metadata() string // what Replace or Refresh said
	Contents() []byte // what Replace brought, from a multiple of 8 on; nil where it cannot be read
	Replace(metadata string, contents []byte, fresh int) bool
	Refresh(metadata string, fresh int) bool // keeps the contents
	Close()
}

// Outgoing is a request to a backend: what came in, with changes.
type Outgoing struct {
	Backend string
	URL     string        // empty: as it came
	Set     []edge.Header // headers to set
	Drop    []string      // headers to leave out
	Private bool          // nothing of it may be kept in a shared cache
	Key     string        // pages with another key are not the same, whatever their URL; empty: the URL says all
	Within  int           // milliseconds for the first byte; 0: as long as the backend's own settings say
}

// Question is a hand-over.
type Question struct {
	Backend   string
	URL       string
	Body      []byte
	Signature string
	Within    int // milliseconds
}

// Response is what a backend answered. Deliver sends it to the visitor, with the changes that were made.
type Response interface {
	Status() int
	Headers() []edge.Header // all lines
	Set(name, value string)
	Add(name, value string)
	Remove(name string)
	Deliver()
}

// Settings are the items of the config store, read when they are needed:
//
//	off         "true": every request is forwarded as it came
//	store       the KV store's name ("edgewise")
//	refresh     seconds for which a bundle is taken as the current one without looking ("30", at least 1)
//	log         the log endpoint's name ("edgewise"); "-": nothing is written
//	health      one request in so many writes a line of health ("1"); "0": none
//	timeout_ms  how long the origin may take for the first byte; without it as its backend's settings say
const (
	settingOff     = "off"
	settingStore   = "store"
	settingRefresh = "refresh"
	settingLog     = "log"
	settingHealth  = "health"
	settingTimeout = "timeout_ms"
)

const (
	origin   = "origin"   // the backend of the site
	handover = "handover" // the backend of hand-overs, if there is one
	secret   = "secret"   // in the secret store
)

// Handle answers the request of an instance by what was built into the service.
func Handle(p Platform, built string) {
	started := p.Elapsed()
	h := handler{Platform: p, started: started}
	readable := p.Read(&h.visit)
	site, ok := ReadSite(built)
	if !ok || p.Setting(settingOff) == "true" {
		h.pass(nil)
		return
	}
	b, entry := h.bundle(&site)
	if b != nil && readable {
		h.exchange(b)
	} else {
		h.pass(b)
	}
	h.renew(&site, entry) // after the visitor has the page: nobody waits for it
}

type handler struct {
	Platform
	started uint64 // Elapsed when the request came
	spent   uint64 // nanoseconds until the origin was asked, or the visitor was answered
	visit   edge.Visit
	random  [edge.RandomSize]byte
	refused verify.Code // why the KV store's bundle is not the one that decides; 0: it is
	spoilt  bool        // what the secret store has is no secret, or not all of it
}

// pass forwards the request as it came, without what would pass for the exchange's or for what decisions of the bundle set; nil: there is none.
func (h *handler) pass(b *core.Bundle) {
	o := &Outgoing{Backend: origin, Drop: ours(h.visit.Headers)}
	for i := 0; b != nil && i < len(b.Decisions); i++ {
		if d := &b.Decisions[i]; format.Act(d.Act&0xff) == format.ActHeader {
			o.Drop = append(o.Drop, b.String(d.Header)) // of a request beyond the limits not all names are known
		}
	}
	if b == nil {
		h.deliver(o, nil)
		return
	}
	h.deliver(o, &edge.Plan{Cache: edge.Cache{Personal: true}}) // no cache in front is to keep for all what one made undecided
}

// ours is the headers that only the exchange may send to the origin: all that it does send, and what else there is of its family.
func ours(headers []edge.Header) []string {
	names := []string{"Edgewise-Decisions", "Edgewise-Key", "Edgewise-Private", edge.PreviewHeader}
	for i := range headers {
		if edge.IsOurs(headers[i].Name) {
			names = append(names, headers[i].Name)
		}
	}
	return names
}

func (h *handler) exchange(b *core.Bundle) {
	v := &h.visit
	now := h.Now()
	v.Seconds, v.Nanos = int64(now/1e9), uint32(now%1e9)
	if h.Random(h.random[:]) {
		v.Random = h.random[:]
	}
	var ok bool
	v.Secrets, ok = secrets(h.Secret(secret))
	h.spoilt = !ok
	if _, path, _ := edge.SplitURL(v.URL); hasPrefix(path, edge.OwnPaths) && v.Method != "GET" && v.Method != "HEAD" {
		v.Body, _ = h.Body()
	}
	x := edge.NewExchange(b)
	plan := x.Plan(v)
	if body, signature := x.HandOver(nil); body != nil {
		outcome := h.handOver(&Question{URL: base(v.URL) + edge.HandOverPath, Body: body, Signature: signature, Within: int(plan.Within())})
		plan = x.Finish(&outcome)
	}
	h.act(plan)
	h.log(plan)
}
