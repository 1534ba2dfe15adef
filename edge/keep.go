package edge

import (
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/state"
)

const (
	// MaxSecrets bounds the secrets of a visit: one that seals, and those that did before.
	MaxSecrets = 4
	// MinSecret is how many bytes a secret has at least. What is shorter can be guessed, or is a setting that nobody made: it is none.
	MinSecret = 16
)

// keeping is what an exchange has to do with the state cookie.
type keeping struct {
	site  *state.Site
	state state.State
	keys  [MaxSecrets]mac.Key
	count int // of the keys
	// cookie is what became of the cookie in this request, and decides that the request is one of those in which something is kept.
	cookie  state.Outcome
	decides bool
}

// beginState takes the secrets, and finds out whether the request is one of those in which something is kept.
func (x *Exchange) beginState(r *format.Route) {
	k := &x.keeping
	k.cookie, k.count = state.None, 0
	k.decides = x.everything || r != nil && r.Flags&format.RouteLocked == 0 && (x.own == notOwn || x.own >= ownDecisions)
	k.state.Begin(k.site, x.visit.Seconds)
	for _, secret := range x.secrets {
		k.keys[k.count].Set(secret)
		k.count++
	}
}

// takeSecrets takes those of a visit that are secret.
func (x *Exchange) takeSecrets(v *Visit) {
	x.secrets = x.secretRoom[:0]
	for _, secret := range v.Secrets {
		if len(secret) >= MinSecret && len(x.secrets) < MaxSecrets {
			x.secrets = append(x.secrets, secret)
		}
	}
}

// openState opens the cookie, unless that was done, where one of the purposes is granted that the bundle keeps something for. Of several cookies of the
// name the first counts that is the site's own.
func (x *Exchange) openState(granted uint32) {
	k := &x.keeping
	slot := &x.jar.slots[x.jar.state]
	if !slot.found || x.on || k.cookie != state.None || !k.decides || k.count == 0 || k.site.Purposes&granted == 0 {
		return
	}
	k.cookie = k.state.Open(k.keys[:k.count], slot.value)
	if k.cookie == state.Opened {
		return
	}
	cookies := NewCookies(x.visit.Headers)
	for cookies.Next() {
		if cookies.name == state.Name && k.state.Open(k.keys[:k.count], cookies.value) == state.Opened {
			k.cookie = state.Opened
			return
		}
	}
}

// useState gives the rules what is kept, as far as it is consented to, and makes the ids that are missing.
func (x *Exchange) useState() {
	k := &x.keeping
	if x.on {
		x.usePreview()
		return
	}
	x.openState(x.granted)
	k.state.Restrict(x.granted)
	if k.decides && k.count > 0 {
		k.state.IDs(x.context, x.visit.Random)
		k.state.Answers(x.context)
	}
}

// keepState says in the plan what becomes of the cookie.
func (x *Exchange) keepState() {
	k := &x.keeping
	switch {
	case x.on, x.chosen != "", x.foreign():
	case k.site.Purposes&x.granted == 0:
		if x.jar.slots[x.jar.state].found {
			x.deleteCookie(state.Name)
		}
	case k.decides && k.count > 0:
		for i := range x.answers {
			k.state.Keep(&x.answers[i])
		}
		start := len(x.text)
		var maxAge int64
		var do state.Action
		switch x.text, maxAge, do = k.state.Seal(&k.keys[0], x.text); do {
		case state.Set:
			x.setCookie(state.Name, x.since(start), maxAge)
		case state.Delete:
			x.deleteCookie(state.Name)
		}
	}
}

// heedKeep takes what the origin wants to be remembered: {"attributes":{"profile.stage":"loyal"},"for":"7d"}. A value of null is forgotten, and without
// a time, or with one that is none, nothing is kept.
func (x *Exchange) heedKeep(r *jsonReader) {
	k := &x.keeping
	attributes, seconds := "", int64(0)
	for r.open('{'); r.more('}'); {
		switch r.key() {
		case "attributes":
			attributes = r.skip()
		case "for":
			if r.peek() == '"' {
				seconds = duration(r.string())
			} else {
				r.skip()
			}
		default:
			r.skip()
		}
	}
	if seconds == 0 || !k.decides || x.on {
		return
	}
	list := jsonReader{rest: attributes}
	for list.open('{'); list.more('}'); {
		name := list.key()
		value := list.skip()
		if value == "null" {
			value = ""
		}
		if i := x.bundle.FindAttribute(name); i >= 0 {
			k.state.KeepAttribute(i, value, seconds)
		}
	}
}

// duration reads a duration as bundles write them, a whole number with ms, s, m, h or d, and gives its seconds; 0 for what is none.
func duration(s string) int64 {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, ok := text.ParseInt(s[:i])
	if !ok || n >= 1<<32 {
		return 0
	}
	switch s[i:] {
	case "ms":
		return n / 1000
	case "s":
		return n
	case "m":
		return n * 60
	case "h":
		return n * 60 * 60
	case "d":
		return n * 24 * 60 * 60
	}
	return 0
}

// setCookie sets a cookie that scripts cannot read.
func (x *Exchange) setCookie(name, value string, maxAge int64) {
	x.plan.Cookies = append(x.plan.Cookies, Cookie{Name: name, Value: value, MaxAge: int(maxAge), HTTPOnly: true})
}

func (x *Exchange) deleteCookie(name string) {
	x.plan.Cookies = append(x.plan.Cookies, Cookie{Name: name, Delete: true, HTTPOnly: true})
}

// AppendSetCookie writes the value of the Set-Cookie header for a cookie of a plan (RFC 6265bis): for the whole site, sent over TLS only and to this site
// only.
func AppendSetCookie(dst []byte, c *Cookie) []byte {
	dst = text.AppendText(dst, c.Name)
	dst = text.AppendByte(dst, '=')
	if !c.Delete {
		dst = text.AppendText(dst, c.Value)
	}
	dst = text.AppendText(dst, "; Path=/; Secure; SameSite=Lax")
	if c.HTTPOnly {
		dst = text.AppendText(dst, "; HttpOnly")
	}
	if c.Delete || c.MaxAge > 0 {
		age := int64(c.MaxAge)
		if c.Delete {
			age = 0
		}
		dst = text.AppendInt(text.AppendText(dst, "; Max-Age="), age)
	}
	return dst
}
