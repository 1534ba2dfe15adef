package edge

import "github.com/edgewise-dev/edgewise/core/format"

// matchRoute gives the first route that matches a path as it stands in the URL, or nil.
func matchRoute(b *format.Bundle, path string) *format.Route {
	for i := range b.Routes {
		if matchPath(b.String(b.Routes[i].Pattern), path) {
			return &b.Routes[i]
		}
	}
	return nil
}

// matchPath says whether a path matches a pattern, in which * is any run of characters, / included. The path is decoded once, as
// request.path is.
//
// Where a character does not match, the last star takes one more: the stars before it never need to.
func matchPath(pattern, path string) bool {
	at, i := 0, 0
	star, retry := -1, 0
	for i < len(path) {
		c, next := decodeAt(path, i, false)
		switch {
		case at < len(pattern) && pattern[at] == '*':
			star, retry = at, i
			at++
		case at < len(pattern) && pattern[at] == c:
			at, i = at+1, next
		case star >= 0:
			_, retry = decodeAt(path, retry, false)
			at, i = star+1, retry
		default:
			return false
		}
	}
	for at < len(pattern) && pattern[at] == '*' {
		at++
	}
	return at == len(pattern)
}
