package state_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/state"
)

// sealed is a browser with a cookie that has one part of each kind.
func sealed(t testing.TB) *browser {
	b := newBrowser(t, shop)
	b.visit(start, all, told{hero: "gold", held: "gold", stage: `"loyal"`, score: "0.5"})
	require.Equal(t, state.Opened, b.open(b.cookie, start))
	return b
}

// open is what becomes of a cookie.
func (b *browser) open(cookie string, now int64) state.Outcome {
	var s state.State
	s.Begin(b.site, now)
	return s.Open(b.keys, cookie)
}

// A cookie that differs anywhere is not taken, and nor is one with something cut off or put on.
func TestNoForgedByteIsAccepted(t *testing.T) {
	b := sealed(t)
	for i := range b.cookie {
		for c := range 256 {
			if byte(c) != b.cookie[i] {
				forged := b.cookie[:i] + string([]byte{byte(c)}) + b.cookie[i+1:]
				require.Contains(t, []state.Outcome{state.Malformed, state.Forged}, b.open(forged, start), "byte %d is %q", i, c)
			}
		}
		require.NotEqual(t, state.Opened, b.open(b.cookie[:i], start), "cut at %d", i)
		if i > 0 {
			require.NotEqual(t, state.Opened, b.open(b.cookie[i:]+b.cookie[:i], start), "turned at %d", i)
		}
		require.NotEqual(t, state.Opened, b.open(b.cookie[:i]+"A"+b.cookie[i:], start), "a byte put in at %d", i)
	}
	require.NotEqual(t, state.Opened, b.open(b.cookie+b.cookie, start))
	require.Equal(t, state.Malformed, b.open(strings.Repeat("A", 64<<10), start))
	require.Equal(t, state.Malformed, b.open("", start))
}

func TestCookiesOfOthers(t *testing.T) {
	b := sealed(t)
	for _, c := range []struct {
		name   string
		change func(*browser)
	}{
		{"of another site", func(b *browser) { b.meets(strings.Replace(shop, "bundle: shop", "bundle: shop2", 1), "secret") }},
		{"by another secret", func(b *browser) { b.meets(shop, "another") }},
		{"without a secret", func(b *browser) { b.keys = nil }},
		{"made for another use", func(b *browser) {
			content, err := base64.RawURLEncoding.DecodeString(b.cookie)
			require.NoError(t, err)
			content = content[:len(content)-16]
			b.keys[0].Begin(mac.Preview, "shop")
			b.keys[0].Write(content)
			sum := b.keys[0].Sum()
			b.cookie = string(mac.AppendBase64(nil, append(content, sum[:16]...)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := sealed(t)
			c.change(other)
			require.Equal(t, state.Forged, other.open(other.cookie, start))
		})
	}
	require.Equal(t, state.Opened, b.open(b.cookie, start))
}

// The first secret seals, and all open: so secrets are changed without losing a visitor.
func TestSecretsRotate(t *testing.T) {
	b := sealed(t)
	session := b.visit(start+1, all, told{}).session
	b.meets(shop, "new", "secret")
	moved := b.visit(start+2, all, told{})
	require.Equal(t, session, moved.session)
	require.Equal(t, state.Set, moved.do, "sealed anew at once")
	b.meets(shop, "new")
	require.Equal(t, session, b.visit(start+3, all, told{}).session)
}

func TestClocks(t *testing.T) {
	b := sealed(t)
	for _, c := range []struct {
		name string
		now  int64
		want state.Outcome
	}{
		{"another node's clock is a little late", start - 4*minute, state.Opened},
		{"a clock is wrong", start - hour, state.Expired},
		{"before 1970", -5, state.Expired},
		{"older than browsers keep cookies", start + state.MaxAge, state.Expired},
		{"far in the future", 1 << 60, state.Expired},
		{"the end of time", -1 << 63, state.Expired},
	} {
		require.Equal(t, c.want, b.open(b.cookie, c.now), c.name)
	}
	for _, now := range []int64{0, -1, 1 << 32, 1 << 62, -1 << 63} {
		other := newBrowser(t, shop)
		require.Equal(t, state.Leave, other.visit(now, all, told{}).do, "nothing is kept by a clock that is not set: %d", now)
	}
}

// A cookie that is none of this site's goes, and is replaced where there is something to keep.
func TestUnreadableCookiesGo(t *testing.T) {
	b := newBrowser(t, shop)
	b.cookie, b.ends = "garbage", start+hour
	require.Equal(t, seen{outcome: state.Malformed, do: state.Delete}, b.visit(start, "", told{}))
	b.cookie = "garbage"
	got := b.visit(start, all, told{})
	require.Equal(t, state.Set, got.do)
	require.Equal(t, got.session, b.visit(start+1, all, told{}).session)
}

// many has as many sticky decisions as would fill the cookie twice, every second one to be held.
func many() string {
	text := `
bundle: shop
attributes:
  profile.stage: {type: string, purpose: personalization, from: signed}
  profile.score: {type: double, purpose: personalization, from: signed}
decisions:
`
	for i := range 100 {
		sticky := "true"
		if i%2 == 0 {
			sticky = "{hold: 10d}"
		}
		text += fmt.Sprintf("  d%03d: {purpose: personalization, sticky: %s, variants: {x: 1}, default: x, rules: [{id: r, when: has(session.id), serve: x}]}\n", i, sticky)
	}
	return text
}

func TestTheOldestGivesWay(t *testing.T) {
	b := newBrowser(t, many())
	session := ""
	for i := range 100 { // one decision each day
		now := start + int64(i)*hour/4
		var s state.State
		c := b.bundle.NewContext()
		c.Grant(b.bundle.FindPurpose("personalization"))
		b.bundle.NewEvaluator().Resolve(c)
		s.Begin(b.site, now)
		if b.cookie != "" {
			require.Equal(t, state.Opened, s.Open(b.keys, b.cookie))
		}
		s.Restrict(3)
		s.IDs(c, random(now))
		if session == "" {
			session = b.text(c, "session.id")
		}
		require.Equal(t, session, b.text(c, "session.id"), "ids never give way")
		answers := b.bundle.NewEvaluator().Decide(c, []uint32{uint32(i)}, nil)
		s.Keep(&answers[0])
		value, _, do := s.Seal(&b.keys[0], nil)
		require.Equal(t, state.Set, do)
		require.LessOrEqual(t, len(value), state.MaxSealed)
		b.cookie = string(value)
	}
	c := b.bundle.NewContext()
	c.Grant(b.bundle.FindPurpose("personalization"))
	b.bundle.NewEvaluator().Resolve(c)
	var s state.State
	s.Begin(b.site, start+25*hour)
	require.Equal(t, state.Opened, s.Open(b.keys, b.cookie))
	s.Restrict(3)
	s.Answers(c)
	c.Set(b.bundle.FindAttribute("session.id"), c.Value(0)) // its rules do not match: only what is kept is SPLIT
	kept := ""
	for i := range 100 {
		if a := b.bundle.NewEvaluator().Decide(c, []uint32{uint32(i)}, nil)[0]; a.Flags != 0 {
			kept += fmt.Sprint(i, " ")
		}
	}
	require.Equal(t, "8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62 64 66 68 70 72 74 76 78 80 82 84 86 88 90 92 94 96 98 ", kept,
		"those that are not held went, then the oldest of the others")
}

func TestNothingIsAllocated(t *testing.T) {
	b := sealed(t)
	var s state.State
	c := b.bundle.NewContext()
	room := make([]byte, 0, state.MaxSealed)
	bytes := random(1)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		s.Begin(b.site, start+5*minute)
		s.Open(b.keys, b.cookie)
		s.Restrict(1<<5 - 1)
		s.IDs(c, bytes)
		s.Answers(c)
		_, _, do := s.Seal(&b.keys[0], room)
		if do != state.Set {
			panic("nothing was sealed")
		}
	}))
}

// Whatever an authentic cookie holds, reading it ends, and what is sealed again opens.
func FuzzOpen(f *testing.F) {
	b := sealed(f)
	content, err := base64.RawURLEncoding.DecodeString(b.cookie)
	require.NoError(f, err)
	f.Add(content[:len(content)-16], int64(start))
	f.Add([]byte{1, 0, 0, 0, 0, 0}, int64(0))
	f.Add([]byte{1, 0, 0, 0, 0, 255, 1, 0xff, 0xff, 0xff, 0xff, 0xff}, int64(5))
	f.Fuzz(func(t *testing.T, content []byte, now int64) {
		if len(content) > 2048 {
			return
		}
		b.keys[0].Begin(mac.State, "shop")
		b.keys[0].Write(content)
		sum := b.keys[0].Sum()
		var s state.State
		s.Begin(b.site, now)
		outcome := s.Open(b.keys, string(mac.AppendBase64(nil, append(content, sum[:16]...))))
		s.Restrict(1<<5 - 1)
		c := b.bundle.NewContext()
		s.IDs(c, random(now))
		s.Answers(c)
		s.Attribute(b.bundle.FindAttribute("profile.stage"))
		value, maxAge, do := s.Seal(&b.keys[0], nil)
		require.LessOrEqual(t, len(value), state.MaxSealed)
		if do == state.Set {
			require.Positive(t, maxAge)
			require.Equal(t, state.Opened, b.open(string(value), now), outcome)
		}
		b.open(string(content), now)
	})
}

func BenchmarkOpen(b *testing.B) {
	v := sealed(b)
	var s state.State
	for b.Loop() {
		s.Begin(v.site, start)
		s.Open(v.keys, v.cookie)
	}
}
