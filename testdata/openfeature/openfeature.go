// Package openfeature gives the flags of the OpenFeature specification's evaluation scenarios as rules, and the scenarios, for tests of whatever
// answers OpenFeature clients.
package openfeature

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// flag is one of the specification's.
type flag struct {
	Variants         map[string]json.RawMessage
	DefaultVariant   string
	Disabled         bool
	FlagMetadata     map[string]any
	ContextEvaluator string
}

// Bundle compiles the specification's flags. Whatever a flag's expression answers is a rule; a flag that is disabled leaves the caller's own default, so
// it is a decision without one. More decisions may be given: lines of YAML below decisions.
func Bundle(t testing.TB, more ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(vectors.Path(t, "openfeature-spec", "test-flags.json"))
	if err != nil {
		t.Fatal(err)
	}
	var flags map[string]flag
	if err := json.Unmarshal(data, &flags); err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	s.WriteString("bundle: flags\nattributes:\n")
	for _, line := range []string{"email: {type: string", "customer: {type: bool", "age: {type: int", "role: {type: string"} {
		fmt.Fprintf(&s, "  %s, purpose: necessary}\n", line)
	}
	s.WriteString("decisions:\n")
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		f := flags[name]
		decision := map[string]any{"purpose": "necessary", "variants": f.Variants}
		if f.Disabled {
			decision["disabled"] = true
		} else if f.DefaultVariant != "" {
			decision["default"] = f.DefaultVariant
		}
		if f.FlagMetadata != nil {
			decision["metadata"] = f.FlagMetadata
		}
		var rules []any
		for _, variant := range slices.Sorted(maps.Keys(f.Variants)) {
			if f.ContextEvaluator != "" {
				rules = append(rules, map[string]string{"id": variant, "when": fmt.Sprintf("(%s) == %q", f.ContextEvaluator, variant), "serve": variant})
			}
		}
		if rules != nil {
			decision["rules"] = rules
		}
		text, err := json.Marshal(decision)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&s, "  %s: %s\n", name, text)
	}
	s.WriteString(strings.Join(more, ""))
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "bundle.yaml"), []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := bundles.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Data
}

// Case is a scenario.
type Case struct {
	ID, Flag, Type string // of the type boolean, string, integer, float or object
	Default        any
	Context        map[string]any
	Expect         Expected
}

// Expected is what a client is to see; what is nil or empty may be anything.
type Expected struct {
	Value                      any
	Reason, Variant, ErrorCode string
	Metadata                   map[string]any
}

// Cases are the scenarios.
func Cases(t testing.TB) []Case {
	t.Helper()
	return vectors.Lines[Case](t, "openfeature-spec", "cases.jsonl")
}

// Problem says in what an answer is not as expected; "" where it is.
func (want *Expected) Problem(got Expected) string {
	switch {
	case want.Value != nil && !reflect.DeepEqual(want.Value, got.Value):
		return fmt.Sprintf("value %v, want %v", got.Value, want.Value)
	case want.Reason != "" && want.Reason != got.Reason:
		return fmt.Sprintf("reason %s, want %s", got.Reason, want.Reason)
	case want.Variant != "" && want.Variant != got.Variant:
		return fmt.Sprintf("variant %q, want %q", got.Variant, want.Variant)
	case want.ErrorCode != got.ErrorCode:
		return fmt.Sprintf("error code %q, want %q", got.ErrorCode, want.ErrorCode)
	case want.Metadata != nil && len(want.Metadata) == 0 && len(got.Metadata) > 0:
		return fmt.Sprintf("metadata %v, want none", got.Metadata)
	}
	for name, value := range want.Metadata {
		if !reflect.DeepEqual(value, got.Metadata[name]) {
			return fmt.Sprintf("metadata %s %v, want %v", name, got.Metadata[name], value)
		}
	}
	return ""
}
