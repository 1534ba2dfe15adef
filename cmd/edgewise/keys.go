package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/verify"
)

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keys",
		GroupID: groupPublish,
		Short:   "Make the keys that sign releases, and say whose count",
		Long: `A trust file says whose signatures count. Whoever verifies has a copy, got by a way that
is trusted: in a repository, on a disk, built in. Private keys stay with those who sign.`,
		Example: `  edgewise keys new --key anna.key --trust shop.trust
  edgewise keys list --trust shop.trust
  edgewise keys rotate --to shop-rules --trust shop.trust --key anna.key --add bert.key`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddGroup(&cobra.Group{ID: groupPublish, Title: "Commands:"})
	for _, sub := range []*cobra.Command{newKeysNew(), newKeysList(), newKeysRotate()} {
		sub.DisableFlagsInUseLine = true
		cmd.AddCommand(sub)
	}
	return cmd
}

// keyJSON is a key as commands print it.
type keyJSON struct {
	ID      string `json:"id"`
	Public  string `json:"public"`
	Name    string `json:"name,omitempty"`
	Role    string `json:"role,omitempty"`
	Revoked bool   `json:"revoked,omitempty"`
}

func keyOf(k *verify.Key) keyJSON {
	j := keyJSON{ID: verify.ID(k.Public).String(), Public: base64.StdEncoding.EncodeToString(k.Public[:]), Name: k.Name, Revoked: k.Role&verify.Revoked != 0}
	if k.Role&verify.Recovery != 0 {
		j.Role = "recovery"
	}
	return j
}

// keyMaker is what keys new was asked to do.
type keyMaker struct {
	files       []string
	trust, name string
	threshold   uint32
	recovery    bool
}

func newKeysNew() *cobra.Command {
	var k keyMaker
	cmd := &cobra.Command{
		Use:     "new --key PRIVATE_FILE --trust TRUST_FILE [--threshold N] [--name NAME] [--recovery]",
		GroupID: groupPublish,
		Short:   "Make a key and trust it",
		Long: `Makes an Ed25519 key: the private part goes to PRIVATE_FILE, which only its owner may
read, the public part is added to TRUST_FILE, which is made where it is missing. --key may
be given several times.

--threshold says how many keys must sign a release; in the trust file "channels" says so
for single channels: {"production": 2}. A key with --recovery signs no releases; alone it
may restore what enough signers have released before, and switch decisions of it off.

Once verifiers have the trust file, keys are added and revoked by ` + "`edgewise keys rotate`" + `.`,
		Example: `  edgewise keys new --key anna.key --trust shop.trust
  edgewise keys new --key bert.key --trust shop.trust --name bert --threshold 2`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return k.run(cmd) },
	}
	cmd.Flags().StringArrayVar(&k.files, "key", nil, "the `PRIVATE_FILE` to write; may be given several times")
	cmd.Flags().StringVar(&k.trust, "trust", "", "the `TRUST_FILE` to add the key to; without one it is only made")
	cmd.Flags().Uint32Var(&k.threshold, "threshold", 0, "`N` keys must sign a release (if absent as it was, 1 at first)")
	cmd.Flags().StringVar(&k.name, "name", "", "the `NAME` of the key's owner, for people (if absent the file's)")
	cmd.Flags().BoolVar(&k.recovery, "recovery", false, "a key for whoever is on call")
	return cmd
}

func (k *keyMaker) run(cmd *cobra.Command) error {
	if len(k.files) == 0 {
		return &usageError{"keys new: --key is missing", "such as `edgewise keys new --key anna.key --trust shop.trust`: the private key's file, and who verifies gets the other"}
	}
	list := &verify.KeyList{Version: 1, Threshold: 1}
	if k.trust != "" {
		found, err := trust.Read(k.trust)
		if err == nil {
			list = found
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if list.Version > 1 {
			return &hinted{fmt.Errorf("%s is version %d of a list that verifiers follow", k.trust, list.Version), "`edgewise keys rotate` adds a key to it"}
		}
	}
	if cmd.Flags().Changed("threshold") {
		list.Threshold = k.threshold
	}
	for _, file := range k.files {
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s is there already: a private key is not overwritten", file)
		}
	}
	var private [][]byte
	for _, path := range k.files {
		signer, file, err := sign.Generate()
		if err != nil {
			return err
		}
		key := verify.Key{Public: signer.Public(), Name: cmp.Or(k.name, nameOf(path))}
		if k.recovery {
			key.Role = verify.Recovery
		}
		list.Keys = append(list.Keys, key)
		private = append(private, file)
	}
	if err := trust.Check(list); err != nil {
		return err
	}
	for i, file := range k.files {
		if err := sign.WritePrivate(file, private[i]); err != nil {
			return err
		}
		if err := printJSON(stdout, keyOf(&list.Keys[len(list.Keys)-len(k.files)+i])); err != nil {
			return err
		}
	}
	if k.trust == "" {
		return nil
	}
	if err := replaceFile(k.trust, trust.Format(list)); err != nil {
		return err
	}
	warnFewSigners(list)
	return nil
}

// nameOf is what a key is called after its file: anna of keys/anna.key; "" where that is no name.
func nameOf(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if !verify.IsName(name) {
		return ""
	}
	return name
}

// warnFewSigners says where nothing can be released yet.
func warnFewSigners(list *verify.KeyList) {
	signers := 0
	for _, k := range list.Keys {
		if k.Role == 0 {
			signers++
		}
	}
	most := list.Threshold
	for _, c := range list.Channels {
		most = max(most, c.Signers)
	}
	if signers < int(most) {
		fmt.Fprintf(os.Stderr, "%s may sign, and %d must: nothing can be released yet\n", plural(signers, "key"), most)
	}
}

func newKeysList() *cobra.Command {
	var path, url string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list --trust TRUST_FILE [--from URL] [--json]",
		GroupID: groupPublish,
		Short:   "Show whose signatures count",
		Long: `Shows the keys of a trust file; with --from those that count after all changes that
` + "`edgewise keys rotate`" + ` has put into the store.`,
		Example: `  edgewise keys list --trust shop.trust --from shop-rules`,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := readKeys(cmd, path, url)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := stdout.Write(trust.Format(list))
				return err
			}
			return printKeys(list)
		},
	}
	cmd.Flags().StringVar(&path, "trust", "", "the `TRUST_FILE`")
	cmd.Flags().StringVar(&url, "from", "", "the `URL` of a store with later lists")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a trust file")
	return cmd
}

func printKeys(list *verify.KeyList) error {
	style := term.StyleOf(stdout)
	fmt.Fprintf(stdout, "version %d; %s must sign a release\n", list.Version, plural(int(list.Threshold), "key"))
	for _, c := range list.Channels {
		fmt.Fprintf(stdout, "  in %s %d\n", c.Channel, c.Signers)
	}
	rows := [][]string{{style.Dim("KEY"), style.Dim("NAME"), style.Dim("MAY")}}
	for i := range list.Keys {
		k := keyOf(&list.Keys[i])
		may := "sign"
		switch {
		case k.Revoked:
			may = "nothing: revoked"
		case k.Role != "":
			may = "restore"
		}
		rows = append(rows, []string{k.ID, k.Name, may})
	}
	term.Table(stdout, "", rows)
	return stdout.err
}

// readKeys reads a trust file and the lists that followed it in a store; url is "" for none.
func readKeys(cmd *cobra.Command, path, url string) (*verify.KeyList, error) {
	if path == "" {
		return nil, &usageError{"keys " + cmd.Name() + ": --trust is missing", "usage: " + cmd.UseLine()}
	}
	list, err := trust.Read(path)
	if err != nil || url == "" {
		return list, err
	}
	s, err := open.URL(url)
	if err != nil {
		return nil, err
	}
	return followKeys(cmd, s, list)
}

// followKeys follows the signed lists in a store.
func followKeys(cmd *cobra.Command, s store.Store, list *verify.KeyList) (*verify.KeyList, error) {
	for {
		object, err := s.Get(cmd.Context(), trust.ListKey(list.Version+1), "")
		if errors.Is(err, store.ErrNotFound) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if list, err = list.Next(object.Data, verify.CheckSignature); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s, trust.ListKey(list.Version+1), err)
		}
	}
}

// rotation is what keys rotate was asked to do.
type rotation struct {
	url, trust           string
	keys, adds, recovers []string
	revokes, removes     []string
	requires             []string
	threshold            uint32
	name                 string
}

func newKeysRotate() *cobra.Command {
	var r rotation
	cmd := &cobra.Command{
		Use:     "rotate --to URL --trust TRUST_FILE --key FILE... [--add KEY] [--revoke ID] [--threshold N] [--require CHANNEL=N]",
		GroupID: groupPublish,
		Short:   "Change whose signatures count",
		Long: `Signs the next key list and puts it into the store, from where verifiers follow it: they
trust it because enough keys of the list before have signed it, as many as its largest
threshold says. Keys that are revoked or left out count no more. Releases that only they
have signed are refused from then on, in the channels that it names: publish again with
the new keys.

Trust files need no change: they are where verifiers begin.

` + storeHelp,
		Example: `  edgewise keys rotate --to shop-rules --trust shop.trust --key anna.key --add bert.key
  edgewise keys rotate --to shop-rules --trust shop.trust --key bert.key --revoke f65e0fe81a162b1b`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd) },
	}
	cmd.Flags().StringVar(&r.url, "to", "", "the `URL` of the store")
	cmd.Flags().StringVar(&r.trust, "trust", "", "the `TRUST_FILE` that verifiers began with")
	cmd.Flags().StringArrayVar(&r.keys, "key", nil, "a private key to sign with: a `FILE` of `edgewise keys new`, env:NAME or\nexec:COMMAND; may be given several times")
	cmd.Flags().StringArrayVar(&r.adds, "add", nil, "a `KEY` that may sign from now on: a public key in base64, or a private key as\n--key takes it")
	cmd.Flags().StringArrayVar(&r.recovers, "add-recovery", nil, "likewise a `KEY` that may only restore")
	cmd.Flags().StringVar(&r.name, "name", "", "the `NAME` of the owner of the key that is added")
	cmd.Flags().StringArrayVar(&r.revokes, "revoke", nil, "the `ID` or name of a key that must not count any more")
	cmd.Flags().StringArrayVar(&r.removes, "remove", nil, "the `ID` or name of a key to leave out")
	cmd.Flags().Uint32Var(&r.threshold, "threshold", 0, "`N` keys must sign a release (if absent as it was)")
	cmd.Flags().StringArrayVar(&r.requires, "require", nil, "N keys must sign a release in a channel: `CHANNEL=N`; 0: as everywhere")
	return cmd
}

func (r *rotation) run(cmd *cobra.Command) error {
	if r.url == "" || len(r.keys) == 0 {
		return &usageError{"keys rotate: --to or --key is missing", "usage: " + cmd.UseLine()}
	}
	list, err := readKeys(cmd, r.trust, r.url)
	if err != nil {
		return err
	}
	next, err := r.change(cmd, list)
	if err != nil {
		return err
	}
	var signers []sign.Signer
	for _, where := range r.keys {
		signer, err := sign.Open(where)
		if err != nil {
			return err
		}
		signers = append(signers, signer)
	}
	file, err := sign.Rotate(list, next, signers...)
	if err != nil {
		return err
	}
	s, err := open.URL(r.url)
	if err != nil {
		return err
	}
	_, err = s.Put(cmd.Context(), trust.ListKey(next.Version), file, "")
	if errors.Is(err, store.ErrChanged) {
		return &hinted{err, "nothing of yours was written: see `edgewise keys list`, then do it again"}
	}
	if err != nil {
		return err
	}
	if err := printKeys(next); err != nil {
		return err
	}
	warnUnsigned(cmd.Context(), s, next)
	return nil
}

// warnUnsigned names the channels of a store whose current release a key list does not accept. What cannot be read is what `edgewise verify` is for.
func warnUnsigned(ctx context.Context, s store.Store, keys *verify.KeyList) {
	names, err := channel.Names(ctx, s)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: whether releases lack signatures now was not looked at: %v\n", s, err)
	}
	for _, name := range names {
		c := &channel.Channel{Store: s, Name: name}
		release, _, err := readRelease(ctx, c, 0, trusted{}, nil)
		if err != nil {
			continue
		}
		data := release.envelope.Append(nil)
		policy := verify.Policy{Keys: keys, Channel: name, Audience: release.statement.Audience}
		var refusal *verify.Refusal
		_, err = policy.Accept(data, max(release.record.Time.Unix(), release.statement.NotBefore), verify.CheckSignature)
		if errors.As(err, &refusal) && slices.Contains([]verify.Code{verify.Threshold, verify.UnknownKey, verify.RevokedKey}, refusal.Code) {
			fmt.Fprintf(os.Stderr, "%s@%d is refused from now on: %v; publish it again with the new keys\n", c, release.record.Version, err)
		}
	}
}

// change makes the next list.
func (r *rotation) change(cmd *cobra.Command, list *verify.KeyList) (*verify.KeyList, error) {
	next := &verify.KeyList{Version: list.Version + 1, Threshold: list.Threshold, Channels: slices.Clone(list.Channels), Keys: slices.Clone(list.Keys)}
	if cmd.Flags().Changed("threshold") {
		next.Threshold = r.threshold
	}
	for _, which := range r.revokes {
		i, err := findKey(next, which)
		if err != nil {
			return nil, err
		}
		next.Keys[i].Role |= verify.Revoked
	}
	for _, which := range r.removes {
		i, err := findKey(next, which)
		if err != nil {
			return nil, err
		}
		next.Keys = slices.Delete(next.Keys, i, i+1)
	}
	for i, where := range append(slices.Clone(r.adds), r.recovers...) {
		public, err := publicKey(where)
		if err != nil {
			return nil, err
		}
		key := verify.Key{Public: public, Name: r.name}
		if i >= len(r.adds) {
			key.Role = verify.Recovery
		}
		next.Keys = append(next.Keys, key)
	}
	for _, text := range r.requires {
		if err := requireIn(next, text); err != nil {
			return nil, err
		}
	}
	return next, trust.Check(next)
}

// findKey finds a key by its id or name.
func findKey(list *verify.KeyList, which string) (int, error) {
	for i, k := range list.Keys {
		if verify.ID(k.Public).String() == which || k.Name != "" && k.Name == which {
			return i, nil
		}
	}
	return 0, &hinted{fmt.Errorf("no key %q in the list", which), "`edgewise keys list` shows them"}
}

// publicKey is a public key in base64, or that of a private key.
func publicKey(where string) ([32]byte, error) {
	if data, err := base64.StdEncoding.DecodeString(where); err == nil && len(data) == 32 {
		return [32]byte(data), nil
	}
	signer, err := sign.Open(where)
	if err != nil {
		return [32]byte{}, err
	}
	return signer.Public(), nil
}

// requireIn sets how many must sign in a channel.
func requireIn(list *verify.KeyList, text string) error {
	channel, number, ok := strings.Cut(text, "=")
	signers, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || !verify.IsName(channel) {
		return &usageError{fmt.Sprintf("--require %q: want CHANNEL=N", text), "such as --require production=2"}
	}
	at, found := slices.BinarySearchFunc(list.Channels, channel, func(r verify.Required, name string) int { return strings.Compare(r.Channel, name) })
	switch {
	case found && signers == 0:
		list.Channels = slices.Delete(list.Channels, at, at+1)
	case found:
		list.Channels[at].Signers = uint32(signers)
	case signers > 0:
		list.Channels = slices.Insert(list.Channels, at, verify.Required{Channel: channel, Signers: uint32(signers)})
	}
	return nil
}
