package host_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/lines"
	"github.com/edgewise-dev/edgewise/testdata/signed"
)

// The cases in testdata (its README says what they are) are answered natively and by the module: with the same bytes, and as the cases say.
// Fewer cases than these mean that some were not found.
const (
	leastDecideCases = 1394
	leastExprCases   = 743
)

// corpusCase is a line of a file of cases.
type corpusCase struct {
	Name string
	In   json.RawMessage
	Out  json.RawMessage
}

func TestDecideCorpus(t *testing.T) {
	folders, err := filepath.Glob("../testdata/decide/*/cases.jsonl")
	require.NoError(t, err)
	cacheDir := t.TempDir()
	count := 0
	for _, path := range folders {
		folder := filepath.Dir(path)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			native, wasm := deciders(t, folder, cacheDir)
			for _, c := range readCases(t, path) {
				count++
				t.Run(c.Name, func(t *testing.T) {
					require.JSONEq(t, string(c.Out), answerOfBoth(t, native, wasm, c.In))
				})
			}
		})
	}
	require.GreaterOrEqual(t, count, leastDecideCases)
}

func TestExprCorpus(t *testing.T) {
	files, err := filepath.Glob("../testdata/expr/*.jsonl")
	require.NoError(t, err)
	native, wasm := evaluators(t)
	count := 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			for _, c := range readCases(t, path) {
				count++
				t.Run(c.Name, func(t *testing.T) {
					answer := answerOfBoth(t, native, wasm, c.In)
					var want struct{ Error any }
					require.NoError(t, json.Unmarshal(c.Out, &want))
					if want.Error == true { // a mistake, in whatever words
						requireMistake(t, answer)
						return
					}
					require.JSONEq(t, string(c.Out), answer)
				})
			}
		})
	}
	require.GreaterOrEqual(t, count, leastExprCases)
}

// deciders answer lines of `edgewise decide` over the bundle in a folder, natively and in the module. A line without now is answered as in 1970.
func deciders(t *testing.T, folder, cacheDir string) (native, wasm lines.Answer) {
	loaded, err := bundles.Load(folder)
	require.NoError(t, err)
	start := func(engine host.Engine) lines.Answer {
		data, policy := signed.Bundle(t, loaded.Data, folder)
		var trust *host.Trust
		if policy != nil {
			trust = &host.Trust{Policy: *policy}
		}
		h, err := host.New(context.Background(), host.Options{Bundle: data, Trust: trust, Engine: engine, Instances: 1, CacheDir: cacheDir})
		require.NoError(t, err)
		t.Cleanup(func() {
			require.Zero(t, h.Faults())
			require.NoError(t, h.Close(context.Background()))
		})
		return lines.Decide(context.Background(), h, time.Unix(0, 0))
	}
	return start(host.Native), start(host.Wasm)
}

// evaluators answer lines of `edgewise expr`, natively and in the module.
func evaluators(t *testing.T) (native, wasm lines.Answer) {
	start := func(engine host.Engine) lines.Answer {
		e, err := lines.NewExpressions(context.Background(), engine, "")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
		return e.Answer
	}
	return start(host.Native), start(host.Wasm)
}

// answerOfBoth gives the one answer of both engines.
func answerOfBoth(t *testing.T, native, wasm lines.Answer, line []byte) string {
	answer, err := native(nil, line)
	require.NoError(t, err)
	other, err := wasm(nil, line)
	require.NoError(t, err)
	require.Equal(t, string(answer), string(other), "native, and then the module")
	return string(answer)
}

func requireMistake(t *testing.T, answer string) {
	var got struct{ Error string }
	require.NoError(t, json.Unmarshal([]byte(answer), &got))
	require.NotEmpty(t, got.Error, "%s", answer)
}

// readCases reads a file of cases. Each has a name of its own.
func readCases(t *testing.T, path string) []corpusCase {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var all []corpusCase
	names := map[string]bool{}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 4<<20)
	for scanner.Scan() {
		var c corpusCase
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &c), "%s, line %d", path, len(all)+1)
		require.NotEmpty(t, c.Name, "%s, line %d", path, len(all)+1)
		require.False(t, names[c.Name], "%s: two cases %q", path, c.Name)
		require.NotEmpty(t, c.In, "%s: %s", path, c.Name)
		require.NotEmpty(t, c.Out, "%s: %s", path, c.Name)
		names[c.Name] = true
		all = append(all, c)
	}
	require.NoError(t, scanner.Err())
	require.NotEmpty(t, all, "%s", path)
	return all
}
