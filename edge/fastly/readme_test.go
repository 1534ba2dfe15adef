package fastly_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The quick start in edge/README.md works in a copy of the repository that has nothing else.
func TestQuickStart(t *testing.T) {
	viceroy(t)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "## Fastly Compute")
	require.True(t, ok)
	_, block, ok := strings.Cut(section, "```sh\n")
	require.True(t, ok)
	block, _, ok = strings.Cut(block, "```")
	require.True(t, ok)

	clone := t.TempDir()
	copied := exec.Command("bash", "-c", `set -o pipefail; cd ../.. && git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$0"`, clone)
	said, err := copied.CombinedOutput()
	require.NoError(t, err, "%s", said)

	// Others may have the ports in use here.
	toml := filepath.Join(clone, "edge/fastly/fastly.toml")
	manifest, err := os.ReadFile(toml)
	require.NoError(t, err)
	site, service := freePort(t), freePort(t)
	require.NoError(t, os.WriteFile(toml, bytes.ReplaceAll(manifest, []byte("127.0.0.1:8080"), []byte(site)), 0o644))
	block = strings.ReplaceAll(block, "127.0.0.1:7676", service)
	block = strings.ReplaceAll(block, "./edge/fastly/origin &", "./edge/fastly/origin -listen "+site+" >/dev/null 2>&1 &")
	block = strings.ReplaceAll(block, "bin/main.wasm &", "bin/main.wasm >/dev/null 2>&1 &")

	command := exec.Command("bash", "-euc", block)
	command.Dir = clone
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	if command.Process != nil {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	require.NoError(t, err, "%s", errs.String())
	require.Contains(t, out.String(), "200 OK")
	require.Contains(t, out.String(), "server-timing: edgewise;dur=")
	require.Contains(t, out.String(), "the page /")
	require.Contains(t, out.String(), "decided: ")
	require.Contains(t, out.String(), "hero=")
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return fmt.Sprint(listener.Addr())
}
