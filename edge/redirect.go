package edge

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
	if path == "" || path[0] == '?' && site != "" {
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

// follow goes where a redirect leads, as far as this bundle knows the way, with the same visitor at the same time. Where it leads on and on, or back,
// the visitor stays.
func (x *Exchange) follow(v *Visit, from place) {
	x.stay = true
	endless := true
	for hop := 0; hop < maxHops && endless; hop++ {
		x.stay = false
		x.pass(v, x.next)
		endless = x.plan.Location != ""
	}
	x.stay = endless
	x.pass(v, from)
	x.stay = false
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

// hasPairs says whether a query has all pairs of another.
func hasPairs(query, wanted string) bool {
	w := NewQuery(wanted)
	for w.Next() {
		q := NewQuery(query)
		found := false
		for !found && q.Next() {
			found = q.name == w.name && q.value == w.value
		}
		if !found {
			return false
		}
	}
	return true
}
