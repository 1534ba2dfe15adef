package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/testdata/exchange"
	"github.com/edgewise-dev/edgewise/testdata/signed"
	"github.com/edgewise-dev/edgewise/testdata/v8"
)

// jsGroup is a bundle, and what becomes of inputs, for the tests of the JavaScript package.
type jsGroup struct {
	Name    string          `json:"name"`
	Bundle  []byte          `json:"bundle"`
	Trust   json.RawMessage `json:"trust,omitempty"`
	Channel string          `json:"channel,omitempty"`
	Cases   []jsCase        `json:"cases"`
}

// jsCase is an input and what it comes to natively.
type jsCase struct {
	Name     string          `json:"name"`
	In       json.RawMessage `json:"in"`
	Out      string          `json:"out,omitempty"`      // a line as `edgewise decide` or `edgewise plan` prints it
	Explains string          `json:"explains,omitempty"` // likewise `edgewise explain --json`
	Sends    string          `json:"sends,omitempty"`    // a hand-over: the signature, a line's end, the body
	Error    string          `json:"error,omitempty"`
}

// Every case of the corpus comes to the JavaScript package as an object.
const leastJavaScriptCases = leastDecideCases

// The JavaScript package answers the corpus as natively, and passes its own tests, in Node.
func TestJavaScript(t *testing.T) {
	if _, err := v8.FindNode(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	corpus := struct {
		Decide   []jsGroup   `json:"decide"`
		Plan     []jsGroup   `json:"plan"`
		Refusals []jsRefusal `json:"refusals"`
	}{jsDecides(t), jsPlans(t), jsRefusals()}
	file := filepath.Join(t.TempDir(), "corpus.json")
	data, err := json.Marshal(corpus)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data, 0o600))

	tests, err := filepath.Glob("../edge/js/test/*.test.js")
	require.NoError(t, err)
	require.NotEmpty(t, tests)
	node := exec.Command("node", append([]string{"--test"}, tests...)...)
	node.Env = append(os.Environ(), "EDGEWISE_CORPUS="+file)
	out, err := node.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

func jsDecides(t *testing.T) (all []jsGroup) {
	folders, err := filepath.Glob("../testdata/decide/*/cases.jsonl")
	require.NoError(t, err)
	count := 0
	for _, path := range folders {
		folder := filepath.Dir(path)
		loaded, err := bundles.Load(folder)
		require.NoError(t, err)
		data, policy := signed.Bundle(t, loaded.Data, folder)
		g := jsGroupOf(filepath.Base(folder), data, policy)
		h := jsHost(t, data, policy)
		for _, c := range readCases(t, path) {
			count++
			g.Cases = append(g.Cases, jsCaseOf(h, c.Name, c.In))
		}
		all = append(all, g)
	}
	require.GreaterOrEqual(t, count, leastJavaScriptCases)
	return append(all, jsRandom(t))
}

// jsRandom is random contexts for a bundle with something of everything.
func jsRandom(t *testing.T) jsGroup {
	const contexts = 400
	random := rand.New(rand.NewPCG(1, 2))
	data := sample.Bundle(t)
	g, h := jsGroupOf("random contexts", data, nil), jsHost(t, data, nil)
	for i := range contexts {
		context, granted := sample.Context(random)
		line, err := json.Marshal(map[string]any{"context": context, "consent": map[string]any{"granted": granted}, "now": sample.Now})
		require.NoError(t, err)
		// In JavaScript numbers are doubles: what no double holds is left out.
		var object any
		require.NoError(t, json.Unmarshal(line, &object))
		held, err := json.Marshal(object)
		require.NoError(t, err)
		if c := jsCaseOf(h, strconv.Itoa(i), line); c.Explains == jsCaseOf(h, c.Name, held).Explains {
			g.Cases = append(g.Cases, c)
		}
	}
	require.Greater(t, len(g.Cases), contexts/2)
	return g
}

// jsCaseOf is a line with its answers.
func jsCaseOf(h *host.Host, name string, line []byte) jsCase {
	c := jsCase{Name: name, In: line}
	result, err := h.DecideJSON(context.Background(), line, time.Unix(0, 0))
	if err != nil {
		c.Error = err.Error()
		return c
	}
	c.Out = string(result.AppendJSON(nil))
	if why, err := h.ExplainJSON(context.Background(), line, time.Unix(0, 0)); err == nil {
		c.Explains = "[" + string(bytes.Join(rawBytes(why), []byte(","))) + "]"
	}
	return c
}

func jsPlans(t *testing.T) (all []jsGroup) {
	for _, from := range exchange.Groups(t) {
		g := jsGroupOf(from.Name, from.Bundle, from.Policy)
		h := jsHost(t, from.Bundle, from.Policy)
		for _, c := range from.Cases {
			plan, err := h.PlanJSON(context.Background(), c.In, time.Unix(0, 0))
			require.NoError(t, err)
			body, signature, err := h.HandOver(context.Background(), c.Visit(t))
			require.NoError(t, err)
			made := jsCase{Name: c.Name, In: c.In, Out: string(plan)}
			if body != nil {
				made.Sends = signature + "\n" + string(body)
			}
			g.Cases = append(g.Cases, made)
		}
		all = append(all, g)
	}
	return all
}

// jsRefusal is why a bundle is refused: as the module says it, and in words.
type jsRefusal struct {
	Words  [4]uint32 `json:"words"`
	Code   string    `json:"code"`
	Detail string    `json:"detail"`
}

// jsRefusals are all that do not name what stands in a bundle.
func jsRefusals() (all []jsRefusal) {
	const have, want = 3, 5
	for code := format.OK + 1; code <= format.NoMemory; code++ {
		r := format.Refusal{Code: code, Section: format.TagRules, Index: have, Want: want}
		all = append(all, jsRefusal{[4]uint32{uint32(code), uint32(r.Section), have, want}, verify.OfPayload(&r).Code.String(), r.Error()})
	}
	for code := verify.Signature; code <= verify.Torn; code++ {
		r := verify.Refusal{Code: code, Have: have, Want: want}
		switch code {
		case verify.Audience, verify.Channel:
			continue
		case verify.Signature, verify.UnknownKey, verify.RevokedKey:
			r.Key = have | want<<32
		}
		all = append(all, jsRefusal{[4]uint32{uint32(code), 0, have, want}, code.String(), r.Error()})
	}
	return all
}

func jsGroupOf(name string, data []byte, policy *verify.Policy) jsGroup {
	g := jsGroup{Name: name, Bundle: data}
	if policy != nil {
		g.Trust, g.Channel = trust.Format(policy.Keys), policy.Channel
	}
	return g
}

func jsHost(t *testing.T, data []byte, policy *verify.Policy) *host.Host {
	options := host.Options{Bundle: data, Instances: 1}
	if policy != nil {
		options.Trust = &host.Trust{Policy: *policy}
	}
	h, err := host.New(context.Background(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	return h
}

func rawBytes(all []json.RawMessage) (bytes [][]byte) {
	for _, raw := range all {
		bytes = append(bytes, raw)
	}
	return bytes
}

// The package's types are what programs need, as the pinned TypeScript sees them.
func TestJavaScriptTypes(t *testing.T) {
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	programs, err := filepath.Glob(filepath.Join(cache, "edgewise", "tools", "typescript-*", "bin", "typescript"))
	require.NoError(t, err)
	if len(programs) == 0 {
		require.Empty(t, os.Getenv("CI"), "no TypeScript: run scripts/setup typescript")
		t.Skip("no TypeScript: run scripts/setup typescript")
	}
	out, err := exec.Command(programs[len(programs)-1], "--project", "../edge/js/test/types").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
