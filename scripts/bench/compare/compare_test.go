package compare

import (
	"errors"
	"flag"
	"go/format"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

var update = flag.Bool("update", false, "write rules.go anew")

// All engines answer as the rules read plainly. What a split chooses is up to each engine: about half of each.
func TestEnginesAgree(t *testing.T) {
	for _, c := range Cases(1000) {
		for _, e := range Engines {
			t.Run(c.Name+" "+e.Name, func(t *testing.T) {
				d, err := e.Load(c.Set, c.Contexts)
				if errors.Is(err, ErrTooMany) {
					t.Skip(err)
				}
				require.NoError(t, err)
				split := map[string]int{}
				for i := range c.Contexts[:decidedBy(e, c)] {
					require.NoError(t, d.Decide(i))
					for placement, want := range c.Set.Decide(&c.Contexts[i]) {
						if got := d.Rule(placement); !c.Set.Split {
							require.Equal(t, want, got)
						} else {
							split[got]++
						}
					}
				}
				if c.Set.Split {
					require.Len(t, split, 2)
					require.InDelta(t, Requests/2, split[workload.SplitA], Requests/4)
					require.Equal(t, Requests, split[workload.SplitA]+split[workload.SplitB])
				}
			})
		}
	}
}

// decidedBy is how many contexts a test has an engine decide: few of those that it takes milliseconds for.
func decidedBy(e Engine, c Case) int {
	if e.Name == "flagd" && len(c.Set.Rules) >= 1000 {
		return 8
	}
	return len(c.Contexts)
}

func TestHandWrittenRulesAreTheWorkloads(t *testing.T) {
	want, err := format.Source([]byte(HandWritten()))
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("rules.go", want, 0o644))
	}
	have, err := os.ReadFile("rules.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run go test ./compare -update")
}
