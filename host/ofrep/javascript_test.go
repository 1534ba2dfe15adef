package ofrep_test

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/apikey"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/testdata/ofrepjs"
	"github.com/edgewise-dev/edgewise/testdata/openfeature"
)

// The scenarios of OpenFeature's specification, through its SDKs for JavaScript and their providers that speak the protocol.
func TestSpecificationScenariosInJavaScript(t *testing.T) {
	cases := openfeature.Cases(t)
	server := httptest.NewServer(ofrep.New(ofrep.Options{Host: start(t, openfeature.Bundle(t)), Origins: []string{"*"}}))
	defer server.Close()
	clients := ofrepjs.Start(t, server.URL)
	for _, sdk := range []ofrepjs.SDK{ofrepjs.Server, ofrepjs.Web} {
		for _, c := range cases {
			t.Run(string(sdk)+"/"+c.ID, func(t *testing.T) {
				if sdk == ofrepjs.Server && c.Expect.Reason == "DISABLED" {
					// This provider does not know values that are absent yet: it gives the code default, as an error.
					c.Expect = openfeature.Expected{Value: c.Expect.Value, Reason: "ERROR", ErrorCode: "GENERAL"}
				}
				require.Empty(t, c.Expect.Problem(clients.Resolve(sdk, c)))
			})
		}
	}
}

// A page's client, which has a key, finds another bundle's answers when it asks again, with the ETag.
func TestPagesNoticeAnotherBundle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	entry, key := apikey.New(apikey.Entry{Name: "page", Scope: apikey.Page})
	require.NoError(t, apikey.Append(file, entry))
	keys, err := apikey.Open(file, 0, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	h := handler(t, ofrep.Options{Keys: keys})
	server := httptest.NewServer(h)
	defer server.Close()
	clients := ofrepjs.Start(t, server.URL, "X-API-Key", key)
	ask := func(flag string, context map[string]any) openfeature.Expected {
		return clients.Resolve(ofrepjs.Web, openfeature.Case{Flag: flag, Type: "string", Default: "none", Context: context})
	}
	consented := map[string]any{"plan": "gold", "targetingKey": "s-1", "consent": map[string]any{"granted": []string{"personalization"}}}
	require.Equal(t, "/gold.html", ask("hero", consented).Value)
	require.Equal(t, "TYPE_MISMATCH", ask("off", nil).ErrorCode)
	require.Equal(t, "FLAG_NOT_FOUND", ask("secret", nil).ErrorCode)
	code := ask("code", map[string]any{"consent": map[string]any{"granted": []string{}}})
	require.Equal(t, openfeature.Expected{Value: "none", Reason: "DEFAULT", Metadata: map[string]any{}}, code)
	require.Equal(t, "CONSENT", ask("hero", nil).Metadata["edgewise.reason"])

	require.NoError(t, h.Host.Load(sample.Compile(t, strings.Replace(source, "/plain.html", "/simple.html", 1))))
	require.Eventually(t, func() bool { return ask("hero", nil).Value == "/simple.html" }, 10*time.Second, 10*time.Millisecond)
}
