package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// The files of a state folder.
const (
	stateFile   = "state.json"      // what was accepted
	bundleFile  = "bundle.edgewise" // the envelope that was accepted last
	keysFile    = "keys.json"       // the key list in force, where it is not the root any more
	lockFile    = ".lock"           // of whoever accepts something
	privateMode = 0o600
)

// state is the file of that name.
type state struct {
	Bundle  string `json:"bundle"`
	Channel string `json:"channel"`
	Version uint64 `json:"version"`
	Payload string `json:"digest"`
	Time    string `json:"time"` // the latest time at which something was accepted

	Candidate uint64 `json:"candidate,omitempty"` // the highest version that was accepted as a candidate
	Tried     string `json:"candidate_digest,omitempty"`
	Held      uint64 `json:"held,omitempty"` // the candidate that is not taken here any more
}

// keys is the file of that name.
type keys struct {
	After []string        `json:"after"` // the digests of the lists that led to it, the root's first
	List  json.RawMessage `json:"list"`  // as a trust file
}

// reload takes in what other verifiers have written into the folder, and keeps them from writing until unlock is called.
func (v *Verifier) reload() (unlock func(), err error) {
	if !v.keeps() {
		return func() {}, nil
	}
	if unlock, err = lockedfile.MutexAt(filepath.Join(v.dir, lockFile)).Lock(); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if err := v.read(); err != nil {
		unlock()
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return unlock, nil
}

// read takes what the folder remembers, where that is later than what v knows.
func (v *Verifier) read() error {
	if err := v.readKeys(); err != nil {
		return err
	}
	path := filepath.Join(v.dir, stateFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	payload, err := ParseDigest(s.Payload)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	at, err := time.Parse(time.RFC3339, s.Time)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var tried verify.Digest
	if s.Candidate > 0 {
		if tried, err = ParseDigest(s.Tried); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if s.Channel != v.policy.Channel || v.policy.Bundle != "" && s.Bundle != v.policy.Bundle {
		return fmt.Errorf("%s is of %s#%s: give another folder for each bundle and channel", path, s.Bundle, s.Channel)
	}
	v.policy.Bundle = s.Bundle
	mark := &v.policy.Accepted
	if s.Version > mark.Version {
		mark.Version, mark.Payload = s.Version, payload
	}
	if s.Candidate > mark.Candidate {
		mark.Candidate, mark.Tried = s.Candidate, tried
	}
	mark.Time = max(mark.Time, at.Unix())
	v.held = max(v.held, s.Held)
	return nil
}

// readKeys takes the key list of the folder where the one that v trusts has led to it. Whoever gives another root, such as after keys were stolen, is not to
// find the old ones trusted for what lies in a folder.
func (v *Verifier) readKeys() error {
	path := filepath.Join(v.dir, keysFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var k keys
	if err := json.Unmarshal(data, &k); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	list, err := Parse(k.List)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	before := make([]verify.Digest, len(k.After))
	for i, text := range k.After {
		if before[i], err = ParseDigest(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if slices.Contains(before, verify.Sum(v.policy.Keys.Append(nil))) {
		v.policy.Keys, v.before = list, before
	}
	return nil
}

// writeKeys keeps a key list and which ones led to it.
func (v *Verifier) writeKeys(list *verify.KeyList, before []verify.Digest) error {
	if !v.keeps() {
		return nil
	}
	k := keys{List: Format(list)}
	for _, digest := range before {
		k.After = append(k.After, digest.String())
	}
	text, err := json.MarshalIndent(k, "", "  ")
	if err == nil {
		err = folder.Replace(filepath.Join(v.dir, keysFile), append(text, '\n'), privateMode)
	}
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	return nil
}

// write keeps the release before the mark: after an end between the two, the release is found and accepted again. A candidate is not kept: what a start
// without network begins with is what is for all.
func (v *Verifier) write(a *Accepted) error {
	if !v.keeps() {
		return nil
	}
	if !a.Statement.Candidate() {
		if err := folder.Replace(filepath.Join(v.dir, bundleFile), a.Envelope, privateMode); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	return v.writeState(a.Statement.Bundle)
}

func (v *Verifier) writeState(bundle string) error {
	if !v.keeps() {
		return nil
	}
	mark := v.policy.Accepted
	s := state{Bundle: bundle, Channel: v.policy.Channel, Version: mark.Version, Payload: mark.Payload.String(),
		Time: time.Unix(mark.Time, 0).UTC().Format(time.RFC3339), Candidate: mark.Candidate, Held: v.held}
	if mark.Candidate > 0 {
		s.Tried = mark.Tried.String()
	}
	text, err := json.Marshal(s)
	if err == nil {
		err = folder.Replace(filepath.Join(v.dir, stateFile), append(text, '\n'), privateMode)
	}
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	return nil
}
