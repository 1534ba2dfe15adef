package question

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// asking is the schema of a bundle whose policy asks for something of each kind.
func asking(t *testing.T) *Schema {
	b, err := core.Load(sample.Compile(t, `bundle: b
consent:
  cookies: {OptanonConsent: onetrust, tc: tcf}
  purposes:
    personalization: {tcf: {purposes: [1]}, gpp: {opt_out_of: [sale]}, gpc: denies, cmp: {OptanonConsent: [C0003]}}
decisions: {a: {purpose: personalization, variants: {x: 1}}}
`))
	require.NoError(t, err)
	return NewSchema(b)
}

// because says what became of personalization.
func because(t *testing.T, s *Schema, q *Question) string {
	c, e := s.bundle.NewContext(), s.bundle.NewEvaluator()
	_, ok := c.ReadQuestion(q.Bytes, nil)
	require.True(t, ok, "not a question")
	e.Resolve(c)
	return string(c.Evidence()[1].AppendBecause(nil, &s.bundle.Bundle, 1, c.Jurisdiction()))
}

func TestSignalsAreTheSameFromGoAndJSON(t *testing.T) {
	s := asking(t)
	for name, c := range map[string]struct {
		json string
		from Signals
		want string
	}{
		"none":               {`{}`, Signals{}, "no signal grants it (opt_in)"},
		"granted":            {`{"granted":["personalization","unknown"]}`, Signals{Granted: []string{"personalization", "unknown"}}, "granted by the caller"},
		"TCF":                {`{"tcf":"C"}`, Signals{TCF: "C"}, "tcf: a segment ends before its last field; no signal grants it (opt_in)"},
		"GPP":                {`{"gpp":"D"}`, Signals{GPP: "D"}, "gpp: a segment ends before its last field; no signal grants it (opt_in)"},
		"US Privacy":         {`{"usp":"1YYN"}`, Signals{USP: "1YYN"}, "usp: opted out of sale"},
		"GPC":                {`{"gpc":"1"}`, Signals{GPC: "1"}, "gpc: Global Privacy Control is on"},
		"off":                {`{"cookies":{"edgewise-personalization":"off"}}`, Signals{Cookies: map[string][]string{"edgewise-personalization": {"off"}}}, "switched off by the visitor on this site"},
		"a cookie":           {`{"cookies":{"tc":"1","other":"x"}}`, Signals{Cookies: map[string][]string{"tc": {"1"}, "other": {"x"}}}, "tc: a version that is not supported; no signal grants it (opt_in)"},
		"a cookie twice":     {`{"cookies":{"OptanonConsent":["interactionCount=1&groups=C0003:1","interactionCount=1&groups=C0003:0"]}}`, Signals{Cookies: map[string][]string{"OptanonConsent": {"interactionCount=1&groups=C0003:1", "interactionCount=1&groups=C0003:0"}}}, "OptanonConsent: C0003 denied"},
		"escapes in JSON":    {`{"usp":"\u0031YYN"}`, Signals{USP: "1YYN"}, "usp: opted out of sale"},
		"characters in them": {`{"usp":"1YYN\u0000é"}`, Signals{USP: "1YYN\x00é"}, "usp: too long; no signal grants it (opt_in)"},
	} {
		t.Run(name, func(t *testing.T) {
			var fromJSON, fromGo Question
			require.NoError(t, s.ReadJSON(&fromJSON, []byte(`{"consent":`+c.json+`}`), sample.Now))
			require.NoError(t, s.Make(&fromGo, nil, c.from, nil, Overrides{}, sample.Now))
			require.Equal(t, fromJSON.Bytes, fromGo.Bytes)
			require.Equal(t, c.want, because(t, s, &fromJSON))
		})
	}
}

// Whatever a signal is in JSON, the line is answered.
func TestSignalsOfAnyShape(t *testing.T) {
	s := asking(t)
	huge := strings.Repeat("A", 900_000)
	many := func(cookie, last string) string {
		return `{"granted":["personalization"],"cookies":{"tc":["` + strings.Repeat(`1","`, policy.MaxSignals+1) + `"],"` + cookie + `":"` + last + `"}}`
	}
	for name, c := range map[string]struct{ consent, want string }{
		"null":                              {`{"tcf":null,"gpp":null,"usp":null,"gpc":null,"cookies":null,"granted":null}`, "no signal grants it (opt_in)"},
		"a number":                          {`{"tcf":5}`, "tcf: not a text; no signal grants it (opt_in)"},
		"a list":                            {`{"usp":["1YYN"]}`, "usp: not a text; no signal grants it (opt_in)"},
		"GPC that is true":                  {`{"gpc":true}`, "gpc: Global Privacy Control is on"},
		"GPC that is the number 1":          {`{"gpc":1}`, "gpc: Global Privacy Control is on"},
		"GPC that is false":                 {`{"gpc":false}`, "no signal grants it (opt_in)"},
		"GPC that is the number 0":          {`{"gpc":0}`, "gpc: not a text; no signal grants it (opt_in)"},
		"GPC that is another number":        {`{"gpc":1.5}`, "gpc: not a text; no signal grants it (opt_in)"},
		"GPC that is an object":             {`{"gpc":{"1":1}}`, "gpc: not a text; no signal grants it (opt_in)"},
		"GPC that is the text true":         {`{"gpc":"true"}`, "no signal grants it (opt_in)"},
		"true in an array of GPC":           {`{"gpc":["0",true,null]}`, "gpc: Global Privacy Control is on"},
		"a text in an array of GPC":         {`{"gpc":["0","1"]}`, "gpc: Global Privacy Control is on"},
		"an array of GPC that is off":       {`{"gpc":["0",{}]}`, "gpc: not a text; no signal grants it (opt_in)"},
		"cookies that are a text":           {`{"cookies":"edgewise-personalization=off"}`, "no signal grants it (opt_in)"},
		"a cookie that is a number":         {`{"cookies":{"tc":[5]}}`, "tc: not a text; no signal grants it (opt_in)"},
		"a cookie of two names in the line": {`{"cookies":{"OptanonConsent":"interactionCount=1&groups=C0003:1","OptanonConsent":"interactionCount=1&groups=C0003:0"}}`, "OptanonConsent: C0003 denied"},
		"a megabyte":                        {`{"tcf":"C` + huge + `"}`, "tcf: too long; no signal grants it (opt_in)"},
		"a cookie of a megabyte":            {`{"cookies":{"OptanonConsent":"` + huge + `"}}`, "OptanonConsent: too long; no signal grants it (opt_in)"},
		"a megabyte, and a denial":          {`{"tcf":"C` + huge + `","gpc":"1"}`, "gpc: Global Privacy Control is on"},
		"a megabyte that nothing reads":     {`{"cookies":{"other":"` + huge + `"},"granted":["personalization"]}`, "granted by the caller"},
		"too many":                          {many("other", ""), "more signals than are read"},
		"too many, and off":                 {many("edgewise-personalization", "off"), "switched off by the visitor on this site"},
	} {
		t.Run(name, func(t *testing.T) {
			var q Question
			require.NoError(t, s.ReadJSON(&q, []byte(`{"consent":`+c.consent+`}`), sample.Now))
			require.Equal(t, c.want, because(t, s, &q))
		})
	}
}

// What of consent stands several times in a line is heard each time: the answer is the most restrictive, in whatever order it stands there.
func TestSignalsThatStandSeveralTimes(t *testing.T) {
	s := asking(t)
	for name, c := range map[string]struct{ one, other, want string }{
		"GPC":                 {`"consent":{"gpc":"1"}`, `"consent":{"gpc":"0"}`, "gpc: Global Privacy Control is on"},
		"US Privacy":          {`"consent":{"usp":"1YYN"}`, `"consent":{"usp":"1YNN"}`, "usp: opted out of sale"},
		"US Privacy and null": {`"consent":{"usp":"1YYN"}`, `"consent":{"usp":null}`, "usp: opted out of sale"},
		"consent of nothing":  {`"consent":{"gpc":"1","granted":["personalization"]}`, `"consent":{}`, "gpc: Global Privacy Control is on"},
		"consent of null":     {`"consent":{"gpc":"1"}`, `"consent":null`, "gpc: Global Privacy Control is on"},
		"cookies": {`"consent":{"cookies":{"edgewise-personalization":"off"}}`, `"consent":{"cookies":{}}`,
			"switched off by the visitor on this site"},
		"a cookie": {`"consent":{"cookies":{"OptanonConsent":"interactionCount=1&groups=C0003:0"}}`,
			`"consent":{"cookies":{"OptanonConsent":"interactionCount=1&groups=C0003:1"}}`, "OptanonConsent: C0003 denied"},
		"a denial and more signals than there may be": {`"consent":{"gpc":"1"}`,
			`"consent":{"granted":["personalization"],"tcf":5` + strings.Repeat(`,"tcf":5`, policy.MaxSignals-2) + `}`, "gpc: Global Privacy Control is on"},
		"granted once":           {`"consent":{"granted":["personalization"]}`, `"consent":{}`, "granted by the caller"},
		"granted, and nothing":   {`"consent":{"granted":["personalization"]}`, `"consent":{"granted":[]}`, "no signal grants it (opt_in)"},
		"granted, and null":      {`"consent":{"granted":["personalization"]}`, `"consent":{"granted":null}`, "granted by the caller"},
		"granted by all of them": {`"consent":{"granted":["personalization"]}`, `"consent":{"granted":["analytics","personalization"]}`, "granted by the caller"},
	} {
		t.Run(name, func(t *testing.T) {
			inside := func(text string) string { return strings.TrimSuffix(strings.TrimPrefix(text, `"consent":{`), "}") }
			lines := []string{`{` + c.one + `,` + c.other + `}`, `{` + c.other + `,` + c.one + `}`}
			if one, other := inside(c.one), inside(c.other); other != "" && other != c.other {
				lines = append(lines, `{"consent":{`+one+`,`+other+`}}`, `{"consent":{`+other+`,`+one+`}}`)
			}
			for _, line := range lines {
				var q Question
				require.NoError(t, s.ReadJSON(&q, []byte(line), sample.Now))
				require.Equal(t, c.want, because(t, s, &q), line)
			}
		})
	}
}

// Where signals are more than there is room for, what cannot be read may be a denial, and attributes lose nothing.
func TestSignalsHaveARoomOfTheirOwn(t *testing.T) {
	s := asking(t)
	long := "interactionCount=1&groups=C0003:1,x:" + strings.Repeat("1", 8000)
	cookies := map[string][]string{"OptanonConsent": {}}
	for range 20 {
		cookies["OptanonConsent"] = append(cookies["OptanonConsent"], long)
	}
	var q Question
	require.NoError(t, s.Make(&q, nil, Signals{Cookies: cookies}, nil, Overrides{}, sample.Now))
	require.Less(t, len(q.Bytes), core.Room+2000)
	require.Equal(t, "more signals than are read", because(t, s, &q))
}

func TestSettledQuestions(t *testing.T) {
	s := asking(t)
	var q Question
	line := []byte(`{"consent":{"granted":["personalization"],"gpc":"1"}}`)
	require.NoError(t, s.ReadSettledJSON(&q, line, sample.Now))
	require.Equal(t, "granted by the caller", because(t, s, &q))
	require.NoError(t, s.ReadJSON(&q, line, sample.Now))
	require.Equal(t, "gpc: Global Privacy Control is on", because(t, s, &q), "what was settled once is not for ever")
}
