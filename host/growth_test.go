package host_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
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
)

// BenchmarkRules measures what more rules cost: all of 8 decisions over made-up rules of three to five tests each, for visitors of whom few
// match any.
func BenchmarkRules(b *testing.B) {
	ctx := context.Background()
	compiled, err := engine.Compile(ctx, module.Wasm, "")
	require.NoError(b, err)
	defer compiled.Close(ctx)
	for _, rules := range []int{10, 100, 1000, 10000} {
		random := rand.New(rand.NewPCG(uint64(rules), 1))
		bundle := madeUpBundle(b, random, rules)
		var faults engine.Faults
		native, err := engine.NewNative(bundle, 1, &faults)
		require.NoError(b, err)
		defer native.Close()
		wasm, err := compiled.NewPool(bundle, 1, &faults)
		require.NoError(b, err)
		defer wasm.Close()
		questions := madeUpQuestions(b, random, native.Bundle(), 256)
		for _, engine := range []struct {
			name string
			*engine.Pool
		}{{"native", native}, {"wazero", wasm}} {
			b.Run(fmt.Sprintf("%s-%d", engine.name, rules), func(b *testing.B) {
				answers := make([]core.Answer, 0, 8)
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					if _, err := engine.Decide(ctx, questions[n%len(questions)], answers); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// madeUpBundle compiles a bundle of 8 decisions with so many rules together.
func madeUpBundle(t testing.TB, random *rand.Rand, rules int) []byte {
	var text strings.Builder
	text.WriteString("bundle: made-up\nattributes:\n  cart.value: {type: double, purpose: necessary}\n" +
		"  visits: {type: int, purpose: necessary}\n  campaign: {type: string, purpose: necessary}\ndecisions:\n")
	for decision := range 8 {
		fmt.Fprintf(&text, "  d%d:\n    purpose: necessary\n    variants: {a: 0, b: 1}\n    default: a\n    rules:\n", decision)
		for i := decision; i < rules; i += 8 {
			fmt.Fprintf(&text, "      - {id: r%d, when: '%s', serve: b}\n", i, madeUpCondition(random))
		}
	}
	read, err := source.Parse(source.File{Name: "made-up.yaml", Data: []byte(text.String())})
	require.NoError(t, err)
	loaded, err := bundles.Compile(read)
	require.NoError(t, err)
	return loaded.Data
}

// madeUpCondition is three to five tests of different attributes.
func madeUpCondition(random *rand.Rand) string {
	tests := []string{
		fmt.Sprintf("geo.country == %q", madeUpCountry(random)),
		fmt.Sprintf("request.path.startsWith(%q)", madeUpPath(random)),
		fmt.Sprintf("cart.value >= %d.0", random.IntN(30)*10),
		fmt.Sprintf("visits < %d", 1+random.IntN(40)),
		fmt.Sprintf("device.class == %q", madeUpClass(random)),
		fmt.Sprintf("request.language in [%q, %q]", madeUpLanguage(random), madeUpLanguage(random)),
		fmt.Sprintf("campaign == %q", madeUpCampaign(random)),
	}
	random.Shuffle(len(tests), func(i, j int) { tests[i], tests[j] = tests[j], tests[i] })
	return strings.Join(tests[:3+random.IntN(3)], " && ")
}

func madeUpQuestions(t testing.TB, random *rand.Rand, b *core.Bundle, count int) [][]byte {
	schema := question.NewSchema(b)
	var all [][]byte
	for range count {
		var q question.Question
		require.NoError(t, schema.Make(&q, host.Context{
			"geo.country": madeUpCountry(random), "request.path": madeUpPath(random) + "/item", "cart.value": float64(random.IntN(300)),
			"visits": random.IntN(40), "device.class": madeUpClass(random), "request.language": madeUpLanguage(random),
			"campaign": madeUpCampaign(random),
		}, nil, nil, question.Overrides{}, time.Unix(1795091390, 0)))
		all = append(all, q.Bytes)
	}
	return all
}

func madeUpCountry(random *rand.Rand) string {
	return string([]byte{'A' + byte(random.IntN(8)), 'A' + byte(random.IntN(8))})
}

func madeUpPath(random *rand.Rand) string {
	return fmt.Sprintf("/%s/c%d", []string{"shop", "news", "stores"}[random.IntN(3)], random.IntN(20))
}

func madeUpClass(random *rand.Rand) string {
	return []string{"mobile", "tablet", "desktop", "tv"}[random.IntN(4)]
}

func madeUpLanguage(random *rand.Rand) string {
	return []string{"de", "en", "fr", "es", "it", "ja", "nl", "pl"}[random.IntN(8)]
}

func madeUpCampaign(random *rand.Rand) string { return fmt.Sprintf("c%d", random.IntN(12)) }
