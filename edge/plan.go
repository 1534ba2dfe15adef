package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/edge/device"
)

// Visit is a request as a platform hands it over, with what the engine may not read for itself: the time, randomness and secrets.
type Visit struct {
	Request
	Device  *device.Device // as the platform tells it; nil: the user agent says
	Body    []byte         // of a request to a path under OwnPaths, at most MaxBody
	Seconds int64          // the time, in seconds since 1970
	Nanos   uint32
	Random  []byte   // RandomSize fresh bytes; fewer: nothing is minted
	Secrets [][]byte // the first seals, all open; what is shorter than MinSecret is none. Without: no state is read or written, and nothing is handed over
}

const (
	// RandomSize is how many random bytes a visit may bring.
	RandomSize = 32
	// OwnPaths is where the exchange answers itself.
	OwnPaths = "/.edgewise/"
	// StateCookie is the name of the cookie that the site's state is in.
	StateCookie = "__Host-edgewise"
)

// Action is what a platform does with a request.
type Action uint8

// The actions.
const (
	Forward Action = iota // ask the origin, as Plan.Origin says
	Answer                // answer with the plan's status, headers and body
)

// Plan is what to do with a request. It belongs to the Exchange that made it and holds until that is used again; its texts are parts of the
// Visit too.
type Plan struct {
	Action   Action
	Status   int    // of Answer
	Location string // of a redirect: the header of that name
	Body     string // of Answer

	Origin          Origin
	RequestHeaders  []Header // to set towards the origin, after Drop
	ResponseHeaders []Header // to set on what the visitor gets; Reply has them, and what follows from the origin's
	Drop            []string // names of headers, as they came in, that must not reach the origin

	Cache     Cache
	Cookies   []Cookie
	Deferred  []Deferred    // what the origin or the page decides
	Decisions []core.Answer // of the route, in its order
	Consent   []policy.Evidence
	Route     string   // the pattern that matched; empty where none did
	Lines     []string // for the platform's log: a JSON object each

	exchange     *Exchange
	bundle       *core.Bundle
	jurisdiction int
}

// Origin is what to ask the origin for.
type Origin struct {
	Path    string // with its query
	Backend string // by the bundle's name for it; empty: the platform's own
}

// Cache says how what the origin answers may be kept: by a cache between the handler and the origin, which knows the key, and by caches in front of
// the handler, which know what the visitor's request and the answer say (Reply).
type Cache struct {
	Key      string   // the outcomes that the page can depend on: pages with the same URL and key are the same
	Vary     []string // names of request headers that the outcomes depend on, for caches in front
	Private  bool     // no shared cache may keep it, nor answer with what it keeps
	Personal bool     // no shared cache in front may: it depends on what no header of the request shows
	NoStore  bool     // nobody may keep it, the browser included
}

// Cookie is a cookie to set, or with Delete to remove.
type Cookie struct {
	Name, Value string
	MaxAge      int // seconds; 0: until the browser is closed
	Delete      bool
	HTTPOnly    bool // scripts cannot read it
}

// Deferred is a decision that somebody else makes.
type Deferred struct {
	Decision uint32 // index in the bundle
	Deferral uint32 // index in the bundle: to whom, how long, instead of it what
	Waits    bool   // for its decider, before the request is answered
}

// Outcome is what became of a hand-over.
type Outcome uint8

// The outcomes.
const (
	Answered Outcome = iota + 1
	Late             // no answer within the deadline
	Failed           // no connection, or an answer that is none
)

// HandOver is what became of the hand-over of a plan's decisions to the origin.
type HandOver struct {
	Outcome   Outcome
	Status    int    // of the HTTP response
	Body      []byte // likewise, as much of it as MaxBody
	Signature string // its Edgewise-Signature
	Seconds   int64  // when it came, in seconds since 1970
}
