package bundles_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
)

func TestABundleOverItsBudgetNamesTheCostliestRules(t *testing.T) {
	text := `bundle: b
attributes: {l: {type: list(string), purpose: necessary}}
decisions:
  hero:
    purpose: necessary
    variants: {v: 1}
    rules:
      - {id: cheap, when: 'l.size() > 3', serve: v}
      - {id: dear, when: 'l.all(x, l.exists(y, x == y))', serve: v}
`
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(text)})
	require.NoError(t, err)
	_, err = bundles.Compile(src)
	require.ErrorContains(t, err, "b.yaml:1:9: a request can take ")
	require.ErrorContains(t, err, " steps, the limit is 500000")
	require.ErrorContains(t, err, "b.yaml:9:26: rule dear of hero can take ")
	require.NotContains(t, err.Error(), "rule cheap")

	src, err = source.Parse(source.File{Name: "b.yaml", Data: []byte(text + "limits: {steps: 100000000}\n")})
	require.NoError(t, err)
	_, err = bundles.Compile(src)
	require.NoError(t, err)
}
