package source

import (
	"go.yaml.in/yaml/v3"
)

var personaKeys = keys[Persona]{what: "a persona", rows: []key[Persona]{
	{"context", "Attributes and their values, as in the context of a decide line.", schema{"type": "object"},
		func(r *reader, n *yaml.Node, p *Persona) {
			if n.Kind != yaml.MappingNode {
				r.fault(n, "context is a mapping from attributes to values, not "+kindOf(n), "")
				return
			}
			p.Context, p.Keys = string(r.appendJSON(nil, n)), map[string]Text{}
			r.contextKeys(n, "", p.Keys)
		}},
	{"consent", "What is known of the visitor's consent, as in a decide line.", consentSignalKeys.schema(),
		func(r *reader, n *yaml.Node, p *Persona) { p.Consent, p.Granted = readSignals(r, n) }},
}}

func readPersonas(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "personas", func(name Text, key, value *yaml.Node) {
		if r.once("persona "+name.Value, key) {
			p := Persona{Name: name, Context: "{}"}
			readKeys(r, value, personaKeys, &p)
			b.Personas = append(b.Personas, p)
		}
	})
}
