package why_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/why"
)

const shop = `bundle: shop
segments: {phone: device.class == "mobile"}
decisions:
  hero:
    purpose: personalization
    variants: {plain: /plain.html, gold: /gold.html}
    default: plain
    rules: [{id: phones, when: segment("phone"), serve: gold}, {id: tests, split: {by: session.id, weights: {plain: 1}}}]
  code:
    purpose: necessary
    variants: {a: 1}
`

// shown is an explanation as a person sees it.
func shown(t *testing.T, columns int, explained string) string {
	t.Helper()
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(shop)})
	require.NoError(t, err)
	b, err := bundles.Compile(src)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, why.Write(&out, b.Bundle, []byte(explained), term.Style{}, columns))
	return "\n" + out.String()
}

func TestWriteExplainsEveryOutcome(t *testing.T) {
	const head = `{"decision":"hero","variant":"plain","reason":"DEFAULT","default":"plain","purposes":[{"purpose":"personalization","granted":true}],"rules":[`
	for name, c := range map[string]struct{ explained, want string }{
		"an answer of the caller's own": {`{"decision":"code","reason":"STATIC","purposes":[],"rules":[]}`, `
code = what the caller's code has as default
  no variant, STATIC: there are no rules
`},
		"a rule that lost": {head + `{"rule":"phones","when":"segment(\"phone\")","result":false,"outcome":"no match",
			"reads":[{"attribute":"device.class","state":"present","value":"tv"}]}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x phones  segment("phone")
            phone: device.class == "mobile"
            no match: device.class is "tv"
`},
		"an error of what was read": {head + `{"rule":"phones","when":"f","error":"not consented","error_at":"cart.value","outcome":"error",
			"reads":[{"attribute":"cart.value","state":"not consented"},{"attribute":"geo.city","state":"wrong type"}]}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x phones  f
            no match, since cart.value is not consented; geo.city is of the
              wrong type
`},
		"a value that is none for its attribute": {head + `{"rule":"full","when":"f","error":"no value","error_at":"cart.value","outcome":"error",
			"reads":[{"attribute":"cart.value","state":"wrong type"}]},{"rule":"home","when":"g","error":"no value","error_at":"geo.city",
			"outcome":"error","reads":[{"attribute":"geo.city","state":"too large"}]}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x full  f
          no match, since cart.value is of the wrong type
  x home  g
          no match, since geo.city is too large
`},
		"an error of another kind": {head + `{"rule":"phones","when":"1 / 0 == 1","error":"division by zero","outcome":"error","reads":[]}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x phones  1 / 0 == 1
            no match, since division by zero
`},
		"a split without a unit": {head + `{"rule":"tests","outcome":"no unit","split":{"by":"session.id","seed":"s","buckets":10000,"unit":"absent"}}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x tests  always
           matched
           split by session.id: absent, so the rule does not match
`},
		"an empty unit": {head + `{"rule":"tests","outcome":"no unit","split":{"by":"session.id","seed":"s","buckets":10000,"unit":"present"}}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x tests  always
           matched
           split by session.id: empty, so there is nothing to tell visitors
             apart by
`},
		"text that would fool a terminal": {head + `{"rule":"a","when":"x == \"\u001b[2J\u202e\"","outcome":"not reached"},{"rule":"b","outcome":"matched"}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  . a  not reached: x == "` + "\ufffd[2J\ufffd" + `"
  > b  always
       matched
`},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, shown(t, 76, c.explained)) })
	}
}

func TestWriteRefusesWhatIsNoExplanation(t *testing.T) {
	require.ErrorContains(t, why.Write(&strings.Builder{}, nil, []byte("{"), term.Style{}, 80), "explanation")
}
