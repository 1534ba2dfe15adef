package httpcache

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// origin makes pages of what it is told of the decisions, not of who asks, and lets everybody keep them for long. On one path it sets a cookie as well, as careless
// origins do. What is left to it to decide it decides by the visitor's own cookie.
type origin struct {
	mutex sync.Mutex
	made  map[string]int // how often each page was made that may be shared
	total int
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := pageOf(r.URL.RequestURI(), r.Header, tierOf(r.Header.Get("Cookie")))
	shared := r.Method == http.MethodGet && r.Header.Get("Edgewise-Private") == ""
	w.Header().Set("Cache-Control", "public, max-age=600, s-maxage=3600")
	if strings.HasPrefix(r.URL.Path, "/track/") {
		shared = false
		w.Header().Set("Set-Cookie", "seen="+r.Header.Get("X-Test-Visitor"))
	}
	o.mutex.Lock()
	if o.total++; shared {
		o.made[page]++
	}
	o.mutex.Unlock()
	_, _ = io.WriteString(w, page)
}

// pageOf is the page for a path and the decisions as Edgewise-Decisions tells them: it depends on their variants, and not on their reasons but on whether somebody
// else is to decide.
func pageOf(path string, told http.Header, tier string) string {
	page := fmt.Sprintf("path %s\ntheme %s\npreview %s\n", path, told.Get("X-Theme"), told.Get("Edgewise-Preview"))
	for _, decision := range strings.Split(told.Get("Edgewise-Decisions"), ", ") {
		name, reason, _ := strings.Cut(decision, ";reason=")
		if page += name + "\n"; reason == "DEFERRED" {
			page += "tier " + tier + "\n"
		}
	}
	return page
}

// tierOf is what the origin knows of a visitor: the cookie tier.
func tierOf(cookies string) string {
	for _, pair := range strings.Split(cookies, "; ") {
		if tier, ok := strings.CutPrefix(pair, "tier="); ok {
			return tier
		}
	}
	return ""
}
