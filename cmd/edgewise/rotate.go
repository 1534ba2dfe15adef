package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

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

Trust files need no change: they are where verifiers begin. But whoever has a stolen key
and can write the store can keep the list that revokes it from a verifier, which goes on
trusting it. So after a theft give verifiers the new list as their trust file, too:
edgewise keys list --trust TRUST_FILE --from URL --json prints it.

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
	cmd.Flags().StringArrayVar(&r.recovers, "add-recovery", nil, "likewise a `KEY` that may only restore and switch off")
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
	s, err := open.URL(r.url)
	if err != nil {
		return err
	}
	if err := writable(s); err != nil {
		return err
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
	if signers, most := able(next); signers < most {
		return nil, &hinted{fmt.Errorf("%s could sign then, and %d must: nothing could be released any more", plural(signers, "key"), most),
			"--add another, or let fewer be enough: --threshold N, --require CHANNEL=N"}
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
