package ofrep

import (
	"net/http"
	"strings"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
)

// signals are what the request itself says of consent, where a visitor's browser sends it: Global Privacy Control, and the cookies of consent managers and of the
// visitor's own no. They count beside what the context has, so a page that grants what its visitor denies grants nothing.
func signals(r *http.Request) (s host.Signals) {
	for _, value := range r.Header.Values("Sec-GPC") {
		if value = strings.TrimSpace(value); s.GPC != "1" {
			s.GPC = value
		}
	}
	lines := r.Header.Values("Cookie")
	if len(lines) == 0 {
		return s
	}
	var headers []edge.Header
	for _, line := range lines {
		headers = append(headers, edge.Header{Name: "Cookie", Value: line})
	}
	s.Cookies = map[string][]string{}
	for cookies := edge.NewCookies(headers); cookies.Next(); {
		s.Cookies[cookies.Name()] = append(s.Cookies[cookies.Name()], cookies.Value())
	}
	return s
}
