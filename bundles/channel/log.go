package channel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Log goes through a channel's records from the latest to the first. It ends after an error: of a record that is missing, is not the one that
// the record after it names, or does not fit.
func (c *Channel) Log(ctx context.Context) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		r, err := c.Head(ctx, "")
		for {
			if !yield(r, err) || err != nil || r.Sequence == 1 {
				return
			}
			r, err = c.before(ctx, r)
		}
	}
}

// before reads the record before one.
func (c *Channel) before(ctx context.Context, r *Record) (*Record, error) {
	want := &Record{Sequence: r.Sequence - 1, Digest: r.Previous}
	object, err := c.Store.Get(ctx, c.logged(want), "")
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%s: record %d is missing", c, want.Sequence)
	}
	if err != nil {
		return nil, err
	}
	if verify.Sum(object.Data) != want.Digest {
		return nil, fmt.Errorf("%s: record %d has been changed", c, want.Sequence)
	}
	before, err := ReadRecord(object.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: record %d: %w", c, want.Sequence, err)
	}
	return before, follows(before, r)
}

// follows says whether a record can stand behind another.
func follows(before, r *Record) error {
	version, highest := before.highest()+1, before.highest()+1
	switch r.Action {
	case Freeze, Unfreeze:
		version, highest = before.Version, before.highest()
	case Try:
		version = before.Version
	}
	switch {
	case before.Sequence != r.Sequence-1, before.Channel != r.Channel, before.Bundle != r.Bundle, r.Version != version, r.highest() != highest:
		return fmt.Errorf("record %d does not follow the one that it names", r.Sequence)
	case !r.Action.releases() && (r.Envelope != before.Envelope || !slices.Equal(r.Disabled, before.Disabled)),
		(r.Action == Freeze || r.Action == Unfreeze) && !r.Beside.equal(before.Beside),
		r.Action == Accept && (before.Beside == nil || r.Payload != before.Beside.Payload), (r.Action == Withdraw || r.Action == Disable || r.Action == Enable) && r.Payload != before.Payload:
		return fmt.Errorf("record %d changes the release, and says that it does not", r.Sequence)
	}
	return nil
}

// releases says whether the action makes another release current.
func (a Action) releases() bool { return a != Freeze && a != Unfreeze && a != Try }

// SignedBefore gives those who have signed in a channel, by the ids of their keys, the latest first. It reads no further back than until it has met one
// of ids: that one is then the last in the list, and known is true.
func (c *Channel) SignedBefore(ctx context.Context, ids []string) (signers []string, known bool, err error) {
	for r, err := range c.Log(ctx) {
		if errors.Is(err, ErrEmpty) {
			return nil, false, nil
		}
		if err != nil {
			return signers, false, err
		}
		for _, id := range r.Signers() {
			if !slices.Contains(signers, id) {
				signers = append(signers, id)
			}
			if slices.Contains(ids, id) {
				return signers, true, nil
			}
		}
	}
	return signers, false, nil
}

// Find gives the record that released a version; where that was a candidate, the record is as Tried gives it.
func (c *Channel) Find(ctx context.Context, version uint64) (*Record, error) {
	for r, err := range c.Log(ctx) {
		if err != nil {
			return nil, err
		}
		switch {
		case r.Version == version && r.Action.releases():
			return r, nil
		case r.Action == Try && r.Beside.Version == version:
			return r.Tried(), nil
		}
		if r.highest() < version {
			break
		}
	}
	return nil, fmt.Errorf("%s: there is no version %d", c, version)
}

// Findings are what Check found.
type Findings struct {
	Records  int
	Releases int
	Problems []string // none: the log is whole
}

// Check reads the whole history and says what is wrong with it: records missing, changed, out of order or by strangers; releases missing, changed, not
// those that the records say, or such that no verifier accepted them; a head that was put back. lists are the key lists from the first to the latest
// (Keys), nil where they are not known: then signatures are not looked at, and whoever could write the store could have written another history as a
// whole. An error is that the store cannot be read.
func (c *Channel) Check(ctx context.Context, lists []*verify.KeyList) (*Findings, error) {
	f := &Findings{}
	keys := Ever(lists)
	var verdicts []verdict
	problem := func(format string, args ...any) { f.Problems = append(f.Problems, fmt.Sprintf(format, args...)) }
	reachable := map[string]bool{}
	var later []*verify.Statement // what was made to follow the release that is met next
	for r, err := range c.Log(ctx) {
		var unreadable *store.Error
		switch {
		case errors.Is(err, ErrEmpty):
			if gone := c.checkNew(ctx); gone != nil {
				problem("%v", gone)
				return f, nil
			}
			return nil, err
		case errors.As(err, &unreadable) && ctx.Err() != nil:
			return nil, err
		case err != nil:
			problem("%v", err)
		}
		if r == nil {
			break
		}
		f.Records++
		reachable[c.logged(r)] = true
		if keys != nil {
			if err := checkSignatures(keys, r); err != nil {
				problem("record %d: %v", r.Sequence, err)
			}
		}
		released := r
		switch r.Action {
		case Freeze, Unfreeze:
			continue
		case Try:
			released = r.Tried()
		}
		f.Releases++
		s, envelope, err := c.released(ctx, released)
		if err == nil && keys != nil {
			verdicts = append(verdicts, judge(lists, envelope, s))
		}
		if err != nil {
			problem("version %d: %v", released.Version, err)
		}
		if r.Action != Try {
			for _, follows := range later {
				if s != nil && follows.Previous != verify.Sum(s.Append(nil)) {
					problem("version %d was not made to follow version %d", follows.Version, r.Version)
				}
			}
			later = nil
		}
		if s != nil {
			later = append(later, s)
		}
	}
	for _, v := range unaccepted(verdicts) {
		problem("version %d: verifiers refuse it: %v", v.version, v.latest)
	}
	logged, err := c.Store.List(ctx, c.log())
	if errors.Is(err, store.ErrReadOnly) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	for _, key := range logged {
		if !reachable[key] {
			problem("record %s is in the log, but the head does not lead to it: somebody has put the head back, or removed what lies between",
				strings.TrimPrefix(key, c.log()))
		}
	}
	return f, nil
}

// released reads what a record's release says, and the release.
func (c *Channel) released(ctx context.Context, r *Record) (*verify.Statement, []byte, error) {
	data, err := c.Envelope(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	e, err := verify.ReadEnvelope(data)
	if err != nil {
		return nil, nil, err
	}
	s, err := verify.ReadStatement(e.Release.Body)
	if err != nil {
		return nil, nil, err
	}
	if verify.Sum(e.Payload) != s.Payload {
		return nil, nil, errors.New("its content is not the signed one")
	}
	return s, data, matches(r, s)
}

// matches says whether a record and a release tell the same.
func matches(r *Record, s *verify.Statement) error {
	if !slices.Equal(s.Disabled, r.Disabled) {
		return fmt.Errorf("the record says that %q are switched off, the release that %q are", r.Disabled, s.Disabled)
	}
	if s.Ramp != r.ramp() {
		return fmt.Errorf("the record and the release %s#%s@%d do not name the same ramp", s.Bundle, s.Channel, s.Version)
	}
	if s.Version != r.Version || s.Channel != r.Channel || s.Bundle != r.Bundle || s.Payload != r.Payload {
		return fmt.Errorf("the record speaks of %s#%s@%d, the release is %s#%s@%d", r.Bundle, r.Channel, r.Version, s.Bundle, s.Channel, s.Version)
	}
	return nil
}

// Stranger is that what is current in a channel was released by nobody who is trusted. Verifiers refuse it and go on with what they have. A release that is made
// without Release.Keys, which does not ask what it follows, puts an end to that.
type Stranger struct {
	Signers []string // the ids of their keys
}

func (s *Stranger) Error() string {
	return fmt.Sprintf("it is signed by nobody who is trusted (%s)", strings.Join(s.Signers, ", "))
}

// checkSignatures says whether a record is signed by somebody of a list, and every signature by one of them holds. Revoked keys count: they may have
// been good then.
func checkSignatures(keys *verify.KeyList, r *Record) error {
	n, err := signatures(keys, r)
	if err == nil && n == 0 {
		err = &Stranger{r.Signers()}
	}
	return err
}

// signatures counts the signers of a list who have signed a record; one for recovery only of what a recovery key may do.
func signatures(keys *verify.KeyList, r *Record) (n uint32, err error) {
	for _, by := range r.Signatures {
		for _, key := range keys.Keys {
			if verify.ID(key.Public) != by.Key || key.Role&verify.Recovery != 0 && !r.Action.recovers() {
				continue
			}
			if !verify.CheckSignature(&key.Public, r.body, &by.Value) {
				return 0, fmt.Errorf("the signature by %s does not hold", by.Key)
			}
			n++
		}
	}
	return n, nil
}

// enough says whether a new record has signers whom verifiers trust today.
func enough(keys *verify.KeyList, r *Record) error {
	var live verify.KeyList
	for _, key := range keys.Keys {
		if key.Role&verify.Revoked == 0 {
			live.Keys = append(live.Keys, key)
		}
	}
	n, err := signatures(&live, r)
	if err != nil {
		return err
	}
	want := keys.Required(r.Channel)
	if r.Action.recovers() || r.Action == Freeze { // what the release itself needs is checked with it; any signer may stop
		want = 1
	}
	if n < want {
		return &verify.Refusal{Code: verify.Threshold, Have: uint64(n), Want: uint64(want)}
	}
	return nil
}
