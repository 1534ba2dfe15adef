package decisionlog

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
)

func TestReadTellsALogFromOtherLines(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		ok   bool
	}{
		"a line of a log":             {`{"bundle":{"name":"shop","digest":"d"},"now":"2026-12-01T00:00:00Z","context":{"a":1},"answer":{}}`, true},
		"a question":                  {`{"context":{"digest":"x"}}`, false},
		"an answer":                   {`{"decisions":{},"bundle":{"name":"shop","version":1}}`, false},
		"a log's line without answer": {`{"bundle":{"digest":"d"}}`, false},
		"half a line":                 {`{"bundle":{"digest":"d"},"ans`, false},
	} {
		t.Run(name, func(t *testing.T) {
			l, ok := Read([]byte(c.line))
			require.Equal(t, c.ok, ok)
			if ok {
				require.JSONEq(t, `{"context":{"a":1},"decisions":[],"now":"2026-12-01T00:00:00Z"}`, string(l.Silent()))
			}
		})
	}
}

// Of what a log says of consent, only what no signal had decided follows other rules.
func TestResolve(t *testing.T) {
	const silence, signal = "no signal denies it (opt_out)", "usp: sale not opted out of"
	tests := []struct {
		name   string
		logged string         // the line's consent
		before []host.Consent // of the same context without signals, by the log's rules
		after  []host.Consent // and by others
		want   []string       // granted
		known  bool
	}{
		{"nothing changes", `{"p":{"granted":true,"because":"` + silence + `"}}`,
			[]host.Consent{{Purpose: "p", Granted: true, Because: silence}}, []host.Consent{{Purpose: "p", Granted: true, Because: silence}}, []string{"p"}, true},
		{"no signal had decided, and it is denied now", `{"p":{"granted":true,"because":"` + silence + `"}}`,
			[]host.Consent{{Purpose: "p", Granted: true, Because: silence}}, []host.Consent{{Purpose: "p", Because: "opt_in"}}, []string{}, true},
		{"it is granted now, and the log has no data for it", `{"p":{"granted":false,"because":"opt_in"}}`,
			[]host.Consent{{Purpose: "p", Because: "opt_in"}}, []host.Consent{{Purpose: "p", Granted: true, Because: silence}}, []string{"p"}, false},
		{"a signal had decided", `{"p":{"granted":true,"because":"` + signal + `"}}`,
			[]host.Consent{{Purpose: "p", Granted: true, Because: silence}}, []host.Consent{{Purpose: "p", Because: "opt_in"}}, []string{"p"}, false},
		{"a purpose that is new", `{}`, nil, []host.Consent{{Purpose: "q", Because: "opt_in"}}, []string{}, false},
		{"a purpose that is gone", `{"p":{"granted":true,"because":"` + silence + `"}}`, []host.Consent{{Purpose: "p", Granted: true, Because: silence}}, nil, []string{"p"}, true},
		{"a log without consent", `null`, nil, nil, []string{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, ok := Read([]byte(`{"bundle":{"digest":"d"},"consent":` + test.logged + `,"answer":{}}`))
			require.True(t, ok)
			require.Equal(t, test.known, l.Resolve(test.before, test.after))
			var asks struct{ Consent struct{ Granted []string } }
			require.NoError(t, json.Unmarshal(l.Question(), &asks))
			require.Equal(t, test.want, asks.Consent.Granted)
		})
	}
}
