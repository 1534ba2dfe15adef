package main

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
	if signers, most := able(list); signers < most {
		fmt.Fprintf(os.Stderr, "%s may sign, and %d must: nothing can be released yet\n", plural(signers, "key"), most)
	}
}

// able is how many keys of a list may sign releases, and the most that must sign one.
func able(list *verify.KeyList) (signers, most int) {
	for _, k := range list.Keys {
		if k.Role == 0 {
			signers++
		}
	}
	most = int(list.Threshold)
	for _, c := range list.Channels {
		most = max(most, int(c.Signers))
	}
	return signers, most
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
