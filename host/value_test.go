package host_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
)

func TestTypedValues(t *testing.T) {
	other := map[string]any{"other": true}
	for _, c := range []struct {
		name, value string
		boolean     bool
		text        string
		whole       int64
		number      float64
		object      map[string]any
	}{
		{"a bool", `true`, true, "other", 7, 7, other},
		{"the other bool", `false`, false, "other", 7, 7, other},
		{"a string", `"a\"b"`, true, `a"b`, 7, 7, other},
		{"an empty string", `""`, true, "", 7, 7, other},
		{"a whole number", `5`, true, "other", 5, 5, other},
		{"a double that is whole", `5.0`, true, "other", 5, 5, other},
		{"a negative one", `-1e3`, true, "other", -1000, -1000, other},
		{"a double", `0.5`, true, "other", 7, 0.5, other},
		{"a large double", `1e300`, true, "other", 7, 1e300, other},
		{"zero", `0`, true, "other", 0, 0, other},
		{"an object", `{"a":[1,"x"]}`, true, "other", 7, 7, map[string]any{"a": []any{1.0, "x"}}},
		{"an empty object", `{}`, true, "other", 7, 7, map[string]any{}},
		{"null", `null`, true, "other", 7, 7, other},
		{"none", ``, true, "other", 7, 7, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &host.Result{Decisions: []host.Decision{{Name: "before", Value: json.RawMessage(`"x"`)}, {Name: "it", Value: json.RawMessage(c.value)}}}
			require.Equal(t, c.boolean, r.BooleanValue("it", true))
			require.Equal(t, c.text, r.StringValue("it", "other"))
			require.Equal(t, c.whole, r.IntValue("it", 7))
			require.Equal(t, c.number, r.FloatValue("it", 7))
			require.Equal(t, c.object, r.ObjectValue("it", other))
		})
	}
	none := &host.Result{}
	require.Equal(t, "other", none.StringValue("it", "other"))
	_, ok := none.Of("it")
	require.False(t, ok)
}
