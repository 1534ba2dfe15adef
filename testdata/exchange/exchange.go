// Package exchange reads the part of the corpus that is about requests at the edge: the groups in this folder.
//
// Reach for Groups, and for each group's bundle answer its cases' visits; then Case.Check says whether a plan is as it should be.
package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host/visit"
	"github.com/edgewise-dev/edgewise/testdata/signed"
)

// Least is how many cases there are at least. Fewer mean that some were not found.
const Least = 490

// Group is cases about one bundle.
type Group struct {
	Name   string
	Bundle []byte         // compiled; with a Policy the envelope
	Policy *verify.Policy // by which the envelope is accepted; nil: the bundle is not signed
	Cases  []Case
}

// Case is a request and what is to become of it.
type Case struct {
	Name  string
	In    json.RawMessage            // a line of `edgewise plan`
	Out   map[string]json.RawMessage // the keys of the plan that the case is about, exactly; other keys are other cases' business
	Sends json.RawMessage            // the body of the hand-over, exactly; where there is none the case says nothing about it
}

// Groups reads all groups.
func Groups(t testing.TB) (all []Group) {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "*", "cases.jsonl"))
	require.NoError(t, err)
	count := 0
	for _, path := range files {
		folder := filepath.Dir(path)
		loaded, err := bundles.Load(folder)
		require.NoError(t, err)
		g := Group{Name: filepath.Base(folder), Cases: read(t, path)}
		g.Bundle, g.Policy = signed.Bundle(t, loaded.Data, folder)
		count += len(g.Cases)
		all = append(all, g)
	}
	require.GreaterOrEqual(t, count, Least, "cases in %s", filepath.Dir(here))
	return all
}

func read(t testing.TB, path string) (all []Case) {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	names := map[string]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var c Case
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c), "%s, line %d", path, len(all)+1)
		require.NotEmpty(t, c.Name, "%s, line %d", path, len(all)+1)
		require.False(t, names[c.Name], "%s: two cases %q", path, c.Name)
		require.NotEmpty(t, c.In, "%s: %s", path, c.Name)
		require.NotEmpty(t, len(c.Out)+len(c.Sends), "%s: %s", path, c.Name)
		names[c.Name] = true
		all = append(all, c)
	}
	require.NoError(t, lines.Err())
	return all
}

// Load loads the group's bundle natively.
func (g *Group) Load(t testing.TB) *core.Bundle {
	t.Helper()
	if g.Policy != nil {
		b, _, err := g.Policy.Load(g.Bundle, 0)
		require.NoError(t, err)
		return b
	}
	b, err := core.Load(g.Bundle)
	require.NoError(t, err)
	return b
}

// Visit is the case's request. A line without now is of 1970-01-01T00:00:00Z.
func (c *Case) Visit(t testing.TB) *visit.Visit {
	t.Helper()
	v := &visit.Visit{}
	require.NoError(t, v.ReadJSON(c.In, time.Unix(0, 0)))
	return v
}

// digest is that of a compiled bundle, which no case can know: it stands there as DIGEST.
var digest = regexp.MustCompile(`sha512-256:[0-9a-f]{64}`)

// Check compares a plan, as edge.Plan.AppendJSON writes it, with what the case says.
func (c *Case) Check(t testing.TB, plan []byte) {
	t.Helper()
	plan = digest.ReplaceAll(plan, []byte("DIGEST"))
	var got map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(plan, &got), "%s", plan)
	for key, want := range c.Out {
		have, ok := got[key]
		if bytes.Equal(want, []byte("null")) {
			require.False(t, ok, "%s is there: %s", key, have)
			continue
		}
		require.True(t, ok, "no %s in %s", key, plan)
		require.JSONEq(t, string(want), string(have), "%s", key)
	}
}
