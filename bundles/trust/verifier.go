package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Verifier accepts releases for one place, and remembers. It is used by one goroutine at a time. A folder may be shared: each acceptance begins with what
// other verifiers have accepted there meanwhile.
type Verifier struct {
	policy verify.Policy
	dir    string          // "": remembers only while it lives
	trying bool            // writes nothing
	before []verify.Digest // of the key lists that led to policy.Keys, the root first
	held   uint64          // the candidate that is not taken here any more; 0: none

	refusals refusals
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
	if err := v.read(); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return v, nil
}

// OnlyTry makes v write nothing from now on, such as where the time is not the clock's: its folder stays as it is.
func (v *Verifier) OnlyTry() { v.trying = true }

// Policy is what is accepted now.
func (v *Verifier) Policy() verify.Policy { return v.policy }

// Accept says whether an envelope goes into service at the time now, and if so remembers it, on disk before it returns. The error of a refusal
// wraps a *verify.Refusal; it changes nothing, and is counted (Refusals).
func (v *Verifier) Accept(envelope []byte, now time.Time) (*Accepted, error) {
	a, err := v.accept(envelope, now, false)
	return a, v.Refused(err)
}

func (v *Verifier) accept(envelope []byte, now time.Time, builtIn bool) (*Accepted, error) {
	unlock, err := v.reload()
	if err != nil {
		return nil, err
	}
	defer unlock()
	before := v.policy.Accepted
	if builtIn {
		v.policy.Accepted = withBuiltIn(before, envelope)
	}
	a, err := v.check(envelope, now)
	if err == nil {
		v.policy.Accepted = v.policy.Accepted.After(&a.Release, now.Unix())
		err = v.write(a)
	}
	if err != nil {
		v.policy.Accepted = before
		return nil, err
	}
	v.policy.Bundle = a.Statement.Bundle
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

// Hold remembers that the candidate of that version is not to be taken here any more.
func (v *Verifier) Hold(version uint64) error {
	unlock, err := v.reload()
	v.held = max(v.held, version)
	if err != nil {
		return err
	}
	defer unlock()
	return v.writeState(v.policy.Bundle)
}

// Held is the version of the candidate that is not to be taken here any more; 0: there is none.
func (v *Verifier) Held() uint64 { return v.held }

// BuiltIn is Accept for a release that is part of the program, and so counts as one that was accepted before: whatever the clock says, also where it has
// expired since. It is refused where a higher version was accepted, and that is not counted.
func (v *Verifier) BuiltIn(envelope []byte, now time.Time) (*Accepted, error) {
	return v.accept(envelope, now, true)
}

// withBuiltIn is the mark once a release was accepted, if it is newer.
func withBuiltIn(mark verify.Mark, envelope []byte) verify.Mark {
	if e, err := verify.ReadEnvelope(envelope); err == nil {
		if s, err := verify.ReadStatement(e.Release.Body); err == nil && s.Version > mark.Version {
			mark.Version, mark.Payload = s.Version, s.Payload
		}
	}
	return mark
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
	before := v.policy.Keys
	unlock, err := v.reload()
	if err != nil {
		return err
	}
	defer unlock()
	if v.policy.Keys != before { // another verifier was faster
		return nil
	}
	next, err := before.Next(listFile, verify.CheckSignature)
	if err != nil {
		return err
	}
	led := append(slices.Clone(v.before), verify.Sum(before.Append(nil)))
	if err := v.writeKeys(next, led); err != nil {
		return err
	}
	v.policy.Keys, v.before = next, led
	return nil
}
