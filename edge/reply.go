package edge

import "github.com/edgewise-dev/edgewise/core/format"

// Reply is how the headers of an answer change before the visitor gets it.
type Reply struct {
	Set     []Header // each in place of all lines of its name
	Drop    []string // names whose lines go
	Cookies []Cookie // a Set-Cookie line each, beside those there are
}

// Reply says what to change in the headers that the origin answered with, so that caches in front, the browser's among them, take the page for nobody else's:
// Vary has what the decisions can depend on. What depends on more than headers show, and what sets a cookie, is for the visitor's own cache only.
// Of a plan that answers itself, whose headers are those to begin with, origin is empty. The reply belongs to the plan.
func (p *Plan) Reply(origin []Header) *Reply {
	x := p.exchange
	r := &x.reply
	*r = Reply{Set: append(x.set[:0], p.ResponseHeaders...), Drop: x.unset[:0], Cookies: p.Cookies}
	if p.Action == Answer {
		return r
	}
	private := p.Cache.Private || len(p.Cookies) > 0 || x.route != nil && x.route.Flags&(format.RoutePlatform|format.RouteOrigin) != 0
	for i := range origin {
		private = private || equalFold(origin[i].Name, "set-cookie")
	}
	if private {
		r.Set = append(r.Set, Header{"Cache-Control", x.private(origin)})
		for i := range origin {
			if name := origin[i].Name; isForSharedCaches(name) && len(r.Drop) < len(x.unset) {
				r.Drop = append(r.Drop, name)
			}
		}
	}
	vary, changed := x.mergeVary(origin)
	switch {
	case changed && vary != "":
		r.Set = append(r.Set, Header{"Vary", vary})
	case changed:
		r.Drop = append(r.Drop, "Vary")
	}
	return r
}

// private is the Cache-Control that lets no shared cache keep the answer. The rest of what the origin says goes on to hold.
func (x *Exchange) private(origin []Header) string {
	if x.unstored {
		return "no-store"
	}
	start := len(x.text)
	x.put("private")
	m := members{lines: origin, name: "cache-control"}
	for directive, ok := m.next(); ok; directive, ok = m.next() {
		name, _, _ := cut(directive, '=')
		if name = trim(name); !equalFold(name, "public") && !equalFold(name, "private") && !equalFold(name, "s-maxage") {
			x.put(", ")
			x.put(directive)
		}
	}
	return x.since(start)
}

// isForSharedCaches says whether a header tells some shared cache what Cache-Control tells all of them (RFC 9213 and before).
func isForSharedCaches(name string) bool {
	for _, end := range [...]string{"cdn-cache-control", "surrogate-control", "edge-control", "x-accel-expires"} {
		if len(name) >= len(end) && equalFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}

// mergeVary is the origin's Vary with what the plan adds, and whether that is another one. What the exchange told the origin says nothing to caches in front.
func (x *Exchange) mergeVary(origin []Header) (vary string, changed bool) {
	start := len(x.text)
	m := members{lines: origin, name: "vary"}
	for name, ok := m.next(); ok; name, ok = m.next() {
		if name == "*" {
			return "", false // it says more already
		}
		if isOurs(name) {
			changed = true
		} else {
			x.member(start, name)
		}
	}
	for _, name := range x.plan.Cache.Vary {
		m := members{lines: origin, name: "vary"}
		there := false
		for known, ok := m.next(); ok && !there; known, ok = m.next() {
			there = equalFold(known, name)
		}
		if !there {
			changed = true
			x.member(start, name)
		}
	}
	return x.since(start), changed
}

// member writes a member of a list that begins at start.
func (x *Exchange) member(start int, s string) {
	if len(x.text) > start {
		x.put(", ")
	}
	x.put(s)
}

// members steps through the members of a list (RFC 9110, 5.6.1): of rest, and of all lines of that name.
type members struct {
	lines []Header
	name  string
	rest  string
}

func (m *members) next() (member string, ok bool) {
	for {
		for m.rest == "" {
			if len(m.lines) == 0 {
				return "", false
			}
			if equalFold(m.lines[0].Name, m.name) {
				m.rest = m.lines[0].Value
			}
			m.lines = m.lines[1:]
		}
		end, quoted := 0, false
		for ; end < len(m.rest) && (quoted || m.rest[end] != ','); end++ {
			if m.rest[end] == '"' {
				quoted = !quoted
			}
		}
		member = trim(m.rest[:end])
		m.rest = m.rest[min(end+1, len(m.rest)):]
		if member != "" {
			return member, true
		}
	}
}
