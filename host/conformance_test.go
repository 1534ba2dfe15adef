package host_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// leastConformance is how many cases of each of the sample's tiers passed when this number was last raised. It never falls.
var leastConformance = map[string]int{"core": 156, "stretch": 97}

// conformanceCase is a case of the sample of CEL's conformance suite; its README says what the keys mean.
type conformanceCase struct {
	ID, Tier, Expr string
	Decls          []declaration
	Context        json.RawMessage
	PlainContext   bool
	Container      string
	DisableMacros  bool
	CheckOnly      bool
	Expect         struct {
		Value json.RawMessage
		Error bool
	}
	Hoisted *struct {
		Expr    string
		Decls   []declaration
		Context json.RawMessage
	}
}

type declaration struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// exprLine is a line of `edgewise expr`.
type exprLine struct {
	Expr          string          `json:"expr"`
	Decls         []declaration   `json:"decls,omitempty"`
	Context       json.RawMessage `json:"context,omitempty"`
	Container     string          `json:"container,omitempty"`
	DisableMacros bool            `json:"disableMacros,omitempty"`
}

// TestConformanceSample evaluates the sample's expressions as they are, and hoisted: compared with what is expected, their literals taken
// from the context, so that nothing is known when they are compiled. A case passes when both forms do, in both engines.
func TestConformanceSample(t *testing.T) {
	native, wasm := evaluators(t)
	passed, count := map[string]int{}, map[string]int{}
	for _, c := range vectors.Lines[conformanceCase](t, "cel", "cases.jsonl") {
		if !c.PlainContext {
			continue
		}
		count[c.Tier]++
		if problem := c.problem(t, func(line exprLine) string {
			data, err := json.Marshal(line)
			require.NoError(t, err)
			return answerOfBoth(t, native, wasm, data)
		}); problem != "" {
			t.Logf("%s, %s: %s", c.Tier, c.ID, problem)
			continue
		}
		passed[c.Tier]++
	}
	for tier, least := range leastConformance {
		t.Logf("%s: %d of %d cases pass", tier, passed[tier], count[tier])
		require.GreaterOrEqual(t, passed[tier], least, tier)
	}
}

// problem says in what a case fails, or "".
func (c *conformanceCase) problem(t *testing.T, answer func(exprLine) string) string {
	line := exprLine{c.Expr, c.Decls, c.Context, c.Container, c.DisableMacros}
	if !c.CheckOnly {
		var got struct {
			Value json.RawMessage
			Error string
		}
		text := answer(line)
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		if c.Expect.Error != (got.Error != "") {
			return "answers " + text
		}
		if c.Expect.Value != nil && plainJSON(t, c.Expect.Value) != compact(t, got.Value) {
			return fmt.Sprintf("answers %s, want %s", text, plainJSON(t, c.Expect.Value))
		}
	}
	if c.Hoisted == nil {
		return ""
	}
	line.Expr, line.Decls, line.Context = c.Hoisted.Expr, c.Hoisted.Decls, c.Hoisted.Context
	if text := answer(line); text != `{"id":null,"value":true}` {
		return "hoisted, answers " + text
	}
	return ""
}

// compact writes JSON as encoding/json does, object keys in order.
func compact(t *testing.T, data []byte) string {
	var value any
	require.NoError(t, json.Unmarshal(data, &value))
	written, err := json.Marshal(value)
	require.NoError(t, err)
	return string(written)
}

// plainJSON turns a value that names its type, such as {"int": "5"} or {"list": [{"bool": true}]}, into the JSON that answers have.
func plainJSON(t *testing.T, data []byte) string {
	written, err := json.Marshal(plainValue(t, data))
	require.NoError(t, err)
	return string(written)
}

func plainValue(t *testing.T, data []byte) any {
	var typed map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &typed))
	require.Len(t, typed, 1)
	for kind, raw := range typed {
		switch kind {
		case "null":
			return nil
		case "list":
			return plainList(t, raw)
		case "map":
			return plainMap(t, raw)
		case "bool":
			return string(raw) == "true"
		}
		var text string
		require.NoError(t, json.Unmarshal(raw, &text))
		switch kind {
		case "int", "uint":
			return plainInteger(text)
		case "double":
			return plainDouble(t, text)
		}
		return text
	}
	return nil
}

// plainInteger is text beyond 2^53.
func plainInteger(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && -1<<53 <= i && i <= 1<<53 {
		return i
	}
	return text
}

// plainDouble is text where JSON has no number.
func plainDouble(t *testing.T, text string) any {
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

func plainList(t *testing.T, raw []byte) any {
	var elements []json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &elements))
	list := []any{}
	for _, element := range elements {
		list = append(list, plainValue(t, element))
	}
	return list
}

func plainMap(t *testing.T, raw []byte) any {
	var pairs [][2]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &pairs))
	all := map[string]any{}
	for _, pair := range pairs {
		all[fmt.Sprint(plainValue(t, pair[0]))] = plainValue(t, pair[1])
	}
	return all
}
