package httpcache

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// varnish starts Varnish with a configuration in front of whoever listens at the socket backend, and gives the socket that it listens at itself. The test is
// skipped where scripts/setup could not install it; in CI it fails.
func varnish(t *testing.T, folder, name, backend string) (socket string) {
	t.Helper()
	program, err := exec.LookPath("varnishd")
	if err != nil {
		if program = "/usr/sbin/varnishd"; !exists(program) {
			require.Empty(t, os.Getenv("CI"), "no Varnish: run scripts/setup varnish")
			t.Skip("no Varnish: run scripts/setup varnish")
		}
	}
	vcl, err := os.ReadFile(name + ".vcl")
	require.NoError(t, err)
	socket = filepath.Join(folder, name+".sock")
	whole := "vcl 4.1;\nbackend default { .path = \"" + backend + "\"; }\n" + string(vcl) + `
sub vcl_deliver {
  if (obj.hits > 0 && !obj.uncacheable) { set resp.http.X-` + name + ` = "hit"; } else { unset resp.http.X-` + name + `; }
}
`
	file := filepath.Join(folder, name+".vcl")
	require.NoError(t, os.WriteFile(file, []byte(whole), 0o600))
	// The shell ends Varnish when its input ends: with the test, however that ends.
	daemon := exec.Command("sh", "-c", `"$@" & read -r _; kill $!; wait $!`, "sh", program, "-F", "-j", "none", "-n", filepath.Join(folder, name), "-a", socket, "-f", file,
		"-s", "malloc,64m", "-T", "none", "-p", "thread_pools=1", "-p", "thread_pool_min=20")
	var said bytes.Buffer
	daemon.Stdout, daemon.Stderr = &said, &said
	daemon.WaitDelay = 10 * time.Second
	input, err := daemon.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, daemon.Start())
	stop := sync.OnceFunc(func() { input.Close(); _ = daemon.Wait() })
	t.Cleanup(stop)
	for range 300 {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return socket
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	require.Fail(t, "varnishd does not listen", "%s", said.String())
	return ""
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// serve serves HTTP at a socket of its own until the test ends.
func serve(t *testing.T, socket string, h http.Handler) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

// through is a way to whoever listens at a socket.
func through(socket string) *http.Transport {
	var d net.Dialer
	return &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) }}
}
