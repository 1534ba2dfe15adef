package ofrep_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/ofrep"
)

// Whatever is sent, the answer is JSON of one of the statuses that the protocol has, and the same for all flags as for one.
func FuzzRequests(f *testing.F) {
	f.Add("hero", consented)
	f.Add("a/b%", `{"context":{"targetingKey":"s","plan":"gold"}}`)
	f.Add("test", `{"context":{"consent":{"granted":["personalization"],"cookies":{"edgewise-personalization":["off"]}}}}`)
	f.Add("", `{"context":{"consent":[]}}`)
	f.Add("hero\xff", "\x00")
	h := handler(f, ofrep.Options{})
	f.Fuzz(func(t *testing.T, key, body string) {
		one := send(h, all+"/"+url.PathEscape(key), body)
		require.Contains(t, []int{200, 400, 404, 413}, one.Code)
		require.True(t, json.Valid(one.Body.Bytes()), "%s", one.Body)
		every := send(h, all, body)
		require.Contains(t, []int{200, 400, 413}, every.Code)
		require.True(t, json.Valid(every.Body.Bytes()), "%s", every.Body)
		if one.Code == 200 {
			require.Contains(t, every.Body.String(), strings.TrimSpace(one.Body.String()))
		}
	})
}

// send asks without going through a URL's text, which a fuzzed key need not survive.
func send(h http.Handler, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.URL.Path, _ = url.PathUnescape(path)
	r.URL.RawPath = path
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
