package ofrep_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/testdata/openfeature"
)

// The scenarios of OpenFeature's specification, as a client sees them that does no more than the protocol asks of it.
func TestSpecificationScenarios(t *testing.T) {
	cases := openfeature.Cases(t)
	server := httptest.NewServer(ofrep.New(ofrep.Options{Host: start(t, openfeature.Bundle(t))}))
	defer server.Close()
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			require.Empty(t, c.Expect.Problem(resolve(t, server, c)))
		})
	}
}

// resolve asks for a flag.
func resolve(t *testing.T, server *httptest.Server, c openfeature.Case) openfeature.Expected {
	body, err := json.Marshal(map[string]any{"context": c.Context})
	require.NoError(t, err)
	response, err := http.Post(server.URL+"/ofrep/v1/evaluate/flags/"+url.PathEscape(c.Flag), "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer response.Body.Close()
	var got struct {
		Key, Reason, Variant, ErrorCode string
		Value                           any
		Metadata                        map[string]any
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&got))
	require.Equal(t, c.Flag, got.Key)
	switch {
	case response.StatusCode != http.StatusOK:
		require.NotEmpty(t, got.ErrorCode)
		return openfeature.Expected{Value: c.Default, Reason: "ERROR", ErrorCode: got.ErrorCode}
	case got.Value == nil:
		got.Value = c.Default
	case !isOf(got.Value, c.Type):
		return openfeature.Expected{Value: c.Default, Reason: "ERROR", ErrorCode: "TYPE_MISMATCH"}
	}
	return openfeature.Expected{Value: got.Value, Reason: got.Reason, Variant: got.Variant, Metadata: got.Metadata}
}

// isOf says whether a value is of a scenario's type.
func isOf(value any, typ string) (is bool) {
	switch typ {
	case "boolean":
		_, is = value.(bool)
	case "string":
		_, is = value.(string)
	case "integer", "float":
		_, is = value.(float64)
	case "object":
		_, is = value.(map[string]any)
	}
	return is
}
