package decisionlog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/edgewise-dev/edgewise/host"
)

// Replay decides again what a log says was decided.
type Replay struct {
	hosts   []replayHost
	Same    int // lines whose answers came out as they were logged
	Changed int // lines whose answers did not
}

type replayHost struct {
	digest string
	host   *host.Host
}

// NewReplay makes a replay that has no bundle yet.
func NewReplay() *Replay { return &Replay{} }

// Add adds a bundle to decide with, and a host that has it. Each line is decided with the bundle that it names, or, where that is not
// there, with the one that was added first.
func (r *Replay) Add(bundle []byte, h *host.Host) {
	r.hosts = append(r.hosts, replayHost{Digest(bundle), h})
}

// Outcome is what became of a line.
type Outcome struct {
	Same        bool         `json:"same"`                  // every answer is what it was, bit for bit
	Differences []Difference `json:"differences,omitempty"` // where it is not
	Bundle      *Bundles     `json:"bundle,omitempty"`      // where the bundle was another one
}

// Bundles are the digests of the bundle that decided then, and of the one that decided now.
type Bundles struct {
	Logged   string `json:"logged"`
	Replayed string `json:"replayed"`
}

// Difference is a field of an answer that came out differently. What is not there is absent.
type Difference struct {
	Decision string          `json:"decision,omitempty"`
	Purpose  string          `json:"purpose,omitempty"` // in the place of a decision: whether it is granted
	Field    string          `json:"field"`
	Logged   json.RawMessage `json:"logged,omitempty"`
	Replayed json.RawMessage `json:"replayed,omitempty"`
}

// Answer replays a line, and appends its Outcome as JSON. The error says what is wrong with the line. It is a lines.Answer.
func (r *Replay) Answer(dst, line []byte) ([]byte, error) {
	outcome, err := r.Line(context.Background(), line)
	if err != nil {
		return dst, err
	}
	printed, err := json.Marshal(outcome)
	return append(dst, printed...), err
}

// Line replays a line.
func (r *Replay) Line(ctx context.Context, line []byte) (Outcome, error) {
	var logged entry
	err := json.Unmarshal(line, &logged)
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &shape):
		return Outcome{}, fmt.Errorf("not a line of a decision log: %s cannot be %s", cmp.Or(shape.Field, "a line"), shape.Value)
	case err != nil:
		return Outcome{}, fmt.Errorf("not a line of a decision log: %w", err)
	}
	if logged.Bundle.Digest == "" || logged.Answer == nil || logged.Decisions == nil {
		return Outcome{}, errors.New("not a line of a decision log: it needs bundle.digest, decisions and answer")
	}
	h, err := r.find(logged.Bundle.Digest)
	if err != nil {
		return Outcome{}, err
	}
	result, err := h.host.DecideSettledJSON(ctx, logged.question(), time.Unix(0, 0))
	if err != nil {
		return Outcome{}, err
	}
	var replayed struct{ Decisions json.RawMessage }
	if err := json.Unmarshal(result.AppendJSON(nil), &replayed); err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{}
	if h.digest != logged.Bundle.Digest {
		outcome.Bundle = &Bundles{logged.Bundle.Digest, h.digest}
	}
	outcome.Differences = append(compareConsent(logged.Consent, result.Consent), compareAnswers(logged.Answer, replayed.Decisions)...)
	outcome.Same = len(outcome.Differences) == 0
	if outcome.Same {
		r.Same++
	} else {
		r.Changed++
	}
	return outcome, nil
}

func (r *Replay) find(digest string) (replayHost, error) {
	for _, h := range r.hosts {
		if h.digest == digest {
			return h, nil
		}
	}
	if len(r.hosts) == 0 {
		return replayHost{}, errors.New("no bundle to replay with")
	}
	return r.hosts[0], nil
}

// question is the line of `edgewise decide` that asks the same again. What was granted is taken as it was resolved then.
func (e *entry) question() []byte {
	granted := []string{}
	for _, purpose := range slices.Sorted(maps.Keys(e.Consent)) {
		if e.Consent[purpose].Granted {
			granted = append(granted, purpose)
		}
	}
	line, err := json.Marshal(map[string]any{
		"context": e.Context, "consent": map[string]any{"granted": granted}, "decisions": e.Decisions, "now": e.Now,
		"sticky": e.Sticky, "preview": e.Preview,
	})
	if err != nil {
		return nil // its parts were JSON
	}
	return line
}

// compareConsent compares what is granted, for the purposes that the bundle has now.
func compareConsent(logged map[string]evidence, replayed []host.Consent) []Difference {
	var differences []Difference
	for _, c := range replayed {
		if then := logged[c.Purpose]; then.Granted != c.Granted {
			differences = append(differences, Difference{Purpose: c.Purpose, Field: "granted", Logged: boolean(then.Granted), Replayed: boolean(c.Granted)})
		}
	}
	return differences
}

func boolean(b bool) json.RawMessage {
	if b {
		return json.RawMessage("true")
	}
	return json.RawMessage("false")
}

// fieldsOf are the fields of an answer in the order in which differences are told.
var fieldsOf = []string{"variant", "value", "reason", "rule", "stale", "sticky", "defer", "error"}

// compareAnswers compares answers byte for byte, and where they differ, field by field.
func compareAnswers(logged, replayed json.RawMessage) []Difference {
	if bytes.Equal(compact(logged), compact(replayed)) {
		return nil
	}
	var then, now map[string]map[string]json.RawMessage
	if err := json.Unmarshal(logged, &then); err != nil {
		return []Difference{{Field: "answer", Logged: logged, Replayed: replayed}}
	}
	if err := json.Unmarshal(replayed, &now); err != nil {
		return []Difference{{Field: "answer", Logged: logged, Replayed: replayed}}
	}
	var differences []Difference
	for _, decision := range slices.Sorted(maps.Keys(merged(then, now))) {
		fields := merged(then[decision], now[decision])
		for _, field := range append(slices.Clone(fieldsOf), slices.Sorted(maps.Keys(fields))...) {
			if _, there := fields[field]; !there {
				continue
			}
			delete(fields, field)
			a, b := then[decision][field], now[decision][field]
			if !bytes.Equal(compact(a), compact(b)) {
				differences = append(differences, Difference{Decision: decision, Field: field, Logged: a, Replayed: b})
			}
		}
	}
	return differences
}

// merged has the keys of both maps.
func merged[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return all
}

// compact takes blanks from JSON: a log may have been through other programs.
func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if len(raw) == 0 || json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}
