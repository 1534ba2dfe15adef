package source

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// What is said about a bundle and its decisions beside the rules: how it is published, measured, reviewed.

var publishKeys = keys[Publish]{what: "publish", rows: []key[Publish]{
	{"fresh_for", "How long after publishing answers count as fresh: 24h.", durationSchema,
		func(r *reader, n *yaml.Node, p *Publish) { p.FreshFor = r.duration(n, "fresh_for") }},
	{"expires", "How long after publishing only necessary decisions and defaults are served: 30d.", durationSchema,
		func(r *reader, n *yaml.Node, p *Publish) {
			if p.Expires = r.duration(n, "expires"); p.FreshFor > p.Expires && p.Expires > 0 {
				r.fault(n, "expires is before fresh_for ends", "")
			}
		}},
	{"contexts", "A file beside this one with contexts, a JSON object a line, or a log of decisions; or personas, for those in the bundle: what a new version does to them is looked at before it is published.", textSchema,
		func(r *reader, n *yaml.Node, p *Publish) {
			if p.Contexts = r.text(n, "contexts"); p.Contexts.Value != "" && !filepath.IsLocal(filepath.FromSlash(p.Contexts.Value)) {
				r.fault(n, fmt.Sprintf("%s is no file beside this one", shortQuote(p.Contexts.Value)), "write contexts: contexts.jsonl")
			}
		}},
}}

// maxVariantsPerRoute is more than any cache keeps of one page.
const maxVariantsPerRoute = 1 << 20

var measureKeys = keys[Measure]{what: "measure", rules: schema{"required": []string{"event", "purpose"}}, rows: []key[Measure]{
	{"event", "The event that counts as success: order.", nameSchema,
		func(r *reader, n *yaml.Node, m *Measure) { m.Event = r.name(n, "event") }},
	{"within", "How long after the decision it counts: 7d.", durationSchema,
		func(r *reader, n *yaml.Node, m *Measure) { m.Within = r.duration(n, "within") }},
	{"guardrails", "Events that must not become more: [bounce].", listOf(nameSchema).with("type", "array"),
		func(r *reader, n *yaml.Node, m *Measure) { m.Guardrails = r.texts(n, "guardrails", r.name) }},
	{"purpose", "What a visitor must have consented to before it is measured.", nameSchema,
		func(r *reader, n *yaml.Node, m *Measure) { m.Purpose = r.name(n, "purpose") }},
}}

func readMeasure(r *reader, n *yaml.Node, d *Decision) {
	d.Measure = &Measure{Pos: r.page.clamp(n.Line, n.Column)}
	before := len(r.faults)
	readKeys(r, n, measureKeys, d.Measure)
	if len(r.faults) == before && (!d.Measure.Event.Present() || !d.Measure.Purpose.Present()) {
		r.fault(n, "measure needs event and purpose", "write {event: order, within: 7d, purpose: analytics}, say")
	}
}

func readReviewBy(r *reader, n *yaml.Node, d *Decision) {
	t := r.text(n, "review_by")
	if !t.Present() {
		return
	}
	if day, err := time.Parse(time.DateOnly, t.Value); err != nil || day.Year() < 1 {
		r.fault(n, fmt.Sprintf("%s is not a day", shortQuote(t.Value)), "write it as 2027-02-01")
		return
	}
	d.ReviewBy = t
}

var actSchema = schema{"anyOf": []schema{{"enum": []string{"rewrite", "backend"}}, actKeys.schema()}}

var actKeys = keys[Act]{what: "act", rules: schema{"minProperties": 1, "maxProperties": 1}, rows: []key[Act]{
	{"redirect", "The status of the redirect: 301, 302, 303, 307 or 308.", schema{"enum": []int{301, 302, 303, 307, 308}},
		func(r *reader, n *yaml.Node, a *Act) {
			status, err := strconv.Atoi(n.Value)
			if scalarOf(n) != scalarNumber || err != nil || !slices.Contains([]int{301, 302, 303, 307, 308}, status) {
				r.fault(n, "a redirect is 301, 302, 303, 307 or 308, not "+kindOf(n), "302 is for now, 301 is remembered by browsers")
				return
			}
			a.Kind, a.Status = Redirect, uint32(status)
		}},
	{"header", "The name of the header that the origin gets.", textSchema, func(r *reader, n *yaml.Node, a *Act) {
		t := r.text(n, "header")
		if t.Present() && (strings.Trim(t.Value, tokenCharacters) != "" || len(t.Value) > 256) {
			r.fault(n, fmt.Sprintf("%s is not the name of a header", shortQuote(t.Value)), "such names hold letters, digits and a few signs, no blanks")
			return
		}
		a.Kind, a.Header = Header, t
	}},
}}

func readAct(r *reader, n *yaml.Node, d *Decision) {
	d.Act.Pos = r.page.clamp(n.Line, n.Column)
	if n.Kind == yaml.MappingNode {
		if len(n.Content) != 2 {
			r.fault(n, "act is one of rewrite, backend, {redirect: 302} and {header: NAME}", "")
			return
		}
		readKeys(r, n, actKeys, &d.Act)
		return
	}
	switch r.oneOf(n, "act", "rewrite", "backend").Value {
	case "rewrite":
		d.Act.Kind = Rewrite
	case "backend":
		d.Act.Kind = Backend
	}
}

var deciderKeys = keys[Decider]{what: "a decider", rows: []key[Decider]{
	{"rules", "Conditions, which may read what only the origin knows, and the variants they answer. The first that matches decides.",
		listOf(deciderRuleKeys.schema()), readDeciderRules},
	{"model", "The name of a model that gives a score, which the rules may read.", nameSchema,
		func(r *reader, n *yaml.Node, d *Decider) { d.Model = r.name(n, "model") }},
	{"inputs", "The attributes that the model gets.", listOf(nameSchema).with("type", "array"),
		func(r *reader, n *yaml.Node, d *Decider) { d.Inputs = r.texts(n, "inputs", r.name) }},
	{"send", "What it is sent: attributes, those that it reads (the default), or segments: whether those that its rules name are true, so that the " +
		"values behind them stay at the edge.", schema{"enum": sendings},
		func(r *reader, n *yaml.Node, d *Decider) { d.Send = r.oneOf(n, "send", sendings...) }},
}}

var deciderRuleKeys = keys[DeciderRule]{what: "a decider's rule", rules: schema{"required": []string{"serve"}}, rows: []key[DeciderRule]{
	{"when", "The condition, in CEL. Without one the rule always matches.", conditionSchema,
		func(r *reader, n *yaml.Node, rule *DeciderRule) { rule.When = r.condition(n, "when") }},
	{"serve", "The variant to answer.", nameSchema,
		func(r *reader, n *yaml.Node, rule *DeciderRule) { rule.Serve = r.name(n, "serve") }},
}}

func readDeciders(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "deciders", func(name Text, key, value *yaml.Node) {
		if !r.once("decider "+name.Value, key) {
			return
		}
		d := Decider{Name: name}
		before := len(r.faults)
		readKeys(r, value, deciderKeys, &d)
		if len(r.faults) == before && len(d.Inputs) > 0 && !d.Model.Present() {
			r.fault(key, fmt.Sprintf("decider %s has inputs and no model", name.Value), "add model: NAME, or take inputs out")
		}
		b.Deciders = append(b.Deciders, d)
	})
}

func readDeciderRules(r *reader, n *yaml.Node, d *Decider) {
	for _, item := range r.items(n, "rules") {
		rule := DeciderRule{Pos: r.page.clamp(item.Line, item.Column)}
		before := len(r.faults)
		readKeys(r, item, deciderRuleKeys, &rule)
		if len(r.faults) == before && !rule.Serve.Present() {
			r.fault(item, "a decider's rule needs serve", "add serve: VARIANT")
		}
		d.Rules = append(d.Rules, rule)
	}
}

// sendings are what a decider can be sent.
var sendings = []string{"attributes", "segments"}

// modes are how a deferred decision is waited for.
var modes = []string{"wait", "with_page", "after_render"}

var deferKeys = keys[Defer]{what: "defer", rules: schema{"required": []string{"to", "within", "otherwise"}}, rows: []key[Defer]{
	{"to", "The decider, by its name under deciders.", nameSchema,
		func(r *reader, n *yaml.Node, d *Defer) { d.To = r.name(n, "to") }},
	{"within", "How long its answer is waited for: 80ms.", durationSchema,
		func(r *reader, n *yaml.Node, d *Defer) { d.Within = r.duration(n, "within") }},
	{"otherwise", "The variant where no answer comes in time.", nameSchema,
		func(r *reader, n *yaml.Node, d *Defer) { d.Otherwise = r.name(n, "otherwise") }},
	{"mode", "wait (the default): before the page is asked for. with_page: the origin decides while it makes the page. after_render: the page asks.",
		schema{"enum": modes}, func(r *reader, n *yaml.Node, d *Defer) { d.Mode = r.oneOf(n, "mode", modes...).Value }},
	{"allow", "The variants that it may answer. Without it: every one.", listOf(nameSchema).with("type", "array").with("minItems", 1),
		func(r *reader, n *yaml.Node, d *Defer) {
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
				r.fault(n, "allow is a list of variants, not "+kindOf(n), "leave the key out where every variant may be answered")
				return
			}
			d.Allow = r.texts(n, "allow", r.name)
		}},
}}

func readDefer(r *reader, n *yaml.Node, rule *Rule) {
	const longest = 60_000 // milliseconds: no visitor waits longer
	d := &Defer{Mode: modes[0], Pos: r.page.clamp(n.Line, n.Column)}
	before := len(r.faults)
	readKeys(r, n, deferKeys, d)
	rule.Defer = d
	switch {
	case len(r.faults) != before:
	case !d.To.Present() || !d.Otherwise.Present() || d.Within == 0:
		r.fault(n, "defer needs to, within and otherwise", "write {to: DECIDER, within: 80ms, otherwise: VARIANT}")
	case d.Within > longest:
		r.fault(n, "within is longer than a minute: nobody waits for that", "")
	}
}

// oneOf reads a text that is one of some words.
func (r *reader) oneOf(n *yaml.Node, key string, words ...string) Text {
	t := r.text(n, key)
	if !t.Present() || slices.Contains(words, t.Value) {
		return t
	}
	hint := "write " + strings.Join(words, ", ")
	if near, ok := Nearest(t.Value, words); ok {
		hint = "did you mean " + near + "?"
	}
	r.fault(n, fmt.Sprintf("%s cannot be %s", key, shortQuote(t.Value)), hint)
	return Text{}
}

// host reads the name of a host, without scheme and port.
func (r *reader) host(n *yaml.Node, key string) Text {
	t := r.text(n, key)
	if t.Present() && (strings.Trim(t.Value, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(t.Value) > 253 ||
		strings.HasPrefix(t.Value, ".") || strings.Contains(t.Value, "..")) {
		r.fault(n, fmt.Sprintf("%s is not the name of a host", shortQuote(t.Value)), "write it in lower case, without https:// and without a port")
		return Text{}
	}
	return t
}

var metadataSchema = named(schema{"type": []string{"string", "number", "boolean"}})

// scalars reads a mapping from names to texts, numbers and truth values, as a compact JSON object; "" where it is empty.
func (r *reader) scalars(n *yaml.Node, key string) string {
	dst := []byte{}
	r.entries(n, key, func(name Text, _, value *yaml.Node) {
		if kind := scalarOf(value); kind == notScalar || kind == scalarNull {
			r.fault(value, fmt.Sprintf("%s.%s is text, a number, true or false, not %s", key, name.Value, kindOf(value)), "")
			return
		}
		dst = append(appendString(append(dst, ','), name.Value), ':')
		dst = r.appendJSON(dst, value)
	})
	if len(dst) == 0 {
		return ""
	}
	return "{" + string(dst[1:]) + "}"
}
