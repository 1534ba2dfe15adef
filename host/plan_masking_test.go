package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/visit"
)

// Whatever a request says that the visitor does not consent to having read makes no difference: not to the plan, its headers, cookies, cache key and
// lines, nor to what is handed over; natively and in the module, over random bundles and requests. Only the URL goes to the origin as it came.
func TestPlansDependOnNothingMasked(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 20261121))
	cacheDir, changed, granted, handed := t.TempDir(), 0, 0, 0
	for range 12 {
		bundle := sample.Compile(t, randomExchange(random))
		var engines []*host.Host
		for _, engine := range []host.Engine{host.Native, host.Wasm} {
			h, err := host.New(context.Background(), host.Options{Bundle: bundle, Engine: engine, Instances: 1, CacheDir: cacheDir})
			require.NoError(t, err)
			defer h.Close(context.Background())
			engines = append(engines, h)
		}
		for range 40 {
			r := newRequest(random)
			first, second := r.visit(random, nil), r.visit(random, r.masked())
			plan := comesTo(t, engines, first)
			require.Equal(t, plan, comesTo(t, engines, second), "%s\n%s", first.URL, second.URL)
			for _, purpose := range exchangePurposes {
				if !slices.Contains(r.granted, purpose) { // and it does where it is consented to
					continue
				}
				granted++
				if plan != comesTo(t, engines, r.visit(random, []string{purpose})) {
					changed++
				}
			}
			if strings.Contains(plan, "\n{") {
				handed++
			}
		}
	}
	require.Greater(t, changed, granted/4, "what is consented to makes a difference")
	require.NotZero(t, handed)
}

// comesTo is the plan and what is handed over, the same of all engines. The URL is not part of it.
func comesTo(t *testing.T, engines []*host.Host, v *visit.Visit) string {
	var all []string
	for _, h := range engines {
		plan, err := h.Plan(context.Background(), v)
		require.NoError(t, err)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(plan, &fields), "%s", plan)
		delete(fields, "origin")
		path, _, _ := strings.Cut(string(fields["location"]), "?") // the query goes along
		fields["location"], _ = json.Marshal(path)
		rest, err := json.Marshal(fields)
		require.NoError(t, err)
		body, signature, err := h.HandOver(context.Background(), v)
		require.NoError(t, err)
		all = append(all, string(rest)+"\n"+string(body)+"\n"+signature)
	}
	require.Equal(t, all[0], all[len(all)-1], "native, and then the module")
	return all[0]
}

var exchangePurposes = []string{"personalization", "analytics"}

// randomExchange makes a bundle whose attributes come from everywhere.
func randomExchange(random *rand.Rand) string {
	var b strings.Builder
	b.WriteString("bundle: masked\nattributes:\n")
	for _, p := range append([]string{"necessary"}, exchangePurposes...) {
		short := p[:1]
		fmt.Fprintf(&b, "  %s.number: {type: double, purpose: %s, from: \"cookie:%s_number\"}\n", p, p, short)
		fmt.Fprintf(&b, "  %s.list: {type: list(string), purpose: %s, from: \"cookie:%s_list\"}\n", p, p, short)
		fmt.Fprintf(&b, "  %s.word: {type: string, purpose: %s, from: \"query:%s_word\"}\n", p, p, short)
		fmt.Fprintf(&b, "  %s.flag: {type: bool, purpose: %s, from: \"header:x-%s-flag\"}\n", p, p, short)
	}
	b.WriteString("consent:\n  cookies: {CookieConsent: cookiebot}\n  purposes:\n    personalization: {cmp: {CookieConsent: [preferences]}, gpc: denies}\n    analytics: {cmp: {CookieConsent: [statistics]}}\n")
	b.WriteString("  jurisdictions: [{name: us, when: 'necessary.word == \"us\"', modes: {\"*\": opt_out}}, {modes: {\"*\": opt_in}}]\n")
	b.WriteString("deciders:\n  tiers: {rules: [{when: 'personalization.number > 5.0 || necessary.word == \"a\"', serve: b}]}\n  facts: {send: segments, rules: [{when: 'segment(\"rich\")', serve: b}]}\n")
	b.WriteString("segments: {rich: personalization.number > 50.0}\ndecisions:\n")
	acts := []string{"", "", anyOf(random, "act: rewrite, ", "act: {redirect: 302}, "), "act: {header: X-Out}, "}
	for i := range 3 + random.IntN(4) {
		purpose := append([]string{"necessary"}, exchangePurposes...)[random.IntN(3)]
		act := ""
		if i < len(acts) && random.IntN(2) == 0 {
			act = acts[i]
		}
		measure := ""
		if random.IntN(2) == 0 {
			measure = "measure: {event: order, within: 7d, purpose: analytics}, "
		}
		fmt.Fprintf(&b, "  d%d: {purpose: %s, %s%svariants: {a: /a, b: /b, c: null}, default: c, rules: [", i, purpose, act, measure)
		for n := range 1 + random.IntN(4) {
			does := "serve: " + string("abc"[random.IntN(3)])
			switch random.IntN(5) {
			case 0:
				does = fmt.Sprintf("split: {by: %s.number, weights: {a: 50, b: 50}, seed: s%d}", purpose, n)
				does = strings.Replace(does, purpose+".number", purpose+".word", 1)
			case 1:
				if purpose == "personalization" {
					does = "defer: {to: " + []string{"tiers", "facts"}[random.IntN(2)] + ", within: 50ms, otherwise: a}"
				}
			}
			fmt.Fprintf(&b, "{id: r%d, when: '%s', %s}, ", n, randomCondition(random, purpose), does)
		}
		b.WriteString("]}\n")
	}
	b.WriteString("routes: [{path: \"/*\"}]\n")
	return b.String()
}

func randomCondition(random *rand.Rand, purpose string) string {
	p := []string{"necessary", purpose}[random.IntN(2)]
	conditions := []string{
		p + ".number > 20.0", "size(" + p + ".list) > 2", `"x" in ` + p + ".list", p + `.word == "a"`, p + `.word.startsWith("b")`, p + ".flag", "has(" + p + ".number)",
		"size(request.query) > 2", `request.language == "de"`, `granted("analytics")`, `device.class == "mobile"`,
	}
	if purpose == "personalization" {
		conditions = append(conditions, `geo.city == "Bonn"`, `client.ip == "192.0.2.7"`)
	}
	one := func() string { return conditions[random.IntN(len(conditions))] }
	if purpose == "necessary" {
		conditions = slices.DeleteFunc(conditions, func(c string) bool { return strings.HasPrefix(c, "granted") })
	}
	return one() + []string{" && ", " || "}[random.IntN(2)] + one()
}

// request is what does not depend on consent, and the seeds of what each purpose's sources say.
type request struct {
	granted []string
	consent string
	gpc     bool
	us      bool
	device  bool
	seeds   map[string]uint64
}

func newRequest(random *rand.Rand) *request {
	r := &request{gpc: random.IntN(4) == 0, us: random.IntN(4) == 0, device: random.IntN(2) == 0, seeds: map[string]uint64{}}
	preferences, statistics := random.IntN(2) == 0, random.IntN(2) == 0
	if asked := random.IntN(4) > 0; asked {
		r.consent = fmt.Sprintf("CookieConsent={preferences:%v,statistics:%v,method:'explicit'}", preferences, statistics)
	} else {
		preferences, statistics = r.us, r.us
	}
	if preferences && !r.gpc {
		r.granted = append(r.granted, "personalization")
	}
	if statistics {
		r.granted = append(r.granted, "analytics")
	}
	for _, p := range append([]string{"necessary"}, exchangePurposes...) {
		r.seeds[p] = random.Uint64()
	}
	return r
}

// masked are the purposes that are not granted.
func (r *request) masked() []string {
	return slices.DeleteFunc(slices.Clone(exchangePurposes), func(p string) bool { return slices.Contains(r.granted, p) })
}

// visit makes the request, with other values from the sources of some purposes.
func (r *request) visit(random *rand.Rand, other []string) *visit.Visit {
	v := &visit.Visit{Visit: edge.Visit{Request: edge.Request{Method: "GET"}, Seconds: 1796112000, Secrets: [][]byte{[]byte("the secret of this site")}}}
	cookies, query := []string{}, []string{"p=1"}
	if r.us {
		query = append(query, "n_word=us")
	}
	for _, p := range append([]string{"necessary"}, exchangePurposes...) {
		says := rand.New(rand.NewPCG(r.seeds[p], 1))
		if slices.Contains(other, p) {
			says = rand.New(rand.NewPCG(random.Uint64(), 1))
		}
		short := p[:1]
		for _, one := range []string{"number", "list"} {
			for range says.IntN(3) {
				cookies = append(cookies, short+"_"+one+"="+anyOf(says, "1", "30", "80.5", "x,y,z", "x", strings.Repeat("a,", 300), strings.Repeat("%61", 900), strings.Repeat("z", 2000), "%ff", "\"7\""))
			}
		}
		if p == "necessary" && r.us {
			continue
		}
		for range says.IntN(3) {
			query = append(query, short+"_word="+anyOf(says, "a", "b%20c", "bb", strings.Repeat("%62", 500), strings.Repeat("q", 1500)))
		}
		for range says.IntN(2) {
			v.Headers = append(v.Headers, edge.Header{Name: "X-" + short + "-Flag", Value: anyOf(says, "true", "false", "maybe")})
		}
		if p == "personalization" {
			v.Geo.City, v.ClientIP = anyOf(says, "Bonn", "Köln", "\xff", strings.Repeat("c", 20000)), anyOf(says, "192.0.2.7", "::1", "")
		}
	}
	v.URL = "/page?" + strings.Join(query, "&")
	if r.consent != "" {
		cookies = append(cookies, r.consent)
	}
	v.Headers = append(v.Headers, edge.Header{Name: "Cookie", Value: strings.Join(cookies, "; ")}, edge.Header{Name: "Accept-Language", Value: "de"})
	if r.gpc {
		v.Headers = append(v.Headers, edge.Header{Name: "Sec-GPC", Value: "1"})
	}
	if r.device {
		v.Headers = append(v.Headers, edge.Header{Name: "User-Agent", Value: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile"})
	}
	return v
}

func anyOf(random *rand.Rand, texts ...string) string { return texts[random.IntN(len(texts))] }
