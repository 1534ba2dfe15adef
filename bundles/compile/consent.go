package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/policy"
)

// commonPurposes are known without a declaration.
var commonPurposes = []string{attribute.Necessary, attribute.Personalization, "analytics", "advertising"}

// ownPurposes names the purposes that the consent policy declares, in its order.
func (c *compiler) ownPurposes() (names []string) {
	if c.src.Consent != nil {
		for _, p := range c.src.Consent.Purposes {
			names = append(names, p.Name.Value)
		}
	}
	return names
}

// declarePurposes collects the purposes that the bundle may speak of: the common ones and those that the policy declares.
func (c *compiler) declarePurposes() {
	c.purposes = slices.Clone(commonPurposes)
	for _, name := range c.ownPurposes() {
		if !slices.Contains(c.purposes, name) {
			c.purposes = append(c.purposes, name)
		}
	}
}

// checkPurpose refuses a purpose that nobody declared: most likely a typing error, and nobody would be asked to consent to it.
func (c *compiler) checkPurpose(name source.Text) {
	if !slices.Contains(c.purposes, name.Value) {
		c.fault(name, fmt.Sprintf("purpose %q is not declared", name.Value), orElse(didYouMean(name.Value, c.purposes),
			"declare it under consent.purposes, or take one of "+strings.Join(c.purposes, ", ")))
	}
}

// isSignal says whether a cookie is a consent signal: one of the policy's, or the visitor's no on the site itself.
func (c *compiler) isSignal(cookie string) bool {
	return cookie == policy.OffCookie || c.src.Consent != nil && slices.ContainsFunc(signalCookies(c.src.Consent), func(s source.ConsentCookie) bool { return s.Name.Value == cookie })
}

// jurisdictionName is a jurisdiction's name in messages.
func jurisdictionName(i int, j *source.Jurisdiction) string {
	if j.Name.Present() {
		return "jurisdiction " + j.Name.Value
	}
	return fmt.Sprintf("jurisdiction %d", i+1)
}

// checkJurisdictions checks the jurisdictions' conditions. They are asked before it is known what is granted, and so read only what
// is necessary, and no decision's answer.
func (c *compiler) checkJurisdictions() {
	if c.src.Consent == nil {
		return
	}
	all := c.src.Consent.Jurisdictions
	c.jurisdictions = make([]*expr.Checked, len(all))
	for i := range all {
		j := &all[i]
		switch last := i == len(all)-1; {
		case last && j.When.Present():
			c.fault(j.When, "the last jurisdiction has a condition, and nothing is said of other places", `add - {modes: {"*": opt_in}} behind it`)
		case !last && !j.When.Present():
			c.add(source.Fault{Pos: j.Pos, Message: "this jurisdiction has no condition, so that those behind it are never reached", Hint: "add when, or move it to the end"})
		}
		if !j.When.Present() {
			continue
		}
		if c.jurisdictions[i] = c.condition(j.When); c.jurisdictions[i] == nil {
			continue
		}
		for _, r := range c.readings(c.jurisdictions[i]) {
			c.checkJurisdiction(jurisdictionName(i, j), j, r)
		}
	}
}

// checkJurisdiction checks a thing that a jurisdiction's condition reads.
func (c *compiler) checkJurisdiction(name string, j *source.Jurisdiction, r reading) {
	way := r.way(name)
	at := source.Fault{Pos: j.When.At(r.use.Offset), Length: r.use.Length}
	switch {
	case r.decision != "":
		at.Message = fmt.Sprintf("%s -> decision %s is decided only after it is known what is granted", way, r.decision)
		at.Hint = "a jurisdiction is a place: ask for geo.country"
	case r.granted != "":
		at.Message = fmt.Sprintf("%s -> granted(%q) is known only once the jurisdiction is", way, r.granted)
		at.Hint = "a jurisdiction is a place: ask for geo.country"
	default:
		a := c.attributes[r.attribute]
		switch {
		case a.purpose != attribute.Necessary:
			at.Message = fmt.Sprintf("%s -> %s needs %s", way, a.name, a.purpose)
			at.Hint = "a jurisdiction is found before it is known what is granted: it may read only what is necessary, such as geo.country"
		case a.origin:
			at.Message = fmt.Sprintf("%s -> %s is known at the origin only", way, a.name)
			at.Hint = "a jurisdiction is found where the request arrives: ask for geo.country"
		default:
			return
		}
	}
	c.add(at)
}

// checkPolicy checks the rest of the consent policy, once it is known which purposes the bundle uses.
func (c *compiler) checkPolicy() {
	if c.src.Consent == nil {
		return
	}
	for _, cookie := range c.src.Consent.Cookies {
		checkWord(c, cookie.Format, cookieFormats, "format of a cookie")
	}
	for i := range c.src.Consent.Purposes {
		p := &c.src.Consent.Purposes[i]
		for _, word := range slices.Concat(p.OptOutOf, p.Sensitive) {
			checkWord(c, word, optOuts, "opt-out of GPP")
		}
		if p.TCF != nil && slices.ContainsFunc(p.TCF.Purposes, func(n uint32) bool { return n < 1 || n > maxTCFPurpose }) {
			c.add(source.Fault{Pos: p.TCF.Pos, Message: fmt.Sprintf("the TCF has the purposes 1 to %d, not all of %v", maxTCFPurpose, p.TCF.Purposes)})
		}
		for _, choice := range p.Choices {
			c.checkChoice(choice)
		}
	}
	for i := range c.src.Consent.Jurisdictions {
		for _, m := range c.src.Consent.Jurisdictions[i].Modes {
			checkWord(c, m.Mode, consentModes, "mode")
			if m.Purpose.Value != source.AnyPurpose {
				c.checkPurpose(m.Purpose)
			}
		}
	}
	if c.failed() {
		return // which purposes are used is known only of what has no fault
	}
	used := c.purposeNames(c.usedAttributes())
	for i := range c.src.Consent.Jurisdictions {
		j := &c.src.Consent.Jurisdictions[i]
		for _, purpose := range used {
			if purpose != attribute.Necessary && modeOf(j, purpose) == "" {
				c.add(source.Fault{Pos: j.Pos, Message: fmt.Sprintf("%s has no mode for %s", jurisdictionName(i, j), purpose),
					Hint: fmt.Sprintf(`add %s: opt_in to its modes, or "*": opt_in for all that are not named`, purpose)})
			}
		}
	}
	c.warnOfUnheard(used)
}

// checkWord refuses a word that package format has no number for.
func checkWord[N any](c *compiler, word source.Text, numbers map[string]N, what string) {
	if _, ok := numbers[word.Value]; !ok {
		c.fault(word, fmt.Sprintf("%q is no %s", word.Value, what), orElse(didYouMean(word.Value, sortedNames(numbers)), "write "+strings.Join(sortedNames(numbers), ", ")))
	}
}

// warnOfUnheard finds purposes that the bundle uses and of which the policy says nothing: no signal grants or denies them.
func (c *compiler) warnOfUnheard(used []string) {
	own := c.ownPurposes()
	for _, purpose := range used {
		if purpose == attribute.Necessary || slices.Contains(own, purpose) {
			continue
		}
		at, by := c.firstUse(purpose)
		c.warn(at, fmt.Sprintf("%s needs %s, which consent.purposes does not list: no signal of a visitor grants or denies it", by, purpose),
			fmt.Sprintf("list it there with its signals, or as %s: {} where only a caller grants it", purpose))
	}
}

// firstUse finds where the source first needs a purpose, and says what needs it.
func (c *compiler) firstUse(purpose string) (at source.Text, by string) {
	for _, a := range c.src.Attributes {
		if c.attributes[a.Name.Value].purpose == purpose {
			return a.Name, "attribute " + a.Name.Value
		}
	}
	for _, d := range c.src.Decisions {
		for _, p := range d.Purposes {
			if p.Value == purpose {
				return p, "decision " + d.Name.Value
			}
		}
		if d.Measure != nil && d.Measure.Purpose.Value == purpose {
			return d.Measure.Purpose, "measuring " + d.Name.Value
		}
	}
	for _, h := range c.src.Holdouts {
		if c.attributes[h.By.Value].purpose == purpose {
			return h.By, "holdout " + h.Name.Value
		}
	}
	for _, g := range c.src.Groups {
		if c.attributes[g.By.Value].purpose == purpose {
			return g.By, "group " + g.Name.Value
		}
	}
	if key := c.src.TargetingKey; key.Present() && c.attributes[key.Value].purpose == purpose {
		return key, "the targeting key"
	}
	for _, s := range c.src.Segments {
		if asksFor(c.segments[s.Name.Value].checked, purpose) {
			return s.When, "segment " + s.Name.Value
		}
	}
	for i := range c.src.Decisions {
		d := &c.src.Decisions[i]
		for _, rules := range [][]source.Rule{d.Rules, d.BeforeConsent} {
			for j := range rules {
				if asksFor(c.conditions[&rules[j]], purpose) {
					return rules[j].When, "rule " + rules[j].ID.Value
				}
			}
		}
	}
	return c.src.Name, "the bundle"
}

// asksFor says whether a condition asks whether a purpose is granted.
func asksFor(checked *expr.Checked, purpose string) bool {
	return checked != nil && slices.ContainsFunc(checked.Purposes, func(u expr.Use) bool { return u.Name == purpose })
}

// modeOf is the mode of a purpose in a jurisdiction, "" where it has none.
func modeOf(j *source.Jurisdiction, purpose string) string {
	any := ""
	for _, m := range j.Modes {
		switch m.Purpose.Value {
		case purpose:
			return m.Mode.Value
		case source.AnyPurpose:
			any = m.Mode.Value
		}
	}
	return any
}

// groupsOf are the groups that the cookies of a consent manager have, where all sites have the same.
var groupsOf = map[string][]string{
	"cookiebot":      {"necessary", "preferences", "statistics", "marketing"},
	"cookieyes":      {"necessary", "functional", "analytics", "performance", "advertisement", "other"},
	"google_consent": {"ad_storage", "analytics_storage", "ad_user_data", "ad_personalization", "functionality_storage", "personalization_storage", "security_storage"},
}

// checkChoice checks the groups of a consent manager's cookie that a purpose asks for.
func (c *compiler) checkChoice(choice source.ChoiceOf) {
	var names []string
	format := ""
	for _, cookie := range c.src.Consent.Cookies {
		names = append(names, cookie.Name.Value)
		if cookie.Name.Value == choice.Cookie.Value {
			format = cookie.Format.Value
		}
	}
	switch format {
	case "":
		c.fault(choice.Cookie, fmt.Sprintf("consent.cookies does not list cookie %s", choice.Cookie.Value),
			orElse(didYouMean(choice.Cookie.Value, names), fmt.Sprintf("say how it is written: cookies: {%s: onetrust}", choice.Cookie.Value)))
	case "tcf", "gpp", "usp":
		c.fault(choice.Cookie, fmt.Sprintf("cookie %s holds a string of %s, which has no groups", choice.Cookie.Value, strings.ToUpper(format)), "ask for its purposes under "+format)
	case "wp_consent":
		if len(choice.Groups) > 0 {
			c.fault(choice.Groups[0], fmt.Sprintf("cookie %s is about one group, and its value says all", choice.Cookie.Value), "write "+choice.Cookie.Value+": []")
		}
	default:
		if len(choice.Groups) == 0 {
			c.fault(choice.Cookie, fmt.Sprintf("cookie %s has several groups", choice.Cookie.Value), "name those that must be granted")
		}
		for _, group := range choice.Groups {
			if known := groupsOf[format]; known != nil && !slices.Contains(known, group.Value) {
				c.fault(group, fmt.Sprintf("a cookie of %s has no group %q", format, group.Value), orElse(didYouMean(group.Value, known), "it has "+strings.Join(known, ", ")))
			}
		}
	}
}
