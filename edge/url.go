package edge

// SplitURL takes a request target apart, as it stands: host with user and port (empty
// unless the target is absolute), path, and query without its question mark. A fragment
// is dropped. The path of an absolute URL without one is "/"; "*" is a path.
func SplitURL(url string) (authority, path, query string) {
	url, _, _ = cut(url, '#')
	if rest, ok := afterScheme(url); ok {
		end := 0
		for end < len(rest) && rest[end] != '/' && rest[end] != '?' {
			end++
		}
		authority, url = rest[:end], rest[end:]
		if url == "" || url[0] == '?' {
			_, query, _ = cut(url, '?')
			return authority, "/", query
		}
	}
	path, query, _ = cut(url, '?')
	return authority, path, query
}

// afterScheme is what follows "https://" or another scheme.
func afterScheme(url string) (rest string, ok bool) {
	for i := 0; i < len(url); i++ {
		c := lower(url[i])
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':' && len(url) > i+2 && url[i+1] == '/' && url[i+2] == '/':
			return url[i+3:], true
		default:
			return "", false
		}
	}
	return "", false
}

// hostOf is the host in a Host header or the authority of a URL: without user and port,
// in lower case; an IPv6 address keeps its brackets. It is empty for what can be no host.
func hostOf(authority string, s *Scratch) string {
	for i := len(authority) - 1; i >= 0; i-- {
		if authority[i] == '@' {
			authority = authority[i+1:]
			break
		}
	}
	host := authority
	if host != "" && host[0] == '[' {
		end := 1
		for end < len(host) && host[end] != ']' {
			end++
		}
		if end == len(host) || end+1 < len(host) && host[end+1] != ':' {
			return ""
		}
		host = host[:end+1]
	} else {
		host, _, _ = cut(host, ':')
	}
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c <= ' ', c == 0x7f, c == '/', c == '\\', c == '?', c == '#', c == '<', c == '>', c == '"', c == ',':
			return ""
		}
	}
	host, _ = s.lower(host)
	return host
}

// Query steps through the pairs of a query, as they stand between the ampersands; pairs
// without a name are skipped.
type Query struct{ rest, name, value string }

// NewQuery is a query before its first pair.
func NewQuery(query string) Query { return Query{rest: query} }

// Next steps to the next pair.
func (q *Query) Next() bool {
	for q.rest != "" {
		var pair string
		pair, q.rest, _ = cut(q.rest, '&')
		q.name, q.value, _ = cut(pair, '=')
		if q.name != "" {
			return true
		}
	}
	return false
}

// RawName is the name as it stands in the URL.
func (q *Query) RawName() string { return q.name }

// RawValue is the value as it stands in the URL, empty where there is no equals sign.
func (q *Query) RawValue() string { return q.value }

// parseQuery decodes a query's pairs once, + as a space. Of a name that comes several
// times the first value counts. Pairs beyond MaxQuery names or maxPairs, or beyond
// the scratch's space, are left out.
//
// What is hidden takes no room and counts toward no limit, so that it cannot be told from
// what is missing.
func parseQuery(query string, s *Scratch, hidden *mask) []Pair {
	n := 0
	q := NewQuery(query)
	for pairs := 0; pairs < maxPairs && n < len(s.query) && q.Next(); pairs++ {
		if hidden.hidesRaw(q.name) {
			pairs--
			continue
		}
		before := s.used
		name, ok := s.unescape(q.name, true)
		if !ok {
			continue
		}
		if _, again := find(s.query[:n], name); again {
			s.used = before
			continue
		}
		value, ok := s.unescape(q.value, true)
		if !ok {
			s.used = before
			continue
		}
		s.query[n] = Pair{name, value}
		n++
	}
	return s.query[:n:n]
}

func find(pairs []Pair, name string) (value string, ok bool) {
	for i := range pairs {
		if pairs[i].Name == name {
			return pairs[i].Value, true
		}
	}
	return "", false
}
