package consentdump

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

func TestValidStrings(t *testing.T) {
	for _, file := range []struct {
		name string
		kind Kind
	}{
		{"tcf.jsonl", TCF},
		{"gpp.jsonl", GPP},
	} {
		t.Run(file.name, func(t *testing.T) {
			type line struct {
				String string
				Tags   []string
				Expect json.RawMessage
			}
			for _, l := range vectors.Lines[line](t, "consent", file.name) {
				got, err := AppendJSON(nil, file.kind, l.String)
				require.NoError(t, err, "%v %s", l.Tags, l.String)
				require.JSONEq(t, string(l.Expect), string(got), "%v %s", l.Tags, l.String)
				require.Equal(t, file.kind, KindOf(l.String))
				_, err = Explain(file.kind, l.String)
				require.NoError(t, err)
			}
		})
	}
}

func TestMalformedStrings(t *testing.T) {
	for _, line := range vectors.Lines[json.RawMessage](t, "consent", "malformed.jsonl") {
		start := time.Now()
		got, err := Answer(nil, line)
		require.NoError(t, err)
		require.Less(t, time.Since(start), time.Second)
		require.NotEmpty(t, gjson.GetBytes(got, "error").String(), "%.200s: %.200s", line, got)
		require.Equal(t, `{"error":`, string(got[:9]))
	}
}
