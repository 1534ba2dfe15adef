package folder_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
)

func TestStore(t *testing.T) {
	root := t.TempDir()
	storetest.Run(t, storetest.Kind{
		Open: func(_ *testing.T, name string) store.Store { return folder.Open(filepath.Join(root, "deep", name)) },
		Many: 12,
	})
}

func TestKeysStayInTheFolder(t *testing.T) {
	root := t.TempDir()
	s := folder.Open(filepath.Join(root, "store"))
	for _, key := range []string{"../outside", "/outside", "a/../../outside", "", ".", "..", ".lock", "a/.new-1", "a//b"} {
		_, err := s.Put(t.Context(), key, []byte("x"), "")
		require.ErrorContains(t, err, "is no key", "%q", key)
		_, err = s.Get(t.Context(), key, "")
		require.ErrorContains(t, err, "is no key", "%q", key)
	}
	require.NoFileExists(t, filepath.Join(root, "outside"))
}

// What a writer left behind that died is nobody's object, and nobody waits for it.
func TestLeftovers(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, ".lock"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, ".new-123"), []byte("half"), 0o644))
	s := folder.Open(root)
	_, err := s.Put(t.Context(), "head", []byte("x"), "")
	require.NoError(t, err)
	keys, err := s.List(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []string{"head"}, keys)
}

func TestReadsNoMoreThanAnObject(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "head"), make([]byte, store.MaxSize+1), 0o644))
	_, err := folder.Open(root).Get(t.Context(), "head", "")
	require.ErrorIs(t, err, store.ErrTooLarge)
}
