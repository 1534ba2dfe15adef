package lint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

// checkCircles finds redirects by the same condition that lead from page to page and back. At the edge such a visitor stays where they are: none of the redirects
// does anything. Conditions that are written differently may exclude each other, as those of a page for each country do, and are not followed.
func (l *linter) checkCircles() {
	found := map[string]bool{}
	for i := range l.src.Routes {
		for _, rule := range l.redirects(&l.src.Routes[i]) {
			way := []string{rule.target}
			for {
				next := l.nextRedirect(way[len(way)-1], rule.when)
				if next == "" || next == way[len(way)-1] {
					break
				}
				if begin := slices.Index(way, next); begin >= 0 {
					pages := slices.Sorted(slices.Values(way[begin:]))
					if name := strings.Join(pages, " "); !found[name] {
						found[name] = true
						l.warn(rule.serve, fmt.Sprintf("redirects go in a circle: %s: visitors stay where they are", strings.Join(append(way[begin:], next), " -> ")),
							"let one of these pages be where they end")
					}
					break
				}
				way = append(way, next)
			}
		}
	}
}

// redirecting is a rule that sends visitors to a path of the site.
type redirecting struct {
	when   string // "" for everybody
	target string // without its query
	serve  source.Text
}

// redirects are the rules by which a route's decisions redirect.
func (l *linter) redirects(r *source.Route) (all []redirecting) {
	for i := range l.src.Decisions {
		d := &l.src.Decisions[i]
		named := r.All || slices.ContainsFunc(r.Decisions, func(t source.Text) bool { return t.Value == d.Name.Value })
		if !named || d.Disabled || d.Act.Kind != source.Redirect {
			continue
		}
		for _, rule := range d.Rules {
			for _, v := range d.Variants {
				var target string
				if v.Name.Value == rule.Serve.Value && v.Kind == source.String && json.Unmarshal([]byte(v.JSON), &target) == nil && strings.HasPrefix(target, "/") {
					target, _, _ = strings.Cut(target, "?")
					all = append(all, redirecting{rule.When.Value, target, rule.Serve})
				}
			}
		}
	}
	return all
}

// nextRedirect is where somebody for whom a condition holds is sent from a page, or "".
func (l *linter) nextRedirect(page, when string) string {
	for i := range l.src.Routes {
		r := &l.src.Routes[i]
		if !covers(r.Path.Value, page) {
			continue
		}
		for _, rule := range l.redirects(r) {
			if rule.when == when || rule.when == "" {
				return rule.target
			}
		}
		return ""
	}
	return ""
}
