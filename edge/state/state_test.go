package state_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/state"
)

const shop = `
bundle: shop
attributes:
  visitor.id: {}
  profile.stage: {type: string, purpose: personalization, from: signed, max_age: 7d}
  profile.score: {type: double, purpose: scoring, from: signed}
consent:
  purposes: {scoring: {}}
  jurisdictions: [{modes: {"*": opt_in}}]
decisions:
  hero:
    purpose: personalization
    sticky: true
    variants: {plain: 1, gold: 2}
    default: plain
    rules: [{id: gold, when: 'has(session.id)', serve: gold}]
  held:
    purpose: [personalization, analytics]
    sticky: {hold: 120d}
    variants: {plain: 1, gold: 2}
    default: plain
    rules: [{id: gold, serve: gold}]
`

func load(t testing.TB, text string) *core.Bundle {
	t.Helper()
	src, err := source.Parse(source.File{Name: "bundle.yaml", Data: []byte(text)})
	require.NoError(t, err)
	made, err := bundles.Compile(src)
	require.NoError(t, err)
	b, err := core.Load(made.Data)
	require.NoError(t, err)
	return b
}

// browser is a visitor's browser, at a site with these secrets. It has the cookie, and forgets it when its time is over.
type browser struct {
	t      testing.TB
	bundle *core.Bundle
	site   *state.Site
	keys   []mac.Key
	cookie string
	ends   int64
}

func newBrowser(t testing.TB, text string, secrets ...string) *browser {
	b := &browser{t: t}
	b.meets(text, append(secrets, "secret")...)
	return b
}

// meets sends the visitor to an edge node with another bundle, or other secrets.
func (b *browser) meets(text string, secrets ...string) {
	b.bundle = load(b.t, text)
	b.site = state.NewSite(&b.bundle.Bundle)
	b.keys = make([]mac.Key, len(secrets))
	for i, secret := range secrets {
		b.keys[i].Set([]byte(secret))
	}
}

// seen is what a visit was like.
type seen struct {
	outcome          state.Outcome
	session, visitor string
	hero, held       string // the variants that were kept
	stage            string // the kept attribute, as JSON
	do               state.Action
	maxAge           int64
}

// told is what happens in a visit: the variants that rules serve, the attributes that the origin tells.
type told struct{ hero, held, stage, score string }

// visit visits the site at a time in seconds, with these purposes granted.
func (b *browser) visit(now int64, granted string, told told) (seen seen) {
	b.t.Helper()
	set := uint32(1)
	for _, name := range strings.Fields(granted) {
		i := b.bundle.FindPurpose(name)
		require.Positive(b.t, i, name)
		set |= 1 << i
	}
	if now >= b.ends {
		b.cookie = ""
	}
	s, c := new(state.State), b.bundle.NewContext()
	for i := range b.bundle.Purposes {
		if set>>i&1 != 0 {
			c.Grant(i)
		}
	}
	c.SettleConsent()
	b.bundle.NewEvaluator().Resolve(c)
	s.Begin(b.site, now)
	if b.cookie != "" {
		seen.outcome = s.Open(b.keys, b.cookie)
	}
	s.Restrict(set)
	s.IDs(c, random(now))
	s.Answers(c)
	seen.session, seen.visitor = b.text(c, "session.id"), b.text(c, "visitor.id")
	asked := []uint32{0, 1}
	for i, a := range b.bundle.NewEvaluator().Decide(c, asked, nil) {
		name := b.bundle.String(b.bundle.Decisions[i].Name)
		switch {
		case a.Flags&core.Sticky != 0 && name == "hero":
			seen.hero = b.bundle.String(b.bundle.Variants[a.Variant-1].Name)
		case a.Flags&core.Sticky != 0:
			seen.held = b.bundle.String(b.bundle.Variants[a.Variant-1].Name)
		}
		if variant := map[string]string{"hero": told.hero, "held": told.held}[name]; variant != "" {
			a = core.Answer{Decision: uint32(i), Variant: uint32(b.bundle.FindVariant(i, variant)) + 1, Rule: 1, Reason: core.ReasonSplit}
			s.Keep(&a)
		}
	}
	seen.stage, _ = s.Attribute(b.bundle.FindAttribute("profile.stage"))
	if told.stage != "" {
		s.KeepAttribute(b.bundle.FindAttribute("profile.stage"), told.stage, 30*day)
	}
	if told.score != "" {
		s.KeepAttribute(b.bundle.FindAttribute("profile.score"), told.score, hour)
	}
	value, maxAge, do := s.Seal(&b.keys[0], nil)
	seen.do, seen.maxAge = do, maxAge
	switch do {
	case state.Set:
		b.cookie, b.ends = string(value), now+maxAge
		require.LessOrEqual(b.t, len(state.Name)+1+len(b.cookie), 1024)
		require.Positive(b.t, maxAge)
	case state.Delete:
		b.cookie = ""
	}
	return seen
}

func (b *browser) text(c *core.Context, attribute string) string {
	v := c.Value(b.bundle.FindAttribute(attribute))
	if v.Kind() != format.String {
		return ""
	}
	return strings.Trim(string(core.AppendJSON(nil, v)), `"`)
}

// random is as good as new at each second.
func random(now int64) []byte {
	r := rand.New(rand.NewPCG(uint64(now), 0))
	bytes := make([]byte, 32)
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	return bytes
}

const (
	second = 1
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	start  = 1_800_000_000
	all    = "personalization analytics scoring"
)

func TestSessions(t *testing.T) {
	b := newBrowser(t, shop)
	first := b.visit(start, all, told{})
	require.Regexp(t, "^[0-9a-f]{32}$", first.session, "minted for the very first page")
	require.Equal(t, state.Set, first.do)

	soon := b.visit(start+20*second, all, told{})
	require.Equal(t, first.session, soon.session)
	require.Equal(t, state.Leave, soon.do, "not every response sets a cookie")

	later := b.visit(start+29*minute, all, told{})
	require.Equal(t, first.session, later.session)
	require.Equal(t, state.Set, later.do, "the session goes on")

	later = b.visit(start+29*minute+30*minute-1, all, told{})
	require.Equal(t, first.session, later.session)

	after := b.visit(start+29*minute+60*minute-1, all, told{})
	require.Equal(t, state.Opened, after.outcome)
	require.NotEqual(t, first.session, after.session, "new after 30 idle minutes")
	require.Len(t, after.session, 32)
	require.Equal(t, first.visitor, after.visitor)
}

func TestVisitorsIDLasts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		lasts      int64
	}{
		{"90 days", shop, 90 * day},
		{"as long as the bundle says", strings.Replace(shop, "visitor.id: {}", "visitor.id: {max_age: 10d}", 1), 10 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t, c.text)
			first := b.visit(start, all, told{})
			require.Len(t, first.visitor, 32)
			require.Equal(t, c.lasts, first.maxAge)
			require.Equal(t, first.visitor, b.visit(start+c.lasts-1, all, told{}).visitor, "its time does not begin again with each visit")
			require.NotEqual(t, first.visitor, b.visit(start+c.lasts, all, told{}).visitor)
		})
	}
}

func TestNothingIsKeptThatTheBundleDoesNotUse(t *testing.T) {
	b := newBrowser(t, `
bundle: shop
decisions:
  a: {purpose: personalization, variants: {x: 1}, default: x}
  b: {purpose: personalization, variants: {x: 1}, default: x}
`)
	require.Zero(t, b.site.Purposes)
	require.Equal(t, seen{}, b.visit(start, "personalization", told{hero: "x"}))

	with := newBrowser(t, shop)
	before := with.visit(start, all, told{})
	with.meets(strings.Replace(shop, "  visitor.id: {}\n", "", 1), "secret")
	after := with.visit(start+1, all, told{})
	require.Equal(t, before.session, after.session)
	require.Empty(t, after.visitor)
	require.Equal(t, state.Set, after.do)
	with.meets(shop, "secret")
	require.NotEqual(t, before.visitor, with.visit(start+2, all, told{}).visitor, "the lasting id went when nobody used it")
}

func TestPartsGoWithTheirPurposes(t *testing.T) {
	b := newBrowser(t, shop)
	first := b.visit(start, all, told{hero: "gold", held: "gold", stage: `"loyal"`, score: "0.5"})
	second := b.visit(start+1, all, told{})
	require.Equal(t, seen{outcome: state.Opened, session: first.session, visitor: first.visitor, hero: "gold", held: "gold", stage: `"loyal"`}, second)

	less := b.visit(start+2, "personalization scoring", told{})
	require.Equal(t, "gold", less.hero)
	require.Empty(t, less.held, "it needs two purposes")
	require.Equal(t, state.Set, less.do)
	require.Empty(t, b.visit(start+3, all, told{}).held, "what went is not there again when consent is")

	none := b.visit(start+4, "scoring", told{})
	require.Equal(t, seen{outcome: state.Opened, do: state.Set, maxAge: hour - 4}, none, "only the score is left")
	again := b.visit(start+5, all, told{})
	require.NotEqual(t, first.session, again.session)
	require.Empty(t, again.hero+again.stage)

	require.Equal(t, seen{outcome: state.Opened, do: state.Delete}, b.visit(start+6, "", told{}))
}

func TestAttributesOfTheOriginAge(t *testing.T) {
	b := newBrowser(t, shop)
	b.visit(start, all, told{stage: `"new"`})
	b.visit(start+day, all, told{stage: `"loyal"`})
	require.Equal(t, `"loyal"`, b.visit(start+8*day-1, all, told{}).stage)
	require.Empty(t, b.visit(start+8*day, all, told{}).stage, "max_age of the bundle is shorter than what the origin said")
	b.visit(start+9*day, all, told{stage: `"` + strings.Repeat("x", state.MaxValue) + `"`})
	require.Empty(t, b.visit(start+9*day+1, all, told{}).stage, "too long")
}

func TestStickyAnswers(t *testing.T) {
	b := newBrowser(t, shop)
	b.visit(start, all, told{hero: "gold", held: "gold"})
	require.Equal(t, "gold", b.visit(start+80*day, all, told{}).hero)
	require.Equal(t, "gold", b.visit(start+160*day, all, told{}).hero, "each visit makes it last")
	last := b.visit(start+260*day, all, told{})
	require.Empty(t, last.hero, "nobody came for 90 days")

	b = newBrowser(t, shop)
	b.visit(start, all, told{hero: "gold", held: "gold"})
	after := b.visit(start+119*day, all, told{})
	require.Equal(t, "gold", after.held, "held for 120 days")
	require.Empty(t, after.hero)

	b = newBrowser(t, shop)
	b.visit(start, all, told{hero: "plain"})
	require.Equal(t, "plain", b.visit(start+1, all, told{hero: "gold"}).hero)
	require.Equal(t, "gold", b.visit(start+2, all, told{}).hero, "what was served last")
	b.meets(strings.ReplaceAll(shop, "gold", "silver"), "secret")
	require.Empty(t, b.visit(start+3, all, told{}).hero, "the variant is not there any more")
	b.meets(shop, "secret")
	require.Equal(t, "gold", b.visit(start+4, all, told{}).hero, "two bundles are met in turn while a new one spreads")
}
