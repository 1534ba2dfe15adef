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
	{"consent", "What the visitor consented to.", personaConsentKeys.schema(),
		func(r *reader, n *yaml.Node, p *Persona) {
			before := len(r.faults)
			var c personaConsent
			if readKeys(r, n, personaConsentKeys, &c); len(r.faults) == before {
				p.Granted = c.granted
				p.Consent = string(r.appendJSON(nil, n))
			}
		}},
}}

// personaConsent checks the consent signals of a persona: they are handed on as JSON.
type personaConsent struct {
	granted []Text
}

var personaConsentKeys = keys[personaConsent]{what: "a persona's consent", rows: []key[personaConsent]{
	{"granted", "The purposes that the visitor granted.", listOf(nameSchema).with("type", "array"),
		func(r *reader, n *yaml.Node, c *personaConsent) {
			if n.Kind != yaml.SequenceNode {
				r.fault(n, "granted is a list of purposes, not "+kindOf(n), "write [personalization], say")
				return
			}
			c.granted = r.texts(n, "granted", r.name)
		}},
	{name: "tcf"},
	{name: "gpp"},
	{name: "usp"},
	{name: "gpc"},
	{name: "cookies"},
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
