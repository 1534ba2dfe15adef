package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// The rules that benchmarks measure are answered as reading them plainly answers them, natively and in the module.
func TestWorkload(t *testing.T) {
	contexts := workload.Contexts(64)
	for _, rules := range []int{10, 100, 1000} {
		t.Run(fmt.Sprint(rules), func(t *testing.T) {
			set := workload.Rules(rules)
			var want [][]string
			for _, c := range contexts {
				want = append(want, set.Decide(&c))
			}
			requireDecided(t, set, contexts, want)
		})
	}
	t.Run("one rule that always matches", func(t *testing.T) {
		var matching []workload.Context
		var want [][]string
		for _, c := range contexts {
			matching = append(matching, workload.Match(c))
			want = append(want, []string{"hit"})
		}
		requireDecided(t, workload.Matching, matching, want)
	})
	t.Run("a split where no rule matches", func(t *testing.T) {
		const visitors = 1000
		split := map[string]int{}
		for _, row := range decideWorkload(t, workload.Flag, workload.Contexts(visitors)) {
			split[row[0]]++
		}
		require.Len(t, split, 2)
		require.InDelta(t, visitors/2, split[workload.SplitA], 60)
		require.Equal(t, visitors, split[workload.SplitA]+split[workload.SplitB])
	})
}

// Rules that were written down elsewhere, with requests and the answers that other engines gave.
func TestWorkloadOfOthers(t *testing.T) {
	for _, name := range []string{"10", "100", "1000"} {
		t.Run(name, func(t *testing.T) {
			set := readBench[workload.Set](t, "rules-"+name+".json")
			requireDecided(t, &set, readBench[[]workload.Context](t, "contexts.json"), readBench[[][]string](t, "expected-"+name+".json"))
		})
	}
	t.Run("one rule", func(t *testing.T) {
		set := readBench[workload.Set](t, "rules-a.json")
		for _, contexts := range []string{"contexts-a-hit.json", "contexts-a-mixed.json"} {
			contexts := readBench[[]workload.Context](t, contexts)
			var want [][]string
			for _, c := range contexts {
				want = append(want, set.Decide(&c))
			}
			requireDecided(t, &set, contexts, want)
		}
	})
	t.Run("a split", func(t *testing.T) {
		set := readBench[workload.Set](t, "rules-b.json")
		for _, row := range decideWorkload(t, &set, readBench[[]workload.Context](t, "contexts-b.json")) {
			require.Contains(t, []string{workload.SplitA, workload.SplitB}, row[0])
		}
	})
}

// What rules have in common is what other engines were measured with.
func TestWorkloadHasItsShape(t *testing.T) {
	const rules = 10000
	often := map[string]int{}
	matched := 0
	set := workload.Rules(rules)
	for i, r := range set.Rules {
		require.Equal(t, i%workload.Placements, r.Placement)
		require.GreaterOrEqual(t, len(r.Conds), 3)
		require.LessOrEqual(t, len(r.Conds), 5)
		for _, c := range r.Conds {
			switch c.Attr {
			case "session.cart_value", "session.visits", "session.pages":
				often["number"]++
			default:
				often[c.Attr]++
			}
		}
	}
	for attribute, percent := range map[string]float64{"country": 40, "path": 30, "number": 20, "app_version": 10, "now": 10} {
		require.InDelta(t, percent, 100*float64(often[attribute])/rules, 2, attribute)
	}
	for _, c := range workload.Contexts(64) {
		for _, id := range workload.Rules(1000).Decide(&c) {
			if id != "" {
				matched++
			}
		}
		require.InDelta(t, 940, len(c.Line()), 100)
	}
	require.InDelta(t, 64*workload.Placements/2, matched, 100, "half of all decisions find a rule")
}

// BenchmarkRules measures what more rules cost: all 8 decisions of a request.
func BenchmarkRules(b *testing.B) {
	ctx := context.Background()
	for _, rules := range []int{10, 100, 1000, 10000} {
		set := workload.Rules(rules)
		data := compileWorkload(b, set)
		pools := bothPools(b, data)
		for _, name := range slices.Sorted(maps.Keys(pools)) {
			pool := pools[name]
			questions := askWorkload(b, pool.Bundle(), workload.Contexts(64))
			b.Run(fmt.Sprintf("%s-%d", name, rules), func(b *testing.B) {
				var answers engine.Answers
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					var err error
					if answers, err = pool.Decide(ctx, questions[n%len(questions)], answers); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkContexts measures what it takes to decide from 1 KB of JSON: reading it, to an answer each, and to names and values.
func BenchmarkContexts(b *testing.B) {
	ctx := context.Background()
	data := compileWorkload(b, workload.Rules(1000))
	pool := bothPools(b, data)["native"]
	h, err := host.New(ctx, host.Options{Bundle: data, Instances: 1})
	require.NoError(b, err)
	defer h.Close(ctx)
	schema := question.NewSchema(pool.Bundle())
	var lines [][]byte
	var values []host.Question
	for _, c := range workload.Contexts(64) {
		lines = append(lines, c.Line())
		var line struct{ Context map[string]any }
		require.NoError(b, json.Unmarshal(c.Line(), &line))
		values = append(values, host.Question{Context: line.Context, Consent: host.Signals{Granted: []string{workload.Granted}}})
	}
	var q question.Question
	var answers engine.Answers
	for _, c := range []struct {
		name   string
		decide func(int) error
	}{
		{"read", func(n int) error { return schema.ReadJSON(&q, lines[n], time.Time{}) }},
		{"answer", func(n int) (err error) {
			if err := schema.ReadJSON(&q, lines[n], time.Time{}); err != nil {
				return err
			}
			answers, err = pool.Decide(ctx, q.Bytes, answers)
			return err
		}},
		{"names", func(n int) error { _, err := h.DecideJSON(ctx, lines[n], time.Time{}); return err }},
		{"names-from-go", func(n int) error { _, err := h.Decide(ctx, values[n]); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := c.decide(n % len(lines)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func requireDecided(t *testing.T, set *workload.Set, contexts []workload.Context, want [][]string) {
	require.NotEmpty(t, contexts)
	require.Equal(t, want, decideWorkload(t, set, contexts))
}

// decideWorkload gives the rule of each placement for each context, or the variant that a split chose. Both engines must agree on it.
func decideWorkload(t *testing.T, set *workload.Set, contexts []workload.Context) [][]string {
	data := compileWorkload(t, set)
	decided := map[string][][]string{}
	for name, pool := range bothPools(t, data) {
		for _, q := range askWorkload(t, pool.Bundle(), contexts) {
			answers, err := pool.Decide(context.Background(), q, engine.Answers{})
			require.NoError(t, err)
			var row []string
			for _, a := range answers.Decisions {
				row = append(row, decidedBy(pool.Bundle(), a))
			}
			decided[name] = append(decided[name], row)
		}
	}
	require.Equal(t, decided["native"], decided["wazero"])
	return decided["native"]
}

func decidedBy(b *core.Bundle, a core.Answer) string {
	switch a.Reason {
	case core.ReasonTargetingMatch:
		return b.String(b.Rules[a.Rule-1].ID)
	case core.ReasonSplit:
		return b.String(b.Variants[a.Variant-1].Name)
	}
	return ""
}

func compileWorkload(t testing.TB, set *workload.Set) []byte {
	read, err := source.Parse(source.File{Name: "workload.yaml", Data: []byte(set.Source())})
	require.NoError(t, err)
	loaded, err := bundles.Compile(read)
	require.NoError(t, err)
	return loaded.Data
}

func bothPools(t testing.TB, data []byte) map[string]*engine.Pool {
	var faults engine.Faults
	native, err := engine.NewNative(data, 1, &faults)
	require.NoError(t, err)
	compiled, err := engine.Compile(context.Background(), module.Wasm, "")
	require.NoError(t, err)
	wasm, err := compiled.NewPool(data, 1, &faults)
	require.NoError(t, err)
	t.Cleanup(func() {
		native.Close()
		wasm.Close()
		require.NoError(t, compiled.Close(context.Background()))
		require.Zero(t, faults.Traps.Load()+faults.Starts.Load())
	})
	return map[string]*engine.Pool{"native": native, "wazero": wasm}
}

// askWorkload makes a question of each context, about all decisions.
func askWorkload(t testing.TB, b *core.Bundle, contexts []workload.Context) (questions [][]byte) {
	schema := question.NewSchema(b)
	for _, c := range contexts {
		var q question.Question
		require.NoError(t, schema.ReadJSON(&q, c.Line(), time.Time{}))
		questions = append(questions, q.Bytes)
	}
	return questions
}

func readBench[T any](t *testing.T, name string) (v T) {
	text, err := os.ReadFile(vectors.Bench(t, name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	return v
}
