package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// The files of a state folder.
const (
	stateFile   = "state.json"      // what was accepted
	bundleFile  = "bundle.edgewise" // the envelope that was accepted last
	keysFile    = "keys.json"       // the key list in force, where it is not the root any more
	privateMode = 0o600
)

// Verifier accepts releases for one place, and remembers. It is used by one goroutine, and its folder by one Verifier, at a time.
type Verifier struct {
	policy verify.Policy
	dir    string // "": remembers only while it lives
	trying bool   // writes nothing
	held   uint64 // the candidate that is not taken here any more; 0: none

	refusals refusals
}

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

// Accepted is a release that may go into service.
type Accepted struct {
	verify.Release
	Envelope []byte
	Bundle   *core.Bundle // the payload, ready to decide
}

// Open makes a verifier of policy, with what the folder dir remembers; the folder is made where it is missing. A folder that cannot be
// read, or is another channel's, is an error: without it an older release would be accepted again.
func Open(policy verify.Policy, dir string) (*Verifier, error) {
	v := &Verifier{policy: policy, dir: dir}
	if dir == "" {
		return v, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := v.readState(); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return v, nil
}

func (v *Verifier) readState() error {
	list, err := Read(filepath.Join(v.dir, keysFile))
	switch {
	case err == nil:
		if list.Version > v.policy.Keys.Version {
			v.policy.Keys = list
		}
	case !errors.Is(err, fs.ErrNotExist):
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
	v.policy.Accepted = verify.Mark{Version: s.Version, Payload: payload, Candidate: s.Candidate, Tried: tried, Time: at.Unix()}
	v.held = s.Held
	return nil
}

// OnlyTry makes v write nothing from now on, such as where the time is not the clock's: its folder stays as it is.
func (v *Verifier) OnlyTry() { v.trying = true }

// Policy is what is accepted now.
func (v *Verifier) Policy() verify.Policy { return v.policy }

// Accept says whether an envelope goes into service at the time now, and if so remembers it, on disk before it returns. The error of a refusal
// wraps a *verify.Refusal; it changes nothing, and is counted (Refusals).
func (v *Verifier) Accept(envelope []byte, now time.Time) (*Accepted, error) {
	a, err := v.accept(envelope, now)
	return a, v.Refused(err)
}

func (v *Verifier) accept(envelope []byte, now time.Time) (*Accepted, error) {
	a, err := v.check(envelope, now)
	if err != nil {
		return nil, err
	}
	mark := v.policy.Accepted.After(&a.Release, now.Unix())
	if v.keeps() {
		if err := v.write(a, mark); err != nil {
			return nil, err
		}
	}
	v.policy.Accepted, v.policy.Bundle = mark, a.Statement.Bundle
	return a, nil
}

func (v *Verifier) keeps() bool { return v.dir != "" && !v.trying }

// check accepts an envelope without remembering.
func (v *Verifier) check(envelope []byte, now time.Time) (*Accepted, error) {
	b, release, err := v.policy.Load(envelope, now.Unix())
	var refusal *verify.Refusal
	if errors.As(err, &refusal) && refusal.Code == verify.Clock && v.dir != "" {
		return nil, fmt.Errorf(`%w, says %s: set the clock right, or if it is right and was wrong then, write the right time as "time" into that file`,
			err, filepath.Join(v.dir, stateFile))
	}
	if err != nil {
		return nil, err
	}
	if values.Check(&b.Bundle) != nil {
		return nil, &verify.Refusal{Code: verify.Format, Cause: &format.Refusal{Code: format.BadRecord, Section: format.TagVariants}}
	}
	return &Accepted{*release, envelope, b}, nil
}

// write keeps the release before the mark: after an end between the two, the release is found and accepted again. A candidate is not kept: what a start
// without network begins with is what is for all.
func (v *Verifier) write(a *Accepted, mark verify.Mark) error {
	if !a.Statement.Candidate() {
		if err := folder.Replace(filepath.Join(v.dir, bundleFile), a.Envelope, privateMode); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	return v.writeState(a.Statement.Bundle, mark)
}

func (v *Verifier) writeState(bundle string, mark verify.Mark) error {
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

// Hold remembers that the candidate of that version is not to be taken here any more.
func (v *Verifier) Hold(version uint64) error {
	v.held = version
	if !v.keeps() {
		return nil
	}
	return v.writeState(v.policy.Bundle, v.policy.Accepted)
}

// Held is the version of the candidate that is not to be taken here any more; 0: there is none.
func (v *Verifier) Held() uint64 { return v.held }

// BuiltIn is Accept for a release that is part of the program, and so counts as one that was accepted before: whatever the clock says, also where it has
// expired since. It is refused where a higher version was accepted, and that is not counted.
func (v *Verifier) BuiltIn(envelope []byte, now time.Time) (*Accepted, error) {
	before := v.policy.Accepted
	if e, err := verify.ReadEnvelope(envelope); err == nil {
		if s, err := verify.ReadStatement(e.Release.Body); err == nil && s.Version > before.Version {
			v.policy.Accepted.Version, v.policy.Accepted.Payload = s.Version, s.Payload
		}
	}
	a, err := v.accept(envelope, now)
	if err != nil {
		v.policy.Accepted = before
	}
	return a, err
}

// LastGood gives the release that was accepted last, verified again; it may have expired since. The error is fs.ErrNotExist where there is none, and
// wraps a *verify.Refusal where it is not accepted any more, such as after a key was revoked.
func (v *Verifier) LastGood(now time.Time) (*Accepted, error) {
	if v.dir == "" {
		return nil, fs.ErrNotExist
	}
	envelope, err := os.ReadFile(filepath.Join(v.dir, bundleFile))
	if err != nil {
		return nil, err
	}
	return v.Accept(envelope, now)
}

// ListKey is where in a store the signed key list of a version lies.
func ListKey(version uint64) string { return fmt.Sprintf("keys/%d", version) }

// Follow takes the signed key list that follows the one in force, and trusts it from now on. The error wraps a *verify.Refusal, changes nothing and is counted.
func (v *Verifier) Follow(listFile []byte) error { return v.Refused(v.follow(listFile)) }

func (v *Verifier) follow(listFile []byte) error {
	next, err := v.policy.Keys.Next(listFile, verify.CheckSignature)
	if err != nil {
		return err
	}
	if v.keeps() {
		if err := folder.Replace(filepath.Join(v.dir, keysFile), Format(next), privateMode); err != nil {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	v.policy.Keys = next
	return nil
}
