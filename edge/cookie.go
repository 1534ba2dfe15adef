package edge

// Cookies steps through the cookies of a request: all Cookie headers, in order, also
// those that name a cookie again (RFC 6265bis). At most MaxCookies are looked at.
type Cookies struct {
	headers     []Header
	rest        string
	name, value string
	left        int // how many are looked at yet
}

// NewCookies is the cookies of these headers, before the first.
func NewCookies(headers []Header) Cookies { return Cookies{headers: headers, left: MaxCookies} }

// Next steps to the next cookie.
func (c *Cookies) Next() bool {
	for c.left > 0 {
		if c.rest == "" && !c.nextHeader() {
			return false
		}
		var pair string
		pair, c.rest, _ = cut(c.rest, ';')
		name, value, ok := cut(pair, '=')
		if name = trim(name); name == "" || !ok {
			continue // an empty piece, or a cookie without a name
		}
		c.name, c.value = name, unquote(trim(value))
		c.left--
		return true
	}
	return false
}

func (c *Cookies) nextHeader() bool {
	for len(c.headers) > 0 {
		h := c.headers[0]
		c.headers = c.headers[1:]
		if h.Value != "" && equalFold(h.Name, "cookie") {
			c.rest = h.Value
			return true
		}
	}
	return false
}

// Name is the cookie's name; case counts.
func (c *Cookies) Name() string { return c.name }

// Value is the cookie's value as sent, without quotes around it.
func (c *Cookies) Value() string { return c.value }

// CookieValue is the value, as sent, of the first cookie of that name. Browsers send the
// cookie with the longest path first, so it is the most particular one.
func CookieValue(headers []Header, name string) (value string, ok bool) {
	return cookieValue(headers, name, &mask{})
}

func cookieValue(headers []Header, name string, hidden *mask) (value string, ok bool) {
	c := NewCookies(headers) // not in the loop's header: each round's copy would be allocated under TinyGo
	for c.Next() {
		if c.name == name {
			return c.value, true
		}
		if hidden.hides(fromCookie, c.name) {
			c.left++
		}
	}
	return "", false
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
