package channel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/core/verify"
)

var halfway = verify.Ramp{From: now.Unix(), Until: now.Unix() + 3600, Start: 1000, End: verify.Whole, Margin: 100}

// act writes what follows the head.
func act(t *testing.T, c *Channel, release Release, signers ...sign.Signer) (*Record, error) {
	t.Helper()
	head, err := c.Head(t.Context(), "")
	require.NoError(t, err)
	release.Why, release.Signers = "why", signers
	return c.Publish(t.Context(), head, release, now)
}

// try makes what a candidate beside what is current.
func try(t *testing.T, c *Channel, what string, signers ...sign.Signer) *Record {
	t.Helper()
	r, err := act(t, c, Release{Action: Try, Payload: payload(what), Ramp: halfway}, signers...)
	require.NoError(t, err)
	return r
}

func TestACandidateIsTriedBesideWhatIsCurrent(t *testing.T) {
	anna := newSigner(t)
	keys := trusting(1, anna)
	c := open(t, folder.Open(t.TempDir()))
	_, err := c.Publish(t.Context(), nil, Release{Action: Try, Payload: payload("one"), Ramp: halfway, Why: "why", Signers: []sign.Signer{anna}}, now)
	require.ErrorIs(t, err, ErrEmpty, "beside nothing")
	publish(t, c, "one", anna)
	for name, release := range map[string]Release{
		"to accept none":                    {Action: Accept, Payload: payload("one")},
		"to withdraw none":                  {Action: Withdraw, Payload: payload("one")},
		"a candidate without a ramp":        {Action: Try, Payload: payload("two")},
		"a ramp without a candidate":        {Action: Publish, Payload: payload("two"), Ramp: halfway},
		"a ramp that ends before it begins": {Action: Try, Payload: payload("two"), Ramp: verify.Ramp{From: 2, Until: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := act(t, c, release, anna)
			require.Error(t, err)
		})
	}

	tried := try(t, c, "two", anna)
	require.EqualValues(t, 1, tried.Version, "what is current stays so")
	require.Equal(t, &Candidate{2, verify.Sum(payload("two")), tried.Beside.Envelope, halfway, nil}, tried.Beside)
	require.Equal(t, "one", current(t, c, keys))
	head, err := c.Head(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, tried, head)
	envelope, err := c.Envelope(t.Context(), head.Tried())
	require.NoError(t, err)
	policy := verify.Policy{Keys: keys, Channel: "production"}
	release, err := policy.AcceptAnywhere(envelope, now.Unix(), verify.CheckSignature)
	require.NoError(t, err)
	require.Equal(t, halfway, release.Statement.Ramp)
	require.EqualValues(t, 2, release.Statement.Version)

	_, err = tryPublish(t.Context(), c, "three", anna)
	require.ErrorIs(t, err, ErrCandidate)
	_, err = act(t, c, Release{Action: Accept, Payload: payload("one")}, anna)
	require.ErrorContains(t, err, "not the content")
	_, err = act(t, c, Release{Action: Freeze}, anna)
	require.NoError(t, err)
	_, err = act(t, c, Release{Action: Accept, Payload: payload("two")}, anna)
	require.ErrorIs(t, err, ErrFrozen)
	thawed, err := act(t, c, Release{Action: Unfreeze}, anna)
	require.NoError(t, err)
	require.Equal(t, tried.Beside, thawed.Beside, "a stop leaves the candidate")

	require.EqualValues(t, 3, try(t, c, "two", anna).Beside.Version, "another ramp is another candidate")
	accepted, err := act(t, c, Release{Action: Accept, Payload: payload("two"), Keys: keys}, anna)
	require.NoError(t, err)
	require.EqualValues(t, 4, accepted.Version)
	require.EqualValues(t, 3, accepted.Restores)
	require.Nil(t, accepted.Beside)
	require.Equal(t, "two", current(t, c, keys))

	require.EqualValues(t, 5, try(t, c, "three", anna).Beside.Version)
	withdrawn, err := act(t, c, Release{Action: Withdraw, Payload: payload("two")}, anna)
	require.NoError(t, err)
	require.EqualValues(t, 6, withdrawn.Version)
	require.EqualValues(t, 4, withdrawn.Restores)

	try(t, c, "three", anna)
	rolled, err := act(t, c, Release{Action: Rollback, Payload: payload("one"), Restores: 1}, anna)
	require.NoError(t, err)
	require.Nil(t, rolled.Beside, "a rollback puts an end to it")
	require.EqualValues(t, 8, rolled.Version)
	require.EqualValues(t, 9, publish(t, c, "three", anna).Version)
	requireWhole(t, c, keys, 11)

	found, err := c.Find(t.Context(), 5)
	require.NoError(t, err)
	require.Equal(t, verify.Sum(payload("three")), found.Payload)
	require.Equal(t, Try, found.Action)
	_, err = c.Find(t.Context(), 10)
	require.ErrorContains(t, err, "there is no version 10")
}

// A recovery key can put an end to a candidate at night, and no more.
func TestWhoMayDecideAboutACandidate(t *testing.T) {
	anna, bert, recovery := newSigner(t), newSigner(t), newSigner(t)
	keys := trusting(2, anna, bert)
	keys.Keys = append(keys.Keys, verify.Key{Public: recovery.Public(), Role: verify.Recovery})
	c := open(t, folder.Open(t.TempDir()))
	first := publish(t, c, "one", anna, bert)
	try(t, c, "two", anna, bert)
	data, err := c.Envelope(t.Context(), first)
	require.NoError(t, err)
	origin, err := verify.ReadEnvelope(data)
	require.NoError(t, err)

	var refusal *verify.Refusal
	for name, release := range map[string]Release{
		"another candidate": {Action: Try, Payload: payload("one"), Ramp: halfway, Origin: origin},
		"for all":           {Action: Accept, Payload: payload("two")},
	} {
		t.Run(name, func(t *testing.T) {
			release.Keys = keys
			_, err := act(t, c, release, recovery)
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, verify.Threshold, refusal.Code)
		})
	}
	withdrawn, err := act(t, c, Release{Action: Withdraw, Payload: payload("one"), Origin: origin, Keys: keys}, recovery)
	require.NoError(t, err)
	require.EqualValues(t, 3, withdrawn.Version)
	require.Equal(t, "one", current(t, c, keys))
	requireWhole(t, c, keys, 3)
}

// Whatever is done to a candidate in the store, the log shows it.
func TestCheckFindsTamperingWithCandidates(t *testing.T) {
	anna, eve := newSigner(t), newSigner(t)
	keys := trusting(1, anna)
	for _, test := range []struct {
		name   string
		tamper func(t *testing.T, root string, c *Channel)
		want   string
	}{
		{"nothing", func(*testing.T, string, *Channel) {}, ""},
		{"a wider ramp in the head", func(t *testing.T, root string, c *Channel) { edit(t, root, `"start":1000`, `"start":9000`) }, "does not hold"},
		{"another version in the head", func(t *testing.T, root string, c *Channel) {
			edit(t, root, `"candidate":{"version":2`, `"candidate":{"version":3`)
		}, "no record"},
		{"the candidate cut out of the head", func(t *testing.T, root string, c *Channel) {
			data, err := os.ReadFile(filepath.Join(root, "channels", "production", "head"))
			require.NoError(t, err)
			from := strings.Index(string(data), `"candidate":{`)
			edit(t, root, string(data[from:from+strings.Index(string(data[from:]), "}")+2]), "")
		}, "no record"},
		{"the candidate's envelope gone", func(t *testing.T, root string, c *Channel) {
			head, err := c.Head(t.Context(), "")
			require.NoError(t, err)
			require.NoError(t, os.Remove(filepath.Join(root, "envelopes", digits(head.Beside.Envelope))))
		}, "version 2"},
		{"a stranger's candidate", func(t *testing.T, root string, c *Channel) { try(t, c, "three", eve) }, "nobody who is trusted"},
		{"an old head", func(t *testing.T, root string, c *Channel) {
			path := filepath.Join(root, "channels", "production", "head")
			old, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = act(t, c, Release{Action: Withdraw, Payload: payload("one")}, anna)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, old, 0o644))
		}, "put the head back"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			c := open(t, folder.Open(root))
			publish(t, c, "one", anna)
			try(t, c, "two", anna)
			test.tamper(t, root, c)
			found, err := c.Check(t.Context(), []*verify.KeyList{keys})
			require.NoError(t, err)
			if test.want == "" {
				require.Empty(t, found.Problems)
			} else {
				require.Contains(t, strings.Join(found.Problems, "\n"), test.want)
			}
		})
	}
}

// edit changes the text of the head in the store.
func edit(t *testing.T, root, old, with string) {
	path := filepath.Join(root, "channels", "production", "head")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, with, 1)), 0o644))
}

// What is done to a candidate is done as a whole or not at all, at whichever operation of the store it ends.
func TestCrashesAroundACandidate(t *testing.T) {
	anna := newSigner(t)
	keys := trusting(1, anna)
	interrupted, changed := 0, 0
	for _, release := range []Release{
		{Action: Try, Payload: payload("two"), Ramp: halfway},
		{Action: Accept, Payload: payload("two")},
		{Action: Withdraw, Payload: payload("one")},
	} {
		for _, after := range []bool{false, true} {
			for left := 0; ; left++ {
				s := folder.Open(t.TempDir())
				c := open(t, s)
				was := publish(t, c, "one", anna)
				if release.Action != Try {
					was = try(t, c, "two", anna)
				}
				release.Why, release.Signers = "why", []sign.Signer{anna}
				_, err := open(t, &failing{s, left, after}).Publish(t.Context(), was, release, now)
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errCrash)
				interrupted++
				is, err := c.Head(t.Context(), "")
				require.NoError(t, err)
				if is.Digest != was.Digest {
					changed++
					require.Equal(t, release.Action, is.Action)
					require.Equal(t, release.Action == Try, is.Beside != nil)
				}
				requireWhole(t, c, keys, int(is.Sequence))
				_, err = act(t, c, Release{Action: Rollback, Payload: payload("one"), Restores: 1}, anna)
				require.NoError(t, err)
				requireWhole(t, c, keys, int(is.Sequence)+1)
			}
		}
	}
	require.Greater(t, interrupted, 20)
	require.Greater(t, changed, 3)
	t.Logf("%d times interrupted, each at another operation: %d had changed the channel already, as a whole; none left it broken", interrupted, changed)
}
