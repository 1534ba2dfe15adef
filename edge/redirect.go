package edge

import "github.com/edgewise-dev/edgewise/core"

// place is a URL in its parts, as they stand.
type place struct{ authority, path, query string }

// maxHops bounds how far redirects that follow one another are followed: a longer way is taken for one without end.
const maxHops = 5

// redirect answers with a redirect to a path of this site, or to a host that the bundle lists. A visitor who is there already stays.
func (x *Exchange) redirect(target string, status int) {
	site, authority, path := "", "", target
	if rest, ok := afterScheme(target); ok {
		n := 0
		for n < len(rest) && rest[n] != '/' && rest[n] != '?' {
			n++
		}
		scheme := target[:len(target)-len(rest)]
		authority, path, site = rest[:n], rest[n:], target[:len(scheme)+n]
		if !equalFold(scheme, "https://") && !equalFold(scheme, "http://") || !x.listed(authority) {
			return
		}
	}
	if site != "" && (path == "" || path[0] == '?') {
		path = "/" + path
	}
	if !sitePath(path) || status < 301 || status > 308 || x.stay {
		return
	}
	path, query, own := cut(path, '?')
	here := site == "" || equalFold(authority, x.host())
	if !own && here {
		query = x.at.query
	}
	if here && samePath(path, x.at.path) && (!own || hasPairs(x.at.query, query)) {
		return
	}
	if site == "" {
		authority = x.at.authority
	}
	x.next = place{authority, path, query}
	p := &x.plan
	p.Action, p.Status, p.Location = Answer, status, x.url(site, path, query)
}

// follow goes where a redirect leads, and lets the visitor stay where that comes to no end.
func (x *Exchange) follow(v *Visit, from place) {
	x.stay = x.endless(v)
	x.pass(v, from)
	x.stay = false
}

// endless says whether a redirect to x.next leads on and on, or back, as far as this bundle knows the way, for the same visitor at the same time. Where somebody at
// the origin would have to say where it goes on, it may.
func (x *Exchange) endless(v *Visit) bool {
	hops := 0
	x.hopping = true
	for hops < maxHops {
		if x.pass(v, x.next); x.plan.Location == "" {
			break
		}
		hops++
	}
	x.hopping = false
	return hops == maxHops
}

// foresee finds out, before the origin is asked to which variant a decision redirects, which of them lead on and on: of the first 64.
func (x *Exchange) foresee(v *Visit, from place) {
	d := &x.bundle.Decisions[x.undecided-1]
	barred := uint64(0)
	for i := uint32(0); i < d.Variants && i < 64; i++ {
		x.pass(v, from)
		x.redirect(x.actValue(&x.bundle.Variants[d.FirstVariant+i]), int(d.Act>>8))
		if x.plan.Location != "" && x.endless(v) {
			barred |= 1 << i
		}
	}
	x.pass(v, from)
	x.barred = barred
}

// decideRedirect does what a decision that redirects says, or notes that the origin is to say it.
func (x *Exchange) decideRedirect(a *core.Answer, value string) {
	d := &x.bundle.Decisions[a.Decision]
	status := int(d.Act >> 8)
	variant := a.Variant - 1 - d.FirstVariant
	switch {
	case !x.awaited(a):
		if x.undecided == 0 || variant < 64 && x.barred>>variant&1 == 0 {
			x.redirect(value, status)
		}
	case x.hopping:
		for i := d.FirstVariant; i < d.FirstVariant+d.Variants; i++ {
			x.redirect(x.actValue(&x.bundle.Variants[i]), status)
		}
		x.next = x.at // it may go on for ever
	default:
		x.undecided = a.Decision + 1
	}
}

// listed says whether redirects may lead to a host.
func (x *Exchange) listed(host string) bool {
	for rest := x.bundle.String(x.bundle.About[0].Hosts); rest != ""; {
		var name string
		if name, rest, _ = cut(rest, ' '); equalFold(name, host) {
			return true
		}
	}
	return false
}

// sitePath says whether a value is a path of this site, with or without a query, however browsers and servers read it: nothing that makes
// it another host's, no part of dots that leads out of where it seems to lie, and no character that must be escaped.
func sitePath(value string) bool {
	if value == "" || value[0] != '/' {
		return false
	}
	dots, others := 0, 0 // of the part of the path so far, up to a semicolon: servers cut parameters off
	parameters, query := false, false
	for i := 1; i < len(value); {
		switch c := value[i]; c {
		case '"', '#', '<', '>', '\\', '^', '`', '{', '|', '}':
			return false
		case '?':
			query = true
		default:
			if c <= ' ' || c > '~' {
				return false
			}
		}
		if query {
			i++
			continue
		}
		c, next := decodeAt(value, i, false)
		switch {
		case c < ' ' || c == 0x7f || c == '\\' || c == '/' && dots+others == 0 && i == 1:
			return false
		case c == '/':
			if others == 0 && (dots == 1 || dots == 2) {
				return false
			}
			dots, others, parameters = 0, 0, false
		case c == ';':
			parameters = true
		case parameters:
		case c == '.':
			dots++
		default:
			others++
		}
		i = next
	}
	return others > 0 || dots != 1 && dots != 2
}

// samePath says whether two paths lead to the same page for all that a server may do with them: encoded or not, with a slash at the end or without, in upper or
// lower case.
func samePath(a, b string) bool {
	a, b = trimSlashes(a), trimSlashes(b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		var c, d byte
		c, i = decodeAt(a, i, false)
		if d, j = decodeAt(b, j, false); lower(c) != lower(d) {
			return false
		}
	}
	return i == len(a) && j == len(b)
}

func trimSlashes(path string) string {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	for path != "" && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

// hasPairs says whether a query has all pairs of another, as they stand.
func hasPairs(query, wanted string) bool {
	for wanted != "" {
		var want string
		want, wanted, _ = cut(wanted, '&')
		found := false
		for rest := query; rest != "" && !found; {
			var pair string
			pair, rest, _ = cut(rest, '&')
			found = pair == want
		}
		if !found {
			return false
		}
	}
	return true
}
