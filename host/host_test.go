package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/internal/fake"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

var (
	background = context.Background()
	engines    = []Engine{Native, Wasm}
)

func newHost(t testing.TB, bundle []byte, engine Engine) *Host {
	h, err := New(background, Options{Bundle: bundle, Engine: engine})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, h.Close(background))
		require.Equal(t, Faults{}, h.Faults())
	})
	return h
}

// answers is a bundle in which each reason is the answer to something.
const answers = `
bundle: answers
attributes:
  cart.value: {type: double, purpose: personalization}
decisions:
  hero:
    purpose: personalization
    variants: {plain: "/plain \"€\"", gold: {a: [1, null]}}
    default: plain
    rules:
      - {id: big, when: cart.value >= 50.0, serve: gold}
      - {id: half, when: device.class == "mobile", split: {by: session.id, weights: {plain: 0, gold: 1}, seed: s}}
  ours:     {purpose: necessary, variants: {on: true}, rules: [{id: never, when: 'geo.country == "XX"', serve: on}]}
  constant: {purpose: necessary, variants: {on: true}, default: on}
  closed:   {purpose: necessary, disabled: true, variants: {on: true, off: false}, default: off}
  gone:     {purpose: necessary, disabled: true, variants: {on: true}}
  tracked:  {purpose: [personalization, analytics], variants: {on: 1, off: 0}, default: off, rules: [{id: all, serve: on}]}
`

func TestAnswersAsJSON(t *testing.T) {
	for _, engine := range engines {
		h := newHost(t, sample.Compile(t, answers), engine)
		for _, c := range []struct{ name, line, want string }{
			{
				"a rule matches",
				`{"context":{"cart":{"value":80}},"consent":{"granted":["personalization"]},"decisions":["hero"]}`,
				`"hero":{"variant":"gold","value":{"a":[1,null]},"reason":"TARGETING_MATCH","rule":"big"}`,
			},
			{
				"a split chooses",
				`{"context":{"device.class":"mobile","session.id":"a"},"consent":{"granted":["personalization"]},"decisions":["hero"]}`,
				`"hero":{"variant":"gold","value":{"a":[1,null]},"reason":"SPLIT","rule":"half"}`,
			},
			{
				"no rule matches",
				`{"consent":{"granted":["personalization"]},"decisions":["hero"]}`,
				`"hero":{"variant":"plain","value":"/plain \"€\"","reason":"DEFAULT"}`,
			},
			{
				"no consent",
				`{"context":{"cart":{"value":80}},"decisions":["hero"]}`,
				`"hero":{"variant":"plain","value":"/plain \"€\"","reason":"CONSENT"}`,
			},
			{
				"the caller's default",
				`{"decisions":["ours"]}`,
				`"ours":{"reason":"DEFAULT"}`,
			},
			{
				"no rules",
				`{"decisions":["constant"]}`,
				`"constant":{"variant":"on","value":true,"reason":"STATIC"}`,
			},
			{
				"disabled",
				`{"decisions":["closed","gone"]}`,
				`"closed":{"variant":"off","value":false,"reason":"DISABLED"},"gone":{"reason":"DISABLED"}`,
			},
			{
				"unknown ones among others, in the order asked",
				`{"decisions":["he\"ro","constant","Hero"]}`,
				`"he\"ro":{"reason":"ERROR","error":"no decision \"he\"ro\""},"constant":{"variant":"on","value":true,"reason":"STATIC"},` +
					`"Hero":{"reason":"ERROR","error":"no decision \"Hero\""}`,
			},
			{
				"only unknown ones",
				`{"decisions":["x"]}`,
				`"x":{"reason":"ERROR","error":"no decision \"x\""}`,
			},
			{
				"nothing",
				`{"decisions":[]}`,
				``,
			},
			{
				"everything",
				`{}`,
				`"closed":{"variant":"off","value":false,"reason":"DISABLED"},"constant":{"variant":"on","value":true,"reason":"STATIC"},` +
					`"gone":{"reason":"DISABLED"},"hero":{"variant":"plain","value":"/plain \"€\"","reason":"CONSENT"},` +
					`"ours":{"reason":"DEFAULT"},"tracked":{"variant":"off","value":0,"reason":"CONSENT"}`,
			},
		} {
			t.Run(string(engine)+": "+c.name, func(t *testing.T) {
				result, err := h.DecideJSON(background, []byte(c.line), sample.Now)
				require.NoError(t, err)
				personal := `{"granted":false,"because":"no signal grants it"}`
				if bytes.Contains([]byte(c.line), []byte(`"granted"`)) {
					personal = `{"granted":true,"because":"granted by the caller"}`
				}
				want := `{"decisions":{` + c.want + `},"consent":{"personalization":` + personal +
					`,"analytics":{"granted":false,"because":"no signal grants it"}},"bundle":{"name":"answers","version":0}}`
				require.Equal(t, want, string(result.AppendJSON(nil)))
				marshalled, err := json.Marshal(result)
				require.NoError(t, err)
				require.JSONEq(t, want, string(marshalled))
			})
		}
	}
}

func TestDecideWithGoValues(t *testing.T) {
	for _, engine := range engines {
		h := newHost(t, sample.Compile(t, answers), engine)
		result, err := h.Decide(background, Question{
			Context: Context{"cart": Context{"value": 80}}, Consent: Signals{Granted: []string{"personalization", "necessary", "nonsense"}},
			Decisions: []string{"hero", "nobody"}, Now: sample.Now,
		})
		require.NoError(t, err)
		require.Equal(t, Result{
			Decisions: []Decision{
				{Name: "hero", Variant: "gold", Value: json.RawMessage(`{"a":[1,null]}`), Reason: "TARGETING_MATCH", Rule: "big"},
				{Name: "nobody", Reason: "ERROR", Error: `no decision "nobody"`, Unknown: true},
			},
			Consent: []Consent{{"personalization", true, "granted by the caller"}, {"analytics", false, "no signal grants it"}},
			Bundle:  "answers",
		}, result)
	}
}

func TestTheClockIsTheTimeWhereNoneIsGiven(t *testing.T) {
	h := newHost(t, sample.Compile(t, `
bundle: times
decisions:
  a: {purpose: necessary, variants: {old: 1, new: 2}, default: old, rules: [{id: later, when: 'now > timestamp("2020-01-01T00:00:00Z")', serve: new}]}
`), Native)
	result, err := h.Decide(background, Question{})
	require.NoError(t, err)
	require.Equal(t, "new", result.Decisions[0].Variant)
	result, err = h.Decide(background, Question{Now: time.Unix(0, 0)})
	require.NoError(t, err)
	require.Equal(t, "old", result.Decisions[0].Variant)
}

func TestEnginesAgree(t *testing.T) {
	native, wasm := newHost(t, sample.Bundle(t), Native), newHost(t, sample.Bundle(t), Wasm)
	random := rand.New(rand.NewPCG(9, 1))
	for range 500 {
		values, granted := sample.Context(random)
		q := Question{Context: values, Consent: Signals{Granted: granted}, Now: sample.Now}
		want, err := native.Decide(background, q)
		require.NoError(t, err)
		got, err := wasm.Decide(background, q)
		require.NoError(t, err)
		require.Equal(t, string(want.AppendJSON(nil)), string(got.AppendJSON(nil)))

		why, err := native.Explain(background, q)
		require.NoError(t, err)
		whyToo, err := wasm.Explain(background, q)
		require.NoError(t, err)
		require.Equal(t, why, whyToo)
		for _, w := range why {
			require.True(t, json.Valid(w), string(w))
		}
	}
}

func TestExplain(t *testing.T) {
	for _, engine := range engines {
		h := newHost(t, sample.Compile(t, answers), engine)
		why, err := h.ExplainJSON(background, []byte(`{"decisions":["constant","hero"]}`), sample.Now)
		require.NoError(t, err)
		require.Len(t, why, 2)
		require.Contains(t, string(why[0]), `{"decision":"constant","variant":"on","reason":"STATIC"`)
		require.Contains(t, string(why[1]), `{"decision":"hero","variant":"plain","reason":"CONSENT"`)
		_, err = h.ExplainJSON(background, []byte(`{"decisions":["constant","x"]}`), sample.Now)
		require.EqualError(t, err, `no decision "x"`)
		_, err = h.ExplainJSON(background, []byte(`{`), sample.Now)
		require.ErrorContains(t, err, "invalid JSON")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, engine := range engines {
		_, err := New(background, Options{Bundle: []byte("hello"), Engine: engine})
		var refusal *format.Refusal
		require.ErrorAs(t, err, &refusal)
		require.EqualError(t, err, "loading a bundle: not a compiled bundle")
	}
	_, err := New(background, Options{Bundle: sample.Bundle(t), Engine: "turbo"})
	require.EqualError(t, err, `engine "turbo": want native or wasm`)
}

// bundleServing is a bundle whose only decision answers with a number.
func bundleServing(t testing.TB, n int) []byte {
	return sample.Compile(t, fmt.Sprintf("bundle: b%d\ndecisions:\n  d%d: {purpose: necessary, variants: {n: %d}, default: n}\n", n, n%3, n))
}

func TestLoad(t *testing.T) {
	for _, engine := range engines {
		h := newHost(t, bundleServing(t, 1), engine)
		decide := func() string {
			result, err := h.Decide(background, Question{})
			require.NoError(t, err)
			return result.Bundle + " " + string(result.Decisions[0].Value)
		}
		require.Equal(t, "b1 1", decide())
		data := bundleServing(t, 2)
		require.NoError(t, h.Load(data))
		clear(data) // it was copied
		require.Equal(t, "b2 2", decide())

		broken := bundleServing(t, 3)
		broken[len(broken)-1] ^= 1
		var refusal *format.Refusal
		require.ErrorAs(t, h.Load(broken), &refusal)
		require.Equal(t, format.Corrupt, refusal.Code)
		require.ErrorAs(t, h.Load(make([]byte, format.MaxSize+1)), &refusal)
		require.Equal(t, format.TooLarge, refusal.Code)
		require.Equal(t, "b2 2", decide())
		require.Equal(t, "b2", h.Bundle().Name())
	}
}

func TestLoadingWhileDeciding(t *testing.T) {
	var bundles [][]byte
	for n := range 6 {
		bundles = append(bundles, bundleServing(t, n))
	}
	for _, engine := range engines {
		h := newHost(t, bundles[0], engine)
		stop := make(chan struct{})
		var deciding sync.WaitGroup
		for range 8 {
			deciding.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					result, err := h.Decide(background, Question{})
					// Everything in an answer is of one bundle.
					if err != nil || result.Bundle != "b"+string(result.Decisions[0].Value) || result.Decisions[0].Reason != "STATIC" {
						t.Error(result, err)
						return
					}
				}
			})
		}
		until := time.Now().Add(100 * time.Millisecond)
		for n := 0; time.Now().Before(until); n++ {
			require.NoError(t, h.Load(bundles[n%len(bundles)]))
		}
		close(stop)
		deciding.Wait()
	}
}

func TestLoadingOftenNeedsNoMoreMemory(t *testing.T) {
	for _, engine := range engines {
		h := newHost(t, sample.Bundle(t), engine)
		data := sample.Bundle(t)
		load := func(times int) uint64 {
			for range times {
				require.NoError(t, h.Load(data))
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := load(10)
		require.Less(t, load(1000), before+4<<20, engine)
	}
}

func TestAfterClose(t *testing.T) {
	for _, which := range engines {
		h, err := New(background, Options{Bundle: sample.Compile(t, answers), Engine: which})
		require.NoError(t, err)
		require.NoError(t, h.Close(background))
		result, err := h.Decide(background, Question{Decisions: []string{"constant", "ours"}})
		require.ErrorIs(t, err, engine.ErrClosed)
		require.Equal(t, []Decision{
			{Name: "constant", Variant: "on", Value: json.RawMessage("true"), Reason: "ERROR", Error: "engine is closed"},
			{Name: "ours", Reason: "ERROR", Error: "engine is closed"},
		}, result.Decisions)
		require.ErrorIs(t, h.Load(sample.Bundle(t)), engine.ErrClosed)
		_, err = h.Explain(background, Question{})
		require.ErrorIs(t, err, engine.ErrClosed)
		require.NoError(t, h.Close(background))
	}
}

func TestATrapIsSeenInTheAnswer(t *testing.T) {
	module, err := engine.Compile(background, fake.Module(fake.Functions()), "") // it traps at every question
	require.NoError(t, err)
	h := &Host{module: module, rooms: sync.Pool{New: func() any { return new(room) }}}
	require.NoError(t, h.Load(sample.Compile(t, answers)))
	defer h.Close(background)
	for n := range uint64(3) {
		result, err := h.DecideJSON(background, []byte(`{"decisions":["constant","x","ours"]}`), sample.Now)
		require.NoError(t, err)
		require.JSONEq(t, `{
			"constant": {"reason":"ERROR","error":"engine trap"},
			"x": {"reason":"ERROR","error":"no decision \"x\""},
			"ours": {"reason":"ERROR","error":"engine trap"}}`, decisionsOf(t, result))
		require.Equal(t, "on", result.Decisions[0].Variant, "a Go caller has the declared default all the same")
		require.JSONEq(t, "true", string(result.Decisions[0].Value))
		require.Equal(t, Faults{Traps: n + 1}, h.Faults())
	}
	_, err = h.Explain(background, Question{})
	require.ErrorIs(t, err, engine.ErrTrap)
}

func TestNoEngineIsFree(t *testing.T) {
	for _, engine := range engines {
		h, err := New(background, Options{Bundle: sample.Compile(t, answers), Engine: engine, Instances: 1})
		require.NoError(t, err)
		ended, cancel := context.WithCancel(background)
		cancel()
		var waited atomic.Pointer[error]
		require.Eventually(t, func() bool { // until two questions meet
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					if result, err := h.Decide(ended, Question{Decisions: []string{"constant"}}); err != nil {
						d := result.Decisions[0]
						if d.Variant != "on" || d.Error != "no engine was free in time" {
							t.Error(d)
						}
						waited.Store(&err)
					}
				})
			}
			wait.Wait()
			return waited.Load() != nil
		}, time.Second, time.Microsecond)
		require.ErrorIs(t, *waited.Load(), context.Canceled)
		require.NoError(t, h.Close(background))
	}
}

func decisionsOf(t *testing.T, r Result) string {
	var parts struct{ Decisions json.RawMessage }
	require.NoError(t, json.Unmarshal(r.AppendJSON(nil), &parts))
	return string(parts.Decisions)
}

func BenchmarkDecide(b *testing.B) {
	for _, engine := range engines {
		b.Run(string(engine), func(b *testing.B) {
			h := newHost(b, sample.Compile(b, answers), engine)
			q := Question{Context: Context{"cart.value": 80, "device.class": "mobile"}, Consent: Signals{Granted: []string{"personalization"}}, Now: sample.Now}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Decide(background, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
