package source

import (
	"go.yaml.in/yaml/v3"
)

// bundleKeys are the keys at the top of a file.
var bundleKeys = keys[Bundle]{what: "a bundle", rows: []key[Bundle]{
	{"bundle", "The bundle's name. It stands in one file of a bundle.", nameSchema,
		func(r *reader, n *yaml.Node, b *Bundle) {
			if r.once("bundle", n) {
				b.Name = r.name(n, "bundle")
			}
		}},
	{"owner", "Who answers for the bundle: a team or an address.", textSchema,
		func(r *reader, n *yaml.Node, b *Bundle) {
			if r.once("owner", n) {
				b.Owner = r.text(n, "owner")
			}
		}},
	{"targeting_key", "The attribute that OpenFeature's targetingKey fills, such as session.id.", nameSchema,
		func(r *reader, n *yaml.Node, b *Bundle) {
			if r.once("targeting_key", n) {
				b.TargetingKey = r.name(n, "targeting_key")
			}
		}},
	{"attributes", "What rules may read beside the standard attributes: each with its type, its purpose and where it comes from.",
		named(attributeKeys.schema()), readAttributes},
	{"segments", "Named conditions (audiences). A rule uses one as segment(\"NAME\").", named(conditionSchema), readSegments},
	{"holdouts", "Units that decisions leave at their defaults, to compare with.", named(holdoutKeys.schema()), readHoldouts},
	{"groups", "Exclusion groups: decisions that take different slots of one never meet the same unit.", named(groupKeys.schema()), readGroups},
	{"decisions", "Named questions: what this visitor should see.", named(decisionKeys.schema()), readDecisions},
	{"routes", "What is decided for which path. The first route whose path fits counts; a path that none fits decides nothing.",
		listOf(routeKeys.schema()), readRoutes},
	{"zones", "Time zones that rules may meet at run time, such as in geo.timezone. One that a rule names in quotes needs no line here.",
		listOf(textSchema),
		func(r *reader, n *yaml.Node, b *Bundle) {
			if r.once("zones", n) {
				b.Zones = r.texts(n, "zones", r.text)
			}
		}},
	{"personas", "Made-up visitors to try the bundle with.", named(personaKeys.schema()), readPersonas},
	{"tags", "What the bundle is about, for people and reports: {team: growth}.", tagsSchema, func(r *reader, n *yaml.Node, b *Bundle) {
		if r.once("tags", n) {
			b.Tags = r.tags(n, "tags")
		}
	}},
	{"metadata", "Names and scalars that OpenFeature clients get with the flag set.", metadataSchema, func(r *reader, n *yaml.Node, b *Bundle) {
		if r.once("metadata", n) {
			b.Metadata = r.scalars(n, "metadata")
		}
	}},
	{"publish", "Defaults of publishing.", publishKeys.schema(), func(r *reader, n *yaml.Node, b *Bundle) {
		if r.once("publish", n) {
			readKeys(r, n, publishKeys, &b.Publish)
		}
	}},
	{"limits", "What the bundle may cost.", budgetKeys.schema(), readBudget},
	{"hosts", "Hosts that redirects may lead to, beside the site itself.", listOf(textSchema), func(r *reader, n *yaml.Node, b *Bundle) {
		if r.once("hosts", n) && len(r.items(n, "hosts")) > 0 {
			b.Hosts = r.texts(n, "hosts", r.host)
		}
	}},
	{"backends", "Names of the backends that decisions may choose, as the platform knows them: a list, or a mapping that says what each is.", schema{"anyOf": []schema{listOf(nameSchema), named(textSchema)}}, readBackends},
	{"deciders", "Who answers deferred decisions, at the origin: rules, a model, or both.", named(deciderKeys.schema()), readDeciders},
	{"consent", "The consent policy: which signals grant or deny a purpose, and what holds where none does, by place. Without it only what a caller says is granted counts.",
		consentKeys.schema().with("type", []string{"object", "null"}), readConsent},
	{"matrix", "Audiences down, slots across, and the variant that each gets: the first audience that matches decides. Or the name of a CSV file.",
		schema{"anyOf": []schema{matrixKeys.schema(), {"type": "string", "pattern": `\.csv$`}}}, readMatrix},
	{"tests", "Rule tests, as they may stand in files *.test.yaml beside the rules too: `edgewise test` runs them.", listOf(testKeys.schema()),
		func(r *reader, n *yaml.Node, b *Bundle) { b.Tests = append(b.Tests, r.readTests(n)...) }},
}}

// readBackends reads a list of names, or a mapping from names to what people should know of them.
func readBackends(r *reader, n *yaml.Node, b *Bundle) {
	if !r.once("backends", n) {
		return
	}
	if n.Kind == yaml.MappingNode {
		r.entries(n, "backends", func(name Text, _, value *yaml.Node) {
			r.text(value, "backends."+name.Value)
			b.Backends = append(b.Backends, name)
		})
	} else if len(r.items(n, "backends")) > 0 {
		b.Backends = r.texts(n, "backends", r.name)
	}
}

var conditionSchema = textSchema

// condition reads a CEL expression.
func (r *reader) condition(n *yaml.Node, key string) Text {
	if r.page.tagged(n) { // which is a fault already
		return Text{}
	}
	if scalarOf(n) == scalarNull {
		r.fault(n, key+" is empty", "write a condition such as 'device.class == \"mobile\"'")
		return Text{}
	}
	if n.Kind != yaml.ScalarNode {
		r.fault(n, key+" is a condition, not "+kindOf(n), "put a condition that begins with [ or { in single quotes")
		return Text{}
	}
	return r.text(n, key)
}

func readSegments(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "segments", func(name Text, key, value *yaml.Node) {
		if r.once("segment "+name.Value, key) {
			b.Segments = append(b.Segments, Segment{Name: name, When: r.condition(value, "segment "+name.Value)})
		}
	})
}
