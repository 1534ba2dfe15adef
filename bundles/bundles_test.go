package bundles

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

const shop = `
bundle: shop
decisions:
  hero:
    purpose: necessary
    variants: {plain: 1, summer: 2}
    rules: [{when: 'device.class == "mobile"', serve: summer}]
`

func write(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLoad(t *testing.T) {
	path := write(t, "shop.yaml", shop)
	file, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, "shop", file.Bundle.Name())
	require.NotNil(t, file.Source)

	t.Run("a folder", func(t *testing.T) {
		folder, err := Load(filepath.Dir(path))
		require.NoError(t, err)
		require.Equal(t, file.Data, folder.Data)
	})
	t.Run("a compiled bundle", func(t *testing.T) {
		compiled, err := Load(write(t, "shop.edgewise", string(file.Data)))
		require.NoError(t, err)
		require.Equal(t, file.Data, compiled.Data)
		require.Equal(t, file.Bundle, compiled.Bundle)
		require.Nil(t, compiled.Source)
	})
	t.Run("a damaged compiled bundle", func(t *testing.T) {
		_, err := Load(write(t, "shop.edgewise", string(file.Data[:100])))
		var refusal *format.Refusal
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, format.WrongLength, refusal.Code)
	})
	t.Run("a faulty source", func(t *testing.T) {
		_, err := Load(write(t, "shop.yaml", shop+"        x"))
		var faults source.Faults
		require.ErrorAs(t, err, &faults)
	})
	t.Run("nothing", func(t *testing.T) {
		_, err := Load(filepath.Join(t.TempDir(), "none"))
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("an empty file", func(t *testing.T) {
		_, err := Load(write(t, "empty.yaml", ""))
		require.Error(t, err)
	})
	t.Run("warnings", func(t *testing.T) {
		loaded, err := Load(write(t, "shop.yaml", `
bundle: shop
decisions: {hero: {purpose: necessary, variants: {a: 1}, rules: [{when: 'device.class == "mobil"', serve: a}]}}
`))
		require.NoError(t, err)
		require.Len(t, loaded.Warnings, 1)
	})
}
