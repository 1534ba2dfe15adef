package compile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/source"
)

func TestChainsOfDecisions(t *testing.T) {
	chain := func(n int, name func(i int) int) string {
		var text strings.Builder
		text.WriteString("bundle: a\ndecisions:\n")
		for i := range n {
			when := "true"
			if i > 0 {
				when = fmt.Sprintf(`decision("d%05d") == "a"`, name(i-1))
			}
			fmt.Fprintf(&text, "  d%05d: {purpose: necessary, variants: {a: 1}, rules: [{when: '%s', serve: a}]}\n", name(i), when)
		}
		return text.String()
	}
	for name, order := range map[string]func(i int) int{
		"by names that grow":        func(i int) int { return i },
		"by names that shrink":      func(i int) int { return 99999 - i },
		"the middle first by names": func(i int) int { return (i + 17) % 4000 },
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{maxChain, maxChain + 1, 4000} {
				src, err := source.Parse(source.File{Name: "a.yaml", Data: []byte(chain(n, order))})
				require.NoError(t, err)
				b, faults := Compile(src)
				faults = slices.DeleteFunc(faults, func(f source.Fault) bool { return f.Warning })
				if n > maxChain {
					require.Len(t, faults, 1)
					require.Contains(t, faults[0].Message, "waits for decisions that wait for others, more than 32 in a chain")
					continue
				}
				require.NoError(t, faults.Err())
				require.Len(t, b.Lists, maxChain*(maxChain-1)/2, "all that go before each")
			}
		})
	}
}
