package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/format"
)

// printOutcomes says in how many ways a page can come out, for each of which caches keep it: of the route with the most, and of each route, with
// what that depends on, where asked for.
func printOutcomes(w io.Writer, b *format.Bundle, all bool) {
	if len(b.Routes) == 0 {
		return
	}
	if all {
		for i := range b.Routes {
			r := &b.Routes[i]
			fmt.Fprintf(w, "  %s for %s, by %s\n", plural(int(r.Outcomes), "outcome"), term.Printable(b.String(r.Pattern)), strings.Join(inspect.Inputs(b, r), ", "))
		}
		return
	}
	most := slices.MaxFunc(b.Routes, func(x, y format.Route) int { return cmp.Compare(x.Outcomes, y.Outcomes) })
	fmt.Fprintf(w, "  at most %s of a page to cache, for %s\n", plural(int(most.Outcomes), "outcome"), term.Printable(b.String(most.Pattern)))
}

// routeJSON is what a route says of caches.
type routeJSON struct {
	Name     string   `json:"name"`
	Outcomes uint32   `json:"outcomes"`
	By       []string `json:"by"` // what they depend on
}

func routesOf(b *format.Bundle) (all []routeJSON) {
	for i := range b.Routes {
		r := &b.Routes[i]
		all = append(all, routeJSON{b.String(r.Pattern), r.Outcomes, inspect.Inputs(b, r)})
	}
	return all
}
