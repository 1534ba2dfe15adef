// Package why shows core's explanation of an answer to a person: every rule in its order, what it read, why it lost or won.
//
// Reach for View.Write. What it prints is for people and may change; programs read the JSON that it is made from.
package why

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
	"github.com/edgewise-dev/edgewise/core/format"
)

// explanation is what core's Evaluator.Explain writes; see there.
type explanation struct {
	Decision string  `json:"decision"`
	Variant  *string `json:"variant"`
	Reason   string  `json:"reason"`
	Rule     string  `json:"rule"`
	Purposes []struct {
		Purpose string   `json:"purpose"`
		Granted bool     `json:"granted"`
		Because string   `json:"because"`
		Mode    string   `json:"mode"` // "": the bundle has no consent policy
		Signals []string `json:"signals"`
	} `json:"purposes"`
	Jurisdiction *struct {
		Name string `json:"name"`
		Line int    `json:"line"`
		When string `json:"when"`
	} `json:"jurisdiction"`
	Stale   bool    `json:"stale"`
	Expired bool    `json:"expired"`
	Preview string  `json:"preview"`
	Holdout *chance `json:"holdout"`
	Group   *chance `json:"group"`
	Sticky  *struct {
		Variant string `json:"variant"`
		Kept    bool   `json:"kept"`
		Hold    uint32 `json:"hold_s"`
	} `json:"sticky"`
	BeforeConsent []rule `json:"before_consent"`
	Rules         []rule `json:"rules"`
}

// chance is where a unit lies in a holdout or a group.
type chance struct {
	Name    string    `json:"name"`
	By      string    `json:"by"`
	Buckets uint32    `json:"buckets"`
	Bucket  *uint32   `json:"bucket"`
	Unit    string    `json:"unit"`
	Held    uint32    `json:"held"`
	Slots   [2]uint32 `json:"slots"`
}

type rule struct {
	Rule    string `json:"rule"`
	When    string `json:"when"`
	Outcome string `json:"outcome"`
	Error   string `json:"error"`
	ErrorAt string `json:"error_at"`
	Reads   []struct {
		Attribute string          `json:"attribute"`
		State     string          `json:"state"`
		Value     json.RawMessage `json:"value"`
		Decision  string          `json:"decision"` // instead of an attribute, with its answer
		Variant   *string         `json:"variant"`
		Reason    string          `json:"reason"`
	} `json:"reads"`
	Split *split `json:"split"`
	Defer *struct {
		To     string `json:"to"`
		Within uint32 `json:"within_ms"`
		Mode   string `json:"mode"`
	} `json:"defer"`
}

type split struct {
	By      string     `json:"by"`
	Buckets uint32     `json:"buckets"`
	Bucket  *uint32    `json:"bucket"`
	Unit    string     `json:"unit"`
	Range   *[2]uint32 `json:"range"`
	Variant string     `json:"variant"`
	Ramp    *struct {
		From  string `json:"from"`
		Until string `json:"until"`
	} `json:"ramp"`
}

// View is how explanations are shown.
type View struct {
	term.Style
	Columns int
	All     bool // every rule, however many there are
}

// Write shows an explanation of one of the bundle's decisions.
func (v View) Write(w io.Writer, b *format.Bundle, explained []byte) error {
	var e explanation
	if err := json.Unmarshal(explained, &e); err != nil {
		return fmt.Errorf("explanation: %w", err)
	}
	p := &printer{Style: v.Style, bundle: b, explanation: &e, columns: v.Columns, all: v.All}
	p.head()
	p.units()
	if e.Reason == "CONSENT" { // else they are of no interest
		p.rules(e.BeforeConsent)
	}
	p.rules(e.Rules)
	_, err := io.WriteString(w, p.out.String())
	return err
}

// printer prints one explanation.
type printer struct {
	term.Style
	*explanation
	bundle  *format.Bundle
	columns int
	all     bool
	indent  int // of what stands beside a rule's name
	out     strings.Builder
}

// The marks before rules.
const (
	won       = ">"
	lost      = "x"
	unreached = "."
)

// head is the answer in two lines, and who is asked for consent.
func (p *printer) head() {
	value := "what the caller's code has as default"
	variant := "no variant"
	if p.Variant != nil {
		variant = "variant " + *p.Variant
		value = p.value(*p.Variant)
	}
	name := p.Bold(term.Printable(p.Decision))
	p.line(fmt.Sprintf("%s = %s", name, term.Cut(term.Printable(value), p.columns-len(p.Decision)-3)))
	p.line(fmt.Sprintf("  %s, %s", term.Printable(variant), p.reason()))
	p.consent()
}

// consent says which purposes are granted, by which signal, and where the visitor is. Without a policy there is only what the caller grants.
func (p *printer) consent() {
	policy := false
	for _, purpose := range p.Purposes {
		name := term.Printable(purpose.Purpose)
		switch {
		case !purpose.Granted && purpose.Mode == "":
			p.line("  " + p.Yellow(name+" is not consented to"))
		case purpose.Mode == "":
		case purpose.Granted:
			p.wrapped(p.Green(name+" is granted")+": ", strings.TrimPrefix(purpose.Because, "granted "))
		default:
			p.wrapped(p.Yellow(name+" is not granted")+": ", purpose.Because)
		}
		if len(purpose.Signals) > 1 {
			p.wrapped("  its signals: ", strings.Join(purpose.Signals, "; "))
		}
		policy = policy || purpose.Mode != ""
	}
	if j := p.Jurisdiction; j != nil && policy {
		name, when := j.Name, j.When
		if name == "" {
			name = fmt.Sprintf("of line %d", j.Line)
		}
		if when == "" {
			when = "wherever no other one counts"
		}
		p.line(term.Cut("  jurisdiction "+term.Printable(name+": "+when), p.columns))
	}
}

// wrapped prints words that may take several lines, after what may be coloured.
func (p *printer) wrapped(label, words string) {
	p.line("  " + label + term.Wrap(term.Printable(words), 2+term.Cells(label), 6, p.columns))
}

// reasons says in words what each reason means.
var reasons = map[string]string{
	"DISABLED":        "the decision is switched off",
	"CONSENT":         "no rule may be tried without consent",
	"TARGETING_MATCH": "by rule %s",
	"SPLIT":           "by the split of rule %s",
	"DEFAULT":         "no rule matched",
	"STATIC":          "there are no rules",
	"PREVIEW":         "the caller wants to see it",
	"HOLDOUT":         "the visitor is held out",
	"DEFERRED":        "rule %s leaves it to the origin; this is the fallback",
	"STALE":           "the bundle is not fresh any more",
}

func (p *printer) reason() string {
	words := strings.ReplaceAll(reasons[p.Reason], "%s", p.Rule)
	if p.Sticky != nil && p.Sticky.Kept {
		words = "kept from before"
	}
	switch {
	case p.Expired && p.Reason == "STALE" && p.Rule == "":
		words = "the bundle has expired"
	case p.Reason == "STALE" && p.Rule != "":
		words = "by rule " + p.Rule + " of a bundle that is not fresh any more"
	}
	for _, r := range p.BeforeConsent {
		if r.Outcome == "matched" {
			words = "what is served before consent, by rule " + r.Rule
		}
	}
	reason := p.Reason
	if p.Rule != "" {
		reason = p.Green(reason)
	}
	if words == "" {
		return reason
	}
	return reason + ": " + term.Printable(words)
}

// value is a variant's value as JSON.
func (p *printer) value(variant string) string {
	i := p.bundle.FindDecision(p.Decision)
	if i < 0 {
		return ""
	}
	d := p.bundle.Decisions[i]
	for _, v := range p.bundle.Variants[d.FirstVariant : d.FirstVariant+d.Variants] {
		if p.bundle.String(v.Name) == variant {
			return p.bundle.String(v.JSON)
		}
	}
	return ""
}

// rules are all rules, or how many there would have been where none was tried.
func (p *printer) rules(rules []rule) {
	const longestName = 24
	tried := false
	p.indent = 0
	for _, r := range rules {
		tried = tried || r.Outcome != "not reached"
		p.indent = max(p.indent, min(term.Cells(term.Printable(r.Rule)), longestName))
	}
	p.indent += len("  > ") + len("  ")
	if !tried {
		if len(rules) > 0 {
			number := "1 rule"
			if len(rules) > 1 {
				number = fmt.Sprintf("%d rules", len(rules))
			}
			p.line(p.Dim(fmt.Sprintf("  %s %s, none tried", unreached, number)))
		}
		return
	}
	for i := 0; i < len(rules); {
		count := alike(rules[i:])
		shown := count
		if !p.all && len(rules) > readable && count > 2*beginning {
			shown = beginning
		}
		for n := i; n < i+shown; n++ {
			p.rule(n, &rules[n])
		}
		i += count
		p.folded(rules[i-count+shown : i])
	}
}

// Of more rules than somebody reads, only the beginning of those is shown that went the same way one after the other.
const (
	readable  = 40
	beginning = 3
)

// alike is how many rules from the first on are of no interest beside it, itself included: they were not reached, or did not match.
func alike(rules []rule) (count int) {
	way := rules[0].way()
	for count < len(rules) && (count == 0 || way != "" && rules[count].way() == way) {
		count++
	}
	return count
}

// way is what happened to many rules, "" for all else.
func (r *rule) way() string {
	switch r.Outcome {
	case "not reached":
		return unreached
	case "no match", "error":
		return lost
	}
	return ""
}

// folded says how many rules are not shown.
func (p *printer) folded(rules []rule) {
	if len(rules) == 0 {
		return
	}
	way, errors := rules[0].way(), 0
	said := fmt.Sprintf("%d more rules are not reached", len(rules))
	if way == lost {
		said = fmt.Sprintf("%d more rules do not match", len(rules))
		for _, r := range rules {
			if r.Outcome == "error" {
				errors++
			}
		}
	}
	if errors > 0 {
		said += fmt.Sprintf(", %d of them for an error", errors)
	}
	p.line(p.Dim("  " + way + " " + said + " (--all shows them)"))
}

// units says where the visitor lies in the decision's holdout and group, and what is not kept.
func (p *printer) units() {
	if h := p.Holdout; h != nil {
		said := fmt.Sprintf("bucket %s of %d; those below %d are held out", h.number(), h.Buckets, h.Held)
		p.line("  holdout " + h.where(said, "so nobody is held out"))
	}
	if g := p.Group; g != nil {
		said := fmt.Sprintf("slot %s of %d; this decision has %d to %d", g.number(), g.Buckets, g.Slots[0], g.Slots[1])
		p.line("  group " + g.where(said, "so no split matches"))
	}
	if p.Sticky != nil {
		p.line("  " + term.Printable(p.Sticky.Variant) + " was answered before" + p.kept())
	}
}

// kept says what becomes of an earlier answer, and why.
func (p *printer) kept() string {
	i := p.bundle.FindDecision(p.Decision)
	switch {
	case p.Sticky.Kept && p.Sticky.Hold > 0:
		return ", and is kept for at least " + span(p.Sticky.Hold)
	case p.Sticky.Kept:
		return ", and is kept"
	case i >= 0 && p.bundle.Decisions[i].Flags&format.DecisionSticky == 0:
		return "; it is not kept, since the decision is not sticky"
	case p.Reason == "PREVIEW" || p.Reason == "CONSENT" || p.Reason == "HOLDOUT" || p.Reason == "DISABLED":
		return "; it does not count here"
	}
	return "; it may no longer be served"
}

func (c *chance) number() string {
	if c.Bucket == nil {
		return ""
	}
	return fmt.Sprint(*c.Bucket)
}

// where says it in words, or that there is no unit and what follows from that.
func (c *chance) where(said, otherwise string) string {
	by := term.Printable(c.Name + " by " + c.By)
	switch {
	case c.Bucket != nil:
		return by + ": " + said
	case c.Unit == "present":
		return by + ": empty, " + otherwise
	}
	return by + ": " + inWords(c.Unit) + ", " + otherwise
}

func (p *printer) rule(i int, r *rule) {
	name := term.Printable(r.Rule)
	condition := term.Printable(strings.Join(strings.Fields(r.When), " "))
	if condition == "" {
		condition = "always"
	}
	if r.Outcome == "not reached" {
		p.name(p.Dim(unreached), p.Dim(name))
		p.wrap(p.Dim(term.Cut("not reached: "+condition, p.columns-p.indent)))
		return
	}
	mark := p.Dim(lost)
	if r.Outcome == "matched" {
		mark, name = p.Green(won), p.Bold(name)
	}
	p.name(mark, name)
	p.wrap(condition)
	p.segments(r.When)
	switch r.Outcome {
	case "matched":
		p.beside(p.Green("matched") + p.reads(r, ": "))
	case "error":
		p.beside("no match, since " + p.Yellow(r.cause()) + p.reads(r, "; "))
	case "not in schedule":
		p.beside("matched" + p.reads(r, ": "))
		p.beside(p.Yellow("not in its schedule: " + p.schedule(i)))
	case "no unit":
		p.beside("matched" + p.reads(r, ": "))
	case "variant over":
		p.beside("matched" + p.reads(r, ": "))
		p.beside(p.Yellow("its variant may no longer be served"))
	case "outside its slots":
		p.beside("matched" + p.reads(r, ": "))
		p.beside(p.Yellow("the visitor is in none of the slots that the decision has in its group"))
	default:
		p.beside(r.Outcome + p.reads(r, ": "))
	}
	p.split(r.Split)
	if d := r.Defer; d != nil {
		p.beside(fmt.Sprintf("asks decider %s within %d ms (%s)", term.Printable(d.To), d.Within, d.Mode))
	}
}

// segments says what the segments mean that a condition names, each once.
func (p *printer) segments(when string) {
	for _, s := range p.bundle.Segments {
		name := p.bundle.String(s.Name)
		if !strings.Contains(when, `segment("`+name+`")`) && !strings.Contains(when, `segment('`+name+`')`) {
			continue
		}
		means := strings.Join(strings.Fields(string(p.bundle.AppendSource(nil, s.Condition))), " ")
		p.beside(p.Dim(term.Printable(name + ": " + means)))
	}
}

// cause is an error in words: "cart.value is not consented", "overflow". Where there is no value, its state says why.
func (r *rule) cause() string {
	if r.ErrorAt == "" {
		for _, read := range r.Reads {
			if read.Decision != "" && read.Variant == nil {
				return "decision " + term.Printable(read.Decision) + " has no variant"
			}
		}
		return r.Error
	}
	state := r.Error
	if state == "no value" {
		state = "absent"
		for _, read := range r.Reads {
			if read.Attribute == r.ErrorAt {
				state = read.State
			}
		}
	}
	return term.Printable(r.ErrorAt) + " is " + inWords(state)
}

// reads says, after a separator, what a condition read, but for what its error has said already.
func (p *printer) reads(r *rule, separator string) string {
	var all []string
	for _, read := range r.Reads {
		name := term.Printable(read.Attribute)
		switch {
		case read.Decision != "" && read.Variant == nil:
			if r.Error == "" {
				all = append(all, "decision "+term.Printable(read.Decision)+" has "+p.Yellow("no variant"))
			}
		case read.Decision != "":
			all = append(all, fmt.Sprintf("decision %s is %s (%s)", term.Printable(read.Decision), term.Printable(*read.Variant), read.Reason))
		case read.State == "present":
			all = append(all, name+" is "+term.Printable(string(read.Value)))
		case read.Attribute != r.ErrorAt:
			all = append(all, name+" is "+p.Yellow(inWords(read.State)))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return separator + strings.Join(all, ", ")
}

// inWords is the state of an attribute as it follows "is".
func inWords(state string) string {
	if state == "wrong type" {
		return "of the wrong type"
	}
	return state
}

func (p *printer) split(s *split) {
	if s == nil {
		return
	}
	by := "split by " + term.Printable(s.By) + ": "
	switch {
	case s.Bucket == nil && s.Unit == "present":
		p.beside(by + p.Yellow("empty, so there is nothing to tell visitors apart by"))
	case s.Bucket == nil:
		p.beside(by + p.Yellow(inWords(s.Unit)) + ", so the rule does not match")
	case s.Range != nil:
		variant := s.Variant
		if variant == "" {
			variant = "the default"
		}
		share := 100 * float64(s.Range[1]-s.Range[0]+1) / float64(s.Buckets)
		p.beside(fmt.Sprintf("%sbucket %d of %d; %s has %d to %d (%.4g%%)", by, *s.Bucket, s.Buckets,
			p.Bold(term.Printable(variant)), s.Range[0], s.Range[1], share))
	}
	if s.Ramp != nil {
		p.beside("shares move from " + s.Ramp.From + " until " + s.Ramp.Until)
	}
}

// schedule says when the decision's rule of that number holds.
func (p *printer) schedule(number int) string {
	i := p.bundle.FindDecision(p.Decision)
	if i < 0 || uint32(number) >= p.bundle.Decisions[i].Rules {
		return ""
	}
	r := &p.bundle.Rules[p.bundle.Decisions[i].FirstRule+uint32(number)]
	if r.Schedule == 0 {
		return ""
	}
	s := &p.bundle.Schedules[r.Schedule-1]
	var parts []string
	if s.From() != format.Beginning {
		parts = append(parts, "from "+at(s.From()))
	}
	if s.Until() != format.End {
		parts = append(parts, "until "+at(s.Until()))
	}
	return strings.Join(parts, " ")
}

// span is so many seconds in words, in the largest unit that divides them.
func span(seconds uint32) string {
	for _, unit := range []struct {
		seconds uint32
		name    string
	}{{24 * 60 * 60, "day"}, {60 * 60, "hour"}, {60, "minute"}} {
		if count := seconds / unit.seconds; seconds%unit.seconds == 0 && count > 0 {
			if count == 1 {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", count, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}

func at(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

func (p *printer) line(text string) { p.out.WriteString(text + "\n") }

// name begins a rule. What follows begins at the indent, on the same line if the name leaves room.
func (p *printer) name(mark, name string) {
	begin := "  " + mark + " " + name
	if term.Cells(begin)+2 > p.indent {
		p.line(begin)
		begin = ""
	}
	p.out.WriteString(term.Pad(begin, p.indent))
}

// beside writes text on lines of its own beside a rule's name.
func (p *printer) beside(text string) {
	p.out.WriteString(strings.Repeat(" ", p.indent))
	p.wrap(text)
}

// wrap writes text from the indent on, broken between words.
func (p *printer) wrap(text string) { p.line(term.Wrap(text, p.indent, p.indent+2, p.columns)) }
