package edge

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/text"
)

// Reply is how the headers of an answer change before the visitor gets it. The zero value is ready; one that is reused allocates nothing.
type Reply struct {
	Set     []Header // each in place of all lines of its name
	Drop    []string // names whose lines go
	Cookies []Cookie // a Set-Cookie line each, beside those there are

	text []byte
}

// To says what to change in the headers that the origin answered with, so that caches in front, the browser's among them, take the page for nobody
// else's: Vary has what the decisions can depend on, and what is personal or sets a cookie is for the visitor's own cache only. Of a plan that answers
// itself, whose headers are those to begin with, origin is empty. The reply holds until it is used again, and as long as the plan does.
func (r *Reply) To(p *Plan, origin []Header) {
	r.Set, r.Drop, r.Cookies, r.text = append(r.Set[:0], p.ResponseHeaders...), r.Drop[:0], p.Cookies, r.text[:0]
	if p.Action == Answer {
		return
	}
	personal := p.Cache.Personal || len(p.Cookies) > 0
	for i := range origin {
		personal = personal || equalFold(origin[i].Name, "set-cookie")
	}
	switch {
	case p.Cache.NoStore:
		r.set("Cache-Control", "no-store")
	case personal:
		r.set("Cache-Control", r.private(origin))
	}
	for i := range origin {
		if name := origin[i].Name; personal && isForSharedCaches(name) {
			r.Drop = append(r.Drop, name)
		}
	}
	vary, changed := r.vary(p.Cache.Vary, origin)
	switch {
	case changed && vary != "":
		r.set("Vary", vary)
	case changed:
		r.Drop = append(r.Drop, "Vary")
	}
}

func (r *Reply) set(name, value string) { r.Set = append(r.Set, Header{name, value}) }

// member writes a member of a list that begins at start.
func (r *Reply) member(start int, s string) {
	if len(r.text) > start {
		r.text = text.AppendText(r.text, ", ")
	}
	r.text = text.AppendText(r.text, s)
}

// since is the text that was written since it had a length.
func (r *Reply) since(start int) string {
	return unsafe.String(unsafe.SliceData(r.text[start:]), len(r.text)-start)
}

// private is the Cache-Control that lets no shared cache keep the answer. What else the origin says goes on to hold.
func (r *Reply) private(origin []Header) string {
	start := len(r.text)
	r.member(start, "private")
	m := members{lines: origin, name: "cache-control"}
	for directive, ok := m.next(); ok; directive, ok = m.next() {
		name, _, _ := cut(directive, '=')
		if name = trim(name); !equalFold(name, "public") && !equalFold(name, "private") && !equalFold(name, "s-maxage") {
			r.member(start, directive)
		}
	}
	return r.since(start)
}

// vary is the origin's Vary with more names, and whether that is another one. What the exchange told the origin says nothing to caches in front.
func (r *Reply) vary(more []string, origin []Header) (vary string, changed bool) {
	start := len(r.text)
	m := members{lines: origin, name: "vary"}
	for name, ok := m.next(); ok; name, ok = m.next() {
		if name == "*" {
			return "", false // it says more already
		}
		if IsOurs(name) {
			changed = true
		} else {
			r.member(start, name)
		}
	}
	for _, name := range more {
		m := members{lines: origin, name: "vary"}
		there := false
		for known, ok := m.next(); ok && !there; known, ok = m.next() {
			there = equalFold(known, name)
		}
		if !there {
			changed = true
			r.member(start, name)
		}
	}
	return r.since(start), changed
}

// isForSharedCaches says whether a header tells some shared cache what Cache-Control tells all of them (RFC 9213 and before).
func isForSharedCaches(name string) bool {
	for _, end := range [...]string{"-cache-control", "surrogate-control", "edge-control", "x-accel-expires"} {
		if len(name) >= len(end) && equalFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}

// members steps through the members of a list header (RFC 9110, 5.6.1), in all lines of its name.
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
