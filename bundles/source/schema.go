package source

import (
	"bytes"
	"encoding/json"
	"maps"
)

// schema is a JSON Schema, draft 2020-12, or a part of one.
type schema map[string]any

// SchemaID is the JSON Schema's name for itself.
const SchemaID = "https://github.com/edgewise-dev/edgewise/blob/main/bundles/bundle.schema.json"

// Schema returns the JSON Schema of a source file, for editors to complete and check as one types. It knows shapes: what the names
// in a bundle refer to is for Read and the compiler to check, and a folder's files are each a part, so that no key must be there.
func Schema() []byte {
	return published(bundleKeys.schema(), SchemaID, "Edgewise bundle")
}

// TestSchemaID is the name of the JSON Schema of files with rule tests.
const TestSchemaID = "https://github.com/edgewise-dev/edgewise/blob/main/bundles/test.schema.json"

// TestSchema returns the JSON Schema of a file with rule tests.
func TestSchema() []byte {
	return published(listOf(testKeys.schema()), TestSchemaID, "Edgewise rule tests")
}

func published(root schema, id, title string) []byte {
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = id
	root["title"] = title
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		panic("source: internal error: " + err.Error())
	}
	return b.Bytes()
}

// schema describes a mapping by its table.
func (t keys[T]) schema() schema {
	properties := schema{}
	for _, row := range t.rows {
		properties[row.name] = row.schema.with("description", row.help)
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	maps.Copy(s, t.rules)
	return s
}

// with returns a copy of a schema with one keyword more.
func (s schema) with(keyword string, value any) schema {
	s = maps.Clone(s)
	s[keyword] = value
	return s
}

// The shapes that the tables use. Text may be written without quotes, so that a number or true can be text.
var (
	textSchema    = schema{"type": []string{"string", "number", "boolean"}}
	nameSchema    = schema{"type": "string", "pattern": Name}
	booleanSchema = schema{"type": "boolean"}
	typeSchema    = schema{"anyOf": []schema{
		{"enum": []string{"string", "bool", "int", "uint", "double", "timestamp", "duration", "list(string)", "map(string,string)"}},
		{"type": "string"}, // any other that CEL knows
	}}
	timeSchema = schema{"type": "string", "format": "date-time"}
)

// oneOrMore is an item or a list of different ones.
func oneOrMore(item schema) schema {
	return schema{"anyOf": []schema{item, listOf(item).with("type", "array").with("minItems", 1)}}
}

func listOf(item schema) schema {
	return schema{"type": []string{"array", "null"}, "items": item}
}

// named is a mapping from names to values of one shape.
func named(value schema) schema {
	return schema{"type": []string{"object", "null"}, "propertyNames": schema{"pattern": Name}, "additionalProperties": value}
}
