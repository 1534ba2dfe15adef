package source

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/core/attribute"
)

var attributeKeys = keys[Attribute]{what: "an attribute", rows: []key[Attribute]{
	{"type", "Its CEL type: string, bool, int, uint, double, timestamp, duration, list(string), map(string,string).", typeSchema,
		func(r *reader, n *yaml.Node, a *Attribute) { a.Type = r.text(n, "type") }},
	{"purpose", "Why it is used: necessary, personalization, analytics or advertising. " +
		"Where the visitor did not consent to it, the attribute is absent.", nameSchema,
		func(r *reader, n *yaml.Node, a *Attribute) { a.Purpose = r.name(n, "purpose") }},
	{"from", "Where its value comes from: cookie:NAME, query:NAME, header:NAME, or signed where the origin told it earlier. Without it, only the caller's context gives one.",
		schema{"type": "string", "pattern": "^(signed|(cookie|query|header):.+)$"}, readFrom},
	{"enum", "The only values it takes. Any other counts as absent.", listOf(textSchema),
		func(r *reader, n *yaml.Node, a *Attribute) {
			if len(r.items(n, "enum")) > 0 {
				a.Enum = r.texts(n, "enum", r.text)
			} else if n.Kind == yaml.SequenceNode {
				r.fault(n, "enum is empty", "leave the key out where any value may stand")
			}
		}},
	{"at", "origin: only the origin knows it, so that only a decider's rules may read it.", schema{"const": "origin"},
		func(r *reader, n *yaml.Node, a *Attribute) {
			if a.At = r.oneOf(n, "at", "origin"); a.At.Present() {
				a.Origin = true
			}
		}},
	{"max_age", "How long a signed value counts after the origin told it, or visitor.id after it was made (90d unless given): 7d.", durationSchema,
		func(r *reader, n *yaml.Node, a *Attribute) { a.MaxAge = r.duration(n, "max_age") }},
}}

func readAttributes(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "attributes", func(name Text, key, value *yaml.Node) {
		if !r.once("attribute "+name.Value, key) {
			return
		}
		if value.Kind != yaml.MappingNode {
			r.fault(value, fmt.Sprintf("attribute %s is a mapping of keys, not %s", name.Value, kindOf(value)),
				"write {type: string, purpose: necessary}, say")
			return
		}
		a := Attribute{Name: name}
		before := len(r.faults)
		readKeys(r, value, attributeKeys, &a)
		if attribute.Find(name.Value) == nil && len(r.faults) == before {
			if !a.Type.Present() {
				r.fault(key, fmt.Sprintf("attribute %s has no type", name.Value), "add type: string, say")
			}
			if !a.Purpose.Present() {
				r.fault(key, fmt.Sprintf("attribute %s has no purpose", name.Value), "add purpose: necessary, or what a visitor must consent to")
			}
		}
		if a.MaxAge > 0 && a.From.Value != "signed" && name.Value != attribute.VisitorID {
			r.fault(key, fmt.Sprintf("attribute %s has max_age and is not signed", name.Value), "add from: signed, or take max_age out")
		}
		if a.Origin && a.From.Present() {
			r.fault(key, fmt.Sprintf("attribute %s is only known at the origin and has from", name.Value), "leave one of at and from out")
		}
		b.Attributes = append(b.Attributes, a)
	})
}

// sources are the words before the colon of from.
var sources = []string{"cookie", "query", "header"}

// tokenCharacters are those of RFC 9110's token, which the names of headers and cookies are.
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func readFrom(r *reader, n *yaml.Node, a *Attribute) {
	t := r.text(n, "from")
	if !t.Present() {
		return
	}
	source, name, _ := strings.Cut(t.Value, ":")
	switch {
	case t.Value == "signed":
		a.From = t
	case !slices.Contains(sources, source):
		hint := "write cookie:NAME, query:NAME or header:NAME"
		if near, ok := Nearest(source, sources); ok {
			hint = fmt.Sprintf("did you mean %s:%s?", near, name)
		}
		r.fault(n, fmt.Sprintf("%s is no source of an attribute", shortQuote(t.Value)), hint)
	case name == "":
		r.fault(n, fmt.Sprintf("%s names no %s", shortQuote(t.Value), source), "write "+source+":NAME")
	case len(name) > 256:
		r.fault(n, fmt.Sprintf("the name of this %s is too long", source), "256 bytes are enough")
	case source != "query" && strings.Trim(name, tokenCharacters) != "":
		r.fault(n, fmt.Sprintf("%s is not the name of a %s", shortQuote(name), source), "such names hold letters, digits and a few signs, no blanks")
	default:
		a.From = t
	}
}
