package ofrep_test

import (
	"net/http/httptest"
	"testing"

	client "github.com/open-feature/go-sdk-contrib/providers/ofrep"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/testdata/openfeature"
)

// The scenarios of OpenFeature's specification, through its SDK for Go and the provider that speaks the protocol.
func TestSpecificationScenariosWithTheGoProvider(t *testing.T) {
	cases := openfeature.Cases(t)
	server := httptest.NewServer(ofrep.New(ofrep.Options{Host: start(t, openfeature.Bundle(t))}))
	defer server.Close()
	require.NoError(t, of.SetNamedProviderAndWait(t.Name(), client.NewProvider(server.URL)))
	c := of.NewClient(t.Name())
	for _, scenario := range cases {
		t.Run(scenario.ID, func(t *testing.T) {
			if scenario.Type == "object" && scenario.Expect.ErrorCode == "TYPE_MISMATCH" {
				t.Skip("this provider takes any value for an object")
			}
			require.Empty(t, scenario.Expect.Problem(openfeature.Resolve(c, scenario)))
		})
	}
}
