package apikey_test

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/apikey"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// with is a request with a header.
func with(name, value string) *http.Request {
	r := &http.Request{Header: http.Header{}}
	r.Header.Set(name, value)
	return r
}

// write writes a file with the keys of these entries, and gives them.
func write(t *testing.T, file string, entries ...apikey.Entry) (keys []string) {
	for _, e := range entries {
		e, key := apikey.New(e)
		require.NoError(t, apikey.Append(file, e))
		keys = append(keys, key)
	}
	return keys
}

func TestKeysAreFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	keys := write(t, file, apikey.Entry{Name: "web", Scope: apikey.Page}, apikey.Entry{Name: "shop", Scope: apikey.Server},
		apikey.Entry{Name: "old", Scope: apikey.Server, Expires: time.Now().Add(-time.Second)})
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, key := range keys {
		require.Regexp(t, `^edgewise_[a-z2-7]{8}_[a-z2-7]{32}$`, key)
		require.NotContains(t, string(text), key[len("edgewise_")+9:], "the file holds no key")
	}
	all, err := apikey.Open(file, 0, quiet)
	require.NoError(t, err)
	for _, c := range []struct{ name, header, value, want string }{
		{"a bearer token", "Authorization", "Bearer " + keys[0], "web"},
		{"the scheme in small letters", "Authorization", "bearer " + keys[1], "shop"},
		{"a header of its own", "X-API-Key", keys[1], "shop"},
		{"another scheme", "Authorization", "Basic " + keys[1], ""},
		{"nothing", "X-API-Key", "", ""},
		{"an unknown key", "X-API-Key", "edgewise_aaaaaaaa_bbbb", ""},
		{"a known id with another secret", "X-API-Key", keys[0][:len(keys[0])-1] + "!", ""},
		{"a key cut off", "X-API-Key", keys[0][:20], ""},
		{"a key with more behind it", "X-API-Key", keys[0] + "a", ""},
		{"one that has expired", "X-API-Key", keys[2], ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := all.Find(with(c.header, c.value))
			if c.want == "" {
				require.Nil(t, found)
				return
			}
			require.NotNil(t, found)
			require.Equal(t, c.want, found.Name)
			require.Equal(t, found, all.FindTicket(found.Ticket()))
			require.Nil(t, all.FindTicket(found.Ticket()+"0"))
		})
	}
	require.Nil(t, all.FindTicket(""))
}

func TestEntriesSayWhatKeysMayAskFor(t *testing.T) {
	require.False(t, (&apikey.Entry{Scope: apikey.Server}).Restricted())
	require.True(t, (&apikey.Entry{Scope: apikey.Page}).Restricted())
	some := &apikey.Entry{Scope: apikey.Server, Decisions: []string{"hero", "shop.*"}}
	require.True(t, some.Restricted())
	for decision, may := range map[string]bool{"hero": true, "shop.banner": true, "shop": false, "heroes": false, "": false} {
		require.Equal(t, may, some.Names(decision), decision)
	}
	require.True(t, (&apikey.Entry{}).Names("anything"))
}

func TestRates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	keys := write(t, file, apikey.Entry{Name: "slow", Scope: apikey.Page, Rate: 0.001}, apikey.Entry{Name: "ordinary", Scope: apikey.Page},
		apikey.Entry{Name: "other", Scope: apikey.Page}, apikey.Entry{Name: "fast", Scope: apikey.Page, Rate: 1e6})
	all, err := apikey.Open(file, 0.002, quiet)
	require.NoError(t, err)
	for i, most := range []time.Duration{1000 * time.Second, 500 * time.Second, 500 * time.Second} {
		e := all.Find(with("X-API-Key", keys[i]))
		require.Zero(t, all.Wait(e), e.Name)
		wait := all.Wait(e)
		require.Greater(t, wait, most*3/4, e.Name)
		require.LessOrEqual(t, wait, most, e.Name)
		require.LessOrEqual(t, all.Wait(e), wait, "what was refused takes nothing")
	}
	for range 1000 {
		require.Zero(t, all.Wait(all.Find(with("X-API-Key", keys[3]))), "as many at once as in a second")
	}
	unlimited, err := apikey.Open(file, 0, quiet)
	require.NoError(t, err)
	for range 1000 {
		require.Zero(t, unlimited.Wait(unlimited.Find(with("X-API-Key", keys[1]))))
	}
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	first := write(t, file, apikey.Entry{Name: "first", Scope: apikey.Server})[0]
	all, err := apikey.Open(file, 0, quiet)
	require.NoError(t, err)
	require.NotNil(t, all.Find(with("X-API-Key", first)))

	require.NoError(t, os.Remove(file))
	second := write(t, file, apikey.Entry{Name: "the second", Scope: apikey.Server})[0]
	known := func(key string) func() bool { return func() bool { return all.Find(with("X-API-Key", key)) != nil } }
	require.Eventually(t, known(second), 10*time.Second, 10*time.Millisecond)
	require.Nil(t, all.Find(with("X-API-Key", first)), "an entry that is gone ends its key")

	require.NoError(t, os.WriteFile(file, []byte("nonsense"), 0o600))
	time.Sleep(1100 * time.Millisecond)
	require.True(t, known(second)(), "a file that cannot be read changes nothing")
}

func TestFilesThatAreNone(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "\n\n", "no key in it"},
		{"no JSON", "\nedgewise_secret\n", "line 2: invalid character"},
		{"an unknown key", `{"name":"a","id":"i","sha256":"` + hash + `","scope":"page","rates":1}`, `unknown field "rates"`},
		{"two objects on a line", `{"name":"a","id":"i","sha256":"` + hash + `","scope":"page"} {}`, "more than an object"},
		{"no name", `{"id":"i","sha256":"` + hash + `","scope":"page"}`, "needs a name"},
		{"no id", `{"name":"a","sha256":"` + hash + `","scope":"page"}`, `id "" is none`},
		{"no hash", `{"name":"a","id":"i","sha256":"abc","scope":"page"}`, "sha256 is not one"},
		{"no scope", `{"name":"a","id":"i","sha256":"` + hash + `"}`, `scope "": want server or page`},
		{"a rate below zero", `{"name":"a","id":"i","sha256":"` + hash + `","scope":"page","rate":-1}`, "below 0"},
		{"no decisions", `{"name":"a","id":"i","sha256":"` + hash + `","scope":"page","decisions":[]}`, "names none"},
		{"a bad pattern", `{"name":"a","id":"i","sha256":"` + hash + `","scope":"page","decisions":["["]}`, "is no pattern"},
		{"an id twice", strings.Repeat(`{"name":"a","id":"i","sha256":"`+hash+`","scope":"page"}`+"\n", 2), "line 2: the id i stands there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keys")
			require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
			_, err := apikey.Open(file, 0, quiet)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := apikey.Open(filepath.Join(t.TempDir(), "none"), 0, quiet)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, apikey.Append(filepath.Join(t.TempDir(), "keys"), apikey.Entry{Name: "x"}), "is none")
}
