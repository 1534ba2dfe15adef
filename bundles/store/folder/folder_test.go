package folder_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

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
	require.FileExists(t, filepath.Join(root, ".new-123"), "its writer may be slow")

	old := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(root, ".new-123"), old, old))
	_, err = s.Put(t.Context(), "other", []byte("x"), "")
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(root, ".new-123"))
}

func TestLinks(t *testing.T) {
	root := t.TempDir()
	real, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	_, err := folder.Open(real).Put(t.Context(), "a/b", []byte("x"), "")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(real, link))
	s := folder.Open(link)
	_, err = s.Put(t.Context(), "a/c", []byte("y"), "")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(real, "a", "b"), filepath.Join(real, "a", "d")))
	keys, err := s.List(t.Context(), "a/")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b", "a/c", "a/d"}, keys, "a link to the store, and one to a file")
	object, err := s.Get(t.Context(), "a/d", "")
	require.NoError(t, err)
	require.Equal(t, "x", string(object.Data))

	for name, to := range map[string]string{"a link to a folder": real, "a link to nothing": filepath.Join(root, "gone")} {
		t.Run(name, func(t *testing.T) {
			place := filepath.Join(real, "elsewhere")
			require.NoError(t, os.Symlink(to, place))
			defer os.Remove(place)
			_, err := s.List(t.Context(), "")
			require.ErrorContains(t, err, "elsewhere: not an ordinary file")
		})
	}
}

func TestReadsNoMoreThanAnObject(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "head"), make([]byte, store.MaxSize+1), 0o644))
	_, err := folder.Open(root).Get(t.Context(), "head", "")
	require.ErrorIs(t, err, store.ErrTooLarge)
}
