package edge

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/text"
)

// Exchange turns requests into plans by one bundle. It is the room that this takes: made once for each goroutine or instance, used for one
// request at a time. A warm Plan allocates nothing.
type Exchange struct {
	bundle    *core.Bundle
	context   *core.Context
	evaluator *core.Evaluator

	inputs []input
	hidden []parameter
	jar    jar

	// What is known of the request at hand.
	visit     *Visit
	authority string
	rawPath   string
	rawQuery  string
	headers   headers
	device    classified
	granted   uint32 // bit set over purposes
	scratch   Scratch
	values    [MaxElements]core.Value // elements of lists and maps
	used      int                     // of them

	answers []core.Answer
	plan    Plan
	room    []byte // for the text of plans, however many there were
	text    []byte // of the plan at hand, in room as far as it goes

	words           [256]byte // of one explanation
	requestHeaders  [maxSet]Header
	responseHeaders [maxSet]Header
	drop            [MaxHeaders]string
	cookies         [4]Cookie
	deferred        []Deferred
	lines           []string
}

const (
	// MaxElements bounds the elements of all lists and maps that are read from a request, keys counted.
	MaxElements = 512
	// maxSet bounds the headers that a plan sets: those of this package and of decisions that act.
	maxSet = 64
	// roomSize is how many bytes of text an ordinary plan needs, and some more.
	roomSize = 8 << 10
)

// NewExchange makes the exchange of a bundle.
func NewExchange(b *core.Bundle) *Exchange {
	x := &Exchange{
		bundle: b, context: b.NewContext(), evaluator: b.NewEvaluator(),
		answers:  make([]core.Answer, 0, len(b.Decisions)),
		deferred: make([]Deferred, 0, len(b.Decisions)),
		lines:    make([]string, 0, 1+len(b.Decisions)),
		room:     make([]byte, 0, roomSize),
	}
	mapper := NewMapper(&b.Bundle)
	x.inputs, x.hidden = mapper.inputs, mapper.hidden
	x.jar.fill(b, x.inputs)
	return x
}

// Context and Evaluator are those of the exchange, for who decides without a request in between.
func (x *Exchange) Context() *core.Context { return x.context }

// Evaluator is described with Context.
func (x *Exchange) Evaluator() *core.Evaluator { return x.evaluator }

// Plan says what to do with a request. It never fails: what cannot be read is absent, and what is beyond the limits is forwarded as it came.
func (x *Exchange) Plan(v *Visit) *Plan {
	x.begin(v)
	if !x.readable(v) {
		return x.plain()
	}
	x.authority, x.rawPath, x.rawQuery = SplitURL(v.URL)
	x.plan.Origin.Path = x.target()
	x.headers = readHeaders(v.Headers, &x.scratch)
	x.jar.read(v.Headers, x.context)
	x.resolve()
	if hasPrefix(x.rawPath, OwnPaths) {
		x.own()
		return &x.plan
	}
	x.supply()
	x.decide()
	x.conclude()
	return &x.plan
}

// begin forgets the request before.
func (x *Exchange) begin(v *Visit) {
	x.visit, x.text = v, x.room[:0]
	x.scratch.used, x.used = 0, 0
	x.device = classified{}
	x.answers, x.deferred, x.lines = x.answers[:0], x.deferred[:0], x.lines[:0]
	x.context.Reset()
	x.context.SetTime(v.Seconds, v.Nanos)
	x.plan = Plan{
		exchange: x, RequestHeaders: x.requestHeaders[:0], ResponseHeaders: x.responseHeaders[:0],
		Drop: x.drop[:0], Cookies: x.cookies[:0],
	}
}

// readable says whether a visit keeps the limits.
func (x *Exchange) readable(v *Visit) bool {
	lines, cookies := 0, 0
	for i := range v.Headers {
		h := &v.Headers[i]
		if lines += len(h.Name) + len(h.Value); isOurs(h.Name) {
			x.plan.Drop = append(x.plan.Drop, h.Name)
		}
		if equalFold(h.Name, "cookie") {
			cookies += len(h.Value)
		}
	}
	return len(v.URL) <= MaxURL && len(v.Headers) <= MaxHeaders && lines <= MaxLines && cookies <= MaxCookie
}

// isOurs says whether a header is of the family that only the exchange may send to the origin.
func isOurs(name string) bool {
	const prefix = "edgewise-"
	return len(name) >= len(prefix) && equalFold(name[:len(prefix)], prefix)
}

// plain is the plan for a request that is not read.
func (x *Exchange) plain() *Plan {
	x.authority, x.rawPath, x.rawQuery = SplitURL(x.visit.URL)
	x.plan.Origin.Path = x.target()
	return &x.plan
}

// resolve reads what is necessary and finds out what the visitor consents to.
func (x *Exchange) resolve() {
	x.granted = 1
	for i := range x.inputs {
		if in := &x.inputs[i]; in.purpose == 0 {
			if value, ok := x.value(in); ok {
				x.context.Set(in.attribute, value)
			}
		}
	}
	for i := range x.visit.Headers {
		h := &x.visit.Headers[i]
		if equalFold(h.Name, "sec-gpc") {
			x.context.AddSignal(policy.GPC, trim(h.Value))
		}
	}
	x.evaluator.Resolve(x.context)
	x.plan.Consent = x.context.Evidence()
	for p := range x.bundle.Purposes {
		if x.context.Granted(p) {
			x.granted |= 1 << p
		}
	}
}

// supply reads what else consent allows.
func (x *Exchange) supply() {
	for i := range x.inputs {
		in := &x.inputs[i]
		again := in.source == query && x.shows() // parameters that were hidden until now
		if x.granted>>in.purpose&1 == 0 || in.purpose == 0 && !again {
			continue
		}
		if value, ok := x.value(in); ok {
			x.context.Supply(in.attribute, value)
		}
	}
}

// decide answers the decisions of the route.
func (x *Exchange) decide() {
	r := matchRoute(&x.bundle.Bundle, x.rawPath)
	if r == nil {
		return
	}
	x.plan.Route = x.bundle.String(r.Pattern)
	x.answers = x.evaluator.Decide(x.context, x.bundle.Lists[r.First:r.First+r.Count], x.answers)
	x.plan.Decisions = x.answers
	for i := range x.answers {
		if deferral, ok := x.deferral(&x.answers[i]); ok {
			x.deferred = append(x.deferred, Deferred{x.answers[i].Decision, deferral})
		}
	}
	x.plan.Deferred = x.deferred
}

// deferral is by what a decision was handed over, if it was.
func (x *Exchange) deferral(a *core.Answer) (uint32, bool) {
	if a.Reason != core.ReasonDeferred || a.Rule == 0 {
		return 0, false
	}
	r := &x.bundle.Rules[a.Rule-1]
	return r.Target, r.Does() == format.ActionDefer
}

// conclude makes of what was decided what to do.
func (x *Exchange) conclude() {
	if len(x.answers) > 0 {
		x.requestHeader("Edgewise-Decisions", x.decisionsHeader())
	}
	x.health()
}

// requestHeader sets a header towards the origin.
func (x *Exchange) requestHeader(name, value string) {
	if len(x.plan.RequestHeaders) < maxSet {
		x.plan.RequestHeaders = append(x.plan.RequestHeaders, Header{name, value})
	}
}

// own answers a path of the exchange's own.
func (x *Exchange) own() {
	x.plan.Action, x.plan.Status, x.plan.Body = Answer, 404, `{"error":"no such path"}`
	x.plan.Origin = Origin{}
}

// since is the text that was written since it had a length.
func (x *Exchange) since(start int) string {
	if start >= len(x.text) {
		return ""
	}
	return unsafe.String(&x.text[start], len(x.text)-start)
}

func (x *Exchange) put(s string) { x.text = text.AppendText(x.text, s) }

// target is the path that was asked for, with its query.
func (x *Exchange) target() string {
	url, _, _ := cut(x.visit.URL, '#')
	if rest, ok := afterScheme(url); ok {
		url = rest[len(x.authority):]
	}
	switch {
	case url == "":
		return "/"
	case url[0] == '?':
		start := len(x.text)
		x.put("/")
		x.put(url)
		return x.since(start)
	}
	return url
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }
