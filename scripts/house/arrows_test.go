package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/edgewise-dev/edgewise/"

// mayImport says which folders of the repository a folder may import, besides itself. What is not listed is forbidden, for the reason
// beside the line.
var mayImport = []struct {
	folder  string
	imports []string
	why     string
}{
	{"core", nil, "core decides everywhere, so it can know nobody: what it needs from outside is passed in as a value"},
	{"bundles", []string{"core"}, "bundles makes what core reads; whoever runs bundles is passed in as a function"},
	{"edge", []string{"core"}, "an edge node holds no compiler and no host"},
	{"host", []string{"core", "bundles", "edge"}, "host serves; the command line is built on it, not the other way round"},
	{"cmd", []string{"core", "bundles", "edge", "host"}, "cmd is thin and knows all; nobody imports it"},
	{"scripts", nil, "scripts build and measure from outside; they may not become a part of the product"},
}

// keptOutOfCore must not be reachable from core, nor from the platform-free parts of edge.
var keptOutOfCore = map[string]string{
	"fmt":                      "60 KB of module, and it allocates and reflects",
	"reflect":                  "slow, and TinyGo's is partial",
	"encoding/json":            "135 KB of module; it allocates",
	"regexp":                   "130 KB of module; patterns are compiled to tables by bundles",
	"net":                      "the engine knows no network",
	"os":                       "the engine knows no files, clock or environment",
	"time":                     "the engine reads no clock; its parser is 25 KB of module",
	"strconv":                  "26 KB of float tables; core/text does the same without",
	"sort":                     "closures on the hot path",
	"math/rand":                "the engine knows no randomness",
	"crypto":                   "drags in the FIPS module, 60 KB",
	"github.com/tidwall/gjson": "180 KB of module; JSON is read by host",
}

// signatures is the one library that core is built on, and only core/verify. What it reaches counts as its own: of packages that are kept out
// it uses a few small functions (crypto/subtle, encoding/binary), and the limit of the module's size says what they cost.
const (
	signatures        = "filippo.io/edwards25519/field"
	importsSignatures = module + "core/verify"
)

// goPackage is what `go list` tells of a package.
type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Dir        string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	found := list(t, "./...")
	require.Greater(t, len(found), 10, "go list found too few packages to test anything")
	return found
}

func list(t *testing.T, what string) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Dir,Imports,Deps", what)
	command.Dir = filepath.Join("..", "..")
	command.Stderr = os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	var found []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		found = append(found, p)
	}
	return found
}

// folder is the first element of a package's path inside the repository, "" for packages of others.
func folder(path string) string {
	inside, ok := strings.CutPrefix(path, module)
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(inside, "/")
	return first
}

func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range mayImport {
			if folder(p.ImportPath) != rule.folder {
				continue
			}
			for _, imported := range p.Imports {
				to := folder(imported)
				if to == "" || to == rule.folder {
					continue
				}
				require.Contains(t, rule.imports, to, "%s imports %s: %s", p.ImportPath, imported, rule.why)
			}
		}
		require.True(t, known(folder(p.ImportPath)), "%s is in a folder without a rule in mayImport", p.ImportPath)
	}
}

func known(folder string) bool {
	for _, rule := range mayImport {
		if rule.folder == folder {
			return true
		}
	}
	return false
}

// What goes into the module must not reach what is kept out of it, however far away.
func TestCoreStaysSmall(t *testing.T) {
	excused := list(t, signatures)[0].Deps
	tested := 0
	for _, p := range packages(t) {
		if slices.Contains(p.Imports, signatures) {
			require.Equal(t, importsSignatures, p.ImportPath, "%s imports %s: verification is in one place", p.ImportPath, signatures)
		}
		if f := folder(p.ImportPath); f != "core" && f != "edge" || strings.HasPrefix(p.ImportPath, module+"edge/wasm") || p.ImportPath == module+"edge/fastly/origin" {
			continue
		}
		tested++
		usesSignatures := slices.Contains(p.Deps, signatures)
		for _, imported := range append(slices.Clone(p.Deps), p.Imports...) {
			if usesSignatures && slices.Contains(excused, imported) && !slices.Contains(p.Imports, imported) {
				continue
			}
			for kept, why := range keptOutOfCore {
				if imported == kept || strings.HasPrefix(imported, kept+"/") {
					require.Fail(t, "kept out of core", "%s reaches %s: %s", p.ImportPath, imported, why)
				}
			}
		}
	}
	require.Greater(t, tested, 3)
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		require.Greater(t, len(p.Doc), 30, "%s has no package comment that helps", p.ImportPath)
	}
}
