package edge

import (
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/preview"
)

// previewing is a preview, where the request is in one: by a link's token, or by the cookie that a link left. A preview neither reads nor changes what
// is kept of the visitor; of a persona's nothing of the visitor counts but the URL that is asked for.
type previewing struct {
	preview preview.Preview
	linked  bool   // the URL has a token
	token   string // that
	on      bool
	begins  bool   // by a link: the cookie is to be set
	ends    bool   // the cookie is to be deleted
	mark    string // what the answer says of it; empty: nothing
	unknown int    // what the token names and the bundle does not have
}

// beginPreview finds out whether the request is in a preview.
func (x *Exchange) beginPreview() {
	p := &x.previewing
	p.on, p.begins, p.ends, p.mark, p.unknown = false, false, false, "", 0
	slot := &x.jar.slots[x.jar.preview]
	if x.count == 0 || !p.linked && !slot.found {
		return
	}
	if p.linked && p.token == preview.Off {
		p.mark, p.ends = "off", slot.found
		return
	}
	token := slot.value
	if p.linked {
		token = p.token
	}
	switch outcome := p.preview.Open(x.keys[:x.count], x.bundle.Name(), token, x.visit.Seconds); {
	case outcome == preview.Opened:
		p.mark, p.on, p.begins = "on", true, p.linked
	default:
		p.mark, p.ends = outcome.String(), slot.found
	}
}

// takeToken takes a link's token out of the URL, if there is one: it goes no further, neither to the origin nor to the rules.
func (x *Exchange) takeToken(at *place) {
	x.linked = false
	q := NewQuery(at.query)
	for q.Next() && !x.linked {
		x.linked, x.token = q.name == preview.Parameter, q.value
	}
	if !x.linked {
		return
	}
	var left []byte // the one thing that a plan takes memory for
	for rest := at.query; rest != ""; {
		var pair string
		pair, rest, _ = cut(rest, '&')
		if name, _, _ := cut(pair, '='); name == preview.Parameter {
			continue
		}
		if left != nil {
			left = append(left, '&')
		}
		left = append(left, pair...)
	}
	at.query = view(left)
}

// persona says whether nothing of the visitor counts but the URL.
func (x *Exchange) persona() bool { return x.on && x.preview.Persona }

// ofURL says whether an attribute's source is the URL that is asked for.
func (in *input) ofURL() bool {
	switch in.source {
	case method, host, path, query, fromQuery:
		return true
	}
	return false
}

// usePreview gives the rules the ids of the preview: they stay the same while its token is good, and are nobody's.
func (x *Exchange) usePreview() {
	s := &x.keeping.state
	s.Restrict(x.granted)
	s.IDs(x.context, x.preview.Unit[:])
}

// keepPreview says in the plan what becomes of the preview's cookie, and marks the answer. What is seen in a preview is for no cache.
func (x *Exchange) keepPreview() {
	p := &x.previewing
	if p.mark == "" {
		return
	}
	switch {
	case p.begins:
		x.setCookie(preview.Cookie, p.token, p.preview.Expires-x.visit.Seconds)
	case p.ends:
		x.deleteCookie(preview.Cookie)
	}
	start := len(x.text)
	x.put(p.mark)
	if p.on {
		x.put(";until=")
		x.text = text.AppendInt(x.text, p.preview.Expires)
		if p.preview.Persona {
			x.put(";persona")
		}
		if p.unknown > 0 {
			x.put(";unknown=")
			x.text = text.AppendInt(x.text, int64(p.unknown))
		}
		x.requestHeader(PreviewHeader, "?1")
	}
	x.responseHeader(PreviewHeader, x.since(start))
	x.plan.Cache.Private, x.plan.Cache.NoStore = true, true
}

// PreviewHeader marks what is part of a preview: towards the origin ?1, and towards whoever previews, with what became of it, a token of RFC 9651.
const PreviewHeader = "Edgewise-Preview"
