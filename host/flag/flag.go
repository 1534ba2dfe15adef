// Package flag says in OpenFeature's words what a decision was answered: the reasons and error codes of its specification, and as flag metadata what
// the bundle says of the decision, and what OpenFeature has no word for. The protocol (package ofrep) and the provider (package openfeature) both
// answer with what is here.
//
// Of is all there is to it.
package flag

import (
	"encoding/json"

	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host"
)

// The error codes of OpenFeature that a decision can have.
const (
	NotFound            = "FLAG_NOT_FOUND"
	TargetingKeyMissing = "TARGETING_KEY_MISSING"
)

// Flag is a decision's answer. It has either an error code or a reason.
type Flag struct {
	Key      string
	Variant  string          // "" where the value is the caller's own default
	Value    json.RawMessage // nil: the caller's own default stands
	Reason   string          // one of OpenFeature's
	Metadata json.RawMessage // an object of scalars; nil: none

	ErrorCode string
	Details   string // in words
}

// reasons are OpenFeature's for those that it does not know. What an engine that failed is answered for with is a declared default as well.
var reasons = map[string]string{
	"CONSENT": "DEFAULT", "DEFERRED": "DEFAULT", "FALLBACK": "DEFAULT", "HOLDOUT": "DEFAULT", "ERROR": "DEFAULT",
	"PREVIEW": "STATIC",
}

// Of gives the flag of a decision, of a result whose bundle has that version. The metadata of a reason that OpenFeature does not know has the reason, as
// edgewise.reason, and the version, as edgewise.version; that of a signed bundle always has the version.
func Of(d *host.Decision, version uint64) Flag {
	f := Flag{Key: d.Name, Reason: d.Reason}
	switch {
	case d.Unknown:
		return Flag{Key: d.Name, ErrorCode: NotFound, Details: d.Error}
	case d.NoTargetingKey:
		return Flag{Key: d.Name, ErrorCode: TargetingKeyMissing, Details: "a split asks for the targeting key, and the context has none"}
	}
	own := ""
	if known, ours := reasons[d.Reason]; ours {
		f.Reason, own = known, d.Reason
	}
	if f.Variant = d.Variant; string(d.Value) != "null" { // which no flag can have
		f.Value = d.Value
	}
	f.Metadata = metadata(d, own, version)
	return f
}

func metadata(d *host.Decision, reason string, version uint64) json.RawMessage {
	if reason == "" && version == 0 {
		return d.Metadata
	}
	m := append(make([]byte, 0, len(d.Metadata)+64), '{')
	if len(d.Metadata) > len("{}") {
		m = append(append(m[:0], d.Metadata[:len(d.Metadata)-1]...), ',')
	}
	if reason != "" {
		m = append(text.AppendJSONString(append(m, `"edgewise.reason":`...), reason), ',')
	}
	if d.Error != "" {
		m = append(text.AppendJSONString(append(m, `"edgewise.error":`...), d.Error), ',')
	}
	return append(text.AppendUint(append(m, `"edgewise.version":`...), version), '}')
}
