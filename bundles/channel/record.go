package channel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// Action is what a record tells of.
type Action string

// The actions.
const (
	Publish  Action = "publish"
	Promote  Action = "promote"   // the content of another channel
	Rollback Action = "rollback"  // the content of an earlier version
	Disable  Action = "disable"   // the same content with decisions switched off
	Enable   Action = "enable"    // the same content with decisions switched on again
	Try      Action = "candidate" // a candidate beside what is current
	Accept   Action = "accept"    // the content of the candidate, for all
	Withdraw Action = "withdraw"  // the content that was current beside the candidate, for all
	Freeze   Action = "freeze"    // nothing is published, promoted, tried or accepted from now on
	Unfreeze Action = "unfreeze"
)

var actions = []Action{Publish, Promote, Rollback, Disable, Enable, Try, Accept, Withdraw, Freeze, Unfreeze}

// recovers says whether a recovery key alone may do it, in a release that verifiers accept from it.
func (a Action) recovers() bool { return a == Rollback || a == Withdraw || a == Disable || a == Enable }

const (
	maxRecord = 32 << 10 // bytes
	// MaxWhy limits a reason, in bytes.
	MaxWhy = 4096
)

// Record is an entry of a channel's log. It says what is current from then on.
type Record struct {
	Sequence uint64 // counts the records of the channel from 1
	Channel  string
	Bundle   string
	Action   Action
	Version  uint64        // of the current release; freezing keeps it, and so does a candidate
	Payload  verify.Digest // of its compiled bundle
	Envelope verify.Digest // of its envelope, all of it
	Frozen   bool
	From     string     // of Promote, and of Try where it is promoted: URL#CHANNEL@VERSION
	Restores uint64     // of Rollback, Accept and Withdraw: the version whose content it is
	Disabled []string   // the decisions that the release switches off
	Why      string     // for people
	Time     time.Time  // when it was signed, by the signer's clock
	Beside   *Candidate // what is tried beside the current release; nil: nothing
	Previous verify.Digest

	Signatures []verify.SignatureBy // in the order of the file
	Digest     verify.Digest        // of the record's bytes, signatures included
	Tag        string               // of the head that it was read from; else ""

	file []byte
	body []byte // what is signed
}

// Candidate is a release that a part of the places takes before it is current.
type Candidate struct {
	Version  uint64
	Payload  verify.Digest
	Envelope verify.Digest
	Ramp     verify.Ramp // as its statement says too, which is what counts
	Disabled []string    // the decisions that it switches off
}

// equal says whether both are the same candidate, or none.
func (c *Candidate) equal(other *Candidate) bool {
	if c == nil || other == nil {
		return c == other
	}
	return c.Version == other.Version && c.Envelope == other.Envelope && c.Ramp == other.Ramp && slices.Equal(c.Disabled, other.Disabled)
}

// Tried is the record as if its candidate were what is current; nil where there is none.
func (r *Record) Tried() *Record {
	if r.Beside == nil {
		return nil
	}
	tried := *r
	tried.Version, tried.Payload, tried.Envelope = r.Beside.Version, r.Beside.Payload, r.Beside.Envelope
	tried.Disabled = r.Beside.Disabled
	return &tried
}

// highest is the highest version that the record names.
func (r *Record) highest() uint64 {
	if r.Beside != nil {
		return r.Beside.Version
	}
	return r.Version
}

// ramp is the one that the statement of what is current has; of Tried, the candidate's.
func (r *Record) ramp() verify.Ramp {
	if r.Beside != nil && r.Version == r.Beside.Version {
		return r.Beside.Ramp
	}
	return verify.Ramp{}
}

// line is a record's first line.
type line struct {
	Sequence uint64   `json:"sequence"`
	Channel  string   `json:"channel"`
	Bundle   string   `json:"bundle"`
	Action   Action   `json:"action"`
	Version  uint64   `json:"version"`
	Payload  string   `json:"digest"`
	Envelope string   `json:"envelope"`
	Frozen   bool     `json:"frozen,omitempty"`
	From     string   `json:"from,omitempty"`
	Restores uint64   `json:"restores,omitempty"`
	Disabled []string `json:"disabled,omitempty"`
	Why      string   `json:"why"`
	Time     string   `json:"time"`
	Beside   *ramp    `json:"candidate,omitempty"`
	Previous string   `json:"previous,omitempty"`
}

// ramp is a Candidate in a record's line: shares in hundredths of a percent.
type ramp struct {
	Version  uint64   `json:"version"`
	Payload  string   `json:"digest"`
	Envelope string   `json:"envelope"`
	From     string   `json:"from"`
	Until    string   `json:"until"`
	Start    uint32   `json:"start"`
	End      uint32   `json:"end"`
	Margin   uint32   `json:"margin"`
	Disabled []string `json:"disabled,omitempty"`
}

func rampOf(c *Candidate) *ramp {
	if c == nil {
		return nil
	}
	at := func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
	return &ramp{c.Version, c.Payload.String(), c.Envelope.String(), at(c.Ramp.From), at(c.Ramp.Until), c.Ramp.Start, c.Ramp.End, c.Ramp.Margin, c.Disabled}
}

func (r *ramp) read() (*Candidate, error) {
	if r == nil {
		return nil, nil
	}
	c := &Candidate{Version: r.Version, Disabled: r.Disabled, Ramp: verify.Ramp{Start: r.Start, End: r.End, Margin: r.Margin}}
	var errs [4]error
	c.Payload, errs[0] = trust.ParseDigest(r.Payload)
	c.Envelope, errs[1] = trust.ParseDigest(r.Envelope)
	var from, until time.Time
	from, errs[2] = time.Parse(time.RFC3339, r.From)
	until, errs[3] = time.Parse(time.RFC3339, r.Until)
	c.Ramp.From, c.Ramp.Until = from.Unix(), until.Unix()
	return c, errors.Join(errs[:]...)
}

// seal signs a record and makes its bytes.
func (r *Record) seal(signers []sign.Signer) error {
	l := line{Sequence: r.Sequence, Channel: r.Channel, Bundle: r.Bundle, Action: r.Action, Version: r.Version, Payload: r.Payload.String(),
		Envelope: r.Envelope.String(), Frozen: r.Frozen, From: r.From, Restores: r.Restores, Disabled: r.Disabled, Why: r.Why, Time: r.Time.UTC().Format(time.RFC3339), Beside: rampOf(r.Beside)}
	if r.Sequence > 1 {
		l.Previous = r.Previous.String()
	}
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	signed, err := sign.All(body, signers...)
	if err != nil {
		return err
	}
	file := append(slices.Clone(body), '\n')
	for _, by := range signed.Signatures {
		file = append(file, signatureLine(by)...)
	}
	sealed, err := ReadRecord(file)
	if err != nil {
		return err
	}
	*r = *sealed
	return nil
}

// ReadRecord reads a record's bytes. Whether its signatures hold it does not look at.
func ReadRecord(file []byte) (*Record, error) {
	if len(file) > maxRecord {
		return nil, fmt.Errorf("no record: larger than %d bytes", maxRecord)
	}
	body, rest, ok := bytes.Cut(file, []byte("\n"))
	if !ok {
		return nil, errors.New("no record, or half of one")
	}
	var l line
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, fmt.Errorf("no record: %w", err)
	}
	r := &Record{Sequence: l.Sequence, Channel: l.Channel, Bundle: l.Bundle, Action: l.Action, Version: l.Version, Frozen: l.Frozen, From: l.From,
		Restores: l.Restores, Disabled: l.Disabled, Why: l.Why, Digest: verify.Sum(file), file: file, body: body}
	var errs [5]error
	r.Payload, errs[0] = trust.ParseDigest(l.Payload)
	r.Envelope, errs[1] = trust.ParseDigest(l.Envelope)
	r.Time, errs[2] = time.Parse(time.RFC3339, l.Time)
	r.Beside, errs[4] = l.Beside.read()
	if l.Sequence > 1 {
		r.Previous, errs[3] = trust.ParseDigest(l.Previous)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("no record: %w", err)
	}
	switch {
	case l.Sequence == 0 || l.Sequence > verify.MaxVersion || l.Version == 0 || r.highest() > l.Sequence:
		return nil, fmt.Errorf("no record: number %d of version %d", l.Sequence, r.highest())
	case l.Action == Try && r.Beside == nil, r.Beside != nil && r.Beside.Version <= l.Version:
		return nil, errors.New("no record: its candidate is missing, or not a later version")
	case !verify.IsName(l.Bundle) || !verify.IsName(l.Channel):
		return nil, errors.New("no record: a name is missing")
	case !slices.Contains(actions, l.Action):
		return nil, fmt.Errorf("no record: there is no action %.64q", l.Action)
	case !areNames(l.Disabled) || r.Beside != nil && !areNames(r.Beside.Disabled): // which are printed
		return nil, errors.New("no record: what it says is switched off is no name of a decision")
	}
	for text := range strings.Lines(string(rest)) {
		by, err := readSignature(text)
		if err != nil {
			return nil, err
		}
		r.Signatures = append(r.Signatures, by)
	}
	return r, nil
}

func areNames(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !verify.IsName(name) })
}

func readSignature(text string) (by verify.SignatureBy, err error) {
	id, value, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	key, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return by, errors.New("no record, or half of one")
	}
	data, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(data) != len(by.Value) {
		return by, errors.New("no record, or half of one")
	}
	by = verify.SignatureBy{Key: verify.KeyID(key), Value: [64]byte(data)}
	if signatureLine(by) != text { // there is one way to write it
		return by, errors.New("no record: a signature is written in another way")
	}
	return by, nil
}

func signatureLine(by verify.SignatureBy) string {
	return by.Key.String() + " " + base64.StdEncoding.EncodeToString(by.Value[:]) + "\n"
}

// Signers are the ids of the keys that have signed the record, or say so.
func (r *Record) Signers() []string {
	ids := []string{}
	for _, by := range r.Signatures {
		ids = append(ids, by.Key.String())
	}
	return ids
}

// checkWhy says what is wrong with a reason.
func checkWhy(why string) error {
	switch {
	case strings.TrimSpace(why) == "":
		return errors.New("say why, for those who read the log")
	case len(why) > MaxWhy:
		return fmt.Errorf("the reason has %d bytes, the limit is %d", len(why), MaxWhy)
	case !utf8.ValidString(why):
		return errors.New("the reason is not valid UTF-8")
	}
	return nil
}
