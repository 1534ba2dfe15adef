package channel

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
)

// Nothing is released upon a head that was put back: every place that has seen the later one would refuse it.
func TestAHeadThatWasPutBack(t *testing.T) {
	anna, eve := newSigner(t), newSigner(t)
	root := t.TempDir()
	c := open(t, folder.Open(root))
	publish(t, c, "one", anna)
	second := publish(t, c, "two", anna)
	third := publish(t, c, "three", anna)

	write(t, headFile(root), string(second.file))
	_, err := tryPublish(t.Context(), c, "four", anna)
	require.ErrorContains(t, err, "somebody has put it back")
	head, err := c.Head(t.Context(), "")
	require.NoError(t, err)
	_, err = c.Publish(t.Context(), head, Release{Action: Rollback, Payload: payload("one"), Restores: 1, Why: "bad", Signers: []sign.Signer{anna}, Keys: trusting(1, anna)}, now)
	require.ErrorContains(t, err, "somebody has put it back")
	require.Equal(t, string(second.file), read(t, headFile(root)))

	write(t, headFile(root), read(t, logFile(root, third)))
	forged := *third
	forged.Sequence, forged.Version, forged.Previous = 4, 4, third.Digest
	require.NoError(t, forged.seal([]sign.Signer{eve}))
	write(t, logFile(root, &forged), string(forged.file))
	write(t, filepath.Join(root, "channels", "production", "log", "000000000004-junk"), "junk")
	require.EqualValues(t, 4, publish(t, c, "four", anna).Version, "a stranger's record holds nobody up")
}

// A publisher that was overtaken between reading the head and writing is told so, and not that somebody has put the head back.
func TestOvertakenByARecordInTheLog(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	head := publish(t, c, "one", anna)
	publish(t, c, "two", anna)
	_, err := c.Publish(t.Context(), head, Release{Action: Publish, Payload: payload("three"), Why: "slow", Signers: []sign.Signer{anna}}, now)
	require.ErrorIs(t, err, ErrRaced)
}
