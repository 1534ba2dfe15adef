package compile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// routeOf compiles decisions into a bundle with one route, /shop/*, and gives what the route says of caches.
func routeOf(t *testing.T, text string) (outcomes uint32, by []string) {
	t.Helper()
	src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte("bundle: b\nroutes: [{path: /shop/*}]\n" + text)})
	require.NoError(t, err)
	b, faults := Compile(src)
	require.NotNil(t, b, "%v", faults)
	return b.Routes[0].Outcomes, inspect.Inputs(b, &b.Routes[0])[1:]
}

func TestOutcomes(t *testing.T) {
	const cart = "attributes: {cart: {type: int, purpose: personalization, from: \"cookie:cart\"}}\n"
	for _, c := range []struct {
		name, text string
		want       uint32
	}{
		{"nothing is decided", "decisions: {}", 1},
		{"a default alone", "decisions: {a: {purpose: necessary, variants: {x: 1, y: 2}, default: x}}", 1},
		{"no default: the caller's own", "decisions: {a: {purpose: necessary, variants: {x: 1, y: 2}, rules: [{when: device.bot, serve: x}]}}", 2},
		{"a variant that nothing serves",
			"decisions: {a: {purpose: necessary, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: device.bot, serve: y}]}}", 2},
		{"a disabled decision", "decisions: {a: {purpose: necessary, disabled: true, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: y}]}}", 1},
		{"a rule that always matches leaves no default",
			"decisions: {a: {purpose: necessary, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: device.bot, serve: y}, {when: \"true\", serve: z}]}}", 2},
		{"but for those who are held out", `
holdouts: {h: {by: session.id, percent: 5}}
decisions: {a: {purpose: personalization, holdout: h, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: device.bot, serve: y}, {serve: z}]}}`, 3},
		{"and for those who do not consent", "decisions: {a: {purpose: personalization, variants: {x: 1, y: 2}, default: x, rules: [{serve: y}]}}", 2},
		{"who may have rules of their own",
			"decisions: {a: {purpose: personalization, variants: {x: 1, y: 2, z: 3}, default: x, before_consent: [{when: device.bot, serve: z}], rules: [{serve: y}]}}", 3},
		{"a split gives what has a share", `
decisions: {a: {purpose: personalization, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{split: {by: session.id, weights: {x: 1, y: 1, z: 0}}}]}}`, 2},
		{"or had one when the ramp began", `
decisions: {a: {purpose: personalization, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{split: {by: session.id, weights: {x: 0, y: 1},
  ramp: {from: 2026-01-01T00:00:00Z, until: 2026-02-01T00:00:00Z, start: {z: 1}}}}]}}`, 3},
		{"a sticky decision keeps what any release served", `
decisions: {a: {purpose: personalization, sticky: true, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: device.bot, serve: y}]}}`, 3},
		{"the origin answers what it may", `
deciders: {d: {rules: [{serve: y}]}}
decisions: {a: {purpose: necessary, variants: {w: 0, x: 1, y: 2, z: 3}, default: x, rules: [{defer: {to: d, within: 1s, otherwise: x, allow: [y]}}]}}`, 2},
		{"or anything", `
deciders: {d: {rules: [{serve: y}]}}
decisions: {a: {purpose: necessary, variants: {w: 0, x: 1, y: 2, z: 3}, default: x, rules: [{defer: {to: d, within: 1s, otherwise: x}}]}}`, 4},
		{"a page that asks later is another page", `
deciders: {d: {rules: [{serve: y}]}}
decisions: {a: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: x},
  {defer: {to: d, within: 1s, otherwise: x, mode: after_render}}]}}`, 2},
		{"decisions multiply", `
decisions:
  a: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: y}]}
  b: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: network.save_data, serve: y}]}
  c: {purpose: necessary, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: network.save_data, serve: y}, {when: device.bot, serve: z}]}`, 12},
		{"a redirect makes no page", `
decisions:
  a: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: y}]}
  b: {purpose: necessary, act: {redirect: 302}, variants: {x: null, y: /sale}, default: x, rules: [{when: network.save_data, serve: y}]}`, 2},
		{"decisions with the same conditions come out together", cart + `
decisions:
  hero: {purpose: personalization, variants: {x: 1, y: 2, z: 3}, default: x}
  banner: {purpose: personalization, variants: {x: 1, y: 2, z: 3}, default: x}
matrix:
  slots: [hero, banner]
  rows: [{audience: cart > 5, hero: y, banner: z}, {audience: device.bot, hero: x, banner: x}, {audience: cart > 2, hero: z, banner: z}]`, 3},
		{"of a group one decision at most splits", `
groups: {co: {by: session.id, slots: 100}}
decisions:
  hero: {purpose: personalization, group: {name: co, slots: [0, 49]}, variants: {x: 1, y: 2, z: 3}, default: x, rules: [{when: device.bot, serve: z}, {split: {by: session.id, weights: {x: 1, y: 1}}}]}
  banner: {purpose: personalization, group: {name: co, slots: [50, 99]}, variants: {x: 1, y: 2}, default: x, rules: [{split: {by: session.id, weights: {x: 1, y: 1}}}]}`, 5},
		{"unless they share slots", `
groups: {co: {by: session.id, slots: 100}}
decisions:
  hero: {purpose: personalization, group: {name: co, slots: [0, 50]}, variants: {x: 1, y: 2}, default: x, rules: [{split: {by: session.id, weights: {x: 1, y: 1}}}]}
  banner: {purpose: personalization, group: {name: co, slots: [50, 99]}, variants: {x: 1, y: 2}, default: x, rules: [{split: {by: session.id, weights: {x: 1, y: 1}}}]}`, 4},
		{"but not with another purpose", `
decisions:
  hero: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: y}]}
  banner: {purpose: personalization, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: y}]}`, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			outcomes, _ := routeOf(t, c.text)
			require.Equal(t, c.want, outcomes)
		})
	}
}

func TestInputs(t *testing.T) {
	const policy = `
attributes: {cart: {type: int, purpose: personalization, from: "cookie:cart"}, ref: {type: string, purpose: necessary, from: "query:ref"},
  seen: {type: string, purpose: personalization, from: "query:seen"}, plan: {type: string, purpose: necessary, from: "header:x-plan"},
  tier: {type: string, purpose: necessary, at: origin}, stage: {type: string, purpose: personalization, from: signed}, app: {type: string, purpose: necessary}}
deciders: {d: {rules: [{when: tier == "gold", serve: y}]}}
consent:
  purposes: {personalization: {gpc: denies}}
  jurisdictions: [{when: 'geo.country == "US"', modes: {"*": opt_out}}, {modes: {"*": opt_in}}]
decisions:
`
	const rest = ", variants: {x: 1, y: 2}, default: x, rules: "
	consented := []string{"Cookie, Sec-GPC", "where the client is"}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"what always comes out alike", "  a: {purpose: necessary, variants: {x: 1, y: 2}, default: x, rules: [{when: device.bot, serve: x}]}", nil},
		{"the URL alone", "  a: {purpose: necessary" + rest + `[{when: 'request.path == "/a" || ref == "b" || request.method == "HEAD" || request.host == "x"', serve: y}]}`, nil},
		{"what only callers have", "  a: {purpose: necessary" + rest + `[{when: 'app == "b"', serve: y}]}`, nil},
		{"a device", "  a: {purpose: necessary" + rest + "[{when: device.bot, serve: y}]}", []string{"Sec-CH-UA, Sec-CH-UA-Mobile, Sec-CH-UA-Platform, User-Agent"}},
		{"language, connection and referrer", "  a: {purpose: necessary" + rest +
			`[{when: 'request.language == "de" || network.save_data || network.effective_type == "2g" || request.referrer_host == "x"', serve: y}]}`,
			[]string{"Accept-Language, ECT, Referer, Save-Data"}},
		{"a header of the bundle's own", "  a: {purpose: necessary" + rest + `[{when: 'plan == "b"', serve: y}]}`, []string{"X-Plan"}},
		{"geo", "  a: {purpose: necessary" + rest + `[{when: 'geo.country == "DE"', serve: y}]}`, []string{"where the client is"}},
		{"the time", "  a: {purpose: necessary" + rest + `[{when: 'now.getHours("UTC") > 12', serve: y}]}`, []string{"the time"}},
		{"a schedule", "  a: {purpose: necessary" + rest + "[{from: 2026-01-01T00:00:00Z, serve: y}]}", []string{"the time"}},
		{"what needs consent", "  a: {purpose: personalization" + rest + "[{serve: y}]}", consented},
		{"and reads a cookie", "  a: {purpose: personalization" + rest + "[{when: cart > 1, serve: y}]}", consented},
		{"or what the origin signed", "  a: {purpose: personalization" + rest + `[{when: 'stage == "b"', serve: y}]}`, consented},
		{"or asks what is granted", "  a: {purpose: necessary" + rest + `[{when: 'granted("personalization")', serve: y}]}`, consented},
		{"or reads a query of which consent hides a part", "  a: {purpose: necessary" + rest + `[{when: '"b" in request.query', serve: y}]}`, consented},
		{"the origin", "  a: {purpose: necessary" + rest + "[{defer: {to: d, within: 1s, otherwise: x}}]}", []string{"the origin's answer"}},
		{"which is asked for no page that asks later itself",
			"  a: {purpose: necessary" + rest + "[{when: network.save_data, serve: y}, {defer: {to: d, within: 1s, otherwise: x, mode: after_render}}]}", []string{"Save-Data"}},
		{"all that a decision before it reads", "  a: {purpose: necessary" + rest + `[{when: 'decision("b") == "y"', serve: y}]}` + "\n" +
			"  b: {purpose: necessary" + rest + `[{when: 'geo.country == "DE"', until: 2026-01-01T00:00:00Z, serve: y}, {when: network.save_data, serve: y}]}`,
			[]string{"Save-Data", "where the client is", "the time"}},
		{"a redirect", "  a: {purpose: necessary, act: {redirect: 302}, variants: {x: null, y: /sale}, default: x, rules: [{when: network.save_data, serve: y}]}",
			[]string{"Save-Data"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, by := routeOf(t, policy+c.text)
			if c.want == nil {
				c.want = []string{}
			}
			require.Equal(t, c.want, by)
		})
	}
}

func TestHeadersOfARoute(t *testing.T) {
	decisions := func(n int) string {
		text := "bundle: b\nroutes: [{path: /shop/*}]\ndecisions:\n"
		for i := range n {
			text += fmt.Sprintf("  d%d: {purpose: necessary, act: {header: X-%d}, variants: {a: 1}, default: a}\n", i, i)
		}
		return text
	}
	for n, want := range map[int]string{format.MaxHeaderActs: "", format.MaxHeaderActs + 1: "the decisions of /shop/* set 49 headers, the limit is 48"} {
		src, err := source.Parse(source.File{Name: "b.yaml", Data: []byte(decisions(n))})
		require.NoError(t, err)
		b, faults := Compile(src)
		if want == "" {
			require.NotNil(t, b, "%v", faults)
			continue
		}
		require.ErrorContains(t, faults, want)
	}
}
