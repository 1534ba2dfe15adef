package lines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
)

var background = context.Background()

const greeting = `
bundle: greeting
decisions:
  hello: {purpose: necessary, variants: {en: Hello, de: Hallo}, default: en, rules: [{id: german, when: 'geo.country == "DE"', serve: de}]}
  late:  {purpose: necessary, variants: {no: false, yes: true}, default: no, rules: [{id: late, when: now.getHours() > 20, serve: yes}]}
`

func newHost(t testing.TB, engine host.Engine) *host.Host {
	h, err := host.New(background, host.Options{Bundle: sample.Compile(t, greeting), Engine: engine})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(background)) })
	return h
}

func TestRunDecides(t *testing.T) {
	const in = `{"context":{"geo.country":"DE"},"decisions":["hello"]}
{"decisions":["late"],"now":"2026-01-01T21:00:00Z"}
{"decisions":["late"]}

{"decisions":["late"]
{"decisions":[]}`
	const about = `,"consent":{},"bundle":{"name":"greeting","version":0}}` + "\n"
	const want = `{"decisions":{"hello":{"variant":"de","value":"Hallo","reason":"TARGETING_MATCH","rule":"german"}}` + about +
		`{"decisions":{"late":{"variant":"yes","value":true,"reason":"TARGETING_MATCH","rule":"late"}}` + about +
		`{"decisions":{"late":{"variant":"no","value":false,"reason":"DEFAULT"}}` + about +
		`{"line":4,"error":"empty line"}` + "\n" +
		`{"line":5,"error":"invalid JSON at byte offset 21: unexpected end of JSON input"}` + "\n" +
		`{"decisions":{}` + about
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		for name, reader := range map[string]io.Reader{
			"at once":      strings.NewReader(in),
			"byte by byte": iotest.OneByteReader(strings.NewReader(in)),
			"the end with the last bytes, and line ends as Windows has them": iotest.DataErrReader(strings.NewReader(strings.ReplaceAll(in, "\n", "\r\n"))),
			"with an end of the last line":                                   strings.NewReader(in + "\n"),
			"behind a byte order mark":                                       strings.NewReader("\ufeff" + in),
		} {
			t.Run(string(engine)+": "+name, func(t *testing.T) {
				var out bytes.Buffer
				bad, err := Run(reader, &out, Decide(background, newHost(t, engine), sample.Now))
				require.NoError(t, err)
				require.Equal(t, 2, bad)
				require.Equal(t, want, out.String())
			})
		}
	}
}

func TestDecideByTheClock(t *testing.T) {
	h := newHost(t, host.Native)
	answer, err := Decide(background, h, time.Time{})([]byte("> "), []byte(`{}`))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(answer, []byte("> {")))
	require.Equal(t, time.Now().UTC().Hour() > 20, bytes.Contains(answer, []byte(`"variant":"yes"`)))
}

// echo answers a line with its length.
func echo(dst, line []byte) ([]byte, error) {
	if bytes.Contains(line, []byte("bad")) {
		return append(dst, "half of"...), errors.New(`"it" is bad`)
	}
	return fmt.Append(dst, len(line)), nil
}

func TestRunBoundsLines(t *testing.T) {
	longest, tooLong := strings.Repeat("x", question.MaxLine), strings.Repeat("x", question.MaxLine+1)
	var out bytes.Buffer
	bad, err := Run(strings.NewReader(longest+"\n"+tooLong+"\nbad\n"+strings.Repeat("x", 5<<20)+"\nafter\n"+tooLong), &out, echo)
	require.NoError(t, err)
	require.Equal(t, 4, bad)
	require.Equal(t, []string{
		"1048576",
		`{"line":2,"error":"line has 1048577 bytes, the limit is 1048576"}`,
		`{"line":3,"error":"\"it\" is bad"}`,
		`{"line":4,"error":"line has 5242880 bytes, the limit is 1048576"}`,
		"5",
		`{"line":6,"error":"line has 1048577 bytes, the limit is 1048576"}`,
		"",
	}, strings.Split(out.String(), "\n"))
}

func TestRunOnNothing(t *testing.T) {
	var out bytes.Buffer
	bad, err := Run(strings.NewReader(""), &out, echo)
	require.NoError(t, err)
	require.Zero(t, bad)
	require.Empty(t, out.String())
}

// A program that waits for each answer before it asks again must get it.
func TestRunAnswersWhileItWaits(t *testing.T) {
	questions, ask := io.Pipe()
	answered, answers := io.Pipe()
	ended := make(chan error)
	go func() {
		_, err := Run(questions, answers, echo)
		ended <- err
	}()
	buffer := make([]byte, 10)
	for _, line := range []string{"a", "bb", "ccc"} {
		_, err := io.WriteString(ask, line+"\n")
		require.NoError(t, err)
		n, err := answered.Read(buffer)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintln(len(line)), string(buffer[:n]))
	}
	require.NoError(t, ask.Close())
	require.NoError(t, <-ended)
}

func TestRunTellsOfItsReaderAndWriter(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := Run(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), io.Discard, echo)
	require.ErrorIs(t, err, broken)
	read, written := io.Pipe()
	require.NoError(t, read.CloseWithError(broken))
	_, err = Run(strings.NewReader("a\n"), written, echo)
	require.ErrorIs(t, err, broken)
}

func TestRunNeedsConstantMemory(t *testing.T) {
	answer := Decide(background, newHost(t, host.Native), sample.Now)
	line := `{"context":{"geo.country":"DE","request.path":"` + strings.Repeat("a", 1000) + `"}}` + "\n"
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	largest := uint64(0)
	count := 0
	_, err := Run(io.LimitReader(&repeated{text: line}, int64(len(line)*20_000)), io.Discard, func(dst, line []byte) ([]byte, error) {
		if count++; count%4000 == 0 {
			largest = max(largest, heap())
		}
		return answer(dst, line)
	})
	require.NoError(t, err)
	require.Equal(t, 20_000, count)
	require.Less(t, largest, before+2<<20)
}

// repeated is a text without end.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestExpressions(t *testing.T) {
	for _, engine := range []host.Engine{host.Native, host.Wasm} {
		e, err := NewExpressions(background, engine, "")
		require.NoError(t, err)
		defer e.Close(background)
		for _, c := range []struct{ name, line, want string }{
			{"a constant", `{"id":"a","expr":"1 + 1"}`, `{"id":"a","value":2}`},
			{"no id", `{"expr":"true"}`, `{"id":null,"value":true}`},
			{"another id", `{"expr":"true","id":{"n":[1]}}`, `{"id":{"n":[1]},"value":true}`},
			{"a variable", `{"id":1,"expr":"x + 1 > 2","decls":[{"name":"x","type":"int"}],"context":{"x":5}}`, `{"id":1,"value":true}`},
			{"a nested name", `{"id":1,"expr":"a.b","decls":[{"name":"a.b","type":"string"}],"context":{"a":{"b":"x"}}}`, `{"id":1,"value":"x"}`},
			{"a container", `{"id":1,"expr":"b","decls":[{"name":"a.b","type":"string"}],"context":{"a.b":"x"},"container":"a"}`, `{"id":1,"value":"x"}`},
			{"a large int", `{"id":1,"expr":"9007199254740993"}`, `{"id":1,"value":"9007199254740993"}`},
			{"a uint", `{"id":1,"expr":"5u"}`, `{"id":1,"value":5}`},
			{"a double", `{"id":1,"expr":"0.1 + 0.2"}`, `{"id":1,"value":0.30000000000000004}`},
			{"bytes", `{"id":1,"expr":"x","decls":[{"name":"x","type":"bytes"}],"context":{"x":"dGVzdA"}}`, `{"id":1,"value":"dGVzdA=="}`},
			{"a timestamp", `{"id":1,"expr":"timestamp('2026-01-01T00:00:00+01:00')"}`, `{"id":1,"value":"2025-12-31T23:00:00Z"}`},
			{"a duration", `{"id":1,"expr":"duration('1500ms')"}`, `{"id":1,"value":"1.5s"}`},
			{"null", `{"id":1,"expr":"null"}`, `{"id":1,"value":null}`},
			{"null from the context", `{"id":1,"expr":"x == null","decls":[{"name":"x","type":"null_type"}],"context":{"x":null}}`, `{"id":1,"value":true}`},
			{"a type", `{"id":1,"expr":"type(1.0)"}`, `{"id":1,"value":"double"}`},
			{"a list", `{"id":1,"expr":"[1, 2].map(i, i * x)","decls":[{"name":"x","type":"int"}],"context":{"x":3}}`, `{"id":1,"value":[3,6]}`},
			{"a map", `{"id":1,"expr":"x","decls":[{"name":"x","type":"map(int, list(string))"}],"context":{"x":{"1":["a"]}}}`, `{"id":1,"value":{"1":["a"]}}`},
			{"an error when it runs", `{"id":1,"expr":"1 / x","decls":[{"name":"x","type":"int"}],"context":{"x":0}}`, `{"id":1,"error":"division by zero"}`},
			{"a value that is absent", `{"id":1,"expr":"x","decls":[{"name":"x","type":"int"}]}`, `{"id":1,"error":"x: no value"}`},
			{"a context that is none", `{"id":1,"expr":"1","context":5}`, `{"id":1,"error":"context: want an object, have a number"}`},
		} {
			t.Run(string(engine)+": "+c.name, func(t *testing.T) {
				answer, err := e.Answer(nil, []byte(c.line))
				require.NoError(t, err)
				require.Equal(t, c.want, string(answer))
			})
		}
		for _, c := range []struct{ name, line, want string }{
			{"a mistake", `{"id":7,"expr":"1 +"}`, `{"id":7,"error":"at character `},
			{"an unknown name", `{"id":7,"expr":"x"}`, `{"id":7,"error":"at character 1: `},
			{"an unknown type", `{"id":7,"expr":"x","decls":[{"name":"x","type":"text"}]}`, `{"id":7,"error":"decls: 0: type of \"x\": `},
			{"a name declared twice", `{"id":7,"expr":"x","decls":[{"name":"x","type":"int"},{"name":"x","type":"int"}]}`, `{"id":7,"error":"attribute \"x\" is declared twice"}`},
			{"without macros", `{"id":7,"expr":"[1].all(i, i > 0)","disableMacros":true}`, `{"id":7,"error":"`},
			{"declarations that are none", `{"id":7,"expr":"x","decls":[5]}`, `{"id":7,"error":"`},
		} {
			t.Run(string(engine)+": "+c.name, func(t *testing.T) {
				answer, err := e.Answer(nil, []byte(c.line))
				require.NoError(t, err)
				require.Contains(t, string(answer), c.want)
			})
		}
		for _, c := range []struct{ name, line, want string }{
			{"no JSON", `{"expr"}`, "invalid JSON at byte offset 7"},
			{"no expression", `{"id":1}`, "expr: want a string, the expression"},
			{"an expression of another kind", `{"id":1,"expr":["1"]}`, "expr: want a string, the expression"},
		} {
			t.Run(string(engine)+": "+c.name, func(t *testing.T) {
				_, err := e.Answer(nil, []byte(c.line))
				require.ErrorContains(t, err, c.want)
			})
		}
	}
	_, err := NewExpressions(background, "turbo", "")
	require.EqualError(t, err, `engine "turbo": want native or wasm`)
}

func BenchmarkDecideLine(b *testing.B) {
	answer := Decide(background, newHost(b, host.Native), sample.Now)
	line := []byte(`{"context":{"geo.country":"DE"},"consent":{"granted":["personalization"]}}`)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = answer(dst[:0], line); err != nil {
			b.Fatal(err)
		}
	}
}
