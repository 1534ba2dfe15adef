package edge

// FromQuery is the value that an attribute declared `from: query:NAME` takes: that
// parameter's first value, decoded once. A value over MaxValue is absent.
func FromQuery(v *View, name string) (value string, ok bool) {
	return limited(find(v.Query, name))
}

// fromURL is what FromQuery is where the view does not have the parameter: read from the URL's query itself.
func fromURL(query, name string, s *Scratch) (value string, ok bool) {
	q := NewQuery(query)
	for q.Next() {
		if decodesTo(q.name, name) {
			return limited(s.unescape(q.value, true))
		}
	}
	return "", false
}

// FromCookie is the value that an attribute declared `from: cookie:NAME` takes: the first
// cookie of that name, %XX decoded once. A value over MaxValue is absent.
func FromCookie(r *Request, name string, s *Scratch) (value string, ok bool) {
	return fromCookies(r, name, s, &mask{})
}

// fromCookies is FromCookie where cookies under the mask do not count toward MaxCookies.
func fromCookies(r *Request, name string, s *Scratch, hidden *mask) (value string, ok bool) {
	raw, ok := cookieValue(r.Headers, name, hidden)
	if !ok || len(raw) > 3*MaxValue { // three bytes stand for at most one
		return "", false
	}
	return limited(s.unescape(raw, false))
}

// FromHeader is the value that an attribute declared `from: header:NAME` takes: the first
// header line of that name, as it is. A value over MaxValue is absent.
func FromHeader(r *Request, name string) (value string, ok bool) {
	return limited(HeaderValue(r.Headers, name))
}

func limited(value string, ok bool) (string, bool) {
	if !ok || len(value) > MaxValue {
		return "", false
	}
	return value, true
}
