package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// What decisions do to a request. A value that is not safe does nothing, whatever the bundle says: the compiler refuses it too, and says why.
//
// Rewrites and redirects are for GET and HEAD: what a form sends must neither get lost nor end where a page lies. A backend and headers
// are for every method, since a session belongs to one backend. The visitor's query goes along to a path of this site, unless the value has one of
// its own; another host does not get it.

// act does what the route's decisions say.
func (x *Exchange) act() {
	pages := x.visit.Method == "GET" || x.visit.Method == "HEAD"
	for i := range x.answers {
		a := &x.answers[i]
		d := &x.bundle.Decisions[a.Decision]
		kind := format.Act(d.Act & 0xff)
		if kind == format.ActNone || a.Variant == 0 {
			continue
		}
		value := x.actValue(&x.bundle.Variants[a.Variant-1])
		switch {
		case kind == format.ActRedirect:
			if pages {
				x.decideRedirect(a, value)
			}
		case value == "":
		case kind == format.ActHeader:
			if len(x.plan.RequestHeaders) < format.MaxHeaderActs { // what the exchange says itself has room behind them
				x.requestHeader(x.bundle.String(d.Header), value)
			}
		case kind == format.ActBackend:
			x.plan.Origin.Backend = value
		case pages && sitePath(value):
			path, query, own := cut(value, '?')
			if !own {
				query = x.at.query
			}
			x.plan.Origin.Path = x.url("", path, query)
		}
	}
}

// awaited says whether somebody at the origin is still to answer a decision.
func (x *Exchange) awaited(a *core.Answer) bool {
	deferral, ok := deferralOf(x.bundle, a)
	return ok && x.bundle.Deferrals[deferral].Mode == format.ModeWait
}

// actValue is a variant's value as text: of a string what is in it, of a number, true and false what it is written as. It is empty for null, which
// does nothing, and for what no header could hold.
func (x *Exchange) actValue(v *format.Variant) string {
	value := x.bundle.String(v.JSON)
	switch format.Kind(v.Kind) {
	case format.Null, format.Map:
		return ""
	case format.String:
		if len(value) < 2 {
			return ""
		}
		value, _ = x.scratch.unquote(value[1 : len(value)-1])
	}
	for i := 0; i < len(value); i++ {
		if value[i] < ' ' || value[i] > '~' {
			return ""
		}
	}
	return value
}
