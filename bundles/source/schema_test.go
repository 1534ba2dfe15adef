package source

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func TestSchemaFilesAreUpToDate(t *testing.T) {
	for file, schema := range map[string][]byte{"../bundle.schema.json": Schema(), "../test.schema.json": TestSchema()} {
		if *update {
			require.NoError(t, os.WriteFile(file, schema, 0o644))
		}
		committed, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(committed), string(schema), "run go test ./bundles/source -update")
	}
}

func TestSchemaDescribesEveryKey(t *testing.T) {
	var visit func(at string, node any)
	described := 0
	visit = func(at string, node any) {
		s, _ := node.(map[string]any)
		for name, property := range child(s, "properties") {
			require.NotEmpty(t, property.(map[string]any)["description"], at+"."+name)
			described++
		}
		for key, value := range s {
			visit(at+"."+key, value)
		}
	}
	var root any
	for _, schema := range [][]byte{Schema(), TestSchema()} {
		require.NoError(t, json.Unmarshal(schema, &root))
		visit("", root)
	}
	require.Greater(t, described, 40)
}

func child(s map[string]any, key string) map[string]any {
	c, _ := s[key].(map[string]any)
	return c
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(SchemaID, document))
	compiled, err := compiler.Compile(SchemaID)
	require.NoError(t, err)
	return compiled
}

// asJSON gives what an editor checks: the file as JSON.
func asJSON(t *testing.T, file File) any {
	t.Helper()
	r := &reader{files: Files{}, names: map[string]Pos{}}
	root := r.parse(file)
	require.Empty(t, r.faults)
	if root == nil {
		return map[string]any{}
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.appendJSON(nil, root)))
	require.NoError(t, err)
	return document
}

func TestSchemaAcceptsWhatTheReaderAccepts(t *testing.T) {
	compiled := compileSchema(t)
	examples, err := list("../examples", isSource)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(examples), 5)
	for _, name := range examples {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(asJSON(t, File{name, data})), name)
	}
	archive, err := txtar.ParseFile("testdata/read.txtar")
	require.NoError(t, err)
	for _, file := range archive.Files {
		if filepath.Ext(file.Name) != ".want" {
			require.NoError(t, compiled.Validate(asJSON(t, File{file.Name, file.Data})), file.Name)
		}
	}
}

func TestTestSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(TestSchema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(TestSchemaID, document))
	compiled, err := compiler.Compile(TestSchemaID)
	require.NoError(t, err)
	files := []string{"../../cmd/edgewise/starter/rules.test.yaml", "../examples/storefront/storefront.test.yaml", "../examples/consent/consent.test.yaml"}
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(asJSON(t, File{name, data})), name)
	}
	for _, c := range []struct{ name, text string }{
		{"an unknown key", "- {name: x, expects: {a: b}}"},
		{"no name", "- {expect: {a: b}}"},
		{"nothing expected", "- {name: x}"},
		{"no reason", "- {name: x, expect: {a: {reason: SPLITS}}}"},
		{"no situation", "- {name: x, fallbacks: {no_gio: {a: b}}}"},
		{"no bucket", "- {name: x, expect: {a: b}, bucket: {a: 1.5}}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Error(t, compiled.Validate(asJSON(t, File{"a.test.yaml", []byte(c.text)})))
		})
	}
}

func TestSchemaRefusesMistakes(t *testing.T) {
	compiled := compileSchema(t)
	decision := func(keys string) string {
		return "decisions: {d: {purpose: necessary, variants: {a: 1}, " + keys + "}}"
	}
	for _, c := range []struct{ name, text string }{
		{"an unknown key", "decision: {}"},
		{"an impact that is no percentage", "limits: {max_impact: 10}"},
		{"tests that are no list", "tests: {}"},
		{"a list as a variant's value", "decisions: {d: {purpose: necessary, variants: {a: [1]}}}"},
		{"a list as the value of a long variant", "decisions: {d: {purpose: necessary, variants: {a: {value: [1]}}}}"},
		{"a hash that there is not", decision("rules: [{split: {by: session.id, weights: {a: 1}, hash: md5}}]")},
		{"a name with a blank", "bundle: a b"},
		{"a decision without purpose", "decisions: {d: {variants: {a: 1}}}"},
		{"a decision without variants", "decisions: {d: {purpose: necessary, variants: {}}}"},
		{"a rule with neither serve nor split", decision("rules: [{when: x}]")},
		{"a rule with both", decision("rules: [{serve: a, split: {by: session.id, weights: {a: 1}}}]")},
		{"a condition that is a list", decision("rules: [{serve: a, when: [x]}]")},
		{"a negative weight", decision("rules: [{split: {by: session.id, weights: {a: -1}}}]")},
		{"a split without unit", decision("rules: [{split: {weights: {a: 1}}}]")},
		{"a long variant with another key", "decisions: {d: {purpose: necessary, variants: {a: {value: 1, utnil: x}}}}"},
		{"an unknown source", "attributes: {a: {type: string, purpose: necessary, from: cake}}"},
		{"a route without path", "routes: [{locked: true}]"},
		{"a truth value in words", decision("disabled: yes")},
		{"an unknown mode", `consent: {jurisdictions: [{modes: {"*": ask}}]}`},
		{"a jurisdiction without modes", "consent: {jurisdictions: [{name: eea}]}"},
		{"a purpose of the TCF that is none", "consent: {purposes: {p: {tcf: {purposes: [25]}}}}"},
		{"a TC string about nothing", "consent: {purposes: {p: {tcf: {subject: core}}}}"},
		{"an opt-out of nothing", "consent: {purposes: {p: {gpp: {opt_out_of: []}}}}"},
		{"a signal that grants what it cannot", "consent: {purposes: {p: {gpc: grants}}}"},
		{"a cookie of an unknown format", "consent: {cookies: {OptanonConsent: optanon}}"},
		{"an age without a unit", "consent: {max_age: 395}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Error(t, compiled.Validate(asJSON(t, File{"a.yaml", []byte(c.text)})))
			_, err := Parse(File{"a.yaml", []byte(strings.Replace("bundle: b\n"+c.text, "bundle: b\nbundle", "bundle", 1))})
			require.Error(t, err, "the reader refuses it too")
		})
	}
}
