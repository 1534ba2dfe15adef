package impact

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// drawn reads a picture as XML and gives its texts, and the widths of its bars by their class.
func drawn(t *testing.T, svg []byte) (texts []string, bars map[string][]string) {
	bars = map[string][]string{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, bars
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				texts = append(texts, text)
			}
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
			}
			if token.Name.Local == "rect" {
				bars[attributes["class"]] = append(bars[attributes["class"]], attributes["width"])
			}
		}
	}
}

func TestAppendSVG(t *testing.T) {
	report := &Report{Contexts: 1000, Moved: 250, Decisions: []*DecisionReport{
		{Name: "banner", Asked: 1000},
		{Name: "hero", Asked: 1000, Moved: 250, Share: 0.25, Rebucketed: 10, Moves: []Move{{"plain", "gold", 200}, {"gold", "gold", 49}, {"gold", "", 1}}},
		{Name: "teaser", NewOnly: 1000, Moves: []Move{{"", "none", 1000}}},
	}, Segments: []*SegmentReport{{Name: "big_cart", Before: 500, After: 250, Left: 250, Moved: 200}}, Consent: []*ConsentReport{{"analytics", 10, 20}}}
	texts, bars := drawn(t, AppendSVG(nil, report, `<shop> & "more"`, "rules#production → shop"))
	all := strings.Join(texts, "\n")
	for _, want := range []string{`<shop> & "more"`, "rules#production → shop", "1000 contexts, 250 with an answer that changes (25.00%)", "hero", "plain → gold", "20.00%", "gold → another value",
		"gold → (the caller's default)", "1.00% of a running split", "new: pages", "1 of 3 decisions are not shown", "big_cart", "0 joined, 250 left; 200 with", "granted to 20 fewer"} {
		require.Contains(t, all, want)
	}
	require.Equal(t, []string{"95.0", "0.0"}, bars["moved"], "the largest share first: a quarter of 380, and what is new has not moved")
	require.Equal(t, []string{"76.0", "18.6", "1.0", "380.0"}, bars["move"], "what there is can be seen")
}

// Names may be as long and as strange as a compiled bundle has them, and decisions as many.
func TestAppendSVGOfALot(t *testing.T) {
	report := &Report{Contexts: 1}
	for i := range 4096 {
		name := fmt.Sprint(i, strings.Repeat("\x00<é", 40))
		report.Decisions = append(report.Decisions, &DecisionReport{Name: name, Asked: 1, Moved: 1, Share: 1, Moves: []Move{{name, "b", 1}}})
	}
	svg := AppendSVG(nil, report, "a lot", strings.Repeat("folder/", 100))
	texts, bars := drawn(t, svg)
	require.Len(t, bars["moved"], maxRows)
	require.Contains(t, strings.Join(texts, "\n"), "4056 of 4096 decisions are not shown")
	require.Less(t, len(svg), 100_000)
}
