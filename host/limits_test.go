package host_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/bound"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/pattern"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/semver"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/signals"
)

// limits are those that bundles/README.md lists.
var limits = map[string]int{
	"question.MaxLine": question.MaxLine, "core.MaxText": core.MaxText, "core.MaxValues": core.MaxValues, "format.MaxDepth": format.MaxDepth,
	"core.Room": core.Room, "core.MaxQuestion": core.MaxQuestion, "policy.MaxSignals": policy.MaxSignals, "policy.MaxText": policy.MaxText, "consent.MaxString": consent.MaxString,
	"consent.MaxCookie": consent.MaxCookie, "consent.MaxSections": consent.MaxSections, "edge.MaxText": edge.MaxText, "edge.MaxQuery": edge.MaxQuery,
	"edge.MaxLanguages": edge.MaxLanguages, "edge.MaxValue": edge.MaxValue, "edge.MaxCookies": edge.MaxCookies,
	"edge.MaxURL": edge.MaxURL, "edge.MaxHeaders": edge.MaxHeaders, "edge.MaxLines": edge.MaxLines, "edge.MaxCookie": edge.MaxCookie, "edge.MaxBody": edge.MaxBody,
	"edge.MaxElements": edge.MaxElements, "edge.MaxDecisionsHeader": edge.MaxDecisionsHeader, "semver.MaxText": semver.MaxText,
	"core.ScratchBytes": core.ScratchBytes, "core.ScratchValues": core.ScratchValues, "core.MaxLoopSteps": core.MaxLoopSteps,
	"format.MaxSize": format.MaxSize, "format.MaxString": format.MaxString, "format.MaxAttributes": format.MaxAttributes, "format.MaxPurposes": format.MaxPurposes,
	"format.MaxDecisions": format.MaxDecisions, "format.MaxVariants": format.MaxVariants, "format.MaxBuckets": format.MaxBuckets,
	"format.MaxProgram": format.MaxProgram, "format.MaxStack": format.MaxStack, "format.MaxWalks": format.MaxWalks, "format.MaxLocals": format.MaxLocals,
	"format.MaxNesting": format.MaxNesting, "format.MaxIndexed": format.MaxIndexed, "format.MaxHeaderActs": format.MaxHeaderActs, "format.MaxCookies": format.MaxCookies,
	"format.MaxJurisdictions": format.MaxJurisdictions, "format.MaxConsentGroups": format.MaxConsentGroups, "bound.DefaultSteps": bound.DefaultSteps,
	"source.MaxSteps": source.MaxSteps, "source.MaxFile": source.MaxFile, "source.MaxSource": source.MaxSource, "source.MaxFiles": source.MaxFiles,
	"source.MaxEntries": source.MaxEntries, "source.MaxDepth": source.MaxDepth, "source.MaxAliases": source.MaxAliases, "source.MaxNodes": source.MaxNodes,
	"expr.MaxText": expr.MaxText, "expr.MaxNesting": expr.MaxNesting, "expr.MaxTypeDepth": expr.MaxTypeDepth,
	"pattern.MaxLength": pattern.MaxLength, "pattern.MaxInstructions": pattern.MaxInstructions, "pattern.MaxTransitions": pattern.MaxTransitions,
}

// The page lists the limits with their numbers, and no limit of the files that hold them is missing.
func TestLimitsAreWrittenDown(t *testing.T) {
	page, err := os.ReadFile("../bundles/README.md")
	require.NoError(t, err)
	written := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[A-Z]\\w+)` \\| [^|]+ \\| ([0-9,]+)( KiB| MiB| bytes)? \\|").FindAllStringSubmatch(string(page), -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(row[2], ",", ""))
		require.NoError(t, err)
		written[row[1]] = n * map[string]int{"": 1, " bytes": 1, " KiB": 1 << 10, " MiB": 1 << 20}[row[3]]
	}
	require.Equal(t, limits, written)

	for _, path := range []string{"core/format/limits.go", "core/context.go", "core/policy/policy.go", "core/consent/consent.go", "core/consent/gpp.go",
		"core/consent/choices.go", "core/wire.go", "core/run.go", "edge/scratch.go", "edge/limits.go", "host/question/json.go",
		"bundles/source/limits.go", "bundles/expr/expr.go", "bundles/pattern/pattern.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../"+path, nil, 0)
		require.NoError(t, err)
		found := 0
		for _, d := range file.Decls {
			constants, ok := d.(*ast.GenDecl)
			if !ok || constants.Tok != token.CONST {
				continue
			}
			for _, spec := range constants.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Max") {
						require.Contains(t, limits, file.Name.Name+"."+name.Name, path)
						found++
					}
				}
			}
		}
		require.NotZero(t, found, path)
	}
}

const limitsSource = `
bundle: limits
attributes:
  text: {type: string, purpose: necessary}
  numbers: {type: list(int), purpose: necessary}
  deep: {type: list(dyn), purpose: necessary}
  r1: {type: string, purpose: necessary}
  r2: {type: string, purpose: necessary}
  r3: {type: string, purpose: necessary}
  r4: {type: string, purpose: necessary}
consent:
  cookies: {OptanonConsent: onetrust, tc: tcf}
  purposes:
    personalization: {tcf: {purposes: [1]}, gpp: {opt_out_of: [sale]}, cmp: {OptanonConsent: [C0003]}}
decisions:
  text: {purpose: necessary, variants: {there: 1, gone: 2}, default: gone, rules: [{id: r, when: size(text) > 0, serve: there}]}
  numbers: {purpose: necessary, variants: {there: 1, gone: 2}, default: gone, rules: [{id: r, when: size(numbers) > 0, serve: there}]}
  deep: {purpose: necessary, variants: {there: 1, gone: 2}, default: gone, rules: [{id: r, when: size(deep) > 0, serve: there}]}
  room: {purpose: necessary, variants: {there: 1, gone: 2}, default: gone, rules: [{id: r, when: size(r1) > 0 && size(r2) > 0 && size(r3) > 0 && size(r4) > 0, serve: there}]}
  consent: {purpose: personalization, variants: {there: 1, gone: 2}, default: gone, rules: [{id: r, serve: there}]}
`

// What is as large as its limit counts, and one more does not and is reported: the same natively and in the module.
func TestContextsAtTheirLimits(t *testing.T) {
	repeat := strings.Repeat
	given := func(name, value string) string { return `{"context":{"` + name + `":` + value + `}}` }
	ofConsent := func(consent string) string { return `{"consent":{` + consent + `}}` }
	var hosts []*host.Host
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		h, err := host.New(t.Context(), host.Options{Bundle: sample.Compile(t, limitsSource), Engine: engine, Instances: 1})
		require.NoError(t, err)
		defer h.Close(context.Background())
		hosts = append(hosts, h)
	}
	for _, c := range []struct {
		limit, decision string
		line            func(n int) string
		report          string // what says why not beyond the limit; "": the line is an error
	}{
		{"core.MaxText", "text", func(n int) string { return given("text", `"`+repeat("a", n)+`"`) }, "too large"},
		{"core.MaxValues", "numbers", func(n int) string { return given("numbers", "["+repeat("1,", n-1)+"1]") }, "too large"},
		{"format.MaxDepth", "deep", func(n int) string { return given("deep", repeat("[", n-1)+"[1]"+repeat("]", n-1)) }, "too large"},
		{"core.Room", "room", func(n int) string { // each of four texts takes its bytes in whole words, and two words in front
			const text = core.Room/4 - 2*4
			full := `"` + repeat("a", text) + `"`
			return `{"context":{"r1":` + full + `,"r2":` + full + `,"r3":` + full + `,"r4":"` + repeat("a", text+n-core.Room) + `"}}`
		}, "too large"},
		{"policy.MaxSignals", "consent", func(n int) string {
			return ofConsent(`"granted":["personalization"],"cookies":{"tc":["` + repeat(`1","`, n-1) + `1"]}`)
		}, "more signals than are read"},
		{"consent.MaxString", "consent", func(n int) string {
			tc := signals.TC{Updated: sample.Now, Policy: 5, Purposes: []int{1}, Disclosed: []int{}, Publisher: &signals.Publisher{Purposes: []int{1}}}.String()
			return ofConsent(`"tcf":"` + tc + repeat("A", n-len(tc)) + `"`) // padding
		}, "too long"},
		{"consent.MaxCookie", "consent", func(n int) string {
			const cookie = "interactionCount=1&groups=C0003:1,x:"
			return ofConsent(`"cookies":{"OptanonConsent":"` + cookie + repeat("1", n-len(cookie)) + `"}`)
		}, "too long"},
		{"consent.MaxSections", "consent", func(n int) string {
			tc := signals.TC{Updated: sample.Now, Policy: 5, Purposes: []int{1}, Disclosed: []int{}, Publisher: &signals.Publisher{Purposes: []int{1}}}.String()
			sections := []signals.Section{{ID: consent.SectionTCF, Text: tc}}
			for id := 30; len(sections) < n; id++ {
				sections = append(sections, signals.Section{ID: id, Text: "x"})
			}
			return ofConsent(`"gpp":"` + signals.GPP(sections...) + `"`)
		}, "sections"},
		{"question.MaxLine", "text", func(n int) string {
			const line = `{"context":{"text":"a"}}`
			return line + repeat(" ", n-len(line))
		}, ""},
	} {
		t.Run(c.limit, func(t *testing.T) {
			limit := limits[c.limit]
			for _, h := range hosts {
				variant, _ := answered(t, h, c.decision, c.line(limit))
				require.Equal(t, "there", variant)
				if c.report == "" {
					_, err := h.DecideJSON(t.Context(), []byte(c.line(limit+1)), sample.Now)
					require.ErrorContains(t, err, fmt.Sprintf("the limit is %d", limit))
					continue
				}
				variant, why := answered(t, h, c.decision, c.line(limit+1))
				require.Equal(t, "gone", variant)
				require.Contains(t, why, c.report)
			}
		})
	}
}

// answered gives a decision's variant, and what an explanation says of it.
func answered(t *testing.T, h *host.Host, decision, line string) (variant, why string) {
	result, err := h.DecideJSON(t.Context(), []byte(line), sample.Now)
	require.NoError(t, err)
	all, err := h.ExplainJSON(t.Context(), []byte(line), sample.Now)
	require.NoError(t, err)
	for i, d := range result.Decisions {
		if d.Name == decision {
			variant, why = d.Variant, string(all[i])
		}
	}
	return variant, why + fmt.Sprint(result.Consent)
}
