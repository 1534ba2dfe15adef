package ofrep_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/testdata/openfeature"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// document compiles a schema of the protocol's document. What is wrong with the document itself is put right: its value schemas stand in a oneOf with one
// that has no constraint, and its lists of reasons and error codes leave out some that it speaks of.
func document(t *testing.T) func(name string) *jsonschema.Schema {
	data, err := os.ReadFile(vectors.Path(t, "ofrep", "openapi.yaml"))
	require.NoError(t, err)
	var parsed map[string]any
	require.NoError(t, yaml.Unmarshal(data, &parsed))
	text, err := json.Marshal(parsed)
	require.NoError(t, err)
	repaired := strings.NewReplacer(`"oneOf":`, `"anyOf":`,
		`["STATIC","TARGETING_MATCH","SPLIT","DISABLED","UNKNOWN"]`, `["STATIC","TARGETING_MATCH","SPLIT","DISABLED","UNKNOWN","DEFAULT"]`,
		`["PARSE_ERROR","TARGETING_KEY_MISSING","INVALID_CONTEXT","GENERAL"]`, `["PARSE_ERROR","TARGETING_KEY_MISSING","INVALID_CONTEXT","GENERAL","FLAG_NOT_FOUND"]`,
	).Replace(string(text))
	require.Greater(t, len(repaired), len(text), "the document has changed: look at what is put right")
	resource, err := jsonschema.UnmarshalJSON(strings.NewReader(repaired))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, compiler.AddResource("openapi.json", resource))
	return func(name string) *jsonschema.Schema {
		schema, err := compiler.Compile("openapi.json#/components/schemas/" + name)
		require.NoError(t, err)
		return schema
	}
}

func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	schema := document(t)
	bySingle := map[int]*jsonschema.Schema{200: schema("serverEvaluationSuccess"), 400: schema("evaluationFailure"), 404: schema("flagNotFound"),
		405: schema("generalErrorResponse"), 413: schema("evaluationFailure")}
	byBulk := map[int]*jsonschema.Schema{200: schema("bulkEvaluationSuccess"), 400: schema("bulkEvaluationFailure"), 413: schema("bulkEvaluationFailure")}
	check := func(t *testing.T, w *httptest.ResponseRecorder, by map[int]*jsonschema.Schema) {
		body, err := jsonschema.UnmarshalJSON(w.Body)
		require.NoError(t, err)
		require.NotNil(t, by[w.Code], "%d", w.Code)
		require.NoError(t, by[w.Code].Validate(body))
	}
	spec := ofrep.New(ofrep.Options{Host: start(t, openfeature.Bundle(t)), Events: true})
	own := handler(t, ofrep.Options{Events: true})
	statuses := map[int]bool{}
	for _, h := range []*ofrep.Handler{spec, own} {
		for _, body := range []string{nothing, consented, `{"context":{"plan":"gold","email":"ballmer@macrosoft.com","targetingKey":"x"}}`, `{}`, `[]`, ``, `{"context":{"targetingKey":1}}`,
			`{"context":"` + strings.Repeat("x", ofrep.MaxBody) + `"}`} {
			b := h.Host.Bundle()
			for _, d := range b.Decisions {
				w := ask(h, all+"/"+b.String(d.Name), body)
				statuses[w.Code] = true
				check(t, w, bySingle)
			}
			check(t, ask(h, all+"/no-such-flag", body), bySingle)
			check(t, ask(h, all, body), byBulk)
		}
	}
	require.Len(t, statuses, 3, "200, 400 and 413")
}
