package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/decisionlog"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/testdata/signals"
)

// What a visitor did not allow makes no difference: over bundles, policies, signals and contexts at random, changing values whose purpose is not
// granted changes no byte of an answer, of an explanation or of a line in the log, natively and in the module. Values are attributes, units of
// splits among them, query parameters that feed attributes, and sticky answers; the changes are to other values, to none, to other
// types and to sizes beyond every limit, and a line may give several to one key.
func TestMaskedDataChangesNothing(t *testing.T) {
	cacheDir := t.TempDir()
	masked, seen := 0, map[string]int{}
	for seed := range uint64(masks.bundles) {
		r := &randomMask{Rand: rand.New(rand.NewPCG(seed, 5))}
		bundle := sample.Compile(t, r.source())
		observers := []*observer{observe(t, bundle, host.Native, cacheDir)}
		if os.Getenv(onlyNative) == "" {
			observers = append(observers, observe(t, bundle, host.Wasm, cacheDir))
		}
		for range masks.visitors {
			visitor := r.visitor()
			before := observers[0].ask(t, visitor)
			hidden := r.hidden(before.granted)
			for range masks.changes {
				other := r.change(visitor, hidden)
				for _, o := range observers {
					after := o.ask(t, other)
					require.Equal(t, before.String(), after.String(), "seed %d: %s\n%s\nis answered otherwise than\n%s", seed, o.engine, visitor.line(t), other.line(t))
				}
				masked++
			}
			for reason := range before.reasons {
				seen[reason]++
			}
		}
	}
	require.Equal(t, masks.bundles*masks.visitors*masks.changes, masked)
	for _, reason := range []string{"CONSENT", "TARGETING_MATCH", "SPLIT", "DEFAULT", "HOLDOUT"} {
		require.Greater(t, seen[reason], masks.bundles, "few decisions were answered with %s", reason)
	}
}

// masks is how much is tried.
var masks = struct{ bundles, visitors, changes int }{8, 25, 3}

// onlyNative is the environment variable that keeps the module out of the test above.
const onlyNative = "EDGEWISE_MASKING_NATIVE"

// Would it notice? Core that masks nothing has to fail it.
func TestALeakIsNoticed(t *testing.T) {
	if testing.Short() || os.Getenv(onlyNative) != "" {
		t.Skip("compiles core once more")
	}
	test := exec.Command("go", "test", "-tags", "edgewise_leak", "-count=1", "-run", "^TestMaskedDataChangesNothing$", ".")
	test.Env = append(os.Environ(), onlyNative+"=1")
	said, err := test.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "--- FAIL: TestMaskedDataChangesNothing", "%s", said)
	require.Contains(t, string(said), "is answered otherwise than", "%s", said)
}

// observer is a host, and all that can be seen of what it decides.
type observer struct {
	engine host.Engine
	host   *host.Host
	bundle []byte
}

func observe(t *testing.T, bundle []byte, engine host.Engine, cacheDir string) *observer {
	h, err := host.New(context.Background(), host.Options{Bundle: bundle, Engine: engine, Instances: 1, CacheDir: cacheDir})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Zero(t, h.Faults())
		require.NoError(t, h.Close(context.Background()))
	})
	return &observer{engine, h, bundle}
}

// seen is what shows of a question.
type seen struct {
	answer, fromGo, log, explained string
	granted                        map[string]bool
	reasons                        map[string]bool
}

func (s seen) String() string { return s.answer + "\n" + s.fromGo + "\n" + s.log + s.explained }

func (o *observer) ask(t *testing.T, v *person) seen {
	line := v.line(t)
	var lines bytes.Buffer
	log, err := decisionlog.New(&lines, o.bundle)
	require.NoError(t, err)
	answer, err := log.Decide(context.Background(), o.host, sample.Now)(nil, line)
	require.NoError(t, err)
	require.NoError(t, log.Err())
	s := seen{answer: string(answer), log: lines.String(), granted: map[string]bool{"necessary": true}, reasons: map[string]bool{}}
	explained, err := o.host.ExplainJSON(context.Background(), line, sample.Now)
	require.NoError(t, err)
	for _, e := range explained {
		s.explained += string(e) + "\n"
	}
	result, err := o.host.Decide(context.Background(), v.question())
	require.NoError(t, err)
	s.fromGo = string(result.AppendJSON(nil))
	var read struct {
		Decisions map[string]struct{ Reason string }
		Consent   map[string]struct{ Granted bool }
	}
	require.NoError(t, json.Unmarshal(answer, &read))
	for purpose, c := range read.Consent {
		s.granted[purpose] = c.Granted
	}
	for _, d := range read.Decisions {
		s.reasons[d.Reason] = true
	}
	return s
}

// person is a visitor, as a question has one.
type person struct {
	context map[string]any
	again   map[string]any // what keys of the line's context have besides, behind the others; there is none of it in Go
	query   map[string]any
	sticky  map[string]any
	consent map[string]any
}

func (v *person) line(t *testing.T) []byte {
	values := maps.Clone(v.context)
	values["request.query"] = v.query
	context, err := json.Marshal(values)
	require.NoError(t, err)
	if len(v.again) > 0 {
		again, err := json.Marshal(v.again)
		require.NoError(t, err)
		context = append(append(context[:len(context)-1], ','), again[1:]...)
	}
	line, err := json.Marshal(map[string]any{"context": json.RawMessage(context), "consent": v.consent, "sticky": v.sticky})
	require.NoError(t, err)
	return line
}

// question is the visitor's question from Go, but for signals and sticky answers that are no texts: there are none in Go.
func (v *person) question() host.Question {
	q := host.Question{Context: maps.Clone(v.context), Now: sample.Now, Sticky: map[string]string{}}
	q.Context["request.query"] = v.query
	for decision, variant := range v.sticky {
		if name, ok := variant.(string); ok {
			q.Sticky[decision] = name
		}
	}
	q.Consent.Granted, _ = v.consent["granted"].([]string)
	q.Consent.TCF, _ = v.consent["tcf"].(string)
	q.Consent.GPP, _ = v.consent["gpp"].(string)
	q.Consent.USP, _ = v.consent["usp"].(string)
	if q.Consent.GPC, _ = v.consent["gpc"].(string); v.consent["gpc"] == 1 {
		q.Consent.GPC = "1"
	}
	q.Consent.Cookies = map[string][]string{}
	cookies, _ := v.consent["cookies"].(map[string]any)
	for name, value := range cookies {
		q.Consent.Cookies[name] = []string{value.(string)}
	}
	return q
}

// randomMask makes bundles, and visitors for them.
type randomMask struct {
	*rand.Rand
	attributes []maskedAttribute
	decisions  []maskedDecision
}

type maskedAttribute struct {
	name, typ, purpose, parameter string
}

type maskedDecision struct {
	name     string
	purposes []string
}

var maskPurposes = []string{"necessary", "personalization", "analytics", "advertising"}

func oneOf[T any](r *randomMask, choices ...T) T { return choices[r.IntN(len(choices))] }

// source writes a bundle whose attributes, decisions and policy are made up.
func (r *randomMask) source() string {
	var s strings.Builder
	s.WriteString("bundle: masks\nlimits: {steps: 100000000}\nattributes:\n")
	r.attributes = []maskedAttribute{{"session.id", "string", "personalization", ""}, {"visitor.id", "string", "personalization", ""},
		{"geo.city", "string", "personalization", ""}}
	for _, a := range []maskedAttribute{{"sec", "string", "", ""}, {"sec.one", "string", "", ""}, {"sec.two", "string", "", ""},
		{"feed.one", "string", "personalization", "p0"}, {"feed.two", "string", "advertising", "p0"}, {"wide", "list(string)", "personalization", ""}} {
		from := ""
		if a.parameter != "" {
			from = `, from: "query:` + a.parameter + `"`
		}
		if a.purpose == "" {
			a.purpose = oneOf(r, maskPurposes...)
		}
		fmt.Fprintf(&s, "  %s: {type: %q, purpose: %s%s}\n", a.name, a.typ, a.purpose, from)
		r.attributes = append(r.attributes, a)
	}
	for i := range 10 {
		a := maskedAttribute{name: fmt.Sprint("a", i), typ: oneOf(r, "string", "int", "double", "bool", "list(string)", "map(string, int)", "timestamp", "dyn"),
			purpose: oneOf(r, maskPurposes...)}
		from := ""
		switch r.IntN(4) {
		case 0:
			a.parameter = fmt.Sprint("p", r.IntN(4))
			if !strings.Contains(a.typ, "map") && a.typ != "dyn" {
				from = fmt.Sprintf(`, from: "query:%s"`, a.parameter)
			} else {
				a.parameter = ""
			}
		case 1:
			if !strings.Contains(a.typ, "map") && a.typ != "dyn" {
				from = fmt.Sprintf(`, from: "cookie:c%d"`, i)
			}
		}
		fmt.Fprintf(&s, "  %s: {type: %q, purpose: %s%s}\n", a.name, a.typ, a.purpose, from)
		r.attributes = append(r.attributes, a)
	}
	s.WriteString(r.consent())
	s.WriteString("holdouts: {global: {by: session.id, percent: 60}}\ndecisions:\n")
	r.decisions = nil
	for i := range 6 {
		d := maskedDecision{fmt.Sprint("d", i), []string{oneOf(r, maskPurposes...)}}
		if r.IntN(3) == 0 {
			d.purposes = append(d.purposes, oneOf(r, maskPurposes...))
		}
		slices.Sort(d.purposes)
		d.purposes = slices.Compact(d.purposes)
		fmt.Fprintf(&s, "  %s:\n    purpose: [%s]\n    variants: {x: 1, y: 2, z: 3}\n    default: x\n", d.name, strings.Join(d.purposes, ", "))
		if r.IntN(2) == 0 {
			s.WriteString("    sticky: true\n")
		}
		if slices.Contains(d.purposes, "personalization") {
			s.WriteString("    holdout: global\n")
		}
		if d.purposes[0] != "necessary" && r.IntN(2) == 0 {
			fmt.Fprintf(&s, "    before_consent: [{when: %q, serve: y}]\n", r.condition(maskedDecision{d.name, []string{"necessary"}}))
		}
		s.WriteString("    rules:\n")
		for range 1 + r.IntN(3) {
			fmt.Fprintf(&s, "      - {when: %q, serve: %s}\n", r.condition(d), oneOf(r, "x", "y", "z"))
		}
		if unit := r.unit(d); unit != "" {
			fmt.Fprintf(&s, "      - {split: {by: %s, weights: {y: 50, z: 50}}}\n", unit)
		}
		r.decisions = append(r.decisions, d)
	}
	return s.String()
}

// consent writes a policy.
func (r *randomMask) consent() string {
	var s strings.Builder
	fmt.Fprintf(&s, "consent:\n  min_policy: %d\n  cookies: {OptanonConsent: onetrust, tc: tcf}\n  purposes:\n", 2+r.IntN(4))
	for _, purpose := range maskPurposes[1:] {
		fmt.Fprintf(&s, "    %s: {tcf: {subject: %s, purposes: [%d]}, gpp: {opt_out_of: [%s]}, cmp: {OptanonConsent: [C000%d]}%s}\n", purpose,
			oneOf(r, "publisher", "core"), 1+r.IntN(11), oneOf(r, "sale", "sharing", "sale, targeted_advertising"), 2+r.IntN(3), oneOf(r, "", ", gpc: denies"))
	}
	s.WriteString("  jurisdictions:\n")
	for i := range r.IntN(3) {
		fmt.Fprintf(&s, "    - {name: j%d, when: %q, modes: {%q: %s, \"*\": %s}}\n", i, oneOf(r, `geo.country == "DE"`, `geo.country in ["US", "FR"]`, `"q" in request.query`),
			oneOf(r, maskPurposes[1:]...), r.mode(), r.mode())
	}
	fmt.Fprintf(&s, "    - {modes: {\"*\": %s}}\n", r.mode())
	return s.String()
}

func (r *randomMask) mode() string { return oneOf(r, "opt_in", "opt_out", "notice", "deny") }

// readable gives the attributes that a decision's rules may read.
func (r *randomMask) readable(d maskedDecision) (all []maskedAttribute) {
	for _, a := range r.attributes {
		if a.purpose == "necessary" || slices.Contains(d.purposes, a.purpose) {
			all = append(all, a)
		}
	}
	return all
}

// unit gives a text that a decision's splits may be made by, "" where there is none.
func (r *randomMask) unit(d maskedDecision) string {
	for _, a := range r.readable(d) {
		if a.typ == "string" && (r.IntN(2) == 0 || a.name == "session.id") {
			return a.name
		}
	}
	return ""
}

// condition makes up what a rule asks.
func (r *randomMask) condition(d maskedDecision) string {
	tests := []string{`geo.country == "DE"`, `size(request.query) > 2`, `request.query.exists(k, k.startsWith("p"))`, `granted("analytics")`, `request.query.exists(k, k == "p3")`}
	for _, a := range r.readable(d) {
		tests = append(tests, "has("+a.name+")")
		switch a.typ {
		case "string":
			tests = append(tests, a.name+`.startsWith("b")`, a.name+` == "bb"`, "size("+a.name+") > 3")
		case "int", "double":
			tests = append(tests, a.name+" > 5", "!("+a.name+" < 2)")
		case "bool":
			tests = append(tests, a.name)
		case "list(string)":
			tests = append(tests, `"bb" in `+a.name, "size("+a.name+") > 1", a.name+`.exists(x, x.contains("b"))`)
		case "map(string, int)":
			tests = append(tests, `"bb" in `+a.name, a.name+`["bb"] > 3`)
		}
	}
	for _, other := range r.decisions {
		if len(other.purposes) == 1 && (other.purposes[0] == "necessary" || slices.Contains(d.purposes, other.purposes[0])) {
			tests = append(tests, fmt.Sprintf("decision(%q) == %q", other.name, oneOf(r, "x", "y")))
		}
	}
	condition := oneOf(r, tests...)
	for range r.IntN(3) {
		condition += oneOf(r, " && ", " || ") + oneOf(r, tests...)
	}
	return condition
}

// value makes up a value, mostly of a type.
func (r *randomMask) value(typ string) any {
	if r.IntN(5) == 0 {
		typ = oneOf(r, "string", "int", "double", "bool", "list(string)", "map(string, int)", "timestamp", "junk")
	}
	word := oneOf(r, "a", "bb", "ccc", "b-very-long-word", "")
	switch typ {
	case "int":
		return r.IntN(12) - 2
	case "double":
		return r.Float64() * 12
	case "bool":
		return r.IntN(2) == 0
	case "list(string)":
		return make2(oneOf(r, 0, 1, 2, 1000, 1000), word)
	case "map(string, int)":
		return map[string]int{word: r.IntN(9), "bb": r.IntN(9)}
	case "timestamp":
		return sample.Now.Add(time.Duration(r.IntN(1000)) * time.Hour)
	case "junk":
		return oneOf[any](r, nil, json.RawMessage("1e999"), deep("1e999"), deep("1"), strings.Repeat("x", 20_000), strings.Repeat("y", 70_000), make2(1500, "z"), map[string]any{"bb": nil, "a": []any{[]any{1.5}}}, 1e300, "\x00\ufffd")
	}
	return word
}

// deep is a value in more lists than anything goes into.
func deep(value string) json.RawMessage {
	const depth = 100
	return json.RawMessage("[" + value + "," + strings.Repeat("[", depth) + value + strings.Repeat("]", depth) + "]")
}

func make2(count int, word string) []string { return slices.Repeat([]string{word}, count) }

// visitor makes up a question.
func (r *randomMask) visitor() *person {
	v := &person{context: map[string]any{"geo.country": oneOf(r, "DE", "US", "FR", "BR")}, again: map[string]any{}, query: map[string]any{}, sticky: map[string]any{}, consent: r.signals()}
	for _, a := range r.attributes {
		if r.IntN(5) > 0 {
			v.give(a.name, r.value(a.typ))
		}
		if r.IntN(10) == 0 {
			v.again[a.name] = r.value(a.typ)
		}
		if a.parameter != "" && r.IntN(3) > 0 {
			v.query[a.parameter] = oneOf(r, "a", "bb")
		}
	}
	for _, name := range []string{"q", "utm", "page"} {
		if r.IntN(2) == 0 {
			v.query[name] = oneOf(r, "a", "bb", strings.Repeat("o", 16_000))
		}
	}
	for _, d := range r.decisions {
		if r.IntN(2) == 0 {
			v.sticky[d.name] = oneOf(r, "x", "y", "z")
		}
	}
	return v
}

// give gives an attribute a value, or takes it away if that is gone. What is below sec is nested there, and sec itself stands beside it.
func (v *person) give(name string, value any) {
	in := v.context
	if name == "sec" {
		in = v.again
	} else if below, nested := strings.CutPrefix(name, "sec."); nested {
		inner, _ := in["sec"].(map[string]any)
		in["sec"] = maps.Clone(inner)
		if inner == nil {
			in["sec"] = map[string]any{}
		}
		name, in = below, in["sec"].(map[string]any)
	}
	if in[name] = value; value == gone {
		delete(in, name)
	}
}

// gone is the value of an attribute that is not there at all.
const gone = maskedValue(0)

type maskedValue int

// signals makes up what is known of consent.
func (r *randomMask) signals() map[string]any {
	consent := map[string]any{}
	set := func(key string, make func() any) {
		if r.IntN(3) == 0 {
			consent[key] = make()
		}
	}
	set("granted", func() any { return []string{oneOf(r, maskPurposes...), oneOf(r, maskPurposes...)} })
	set("tcf", func() any { return r.tc() })
	set("gpp", func() any {
		fields := []int{1, 1, 1, 1, 1, 1, oneOf(r, 1, 2), oneOf(r, 1, 2), oneOf(r, 0, 1, 2, 3)}
		return signals.GPP(signals.Section{ID: 2, Text: r.tc()}, signals.Section{ID: 7, Text: signals.US(1, append(fields, make([]int, 18)...)...) + oneOf(r, "", ".Y", ".Q")})
	})
	set("usp", func() any { return oneOf(r, "1YNN", "1YYN", "1---", "2YYN") })
	set("gpc", func() any { return oneOf[any](r, "1", 1, "0", "0", 0, false) })
	set("cookies", func() any {
		return map[string]any{"OptanonConsent": fmt.Sprintf("interactionCount=%d&groups=C0002:%d,C0003:%d,C0004:%d", r.IntN(2), r.IntN(2), r.IntN(2), r.IntN(2)),
			"tc": oneOf(r, r.tc(), ""), "edgewise-personalization": oneOf(r, "on", "on", "off"), "unknown": "1"}
	})
	return consent
}

func (r *randomMask) tc() string {
	purposes := []int{1, 3, 5, 7, 9, 11}
	if r.IntN(2) == 0 {
		purposes = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	}
	t := signals.TC{Updated: sample.Now.Add(-time.Duration(r.IntN(500)) * 24 * time.Hour), Policy: 3 + r.IntN(3), Disclosed: []int{1}, Purposes: purposes,
		Publisher: &signals.Publisher{Purposes: purposes}}
	return t.String()
}

// hidden is what may not make a difference to a visitor, whose purposes are given.
type hidden struct {
	attributes []maskedAttribute
	decisions  []string
}

func (r *randomMask) hidden(granted map[string]bool) (h hidden) {
	for _, a := range r.attributes {
		if !granted[a.purpose] {
			h.attributes = append(h.attributes, a)
		}
	}
	for _, d := range r.decisions {
		if slices.ContainsFunc(d.purposes, func(p string) bool { return !granted[p] }) {
			h.decisions = append(h.decisions, d.name)
		}
	}
	return h
}

// change gives a visitor of whom some of what is hidden is different.
func (r *randomMask) change(v *person, h hidden) *person {
	other := &person{maps.Clone(v.context), maps.Clone(v.again), maps.Clone(v.query), maps.Clone(v.sticky), v.consent}
	for _, a := range h.attributes {
		switch r.IntN(4) {
		case 0:
			other.give(a.name, gone)
		case 1, 2:
			other.give(a.name, r.value(a.typ))
		}
		switch r.IntN(8) {
		case 0:
			delete(other.again, a.name)
		case 1:
			other.again[a.name] = r.value(a.typ)
		}
		if a.parameter == "" {
			continue
		}
		switch r.IntN(3) {
		case 0:
			delete(other.query, a.parameter)
		default:
			other.query[a.parameter] = oneOf[any](r, "a", "bb", "new", 5, nil, []any{}, strings.Repeat("x", 20_000), strings.Repeat("z", 60_000), strings.Repeat("y", 100_000))
		}
	}
	for _, d := range h.decisions {
		switch r.IntN(3) {
		case 0:
			delete(other.sticky, d)
		case 1:
			other.sticky[d] = oneOf[any](r, "x", "y", "z", "unknown", 5, nil, []any{})
		}
	}
	return other
}
