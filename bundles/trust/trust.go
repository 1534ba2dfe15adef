// Package trust keeps what a verifier trusts and remembers: the file of its root keys, and a folder with the highest version that it accepted
// and the last good release.
//
// Reach for Open, then Accept for each release that is fetched. Which release is accepted, core/verify says; here it is made to last. The files
// are the verifier's own: whoever can write them can make it accept anything.
//
// Package sign makes what is accepted here.
package trust

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// roles are the words of a trust file.
const recovery = "recovery"

// file is a trust file: the key list that a verifier begins with.
//
//	{
//	  "version": 1,
//	  "threshold": 1,
//	  "channels": {"production": 2},
//	  "keys": [
//	    {"id": "f65e0fe81a162b1b", "name": "anna", "public": "A6EH..."},
//	    {"id": "0d1c...", "name": "on-call", "public": "...", "role": "recovery"},
//	    {"id": "77ab...", "name": "bert", "public": "...", "revoked": true}
//	  ]
//	}
//
// threshold is how many signers a release needs, channels says so for some of them. previous, the digest of the list before, stands in lists from
// version 2 on.
type file struct {
	Version   uint64            `json:"version"`
	Previous  string            `json:"previous,omitempty"`
	Threshold uint32            `json:"threshold"`
	Channels  map[string]uint32 `json:"channels,omitempty"`
	Keys      []key             `json:"keys"`
}

type key struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Public  string `json:"public"` // base64
	Role    string `json:"role,omitempty"`
	Revoked bool   `json:"revoked,omitempty"`
}

// Read reads a trust file. An unknown key in it is an error: what is misspelled must not be ignored here.
func Read(path string) (*verify.KeyList, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	list, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("trust file %s: %w", path, err)
	}
	return list, nil
}

// Parse reads the text of a trust file.
func Parse(data []byte) (*verify.KeyList, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var f file
	if err := decoder.Decode(&f); err != nil {
		return nil, explain(data, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the list")
	}
	list := &verify.KeyList{Version: f.Version, Threshold: f.Threshold}
	if f.Previous != "" {
		var err error
		if list.Previous, err = ParseDigest(f.Previous); err != nil {
			return nil, fmt.Errorf("previous: %w", err)
		}
	}
	for channel, signers := range f.Channels {
		list.Channels = append(list.Channels, verify.Required{Channel: channel, Signers: signers})
	}
	slices.SortFunc(list.Channels, func(a, b verify.Required) int { return bytes.Compare([]byte(a.Channel), []byte(b.Channel)) })
	for i, k := range f.Keys {
		own, err := k.read()
		if err != nil {
			return nil, fmt.Errorf("keys[%d]: %w", i, err)
		}
		list.Keys = append(list.Keys, own)
	}
	return list, Check(list)
}

// Misspelled is a key of a trust file that there is none of.
type Misspelled struct {
	Line int // from 1
	Key  string
}

func (m *Misspelled) Error() string { return fmt.Sprintf("line %d: unknown key %q", m.Line, m.Key) }

// Words are the keys of a trust file.
var Words = []string{"version", "previous", "threshold", "channels", "keys", "id", "name", "public", "role", "revoked"}

// explain says where in a trust file something is wrong.
func explain(data []byte, err error) error {
	line := func(offset int64) int { return 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n")) }
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case bytes.Contains(data, []byte("PRIVATE KEY-----")):
		return errors.New("a private key, which is for --key: a trust file is what `edgewise keys new --trust` writes")
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s cannot be a %s", line(kind.Offset), cmp.Or(kind.Field, "a trust file"), kind.Value)
	}
	// What encoding/json says of an unknown key has neither a type nor a place.
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if name, bad := strconv.Unquote(quoted); bad == nil {
			return &Misspelled{line(int64(bytes.Index(data, []byte(quoted)))), name}
		}
	}
	return err
}

func (k *key) read() (own verify.Key, err error) {
	public, err := base64.StdEncoding.DecodeString(k.Public)
	if err != nil || len(public) != len(own.Public) {
		return own, fmt.Errorf("public: want %d bytes in base64", len(own.Public))
	}
	own.Public, own.Name = [32]byte(public), k.Name
	if id := verify.ID(own.Public).String(); k.ID != "" && k.ID != id {
		return own, fmt.Errorf("id %s: the id of this public key is %s", k.ID, id)
	}
	switch k.Role {
	case recovery:
		own.Role = verify.Recovery
	case "":
	default:
		return own, fmt.Errorf("role %q: the only one is %q; without it a key signs releases", k.Role, recovery)
	}
	if k.Revoked {
		own.Role |= verify.Revoked
	}
	return own, nil
}

// Check says what is wrong with a list that was put together by hand. It may have fewer signers than its threshold: then nothing is accepted.
func Check(list *verify.KeyList) error {
	switch {
	case list.Version == 0:
		return errors.New("version: begins at 1")
	case list.Threshold == 0:
		return errors.New("threshold: want at least 1")
	case len(list.Keys) > verify.MaxKeys:
		return fmt.Errorf("keys: %d, the limit is %d", len(list.Keys), verify.MaxKeys)
	case len(list.Channels) > verify.MaxChannels:
		return fmt.Errorf("channels: %d, the limit is %d", len(list.Channels), verify.MaxChannels)
	}
	for _, c := range list.Channels {
		if !verify.IsName(c.Channel) || c.Signers == 0 {
			return fmt.Errorf("channels: %q: %d: want a channel's name and at least 1", c.Channel, c.Signers)
		}
	}
	seen := map[verify.KeyID]bool{}
	for _, k := range list.Keys {
		id := verify.ID(k.Public)
		if seen[id] {
			return fmt.Errorf("key %s stands twice", id)
		}
		if seen[id] = true; k.Name != "" && !verify.IsName(k.Name) {
			return fmt.Errorf("key %s: name %q: want a letter, then at most 63 letters, digits, dots, underscores and hyphens", id, k.Name)
		}
	}
	if _, err := verify.ReadKeyList(list.Append(nil)); err != nil {
		return fmt.Errorf("not a list that verifiers read: %w", err)
	}
	return nil
}

// Format gives the text of a trust file.
func Format(list *verify.KeyList) []byte {
	f := file{Version: list.Version, Threshold: list.Threshold, Keys: []key{}}
	if list.Previous != (verify.Digest{}) {
		f.Previous = list.Previous.String()
	}
	for _, c := range list.Channels {
		if f.Channels == nil {
			f.Channels = map[string]uint32{}
		}
		f.Channels[c.Channel] = c.Signers
	}
	for _, k := range list.Keys {
		own := key{ID: verify.ID(k.Public).String(), Name: k.Name, Public: base64.StdEncoding.EncodeToString(k.Public[:]), Revoked: k.Role&verify.Revoked != 0}
		if k.Role&verify.Recovery != 0 {
			own.Role = recovery
		}
		f.Keys = append(f.Keys, own)
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		panic("trust: internal error: " + err.Error()) // strings and numbers always marshal
	}
	return append(text, '\n')
}
