package fastly_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sign is an origin's answer to a hand-over, signed for its request.
func signed(r *http.Request, secret, body string) string {
	_, request, _ := strings.Cut(r.Header.Get("Edgewise-Signature"), ",v1=")
	at := fmt.Sprint(time.Now().Unix())
	key, _ := hex.DecodeString(secret)
	code := hmac.New(sha256.New, key)
	io.WriteString(code, at+"."+request+"."+body)
	return "t=" + at + ",v1=" + hex.EncodeToString(code.Sum(nil))
}

// The origin is asked for the decisions that wait for it. Whatever it does, the page comes, with what it answered or with what was declared instead.
func TestHandOver(t *testing.T) {
	answers := func(secret, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Edgewise-Signature", signed(r, secret, body))
			io.WriteString(w, body)
		}
	}
	gold := `{"decisions":{"hero":{"variant":"gold"}}}`
	services(t, func(t *testing.T, s *shop, wasm string) {
		for name, c := range map[string]struct {
			answer http.HandlerFunc
			hero   string
		}{
			"an answer":         {answers(secretText, gold), "gold"},
			"by somebody else":  {answers(strings.Repeat("66", 32), gold), "summer"},
			"without signature": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, gold) }, "summer"},
			"not allowed":       {answers(secretText, `{"decisions":{"hero":{"variant":"plain"}}}`), "summer"},
			"another decision":  {answers(secretText, `{"decisions":{"release":{"variant":"evil"}}}`), "summer"},
			"no JSON":           {answers(secretText, `<html>`), "summer"},
			"an error":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "summer"},
			"25 MB":             {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 25<<20)) }, "summer"},
			"nothing":           {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "summer"},
			"late": {func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(3 * time.Second):
				}
			}, "summer"},
		} {
			t.Run(name, func(t *testing.T) {
				origin := newSite(t)
				origin.set(nil, c.answer)
				p := serve(t, wasm, standard(s, origin))
				for range 2 {
					started := time.Now()
					answer := p.get(t, "/ask")
					decisions := pageOf(t, answer).Header.Get("Edgewise-Decisions")
					require.Contains(t, decisions, fmt.Sprintf("hero=%q", c.hero))
					require.Less(t, time.Since(started), 2*time.Second)
				}
			})
		}
	})
}

// Who does not answer is not asked by everybody.
func TestBreaker(t *testing.T) {
	services(t, func(t *testing.T, s *shop, wasm string) {
		origin, slow := newSite(t), newSite(t)
		slow.set(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
		c := standard(s, origin)
		c.backends["handover"] = slow.URL
		p := serve(t, wasm, c)
		for range 20 {
			decisions := pageOf(t, p.get(t, "/ask")).Header.Get("Edgewise-Decisions")
			require.Contains(t, decisions, `hero="summer"`)
		}
		asked := len(slow.requests())
		require.GreaterOrEqual(t, asked, 5)
		require.LessOrEqual(t, asked, 8, "what is written to the cache can be read a little later")
	})
}
