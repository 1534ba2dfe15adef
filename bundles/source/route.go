package source

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

var routeKeys = keys[Route]{what: "a route", rules: schema{"required": []string{"path"}}, rows: []key[Route]{
	{"path", "The path, from / on; * is any run of characters, slashes included.", schema{"type": "string", "pattern": "^/"}, readPath},
	{"decisions", "What is decided here. Without it: all decisions, or where the route is locked, all necessary ones. []: none.",
		listOf(nameSchema).with("type", "array"),
		func(r *reader, n *yaml.Node, route *Route) {
			if n.Kind != yaml.SequenceNode {
				r.fault(n, "decisions is a list, not "+kindOf(n), "write [NAME, NAME], or leave the key out for all")
				return
			}
			route.All = false
			route.Decisions = r.texts(n, "decisions", r.name)
		}},
	{"locked", "true: only decisions whose purpose is necessary. Naming another is an error.", booleanSchema,
		func(r *reader, n *yaml.Node, route *Route) { route.Locked = r.boolean(n, "locked") }},
}}

func readRoutes(r *reader, n *yaml.Node, b *Bundle) {
	for _, item := range r.items(n, "routes") {
		route := Route{All: true, Pos: r.page.clamp(item.Line, item.Column)}
		before := len(r.faults)
		readKeys(r, item, routeKeys, &route)
		if !route.Path.Present() {
			if len(r.faults) == before {
				r.fault(item, "a route needs a path", `add path: "/shop/*"`)
			}
			continue
		}
		b.Routes = append(b.Routes, route)
	}
}

func readPath(r *reader, n *yaml.Node, route *Route) {
	t := r.text(n, "path")
	switch {
	case !t.Present():
	case !strings.HasPrefix(t.Value, "/"):
		r.fault(n, "a route's path begins with /", "")
	case strings.ContainsAny(t.Value, "?#"):
		r.fault(n, "a route's path has no query and no fragment", "use a rule on request.query, and * for any run of characters")
	case r.names["route "+t.Value] != Pos{}:
		first := r.names["route "+t.Value]
		r.fault(n, "this path has a route already, and the first one counts", "see "+first.String())
	default:
		r.names["route "+t.Value] = t.Pos
		route.Path = t
	}
}
