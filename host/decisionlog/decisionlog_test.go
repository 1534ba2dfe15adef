package decisionlog_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/decisionlog"
)

func start(t *testing.T, bundle []byte, engine host.Engine, cacheDir string) *host.Host {
	t.Helper()
	h, err := host.New(context.Background(), host.Options{Bundle: bundle, Engine: engine, Instances: 1, CacheDir: cacheDir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	return h
}

func compile(t *testing.T, text string) []byte {
	t.Helper()
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(text)})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	return loaded.Data
}

// logged gives the line that a log has of a question.
func logged(t *testing.T, bundle []byte, h *host.Host, line string) string {
	t.Helper()
	var out bytes.Buffer
	log, err := decisionlog.New(&out, bundle)
	require.NoError(t, err)
	_, err = log.Decide(context.Background(), h, time.Unix(0, 0))(nil, []byte(line))
	require.NoError(t, err)
	require.NoError(t, log.Err())
	return out.String()
}

// A log has what signals came to and not the signals, and what they came to is decided with again.
func TestSignalsAreNotLogged(t *testing.T) {
	bundle := compile(t, `bundle: shop
consent:
  cookies: {OptanonConsent: onetrust}
  purposes:
    personalization: {gpp: {opt_out_of: [sale]}, gpc: denies, cmp: {OptanonConsent: [C0003]}}
  jurisdictions:
    - {when: geo.country == "DE", modes: {"*": opt_in}}
    - {modes: {"*": opt_out}}
decisions: {hero: {purpose: personalization, variants: {a: 1, b: 2}, default: a, rules: [{when: "true", serve: b}]}}
`)
	h := start(t, bundle, host.Native, "")
	for name, c := range map[string]struct{ line, consent, variant string }{
		"denied where nothing would be granted": {`{"consent":{"usp":"1YYN"}}`, `{"granted":false,"because":"usp: opted out of sale"}`, "a"},
		"denied by the browser":                 {`{"consent":{"gpc":"1","cookies":{"OptanonConsent":"interactionCount=1&groups=C0003:1"}}}`, `{"granted":false,"because":"gpc: Global Privacy Control is on"}`, "a"},
		"granted where nothing denies":          {`{"consent":{"usp":"1YNN"}}`, `{"granted":true,"because":"usp: not opted out; no signal denies it (opt_out)"}`, "b"},
		"granted by a choice":                   {`{"context":{"geo.country":"DE"},"consent":{"cookies":{"OptanonConsent":"interactionCount=7&groups=C0003:1"}}}`, `{"granted":true,"because":"OptanonConsent: C0003 granted"}`, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			line := logged(t, bundle, h, c.line)
			require.Contains(t, line, `"consent":{"personalization":`+c.consent+`}`)
			require.Contains(t, line, `"variant":"`+c.variant+`"`)
			for _, raw := range []string{"1YYN", "1YNN", "interactionCount", "groups"} {
				require.NotContains(t, line, raw)
			}
			replay := decisionlog.NewReplay()
			replay.Add(bundle, h)
			answer, err := replay.Answer(nil, []byte(line))
			require.NoError(t, err)
			require.Equal(t, `{"same":true}`, string(answer), line)
		})
	}
}

// Every answer of the corpus, logged natively, comes out again natively and in the module.
func TestCorpusReplays(t *testing.T) {
	const leastCases = 600
	files, err := filepath.Glob("../../testdata/decide/*/cases.jsonl")
	require.NoError(t, err)
	cacheDir, count := t.TempDir(), 0
	for _, path := range files {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			loaded, err := bundles.Load(filepath.Dir(path))
			require.NoError(t, err)
			native, wasm := start(t, loaded.Data, host.Native, cacheDir), start(t, loaded.Data, host.Wasm, cacheDir)
			file, err := os.Open(path)
			require.NoError(t, err)
			defer file.Close()
			lines := bufio.NewScanner(file)
			lines.Buffer(nil, 4<<20)
			for lines.Scan() {
				count++
				var c struct {
					Name string
					In   json.RawMessage
				}
				require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
				line := logged(t, loaded.Data, native, string(c.In))
				for _, h := range []*host.Host{native, wasm} {
					replay := decisionlog.NewReplay()
					replay.Add(loaded.Data, h)
					answer, err := replay.Answer(nil, []byte(line))
					require.NoError(t, err, c.Name)
					require.Equal(t, `{"same":true}`, string(answer), "%s: %s", c.Name, line)
				}
			}
			require.NoError(t, lines.Err())
		})
	}
	require.GreaterOrEqual(t, count, leastCases)
}

const shop = `
bundle: shop
attributes:
  cart.value: {type: double, purpose: personalization}
  big: {type: int, purpose: necessary}
  bigs: {type: "list(uint)", purpose: necessary}
  deep: {type: "map(string, list(int))", purpose: necessary}
  age: {type: duration, purpose: necessary}
  lower: {type: string, purpose: necessary}
decisions:
  hero:
    purpose: personalization
    sticky: true
    variants: {plain: 1, gold: {a: "<b>"}}
    default: plain
    rules: [{id: full, when: cart.value >= 50.0, serve: gold}]
  banner:
    purpose: necessary
    variants: {none: 0, a: 1}
    default: none
    rules:
      - {id: numbers, when: 'big == 9007199254740993 && bigs == [18446744073709551615u] && deep["x"] == [-9007199254740993] && age == duration("1.5s")', serve: a}
      - {id: lower, when: 'lower == "<&>" && now < timestamp("1970-01-01T00:00:01Z")', serve: a}
`

func TestLine(t *testing.T) {
	bundle := compile(t, shop)
	h := start(t, bundle, host.Native, "")
	digest := decisionlog.Digest(bundle)
	for _, c := range []struct{ name, line, want string }{
		{"what is not consented to is not there", `{"context":{"cart.value":80,"lower":"x","unknown":1},"consent":{},"decisions":["hero"],"sticky":{"hero":"gold"}}`,
			`{"bundle":{"name":"shop","version":0,"digest":"` + digest + `"},"now":"1970-01-01T00:00:00Z","context":{"lower":"x"},` +
				`"consent":{"personalization":{"granted":false,"because":"no signal grants it"}},"decisions":["hero"],` +
				`"answer":{"hero":{"variant":"plain","value":1,"reason":"CONSENT"}}}`},
		{"values are those that rules saw", `{"context":{"cart":{"value":80},"lower":7,"big":9007199254740993},"consent":{"granted":["personalization"]},"decisions":["hero","heor"],"now":"2026-12-01T09:00:00.5+01:00","sticky":{"banner":"a"},"preview":{"banner":"b"}}`,
			`{"bundle":{"name":"shop","version":0,"digest":"` + digest + `"},"now":"2026-12-01T08:00:00.5Z","context":{"big":9007199254740993,"cart.value":80},` +
				`"consent":{"personalization":{"granted":true,"because":"granted by the caller"}},"decisions":["hero","heor"],"sticky":{"banner":"a"},` +
				`"answer":{"hero":{"variant":"gold","value":{"a":"<b>"},"reason":"TARGETING_MATCH","rule":"full"},"heor":{"reason":"ERROR","error":"no decision \"heor\""}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want+"\n", logged(t, bundle, h, c.line))
		})
	}
}

func TestValuesComeOutExactly(t *testing.T) {
	bundle := compile(t, shop)
	h := start(t, bundle, host.Native, "")
	for _, line := range []string{
		`{"context":{"big":9007199254740993,"bigs":[18446744073709551615],"deep":{"x":[-9007199254740993]},"age":"1.5s"},"decisions":["banner"]}`,
		`{"context":{"lower":"<&>"},"decisions":["banner"],"now":"0001-01-01T00:00:00Z"}`,
		`{"context":{"cart.value":79.99999999999999},"consent":{"granted":["personalization"]},"decisions":["hero"],"sticky":{"hero":"gold"},"sticky":{"hero":"plain"}}`,
		`{"preview":{"hero":"gold"},"decisions":["hero"]}`,
	} {
		entry := logged(t, bundle, h, line)
		require.NotContains(t, entry, "DEFAULT")
		replay := decisionlog.NewReplay()
		replay.Add(bundle, h)
		outcome, err := replay.Line(context.Background(), []byte(entry))
		require.NoError(t, err)
		require.Equal(t, decisionlog.Outcome{Same: true}, outcome, entry)
	}
}

func TestDifferences(t *testing.T) {
	const first = "bundle: b\ndecisions: {d: {purpose: necessary, variants: {a: 1, b: 2}, default: a}, e: {purpose: necessary, variants: {a: 1}, default: a}}"
	const second = "bundle: b\ndecisions: {d: {purpose: necessary, variants: {a: 1, b: 2}, default: b}, e: {purpose: necessary, variants: {a: 1}, default: a}}"
	old, fresh := compile(t, first), compile(t, second)
	oldHost, freshHost := start(t, old, host.Native, ""), start(t, fresh, host.Native, "")
	line := logged(t, old, oldHost, `{}`)

	replay := decisionlog.NewReplay()
	replay.Add(fresh, freshHost)
	answer, err := replay.Answer(nil, []byte(line))
	require.NoError(t, err)
	require.Equal(t, `{"same":false,"differences":[{"decision":"d","field":"variant","logged":"a","replayed":"b"},{"decision":"d","field":"value","logged":1,"replayed":2}],`+
		`"bundle":{"logged":"`+decisionlog.Digest(old)+`","replayed":"`+decisionlog.Digest(fresh)+`"}}`, string(answer))

	same := logged(t, old, oldHost, `{"decisions":["e"]}`)
	answer, err = replay.Answer(nil, []byte(same))
	require.NoError(t, err)
	require.Contains(t, string(answer), `{"same":true,"bundle":`, "the answer is the same, and the bundle is not")

	replay.Add(old, oldHost)
	answer, err = replay.Answer(nil, []byte(line))
	require.NoError(t, err)
	require.Equal(t, `{"same":true}`, string(answer), "the bundle with the line's digest decides")
	require.Equal(t, 2, replay.Same)
	require.Equal(t, 1, replay.Changed)
}

func TestBadLines(t *testing.T) {
	bundle := compile(t, shop)
	replay := decisionlog.NewReplay()
	_, err := replay.Answer(nil, []byte(logged(t, bundle, start(t, bundle, host.Native, ""), `{}`)))
	require.EqualError(t, err, "no bundle to replay with")
	replay.Add(bundle, start(t, bundle, host.Native, ""))
	for _, line := range []string{``, `[]`, `{}`, `{"context":{}}`, `{"bundle":{"digest":"x"},"decisions":[],"answer":{},"now":"yesterday"}`, `{"bundle":{"digest":"x"},"decisions":[7],"answer":{}}`} {
		_, err := replay.Answer(nil, []byte(line))
		require.Error(t, err, line)
	}
}

// FuzzReplay: whatever a line is, it is replayed or refused.
func FuzzReplay(f *testing.F) {
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte(shop)})
	require.NoError(f, err)
	loaded, err := bundles.Compile(src)
	require.NoError(f, err)
	h, err := host.New(context.Background(), host.Options{Bundle: loaded.Data, Instances: 1})
	require.NoError(f, err)
	replay := decisionlog.NewReplay()
	replay.Add(loaded.Data, h)
	f.Add([]byte(`{"bundle":{"digest":"x"},"now":"1970-01-01T00:00:00Z","context":{"big":1},"consent":{"personalization":{"granted":true}},"decisions":["hero"],"answer":{"hero":{"variant":"gold"}}}`))
	f.Add([]byte(`{"bundle":{"digest":"x"},"decisions":[],"answer":[]}`))
	f.Add([]byte(`{"bundle":{"digest":"x"},"decisions":["hero"],"answer":{"hero":7},"context":{"big":{}},"consent":null,"sticky":null}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		answer, err := replay.Answer(nil, line)
		if err == nil {
			require.True(t, json.Valid(answer), "%s", answer)
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// A log that cannot be written does not keep anybody from an answer.
func TestBrokenLog(t *testing.T) {
	bundle := compile(t, shop)
	log, err := decisionlog.New(broken{}, bundle)
	require.NoError(t, err)
	answer, err := log.Decide(context.Background(), start(t, bundle, host.Native, ""), time.Unix(0, 0))(nil, []byte(`{}`))
	require.NoError(t, err)
	require.Contains(t, string(answer), `"hero"`)
	require.ErrorContains(t, log.Err(), "disk full")
}
