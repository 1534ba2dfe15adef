//go:build unix

package folder_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store/folder"
)

// Whoever opens a named pipe waits for somebody at its other end.
func TestNobodyWaitsAtAPipe(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "head"), 0o600))
	s := folder.Open(root)
	_, err := s.Get(t.Context(), "head", "")
	require.ErrorContains(t, err, "head: not an ordinary file")
	_, err = s.Put(t.Context(), "head", []byte("x"), "")
	require.ErrorContains(t, err, "head: not an ordinary file")
	_, err = s.List(t.Context(), "")
	require.ErrorContains(t, err, "head: not an ordinary file")
}
