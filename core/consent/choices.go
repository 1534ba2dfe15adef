package consent

// MaxCookie bounds the cookie of a consent manager, in bytes. Browsers keep cookies of up to 4 KB.
const MaxCookie = 8 << 10

// Format is how a consent manager writes its cookie.
type Format uint8

// The formats, with the names of their cookies and of the groups that a site can ask for.
const (
	OneTrust      Format = iota // OptanonConsent; groups as the site defines them: C0001, C0002, BG71
	Cookiebot                   // CookieConsent; necessary, preferences, statistics, marketing
	CookieYes                   // cookieyes-consent; necessary, functional, analytics, performance, advertisement, other
	WPConsent                   // a cookie for each group, such as cmplz_marketing (Complianz) or wp_consent_marketing (WP Consent API)
	GoogleConsent               // the mirror of Google Consent Mode that the package comment specifies; ad_storage and so on
	Formats                     // how many there are
)

// Choice is what a visitor chose for a group.
type Choice uint8

// The choices, from the least to the most restrictive where two cookies disagree.
const (
	Unset Choice = iota // nothing: no such group, or only a default that the visitor has not touched
	Granted
	Denied
)

// decision is whether a cookie says that the visitor decided.
type decision uint8

const (
	unsaid decision = iota
	byDefault
	byVisitor
)

// shape is what a format looks like: pairs of a name and a value.
type shape struct {
	between, within byte   // the separators: between pairs, and within one
	decided         string // the name of the pair that tells a visitor's choice from a default
	visitor         string // its value for a visitor's choice; "": any number above 0
	granted, denied string // the values of groups
}

var shapes = [...]shape{
	OneTrust:      {'&', '=', "interactionCount", "", "1", "0"},
	Cookiebot:     {',', ':', "method", "'explicit'", "true", "false"},
	CookieYes:     {',', ':', "action", "yes", "yes", "no"},
	WPConsent:     {granted: "allow", denied: "deny"},
	GoogleConsent: {'&', '=', "update", "", "granted", "denied"},
}

// Choices reads the cookie of a consent manager in place.
type Choices struct {
	// GPC says that the consent manager saw Global Privacy Control. Only OneTrust notes it.
	GPC bool
	// Decided is when the visitor decided, in seconds since 1970; 0 where the cookie does not say so that it can be read. Cookiebot and GoogleConsent
	// do; of OneTrust's cookie it is the date when it was last changed.
	Decided int64

	format   Format
	groups   escaped // the pairs of groups; with WPConsent the value of the one
	decision decision
	grouped  bool // OneTrust's groups were found
	stale    bool // the consent manager is about to ask again
}

// ParseChoices reads what a cookie holds besides the groups. The value is as the browser sent it, percent-escapes and all.
func ParseChoices(format Format, cookie string) (c Choices, f Fault) {
	cookie = unquote(cookie)
	switch {
	case cookie == "":
		return c, Empty
	case len(cookie) > MaxCookie:
		return c, TooLong
	case int(format) >= len(shapes) || !c.parse(format, escaped{raw: cookie}):
		return Choices{}, Form
	}
	return c, None
}

// parse says whether a cookie has the form of its format:
//
//	OneTrust       isGpcEnabled=0&datestamp=Fri+Nov+21+2025+10%3A00%3A00+GMT%2B0100+(CET)&interactionCount=1&groups=C0001%3A1%2CC0002%3A0
//	Cookiebot      {stamp:'...',necessary:true,marketing:false,method:'explicit',utc:1724770548958}
//	CookieYes      consentid:...,consent:yes,action:yes,necessary:yes,analytics:no
//	WPConsent      allow
//	GoogleConsent  v=1&update=1764000000&ad_storage=denied&analytics_storage=granted
//
// Cookiebot writes -1 in regions where the site asks nobody.
func (c *Choices) parse(format Format, text escaped) (ok bool) {
	s := &shapes[format]
	c.format = format
	c.groups = text
	switch format {
	case WPConsent:
		c.decision = byVisitor
		return text.is(s.granted) || text.is(s.denied)
	case Cookiebot:
		if text.is("-1") {
			c.groups.raw = ""
			return true
		}
	}
	text, several := text.decodeFor(s.between)
	switch format {
	case Cookiebot:
		if text, ok = text.inBraces(); !ok {
			return false
		}
	case CookieYes:
		ok = several
	}
	c.groups = text
	for text.raw != "" {
		var pair escaped
		pair, text = text.cut(s.between)
		name, value := pair.cut(s.within)
		if name.is(s.decided) {
			c.decide(value.is(s.visitor) || s.visitor == "" && value.number() > 0)
		}
		switch c.note(name, value) {
		case hasForm:
			ok = true
		case hasNot:
			return false
		}
	}
	if format == GoogleConsent && c.decision == unsaid {
		c.decision = byDefault
	}
	if c.decision == byDefault {
		c.Decided = 0
	}
	return ok
}

// form is what a pair says about the form of its cookie.
type form uint8

const (
	saysNothing form = iota
	hasForm          // it is the pair that has to be there
	hasNot
)

// note notes what a pair says that is not a group.
func (c *Choices) note(name, value escaped) form {
	switch c.format {
	case OneTrust:
		switch {
		case name.is("groups"):
			if c.grouped {
				return hasNot
			}
			c.grouped = true
			c.groups, _ = value.decodeFor(groupWithin)
			return hasForm
		case name.is("datestamp"):
			c.Decided = value.date()
		case name.is("isGpcEnabled"), name.is("browserGpcFlag"):
			c.GPC = c.GPC || value.is("1")
		case name.is("AwaitingReconsent"):
			c.stale = c.stale || value.is("true")
		}
	case Cookiebot:
		if name.is("utc") {
			c.Decided = value.number() / 1000
		}
	case GoogleConsent:
		switch {
		case name.is("v"):
			if !value.is("1") {
				return hasNot
			}
			return hasForm
		case name.is("update"):
			c.Decided = value.number()
		}
	}
	return saysNothing
}

// The separators of OneTrust's groups, which are escaped within the value of a pair.
const (
	groupBetween = ','
	groupWithin  = ':'
)

// inBraces gives what stands between the brace that the text has to begin with and the one that it has to end with.
func (e escaped) inBraces() (inside escaped, ok bool) {
	before, inside := e.cut('{')
	end, behind := inside.index('}')
	if before.raw != "" || end == behind || behind != len(inside.raw) {
		return escaped{}, false
	}
	inside.raw = inside.raw[:end]
	return inside, true
}

// decide notes whether the visitor did; said twice, both must agree on it.
func (c *Choices) decide(visitor bool) {
	if !visitor {
		c.decision = byDefault
	} else if c.decision == unsaid {
		c.decision = byVisitor
	}
}

// Of gives the visitor's choice for a group; that of WPConsent is the same for all. Of a group that is there twice the more restrictive counts.
func (c *Choices) Of(group string) (choice Choice) {
	pairs := c.Pairs()
	for pairs.Next() {
		if c.format == WPConsent || pairs.Is(group) {
			choice = max(choice, pairs.Choice())
		}
	}
	return choice
}

// Pairs goes through a cookie's groups.
type Pairs struct {
	choices       Choices
	left          escaped
	between, with byte
	name, value   escaped
}

// Pairs begins in front of the first group.
func (c *Choices) Pairs() Pairs {
	s := &shapes[c.format]
	p := Pairs{choices: *c, left: c.groups, between: s.between, with: s.within}
	if c.format == OneTrust {
		p.between, p.with = groupBetween, groupWithin
	}
	return p
}

// Next goes to the next group, and says whether there is one.
func (p *Pairs) Next() bool {
	if p.left.raw == "" {
		return false
	}
	if p.choices.format == WPConsent {
		p.value, p.left.raw = p.left, ""
		return true
	}
	var pair escaped
	pair, p.left = p.left.cut(p.between)
	p.name, p.value = pair.cut(p.with)
	return true
}

// Is says whether the group has a name; that of WPConsent has none.
func (p *Pairs) Is(name string) bool { return p.name.is(name) }

// Hash gives a hash of the group's name, the same as Hash of its text.
func (p *Pairs) Hash() uint8 { return p.name.hash() }

// Hash gives a hash of a text.
func Hash(text string) uint8 { return escaped{raw: text}.hash() }

// Choice gives the visitor's choice for the group. A grant counts only where the cookie says that it was the visitor's and is not to be
// renewed; a denial counts unless the cookie says that it is a default. Any value but the two that the format knows counts for nothing.
func (p *Pairs) Choice() Choice { return p.choices.read(p.value) }

// read gives the choice that the value of a group is.
func (c *Choices) read(value escaped) Choice {
	s := &shapes[c.format]
	switch {
	case c.decision == byVisitor && !c.stale && value.is(s.granted):
		return Granted
	case c.decision != byDefault && value.is(s.denied):
		return Denied
	}
	return Unset
}
