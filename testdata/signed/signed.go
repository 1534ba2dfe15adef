// Package signed signs the bundles of those groups of the corpus that are about signed ones.
package signed

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Bundle signs a compiled bundle as the file statement.jsonl in folder says, if there is one, and gives the envelope and the policy that accepts it,
// from 1970 on:
//
//	{"version": 7, "made": "2026-11-30T00:00:00Z", "fresh_until": "2026-12-01T00:00:00Z", "expires": "2026-12-31T00:00:00Z", "disabled": ["hero"]}
//
// Without that file it gives the bundle and no policy.
func Bundle(t testing.TB, bundle []byte, folder string) ([]byte, *verify.Policy) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "statement.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return bundle, nil
	}
	var says struct {
		Version    uint64    `json:"version"`
		Made       time.Time `json:"made"`
		FreshUntil time.Time `json:"fresh_until"`
		Expires    time.Time `json:"expires"`
		Disabled   []string  `json:"disabled"`
	}
	if err == nil {
		err = json.Unmarshal(data, &says)
	}
	if err != nil {
		t.Fatal(err)
	}
	seconds := func(at time.Time) int64 {
		if at.IsZero() {
			return 0
		}
		return at.Unix()
	}
	return Release(t, bundle, verify.Statement{Version: says.Version, Made: seconds(says.Made), FreshUntil: seconds(says.FreshUntil), Expires: seconds(says.Expires), Disabled: says.Disabled})
}

// Release signs a compiled bundle for the channel "test", and gives the envelope and the policy that accepts it.
func Release(t testing.TB, bundle []byte, statement verify.Statement) ([]byte, *verify.Policy) {
	t.Helper()
	statement.Channel = "test"
	signer, _, err := sign.Generate()
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := sign.Release(bundle, statement, nil, signer)
	if err != nil {
		t.Fatal(err)
	}
	keys := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}
	return envelope, &verify.Policy{Keys: keys, Channel: statement.Channel}
}
