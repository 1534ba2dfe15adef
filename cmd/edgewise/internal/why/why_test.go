package why_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/why"
	"github.com/edgewise-dev/edgewise/core/format"
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
	require.NoError(t, why.View{Columns: columns}.Write(&out, b.Bundle, []byte(explained)))
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
		"consent by a policy": {`{"decision":"hero","variant":"plain","reason":"CONSENT","jurisdiction":{"name":"eea","line":9,"when":"geo.country == \"DE\""},"purposes":[
			{"purpose":"personalization","granted":true,"because":"granted by the caller","mode":"opt_in","signals":["granted by the caller"]},
			{"purpose":"analytics","granted":true,"because":"no signal denies it (notice, eea)","mode":"notice","signals":[]},
			{"purpose":"advertising","granted":false,"because":"gpc: Global Privacy Control is on","mode":"opt_out","signals":["usp: not opted out","gpc: Global Privacy Control is on"]}],"rules":[]}`, `
hero = "/plain.html"
  variant plain, CONSENT: no rule may be tried without consent
  personalization is granted: by the caller
  analytics is granted: no signal denies it (notice, eea)
  advertising is not granted: gpc: Global Privacy Control is on
    its signals: usp: not opted out; gpc: Global Privacy Control is on
  jurisdiction eea: geo.country == "DE"
`},
		"a jurisdiction without name and condition": {`{"decision":"hero","variant":"plain","reason":"CONSENT","jurisdiction":{"line":9},"purposes":[
			{"purpose":"personalization","granted":false,"because":"denied here whatever the signals say (deny)","mode":"deny"}],"rules":[]}`, `
hero = "/plain.html"
  variant plain, CONSENT: no rule may be tried without consent
  personalization is not granted: denied here whatever the signals say
      (deny)
  jurisdiction of line 9: wherever no other one counts
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
		"what it read of other decisions": {head + `{"rule":"phones","when":"f","result":false,"outcome":"no match",
			"reads":[{"attribute":"geo.city","state":"present","value":"Ulm"},{"decision":"tier","variant":"gold","reason":"SPLIT"},{"decision":"code","reason":"STATIC"}]},
			{"rule":"tests","when":"g","error":"the decision has no variant","outcome":"error","reads":[{"decision":"code","reason":"STATIC"}]}]}`, `
hero = "/plain.html"
  variant plain, DEFAULT: no rule matched
  x phones  f
            no match: geo.city is "Ulm", decision tier is gold (SPLIT),
              decision code has no variant
  x tests   g
            no match, since decision code has no variant
`},
		"a rule that defers": {`{"decision":"hero","variant":"plain","reason":"DEFERRED","rule":"phones","purposes":[],"rules":[
			{"rule":"phones","outcome":"matched","defer":{"to":"tiers","within_ms":80,"mode":"wait"}}]}`, `
hero = "/plain.html"
  variant plain, DEFERRED: rule phones leaves it to the origin; this is the fallback
  > phones  always
            matched
            asks decider tiers within 80 ms (wait)
`},
		"an earlier answer that is kept for a while": {`{"decision":"hero","variant":"gold","reason":"SPLIT","purposes":[],"sticky":{"variant":"gold","kept":true,"hold_s":604800},"rules":[]}`, `
hero = "/gold.html"
  variant gold, SPLIT: kept from before
  gold was answered before, and is kept for at least 7 days
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
	require.ErrorContains(t, why.View{Columns: 80}.Write(&strings.Builder{}, nil, []byte("{")), "explanation")
}

// Of more rules than somebody reads only the beginning of those is shown that went the same way.
func TestWriteFoldsManyRules(t *testing.T) {
	explained := func(rules int) string {
		all := make([]string, rules)
		for i := range all {
			outcome := `"no match"`
			switch {
			case i == 5:
				outcome = `"not in schedule"`
			case i > 5 && i < 30 && i%2 == 0:
				outcome = `"error","error":"overflow"`
			case i == 30:
				outcome = `"matched"`
			case i > 30:
				outcome = `"not reached"`
			}
			all[i] = fmt.Sprintf(`{"rule":"r%02d","when":"c","outcome":%s}`, i, outcome)
		}
		return `{"decision":"hero","variant":"gold","reason":"TARGETING_MATCH","rule":"r30","rules":[` + strings.Join(all, ",") + `]}`
	}
	names := func(shown string) (all []string) {
		for line := range strings.Lines(shown) {
			if fields := strings.Fields(line); strings.HasPrefix(line, "  ") && len(fields) > 1 && fields[0] != "no" {
				all = append(all, strings.Join(fields[:min(len(fields), 3)], " "))
			}
		}
		return all[1:]
	}
	folded := shown(t, 80, explained(41))
	require.Equal(t, []string{"x r00 c", "x r01 c", "x r02 c", "x r03 c", "x r04 c", "x r05 c", "not in its", "x r06 c", "x r07 c", "x r08 c",
		"x 21 more", "> r30 c", ". r31 not", ". r32 not", ". r33 not", ". 7 more"}, names(folded))
	require.Contains(t, folded, "  x 21 more rules do not match, 10 of them for an error (--all shows them)\n")
	require.Contains(t, folded, "  . 7 more rules are not reached (--all shows them)\n")
	require.NotContains(t, shown(t, 80, explained(40)), "more rules")
	var all strings.Builder
	require.NoError(t, why.View{Columns: 80, All: true}.Write(&all, &format.Bundle{}, []byte(explained(41))))
	require.NotContains(t, all.String(), "more rules")
	require.Contains(t, all.String(), "r40")
}
