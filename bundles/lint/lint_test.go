package lint_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/lint"
	"github.com/edgewise-dev/edgewise/bundles/source"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// Each file of testdata is an archive of sources, NAME.yaml, and of what is found in each, NAME.want.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	count := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		written := &txtar.Archive{Comment: archive.Comment}
		for i, f := range archive.Files {
			if filepath.Ext(f.Name) != ".yaml" {
				continue
			}
			count++
			want := ""
			if i+1 < len(archive.Files) && filepath.Ext(archive.Files[i+1].Name) == ".want" {
				want = string(archive.Files[i+1].Data)
			}
			t.Run(f.Name, func(t *testing.T) {
				found := findings(t, f)
				written.Files = append(written.Files, f, txtar.File{Name: f.Name[:len(f.Name)-len(".yaml")] + ".want", Data: []byte(found)})
				if !*update {
					require.Equal(t, want, found, "run go test ./bundles/lint -update where this is right")
				}
			})
		}
		if *update {
			require.NoError(t, os.WriteFile(file, txtar.Format(written), 0o644))
		}
	}
	require.GreaterOrEqual(t, count, 8)
}

func findings(t *testing.T, f txtar.File) string {
	src, err := source.Parse(source.File{Name: f.Name, Data: f.Data})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	found := lint.Check(src, loaded.Bundle, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	if len(found) == 0 {
		return ""
	}
	return found.Error() + "\n"
}

func TestTheExamplesAreClean(t *testing.T) {
	for _, path := range []string{"../examples/storefront", "../examples/consent"} {
		loaded, err := bundles.Load(path)
		require.NoError(t, err)
		found := lint.Check(loaded.Source, loaded.Bundle, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		require.Empty(t, found, "%s", found.Error())
	}
}
