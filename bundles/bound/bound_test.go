package bound_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/source"
)

// compiled compiles a bundle with attributes of every size, and one decision for each condition.
func compiled(t *testing.T, conditions ...string) *bundles.Loaded {
	t.Helper()
	var text strings.Builder
	text.WriteString(`bundle: b
limits: {steps: 200000000}
attributes:
  n: {type: int, purpose: necessary}
  s: {type: string, purpose: necessary}
  l: {type: list(string), purpose: necessary}
  m: {type: "map(string, string)", purpose: necessary}
segments: {long: 's.contains("needle")'}
decisions:
`)
	for i, condition := range conditions {
		name := string(rune('a' + i))
		text.WriteString("  " + name + ": {purpose: necessary, variants: {v: 1}, rules: [{serve: v, when: '" + condition + "'}]}\n")
	}
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(text.String())})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	return loaded
}

func TestBoundGrowsWithWhatAConditionCanRead(t *testing.T) {
	for _, c := range []struct {
		name, condition string
		least, most     uint64
	}{
		{"a number compared", "n > 5", 3, 8},
		{"a text compared with a short one", `s == "DE"`, 3, 8},
		{"a text searched", `s.contains("needle")`, 2048, 2100},
		{"a pattern", `s.matches("^[a-z]+$")`, 2048, 2100},
		{"each element compared", `l.exists(x, x == "de")`, 7 * 1024, 15 * 1024},
		{"each element read: all their text is read once", `l.exists(x, x.lowerAscii() == "de")`, 8*1024 + 2048, 18 * 1024},
		{"two lists, each with each", `l.all(x, l.exists(y, x == y))`, 1 << 20, 1 << 25},
		{"a key looked up", `m["x"] == "y"`, 512, 1200},
		{"two maps compared", "m == {s: s}", 512, 1 << 20},
		{"a map built pair by pair, each key compared with those before", `m.transformMap(k, v, v).size() > 3`, 512 * 512 / 2, 512 * 512 * 8},
		{"a map built map by map", `l.transformMapEntry(i, v, {i: n}).size() > 3`, 512 * 512 / 2, 1024 * 1024 * 8},
		{"the largest of two", "math.greatest(n, 5) > 3", 3, 20},
		{"a pattern filled in", `"%d of %.1f".format([n, 2.5]) == s`, 2 * 1024, 4 * 1024},
		{"two lists as sets", `sets.contains(l, l)`, 1 << 20, 1 << 25},
		{"a text encoded", `base64.encode(bytes(s)) == "YQ=="`, 2048, 5 * 1024},
		{"a key that may be missing", `m[?"x"].orValue("y") == "y"`, 512, 2000},
		{"what an optional holds", `optional.of(m)["x"].hasValue()`, 512, 3000},
		{"a list built step by step", `l.map(x, x + "!").size() > 3`, 10 * 1024, 20 * 1024},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bound.Of(compiled(t, c.condition).Bundle)
			require.GreaterOrEqual(t, r.Steps, c.least)
			require.LessOrEqual(t, r.Steps, c.most)
		})
	}
}

func TestWhatIsRememberedCountsOnce(t *testing.T) {
	one := bound.Of(compiled(t, `segment("long")`).Bundle)
	for _, again := range []string{`segment("long")`, `s.contains("needle")`} {
		two := bound.Of(compiled(t, `segment("long")`, again).Bundle)
		require.Less(t, two.Steps, one.Steps+20, again)
		require.Greater(t, two.Decisions[1].Steps, uint64(2048), "alone, it pays for itself")
	}
}

func TestJurisdictionsCountForEveryRequest(t *testing.T) {
	policy := `
bundle: b
attributes: {s: {type: string, purpose: necessary}}
consent:
  jurisdictions:
    - {when: 's.contains("needle")', modes: {"*": opt_in}}
    - {modes: {"*": opt_out}}
decisions:
  short: {purpose: necessary, variants: {v: 1}}
  long: {purpose: necessary, variants: {v: 1}, rules: [{serve: v, when: 's.contains("needle")'}]}
routes: [{path: /, decisions: [short]}]
`
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(policy)})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	r := bound.Of(loaded.Bundle)
	require.Greater(t, r.Routes[0].Steps, uint64(2048))
	require.Less(t, r.Routes[0].Steps, uint64(2100))
	require.Greater(t, r.Decisions[0].Steps, uint64(2*2048), "long: what the jurisdiction evaluated is not remembered")
	require.Greater(t, r.Steps, uint64(2*2048))
	require.Less(t, r.Rules[0].Steps, uint64(2100), "a rule alone")
}
