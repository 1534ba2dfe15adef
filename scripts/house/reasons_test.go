package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
)

// Who sees a reason in an answer finds it in the table of the page about rules.
func TestReasonsAreExplained(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "bundles", "README.md"))
	require.NoError(t, err)
	found := 0
	for r := core.ReasonError; r.String() != "UNKNOWN"; r++ {
		require.True(t, strings.Contains(string(page), "\n| `"+r.String()+"` | "), "bundles/README.md: no line about %s", r)
		found++
	}
	require.Greater(t, found, 10)
}
