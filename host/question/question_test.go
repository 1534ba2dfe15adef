package question

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
)

// declared makes the schema of a bundle whose attributes have these types: name, type, name, type ... Attributes whose name begins with
// "secret" need the purpose personalization.
func declared(t testing.TB, namesAndTypes ...string) *Schema {
	var source strings.Builder
	source.WriteString("bundle: test\nattributes:\n")
	var reads []string
	for i := 0; i < len(namesAndTypes); i += 2 {
		name, purpose := namesAndTypes[i], "necessary"
		if strings.HasPrefix(name, "secret") {
			purpose = "personalization"
		}
		fmt.Fprintf(&source, "  %s: {type: %q, purpose: %s}\n", name, namesAndTypes[i+1], purpose)
		reads = append(reads, "has("+name+")")
	}
	fmt.Fprintf(&source, "decisions:\n  a: {purpose: personalization, variants: {x: 1}, rules: [{when: %q, serve: x}]}\n  b: {purpose: necessary, variants: {x: 1}}\n",
		strings.Join(reads, " || "))
	b, err := core.Load(sample.Compile(t, source.String()))
	require.NoError(t, err)
	return NewSchema(b)
}

// shown is an attribute as rules see it: its value as kind:JSON, or what is wrong with it.
func shown(t testing.TB, s *Schema, q *Question, name string) string {
	c := s.bundle.NewContext()
	_, ok := c.ReadQuestion(q.Bytes, nil)
	require.True(t, ok, "not a question")
	i := s.bundle.FindAttribute(name)
	require.GreaterOrEqual(t, i, 0)
	if state := c.State(i); state != core.Present {
		return state.String()
	}
	v := c.Value(i)
	return v.Kind().String() + ":" + string(core.AppendJSON(nil, v))
}

func TestReadingsByType(t *testing.T) {
	for _, c := range []struct{ typ, json, want string }{
		{"bool", `true`, "bool:true"},
		{"bool", `1`, "wrong type"},
		{"bool", `"true"`, "wrong type"},
		{"int", `5`, "int:5"},
		{"int", `5.0`, "int:5"},
		{"int", `5e0`, "int:5"},
		{"int", `-0`, "int:0"},
		{"int", `5.5`, "wrong type"},
		{"int", `"5"`, "wrong type"},
		{"int", `9223372036854775807`, `int:"9223372036854775807"`},
		{"int", `-9223372036854775808`, `int:"-9223372036854775808"`},
		{"int", `9223372036854775808`, "wrong type"},
		{"int", `9007199254740993.0`, "int:9007199254740992"}, // a double between two integers; it is the nearer one
		{"int", `1e19`, "wrong type"},
		{"uint", `5`, "uint:5"},
		{"uint", `5.0`, "uint:5"},
		{"uint", `-0`, "uint:0"},
		{"uint", `18446744073709551615`, `uint:"18446744073709551615"`},
		{"uint", `18446744073709551616`, "wrong type"},
		{"uint", `-1`, "wrong type"},
		{"uint", `-1.0`, "wrong type"},
		{"double", `5`, "double:5"},
		{"double", `-0`, "double:-0"},
		{"double", `1e-7`, "double:1e-7"},
		{"double", `9007199254740993`, "double:9007199254740992"},
		{"double", `1e999`, "wrong type"},
		{"double", `"NaN"`, "wrong type"},
		{"string", `"a\u00fc\"\n\ud83d\ude00"`, `string:"aü\"\n😀"`},
		{"string", `""`, `string:""`},
		{"string", `5`, "wrong type"},
		{"string", `["a"]`, "wrong type"},
		{"string", `{"a":1}`, "wrong type"},
		{"string", "\"\xff\"", "wrong type"},
		{"bytes", `"dGVzdA=="`, `bytes:"dGVzdA=="`},
		{"bytes", `"dGVzdA"`, `bytes:"dGVzdA=="`},
		{"bytes", `"_-8="`, `bytes:"/+8="`},
		{"bytes", `""`, `bytes:""`},
		{"bytes", `"!"`, "wrong type"},
		{"timestamp", `"2026-12-24T18:30:00.5+01:00"`, `timestamp:"2026-12-24T17:30:00.5Z"`},
		{"timestamp", `"2026-12-24"`, "wrong type"},
		{"timestamp", `1766597400`, "wrong type"},
		{"duration", `"1.5s"`, `duration:"1.5s"`},
		{"duration", `"1h30m"`, `duration:"5400s"`},
		{"duration", `"1.5"`, "wrong type"},
		{"duration", `1.5`, "wrong type"},
		{"list(string)", `["a","b"]`, `list:["a","b"]`},
		{"list(string)", `[]`, "list:[]"},
		{"list(string)", `["a",1]`, "wrong type"},
		{"list(string)", `["a",null]`, "wrong type"},
		{"list(string)", `"a"`, "wrong type"},
		{"list(int)", `[1,2.0]`, "list:[1,2]"},
		{"list(list(uint))", `[[1],[]]`, "list:[[1],[]]"},
		{"list(list(uint))", `[[1],[-1]]`, "wrong type"},
		{"list", `[1,"a",null,{"b":[true]}]`, `list:[1,"a",null,{"b":[true]}]`},
		{"map(string,int)", `{"a":1,"b":2.0}`, `map:{"a":1,"b":2}`},
		{"map(string,int)", `{"a":1,"a":2}`, `map:{"a":2}`},
		{"map(string,int)", `{"a":"1"}`, "wrong type"},
		{"map(string,int)", `[]`, "wrong type"},
		{"map(string, list(string))", `{"a":["x"]}`, `map:{"a":["x"]}`},
		{"map(int,string)", `{"1":"a","-2":"b"}`, `map:{"1":"a","-2":"b"}`},
		{"map(int,string)", `{"01":"a"}`, "wrong type"},
		{"map(int,string)", `{"1.0":"a"}`, "wrong type"},
		{"map(uint,string)", `{"1":"a"}`, `map:{"1":"a"}`},
		{"map(uint,string)", `{"-1":"a"}`, "wrong type"},
		{"map(bool,string)", `{"true":"a"}`, `map:{"true":"a"}`},
		{"map(bool,string)", `{"yes":"a"}`, "wrong type"},
		{"map(string,timestamp)", `{"a":"2026-01-01T00:00:00Z"}`, `map:{"a":"2026-01-01T00:00:00Z"}`},
		{"dyn", `5`, "double:5"},
		{"dyn", `"5"`, `string:"5"`},
		{"dyn", `true`, "bool:true"},
		{"dyn", `[1,null]`, "list:[1,null]"},
		{"dyn", `{"a":{"b":1}}`, `map:{"a":{"b":1}}`},
		{"string", `null`, "absent"},
		{"dyn", `null`, "absent"},
		{"list(dyn)", strings.Repeat("[", 9) + strings.Repeat("]", 9), "too large"},
		{"list(int)", "[" + strings.Repeat("1,", core.MaxValues) + "1]", "too large"},
		{"map(string,dyn)", manyKeys(core.MaxValues/2 + 1), "too large"},
		{"string", `"` + strings.Repeat("a", core.MaxText) + `"`, `string:"` + strings.Repeat("a", core.MaxText) + `"`},
		{"string", `"` + strings.Repeat("a", core.MaxText+1) + `"`, "too large"},
		{"string", `"` + strings.Repeat("a", 100_000) + `"`, "too large"},
		{"list(string)", `["` + strings.Repeat("a", 100_000) + `"]`, "too large"},
	} {
		name := c.typ + " of " + c.json
		t.Run(shortened(name), func(t *testing.T) {
			s := declared(t, "x.y", c.typ)
			var q Question
			require.NoError(t, s.ReadJSON(&q, []byte(`{"context":{"x.y":`+c.json+`}}`), sample.Now))
			require.Equal(t, c.want, shown(t, s, &q, "x.y"))
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// panics is a value of a type with a mistake.
type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("no") }

// endless is a list whose first element is the list.
func endless() []any {
	list := []any{nil}
	list[0] = list
	return list
}

func TestGoValues(t *testing.T) {
	type own struct {
		Name string `json:"name"`
	}
	for _, c := range []struct {
		name  string
		typ   string
		value any
		want  string
	}{
		{"nil", "string", nil, "absent"},
		{"bool", "bool", true, "bool:true"},
		{"int", "int", 5, "int:5"},
		{"int8, through JSON", "int", int8(-5), "int:-5"},
		{"int32", "int", int32(-5), "int:-5"},
		{"int64 as uint", "uint", int64(5), "uint:5"},
		{"negative int as uint", "uint", -5, "wrong type"},
		{"int as double", "double", 5, "double:5"},
		{"int as dyn", "dyn", 5, "double:5"},
		{"uint64", "uint", uint64(math.MaxUint64), `uint:"18446744073709551615"`},
		{"uint64 beyond int", "int", uint64(math.MaxUint64), "wrong type"},
		{"uint32 as int", "int", uint32(7), "int:7"},
		{"uint64 as double", "double", uint64(7), "double:7"},
		{"whole double as int", "int", 5.0, "int:5"},
		{"broken double as int", "int", 5.5, "wrong type"},
		{"float32, through JSON", "double", float32(0.5), "double:0.5"},
		{"infinity", "double", math.Inf(1), `double:"Infinity"`},
		{"infinity as int", "int", math.Inf(1), "wrong type"},
		{"NaN as int", "int", math.NaN(), "wrong type"},
		{"json.Number", "int", json.Number("5"), "int:5"},
		{"string", "string", "a", `string:"a"`},
		{"bytes", "bytes", []byte("test"), `bytes:"dGVzdA=="`},
		{"bytes as string", "string", []byte("test"), "wrong type"},
		{"time", "timestamp", sample.Now, `timestamp:"2026-12-24T17:30:00Z"`},
		{"time before CEL's years", "timestamp", time.Time{}.AddDate(-1, 0, 0), "wrong type"},
		{"time as string", "string", sample.Now, "wrong type"},
		{"duration", "duration", 1500 * time.Millisecond, `duration:"1.5s"`},
		{"duration as int", "int", time.Second, "wrong type"},
		{"strings", "list(string)", []string{"a"}, `list:["a"]`},
		{"strings as timestamps", "list(timestamp)", []string{"2026-12-24T17:30:00Z"}, `list:["2026-12-24T17:30:00Z"]`},
		{"ints, through JSON", "list(int)", []int{1, 2}, "list:[1,2]"},
		{"anything", "list(int)", []any{1, 2.0, json.Number("3")}, "list:[1,2,3]"},
		{"anything with a wrong one", "list(int)", []any{1, "2"}, "wrong type"},
		{"map of strings", "map(string,string)", map[string]string{"b": "2", "a": "1"}, `map:{"a":"1","b":"2"}`},
		{"map", "map(int,dyn)", map[string]any{"2": nil, "1": []any{true}}, `map:{"1":[true],"2":null}`},
		{"struct, through JSON", "map(string,string)", own{"x"}, `map:{"name":"x"}`},
		{"channel", "dyn", make(chan int), "wrong type"},
		{"a MarshalJSON that panics", "dyn", panics{}, "wrong type"},
		{"a MarshalJSON that panics in a list", "list(dyn)", []any{panics{}}, "wrong type"},
		{"a list that holds itself", "dyn", endless(), "too large"},
		{"a list that holds itself, through JSON", "dyn", [][]any{endless()}, "wrong type"},
		{"too many", "list(int)", make([]any, core.MaxValues+1), "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := declared(t, "x.y", c.typ)
			var q Question
			require.NoError(t, s.Make(&q, map[string]any{"x.y": c.value}, Signals{}, nil, Overrides{}, sample.Now))
			require.Equal(t, c.want, shown(t, s, &q, "x.y"))
		})
	}
}

func TestNames(t *testing.T) {
	s := declared(t, "geo.country", "string", "geo", "string", "q", "map(string,string)", "q.a", "string", "a.b.c", "int", "any", "dyn", "any.x", "int")
	for _, c := range []struct{ name, context, attribute, want string }{
		{"full name", `{"geo.country":"DE"}`, "geo.country", `string:"DE"`},
		{"nested", `{"geo":{"country":"DE"}}`, "geo.country", `string:"DE"`},
		{"full name before nested", `{"geo.country":"DE","geo":{"country":"FR"}}`, "geo.country", `string:"DE"`},
		{"full name after nested", `{"geo":{"country":"FR"},"geo.country":"DE"}`, "geo.country", `string:"DE"`},
		{"full name of null", `{"geo":{"country":"FR"},"geo.country":null}`, "geo.country", "absent"},
		{"full name of a wrong type", `{"geo":{"country":"FR"},"geo.country":5}`, "geo.country", "wrong type"},
		{"an attribute above others", `{"geo":"here"}`, "geo", `string:"here"`},
		{"an object where a string is wanted, and others below it", `{"geo":{"country":"DE"}}`, "geo", "absent"},
		{"a map is not entered", `{"q":{"a":"1"}}`, "q", `map:{"a":"1"}`},
		{"below a map only by the full name", `{"q":{"a":"1"}}`, "q.a", "absent"},
		{"below a map by the full name", `{"q":{"a":"1"},"q.a":"2"}`, "q.a", `string:"2"`},
		{"dyn is not entered", `{"any":{"x":1}}`, "any.x", "absent"},
		{"split in another place", `{"a.b":{"c":1}}`, "a.b.c", "int:1"},
		{"two levels", `{"a":{"b":{"c":1}}}`, "a.b.c", "int:1"},
		{"split behind the first", `{"a":{"b.c":1}}`, "a.b.c", "int:1"},
		{"no object on the way", `{"a":{"b":5}}`, "a.b.c", "absent"},
		{"an escaped key", `{"g\u0065o.country":"DE"}`, "geo.country", `string:"DE"`},
		{"unknown names", `{"x":1,"geo":{"y":{"z":1}}}`, "geo", "absent"},
		{"the longer key first", `{"a.b":{"c":1},"a":{"b.c":2}}`, "a.b.c", "int:1"},
		{"the longer key last", `{"a":{"b.c":2},"a.b":{"c":1}}`, "a.b.c", "int:1"},
		{"the longer key below", `{"a":{"b.c":2,"b":{"c":1}}}`, "a.b.c", "int:2"},
		{"the longer key of null", `{"a.b":{"c":null},"a":{"b.c":2}}`, "a.b.c", "absent"},
		{"the longer key without it", `{"a.b":{},"a":{"b.c":2}}`, "a.b.c", "int:2"},
		{"nothing", `{}`, "geo", "absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			require.NoError(t, s.ReadJSON(&q, []byte(`{"context":`+c.context+`}`), sample.Now))
			require.Equal(t, c.want, shown(t, s, &q, c.attribute))

			var values map[string]any
			require.NoError(t, json.Unmarshal([]byte(c.context), &values))
			require.NoError(t, s.Make(&q, values, Signals{}, nil, Overrides{}, sample.Now))
			require.Equal(t, c.want, shown(t, s, &q, c.attribute), "as Go values")
		})
	}
	t.Run("nested maps of strings", func(t *testing.T) {
		var q Question
		require.NoError(t, s.Make(&q, map[string]any{"geo": map[string]string{"country": "DE"}}, Signals{}, nil, Overrides{}, sample.Now))
		require.Equal(t, `string:"DE"`, shown(t, s, &q, "geo.country"))
	})
}

// What else a key has that stands several times makes no difference to an attribute.
func TestNamesThatStandSeveralTimes(t *testing.T) {
	s := declared(t, "geo.country", "string", "geo", "string", "a.b.c", "int", "a.b", "int", "a", "int")
	for _, c := range []struct{ name, context, attribute, want string }{
		{"the last of two", `{"geo.country":"DE","geo.country":"FR"}`, "geo.country", `string:"FR"`},
		{"the first of two objects has it", `{"geo":{"country":"DE"},"geo":{"city":"Bonn"}}`, "geo.country", `string:"DE"`},
		{"the last of two objects has it", `{"geo":{"city":"Bonn"},"geo":{"country":"DE"}}`, "geo.country", `string:"DE"`},
		{"both objects have it", `{"geo":{"country":"DE"},"geo":{"country":"FR"}}`, "geo.country", `string:"FR"`},
		{"the last of both objects has null", `{"geo":{"country":"DE"},"geo":{"country":null}}`, "geo.country", "absent"},
		{"an object and then a value", `{"geo":{"country":"DE"},"geo":"here"}`, "geo.country", `string:"DE"`},
		{"an object and then null", `{"geo":{"country":"DE"},"geo":null}`, "geo.country", `string:"DE"`},
		{"the value behind an object", `{"geo":{"country":"DE"},"geo":"here"}`, "geo", `string:"here"`},
		{"the value before an object", `{"geo":"here","geo":{"country":"DE"}}`, "geo", `string:"here"`},
		{"the value before null", `{"geo":"here","geo":null}`, "geo", "absent"},
		{"an object before an object and a value", `{"geo":{"country":"DE"},"geo":{},"geo":"here"}`, "geo.country", `string:"DE"`},
		{"an object within an object", `{"a":{"b":{"c":1},"b":{}}}`, "a.b.c", "int:1"},
		{"a value within an object", `{"a":{"b":{"c":1},"b":2}}`, "a.b.c", "int:1"},
		{"values at each level", `{"a":1,"a":{"b":2,"b":{"c":3}},"a":4,"a":{"b":5}}`, "a.b.c", "int:3"},
		{"the longer key in the first object", `{"a":{"b.c":2},"a":{"b":{"c":1}}}`, "a.b.c", "int:1"},
		{"a longer key that has a value as well", `{"a.b":{"c":1},"a.b":2,"a":{"b.c":3}}`, "a.b.c", "int:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			require.NoError(t, s.ReadJSON(&q, []byte(`{"context":`+c.context+`}`), sample.Now))
			require.Equal(t, c.want, shown(t, s, &q, c.attribute))
		})
	}
	t.Run("as often as a line can hold it", func(t *testing.T) {
		var q Question
		require.NoError(t, s.ReadJSON(&q, []byte(`{"context":{"geo":{"country":"DE"}`+strings.Repeat(`,"geo":{}`, 100_000)+`}}`), sample.Now))
		require.Equal(t, `string:"DE"`, shown(t, s, &q, "geo.country"))
		require.LessOrEqual(t, cap(q.nested), keptNodes)
	})
}

// The same values as JSON and as Go give the same question.
func TestJSONAndGoValuesAgree(t *testing.T) {
	b, err := core.Load(sample.Bundle(t))
	require.NoError(t, err)
	s := NewSchema(b)
	random := rand.New(rand.NewPCG(7, 1))
	for range 2000 {
		values, granted := sample.Context(random)
		context := marshal(t, values)
		var read any
		require.NoError(t, json.Unmarshal(context, &read))
		var fromGo, fromJSON Question
		require.NoError(t, s.Make(&fromGo, read.(map[string]any), Signals{Granted: granted}, nil, Overrides{}, sample.Now))
		line := fmt.Sprintf(`{"context":%s,"consent":{"granted":%s}}`, context, marshal(t, granted))
		require.NoError(t, s.ReadJSON(&fromJSON, []byte(line), sample.Now))
		for _, a := range s.attributes {
			if name := a.name; name != "cart.count" { // encoding/json reads it as a double, which has no room for the largest
				require.Equal(t, shown(t, s, &fromGo, name), shown(t, s, &fromJSON, name), "%s of %s", name, line)
			}
		}
		require.Equal(t, fromGo.granted, fromJSON.granted)
		require.Equal(t, fromGo.Asked, fromJSON.Asked)
	}
}

func marshal(t testing.TB, v any) []byte {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

// Whether a value is masked is not known when the question is made. Whatever a masked one is, rules see the same.
func TestMaskedValuesTakeNoRoom(t *testing.T) {
	s := declared(t, "secret.a", "string", "secret.b", "list(string)", "secret.c", "bytes", "open", "string")
	long := strings.Repeat("x", core.MaxText)
	for name, masked := range map[string]string{
		"nothing":                          `"secret":{}`,
		"long":                             `"secret.a":"` + long + long + `"`,
		"all of them":                      `"secret.a":"` + long + `","secret":{"b":["` + long + `","` + long + `","` + long + `"],"c":"` + long + `"}`,
		"beyond any number":                `"secret.a":1e999,"secret":{"b":[-1e999]}`,
		"beyond any number, and deep":      `"secret.a":[1e999,` + strings.Repeat("[", 5000) + "1e999" + strings.Repeat("]", 5000) + `]`,
		"deep, and of keys that have more": `"secret":` + strings.Repeat(`{"a":`, 5000) + "1e999" + strings.Repeat("}", 5000) + `,"secret":5`,
		"wrong types":                      `"secret.a":[[[[[[[[[[1]]]]]]]]]],"secret":{"b":5,"c":"%"}`,
	} {
		t.Run(name, func(t *testing.T) {
			line := []byte(`{"context":{"open":"z",` + masked + `}}`)
			var q Question
			require.NoError(t, s.ReadJSON(&q, line, sample.Now))
			require.Equal(t, "not consented", shown(t, s, &q, "secret.a"))
			require.Equal(t, "not consented", shown(t, s, &q, "secret.b"))
			require.Equal(t, "not consented", shown(t, s, &q, "secret.c"))
			require.Equal(t, `string:"z"`, shown(t, s, &q, "open"))
		})
	}
	var granted Question
	require.NoError(t, s.ReadJSON(&granted, []byte(`{"consent":{"granted":["personalization","unknown"]},"context":{"secret.a":"`+long+`x"}}`), sample.Now))
	require.Equal(t, "too large", shown(t, s, &granted, "secret.a"))
}

// A parameter that feeds attributes of several purposes takes no room from any of them, nor from others of its kind.
func TestParametersOfSeveralPurposesTakeNoRoom(t *testing.T) {
	b, err := core.Load(sample.Compile(t, `bundle: b
attributes:
  one: {type: string, purpose: personalization, from: "query:p"}
  other: {type: string, purpose: advertising, from: "query:p"}
  third: {type: string, purpose: personalization, from: "query:q"}
  fourth: {type: string, purpose: analytics, from: "query:q"}
  wide: {type: list(string), purpose: personalization}
decisions:
  a: {purpose: [personalization, advertising, analytics], variants: {x: 1}, rules: [{when: 'has(one) || has(other) || has(third) || has(fourth) || has(wide) || size(request.query) > 0', serve: x}]}
`))
	require.NoError(t, err)
	s := NewSchema(b)
	wide := `["` + strings.Repeat(`mmmmmmmmmm","`, 1000) + `"]`
	for _, length := range []int{0, 1, 1000, 30_000, 50_000, 64_000, 70_000} {
		line := fmt.Sprintf(`{"context":{"request.query":{"p":%q,"q":"q"},"wide":%s},"consent":{"granted":["personalization","analytics"]}}`,
			strings.Repeat("s", length), wide)
		var q Question
		require.NoError(t, s.ReadJSON(&q, []byte(line), sample.Now))
		require.Equal(t, "list:"+wide, shown(t, s, &q, "wide"), "with a masked parameter of %d bytes", length)
		require.Equal(t, `map:{"q":"q"}`, shown(t, s, &q, "request.query"), "with a masked parameter of %d bytes", length)
	}
}

// Nor do parameters of request.query that feed masked attributes, however many bytes they have and of whatever type they are.
func TestMaskedParametersTakeNoRoom(t *testing.T) {
	b, err := core.Load(sample.Compile(t, `bundle: b
attributes: {secret: {type: string, purpose: personalization, from: "query:secret"}}
decisions: {a: {purpose: personalization, variants: {x: 1}, rules: [{when: 'secret == "x" && size(request.query) > 0', serve: x}]}}
`))
	require.NoError(t, err)
	s := NewSchema(b)
	fill := func(more string, bytes int) string { return `"open":"` + strings.Repeat("o", bytes) + `"` + more }
	long := strings.Repeat("x", 60_000)
	full := core.MaxText - len("open")
	for name, c := range map[string]struct{ query, masked, granted string }{
		"short":              {`"q":"1","secret":"x"`, `map:{"q":"1"}`, `map:{"q":"1","secret":"x"}`},
		"absent":             {`"q":"1"`, `map:{"q":"1"}`, `map:{"q":"1"}`},
		"of a wrong type":    {`"q":"1","secret":[5]`, `map:{"q":"1"}`, "wrong type"},
		"null":               {`"q":"1","secret":null`, `map:{"q":"1"}`, "wrong type"},
		"long":               {`"q":"1","secret":"` + long + `"`, `map:{"q":"1"}`, "too large"},
		"longer than a room": {`"q":"1","secret":"` + long + long + `"`, `map:{"q":"1"}`, "too large"},
		"beside a full map":  {fill(`,"secret":"x"`, full), `map:{` + fill("", full) + "}", "too large"},
		"another too large":  {fill(`,"secret":"x"`, full+1), "too large", "too large"},
		"another wrong":      {`"q":1,"secret":"x"`, "wrong type", "wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, grants := range []string{`[]`, `["personalization"]`} {
				want := c.masked
				if grants != `[]` {
					want = c.granted
				}
				line := `{"context":{"request.query":{` + c.query + `}},"consent":{"granted":` + grants + `}}`
				var fromJSON, fromGo Question
				require.NoError(t, s.ReadJSON(&fromJSON, []byte(line), sample.Now))
				require.Equal(t, want, shown(t, s, &fromJSON, "request.query"))

				var read struct {
					Context map[string]any
					Consent struct{ Granted []string }
				}
				require.NoError(t, json.Unmarshal([]byte(line), &read))
				require.NoError(t, s.Make(&fromGo, read.Context, Signals{Granted: read.Consent.Granted}, nil, Overrides{}, sample.Now))
				require.Equal(t, want, shown(t, s, &fromGo, "request.query"))
			}
		})
	}
}

// A question has room for a bounded number of bytes: what finds none is absent, and the rest is decided with.
func TestValuesThatDoNotFitTogether(t *testing.T) {
	names := []string{}
	context := map[string]any{}
	for i := range 6 {
		names = append(names, fmt.Sprintf("x%d", i), "string")
		context[fmt.Sprintf("x%d", i)] = strings.Repeat("a", core.MaxText-100)
	}
	names = append(names, "z", "int")
	context["z"] = 5
	s := declared(t, names...)
	var q Question
	require.NoError(t, s.Make(&q, context, Signals{}, nil, Overrides{}, sample.Now))
	require.LessOrEqual(t, len(q.Bytes), core.MaxQuestion)
	states := map[string]int{}
	for name := range context {
		states[shown(t, s, &q, name)[:5]]++
	}
	require.Equal(t, map[string]int{"strin": 4, "too l": 2, "int:5": 1}, states)
}

func TestWhatIsAsked(t *testing.T) {
	s := declared(t, "x", "int")
	for _, c := range []struct {
		name, line string
		want       []Asked
	}{
		{"everything", `{}`, []Asked{{"a", 0}, {"b", 1}}},
		{"everything, by null", `{"decisions":null}`, []Asked{{"a", 0}, {"b", 1}}},
		{"nothing", `{"decisions":[]}`, []Asked{}},
		{"in the order asked", `{"decisions":["b","a"]}`, []Asked{{"b", 1}, {"a", 0}}},
		{"unknown ones", `{"decisions":["c","a"]}`, []Asked{{"c", -1}, {"a", 0}}},
		{"each once", `{"decisions":["b","b","c","b","c"]}`, []Asked{{"b", 1}, {"c", -1}}},
		{"names that are not UTF-8, each once", "{\"decisions\":[\"\xff\",\"\\ud800\",\"\xff\"]}", []Asked{{"\ufffd", -1}}},
		{"the last key", `{"decisions":["a"],"decisions":["b"]}`, []Asked{{"b", 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			line := []byte(c.line)
			require.NoError(t, s.ReadJSON(&q, line, sample.Now))
			clear(line) // it may be overwritten
			require.Equal(t, c.want, q.Asked)
			asked, ok := s.bundle.NewContext().ReadQuestion(q.Bytes, nil)
			require.True(t, ok)
			var want []uint32
			for _, a := range c.want {
				if a.Index >= 0 {
					want = append(want, uint32(a.Index))
				}
			}
			require.Equal(t, want, asked)
		})
	}
}

func TestTheTime(t *testing.T) {
	s := declared(t, "x", "int")
	at := func(line string, now time.Time) (int64, uint32) {
		var q Question
		require.NoError(t, s.ReadJSON(&q, []byte(line), now))
		return q.seconds, q.nanos
	}
	seconds, nanos := at(`{}`, time.Unix(100, 7))
	require.Equal(t, []int64{100, 7}, []int64{seconds, int64(nanos)})
	seconds, nanos = at(`{"now":"1970-01-01T01:00:01.000000002+01:00"}`, time.Unix(100, 7))
	require.Equal(t, []int64{1, 2}, []int64{seconds, int64(nanos)})
}

func TestBadLines(t *testing.T) {
	s := declared(t, "x", "int")
	for _, c := range []struct{ name, line, want string }{
		{"nothing", ``, "invalid JSON at byte offset 0: unexpected end of JSON input"},
		{"not JSON", `hello`, "invalid JSON at byte offset 0: invalid character 'h'"},
		{"cut off", `{"context":{"x":1}`, "invalid JSON at byte offset 18: unexpected end"},
		{"a comma too many", `{"context":{"x":1,}}`, "invalid JSON at byte offset 18: invalid character '}'"},
		{"two values", `{} {}`, "invalid JSON at byte offset 3: invalid character '{' after top-level value"},
		{"a control character", "{\"\x01\":1}", "invalid JSON at byte offset 2"},
		{"an array", `[]`, "want a JSON object, have an array"},
		{"null", `null`, "want a JSON object, have null"},
		{"deep and cut off", strings.Repeat("[", MaxLine), "invalid JSON: unexpected end"},
		{"deep and not JSON", `{"x":` + strings.Repeat("[", 70) + `1 2`, "invalid JSON: invalid character '2' after array element"},
		{"deep, with a number beyond any", `{"x":` + strings.Repeat("[", 70) + `1e999 2`, "invalid JSON: invalid character '2' after array element"},
		{"deep and more", `{"x":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `} {}`, "invalid JSON: more than one value"},
		{"too long", `{"x":"` + strings.Repeat(" ", MaxLine) + `"}`, "line has 1048584 bytes, the limit is 1048576"},
		{"context of another kind", `{"context":[]}`, "context: want an object, have an array"},
		{"decisions of another kind", `{"decisions":"hero"}`, "decisions: want an array of strings, have a string"},
		{"decisions of other kinds", `{"decisions":["a",5]}`, "decisions: want strings, have a number"},
		{"consent of another kind", `{"consent":true}`, "consent: want an object, have a bool"},
		{"granted of another kind", `{"consent":{"granted":{}}}`, "consent.granted: want an array of strings, have an object"},
		{"now of another kind", `{"now":5}`, "now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have 5"},
		{"now without a zone", `{"now":"2026-12-01T08:00:00"}`, "now: want an RFC 3339 time"},
		{"sticky that is no object", `{"sticky":["hero"]}`, "sticky: want an object, have an array"},
		{"a preview that is no name", `{"preview":{"hero":7}}`, "preview: want the names of variants, have a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			require.ErrorContains(t, s.ReadJSON(&q, []byte(c.line), sample.Now), c.want)
		})
	}
	t.Run("too many decisions", func(t *testing.T) {
		names := make([]string, MaxAsked+1)
		for i := range names {
			names[i] = fmt.Sprint(i)
		}
		var q Question
		require.ErrorIs(t, s.Make(&q, nil, Signals{}, names, Overrides{}, sample.Now), errTooManyAsked)
	})
}

func TestGoodLines(t *testing.T) {
	s := declared(t, "x", "int")
	for _, c := range []struct{ name, line string }{
		{"nothing said", `{}`},
		{"white space", " \t{ \"context\" : { } }\r"},
		{"unknown keys", `{"id":7,"consent":{"by":"me"},"context":{"y":1}}`},
		{"null everywhere", `{"context":null,"consent":{"granted":null,"tcf":null},"now":null,"sticky":null,"preview":null}`},
		{"brackets in strings", `{"note":"` + strings.Repeat("[", 100) + `\\\""}`},
		{"deep", `{"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`},
		{"deeper", `{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`},
		{"as deep as a line can be", `{"context":{"x":` + strings.Repeat("[", MaxLine/2-20) + strings.Repeat("]", MaxLine/2-20) + `}}`},
		{"deep objects", `{"context":` + strings.Repeat(`{"x":`, 10000) + "1" + strings.Repeat("}", 10000) + `}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q Question
			require.NoError(t, s.ReadJSON(&q, []byte(c.line), sample.Now))
		})
	}
}

func TestTypeTexts(t *testing.T) {
	for _, c := range []struct {
		text string
		word format.Type
		want *valueType
	}{
		{"int", format.TypeWord(format.Int, 0, 0), &valueType{format.Int, dyn, dyn}},
		{"map( string , list(int) )", format.TypeWord(format.Map, format.List, format.String),
			&valueType{format.Map, &valueType{format.String, dyn, dyn}, &valueType{format.List, dyn, &valueType{format.Int, dyn, dyn}}}},
		{"google.protobuf.Timestamp", format.TypeWord(format.Timestamp, 0, 0), &valueType{format.Timestamp, dyn, dyn}},
		{"nonsense", format.TypeWord(format.Map, format.Int, format.String),
			&valueType{format.Map, &valueType{kind: format.String}, &valueType{kind: format.Int}}},
		{"int", format.TypeWord(format.String, 0, 0), &valueType{format.String, &valueType{}, &valueType{}}},
		{strings.Repeat("list(", 20) + "int" + strings.Repeat(")", 20), format.TypeWord(format.List, format.List, 0),
			&valueType{format.List, &valueType{}, &valueType{kind: format.List}}},
		{"map(string)", format.TypeWord(format.Map, 0, 0), &valueType{format.Map, &valueType{}, &valueType{}}},
		{"list(int) x", format.TypeWord(format.List, 0, 0), &valueType{format.List, &valueType{}, &valueType{}}},
		{"int(int)", format.TypeWord(format.Int, 0, 0), &valueType{format.Int, &valueType{}, &valueType{}}},
	} {
		require.Equal(t, c.want, typeOf(c.text, c.word), c.text)
	}
}

// A question that was made before is made again without allocation, whatever way of writing contexts is chosen.
func TestMakingAgainAllocatesNothing(t *testing.T) {
	s := declared(t, "request.path", "string", "request.query", "map(string,string)", "geo.country", "string", "cart.value", "double", "tags", "list(string)")
	line := []byte(`{"context":{"request":{"path":"/shop/boots","query":{"b":"1","a":"2","b":"3"}},"geo":{"country":"DE"},"cart.value":80,"tags":["a"],"x":{"y":[1]}},
		"consent":{"granted":["personalization"],"tcf":"C"},"decisions":["b","a","b"],"sticky":{"a":"x"},"now":"2026-12-24T17:30:00Z"}`)
	var q Question
	require.Zero(t, testing.AllocsPerRun(100, func() { require.NoError(t, s.ReadJSON(&q, line, sample.Now)) }), "JSON")

	context := map[string]any{"request": map[string]any{"path": "/shop/boots", "query": map[string]string{"b": "1", "a": "2"}},
		"geo.country": "DE", "cart.value": 80.0, "tags": []string{"a"}}
	signals := Signals{Granted: []string{"personalization"}, TCF: "C"}
	decisions, sticky := []string{"b", "a"}, Overrides{Sticky: map[string]string{"a": "x", "b": "x"}}
	require.Zero(t, testing.AllocsPerRun(100, func() { require.NoError(t, s.Make(&q, context, signals, decisions, sticky, sample.Now)) }), "Go values")
}

func FuzzReadJSON(f *testing.F) {
	b, err := core.Load(sample.Bundle(f))
	require.NoError(f, err)
	s := NewSchema(b)
	random := rand.New(rand.NewPCG(8, 1))
	for range 20 {
		values, granted := sample.Context(random)
		f.Add(fmt.Appendf(nil, `{"context":%s,"consent":{"granted":%s},"now":"2026-12-24T17:30:00Z"}`, marshal(f, values), marshal(f, granted)))
	}
	f.Add([]byte(`{"decisions":["hero","x","hero"],"context":{"cart":{"value":5},"stock":{"a":1,"a":2}}}`))
	f.Add([]byte(`{"context":{"matrix":[[[[[[[[[[1]]]]]]]]]],"anything":{"a":[{}]}}}`))
	f.Add([]byte(`{"consent":{"tcf":"x"}}`))
	var q Question
	c, e := b.NewContext(), b.NewEvaluator()
	f.Fuzz(func(t *testing.T, line []byte) {
		kept := string(line)
		err := s.ReadJSON(&q, line, sample.Now)
		require.Equal(t, kept, string(line), "the line was changed")
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.True(t, json.Valid(line))
		asked, ok := c.ReadQuestion(q.Bytes, nil)
		require.True(t, ok, "not a question")
		require.Len(t, e.Decide(c, asked, nil), len(asked))

		var again Question
		require.NoError(t, s.ReadJSON(&again, line, sample.Now))
		require.Equal(t, q.Bytes, again.Bytes, "the same line, another question")
	})
}

func BenchmarkReadJSON(b *testing.B) {
	s := declared(b, "request.path", "string", "geo.country", "string", "cart.value", "double", "request.query", "map(string,string)")
	line := []byte(`{"context":{"request":{"path":"/shop/boots","query":{"a":"1"}},"geo.country":"DE","cart.value":80},"consent":{"granted":["personalization"]}}`)
	var q Question
	b.ReportAllocs()
	for b.Loop() {
		if err := s.ReadJSON(&q, line, sample.Now); err != nil {
			b.Fatal(err)
		}
	}
}
