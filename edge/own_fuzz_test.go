package edge_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
)

// Whatever is sent to the exchange's own paths is answered, as JSON or as the one page, and never gets to the origin.
func FuzzOwnPaths(f *testing.F) {
	f.Add("POST", "ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"u","cart":{"value":80},"tags":["a,b"]}}`, agreed, "application/json")
	f.Add("POST", "ofrep/v1/evaluate/flags/hero", `{"context":{"plan":"\ud83d\ude00"}}`, "", "")
	f.Add("POST", "v1/preferences", "personalization=off", "edgewise-personalization=off", "text/html")
	f.Add("GET", "v1/preferences", "", agreed, "text/html")
	f.Add("GET", "v1/decisions?route=%2Fshop%2Fx%3Fa%3Db", "", "__Host-edgewise=AAAA; __Host-edgewise-preview=AAAA", "")
	f.Add("GET", "health?edgewise-preview=off", "", "", "")
	x := edge.NewExchange(compiled(f, asked))
	f.Fuzz(func(t *testing.T, method, path, body, cookies, accept string) {
		v := visit("/.edgewise/" + path)
		v.Method, v.Body, v.Seconds = method, []byte(body), 1_800_000_000
		v.Secrets, v.Random = [][]byte{[]byte(siteSecret)}, make([]byte, edge.RandomSize)
		v.Headers = []edge.Header{{Name: "Cookie", Value: cookies}, {Name: "Accept", Value: accept}, {Name: "Referer", Value: body}, {Name: "If-None-Match", Value: accept}}
		p := x.Plan(v)
		require.Equal(t, edge.Answer, p.Action)
		require.Empty(t, p.Origin)
		require.Empty(t, p.RequestHeaders)
		require.Equal(t, "no-store", header(p.ResponseHeaders, "cache-control"))
		switch header(p.ResponseHeaders, "content-type") {
		case "application/json":
			require.True(t, p.Status == 304 || json.Valid([]byte(p.Body)), "%s", p.Body)
		default:
			require.Contains(t, p.Body, "<h1>What this site chooses for you</h1>")
		}
		require.True(t, json.Valid(p.AppendJSON(nil)))
	})
}
