package edge

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/state"
)

// Exchange turns requests into plans by one bundle. It is the room that this takes: made once for each goroutine or instance, used for one
// request at a time. A warm Plan allocates nothing.
type Exchange struct {
	bundle    *core.Bundle
	context   *core.Context
	evaluator *core.Evaluator

	inputs  []input
	hidden  []parameter
	session int // the attribute session.id, or -1
	jar     jar
	keeping
	previewing
	owning

	// What is known of the request at hand.
	unread  bool // it is beyond the limits
	visit   *Visit
	at      place // what it asks for
	headers headers
	device  classified
	granted uint32   // bit set over purposes
	secrets [][]byte // of the visit, those that are long enough
	scratch Scratch
	values  [MaxElements]core.Value // elements of lists and maps
	used    int                     // of them

	scratchMark, usedMark int // what of both was in use before the query was read

	route     *format.Route // that matched; nil: none
	answers   []core.Answer
	next      place  // where a redirect leads
	stay      bool   // redirects do nothing
	hopping   bool   // a redirect is followed
	undecided uint32 // decision+1 of which the origin is to say whether it redirects
	barred    uint64 // its variants that are not to, from the first on
	plan      Plan
	room      []byte // for the text of plans, however many there were
	text      []byte // of the plan at hand, in room as far as it goes

	// Of the hand-over.
	outcome  Outcome // 0: none
	key      mac.Key
	handed   [2 * mac.Size]byte // its HEX, once it is computed
	computed bool
	hex      [2 * mac.Size]byte
	digits   []byte

	secretRoom      [MaxSecrets][]byte
	requestHeaders  [maxSet]Header
	responseHeaders [maxSet]Header
	drop            [MaxHeaders]string
	vary            [16]string
	settable        []string // names of headers that decisions set
	cookies         [4]Cookie
	deferred        []Deferred
	lines           []string
}

const (
	// maxSet bounds the headers that a plan sets: those of this package and of decisions that act.
	maxSet = format.MaxHeaderActs + 16
	// roomSize is how many bytes of text an ordinary plan needs, and some more.
	roomSize = 8 << 10
)

// Footprint bounds what core.LoadSigned and NewExchange together allocate for a bundle of that many bytes, as core.Footprint does. Of each
// attribute an exchange keeps its source, and of each decision its answer: records of a bundle that have 28 bytes and more.
func Footprint(size int) int {
	const ofAttribute, ofDecision = 128, 64
	return core.Footprint(size) + int(unsafe.Sizeof(Exchange{})+unsafe.Sizeof(Inbox{})) + roomSize +
		min(size/28, format.MaxAttributes)*ofAttribute + min(size/100, format.MaxDecisions)*ofDecision
}

// NewExchange makes the exchange of a bundle.
func NewExchange(b *core.Bundle) *Exchange {
	x := &Exchange{
		bundle: b, context: b.NewContext(), evaluator: b.NewEvaluator(),
		answers:  make([]core.Answer, 0, len(b.Decisions)),
		deferred: make([]Deferred, 0, len(b.Decisions)),
		lines:    make([]string, 0, 1+len(b.Decisions)),
		room:     make([]byte, 0, roomSize),
		digits:   make([]byte, 0, 20),
	}
	mapper := NewMapper(&b.Bundle)
	x.inputs, x.hidden = mapper.inputs, mapper.hidden
	x.jar.fill(b, x.inputs)
	x.session = b.FindAttribute("session.id")
	for i := range b.Decisions {
		if d := &b.Decisions[i]; format.Act(d.Act&0xff) == format.ActHeader {
			x.settable = append(x.settable, b.String(d.Header))
		}
	}
	x.site = state.NewSite(&b.Bundle)
	return x
}

// Context and Evaluator are those of the exchange, for who decides without a request in between.
func (x *Exchange) Context() *core.Context { return x.context }

// Evaluator is described with Context.
func (x *Exchange) Evaluator() *core.Evaluator { return x.evaluator }

// Plan says what to do with a request. It never fails: what cannot be read is absent, and what is beyond the limits is forwarded as it came.
func (x *Exchange) Plan(v *Visit) *Plan {
	from := place{}
	from.authority, from.path, from.query = SplitURL(v.URL)
	x.takeToken(&from)
	x.pass(v, from)
	switch {
	case x.own != notOwn:
	case x.plan.Location != "":
		x.follow(v, from)
	case x.undecided > 0:
		x.foresee(v, from)
	}
	return &x.plan
}

// pass plans a request as if it were for a place.
func (x *Exchange) pass(v *Visit, at place) {
	x.begin(v)
	x.at = at
	x.plan.Origin.Path = x.target()
	x.unread = !x.readable(v)
	x.openOwn()
	if x.unread {
		if x.own != notOwn {
			x.refuse(431, "the request is too large")
			x.answerOwn()
		}
		x.plan.Cache.Personal = len(v.URL) <= MaxURL // whose page can be read for others: no cache in front is to keep for them what one made undecided
		x.writeLines()
		return
	}
	x.headers.read(v.Headers, &x.scratch)
	x.jar.read(v.Headers, x.context)
	x.findPage()
	route := matchRoute(&x.bundle.Bundle, x.at.path)
	x.beginState(route)
	x.beginPreview()
	x.openState(1)
	x.resolve()
	x.useState()
	x.supply()
	if x.own >= ownFlags && x.refused == 0 {
		x.readContext()
	}
	x.decide(route)
	x.conclude()
}

// begin forgets the request before.
func (x *Exchange) begin(v *Visit) {
	x.visit, x.text = v, x.room[:0]
	x.takeSecrets(v)
	x.scratch.used, x.used = 0, 0
	x.device, x.route, x.unread = classified{}, nil, false
	x.undecided, x.barred = 0, 0
	x.outcome, x.computed = 0, false
	x.answers, x.deferred, x.lines = x.answers[:0], x.deferred[:0], x.lines[:0]
	x.context.Reset()
	x.context.SetTime(v.Seconds, v.Nanos)
	x.plan = Plan{} // as a literal with its fields it would be copied word by word in the module
	p := &x.plan
	p.exchange, p.bundle = x, x.bundle
	p.RequestHeaders, p.ResponseHeaders, p.Drop, p.Cookies = x.requestHeaders[:0], x.responseHeaders[:0], x.drop[:0], x.cookies[:0]
}

// readable says whether a visit keeps the limits.
func (x *Exchange) readable(v *Visit) bool {
	lines, cookies := 0, 0
	for i := range v.Headers {
		h := &v.Headers[i]
		if lines += len(h.Name) + len(h.Value); x.says(h.Name) || len(h.Name) == len("connection") && equalFold(h.Name, "connection") && x.cutsOff(h) {
			x.plan.Drop = append(x.plan.Drop, h.Name)
		}
		if len(h.Name) == len("cookie") && equalFold(h.Name, "cookie") {
			cookies += len(h.Value)
		}
	}
	return len(v.URL) <= MaxURL && len(v.Headers) <= MaxHeaders && lines <= MaxLines && cookies <= MaxCookie
}

// IsOurs says whether a header is of the family that only the exchange may send to the origin: Edgewise-*, however that is spelled.
func IsOurs(name string) bool {
	const prefix = "edgewise-"
	return len(name) >= len(prefix) && lower(name[0]) == 'e' && sameName(name[:len(prefix)], prefix)
}

// says says whether a header is one of those that tell the origin what was decided: what a visitor sends under such a name would pass for that.
func (x *Exchange) says(name string) bool {
	for i := range x.settable {
		if sameName(x.settable[i], name) {
			return true
		}
	}
	return IsOurs(name)
}

// cutsOff says whether a Connection header names one of those: whoever comes next would take them out before the origin sees them (RFC 9110, 7.6.1), and
// keep the page that was made without them under the key of those who have them.
//
//go:noinline
func (x *Exchange) cutsOff(h *Header) bool {
	for rest := h.Value; rest != ""; {
		var name string
		if name, rest, _ = cut(rest, ','); x.says(trim(name)) {
			return true
		}
	}
	return false
}

// sameName says whether two headers have the same name for all that servers may do with it: CGI and what descends from it turn all but letters and digits into
// an underscore.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if c, d := lower(a[i]), lower(b[i]); c != d && (isAlphanumeric(c) || isAlphanumeric(d)) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// resolve reads what is necessary and finds out what the visitor consents to.
func (x *Exchange) resolve() {
	x.granted = 1
	for i := range x.inputs {
		if in := &x.inputs[i]; in.purpose == 0 && in.source != query && (!x.persona() || in.ofURL()) {
			x.give(in)
		}
	}
	x.scratchMark, x.usedMark = x.scratch.used, x.used
	x.giveQuery()
	for i := range x.visit.Headers {
		h := &x.visit.Headers[i]
		if len(h.Name) == len("sec-gpc") && equalFold(h.Name, "sec-gpc") {
			for rest := h.Value; rest != ""; { // lines that somebody joined among them
				var one string
				one, rest, _ = cut(rest, ',')
				x.context.AddSignal(policy.GPC, trim(one))
			}
		}
	}
	if x.foreign() {
		x.context.AddSignal(policy.Off, policy.OffValue)
	}
	if x.on {
		x.unknown = x.preview.Apply(&x.bundle.Bundle, x.context)
	}
	x.evaluator.Resolve(x.context)
	x.plan.Consent, x.plan.jurisdiction = x.context.Evidence(), x.context.Jurisdiction()
	for p := range x.bundle.Purposes {
		if x.context.Granted(p) {
			x.granted |= 1 << p
		}
	}
}

// supply reads what else consent allows: first the query once more, where parameters show that were hidden, in the room that it had.
func (x *Exchange) supply() {
	if x.shows() && !x.persona() {
		x.scratch.used, x.used = x.scratchMark, x.usedMark
		x.giveQuery()
	}
	for i := range x.inputs {
		if in := &x.inputs[i]; in.purpose > 0 && x.granted>>in.purpose&1 != 0 && (!x.persona() || in.ofURL() && x.context.State(in.attribute) == core.Missing) {
			x.give(in)
		}
	}
}

// give gives the context the value of an attribute that may be read.
func (x *Exchange) give(in *input) {
	if value, ok := x.value(in); ok {
		x.context.Supply(in.attribute, value)
	}
}

// giveQuery gives the context the query, where that is necessary.
func (x *Exchange) giveQuery() {
	for i := range x.inputs {
		if in := &x.inputs[i]; in.purpose == 0 && in.source == query {
			x.give(in)
		}
	}
}

// decide answers the decisions of a route; nil: there is none.
func (x *Exchange) decide(r *format.Route) {
	switch {
	case x.refused > 0 || x.own != notOwn && x.own < ownDecisions:
		return
	case x.everything:
		x.decideOwn()
	case r == nil:
		return
	default:
		x.route = r
		x.plan.Route = x.bundle.String(r.Pattern)
		x.answers = x.evaluator.Decide(x.context, x.bundle.Lists[r.First:r.First+r.Count], x.answers)
	}
	if x.own != notOwn {
		x.hide()
	}
	x.plan.Decisions = x.answers
	if x.own >= ownFlags {
		return // its clients do not wait
	}
	for i := range x.answers {
		if deferral, ok := deferralOf(x.bundle, &x.answers[i]); ok {
			mode := x.bundle.Deferrals[deferral].Mode
			waits := mode == format.ModeWait || mode == format.ModeAfterRender && x.own == ownDecisions
			x.deferred = append(x.deferred, Deferred{x.answers[i].Decision, deferral, waits})
		}
	}
	x.plan.Deferred = x.deferred
}

// deferralOf is by what a decision was handed over, if it was.
func deferralOf(b *core.Bundle, a *core.Answer) (uint32, bool) {
	if a.Reason != core.ReasonDeferred || a.Rule == 0 {
		return 0, false
	}
	r := &b.Rules[a.Rule-1]
	return r.Target, r.Does() == format.ActionDefer
}

// conclude makes of what was decided what to do.
func (x *Exchange) conclude() {
	x.keepPreview()
	if x.own != notOwn {
		x.answerOwn()
		x.keepState()
		x.writeLines()
		return
	}
	if x.act(); x.plan.Location != "" {
		x.plan.Origin, x.plan.RequestHeaders, x.plan.Deferred = Origin{}, nil, nil
		x.plan.ResponseHeaders = append(x.plan.ResponseHeaders, Header{"Cache-Control", "no-store"})
	} else {
		if told := x.decisionsHeader(); told != "" {
			x.requestHeader("Edgewise-Decisions", told)
		}
		x.cache()
	}
	x.keepState()
	x.writeLines()
}

// requestHeader sets a header towards the origin.
func (x *Exchange) requestHeader(name, value string) {
	if len(x.plan.RequestHeaders) < maxSet {
		x.plan.RequestHeaders = append(x.plan.RequestHeaders, Header{name, value})
	}
}

// responseHeader sets a header on what the visitor gets.
//
//go:noinline
func (x *Exchange) responseHeader(name, value string) {
	if len(x.plan.ResponseHeaders) < maxSet {
		x.plan.ResponseHeaders = append(x.plan.ResponseHeaders, Header{name, value})
	}
}

// since is the text that was written since it had a length.
//
//go:noinline
func (x *Exchange) since(start int) string {
	if start >= len(x.text) {
		return ""
	}
	return unsafe.String(&x.text[start], len(x.text)-start)
}

//go:noinline
func (x *Exchange) put(s string) { x.text = text.AppendText(x.text, s) }

// target is the path that was asked for, with its query, so that nobody can take it for another host's: one slash at its beginning, and escapes for what
// cannot stand in a URL.
func (x *Exchange) target() string {
	path := x.at.path
	for path != "" && (path[0] == '/' || path[0] == '\\') {
		path = path[1:]
	}
	return x.url("/", path, x.at.query)
}

// url writes a URL with escapes for what cannot stand in one.
func (x *Exchange) url(site, path, query string) string {
	start := len(x.text)
	x.put(site)
	x.putEscaped(path)
	if query != "" {
		x.put("?")
		x.putEscaped(query)
	}
	return x.since(start)
}

// putEscaped writes text with escapes for all that is not printable ASCII, and for blanks.
//
//go:noinline
func (x *Exchange) putEscaped(s string) {
	begin := 0 // of what has not been written yet
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' {
			x.put(s[begin:i])
			const digits = "0123456789ABCDEF"
			x.put("%")
			x.text = text.AppendByte(text.AppendByte(x.text, digits[c>>4]), digits[c&15])
			begin = i + 1
		}
	}
	x.put(s[begin:])
}

// bytesOf is a text as bytes that share it, which nobody writes to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
