// Package edge decides what becomes of a request, the same on every platform: platforms
// only carry bytes.
//
// Reach for [Exchange]: it is made for a bundle, and its Plan turns a [Visit], a request
// with the time and what else the engine may not read for itself, into a [Plan]: answer
// or forward, with which headers, cookies, cache key and lines for the log. Decisions that
// wait for the origin go through HandOver and Finish.
//
//	x := edge.NewExchange(bundle) // one for each goroutine or instance
//	p := x.Plan(&visit)
//	if body, signature := x.HandOver(nil); body != nil {
//		p = x.Finish(ask(body, signature, p.Within()))
//	}
//
// All of it reads what a stranger sent, so each part has a limit, none fails, and what
// cannot be read is absent. A warm Plan allocates nothing.
//
// Beside it [Parse] reads a [Request] into a [View], for those who want to see what it
// says, and a [Mapper] writes it into a question for the engine, for hosts that know
// themselves what is consented to.
//
// The package needs no platform and builds with TinyGo; its folders edge/device and
// edge/sfv classify user agents and read structured fields, edge/mac and edge/state
// authenticate what leaves and comes back. A platform is a folder beside
// edge/wasm that makes a Visit of what it is given and holds no rules. One that needs a
// change in package core has shown that a seam is in the wrong place.
package edge

// Request is a request as a platform received it. The strings are read, not kept,
// except as parts of a View.
type Request struct {
	Method   string
	URL      string // the request target: "/shop?q=x", or absolute with scheme and host
	Headers  []Header
	ClientIP string
	Geo      Geo
}

// Header is one header line. Names compare without regard to case, so those of HTTP/2
// and HTTP/1 are alike.
type Header struct{ Name, Value string }

// Geo is where the platform places the client; empty where it does not know.
type Geo struct {
	Country   string // ISO 3166-1 alpha-2, upper case
	Region    string // ISO 3166-2 without the country
	City      string
	Continent string // two letters
	Timezone  string // IANA name
}

// HeaderValue is the value of the first header line of that name, without the white
// space around it.
func HeaderValue(headers []Header, name string) (value string, ok bool) {
	for i := range headers {
		if equalFold(headers[i].Name, name) {
			return trim(headers[i].Value), true
		}
	}
	return "", false
}

// The functions below are called from many places and not inlined, which saves the
// module 3 KB and costs 5 % of a Parse.

// equalFold compares ASCII text without regard to case.
//
//go:noinline
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// trim removes the white space that HTTP allows around values.
//
//go:noinline
func trim(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// cut splits s at the first sep; without one, all of it is before.
//
//go:noinline
func cut(s string, sep byte) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == sep {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
