package edge

import "unsafe"

// Limits of one request. What is beyond them is left out.
const (
	// MaxText is how many decoded bytes a request may need: text that had to be changed,
	// as most has not. A request's line and the headers read here fit with room to spare;
	// CDNs refuse URLs beyond 8 to 16 KiB.
	MaxText = 16 << 10
	// MaxQuery is how many names a query may have, among its first maxPairs pairs: each
	// is compared with the names so far.
	MaxQuery = 64
	maxPairs = 4 * MaxQuery
	// MaxLanguages is how many languages are kept of those a visitor accepts.
	MaxLanguages = 16
	// MaxValue is how many bytes the value of a bundle's own attribute may have, decoded.
	MaxValue = 1 << 10
	// MaxCookies is how many cookies are looked at. Browsers keep some 180 for a site.
	MaxCookies = 256
)

// Scratch is the space that Parse and its family need. The zero value is ready; one
// serves one request at a time, and what was read into it holds until the next Parse.
type Scratch struct {
	text      [MaxText]byte
	used      int
	query     [MaxQuery]Pair
	languages [MaxLanguages]string
	weights   [MaxLanguages]uint16
}

// Pair is a name and a value of a query, decoded.
type Pair struct{ Name, Value string }

// unescape decodes %XX once, and + as a space where plus says so. An escape that is none
// stays as it is. Whatever bytes come out are data: NUL, invalid UTF-8 and ".." too. ok
// is false where the space is used up.
func (s *Scratch) unescape(raw string, plus bool) (text string, ok bool) {
	i := 0
	for i < len(raw) && raw[i] != '%' && !(plus && raw[i] == '+') {
		i++
	}
	if i == len(raw) {
		return raw, true
	}
	if len(raw) > len(s.text)-s.used {
		return "", false
	}
	dst, n := s.text[s.used:], 0
	for n < i {
		dst[n] = raw[n]
		n++
	}
	for i < len(raw) {
		dst[n], i = decodeAt(raw, i, plus)
		n++
	}
	return s.keep(n), true
}

// decodeAt is the byte that the one or three from i on stand for, and where the next begins.
func decodeAt(raw string, i int, plus bool) (c byte, next int) {
	c = raw[i]
	switch {
	case c == '+' && plus:
		c = ' '
	case c == '%' && i+2 < len(raw):
		high, low := hexValue(raw[i+1]), hexValue(raw[i+2])
		if high < 16 && low < 16 {
			return high<<4 | low, i + 3
		}
	}
	return c, i + 1
}

// decodesTo reports whether a name of a query, as it stands in the URL, decodes to text.
func decodesTo(raw, text string) bool {
	n := 0
	for i := 0; i < len(raw); n++ {
		var c byte
		if c, i = decodeAt(raw, i, true); n == len(text) || text[n] != c {
			return false
		}
	}
	return n == len(text)
}

// lower is text in lower case.
func (s *Scratch) lower(text string) (lowered string, ok bool) {
	i := 0
	for i < len(text) && lower(text[i]) == text[i] {
		i++
	}
	if i == len(text) {
		return text, true
	}
	if len(text) > len(s.text)-s.used {
		return "", false
	}
	for j := 0; j < len(text); j++ {
		s.text[s.used+j] = lower(text[j])
	}
	return s.keep(len(text)), true
}

// keep is the n bytes just written. The string is a view of s.text, which nothing
// writes to again before the next Parse.
func (s *Scratch) keep(n int) string {
	if n == 0 {
		return ""
	}
	text := unsafe.String(&s.text[s.used], n)
	s.used += n
	return text
}

func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }
