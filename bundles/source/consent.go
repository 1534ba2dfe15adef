package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/core/attribute"
)

// The consent policy. Its parts may stand in several files of a folder: purposes and cookies by name, everything else once.

// AnyPurpose stands in modes for every purpose that they do not name.
const AnyPurpose = "*"

var (
	// ConsentModes are how a purpose is resolved where no signal grants or denies it.
	ConsentModes = []string{"opt_in", "opt_out", "notice", "deny"}
	// CookieFormats are how the cookies are written that say what a visitor consented to: as a consent manager does, or as one of the strings.
	CookieFormats = []string{"onetrust", "cookiebot", "cookieyes", "wp_consent", "google_consent", "tcf", "gpp", "usp"}
	// OptOuts are what visitors opt out of in the sections of GPP for the United States.
	OptOuts = []string{"sale", "sharing", "targeted_advertising"}
	// Sensitive is the sensitive data that visitors can withhold there, and that a visitor known to be a child withholds.
	Sensitive = []string{"health", "precise_geolocation", "known_child"}
	// TCFSubjects are those for whom a TC string speaks, beside a vendor.
	TCFSubjects = []string{"publisher", "core"}
	// MissingDisclosed are what a TC string without disclosed vendors counts for.
	MissingDisclosed = []string{"unknown", "ok"}
	// MissingNotice are what an opt-out counts for that does not apply, as a section of GPP says, but of which no notice was given.
	MissingNotice = []string{"ok", "denies"}
)

const (
	maxTCFPurpose = 24        // as many as a TC string has bits for
	maxVendor     = 1<<16 - 1 // ids have 16 bits
	maxTCFPolicy  = 1<<6 - 1  // versions have 6 bits
	maxSignalAge  = 10 * 365 * 24 * 60 * 60 * 1000
)

var consentKeys = keys[Consent]{what: "consent", rows: []key[Consent]{
	{"purposes", "The purposes that visitors can grant, and the signals that grant or deny each. One without signals is granted by the caller only.",
		named(purposeKeys.schema().with("type", []string{"object", "null"})), readConsentPurposes},
	{"jurisdictions", "What holds where no signal grants or denies, by place: the first whose condition holds counts. The last has no condition. Without them: opt_in everywhere.",
		listOf(jurisdictionKeys.schema()), readJurisdictions},
	{"cookies", "Cookies that say what a visitor consented to, by name: {OptanonConsent: onetrust}.",
		cookieNamed(schema{"enum": CookieFormats}), readConsentCookies},
	{"max_age", "How old a signal that names its day may be, 395d (13 months) unless given: an older one counts for nothing.", durationSchema,
		func(r *reader, n *yaml.Node, c *Consent) {
			if r.once("consent.max_age", n) {
				if c.MaxAge = r.duration(n, "max_age"); c.MaxAge > maxSignalAge {
					r.fault(n, "max_age is longer than ten years", "the framework asks to renew a choice after 13 months: 395d")
				}
			}
		}},
	{"min_policy", "The lowest version of the TCF policies that a TC string may follow, 4 unless given.",
		schema{"type": "integer", "minimum": 1, "maximum": maxTCFPolicy},
		func(r *reader, n *yaml.Node, c *Consent) {
			if r.once("consent.min_policy", n) {
				c.MinPolicy = r.whole(n, "min_policy", 1, maxTCFPolicy)
			}
		}},
	{"missing_disclosed", "What a TC string without its list of disclosed vendors counts for: unknown (nothing, the default) or ok (as if it had one).",
		schema{"enum": MissingDisclosed},
		func(r *reader, n *yaml.Node, c *Consent) {
			if r.once("consent.missing_disclosed", n) {
				c.MissingDisclosed = r.oneOf(n, "missing_disclosed", MissingDisclosed...)
			}
		}},
	{"missing_notice", "What a section of GPP counts for that says an opt-out does not apply, though no notice of it was given: ok (nothing, the default) or denies.",
		schema{"enum": MissingNotice},
		func(r *reader, n *yaml.Node, c *Consent) {
			if r.once("consent.missing_notice", n) {
				c.MissingNotice = r.oneOf(n, "missing_notice", MissingNotice...)
			}
		}},
}}

func readConsent(r *reader, n *yaml.Node, b *Bundle) {
	if b.Consent == nil {
		b.Consent = new(Consent)
	}
	if scalarOf(n) != scalarNull {
		readKeys(r, n, consentKeys, b.Consent)
	}
}

var purposeKeys = keys[Purpose]{what: "a purpose", rows: []key[Purpose]{
	{"tcf", "What the visitor's TC string must say, in countries of the TCF: {subject: publisher, purposes: [1, 6]}. A usable one that does not denies.",
		tcfKeys.schema(), readTCF},
	{"gpp", "What in the visitor's GPP string denies it.", gppKeys.schema(),
		func(r *reader, n *yaml.Node, p *Purpose) {
			before := len(r.faults)
			if readKeys(r, n, gppKeys, p); len(r.faults) == before && len(p.OptOutOf)+len(p.Sensitive) == 0 {
				r.fault(n, "gpp needs opt_out_of or sensitive", "write {opt_out_of: [sale, sharing]}, say")
			}
		}},
	{"cmp", "The groups that must be granted in the cookies of consent managers: {OptanonConsent: [C0003]}, all of one cookie. A denied one denies.",
		cookieNamed(listOf(textSchema)), readChoices},
	{"gpc", "denies: Global Privacy Control denies it.", schema{"const": "denies"},
		func(r *reader, n *yaml.Node, p *Purpose) { p.GPCDenies = r.oneOf(n, "gpc", "denies").Present() }},
}}

func readConsentPurposes(r *reader, n *yaml.Node, c *Consent) {
	r.entries(n, "purposes", func(name Text, key, value *yaml.Node) {
		if !r.once("purpose "+name.Value, key) {
			return
		}
		if name.Value == attribute.Necessary {
			r.fault(key, "what is necessary needs no consent", "take it out")
			return
		}
		p := Purpose{Name: name}
		if scalarOf(value) != scalarNull {
			readKeys(r, value, purposeKeys, &p)
		}
		c.Purposes = append(c.Purposes, p)
	})
}

var gppKeys = keys[Purpose]{what: "gpp", rules: schema{"anyOf": []schema{{"required": []string{"opt_out_of"}}, {"required": []string{"sensitive"}}}}, rows: []key[Purpose]{
	{"opt_out_of", "The opt-outs that deny it: sale, sharing, targeted_advertising. That of sale counts in US Privacy strings too.", someOf(OptOuts),
		func(r *reader, n *yaml.Node, p *Purpose) { p.OptOutOf = r.someOf(n, "opt_out_of", OptOuts) }},
	{"sensitive", "The sensitive data that it takes: health, precise_geolocation, known_child. A visitor who withholds it, or is known to be a child, denies it.", someOf(Sensitive),
		func(r *reader, n *yaml.Node, p *Purpose) { p.Sensitive = r.someOf(n, "sensitive", Sensitive) }},
}}

func someOf(words []string) schema {
	return listOf(schema{"enum": words}).with("type", "array").with("minItems", 1)
}

// someOf reads a list of some of these words.
func (r *reader) someOf(n *yaml.Node, key string, words []string) []Text {
	if !r.filled(n, key, "write ["+strings.Join(words, ", ")+"], or some of these") {
		return nil
	}
	return r.texts(n, key, func(n *yaml.Node, key string) Text { return r.oneOf(n, key, words...) })
}

var tcfKeys = keys[TCF]{what: "tcf", rules: schema{"required": []string{"purposes"}}, rows: []key[TCF]{
	{"purposes", "The purposes of the TCF that must all be consented to, by number: [1, 6].",
		listOf(schema{"type": "integer", "minimum": 1, "maximum": maxTCFPurpose}).with("type", "array").with("minItems", 1), readTCFPurposes},
	{"subject", "Whom the string speaks of. publisher (the default): the site itself, by the string's publisher segment. core: anybody, by the bits of the purposes alone.",
		schema{"enum": TCFSubjects},
		func(r *reader, n *yaml.Node, t *TCF) { t.Subject = r.oneOf(n, "subject", TCFSubjects...) }},
	{"vendor", "Or the vendor of that id in the Global Vendor List: its own consent, the publisher's restrictions and the disclosed vendors count too.",
		schema{"type": "integer", "minimum": 1, "maximum": maxVendor},
		func(r *reader, n *yaml.Node, t *TCF) { t.Vendor = r.whole(n, "vendor", 1, maxVendor) }},
	{"legitimate_interest", "true: a purpose is also granted by legitimate interest, where the TCF knows it (purposes 2 and 7 to 11).", booleanSchema,
		func(r *reader, n *yaml.Node, t *TCF) {
			t.LegitimateInterest = r.boolean(n, "legitimate_interest")
		}},
}}

func readTCF(r *reader, n *yaml.Node, p *Purpose) {
	t := &TCF{Pos: r.page.clamp(n.Line, n.Column)}
	before := len(r.faults)
	readKeys(r, n, tcfKeys, t)
	p.TCF = t
	switch {
	case len(r.faults) != before:
	case len(t.Purposes) == 0:
		r.fault(n, "tcf needs purposes", "write {subject: publisher, purposes: [1, 6]}, say")
	case t.Subject.Present() && t.Vendor > 0:
		r.fault(n, "tcf has both subject and vendor", "take one of them: a string speaks of the site, of anybody, or of that vendor")
	}
}

func readTCFPurposes(r *reader, n *yaml.Node, t *TCF) {
	if !r.filled(n, "purposes", "write [1, 6], say") {
		return
	}
	for _, item := range n.Content {
		before := len(r.faults)
		number := r.whole(item, "a purpose of the TCF", 1, maxTCFPurpose)
		switch {
		case len(r.faults) != before:
		case slices.Contains(t.Purposes, number):
			r.fault(item, strconv.Itoa(int(number))+" stands twice in purposes", "")
		default:
			t.Purposes = append(t.Purposes, number)
		}
	}
}

// filled says whether a node is a list with something in it, and faults what is not.
func (r *reader) filled(n *yaml.Node, key, hint string) bool {
	switch {
	case n.Kind != yaml.SequenceNode:
		r.fault(n, key+" is a list, not "+kindOf(n), hint)
	case len(n.Content) == 0:
		r.fault(n, key+" is empty", hint)
	default:
		return true
	}
	return false
}

func readChoices(r *reader, n *yaml.Node, p *Purpose) {
	r.cookies(n, "cmp", func(name Text, _, value *yaml.Node) {
		choice := ChoiceOf{Cookie: name}
		if len(r.items(value, "cmp."+name.Value)) > 0 {
			choice.Groups = r.texts(value, "cmp."+name.Value, r.text)
		}
		p.Choices = append(p.Choices, choice)
	})
}

func readConsentCookies(r *reader, n *yaml.Node, c *Consent) {
	r.cookies(n, "cookies", func(name Text, key, value *yaml.Node) {
		if r.once("consent cookie "+name.Value, key) {
			if format := r.oneOf(value, "the format of a cookie", CookieFormats...); format.Present() {
				c.Cookies = append(c.Cookies, ConsentCookie{name, format})
			}
		}
	})
}

// cookies is entries for names of cookies.
func (r *reader) cookies(n *yaml.Node, key string, read func(name Text, key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.entries(n, key, read)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := r.text(n.Content[i], "a cookie's name")
		switch {
		case !name.Present():
		case len(name.Value) > 256:
			r.fault(n.Content[i], "the name of this cookie is too long", "256 bytes are enough")
		case strings.Trim(name.Value, tokenCharacters) != "":
			r.fault(n.Content[i], fmt.Sprintf("%s is not the name of a cookie", shortQuote(name.Value)), "such names hold letters, digits and a few signs, no blanks")
		default:
			read(name, n.Content[i], n.Content[i+1])
		}
	}
}

func cookieNamed(value schema) schema {
	return schema{"type": []string{"object", "null"}, "additionalProperties": value}
}

var jurisdictionKeys = keys[Jurisdiction]{what: "a jurisdiction", rules: schema{"required": []string{"modes"}}, rows: []key[Jurisdiction]{
	{"name", "Its name in explanations: eea. Without one it is named after its number.", nameSchema,
		func(r *reader, n *yaml.Node, j *Jurisdiction) { j.Name = r.name(n, "name") }},
	{"when", "The condition, in CEL, over necessary attributes only, such as geo.country. One that ends in an error does not hold.", conditionSchema,
		func(r *reader, n *yaml.Node, j *Jurisdiction) { j.When = r.condition(n, "when") }},
	{"modes", `How each purpose is resolved where no signal decides, "*" for all that are not named. opt_in: not granted. opt_out and notice: granted. ` +
		"deny: not granted, whatever the signals say.",
		schema{"type": "object", "minProperties": 1, "additionalProperties": schema{"enum": ConsentModes},
			"propertyNames": schema{"anyOf": []schema{{"const": AnyPurpose}, {"pattern": Name}}}}, readModes},
}}

func readJurisdictions(r *reader, n *yaml.Node, c *Consent) {
	if !r.once("consent.jurisdictions", n) {
		return
	}
	items := r.items(n, "jurisdictions")
	names := map[string]bool{}
	for i, item := range items {
		j := Jurisdiction{Pos: r.page.clamp(item.Line, item.Column)}
		before := len(r.faults)
		readKeys(r, item, jurisdictionKeys, &j)
		if len(r.faults) == before {
			last := i == len(items)-1
			switch {
			case len(j.Modes) == 0:
				r.fault(item, "a jurisdiction needs modes", `add modes: {"*": opt_in}`)
			case !last && !j.When.Present():
				r.fault(item, "this jurisdiction has no condition, so that those behind it are never reached", "add when, or move it to the end")
			case last && j.When.Present():
				r.fault(item, "the last jurisdiction has a condition, and nothing is said of other places", `add - {modes: {"*": opt_in}} behind it`)
			case j.Name.Present() && names[j.Name.Value]:
				r.fault(item, fmt.Sprintf("two jurisdictions are called %s", j.Name.Value), "explanations name the one that counts: each needs its own name")
			}
		}
		names[j.Name.Value] = true
		c.Jurisdictions = append(c.Jurisdictions, j)
	}
}

func readModes(r *reader, n *yaml.Node, j *Jurisdiction) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "modes is a mapping from purposes to modes, not "+kindOf(n), `write {"*": opt_in}, say`)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		purpose := r.text(n.Content[i], "a purpose")
		if purpose.Value != AnyPurpose {
			purpose = r.name(n.Content[i], "a purpose")
		}
		if purpose.Value == attribute.Necessary {
			r.fault(n.Content[i], "what is necessary needs no consent", "take it out")
			continue
		}
		if mode := r.oneOf(n.Content[i+1], "a mode", ConsentModes...); purpose.Present() && mode.Present() {
			j.Modes = append(j.Modes, ModeOf{purpose, mode})
		}
	}
}
