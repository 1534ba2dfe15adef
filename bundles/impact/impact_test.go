package impact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// told is a deciding function that answers what the line tells it to, under a key of the line.
func told(key string) Decide {
	return func(line []byte, answers *Answers) error {
		var lines map[string]*Answers
		if err := json.Unmarshal(line, &lines); err != nil {
			return err
		}
		if lines[key] == nil {
			return errors.New("no answer")
		}
		answers.Decisions = append(answers.Decisions, lines[key].Decisions...)
		answers.Granted = append(answers.Granted, lines[key].Granted...)
		answers.Untried = lines[key].Untried
		answers.Segments = append(answers.Segments, lines[key].Segments...)
		return nil
	}
}

func run(t *testing.T, workers int, lines ...string) *Report {
	report, err := Run(t.Context(), strings.NewReader(strings.Join(lines, "\n")), told("old"), told("new"), workers, nil)
	require.NoError(t, err)
	return report
}

func TestRun(t *testing.T) {
	const hero = `{"Name":"hero","Variant":%q,"Reason":%q,"Rule":%q}`
	answer := func(variant, reason, rule string) string {
		return fmt.Sprintf(`{"Decisions":[`+hero+`]}`, variant, reason, rule)
	}
	both := func(old, new string) string { return fmt.Sprintf(`{"old":%s,"new":%s}`, old, new) }
	report := run(t, 2,
		both(answer("plain", "DEFAULT", ""), answer("plain", "DEFAULT", "")),
		both(answer("plain", "DEFAULT", ""), answer("plain", "TARGETING_MATCH", "same")),
		both(answer("plain", "DEFAULT", ""), answer("gold", "TARGETING_MATCH", "gold")),
		both(answer("plain", "SPLIT", "test"), answer("gold", "SPLIT", "test")),
		both(answer("gold", "SPLIT", "test"), answer("plain", "SPLIT", "other")),
		"",
		`{"old":{}}`,
		`no json`,
		both(`{"Decisions":[]}`, `{"Decisions":[{"Name":"banner"}],"Granted":[{"Purpose":"analytics","Granted":true}]}`),
		both(`{"Decisions":[{"Name":"banner"}],"Granted":[{"Purpose":"analytics","Granted":true}]}`, `{"Decisions":[],"Granted":[{"Purpose":"analytics"}]}`),
		both(`{"Granted":[{"Purpose":"analytics"}]}`, `{"Granted":[{"Purpose":"analytics","Granted":true}]}`),
	)
	require.Equal(t, 8, report.Contexts)
	require.Equal(t, 2, report.Bad)
	require.Equal(t, 4, report.Moved)
	require.NotEmpty(t, report.FirstBad)
	require.Equal(t, []*DecisionReport{
		{Name: "banner", Asked: 1, Moved: 1, Share: 1, Moves: []Move{{"", "", 2}}, OldOnly: 1, NewOnly: 1},
		{Name: "hero", Asked: 5, Moved: 3, Share: 0.6, Rebucketed: 1, Moves: []Move{{"plain", "gold", 2}, {"gold", "plain", 1}}},
	}, report.Decisions)
	require.Equal(t, []*ConsentReport{{"analytics", 1, 1}}, report.Consent)
}

func TestRunSeesWhatIsServed(t *testing.T) {
	const plain, gold, dearer = `{"Name":"hero","Variant":"plain","Value":1}`, `{"Name":"hero","Variant":"gold","Value":{"price":5}}`, `{"Name":"hero","Variant":"gold","Value":{"price":6}}`
	tests := []struct {
		name, before, after string
		moved               int
		largest             float64
		want                []*DecisionReport
	}{
		{"the same", gold, gold, 0, 0, []*DecisionReport{{Name: "hero", Asked: 1, Moves: []Move{}}}},
		{"another variant", plain, gold, 1, 1, []*DecisionReport{{Name: "hero", Asked: 1, Moved: 1, Share: 1, Moves: []Move{{"plain", "gold", 1}}}}},
		{"another value of the same variant", gold, dearer, 1, 1, []*DecisionReport{{Name: "hero", Asked: 1, Moved: 1, Share: 1, Moves: []Move{{"gold", "gold", 1}}}}},
		{"a decision that is gone", gold, "", 1, 1, []*DecisionReport{{Name: "hero", Asked: 1, Moved: 1, Share: 1, Moves: []Move{{"gold", "", 1}}, OldOnly: 1}}},
		{"a decision that is new", "", gold, 0, 0, []*DecisionReport{{Name: "hero", Moves: []Move{{"", "gold", 1}}, NewOnly: 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report := run(t, 1, fmt.Sprintf(`{"old":{"Decisions":[%s]},"new":{"Decisions":[%s],"Untried":true}}`, test.before, test.after))
			require.Equal(t, test.moved, report.Moved)
			require.InDelta(t, test.largest, report.Largest(), 1e-9)
			require.Equal(t, test.want, report.Decisions)
			require.Equal(t, 1, report.Untried)
		})
	}
}

// Members of segments are counted whether an answer changes or not; a segment that one bundle does not have has none there.
func TestRunCountsSegments(t *testing.T) {
	line := func(old, new, variant string) string {
		return fmt.Sprintf(`{"old":{"Decisions":[{"Name":"hero","Variant":"plain"}],"Segments":[%s]},"new":{"Decisions":[{"Name":"hero","Variant":%q}],"Segments":[%s]}}`, old, variant, new)
	}
	const in, out, gone = `{"Segment":"rich","In":true}`, `{"Segment":"rich"}`, `{"Segment":"gone","In":true}`
	report := run(t, 3,
		line(in, in, "plain"), line(in, in, "gold"),
		line(in, out, "gold"), line(in, out, "plain"), line(in, out, "plain"),
		line(out, in, "gold"),
		line(out, out, "gold"),
		line(gone, out, "plain"))
	require.Equal(t, []*SegmentReport{{Name: "gone", Before: 1, Left: 1}, {Name: "rich", Before: 5, After: 3, Joined: 1, Left: 3, Moved: 3}}, report.Segments)
}

// However many work on it, the report is the same, and all lines are in it.
func TestWorkersAgree(t *testing.T) {
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf(`{"old":{"Decisions":[{"Name":"a"},{"Name":"b","Variant":"%d"}]},"new":{"Decisions":[{"Name":"b","Variant":"%d"},{"Name":"a"}]}}`, i%3, i%7))
	}
	one := run(t, 1, lines...)
	require.Equal(t, 3000, one.Contexts)
	require.Equal(t, one, run(t, 4, lines...))
	progress := 0
	_, err := Run(t.Context(), strings.NewReader(strings.Join(lines, "\n")), told("old"), told("new"), 3, func(n int) { progress = n })
	require.NoError(t, err)
	require.Equal(t, 3000, progress)
}

func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, strings.NewReader(strings.Repeat(`{"old":{},"new":{}}`+"\n", 100_000)), told("old"), told("new"), 1, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Run(t.Context(), strings.NewReader("{}\n"+strings.Repeat("x", maxLine+1)), told("old"), told("new"), 1, nil)
	require.ErrorContains(t, err, "line 2 has more than")
}
