package compile

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// celCase is a case of CEL's conformance suite.
type celCase struct {
	ID            string
	Expr          string
	Decls         []celDecl
	Vars          map[string]typed
	Container     string
	DisableMacros bool
	DisableCheck  bool
	CheckOnly     bool
	Tier          string
	Expect        struct {
		Value typed
		Error bool
		Type  string
	}
	SelfCheck string
	Hoisted   *struct {
		Expr    string
		Decls   []celDecl
		Context map[string]any
	}
}

type celDecl struct{ Name, Type string }

// typed is a value that names its type, such as {"int": "5"}.
type typed map[string]json.RawMessage

// TestConformance runs CEL's conformance suite: each expression has the value expected, compared with that value it is true, and so
// it is with its literals taken from the context.
func TestConformance(t *testing.T) {
	missing := map[string]int{}
	passed := 0
	for _, c := range vectors.Lines[celCase](t, "cel", "cases.jsonl") {
		if c.DisableCheck || c.CheckOnly {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			value, err := evaluate(c.Expr, c.Decls, c.Vars, expr.Settings{Container: c.Container, NoMacros: c.DisableMacros})
			if why, ok := isUnsupported(err, c.Tier); ok {
				missing[why]++
				t.Skip(why)
			}
			if c.Expect.Error {
				require.True(t, err != nil || value.Kind() == format.Error, "is %s", core.AppendJSON(nil, value))
				return
			}
			require.NoError(t, err)
			if c.Expect.Value != nil {
				require.Equal(t, show(c.Expect.Value.value(t)), show(value))
			}
			if c.SelfCheck != "" {
				value, err := evaluate(c.SelfCheck, c.Decls, c.Vars, expr.Settings{Container: c.Container, NoMacros: c.DisableMacros})
				require.NoError(t, err)
				require.Equal(t, "bool true", show(value), "%s", c.SelfCheck)
			}
			if c.Hoisted != nil {
				vars := map[string]typed{}
				for _, d := range c.Hoisted.Decls {
					vars[d.Name] = plain(t, c.Hoisted.Context[d.Name], d.Type)
				}
				value, err := evaluate(c.Hoisted.Expr, c.Hoisted.Decls, vars, expr.Settings{Container: c.Container, NoMacros: c.DisableMacros})
				require.NoError(t, err)
				require.Equal(t, "bool true", show(value), "%s", c.Hoisted.Expr)
			}
			passed++
		})
	}
	for why, count := range missing {
		t.Logf("%4d %s", count, why)
	}
	t.Logf("%4d passed", passed)
	require.NotZero(t, passed)
}

// isUnsupported says what a case needs that expressions do not have: extension libraries, and of the standard what is still to come.
func isUnsupported(err error, tier string) (string, bool) {
	if err == nil {
		return "", false
	}
	return err.Error(), tier == "stretch" || err.Error() == "matches() takes a pattern in quotes" ||
		strings.HasPrefix(err.Error(), "time zone")
}

func show(v core.Value) string { return v.Kind().String() + " " + string(core.AppendJSON(nil, v)) }

// evaluate compiles an expression and evaluates it. The error is the first fault's message.
func evaluate(text string, decls []celDecl, vars map[string]typed, settings expr.Settings) (core.Value, error) {
	var attributes []expr.Declaration
	for _, d := range decls {
		kind, err := expr.ParseType(d.Type)
		if err != nil {
			return core.Value{}, err
		}
		attributes = append(attributes, expr.Declaration{Name: d.Name, Type: kind})
	}
	bundle, faults, err := Expression(text, attributes, settings)
	if err != nil {
		return core.Value{}, err
	}
	if bundle == nil {
		return core.Value{}, fmt.Errorf("%s", faults[0].Message)
	}
	loaded, err := core.Load(bundle.Append(nil))
	if err != nil {
		return core.Value{}, err
	}
	context := loaded.NewContext()
	for i, d := range decls {
		if v, ok := vars[d.Name]; ok {
			context.Set(i, v.value(nil))
		}
	}
	return loaded.NewEvaluator().Evaluate(context, len(loaded.Conditions)-1), nil
}

// value is the value that core has for a typed one.
func (v typed) value(t *testing.T) core.Value {
	for kind, raw := range v {
		var s string
		switch kind {
		case "list", "map":
			var elements []typed
			if kind == "map" {
				var pairs [][]typed
				must(json.Unmarshal(raw, &pairs))
				elements = slices.Concat(pairs...)
			} else {
				must(json.Unmarshal(raw, &elements))
			}
			values := make([]core.Value, len(elements))
			for i, e := range elements {
				values[i] = e.value(t)
			}
			if kind == "map" {
				return core.Map(values)
			}
			return core.List(values)
		case "bool":
			return core.Bool(string(raw) == "true")
		case "null":
			return core.Null()
		}
		must(json.Unmarshal(raw, &s))
		switch kind {
		case "int":
			n, err := strconv.ParseInt(s, 10, 64)
			must(err)
			return core.Int(n)
		case "uint":
			n, err := strconv.ParseUint(s, 10, 64)
			must(err)
			return core.Uint(n)
		case "double":
			n, err := strconv.ParseFloat(s, 64)
			must(err)
			return core.Double(n)
		case "string":
			return core.String(s)
		case "bytes":
			b, err := base64.StdEncoding.DecodeString(s)
			must(err)
			return core.Bytes(b)
		case "timestamp":
			seconds, nanos, ok := text.ParseTimestamp(s)
			if !ok {
				panic(s)
			}
			return core.Timestamp(seconds, nanos)
		case "duration":
			nanos, ok := text.ParseDuration(s)
			if !ok {
				panic(s)
			}
			return core.Duration(nanos)
		case "type":
			value, err := evaluate(s, nil, nil, expr.Settings{})
			must(err)
			return value
		}
		panic("no kind " + kind)
	}
	return core.Value{}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// plain gives a value of plain JSON its type.
func plain(t *testing.T, value any, kind string) typed {
	raw := func(v any) json.RawMessage { data, err := json.Marshal(v); must(err); return data }
	switch v := value.(type) {
	case bool:
		return typed{"bool": raw(v)}
	case float64:
		if kind == "int" || kind == "uint" {
			return typed{kind: raw(strconv.FormatFloat(v, 'f', -1, 64))}
		}
		return typed{"double": raw(strconv.FormatFloat(v, 'g', -1, 64))}
	case string:
		return typed{kind: raw(v)}
	case map[string]any:
		pairs := [][]typed{}
		for key, value := range v {
			pairs = append(pairs, []typed{{"string": raw(key)}, plain(t, value, "string")})
		}
		return typed{"map": raw(pairs)}
	}
	t.Fatalf("no value: %v", value)
	return nil
}
