package house

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of the module's size ends with the module that is committed. gzip is that of the build, which prints the same numbers.
func TestModuleSizeIsWrittenDown(t *testing.T) {
	module := filepath.Join(root, "host", "module", "edgewise.wasm")
	data, err := os.ReadFile(module)
	require.NoError(t, err)
	gzip := exec.Command("gzip", "-9nc")
	gzip.Stdin = bytes.NewReader(data)
	packed, err := gzip.Output()
	require.NoError(t, err, "gzip")
	want := fmt.Sprintf("| %s | %s |", grouped(len(data)), grouped(len(packed)))

	page, err := os.ReadFile(filepath.Join(root, "edge", "wasm", "README.md"))
	require.NoError(t, err)
	var last string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "|") {
			last = strings.TrimSpace(line)
		}
	}
	require.True(t, strings.HasSuffix(last, want),
		"edge/wasm/README.md: the last row is\n%s\nbut the module has changed. Add a row, or correct this one, that ends with\n%s", last, want)
}

// grouped writes a number with commas: 70,856.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
