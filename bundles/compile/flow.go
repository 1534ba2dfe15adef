package compile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
)

// Flow says that data can reach something, and in which ways. Of the ways through another decision it has the shortest, as all of them are among
// that decision's own flows: with each decision between there can be twice as many.
type Flow struct {
	Attribute string
	Purpose   string
	From      string // where the data comes from: cookie:cart, or in words
	To        Sink
	Ways      []string // what lies between, the shortest way first: "rules", "segment big_cart", "decision offer -> split"
}

// Sink is what data can reach.
type Sink struct {
	Kind     SinkKind
	Name     string   // of the decision, event or decider; of a cookie what it keeps; "" for the jurisdiction
	Decision string   // with which the data goes there, "" where the sink is one or needs none
	Needs    []string // the purposes that must all be granted before anything goes there
}

// SinkKind is a kind of sink.
type SinkKind uint8

// The kinds of sinks.
const (
	ToJurisdiction SinkKind = iota // the consent policy: which jurisdiction counts
	ToDecision                     // the answer to a decision
	ToCookie                       // the state cookie: ids, signed attributes, what was served
	ToEvent                        // a record of measuring, which has the answer and a pseudonym of the unit
	ToHandOver                     // a decider at the origin
)

// String gives the kind's word.
func (k SinkKind) String() string {
	return [...]string{"jurisdiction", "decision", "cookie", "event", "hand-over"}[k]
}

// Flows gives the flows of a source, sorted by sink and attribute: which data can reach which decision, and with it what leaves the edge.
// The error is of type source.Faults where the source does not compile. A disabled decision has no flows.
func Flows(src *source.Bundle) ([]Flow, error) {
	c := check(src)
	if err := src.Files.Report(c.faults).Err(); err != nil {
		return nil, err
	}
	f := &flows{compiler: c, reaching: map[string]ways{}}
	f.jurisdictions()
	for i := range src.Decisions {
		if d := &src.Decisions[i]; !d.Disabled {
			f.decision(d)
		}
	}
	f.cookies()
	slices.SortFunc(f.found, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.To.Kind, b.To.Kind), cmp.Compare(a.To.Name, b.To.Name), cmp.Compare(a.To.Decision, b.To.Decision),
			cmp.Compare(a.Attribute, b.Attribute))
	})
	return f.found, nil
}

// ways are the ways in which attributes reach something.
type ways map[string][]string

// add adds a way, once.
func (w ways) add(attribute string, steps ...string) {
	way := strings.Join(steps, " -> ")
	if !slices.Contains(w[attribute], way) {
		w[attribute] = append(w[attribute], way)
	}
}

// byLength compares ways.
func byLength(a, b string) int { return cmp.Compare(strings.Count(a, " "), strings.Count(b, " ")) }

// flows collects flows.
type flows struct {
	*compiler
	found    []Flow
	reaching map[string]ways // by decision
}

// put adds the flows to a sink.
func (f *flows) put(to Sink, w ways) {
	for _, name := range sortedNames(w) {
		all := slices.Clone(w[name])
		slices.SortStableFunc(all, byLength)
		a := f.attributes[name]
		f.found = append(f.found, Flow{Attribute: name, Purpose: a.purpose, From: f.comesFrom(a), To: to, Ways: all})
	}
}

// comesFrom says where an attribute comes from.
func (f *flows) comesFrom(a *attr) string {
	if s := attribute.Find(a.name); s != nil {
		return s.Source
	}
	switch {
	case a.origin:
		return "the origin"
	case a.from != "":
		return a.from
	}
	return "the caller"
}

// jurisdictions adds what tells which jurisdiction counts.
func (f *flows) jurisdictions() {
	w := ways{}
	for i, checked := range f.compiler.jurisdictions {
		if checked == nil {
			continue
		}
		name := strings.TrimPrefix(jurisdictionName(i, &f.src.Consent.Jurisdictions[i]), "jurisdiction ")
		for _, r := range f.allReadings(checked) {
			w.add(r.attribute, append([]string{name}, r.steps("")...)...)
		}
	}
	f.put(Sink{Kind: ToJurisdiction}, w)
}

// steps are what lies between a condition and what it reads: segments, or the condition itself, which may have no name.
func (r *reading) steps(itself string) (steps []string) {
	if len(r.segments) == 0 && itself != "" {
		steps = append(steps, itself)
	}
	for _, name := range r.segments {
		steps = append(steps, "segment "+name)
	}
	if r.parameter != "" {
		steps = append(steps, r.parameter)
	}
	return steps
}

// decision adds what reaches a decision, and what it makes leave.
func (f *flows) decision(d *source.Decision) {
	name, needs := d.Name.Value, purposesOf(d)
	reaching := f.reach(d)
	f.put(Sink{Kind: ToDecision, Name: name, Needs: needs}, reaching)
	with := ways{} // what the answer tells of
	for _, attribute := range sortedNames(reaching) {
		with.add(attribute, "decision "+name)
	}
	if d.Sticky.On {
		f.put(Sink{Kind: ToCookie, Name: "what was served", Decision: name, Needs: needs}, with)
	}
	if m := d.Measure; m != nil {
		measured := ways{}
		for _, attribute := range sortedNames(with) {
			measured.add(attribute, with[attribute]...)
		}
		for i := range d.Rules {
			if s := d.Rules[i].Split; s != nil {
				measured.add(s.By.Value, "pseudonym")
			}
		}
		both := slices.Clone(needs)
		if m.Purpose.Value != attribute.Necessary && !slices.Contains(both, m.Purpose.Value) {
			both = append(both, m.Purpose.Value)
		}
		f.put(Sink{Kind: ToEvent, Name: m.Event.Value, Decision: name, Needs: both}, measured)
	}
	asked := map[string]bool{}
	for i := range d.Rules {
		if deferred := d.Rules[i].Defer; deferred != nil {
			asked[deferred.To.Value] = true
		}
	}
	for _, to := range sortedNames(asked) {
		handed := ways{}
		f.handOver(handed, f.deciders[to])
		for name := range handed {
			if f.attributes[name].origin {
				delete(handed, name) // it is there already
			}
		}
		f.put(Sink{Kind: ToHandOver, Name: to, Decision: name, Needs: needs}, handed)
	}
}

// purposesOf are the purposes that a decision needs consent for.
func purposesOf(d *source.Decision) (needs []string) {
	for _, p := range d.Purposes {
		if p.Value != attribute.Necessary {
			needs = append(needs, p.Value)
		}
	}
	return needs
}

// reach finds what reaches a decision's answer.
func (f *flows) reach(d *source.Decision) ways {
	if w, known := f.reaching[d.Name.Value]; known {
		return w
	}
	w := ways{}
	f.reaching[d.Name.Value] = w
	for i := range d.Rules {
		f.rule(w, &d.Rules[i], "rules")
	}
	for i := range d.BeforeConsent {
		f.rule(w, &d.BeforeConsent[i], "before_consent")
	}
	if h := f.holdouts[d.Holdout.Value]; h != nil {
		w.add(h.By.Value, "holdout "+h.Name.Value)
	}
	if g := f.groups[d.Group.Group.Value]; g != nil {
		w.add(g.By.Value, "group "+g.Name.Value)
	}
	return w
}

// rule adds what a rule reads.
func (f *flows) rule(w ways, rule *source.Rule, itself string) {
	if checked := f.conditions[rule]; checked != nil {
		for _, r := range f.allReadings(checked) {
			steps := r.steps(itself)
			switch {
			case r.attribute != "":
				w.add(r.attribute, steps...)
			case r.decision != "" && !f.decisions[r.decision].Disabled:
				if len(r.segments) == 0 {
					steps = nil
				}
				steps = append(steps, "decision "+r.decision)
				for name, before := range f.reach(f.decisions[r.decision]) {
					w.add(name, append(slices.Clip(steps), slices.MinFunc(before, byLength))...)
				}
			}
		}
	}
	if rule.Split != nil {
		w.add(rule.Split.By.Value, "split")
	}
	if rule.Defer != nil {
		f.handOver(w, f.deciders[rule.Defer.To.Value])
	}
}

// handOver adds what a decider reads.
func (f *flows) handOver(w ways, d *decider) {
	to := "decider " + d.source.Name.Value
	for _, input := range d.source.Inputs {
		w.add(input.Value, to)
	}
	for _, checked := range d.conditions {
		if checked == nil {
			continue
		}
		for _, r := range f.allReadings(checked) {
			if r.attribute != "" && r.attribute != score {
				w.add(r.attribute, append([]string{to}, r.steps("rules")...)...)
			}
		}
	}
}

// cookies adds what the state cookie keeps beside answers: ids, and what the origin signed.
func (f *flows) cookies() {
	for _, name := range f.usedAttributes() {
		a := f.attributes[name]
		if a.trust == attribute.Signed {
			var needs []string
			if a.purpose != attribute.Necessary {
				needs = []string{a.purpose}
			}
			f.put(Sink{Kind: ToCookie, Name: name, Needs: needs}, ways{name: {"itself"}})
		}
	}
}
