package module_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"github.com/edgewise-dev/edgewise/host/module"
)

// sizeLimit keeps the module small enough to be fetched and compiled by a
// browser before the page asks for a decision, in bytes before compression.
const sizeLimit = 230_500

func TestModuleIsSmall(t *testing.T) {
	require.LessOrEqual(t, len(module.Wasm), sizeLimit)
}

// Platforms differ in what they let a module import, so it imports nothing: it
// has no import section at all.
func TestModuleImportsNothing(t *testing.T) {
	const (
		header        = 8 // magic and version
		customSection = 0
		importSection = 2
		startSection  = 8 // would run before a host can say what to do with a trap
		codeSection   = 10
	)
	var found []byte
	for rest := module.Wasm[header:]; len(rest) > 0; {
		id, size, n := rest[0], 0, 1
		for shift := 0; ; shift += 7 { // the size is a LEB128 number
			b := rest[n]
			n++
			size |= int(b&0x7f) << shift
			if b < 0x80 {
				break
			}
		}
		found = append(found, id)
		rest = rest[n+size:]
	}
	require.Contains(t, found, byte(codeSection), "the sections were not found")
	require.NotContains(t, found, byte(importSection))
	require.NotContains(t, found, byte(startSection))
	require.NotContains(t, found, byte(customSection), "names and producers are stripped")
}

func TestModuleExportsWhatIsListed(t *testing.T) {
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	compiled, err := runtime.CompileModule(ctx, module.Wasm)
	require.NoError(t, err)

	var exported []string
	for name := range compiled.ExportedFunctions() {
		exported = append(exported, name)
	}
	for name := range compiled.ExportedMemories() {
		exported = append(exported, name)
	}
	require.ElementsMatch(t, listedExports(t), exported)
}

// listedExports reads the list from which the build keeps the exports.
func listedExports(t *testing.T) []string {
	text, err := os.ReadFile("../../scripts/tinygo/exports.json")
	require.NoError(t, err)
	var nodes []struct {
		Name   string
		Export string
	}
	require.NoError(t, json.Unmarshal(text, &nodes))
	var listed []string
	for _, node := range nodes {
		if node.Export != "" {
			listed = append(listed, node.Export)
		}
	}
	require.NotEmpty(t, listed)
	return listed
}

func TestVersionsFileIsOfThisModule(t *testing.T) {
	text, err := os.ReadFile("edgewise.wasm.versions")
	require.NoError(t, err)
	recorded := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			recorded[name] = value
		}
	}
	sum := sha256.Sum256(module.Wasm)
	require.Equal(t, hex.EncodeToString(sum[:]), recorded["sha256"])
	require.Equal(t, strconv.Itoa(len(module.Wasm)), recorded["size"])
	for _, tool := range []string{"go", "tinygo", "llvm", "binaryen"} {
		require.NotEmpty(t, recorded[tool], tool)
	}
}
