package source

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// A variant is its value, or a mapping with the key value. So an object that has a key value itself must be written in the long form:
// {value: {value: 1}}. An object with another key of the long form, but without value, is refused: most likely value was forgotten.
var variantKeys = keys[Variant]{what: "a variant", rules: schema{"required": []string{"value"}}, rows: []key[Variant]{
	{"value", "The value: text, a number, true, false, null or an object.", valueSchema,
		func(r *reader, n *yaml.Node, v *Variant) {
			if n.Kind == yaml.SequenceNode {
				r.fault(n, "a variant's value is text, a number, true, false, null or an object, not a list", "put the list into an object: {items: [...]}")
			}
			v.Kind = valueKind(n)
			v.JSON = string(r.appendJSON(nil, n))
			v.Pos = r.page.clamp(n.Line, n.Column)
		}},
	{"until", "No rule serves it from this time on, and a split gives its share to the default: RFC 3339, whole seconds.", timeSchema,
		func(r *reader, n *yaml.Node, v *Variant) { v.Until, v.UntilUnix = r.time(n, "until") }},
	{"tags", "What it is about, for people and reports: {theme: summer}.", tagsSchema,
		func(r *reader, n *yaml.Node, v *Variant) { v.Tags = r.tags(n, "tags") }},
}}

// valueSchema is every value but a list, which OpenFeature's clients have no type for.
var valueSchema = schema{"type": []string{"string", "number", "boolean", "null", "object"}}

var tagsSchema = named(textSchema)

// tags reads a mapping from names to texts, as a compact JSON object; "" where it is empty.
func (r *reader) tags(n *yaml.Node, key string) string {
	dst := []byte{}
	r.entries(n, key, func(name Text, _, value *yaml.Node) {
		t := r.text(value, key+"."+name.Value)
		dst = append(appendString(append(dst, ','), name.Value), ':')
		dst = appendString(dst, t.Value)
	})
	if len(dst) == 0 {
		return ""
	}
	return "{" + string(dst[1:]) + "}"
}

var variantsSchema = named(schema{
	"if":   schema{"type": "object", "required": []string{"value"}},
	"then": variantKeys.schema(),
	"else": valueSchema,
}).with("type", "object").with("minProperties", 1)

func readVariants(r *reader, n *yaml.Node, d *Decision) {
	r.entries(n, "variants", func(name Text, key, value *yaml.Node) {
		v := Variant{Name: name}
		switch {
		case hasKey(value, "value"):
			readKeys(r, value, variantKeys, &v)
		case hasKey(value, "until"), hasKey(value, "tags"):
			r.fault(key, fmt.Sprintf("variant %s has no value", name.Value), "add value: ..., or write {value: {...}} if its value is this object")
			return
		default:
			variantKeys.find("value").read(r, value, &v)
		}
		d.Variants = append(d.Variants, v)
	})
}

func hasKey(n *yaml.Node, name string) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

func valueKind(n *yaml.Node) ValueKind {
	if n.Kind == yaml.MappingNode {
		return Object
	}
	switch scalarOf(n) {
	case scalarNull:
		return Null
	case scalarBool:
		return Bool
	case scalarNumber:
		return Number
	}
	return String
}
