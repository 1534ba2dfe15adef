package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

// mostUnknown bounds how many names are shown.
const mostUnknown = 10

// notKnown names what a line gives and nothing in a bundle can read, most likely mistyped: attributes, and granted purposes. It shows no
// value: the visitor may not have consented to it.
func notKnown(b *format.Bundle, line []byte) []string {
	var given struct {
		Context map[string]any
		Consent struct{ Granted []string }
	}
	if json.Unmarshal(line, &given) != nil {
		return nil
	}
	attributes := map[string]bool{}
	for _, a := range attribute.Table {
		attributes[a.Name] = true
	}
	for _, a := range b.Attributes {
		attributes[b.String(a.Name)] = true
	}
	purposes := []string{attribute.Necessary, attribute.Personalization, "analytics", "advertising"}
	for _, p := range b.Purposes {
		purposes = append(purposes, b.String(p.Name))
	}
	var names []string
	add := func(name string, known []string) {
		shown := term.Printable(name)
		if near, ok := source.Nearest(name, known); ok {
			shown += fmt.Sprintf(" (did you mean %s?)", near)
		}
		names = append(names, shown)
	}
	known := slices.Sorted(maps.Keys(attributes))
	for _, name := range unknownKeys(attributes, "", given.Context) {
		add(name, known)
	}
	for _, purpose := range given.Consent.Granted {
		if !slices.Contains(purposes, purpose) {
			add(purpose, purposes)
		}
	}
	if more := len(names) - mostUnknown; more > 0 {
		names = append(names[:mostUnknown], fmt.Sprintf("%d more", more))
	}
	return names
}

// unknownKeys are the full names, sorted, in an object that neither are attributes nor lie within one.
func unknownKeys(attributes map[string]bool, prefix string, object map[string]any) []string {
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := prefix + key
		if _, ok := attributes[name]; ok {
			continue
		}
		leads := func(attribute string) bool { return strings.HasPrefix(attribute, name+".") }
		inner, isObject := object[key].(map[string]any)
		if isObject && slices.ContainsFunc(slices.Collect(maps.Keys(attributes)), leads) {
			unknown = append(unknown, unknownKeys(attributes, name+".", inner)...)
			continue
		}
		unknown = append(unknown, name)
	}
	return unknown
}
