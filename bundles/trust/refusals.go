package trust

import (
	"errors"
	"maps"
	"sync"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// refusals counts, by the name of the code. The zero value has none.
type refusals struct {
	mu     sync.Mutex
	byCode map[string]uint64
}

// counted is a refusal that has been counted.
type counted struct{ error }

func (c *counted) Unwrap() error { return c.error }

// Refused counts an error because of which something did not go into service, such as of whoever fetched it, and gives it back. One of this verifier's own
// methods has been counted already. Any other than a *verify.Refusal counts as unavailable.
func (v *Verifier) Refused(err error) error {
	var already *counted
	if err == nil || errors.As(err, &already) {
		return err
	}
	v.refusals.mu.Lock()
	defer v.refusals.mu.Unlock()
	if v.refusals.byCode == nil {
		v.refusals.byCode = map[string]uint64{}
	}
	v.refusals.byCode[CodeOf(err).String()]++
	return &counted{err}
}

// Refusals counts what was refused since the verifier was opened, by the name of the code, each time that it was. It may be called at any time.
func (v *Verifier) Refusals() map[string]uint64 {
	v.refusals.mu.Lock()
	defer v.refusals.mu.Unlock()
	return maps.Clone(v.refusals.byCode)
}

// CodeOf is the code of a refusal, and unavailable of any other error.
func CodeOf(err error) verify.Code {
	var refusal *verify.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return verify.Unavailable
}
