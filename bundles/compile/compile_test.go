package compile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// Each archive in testdata is a bundle's source and what becomes of it: file "bundle" is the compiled bundle, "faults" what is said
// about the source.
func TestPrograms(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			src := parse(t, archive)
			data, faults := Bytes(src)
			got := []txtar.File{}
			if len(data) > 0 {
				bundle, err := format.Read(data)
				require.NoError(t, err)
				got = append(got, txtar.File{Name: "bundle", Data: []byte(inspect.Dump(bundle))})
			}
			if len(faults) > 0 {
				got = append(got, txtar.File{Name: "faults", Data: []byte(faults.Error() + "\n")})
			}
			sources := 0
			for sources < len(archive.Files) && strings.Contains(archive.Files[sources].Name, ".") {
				sources++
			}
			if *update {
				archive.Files = append(archive.Files[:sources:sources], got...)
				require.NoError(t, os.WriteFile(path, txtar.Format(archive), 0o644))
				return
			}
			require.Equal(t, string(txtar.Format(&txtar.Archive{Files: archive.Files[sources:]})), string(txtar.Format(&txtar.Archive{Files: got})),
				"go test ./bundles/compile -update writes what comes out")
		})
	}
}

// parse reads the archive's source files: those whose name has a dot.
func parse(t *testing.T, archive *txtar.Archive) *source.Bundle {
	var files []source.File
	for _, f := range archive.Files {
		if strings.Contains(f.Name, ".") {
			files = append(files, source.File{Name: f.Name, Data: f.Data})
		}
	}
	src, err := source.Parse(files...)
	require.NoError(t, err)
	return src
}
