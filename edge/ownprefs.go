package edge

import (
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/edge/state"
)

// The visitor's own switch: a page, in English, that says what is chosen for the visitor, why, and over what data, with a button; the same as JSON for a site
// that would rather show it in its own words.

// offLasts is how many seconds the visitor's no is kept: as long as browsers keep any cookie.
const offLasts = state.MaxAge

// switchPersonalization takes the visitor's choice.
func (x *Exchange) switchPersonalization() {
	switch {
	case len(x.visit.Body) > MaxBody:
		x.refuse(413, "the body is too large")
		return
	case !x.sameOrigin():
		x.refuse(403, "that can be chosen on this site's own pages only")
		return
	}
	choice, form := x.choice()
	slots := x.jar.slots
	switch choice {
	case policy.OffValue:
		x.plan.Cookies = append(x.plan.Cookies, Cookie{Name: policy.OffCookie, Value: policy.OffValue, MaxAge: offLasts})
		for _, i := range [...]int{x.jar.state, x.jar.preview} {
			if slots[i].found {
				x.deleteCookie(slots[i].name)
			}
		}
	case "on":
		x.plan.Cookies = append(x.plan.Cookies, Cookie{Name: policy.OffCookie, Delete: true})
	default:
		x.refuse(400, `the body is to be {"personalization":"off"} or {"personalization":"on"}`)
		return
	}
	x.chosen = choice
	if form {
		x.plan.Status, x.plan.Location = 303, OwnPaths+"v1/preferences"
	}
}

// sameOrigin says whether a request comes from this site, as far as browsers say it: with the Fetch Metadata headers, or Origin.
func (x *Exchange) sameOrigin() bool {
	if site, ok := HeaderValue(x.visit.Headers, "sec-fetch-site"); ok {
		return site == "same-origin" || site == "none"
	}
	origin, ok := HeaderValue(x.visit.Headers, "origin")
	if !ok {
		return true // no browser's
	}
	authority, _, _ := SplitURL(origin)
	return authority != "" && equalFold(hostOf(authority, &x.scratch), x.host())
}

// foreign says whether another site sends a form or the like: browsers keep cookies with SameSite=Lax, their default, from such requests. Neither what
// the visitor denies nor what is kept can be seen then, and so nothing is taken for granted, or kept in its place.
func (x *Exchange) foreign() bool {
	if takes(x.visit.Method, "GET, HEAD") {
		return false
	}
	site, ok := HeaderValue(x.visit.Headers, "sec-fetch-site")
	return ok && site == "cross-site" || !ok && !x.sameOrigin()
}

// choice reads the visitor's choice, in JSON or as a form.
func (x *Exchange) choice() (choice string, form bool) {
	body := view(x.visit.Body)
	check := jsonReader{rest: body}
	if check.peek() != '{' {
		q := NewQuery(trim(body))
		for q.Next() {
			if q.name == "personalization" {
				choice = q.value
			}
		}
		return choice, true
	}
	if check.skip(); !check.end() {
		return "", false
	}
	r := jsonReader{rest: body}
	for r.open('{'); r.more('}'); {
		if r.key() == "personalization" && r.peek() == '"' {
			choice = r.string()
		} else {
			r.skip()
		}
	}
	return choice, false
}

// isPersonal says whether a decision needs consent, has rules to choose by, and is shown.
func (x *Exchange) isPersonal(d *format.Decision) bool {
	return d.Purposes != 1 && d.Rules > 0 && d.Flags&(format.DecisionDisabled|format.DecisionServer) == 0
}

// putPreferences writes what is chosen for the visitor, and gives the media type.
func (x *Exchange) putPreferences(j *json) (kind string) {
	if x.chosen == "" {
		if accept, _ := HeaderValue(x.visit.Headers, "accept"); strings.Contains(accept, "text/html") {
			x.responseHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
			x.putPage()
			return "text/html; charset=utf-8"
		}
	}
	b := x.bundle
	j.open('{')
	j.text("personalization", x.personalization())
	if x.chosen == "" {
		x.plan.consentJSON(j)
		j.key("decisions")
		j.open('{')
		for i := range b.Decisions {
			d := &b.Decisions[i]
			if !x.isPersonal(d) {
				continue
			}
			j.key(b.String(d.Name))
			j.open('{')
			j.key("purposes")
			j.open('[')
			for p := range b.Purposes {
				if d.Purposes>>p&1 != 0 {
					j.string(b.String(b.Purposes[p].Name))
				}
			}
			j.close(']')
			j.key("personalized")
			if d.Purposes&^x.granted == 0 {
				j.raw("true")
			} else {
				j.raw("false")
			}
			j.close('}')
		}
		j.close('}')
		j.key("data")
		j.open('{')
		for i := range b.Attributes {
			if a := &b.Attributes[i]; a.Purpose > 0 {
				j.text(b.String(a.Name), b.String(b.Purposes[a.Purpose].Name))
			}
		}
		j.close('}')
	}
	j.close('}')
	x.text = j.dst
	return "application/json"
}

// personalization is what the visitor has chosen.
func (x *Exchange) personalization() string {
	switch {
	case x.chosen != "":
		return x.chosen
	case x.jar.slots[x.jar.off].value == policy.OffValue && x.jar.slots[x.jar.off].found:
		return policy.OffValue
	}
	return "on"
}
