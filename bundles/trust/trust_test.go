package trust_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

var now = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)

func compile(t *testing.T, text string) []byte {
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(text)})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	return loaded.Data
}

func shop(t *testing.T) []byte {
	return compile(t, "bundle: shop\ndecisions: {hero: {purpose: necessary, variants: {a: 1}}}\n")
}

func generate(t *testing.T) sign.Signer {
	s, _, err := sign.Generate()
	require.NoError(t, err)
	return s
}

func trusting(signers ...sign.Signer) *verify.KeyList {
	list := &verify.KeyList{Version: 1, Threshold: 1}
	for _, s := range signers {
		list.Keys = append(list.Keys, verify.Key{Public: s.Public()})
	}
	return list
}

// release signs the shop for an hour from now on.
func release(t *testing.T, version uint64, signer sign.Signer) []byte {
	return releaseOf(t, shop(t), version, signer)
}

func releaseOf(t *testing.T, payload []byte, version uint64, signer sign.Signer) []byte {
	s := verify.Statement{Version: version, Channel: "production", NotBefore: now.Unix(), Expires: now.Add(time.Hour).Unix()}
	envelope, err := sign.Release(payload, s, nil, signer)
	require.NoError(t, err)
	return envelope
}

func open(t *testing.T, dir string, list *verify.KeyList) *trust.Verifier {
	v, err := trust.Open(verify.Policy{Keys: list, Channel: "production"}, dir)
	require.NoError(t, err)
	return v
}

func requireRefused(t *testing.T, err error, code verify.Code) {
	t.Helper()
	var refusal *verify.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, code.String(), refusal.Code.String())
}

func TestTheHighestVersionSurvivesARestart(t *testing.T) {
	dir, anna := filepath.Join(t.TempDir(), "state"), generate(t)
	v := open(t, dir, trusting(anna))
	accepted, err := v.Accept(release(t, 5, anna), now)
	require.NoError(t, err)
	require.EqualValues(t, 5, accepted.Bundle.Validity().Version)
	require.Equal(t, "shop", accepted.Bundle.Name())
	before := contents(t, dir)

	v = open(t, dir, trusting(anna))
	_, err = v.Accept(release(t, 4, anna), now)
	requireRefused(t, err, verify.Version)
	_, err = v.Accept(releaseOf(t, compile(t, "bundle: shop\ndecisions: {hero: {purpose: necessary, variants: {b: 1}}}\n"), 5, anna), now)
	requireRefused(t, err, verify.Conflict)
	_, err = v.Accept(releaseOf(t, compile(t, "bundle: other\ndecisions: {}\n"), 6, anna), now)
	requireRefused(t, err, verify.Channel)
	_, err = v.Accept(release(t, 6, anna), now.Add(-time.Hour))
	requireRefused(t, err, verify.Clock)
	require.ErrorContains(t, err, filepath.Join(dir, "state.json"))
	require.ErrorContains(t, err, "set the clock right")
	require.Equal(t, before, contents(t, dir), "a refusal changes nothing")
	requireRefused(t, v.Follow([]byte("EDGL")), verify.Torn)
	require.Equal(t, map[string]uint64{"version": 1, "conflict": 1, "channel": 1, "clock": 1, "torn": 1}, v.Refusals())
	require.ErrorContains(t, v.Refused(v.Refused(errors.New("no connection"))), "no connection")
	require.EqualValues(t, 1, v.Refusals()["unavailable"], "an error counts once, whoever passes it on")

	v = open(t, dir, trusting(anna))
	v.OnlyTry()
	_, err = v.Accept(release(t, 6, anna), now.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, before, contents(t, dir), "what is only tried is not kept")
	v = open(t, dir, trusting(anna))

	_, err = v.Accept(release(t, 6, anna), now)
	require.NoError(t, err)
	require.NotEqual(t, before, contents(t, dir))
}

func TestTheLastGoodReleaseGoesOn(t *testing.T) {
	dir, anna := t.TempDir(), generate(t)
	_, err := open(t, dir, trusting(anna)).LastGood(now)
	require.ErrorIs(t, err, fs.ErrNotExist, "there is none yet")
	_, err = open(t, dir, trusting(anna)).Accept(release(t, 5, anna), now)
	require.NoError(t, err)

	good, err := open(t, dir, trusting(anna)).LastGood(now.Add(48 * time.Hour))
	require.NoError(t, err, "as expired, also after a restart")
	require.True(t, good.Bundle.Validity().Expired(now.Add(48*time.Hour).Unix()))
	_, err = open(t, dir, trusting(anna)).Accept(release(t, 6, anna), now.Add(48*time.Hour))
	requireRefused(t, err, verify.Expired)

	_, err = open(t, dir, trusting(anna)).LastGood(now)
	require.NoError(t, err, "the clock was days ahead for a while")
	_, err = open(t, dir, trusting(anna)).Accept(release(t, 6, anna), now)
	requireRefused(t, err, verify.Clock)

	revoking := trusting(anna, generate(t))
	revoking.Keys[0].Role = verify.Revoked
	_, err = open(t, dir, revoking).LastGood(now.Add(48 * time.Hour))
	requireRefused(t, err, verify.RevokedKey)

	file := filepath.Join(dir, "bundle.edgewise")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data[:len(data)/2], 0o600))
	_, err = open(t, dir, trusting(anna)).LastGood(now.Add(48 * time.Hour))
	requireRefused(t, err, verify.Torn)
}

// An end between the two files of an acceptance leaves the new release and the old mark.
func TestAnEndWhileAcceptingLosesNothing(t *testing.T) {
	dir, anna := t.TempDir(), generate(t)
	v := open(t, dir, trusting(anna))
	_, err := v.Accept(release(t, 5, anna), now)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bundle.edgewise"), release(t, 6, anna), 0o600))
	good, err := open(t, dir, trusting(anna)).LastGood(now)
	require.NoError(t, err)
	require.EqualValues(t, 6, good.Statement.Version)
	_, err = open(t, dir, trusting(anna)).Accept(release(t, 5, anna), now)
	requireRefused(t, err, verify.Version)
}

func TestKeyListsAreFollowedAndKept(t *testing.T) {
	dir, anna, bert := t.TempDir(), generate(t), generate(t)
	root := trusting(anna)
	v := open(t, dir, root)
	_, err := v.Accept(release(t, 5, anna), now)
	require.NoError(t, err)
	next := trusting(bert)
	file, err := sign.Rotate(root, next, anna)
	require.NoError(t, err)
	require.NoError(t, v.Follow(file))
	_, err = v.Accept(release(t, 6, anna), now)
	requireRefused(t, err, verify.UnknownKey)
	_, err = v.Accept(release(t, 6, bert), now)
	require.NoError(t, err)

	v = open(t, dir, root) // the root is still the first list
	_, err = v.Accept(release(t, 7, anna), now)
	requireRefused(t, err, verify.UnknownKey)
	requireRefused(t, v.Follow(file), verify.UnknownKey)

	byOther := trusting(generate(t))
	byOther.Version, byOther.Previous = 3, verify.Sum(next.Append(nil))
	signed, err := sign.All(byOther.Append(nil), anna)
	require.NoError(t, err)
	requireRefused(t, v.Follow(verify.AppendListFile(nil, &signed)), verify.UnknownKey)
}

// Whoever gives another trust file means it, whatever an older one has led to.
func TestAnotherRootIsNotOverruledByTheFolder(t *testing.T) {
	dir, anna, bert, carol := t.TempDir(), generate(t), generate(t), generate(t)
	root, next := trusting(anna), trusting(anna, bert)
	file, err := sign.Rotate(root, next, anna)
	require.NoError(t, err)
	require.NoError(t, open(t, dir, root).Follow(file))
	require.Equal(t, next, open(t, dir, root).Policy().Keys)

	after := trusting(bert)
	last, err := sign.Rotate(next, after, bert)
	require.NoError(t, err)
	require.NoError(t, open(t, dir, root).Follow(last))
	require.Equal(t, after, open(t, dir, root).Policy().Keys)
	require.Equal(t, after, open(t, dir, next).Policy().Keys, "a later list of the same origin does not undo what came after it")
	require.Equal(t, after, open(t, dir, after).Policy().Keys)

	other := open(t, dir, trusting(carol))
	_, err = other.Accept(release(t, 5, bert), now)
	requireRefused(t, err, verify.UnknownKey)
	_, err = other.Accept(release(t, 5, carol), now)
	require.NoError(t, err)
	require.Equal(t, trusting(carol), open(t, dir, trusting(carol)).Policy().Keys)
}

// Two processes with one folder: neither forgets what the other has accepted.
func TestAFolderMayBeShared(t *testing.T) {
	dir, anna, bert := t.TempDir(), generate(t), generate(t)
	root, next := trusting(anna), trusting(anna, bert)
	one, other := open(t, dir, root), open(t, dir, root)
	_, err := one.Accept(release(t, 6, anna), now)
	require.NoError(t, err)
	_, err = other.Accept(release(t, 5, anna), now)
	requireRefused(t, err, verify.Version)
	_, err = other.BuiltIn(release(t, 5, anna), now)
	requireRefused(t, err, verify.Version)
	_, err = other.Accept(release(t, 7, anna), now)
	require.NoError(t, err)
	require.NoError(t, one.Hold(8))
	require.EqualValues(t, 7, open(t, dir, root).Policy().Accepted.Version)

	file, err := sign.Rotate(root, next, anna)
	require.NoError(t, err)
	last, err := sign.Rotate(next, trusting(bert), bert)
	require.NoError(t, err)
	require.NoError(t, one.Follow(file))
	require.NoError(t, one.Follow(last))
	require.NoError(t, other.Follow(file), "it is behind that already")
	require.EqualValues(t, 3, other.Policy().Keys.Version)
	require.EqualValues(t, 3, open(t, dir, root).Policy().Keys.Version)
	_, err = other.Accept(release(t, 8, anna), now)
	requireRefused(t, err, verify.UnknownKey)
}

func TestRotateRefusesWhatNobodyWouldFollow(t *testing.T) {
	anna, bert := generate(t), generate(t)
	root := trusting(anna)
	_, err := sign.Rotate(root, trusting(bert), bert)
	requireRefused(t, err, verify.UnknownKey)
	tooMany := trusting(bert)
	tooMany.Threshold = 2
	_, err = sign.Rotate(root, tooMany, anna)
	requireRefused(t, err, verify.Threshold)
	both := trusting(anna, bert)
	both.Channels = []verify.Required{{Channel: "production", Signers: 2}}
	_, err = sign.Rotate(both, trusting(bert), anna)
	requireRefused(t, err, verify.Threshold)
	_, err = sign.Rotate(both, trusting(bert), anna, bert)
	require.NoError(t, err, "a list changes by the largest of its thresholds")
}

func TestAFolderThatCannotBeUsedIsAnError(t *testing.T) {
	anna := generate(t)
	for name, c := range map[string]struct{ file, text, want string }{
		"half a state":          {"state.json", `{"bundle":"shop","cha`, "unexpected end of JSON input"},
		"an empty state":        {"state.json", ``, "unexpected end of JSON input"},
		"another channel's":     {"state.json", `{"bundle":"shop","channel":"staging","version":3,"digest":"sha512-256:` + strings.Repeat("0", 64) + `","time":"2026-12-01T08:00:00Z"}`, "give another folder"},
		"no digest":             {"state.json", `{"bundle":"shop","channel":"production","version":3}`, "is no digest"},
		"no time":               {"state.json", `{"bundle":"shop","channel":"production","version":3,"digest":"sha512-256:` + strings.Repeat("0", 64) + `"}`, "cannot parse"},
		"a broken list of keys": {"keys.json", `{"after":[`, "keys.json: unexpected end of JSON input"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600))
			_, err := trust.Open(verify.Policy{Keys: trusting(anna), Channel: "production"}, dir)
			require.ErrorContains(t, err, c.want)
			var refusal *verify.Refusal
			require.False(t, errors.As(err, &refusal))
		})
	}
}

func TestATrustFileSaysAllOfAList(t *testing.T) {
	list := trusting(generate(t), generate(t), generate(t))
	list.Version, list.Previous = 3, verify.Sum([]byte("the list before"))
	list.Channels = []verify.Required{{Channel: "production", Signers: 2}, {Channel: "staging", Signers: 1}}
	list.Keys[0].Name, list.Keys[1].Role, list.Keys[2].Role = "anna", verify.Recovery, verify.Recovery|verify.Revoked
	got, err := trust.Parse(trust.Format(list))
	require.NoError(t, err)
	require.Equal(t, list, got)
	read, err := verify.ReadKeyList(list.Append(nil))
	require.NoError(t, err)
	require.Equal(t, list, read)
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	key := `{"public":"` + strings.Repeat("A", 43) + `="}`
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":               {`version: 1`, "invalid character"},
		"a misspelled key":      {`{"version":1,"treshold":2,"keys":[]}`, `line 1: unknown key "treshold"`},
		"two lists":             {`{"version":1,"threshold":1,"keys":[]}{}`, "something follows"},
		"no version":            {`{"threshold":1,"keys":[]}`, "version: begins at 1"},
		"no threshold":          {`{"version":1,"keys":[]}`, "threshold: want at least 1"},
		"a key cut off":         {`{"version":1,"threshold":1,"keys":[{"public":"AAAA"}]}`, "keys[0]: public: want 32 bytes"},
		"another key's id":      {`{"version":1,"threshold":1,"keys":[{"id":"00","public":"` + strings.Repeat("A", 43) + `="}]}`, "the id of this public key is"},
		"an unknown role":       {`{"version":1,"threshold":1,"keys":[{"role":"admin","public":"` + strings.Repeat("A", 43) + `="}]}`, `role "admin"`},
		"a key twice":           {`{"version":1,"threshold":1,"keys":[` + key + `,` + key + `]}`, "stands twice"},
		"a channel without end": {`{"version":1,"threshold":1,"channels":{"a b":1},"keys":[]}`, `"a b"`},
		"nobody for a channel":  {`{"version":1,"threshold":1,"channels":{"a":0},"keys":[]}`, "at least 1"},
		"too many keys":         {`{"version":1,"threshold":1,"keys":[` + strings.Repeat(key+",", 32) + key + `]}`, "the limit is 32"},
		"a digest of another":   {`{"version":2,"previous":"sha256:00","threshold":1,"keys":[]}`, "is no digest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trust.Parse([]byte(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = string(data)
	}
	return all
}

// candidate signs the shop as a candidate for all places that have a name.
func candidate(t *testing.T, version uint64, signer sign.Signer) []byte {
	s := verify.Statement{Version: version, Channel: "production", Ramp: verify.Ramp{From: now.Unix(), Until: now.Unix(), End: verify.Whole}}
	envelope, err := sign.Release(shop(t), s, nil, signer)
	require.NoError(t, err)
	return envelope
}

func TestACandidateIsRememberedBesideWhatIsForAll(t *testing.T) {
	dir, anna := t.TempDir(), generate(t)
	openAt := func(place string) *trust.Verifier {
		v, err := trust.Open(verify.Policy{Keys: trusting(anna), Channel: "production", Place: place}, dir)
		require.NoError(t, err)
		return v
	}
	v := openAt("FRA")
	_, err := v.Accept(release(t, 5, anna), now)
	require.NoError(t, err)
	_, err = v.Accept(candidate(t, 7, anna), now)
	require.NoError(t, err)

	v = openAt("FRA")
	_, err = v.Accept(candidate(t, 6, anna), now)
	requireRefused(t, err, verify.Version)
	_, err = v.Accept(candidate(t, 7, anna), now)
	require.NoError(t, err)
	good, err := v.LastGood(now)
	require.NoError(t, err)
	require.EqualValues(t, 5, good.Statement.Version, "a start begins with what is for all")
	require.Zero(t, v.Held())
	require.NoError(t, v.Hold(7))
	require.EqualValues(t, 7, openAt("FRA").Held())
	_, err = openAt("").Accept(candidate(t, 8, anna), now)
	requireRefused(t, err, verify.NotYet)

	v.OnlyTry()
	require.NoError(t, v.Hold(9))
	require.EqualValues(t, 7, openAt("FRA").Held(), "what is only tried is not kept")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.json"), []byte(`{"bundle":"shop","channel":"production","version":5,`+
		`"digest":"`+verify.Sum(shop(t)).String()+`","time":"2026-12-01T08:00:00Z","candidate":7,"candidate_digest":"?"}`), 0o600))
	_, err = trust.Open(verify.Policy{Keys: trusting(anna), Channel: "production"}, dir)
	require.ErrorContains(t, err, "is no digest")
}

func TestWhatIsBuiltInCountsAsAccepted(t *testing.T) {
	anna := generate(t)
	v := open(t, "", trusting(anna))
	builtIn := release(t, 5, anna)
	_, err := v.BuiltIn(builtIn[:50], now)
	requireRefused(t, err, verify.Torn)
	_, err = v.BuiltIn(release(t, 5, generate(t)), now)
	requireRefused(t, err, verify.UnknownKey)
	_, err = v.Accept(release(t, 4, anna), now)
	require.NoError(t, err, "what was refused has changed nothing")
	_, err = v.BuiltIn(builtIn, now.Add(48*time.Hour))
	require.NoError(t, err, "as expired")
	_, err = v.Accept(release(t, 4, anna), now.Add(48*time.Hour))
	requireRefused(t, err, verify.Version)
	_, err = v.BuiltIn(candidate(t, 9, anna), now)
	require.Error(t, err, "a candidate is not for all")
	_, err = v.Accept(release(t, 6, anna), now.Add(48*time.Hour))
	requireRefused(t, err, verify.Expired)
}
