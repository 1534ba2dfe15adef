package httpcache

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	daemon := exec.CommandContext(ctx, program, "-F", "-j", "none", "-n", filepath.Join(folder, name), "-a", socket, "-f", file, "-s", "malloc,64m", "-T", "none",
		"-p", "thread_pools=1", "-p", "thread_pool_min=20")
	daemon.Stdout, daemon.Stderr = &said, &said
	daemon.Cancel = func() error { return daemon.Process.Signal(os.Interrupt) }
	daemon.WaitDelay = 5 * time.Second
	require.NoError(t, daemon.Start())
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	for range 300 {
		select {
		case <-ended:
			require.Fail(t, "varnishd ended", "%s", said.String())
		case <-time.After(100 * time.Millisecond):
		}
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return socket
		}
	}
	require.Fail(t, "varnishd does not listen")
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
