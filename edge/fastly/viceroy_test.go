package fastly_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// place is a Viceroy, Fastly's own local runtime, that serves one of the services.
type place struct {
	url string

	mutex sync.Mutex
	lines []string // what it wrote: log lines of the service, and its own
}

// config is what a place has.
type config struct {
	backends map[string]string // URLs by name
	objects  map[string][]byte // of the KV store; nil: there is no store
	settings map[string]string // of the config store
	secret   string
	geo      string // TOML of what is known of 127.0.0.1; empty: nothing
}

// serve starts a place. It ends with the test.
func serve(t *testing.T, wasm string, c config) *place {
	t.Helper()
	dir := t.TempDir()
	manifest := filepath.Join(dir, "fastly.toml")
	require.NoError(t, os.WriteFile(manifest, []byte(c.manifest(t, dir)), 0o644))
	port, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := port.Addr().String()
	require.NoError(t, port.Close())

	p := &place{url: "http://" + address}
	command := exec.Command(viceroy(t), "-C", manifest, "--addr", address, wasm)
	command.Env = append(os.Environ(), "RUST_LOG=off")
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Stderr = command.Stdout
	require.NoError(t, command.Start())
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			p.mutex.Lock()
			p.lines = append(p.lines, strings.TrimSuffix(line, "\n"))
			p.mutex.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		command.Process.Kill()
		<-read
		command.Wait()
		if t.Failed() {
			t.Log(strings.Join(p.written(), "\n"))
		}
	})
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
		}
		return err == nil
	}, time.Minute, 20*time.Millisecond, "Viceroy does not listen: %s", strings.Join(p.written(), "\n"))
	return p
}

func (p *place) written() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.lines...)
}

// logged is the lines of the log endpoint, from line from on, once there are n of them.
func (p *place) logged(t *testing.T, from, n int) []string {
	t.Helper()
	var lines []string
	require.Eventually(t, func() bool {
		lines = nil
		for _, line := range p.written() {
			if text, ok := strings.CutPrefix(line, "edgewise :: "); ok {
				lines = append(lines, text)
			}
		}
		return len(lines) >= from+n
	}, 10*time.Second, 10*time.Millisecond)
	return lines[from:]
}

// manifest is the fastly.toml of a place.
func (c *config) manifest(t *testing.T, dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "manifest_version = 3\nname = \"test\"\n[local_server]\n")
	for name, url := range c.backends {
		fmt.Fprintf(&b, "[local_server.backends.%s]\nurl = %q\n", name, url)
	}
	if c.objects != nil {
		fmt.Fprintf(&b, "[local_server.kv_stores]\n")
		if len(c.objects) == 0 {
			fmt.Fprintf(&b, "edgewise = []\n")
		}
	}
	n := 0
	for key, data := range c.objects {
		file := filepath.Join(dir, fmt.Sprint("object", n))
		n++
		require.NoError(t, os.WriteFile(file, data, 0o644))
		fmt.Fprintf(&b, "[[local_server.kv_stores.edgewise]]\nkey = %q\nfile = %q\n", key, file)
	}
	if c.secret != "" {
		fmt.Fprintf(&b, "[[local_server.secret_stores.edgewise]]\nkey = \"secret\"\ndata = %q\n", c.secret)
	}
	if c.settings != nil {
		fmt.Fprintf(&b, "[local_server.config_stores.edgewise]\nformat = \"inline-toml\"\n[local_server.config_stores.edgewise.contents]\n")
		for name, value := range c.settings {
			fmt.Fprintf(&b, "%s = %q\n", name, value)
		}
	}
	fmt.Fprintf(&b, "[local_server.geolocation]\nformat = \"inline-toml\"\nuse_default_loopback = false\n[local_server.geolocation.addresses]\n")
	if c.geo != "" {
		fmt.Fprintf(&b, "[local_server.geolocation.addresses.\"127.0.0.1\"]\n%s\n", c.geo)
	}
	return b.String()
}

// viceroy is the path of the runtime. The test is skipped where scripts/setup could not build it; in CI it fails.
func viceroy(t *testing.T) string {
	t.Helper()
	return tool(t, "viceroy", "viceroy-*/bin/viceroy")
}

func tool(t *testing.T, name, pattern string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: nothing is built")
	}
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	found, err := filepath.Glob(filepath.Join(cache, "edgewise", "tools", pattern))
	require.NoError(t, err)
	if len(found) == 0 {
		require.Empty(t, os.Getenv("CI"), "no %s: run scripts/setup %s", name, name)
		t.Skipf("no %s: run scripts/setup %s", name, name)
	}
	return found[len(found)-1]
}

// built is a service that is built once for all tests that use it.
type built struct {
	once sync.Once
	path string
	err  error
}

// wasm builds a command with scripts/build-fastly.
func (b *built) wasm(t *testing.T, arguments ...string) string {
	t.Helper()
	viceroy(t)
	tool(t, "tinygo", "tinygo-*/bin/tinygo")
	b.once.Do(func() {
		var dir string
		if dir, b.err = os.MkdirTemp("", "edgewise-fastly-"); b.err != nil {
			return
		}
		temporary = append(temporary, dir)
		b.path = filepath.Join(dir, "service.wasm")
		var said bytes.Buffer
		command := exec.Command("../../scripts/build-fastly", append(arguments, b.path)...)
		command.Stdout, command.Stderr = &said, &said
		if b.err = command.Run(); b.err != nil {
			b.err = fmt.Errorf("%w: %s", b.err, said.String())
		}
	})
	require.NoError(t, b.err)
	return b.path
}

var temporary []string // folders that TestMain removes

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range temporary {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// mustTempDir is a folder that outlasts a test.
func mustTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "edgewise-fastly-")
	require.NoError(t, err)
	temporary = append(temporary, dir)
	return dir
}
