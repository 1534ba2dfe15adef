package demo_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/examples"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/demo"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// patience is several times what the demo promises to take at most, for machines with other things to do.
const patience = time.Minute

// run runs the demo with the example bundle and gives what it printed.
func run(t *testing.T, o demo.Options) string {
	t.Helper()
	src, err := examples.Storefront()
	require.NoError(t, err)
	o.Bundle, err = bundles.Compile(src)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(o.Bundle.Bundle.Decisions), 8, "the example is to show something")
	require.GreaterOrEqual(t, len(o.Bundle.Bundle.Rules), 40, "the example is to show something")
	var out bytes.Buffer
	o.Out = &out
	began := time.Now()
	require.NoError(t, demo.Run(context.Background(), o))
	require.Less(t, time.Since(began), patience)
	return out.String()
}

func TestDemoOfAMadeUpDay(t *testing.T) {
	out := run(t, demo.Options{Seed: 7, Try: []demo.Try{{What: "write rules", Command: "edgewise init shop"}}})
	for _, want := range []string{
		"5,000, made up from seed 7", "40,000 answers by each engine", "all the same", "33 lines that are no requests",
		"CONSENT", "SPLIT", "TARGETING_MATCH", "DEFAULT", "native Go", "in the module (wazero)", "p50", "p99", "p99.9",
		"3 answers explained", "bucket", "is not consented to", "edgewise init shop",
	} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "\x1b", "colours are for terminals")
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, line)
	}
}

func TestDemoOfARealLog(t *testing.T) {
	log := vectors.Path(t, "requests", "access.log")
	out := run(t, demo.Options{Log: log})
	require.Contains(t, out, "1,000, ")
	require.Contains(t, out, "8,000 answers by each engine")
	require.Contains(t, out, "all the same")
	require.NotContains(t, out, "skipped")
	require.Contains(t, out, "bots")
}

func TestDemoKeepsNoLogUnlessTold(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	run(t, demo.Options{Requests: 10})
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	kept := filepath.Join(dir, "day.log")
	run(t, demo.Options{Requests: 10, Write: kept})
	require.FileExists(t, kept)
}
