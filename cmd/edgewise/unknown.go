package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/lines"
)

// mostUnknown bounds how many names are shown.
const mostUnknown = 10

// names are those that a line may give to a bundle.
type names struct {
	attributes map[string]bool
	purposes   []string
}

// namesOf knows the standard attributes and the usual purposes too, whether or not the bundle uses them.
func namesOf(b *format.Bundle) *names {
	n := &names{attributes: map[string]bool{}, purposes: []string{attribute.Necessary, attribute.Personalization, "analytics", "advertising"}}
	for _, a := range attribute.Table {
		n.attributes[a.Name] = true
	}
	for _, a := range b.Attributes {
		n.attributes[b.String(a.Name)] = true
	}
	for _, p := range b.Purposes {
		n.purposes = append(n.purposes, b.String(p.Name))
	}
	return n
}

// unknown gives the names in a line that nothing in the bundle can read, most likely mistyped: attributes, and granted purposes. A line that
// is none has none.
func (n *names) unknown(line []byte) []string {
	var given struct {
		Context map[string]any
		Consent struct{ Granted []string }
	}
	if json.Unmarshal(line, &given) != nil {
		return nil
	}
	unknown := n.within("", given.Context)
	for _, purpose := range given.Consent.Granted {
		if !slices.Contains(n.purposes, purpose) {
			unknown = append(unknown, purpose)
		}
	}
	return unknown
}

// within gives the full names, sorted, in an object that neither are attributes nor lie within one.
func (n *names) within(prefix string, object map[string]any) []string {
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := prefix + key
		if n.attributes[name] {
			continue
		}
		leads := func(attribute string) bool { return strings.HasPrefix(attribute, name+".") }
		inner, isObject := object[key].(map[string]any)
		if isObject && slices.ContainsFunc(slices.Collect(maps.Keys(n.attributes)), leads) {
			unknown = append(unknown, n.within(name+".", inner)...)
			continue
		}
		unknown = append(unknown, name)
	}
	return unknown
}

// list shows names with what each was meant to be, if something is near. It shows no value: the visitor may not have consented to it.
func (n *names) list(unknown []string) string {
	known := append(slices.Sorted(maps.Keys(n.attributes)), n.purposes...)
	var shown []string
	for _, name := range unknown[:min(len(unknown), mostUnknown)] {
		said := term.Printable(name)
		if near, ok := source.Nearest(name, known); ok {
			said += fmt.Sprintf(" (did you mean %s?)", near)
		}
		shown = append(shown, said)
	}
	if more := len(unknown) - mostUnknown; more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	return strings.Join(shown, ", ")
}

// strangers counts the names that lines give and a bundle does not know.
type strangers struct {
	*names
	lines int            // that had one
	times map[string]int // how many lines had each
}

// mostCounted bounds the memory that strangers take: lines that all have names of their own are no typing error.
const mostCounted = 1000

func strangersTo(b *format.Bundle) *strangers {
	return &strangers{names: namesOf(b), times: map[string]int{}}
}

// beside answers lines as answer does, and looks at their names.
func (s *strangers) beside(answer lines.Answer) lines.Answer {
	return func(dst, line []byte) ([]byte, error) {
		dst, err := answer(dst, line)
		if err != nil {
			return dst, err
		}
		unknown := s.unknown(line)
		if len(unknown) > 0 {
			s.lines++
		}
		for _, name := range unknown {
			if len(s.times) < mostCounted || s.times[name] > 0 {
				s.times[name]++
			}
		}
		return dst, nil
	}
}

// report says what was counted, the most frequent first.
func (s *strangers) report(w io.Writer) {
	if s.lines == 0 {
		return
	}
	all := slices.SortedFunc(maps.Keys(s.times), func(x, y string) int {
		return cmp.Or(cmp.Compare(s.times[y], s.times[x]), cmp.Compare(x, y))
	})
	fmt.Fprintf(w, "%s named what the bundle does not have: %s\n", plural(s.lines, "line"), s.list(all))
}
