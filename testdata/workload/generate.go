package workload

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// What conditions and requests are made of.
var (
	countries = strings.Fields("DE FR IT ES GB US NL BE AT CH PL CZ SE DK NO FI PT IE HU GR RO JP CA BR")
	devices   = strings.Fields("mobile tablet desktop")
	systems   = strings.Fields("android ios windows macos linux")
	browsers  = strings.Fields("chrome safari firefox edge samsung")
	languages = strings.Fields("de-DE fr-FR it-IT es-ES en-GB en-US nl-NL pl-PL cs-CZ sv-SE pt-PT ja-JP")
	sections  = strings.Fields("shop checkout account search blog help stores landing")
	topics    = strings.Fields("outlet shoes shirts bags new")
	sources   = strings.Fields("google bing instagram facebook tiktok newsletter affiliate partner direct")
	campaigns = strings.Fields("winter-sale spring-fair early-bird last-chance win-back members-only brand-week flash-friday gift-guide")
	mediums   = strings.Fields("cpc email organic social")
	segments  = strings.Fields("a b c d e f g h")
	tests     = strings.Fields("v0 v1 v2 v3 v4 v5")
	cities    = strings.Fields("Berlin Paris Roma Madrid London Wien Warszawa Amsterdam Lisboa Dublin")
	yesNo     = []bool{true, false}
)

// The year in which all requests are, and all time windows begin.
var (
	yearStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	yearEnd   = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// maker makes up one condition.
type maker func(*rand.Rand) Condition

// often are the conditions that a rule has with this frequency; numbers are of one attribute of three.
var often = []struct {
	percent int
	maker
}{
	{40, oneOf("country", countries)},
	{30, path},
	{20, number},
	{10, version},
	{10, window},
}

// others are the conditions that fill a rule up, each as often as any other.
var others = []maker{
	oneOf("device", devices), twoOf("os", systems), twoOf("browser", browsers), twoOf("language", languages),
	oneOf("cookies.seg", segments), oneOf("cookies.ab", tests), oneOf("query.utm_source", sources),
	oneOf("query.utm_campaign", campaigns), oneOf("session.logged_in", yesNo), oneOf("consent.marketing", yesNo[:1]),
}

// Rules makes n rules over Placements, each of three to five conditions on different attributes.
func Rules(n int) *Set {
	random := rand.New(rand.NewPCG(Seed, uint64(n)))
	s := &Set{Placements: Placements}
	for i := range n {
		s.Rules = append(s.Rules, Rule{ID: fmt.Sprintf("r%05d", i), Placement: i % Placements, Conds: conditions(random)})
	}
	return s
}

func conditions(random *rand.Rand) []Condition {
	count := 3 + random.IntN(3)
	var all []Condition
	for _, o := range often {
		if random.IntN(100) < o.percent {
			all = append(all, o.maker(random))
		}
	}
	for _, i := range random.Perm(len(others)) {
		all = append(all, others[i](random))
	}
	all = all[:count]
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Flag is one flag with five rules of two conditions, of which none holds in Contexts, and a split of what is left. Matching is one
// rule of five conditions, which all hold in each context that Match changed.
var (
	Flag = &Set{Placements: 1, Split: true, Rules: []Rule{
		{ID: "kiosk", Conds: []Condition{{"device", "eq", "kiosk"}, {"country", "in", []any{"DE", "AT"}}}},
		{ID: "staff", Conds: []Condition{{"path", "prefix", "/staff"}, {"session.logged_in", "eq", true}}},
		{ID: "next", Conds: []Condition{{"app_version", "semver_gte", "8.0.0"}, {"os", "eq", "ios"}}},
		{ID: "regular", Conds: []Condition{{"session.visits", "gte", 500.0}, {"session.cart_value", "gte", 20.0}}},
		{ID: "invited", Conds: []Condition{{"cookies.seg", "eq", "vip"}, {"consent.marketing", "eq", true}}},
	}}
	Matching = &Set{Placements: 1, Rules: []Rule{
		{ID: "hit", Conds: []Condition{
			{"country", "in", []any{"DE", "AT", "CH"}}, {"device", "eq", "mobile"}, {"path", "prefix", "/shop"},
			{"session.cart_value", "gte", 50.0}, {"session.visits", "gt", 2.0},
		}},
	}}
)

// Match changes a context so that the rule of Matching holds.
func Match(c Context) Context {
	c.Country, c.Device, c.Path = "AT", "mobile", "/shop/bags/item-17"
	c.Session.CartValue, c.Session.Visits = 79.5, 5
	return c
}

func oneOf[T any](attribute string, values []T) maker {
	return func(random *rand.Rand) Condition { return Condition{attribute, "eq", pick(random, values)} }
}

func twoOf(attribute string, values []string) maker {
	return func(random *rand.Rand) Condition {
		chosen := random.Perm(len(values))
		return Condition{attribute, "in", []any{values[chosen[0]], values[chosen[1]]}}
	}
}

func path(random *rand.Rand) Condition {
	prefix := "/" + pick(random, sections)
	if random.IntN(2) == 0 {
		prefix += "/" + pick(random, topics)
	}
	return Condition{"path", "prefix", prefix}
}

func number(random *rand.Rand) Condition {
	switch random.IntN(3) {
	case 0:
		return Condition{"session.cart_value", "gte", float64(10 * (2 + random.IntN(43)))}
	case 1:
		return Condition{"session.visits", "gt", float64(1 + random.IntN(45))}
	default:
		return Condition{"session.pages", "lt", float64(3 + random.IntN(36))}
	}
}

func version(random *rand.Rand) Condition {
	return Condition{"app_version", "semver_gte", fmt.Sprintf("%d.%d.%d", 1+random.IntN(6), random.IntN(10), random.IntN(10))}
}

func window(random *rand.Rand) Condition {
	const day = 24 * 60 * 60
	from := yearStart + random.Int64N(yearEnd-yearStart)
	return Condition{"now", "between", []any{float64(from), float64(from + (7+random.Int64N(60))*day)}}
}

// Contexts makes n requests. Big countries come more often than small ones.
func Contexts(n int) []Context {
	random := rand.New(rand.NewPCG(Seed, 0))
	all := make([]Context, n)
	for i := range all {
		all[i] = request(random)
	}
	return all
}

func request(random *rand.Rand) Context {
	language, city := pick(random, languages), pick(random, cities)
	return Context{
		VisitorID:      fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", random.Uint32(), random.IntN(1<<16), random.IntN(1<<12), random.IntN(1<<12), random.Int64N(1<<48)),
		Country:        countries[min(random.IntN(len(countries)), random.IntN(len(countries)))],
		Region:         fmt.Sprintf("R%02d", random.IntN(16)),
		City:           city,
		Device:         pick(random, devices),
		OS:             pick(random, systems),
		Browser:        pick(random, browsers),
		Language:       language,
		AppVersion:     fmt.Sprintf("%d.%d.%d", 1+random.IntN(6), random.IntN(12), random.IntN(10)),
		Host:           "www.example.com",
		Path:           fmt.Sprintf("/%s/%s/item-%d", pick(random, sections), pick(random, topics), 1000+random.IntN(9000)),
		Referrer:       "https://search.example.org/results?q=" + strings.Repeat("word+", 2+random.IntN(6)),
		UserAgent:      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		AcceptLanguage: language + ",en;q=0.7,*;q=0.3",
		Timezone:       "Europe/" + city,
		IP:             fmt.Sprintf("203.0.113.%d", random.IntN(256)),
		ASN:            fmt.Sprintf("AS%d", 64496+random.IntN(16)),
		Query: Query{Source: maybe(random, sources), Medium: maybe(random, mediums), Campaign: maybe(random, campaigns),
			ClickID: fmt.Sprintf("%016x", random.Uint64())},
		Cookies: Cookies{Segment: pick(random, segments), Test: pick(random, tests), Theme: pick(random, []string{"light", "dark"}),
			Session: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())},
		Session: Session{Visits: float64(random.IntN(46)), CartValue: float64(random.IntN(50000)) / 100, Pages: float64(1 + random.IntN(40)),
			Seconds: float64(random.IntN(3600)), LoggedIn: random.IntN(10) < 4, Returning: random.IntN(2) == 0},
		Consent: Consent{Analytics: random.IntN(10) < 8, Marketing: random.IntN(2) == 0, Personalization: random.IntN(2) == 0},
		Now:     yearStart + random.Int64N(yearEnd-yearStart),
	}
}

func pick[T any](random *rand.Rand, values []T) T { return values[random.IntN(len(values))] }

// maybe is "" one time in ten.
func maybe(random *rand.Rand, values []string) string {
	if random.IntN(10) == 0 {
		return ""
	}
	return pick(random, values)
}
