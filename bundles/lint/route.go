package lint

import (
	"fmt"
	"strings"
)

// checkRoutes finds routes that never count, since all of their paths have an earlier one.
func (l *linter) checkRoutes() {
	for i, r := range l.src.Routes {
		for _, earlier := range l.src.Routes[:i] {
			if covers(earlier.Path.Value, r.Path.Value) {
				l.warn(r.Path, fmt.Sprintf("route %s never counts: %s before it has all of its paths", r.Path.Value, earlier.Path.Value), "move it up, or take it out")
				break
			}
		}
	}
}

// covers says whether every path of the second pattern is one of the first. A star of the second stands for paths with any character, even one
// that the first does not have, so only a star of the first can take it: the second is matched as if it were a path.
func covers(pattern, path string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == path
	}
	if len(path) < len(first)+len(last) || !strings.HasPrefix(path, first) || !strings.HasSuffix(path, last) {
		return false
	}
	path = path[len(first) : len(path)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path = path[at+len(part):]
	}
	return true
}
