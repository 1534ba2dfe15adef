//go:build edgewise_steps

package bound_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// No request takes more steps than the bound: not over the examples, the corpus' bundles and random bundles, and not with contexts made
// to be slow. The log says how near the nearest came.
func TestNoRequestTakesMoreStepsThanTheBound(t *testing.T) {
	tightest, where := 0.0, ""
	for name, loaded := range everyBundle(t) {
		t.Run(name, func(t *testing.T) {
			most, limit := worst(t, loaded)
			t.Logf("%d of %d steps", most, limit)
			if ratio := float64(most) / float64(max(limit, 1)); limit > 10_000 && ratio > tightest {
				tightest, where = ratio, name
			}
		})
	}
	t.Logf("the tightest bound beyond 10,000 steps: %.1f%% of it was used, by %s", 100*tightest, where)
	require.Greater(t, tightest, 0.5, "a bound that nothing comes near says little")
}

func everyBundle(t *testing.T) map[string]*bundles.Loaded {
	found := map[string]*bundles.Loaded{}
	for _, pattern := range []string{"../../testdata/decide/*", "../examples/storefront", "../examples/consent", "../examples/hello.yaml"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			loaded, err := bundles.Load(path)
			require.NoError(t, err)
			found[filepath.Base(path)] = loaded
		}
	}
	require.Greater(t, len(found), 30)
	found["maps into a map"] = compiled(t, `l.transformMapEntry(i, x, {i: n}).size() > 2`, `l.transformMapEntry(i, x, n > 4, {i: 1, -i - 1: 2}).size() > 2`)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		found[fmt.Sprintf("random %d", i)] = compiled(t, randomConditions(random)...)
	}
	return found
}

// randomConditions are made of pieces that cost differently.
func randomConditions(random *rand.Rand) []string {
	pieces := []string{`n > 5`, `s == "DE"`, `s.startsWith("a")`, `s.contains("aab")`, `s.matches("a+b")`, `segment("long")`, `"x" in l`,
		`"x" in m`, `l.exists(x, x == s)`, `l.all(x, x.contains("b") || x.size() < 3)`, `m.exists(k, m[k] == "x")`, `l.map(x, x + "!").size() > 3`,
		`s.lowerAscii() == s.upperAscii()`, `l == l`, `m == m`, `l[0] < s`, `size(s) > 10`, `l.filter(x, x.startsWith("a")) == l`, `string(n) in l`,
		`(n > 3 ? s : s + s).size() > 4`, `l.exists(i, x, i == 7 && x == "q")`, `(l + l).size() > 2`,
		`m.transformMap(k, v, v + "!").size() > 2`, `m.transformMap(k, v, n > 7, v).size() > 2`, `math.greatest(n, 7) > math.abs(n)`, `base64.encode(bytes(s)).size() > 4`,
		`base64.decode(s).size() > 4`, `"%s: %d".format([s, n]).size() > 4`, `s.format(l).size() > 4`, `"%s".format([l]).size() > 4`, `m.?x.orValue(s) == s`, `l.first().optMap(x, x.size()).orValue(1) > 0`, `[s, ?m[?"y"], ?l[?3]].size() > 1`,
		`{"a": n, ?"b": optional.of(n)}.size() > 1`, `optional.of(m) == optional.of(m)`, `optional.of(m)["x"].hasValue()`, `optional.of(l)[?n].value() > s`,
		`semver(s).isLessThan(semver("1.2.3-rc.1"))`, `semver(s) == semver("1.2.3")`}
	var conditions []string
	for range 1 + random.IntN(5) {
		var parts []string
		for range 1 + random.IntN(4) {
			piece := pieces[random.IntN(len(pieces))]
			if random.IntN(4) == 0 {
				piece = "!(" + piece + ")"
			}
			parts = append(parts, piece)
		}
		conditions = append(conditions, strings.Join(parts, []string{" && ", " || "}[random.IntN(2)]))
	}
	return conditions
}

// worst decides over many contexts and gives the largest number of steps that were taken, and the bound.
func worst(t *testing.T, loaded *bundles.Loaded) (most, limit uint64) {
	b, err := core.Load(loaded.Data)
	require.NoError(t, err)
	report := bound.Of(loaded.Bundle)
	context, evaluator := b.NewContext(), b.NewEvaluator()
	random := rand.New(rand.NewPCG(3, 4))
	var all []uint32
	for i := range b.Decisions {
		all = append(all, uint32(i))
	}
	for round := range 14 {
		context.Reset()
		for i := range b.Purposes {
			context.Grant(i)
		}
		for i := range b.Attributes {
			if round < 6 || random.IntN(8) > 0 {
				context.Set(i, made(random, b, &b.Attributes[i], round))
			}
		}
		evaluator.Decide(context, all, nil)
		require.LessOrEqual(t, evaluator.Steps(), report.Steps)
		most = max(most, evaluator.Steps())
		for i, route := range b.Routes {
			evaluator.Decide(context, b.Lists[route.First:][:route.Count], nil)
			require.LessOrEqual(t, evaluator.Steps(), report.Routes[i].Steps, report.Routes[i].Name)
		}
		for _, i := range all {
			evaluator.Decide(context, []uint32{i}, nil)
			require.LessOrEqual(t, evaluator.Steps(), report.Decisions[i].Steps, report.Decisions[i].Name)
		}
	}
	return most, report.Steps
}

// made gives an attribute a value: in the first rounds as large as it may be, then of any size.
func made(random *rand.Rand, b *core.Bundle, a *format.Attribute, round int) core.Value {
	elements := core.MaxValues
	if round >= 6 {
		elements = random.IntN(elements)
	}
	kind, of := a.Type.Kind(), a.Type.Elem()
	if kind == format.Dyn {
		kind, of = []format.Kind{format.List, format.Map, format.String, format.Int}[random.IntN(4)], format.String
	}
	switch kind {
	case format.List:
		values := make([]core.Value, elements)
		for i := range values {
			values[i] = scalar(random, of, core.MaxText/max(elements, 1))
		}
		return core.List(values)
	case format.Map:
		values := make([]core.Value, elements/2*2)
		for i := range values {
			values[i] = scalar(random, of, core.MaxText/max(elements, 1))
			if i%2 == 0 {
				values[i] = core.String(fmt.Sprint("k", i))
			}
		}
		return core.Map(values)
	}
	if round >= 6 {
		return scalar(random, kind, random.IntN(core.MaxText))
	}
	return scalar(random, kind, core.MaxText)
}

// scalar gives a value of a kind, a text with that many bytes.
func scalar(random *rand.Rand, kind format.Kind, length int) core.Value {
	switch kind {
	case format.Bool:
		return core.Bool(random.IntN(2) == 0)
	case format.Int:
		return core.Int(random.Int64N(20))
	case format.Uint:
		return core.Uint(random.Uint64N(20))
	case format.Double:
		return core.Double(random.Float64() * 100)
	case format.Timestamp:
		return core.Timestamp(random.Int64N(2e9), 0)
	case format.Duration:
		return core.Duration(random.Int64N(1e12))
	case format.Bytes:
		return core.Bytes([]byte(strings.Repeat("a", length)))
	}
	return core.String(strings.Repeat("a", length))
}
