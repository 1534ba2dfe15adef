package storetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// S3 starts versitygw, an S3 server, with empty buckets of these names, and gives the environment of somebody who may use them. The server ends with
// the test. The test is skipped where scripts/setup has not built it; in CI it fails.
func S3(t *testing.T, buckets ...string) map[string]string {
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	programs, err := filepath.Glob(filepath.Join(cache, "edgewise", "tools", "versitygw-*", "bin", "versitygw"))
	require.NoError(t, err)
	if len(programs) == 0 {
		require.Empty(t, os.Getenv("CI"), "no S3 server: run scripts/setup versitygw")
		t.Skip("no S3 server: run scripts/setup versitygw")
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := port.Addr().String()
	require.NoError(t, port.Close())

	root := t.TempDir()
	objects, attributes := filepath.Join(root, "objects"), filepath.Join(root, "attributes")
	require.NoError(t, os.Mkdir(attributes, 0o755))
	for _, bucket := range buckets {
		require.NoError(t, os.MkdirAll(filepath.Join(objects, bucket), 0o755))
	}
	command := exec.Command(programs[len(programs)-1], "--quiet", "--port", address, "--access", "tester", "--secret", "SECRET",
		"posix", "--sidecar", attributes, objects)
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	for range 100 {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
			return map[string]string{"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_S3": "http://" + address}
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Fail(t, "the S3 server does not listen")
	return nil
}
