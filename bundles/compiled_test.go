package bundles_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core/format"
)

func TestLoadRefusesACompiledBundleWithABrokenValue(t *testing.T) {
	b := assemble.New("b")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	b.Variants = []format.Variant{{Name: b.Str("v"), Kind: uint32(format.String), JSON: b.Str(`"x"},"admin":{"variant":"on"`)}}
	b.Decisions = []format.Decision{{Name: b.Str("d"), Default: 1, Variants: 1}}
	path := filepath.Join(t.TempDir(), "b.bundle")
	require.NoError(t, os.WriteFile(path, b.Finish().Append(nil), 0o644))
	_, err := bundles.Load(path)
	require.ErrorContains(t, err, `b.bundle: variant "v" of decision "d"`)
}
