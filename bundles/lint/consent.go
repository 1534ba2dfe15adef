package lint

import (
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

// consentOnly are the purposes of the TCF for which only consent counts, never legitimate interest.
var consentOnly = []uint32{1, 3, 4, 5, 6}

// checkPolicy finds purposes that nobody can grant, opt out of, or needs, and jurisdictions that never count.
func (l *linter) checkPolicy() {
	if l.src.Consent == nil {
		return
	}
	needed := l.neededPurposes()
	for i := range l.src.Consent.Purposes {
		p := &l.src.Consent.Purposes[i]
		index := slices.IndexFunc(l.bundle.Purposes, func(c format.Purpose) bool { return l.bundle.String(c.Name) == p.Name.Value })
		if index > 0 {
			l.checkModes(p, index)
		}
		if !needed[p.Name.Value] {
			l.warn(p.Name, fmt.Sprintf("nothing needs purpose %s", p.Name.Value), "take it out: visitors should not be asked for what is not used")
		}
		if t := p.TCF; t != nil && t.LegitimateInterest && !slices.ContainsFunc(t.Purposes, func(n uint32) bool { return !slices.Contains(consentOnly, n) }) {
			l.warn(p.Name, fmt.Sprintf("purpose %s takes legitimate interest, which the TCF knows for none of its purposes %v", p.Name.Value, t.Purposes), "take legitimate_interest out: purposes 1 and 3 to 6 need consent")
		}
	}
	l.checkCookies()
	l.checkElsewhere()
	for i := range l.src.Consent.Jurisdictions {
		if l.src.Consent.Jurisdictions[i].When.Present() {
			l.checkJurisdiction(i)
		}
	}
}

// checkWithoutConsent finds a decision that keeps or records something of every visitor, whoever consented or not.
func (l *linter) checkWithoutConsent(d *source.Decision) {
	asks := slices.ContainsFunc(d.Purposes, func(p source.Text) bool { return p.Value != attribute.Necessary })
	if d.Sticky.On && !asks {
		l.warn(d.Name, fmt.Sprintf("decision %s is sticky and asks for no consent: a cookie keeps what any visitor was served", d.Name.Value),
			"give it another purpose, or do without sticky")
	}
	if d.Measure != nil && d.Measure.Purpose.Value == attribute.Necessary {
		l.warn(d.Measure.Purpose, fmt.Sprintf("measuring %s asks for no consent: a record is made of any visitor", d.Name.Value), "write purpose: analytics")
	}
}

// checkBeforeConsent finds rules for visitors who have not consented, of a decision that asks for no consent.
func (l *linter) checkBeforeConsent(d *source.Decision) {
	asks := slices.ContainsFunc(d.Purposes, func(p source.Text) bool { return p.Value != attribute.Necessary })
	if len(d.BeforeConsent) == 0 || asks {
		return
	}
	first := d.BeforeConsent[0]
	l.warn(source.Text{Value: first.ID.Value, Pos: first.Pos}, fmt.Sprintf("before_consent of %s never applies: the decision asks for no consent", d.Name.Value),
		"give it another purpose, or put what stands there under rules")
}

// neededPurposes are the purposes that attributes, decisions and measuring need, or that conditions ask for.
func (l *linter) neededPurposes() map[string]bool {
	b := l.bundle
	needed := map[string]bool{}
	need := func(i uint32) { needed[b.String(b.Purposes[i].Name)] = true }
	for _, a := range b.Attributes {
		need(a.Purpose)
	}
	for _, d := range b.Decisions {
		for i := range b.Purposes {
			if d.Purposes>>i&1 != 0 {
				need(uint32(i))
			}
		}
		if d.Measure > 0 {
			need(d.Measure - 1)
		}
	}
	for _, in := range b.Code {
		if in.Op() == format.OpGranted {
			need(in.B())
		}
	}
	return needed
}

// checkModes finds a purpose that is never granted, and one that is granted without a way to say no.
func (l *linter) checkModes(p *source.Purpose, index int) {
	hears := p.TCF != nil || len(p.Choices) > 0
	denies := p.GPCDenies || len(p.OptOutOf)+len(p.Sensitive) > 0
	asks, open := false, ""
	for i := range l.bundle.Jurisdictions {
		switch l.bundle.Jurisdictions[i].Mode(index) {
		case format.ModeOptIn:
			asks = true
		case format.ModeOptOut:
			if open == "" {
				open = l.jurisdiction(i)
			}
			asks = true
		case format.ModeNotice:
			asks = true
		}
	}
	switch {
	case !asks:
		l.warn(p.Name, fmt.Sprintf("purpose %s is denied everywhere: nothing that needs it ever happens", p.Name.Value), "give it another mode somewhere, or take it out")
	case open != "" && !hears && !denies:
		l.warn(p.Name, fmt.Sprintf("purpose %s is opt_out in %s, and no signal opts out of it", p.Name.Value, open),
			"say which do: gpc: denies, or gpp: {opt_out_of: [sale, sharing, targeted_advertising]}")
	case denies && !hears && l.asksEverywhere(index):
		l.warn(p.Name, fmt.Sprintf("purpose %s is opt_in everywhere, and no signal grants it", p.Name.Value),
			"say which do, with tcf or cmp; without one only a caller grants it")
	}
}

// asksEverywhere says whether a purpose is nowhere granted without a signal.
func (l *linter) asksEverywhere(index int) bool {
	return !slices.ContainsFunc(l.bundle.Jurisdictions, func(j format.Jurisdiction) bool {
		m := j.Mode(index)
		return m == format.ModeOptOut || m == format.ModeNotice
	})
}

// jurisdiction is a jurisdiction's name in messages.
func (l *linter) jurisdiction(i int) string {
	if name := l.bundle.String(l.bundle.Jurisdictions[i].Name); name != "" {
		return "jurisdiction " + name
	}
	return fmt.Sprintf("jurisdiction %d", i+1)
}

// checkCookies finds cookies of consent managers that no purpose asks for.
func (l *linter) checkCookies() {
	asked := map[string]bool{}
	for _, p := range l.src.Consent.Purposes {
		for _, choice := range p.Choices {
			asked[choice.Cookie.Value] = true
		}
	}
	for _, c := range l.src.Consent.Cookies {
		switch c.Format.Value {
		case "tcf", "gpp", "usp": // strings speak of every purpose
		default:
			if !asked[c.Name.Value] {
				l.warn(c.Name, fmt.Sprintf("no purpose asks for cookie %s", c.Name.Value), "name its groups under cmp of a purpose, or take it out")
			}
		}
	}
}

// checkElsewhere finds a last jurisdiction that is less strict than another one: it counts for visitors whose place is not known, too.
func (l *linter) checkElsewhere() {
	all := l.bundle.Jurisdictions
	if len(l.src.Consent.Jurisdictions) == 0 {
		return
	}
	grants := func(m format.Mode) bool { return m == format.ModeOptOut || m == format.ModeNotice }
	last := len(all) - 1
	for purpose := 1; purpose < len(l.bundle.Purposes); purpose++ {
		for i := range all[:last] {
			if asked := all[i].Mode(purpose); grants(all[last].Mode(purpose)) && !grants(asked) {
				l.warn(l.src.Consent.Jurisdictions[last].Modes[0].Purpose, fmt.Sprintf("%s is %s where the place is not known, and %s in %s",
					l.bundle.String(l.bundle.Purposes[purpose].Name), all[last].Mode(purpose), asked, l.jurisdiction(i)),
					"let the last jurisdiction be the strictest: these visitors may be anywhere")
				break
			}
		}
	}
}

// checkJurisdiction finds a jurisdiction that never counts, and one that visitors can choose themselves.
func (l *linter) checkJurisdiction(i int) {
	j := &l.src.Consent.Jurisdictions[i]
	compiled := l.bundle.Jurisdictions[i].Condition - 1
	c := &l.conditions[compiled]
	name := l.jurisdiction(i)
	if about, found := l.contradiction(c.literals); found {
		l.warn(j.When, fmt.Sprintf("%s never counts: no %s fits all that it asks", name, l.name(about)), "mend the condition, or take it out")
		return
	}
	for before := range i {
		first := l.bundle.Jurisdictions[before].Condition - 1
		if first == compiled || l.sameProgram(first, compiled) || l.implies(c, &l.conditions[first]) {
			l.warn(j.When, fmt.Sprintf("%s never counts: %s before it does wherever it would", name, l.jurisdiction(before)), "move it up, or take it out")
			return
		}
	}
	for _, about := range c.reads {
		if l.bundle.Attributes[about].Flags&format.AttributeTrust == uint32(attribute.Visitor) {
			l.warn(j.When, fmt.Sprintf("%s depends on %s, which is the visitor's own word, or that of whoever made the link", name, l.name(about)),
				"ask for what the platform says: geo.country, geo.region")
			return
		}
	}
}
