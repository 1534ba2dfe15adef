package channel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

var now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// payload is a compiled bundle that differs with what.
func payload(what string) []byte {
	b := assemble.New("shop")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	b.Variants = []format.Variant{{Name: b.Str("v"), Kind: uint32(format.String), JSON: b.Str(fmt.Sprintf("%q", what))}}
	b.Decisions = []format.Decision{{Name: b.Str("d"), Default: 1, Variants: 1, Purposes: 1}}
	return b.Finish().Append(nil)
}

func newSigner(t *testing.T) sign.Signer {
	s, _, err := sign.Generate()
	require.NoError(t, err)
	return s
}

// trusting is a list of the signers' keys.
func trusting(threshold uint32, signers ...sign.Signer) *verify.KeyList {
	list := &verify.KeyList{Version: 1, Threshold: threshold}
	for _, s := range signers {
		list.Keys = append(list.Keys, verify.Key{Public: s.Public()})
	}
	return list
}

func open(t *testing.T, s store.Store) *Channel {
	c, err := Open(s, "production")
	require.NoError(t, err)
	return c
}

// publish publishes to whatever is there.
func publish(t *testing.T, c *Channel, what string, signers ...sign.Signer) *Record {
	t.Helper()
	r, err := tryPublish(t.Context(), c, what, signers...)
	require.NoError(t, err)
	return r
}

func tryPublish(ctx context.Context, c *Channel, what string, signers ...sign.Signer) (*Record, error) {
	head, err := c.Head(ctx, "")
	if err != nil && !errors.Is(err, ErrEmpty) {
		return nil, err
	}
	return c.Publish(ctx, head, Release{Action: Publish, Payload: payload(what), Why: "release " + what, Signers: signers}, now)
}

// current is what a follower gets: the content of the channel's release, once a verifier has accepted it. "" is an empty channel.
func current(t *testing.T, c *Channel, keys *verify.KeyList) string {
	t.Helper()
	head, err := c.Head(t.Context(), "")
	if errors.Is(err, ErrEmpty) {
		return ""
	}
	require.NoError(t, err)
	data, err := c.Envelope(t.Context(), head)
	require.NoError(t, err)
	policy := verify.Policy{Keys: keys, Channel: "production"}
	release, err := policy.Accept(data, now.Unix(), verify.CheckSignature)
	require.NoError(t, err)
	bundle, err := format.Read(release.Payload)
	require.NoError(t, err)
	return strings.Trim(bundle.String(bundle.Variants[0].JSON), `"`)
}

func requireWhole(t *testing.T, c *Channel, keys *verify.KeyList, records int) {
	t.Helper()
	found, err := c.Check(t.Context(), []*verify.KeyList{keys})
	require.NoError(t, err)
	require.Empty(t, found.Problems)
	require.Equal(t, records, found.Records)
}

func TestPublish(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	_, err := c.Head(t.Context(), "")
	require.ErrorIs(t, err, ErrEmpty)

	first := publish(t, c, "one", anna)
	require.EqualValues(t, 1, first.Version)
	second := publish(t, c, "two", anna)
	require.EqualValues(t, 2, second.Version)
	require.Equal(t, first.Digest, second.Previous)
	require.Equal(t, "two", current(t, c, trusting(1, anna)))

	head, err := c.Head(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, second, head)
	require.Equal(t, []string{sign.IDOf(anna).String()}, head.Signers())
	require.Equal(t, "release two", head.Why)
	require.Equal(t, now, head.Time)
	require.Equal(t, now.Unix(), says(t, c, head).Made)
	_, err = c.Head(t.Context(), head.Tag)
	require.ErrorIs(t, err, store.ErrSame)

	found, err := c.Find(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, first.Digest, found.Digest)
	_, err = c.Find(t.Context(), 3)
	require.ErrorContains(t, err, "there is no version 3")
	requireWhole(t, c, trusting(1, anna), 2)
}

func TestPublishRefuses(t *testing.T) {
	anna, bert, eve := newSigner(t), newSigner(t), newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	head := publish(t, c, "one", anna)
	good := func() Release {
		return Release{Action: Publish, Payload: payload("two"), Why: "why", Signers: []sign.Signer{anna}, Keys: trusting(1, anna)}
	}
	other := assemble.New("other")
	other.Purposes = []format.Purpose{{Name: other.Str("necessary")}}
	tests := []struct {
		name   string
		change func(*Release)
		want   string
	}{
		{"without a reason", func(r *Release) { r.Why = " " }, "say why"},
		{"with a reason that is a book", func(r *Release) { r.Why = strings.Repeat("x", MaxWhy+1) }, "the limit is 4096"},
		{"without a key", func(r *Release) { r.Signers = nil }, "nobody signs"},
		{"what is no bundle", func(r *Release) { r.Payload = []byte("EDGW") }, ""},
		{"another bundle", func(r *Release) { r.Payload = other.Finish().Append(nil) }, "a store holds one bundle"},
		{"by somebody whom nobody trusts", func(r *Release) { r.Signers = []sign.Signer{eve} }, sign.IDOf(eve).String()},
		{"by one where two are needed", func(r *Release) { r.Keys = trusting(2, anna, bert) }, "2"},
		{"by one, twice", func(r *Release) { r.Keys, r.Signers = trusting(2, anna, bert), []sign.Signer{anna, anna} }, "2"},
		{"after somebody whom nobody trusts", func(r *Release) { r.Keys, r.Signers = trusting(1, bert), []sign.Signer{bert} }, "signed by nobody who is trusted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			release := good()
			test.change(&release)
			_, err := c.Publish(t.Context(), head, release, now)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, "one", current(t, c, trusting(1, anna)))
		})
	}
	_, err := c.Publish(t.Context(), head, good(), now)
	require.NoError(t, err)
	requireWhole(t, c, trusting(1, anna), 2)
}

// Of two bundles that begin in two channels of a store at once, one wins, and the other is told.
func TestAStoreHoldsOneBundleFromTheBeginning(t *testing.T) {
	anna := newSigner(t)
	for range 20 {
		s := folder.Open(t.TempDir())
		var errs [4]error
		var publishers sync.WaitGroup
		for i := range errs {
			publishers.Go(func() {
				name := fmt.Sprintf("bundle-%d", i%2)
				b := assemble.New(name)
				b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
				c, err := Open(s, fmt.Sprintf("channel-%d", i))
				if err == nil {
					_, err = c.Publish(t.Context(), nil, Release{Action: Publish, Payload: b.Finish().Append(nil), Why: "first", Signers: []sign.Signer{anna}}, now)
				}
				errs[i] = err
			})
		}
		publishers.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		for i, err := range errs {
			if i%2 == won {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "a store holds one bundle")
			}
		}
		names, err := Names(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, []string{fmt.Sprintf("channel-%d", won), fmt.Sprintf("channel-%d", won+2)}, names)
	}
}

func TestFreeze(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	head := publish(t, c, "one", anna)
	release := func(a Action) Release { return Release{Action: a, Why: "holidays", Signers: []sign.Signer{anna}} }
	frozen, err := c.Publish(t.Context(), head, release(Freeze), now)
	require.NoError(t, err)
	require.True(t, frozen.Frozen)
	require.EqualValues(t, 1, frozen.Version)
	_, err = tryPublish(t.Context(), c, "two", anna)
	require.ErrorIs(t, err, ErrFrozen)

	back := release(Rollback)
	back.Payload, back.Restores = payload("one"), 1
	restored, err := c.Publish(t.Context(), frozen, back, now)
	require.NoError(t, err, "a frozen channel can still be rolled back")
	require.True(t, restored.Frozen)
	require.EqualValues(t, 2, restored.Version)

	_, err = c.Publish(t.Context(), restored, release(Unfreeze), now)
	require.NoError(t, err)
	require.EqualValues(t, 3, publish(t, c, "two", anna).Version)
	requireWhole(t, c, trusting(1, anna), 5)
}

// failing is a store that carries out so many operations, then fails: before it does the next one, or after.
type failing struct {
	store.Store
	left  int
	after bool
}

var errCrash = errors.New("crash")

func (f *failing) Get(ctx context.Context, key, known string) (store.Object, error) {
	if f.left--; f.left < 0 {
		return store.Object{}, errCrash
	}
	return f.Store.Get(ctx, key, known)
}

func (f *failing) Put(ctx context.Context, key string, data []byte, unchanged string) (string, error) {
	f.left--
	switch {
	case f.left < -1 || f.left < 0 && !f.after:
		return "", errCrash
	case f.left < 0:
		f.Store.Put(ctx, key, data, unchanged)
		return "", errCrash
	}
	return f.Store.Put(ctx, key, data, unchanged)
}

// A publish that ends at any operation of the store leaves the channel as it was or as it should be; never anything else, and whoever comes next
// can publish.
func TestCrashes(t *testing.T) {
	anna := newSigner(t)
	keys := trusting(1, anna)
	interrupted, changed := 0, 0
	for _, releases := range []int{0, 1, 3} {
		for _, after := range []bool{false, true} {
			for left := 0; ; left++ {
				s := folder.Open(t.TempDir())
				c := open(t, s)
				was := ""
				for i := range releases {
					was = fmt.Sprint("release ", i)
					publish(t, c, was, anna)
				}
				_, err := tryPublish(t.Context(), open(t, &failing{s, left, after}), "new", anna)
				if err == nil {
					require.Equal(t, "new", current(t, c, keys))
					break
				}
				require.ErrorIs(t, err, errCrash)
				interrupted++
				records := releases
				switch is := current(t, c, keys); is {
				case was:
				case "new":
					changed++
					records++
				default:
					require.Fail(t, "neither as it was nor as it should be", "%q after %d operations", is, left)
				}
				if records > 0 {
					requireWhole(t, c, keys, records)
				}
				require.EqualValues(t, records+1, publish(t, c, "next", anna).Version)
				requireWhole(t, c, keys, records+1)
			}
		}
	}
	require.Greater(t, interrupted, 25)
	require.Greater(t, changed, 3)
	t.Logf("%d publishes interrupted, each at another operation: %d had changed the channel already, as a whole; none left it broken", interrupted, changed)
}

// Of publishers at once one wins each time, the others are told, and nothing that was told to be published is lost.
func TestRaces(t *testing.T) {
	const publishers, each = 4, 5
	root := t.TempDir()
	keys := trusting(1)
	var mu sync.Mutex
	published, raced := map[string]uint64{}, 0
	var all sync.WaitGroup
	for p := range publishers {
		signer := newSigner(t)
		keys.Keys = append(keys.Keys, verify.Key{Public: signer.Public()})
		all.Go(func() {
			c := open(t, folder.Open(root))
			for i := 0; i < each; {
				what := fmt.Sprintf("%d by %d", i, p)
				r, err := tryPublish(t.Context(), c, what, signer)
				mu.Lock()
				if err == nil {
					published["release "+what] = r.Version
					i++
				} else if raced++; !errors.Is(err, ErrRaced) {
					t.Errorf("the loser is told: %v", err)
					i = each
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	c := open(t, folder.Open(root))
	requireWhole(t, c, keys, publishers*each)
	for r, err := range c.Log(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, r.Version, published[r.Why], r.Why)
	}
	t.Logf("%d publishers: %d releases, %d times told that another was faster", publishers, len(published), raced)
}

// Whatever is done to the files of a channel, Check finds it.
func TestTampering(t *testing.T) {
	anna, eve := newSigner(t), newSigner(t)
	tests := []struct {
		name string
		do   func(t *testing.T, root string, records []*Record)
		want string
	}{
		{"a reason in the log is changed", func(t *testing.T, root string, r []*Record) {
			replace(t, logFile(root, r[1]), "release two", "release 2.0")
		}, "record 2 has been changed"},
		{"a signature in the log is removed", func(t *testing.T, root string, r []*Record) {
			text := read(t, logFile(root, r[1]))
			line, _, _ := strings.Cut(text, "\n")
			write(t, logFile(root, r[1]), line+"\n")
		}, "record 2 has been changed"},
		{"a record is removed", func(t *testing.T, root string, r []*Record) { require.NoError(t, os.Remove(logFile(root, r[1]))) }, "record 2 is missing"},
		{"a record is emptied", func(t *testing.T, root string, r []*Record) { write(t, logFile(root, r[0]), "") }, "record 1 has been changed"},
		{"the first record is removed", func(t *testing.T, root string, r []*Record) { require.NoError(t, os.Remove(logFile(root, r[0]))) }, "record 1 is missing"},
		{"the reason of the head is changed", func(t *testing.T, root string, r []*Record) {
			replace(t, headFile(root), "release three", "release 3.00")
		}, "does not hold"},
		{"the head is put back", func(t *testing.T, root string, r []*Record) { write(t, headFile(root), string(r[1].file)) }, "somebody has put the head back"},
		{"the head is removed", func(t *testing.T, root string, r []*Record) { require.NoError(t, os.Remove(headFile(root))) }, "its log has 3 records, and its head is gone"},
		{"the head is half", func(t *testing.T, root string, r []*Record) { write(t, headFile(root), string(r[2].file[:100])) }, "no record, or half of one"},
		{"the head switches off what would colour a terminal", func(t *testing.T, root string, r []*Record) {
			write(t, headFile(root), strings.Replace(string(r[2].file), `"why":`, `"disabled":["\u001b[31m"],"why":`, 1))
		}, "no name of a decision"},
		{"the head does what nothing does", func(t *testing.T, root string, r []*Record) {
			write(t, headFile(root), strings.Replace(string(r[2].file), `"action":"`, `"action":"re-`, 1))
		}, "there is no action"},
		{"the head is an error page", func(t *testing.T, root string, r []*Record) { write(t, headFile(root), "<html>\nnot found") }, "no record"},
		{"the head is another channel's", func(t *testing.T, root string, r []*Record) { replace(t, headFile(root), `"production"`, `"staging"`) }, "it is of the channel staging"},
		{"the head is somebody else's", func(t *testing.T, root string, r []*Record) {
			forged := *r[2]
			forged.Why = "forged"
			require.NoError(t, forged.seal([]sign.Signer{eve}))
			write(t, headFile(root), string(forged.file))
		}, "signed by nobody who is trusted"},
		{"a release was made to follow another one", func(t *testing.T, root string, r []*Record) {
			s := verify.Statement{Version: 3, Channel: "production", Previous: verify.Sum([]byte("another"))}
			envelope, err := sign.Release(payload("three"), s, nil, anna)
			require.NoError(t, err)
			forged := *r[2]
			forged.Envelope = verify.Sum(envelope)
			require.NoError(t, forged.seal([]sign.Signer{anna}))
			write(t, filepath.Join(root, filepath.FromSlash(envelopeKey(forged.Envelope))), string(envelope))
			write(t, headFile(root), string(forged.file))
		}, "version 3 was not made to follow version 2"},
		{"a release is changed in one bit", func(t *testing.T, root string, r []*Record) {
			name := filepath.Join(root, filepath.FromSlash(envelopeKey(r[0].Envelope)))
			data := []byte(read(t, name))
			data[len(data)-1] ^= 1
			write(t, name, string(data))
		}, "version 1: "},
		{"a release is removed", func(t *testing.T, root string, r []*Record) {
			require.NoError(t, os.Remove(filepath.Join(root, filepath.FromSlash(envelopeKey(r[1].Envelope)))))
		}, "version 2: "},
		{"a release takes another's place", func(t *testing.T, root string, r []*Record) {
			from := filepath.Join(root, filepath.FromSlash(envelopeKey(r[0].Envelope)))
			write(t, filepath.Join(root, filepath.FromSlash(envelopeKey(r[1].Envelope))), read(t, from))
		}, "version 2: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			c := open(t, folder.Open(root))
			var records []*Record
			for _, what := range []string{"one", "two", "three"} {
				records = append(records, publish(t, c, what, anna))
			}
			requireWhole(t, c, trusting(1, anna), 3)
			test.do(t, root, records)
			found, err := c.Check(t.Context(), []*verify.KeyList{trusting(1, anna)})
			require.NoError(t, err)
			require.Contains(t, strings.Join(found.Problems, "\n"), test.want)
		})
	}
	t.Logf("%d ways to tamper, all found", len(tests))
}

// A channel whose head was removed does not begin at version 1 again.
func TestARemovedHead(t *testing.T) {
	anna := newSigner(t)
	root := t.TempDir()
	c := open(t, folder.Open(root))
	last := publish(t, c, "one", anna)
	require.NoError(t, os.Remove(headFile(root)))
	_, err := tryPublish(t.Context(), c, "two", anna)
	require.ErrorContains(t, err, "copy channels/production/log/000000000001-")
	write(t, headFile(root), read(t, logFile(root, last)))
	require.EqualValues(t, 2, publish(t, c, "two", anna).Version)
	requireWhole(t, c, trusting(1, anna), 2)
}

// Every bit of a record is covered by its signature, or breaks it.
func TestEveryBitOfTheHead(t *testing.T) {
	anna := newSigner(t)
	root := t.TempDir()
	c := open(t, folder.Open(root))
	good := publish(t, c, "one", anna).file
	keys := trusting(1, anna)
	for at := range good {
		for bit := range 8 {
			bad := append([]byte{}, good...)
			bad[at] ^= 1 << bit
			r, err := ReadRecord(bad)
			if err == nil {
				err = checkSignatures(keys, r)
			}
			require.Error(t, err, "bit %d of byte %d: %q", bit, at, bad)
		}
		_, err := ReadRecord(good[:at])
		if err == nil {
			r, _ := ReadRecord(good[:at])
			err = checkSignatures(keys, r)
		}
		require.Error(t, err, "cut at %d", at)
	}
	t.Logf("%d bits flipped, %d cuts, all found", len(good)*8, len(good))
}

func headFile(root string) string { return filepath.Join(root, "channels", "production", "head") }

func logFile(root string, r *Record) string {
	return filepath.Join(root, "channels", "production", "log", fmt.Sprintf("%012d-%x", r.Sequence, r.Digest[:]))
}

func read(t *testing.T, name string) string {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}

func write(t *testing.T, name, text string) {
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}

func replace(t *testing.T, name, old, with string) {
	text := read(t, name)
	require.Contains(t, text, old)
	write(t, name, strings.ReplaceAll(text, old, with))
}

func FuzzReadRecord(f *testing.F) {
	f.Add([]byte(`{"sequence":1,"channel":"a","bundle":"b","version":1,"digest":"x","envelope":"y","time":"2026-01-01T00:00:00Z"}` + "\nf65e0fe81a162b1b AAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := ReadRecord(data); err == nil && r.Version > r.Sequence {
			t.Error("a version that cannot be")
		}
	})
}

// What was signed by a key that is no longer trusted stays a part of the history; nothing new may be signed by it.
func TestKeysThatWereReplaced(t *testing.T) {
	anna, bert := newSigner(t), newSigner(t)
	s := folder.Open(t.TempDir())
	c := open(t, s)
	root := trusting(1, anna)
	publish(t, c, "one", anna)

	next := trusting(1, bert)
	file, err := sign.Rotate(root, next, anna)
	require.NoError(t, err)
	_, err = s.Put(t.Context(), trust.ListKey(2), file, "")
	require.NoError(t, err)
	lists, err := Keys(t.Context(), s, root)
	require.NoError(t, err)
	require.Len(t, lists, 2)
	latest := lists[1]
	require.EqualValues(t, 2, latest.Version)

	head, err := c.Head(t.Context(), "")
	require.NoError(t, err)
	release := Release{Action: Publish, Payload: payload("two"), Why: "why", Signers: []sign.Signer{anna}, Keys: latest, Ever: Ever(lists)}
	_, err = c.Publish(t.Context(), head, release, now)
	var refusal *verify.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, verify.UnknownKey, refusal.Code)
	release.Signers = []sign.Signer{bert}
	_, err = c.Publish(t.Context(), head, release, now)
	require.NoError(t, err)
	found, err := c.Check(t.Context(), lists)
	require.NoError(t, err)
	require.Equal(t, &Findings{Records: 2, Releases: 2}, found)

	publish(t, c, "three", anna) // nobody checks
	found, err = c.Check(t.Context(), lists)
	require.NoError(t, err)
	require.Len(t, found.Problems, 1, "only the list before the one that accepted version 2 would accept it")
	require.Contains(t, found.Problems[0], "version 3: verifiers refuse it: signed by key")

	_, err = s.Put(t.Context(), trust.ListKey(3), []byte("EDGL"), "")
	require.NoError(t, err)
	_, err = Keys(t.Context(), s, root)
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, verify.Torn, refusal.Code)
}

// Whose signatures hold is not all: each release is judged as verifiers judge it.
func TestCheckJudgesReleases(t *testing.T) {
	anna, bert, oncall, eve := newSigner(t), newSigner(t), newSigner(t), newSigner(t)
	list := trusting(1, anna, bert, oncall)
	list.Keys[2].Role = verify.Recovery
	list.Channels = []verify.Required{{Channel: "production", Signers: 2}}
	revoking := *list
	revoking.Keys = append([]verify.Key(nil), list.Keys...)
	revoking.Keys[0].Role = verify.Revoked
	tests := []struct {
		name string
		keys *verify.KeyList
		do   func(c *Channel)
		want []string
	}{
		{"signed by both", list, func(c *Channel) { publish(t, c, "one", anna, bert) }, nil},
		{"signed by one of two", list, func(c *Channel) {
			publish(t, c, "one", anna, bert)
			publish(t, c, "two", anna)
			publish(t, c, "three", anna, bert)
		}, []string{"version 2: verifiers refuse it: signed by 1 of the 2 keys that are needed"}},
		{"one of the two is a stranger", list, func(c *Channel) { publish(t, c, "one", anna, eve) },
			[]string{"version 1: verifiers refuse it: signed by 1 of the 2 keys that are needed"}},
		{"something new by a recovery key alone", list, func(c *Channel) {
			publish(t, c, "one", anna, bert)
			publish(t, c, "two", oncall)
		}, []string{"record 2: it is signed by nobody who is trusted (" + sign.IDOf(oncall).String() + ")", "version 2: verifiers refuse it: signed by 0 of the 2 keys that are needed"}},
		{"restored by a recovery key alone", list, func(c *Channel) {
			first := publish(t, c, "one", anna, bert)
			second := publish(t, c, "two", anna, bert)
			data, err := c.Envelope(t.Context(), first)
			require.NoError(t, err)
			origin, err := verify.ReadEnvelope(data)
			require.NoError(t, err)
			_, err = c.Publish(t.Context(), second, Release{Action: Rollback, Payload: payload("one"), Restores: 1, Origin: origin, Why: "why",
				Signers: []sign.Signer{oncall}}, now)
			require.NoError(t, err)
		}, nil},
		{"for some places, later", list, func(c *Channel) {
			_, err := c.Publish(t.Context(), nil, Release{Action: Publish, Payload: payload("one"), Why: "why", Signers: []sign.Signer{anna, bert},
				Audience: "eu", Begins: now.Add(time.Hour), Expires: time.Hour}, now)
			require.NoError(t, err)
		}, nil},
		{"by a key that the first list has revoked already", &revoking, func(c *Channel) { publish(t, c, "one", anna, bert) }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := open(t, folder.Open(t.TempDir()))
			test.do(c)
			found, err := c.Check(t.Context(), []*verify.KeyList{test.keys})
			require.NoError(t, err)
			require.Equal(t, test.want, found.Problems)
		})
	}
}

// same answers that nothing has changed, whatever was known.
type same struct{ store.Store }

func (same) Get(context.Context, string, string) (store.Object, error) {
	return store.Object{}, store.ErrSame
}

func TestNothingKnownCannotBeUnchanged(t *testing.T) {
	c, err := Open(same{folder.Open(t.TempDir())}, "production")
	require.NoError(t, err)
	_, err = c.Head(t.Context(), "")
	var refusal *verify.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, verify.Unavailable, refusal.Code)
	require.NotErrorIs(t, err, store.ErrSame)
	_, err = c.Head(t.Context(), "a tag")
	require.ErrorIs(t, err, store.ErrSame)
	require.False(t, errors.As(err, &refusal))
}
