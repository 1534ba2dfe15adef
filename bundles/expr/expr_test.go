package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/core/format"
)

var declarations = []Declaration{
	{Name: "any", Type: typeOf("dyn")},
	{Name: "cart.count", Type: typeOf("int")},
	{Name: "cart.value", Type: typeOf("double")},
	{Name: "device.bot", Type: typeOf("bool")},
	{Name: "device.class", Type: typeOf("string"), Enum: []string{"mobile", "tablet", "desktop"}},
	{Name: "geo.country", Type: typeOf("string")},
	{Name: "now", Type: typeOf("timestamp")},
	{Name: "request.languages", Type: typeOf("list(string)")},
	{Name: "request.query", Type: typeOf("map(string, string)")},
	{Name: "score", Type: typeOf("uint")},
}

func typeOf(text string) Type {
	t, err := ParseType(text)
	if err != nil {
		panic(err)
	}
	return t
}

func newChecker(t testing.TB) *Checker {
	c, err := New(declarations, Settings{Segments: []string{"big_cart"}, Purposes: []string{"necessary", "analytics"}, InBundle: true})
	require.NoError(t, err)
	return c
}

// newTarget is a bundle with the declared attributes and segment big_cart as condition 0.
func newTarget(t testing.TB, c *Checker) *Target {
	b := assemble.New("test")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}, {Name: b.Str("analytics")}}
	to := &Target{Builder: b, Attributes: map[string]uint32{}, Segments: map[string]uint32{"big_cart": 0},
		Purposes: map[string]uint32{"necessary": 0, "analytics": 1}}
	for i, d := range declarations {
		to.Attributes[d.Name] = uint32(i)
		b.Attributes = append(b.Attributes, format.Attribute{Name: b.Str(d.Name), Type: d.Type.Word(), TypeText: b.Str(d.Type.String())})
	}
	big, faults := c.Check("cart.value >= 50.0")
	require.Empty(t, faults)
	_, faults = big.Emit(to, 0)
	require.Empty(t, faults)
	return to
}

// program is what an expression compiles to: its instructions, a line each.
func program(t *testing.T, text string) string {
	c := newChecker(t)
	checked, faults := c.Check(text)
	require.Empty(t, faults)
	to := newTarget(t, c)
	index, faults := checked.Emit(to, 7)
	require.Empty(t, faults)
	require.EqualValues(t, 1, index)
	bundle := to.Finish()
	_, err := format.Read(bundle.Append(nil))
	require.NoError(t, err)
	_, listing, found := strings.Cut(inspect.Dump(bundle), "condition 1, line 7: "+strings.ReplaceAll(text, "\n", "\n  ")+"\n")
	require.True(t, found)
	listing, _, _ = strings.Cut(listing, "\n\n")
	var lines []string
	for line := range strings.Lines(listing) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestPrograms(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a chain of && over tests takes an instruction each", `device.bot && geo.country == "DE" && cart.count > 3`, `
			0 predicate device.bot
			1 and-predicate geo.country == "DE"
			2 and-predicate cart.count > 3`},
		{"a chain of && goes straight to the end", `device.bot && has(geo.country) && granted("analytics")`, `
			0 predicate device.bot
			1 and-then to 7
			2 has geo.country
			3 and
			4 and-then to 7
			5 granted analytics
			6 and`},
		{"&& and || within each other", `(device.bot || has(geo.country)) && granted("analytics")`, `
			0 predicate device.bot
			1 or-else to 4
			2 has geo.country
			3 or
			4 and-then to 7
			5 granted analytics
			6 and`},
		{"a choice", `device.bot ? cart.value : 0.5`, `
			0 predicate device.bot
			1 choose false to 4, error to 5
			2 attribute cart.value
			3 jump to 5
			4 const 0.5`},
		{"a segment", `!segment("big_cart")`, `
			0 condition 0
			1 not`},
		{"fields and keys of a map", `has(request.query.q) ? request.query.q : request.query["p"]`, `
			0 attribute request.query
			1 const "q"
			2 has-key
			3 choose false to 8, error to 11
			4 attribute request.query
			5 const "q"
			6 index
			7 jump to 11
			8 attribute request.query
			9 const "p"
			10 index`},
		{"arithmetic and conversions", `double(cart.count % 7) * -cart.value`, `
			0 attribute cart.count
			1 const 7
			2 modulo
			3 call double, 1
			4 attribute cart.value
			5 negate
			6 multiply`},
		{"times", `now - timestamp("2026-01-01T00:00:00+01:00") > duration("90m") && now.getHours("-02:30") == 3`, `
			0 attribute now
			1 const timestamp("2025-12-31T23:00:00Z")
			2 subtract
			3 const duration("5400s")
			4 greater
			5 and-then to 12
			6 attribute now
			7 const "-02:30"
			8 call getHours, 2
			9 const 3
			10 equal
			11 and`},
		{"types", `type(any) in [int, list, type(1)] && type(now) == google.protobuf.Timestamp`, `
			0 attribute any
			1 call type, 1
			2 const int
			3 const list
			4 const 1
			5 call type, 1
			6 list of 3
			7 in
			8 and-then to 14
			9 attribute now
			10 call type, 1
			11 const timestamp
			12 equal
			13 and`},
		{"lists and maps, constant and not", `[[1], {"a": 2.0}] == [[cart.count], {"a": cart.value}]`, `
			0 const [[1], {"a": 2.0}]
			1 attribute cart.count
			2 list of 1
			3 const "a"
			4 attribute cart.value
			5 map of 1
			6 list of 2
			7 equal`},
		{"a map with a key twice is left to core", `{"a": 1, "a": 2}`, `
			0 const "a"
			1 const 1
			2 const "a"
			3 const 2
			4 map of 2`},
		{"a time that is none is left to core", `timestamp("soon")`, `
			0 const "soon"
			1 call timestamp, 1`},
		{"patterns", `geo.country.matches("^D") && matches(geo.country + "x", "^D")`, `
			0 predicate geo.country.matches("^D")
			1 and-then to 7
			2 attribute geo.country
			3 const "x"
			4 add
			5 matches "^D"
			6 and`},
		{"dyn is its argument", `dyn(cart.count) == dyn(3u)`, `0 predicate cart.count == 3u`},
		{"all", `request.languages.all(l, l != "de")`, `
			0 attribute request.languages
			1 iterate to 18
			2 const true
			3 store $0
			4 next $1, end to 16
			5 local $0
			6 call notStrictlyFalse, 1
			7 break-false to 16
			8 local $0
			9 and-then to 14
			10 local $1
			11 const "de"
			12 not-equal
			13 and
			14 store $0
			15 loop to 4
			16 iterate-end
			17 local $0`},
		{"macros in one another have their own variables", `[[1]].exists_one(x, x.map(y, y + cart.count) == [2])`, `
			0 const [[1]]
			1 iterate to 34
			2 const 0
			3 store $0
			4 next $1, end to 30
			5 local $1
			6 iterate to 20
			7 const []
			8 store $2
			9 next $3, end to 18
			10 local $2
			11 local $3
			12 attribute cart.count
			13 add
			14 list of 1
			15 add
			16 store $2`},
		{"two variables", `{"a": 1}.transformList(k, v, v > 0, k)`, `
			0 const {"a": 1}
			1 iterate to 19
			2 const []
			3 store $0
			4 next-pair $1 $2, end to 17
			5 local $2
			6 const 0
			7 greater
			8 choose false to 14, error to 15`},
		{"a variable hides an attribute, a dot finds it", `["x"].exists(now, now == "x" && type(.now) == type(cart.count))`, `
			0 const ["x"]
			1 iterate to 26
			2 const false
			3 store $0
			4 next $1, end to 24
			5 local $0
			6 not
			7 call notStrictlyFalse, 1
			8 break-false to 24
			9 local $0
			10 or-else to 22
			11 local $1
			12 const "x"
			13 equal
			14 and-then to 21
			15 attribute now
			16 call type, 1
			17 attribute cart.count
			18 call type, 1
			19 equal`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.ReplaceAll(strings.TrimSpace(c.want), "\t", "")
			got := program(t, c.text)
			require.Equal(t, want, got[:min(len(want), len(got))], "%s", got)
		})
	}
}

// What is one predicate, and what only looks like one.
func TestPredicates(t *testing.T) {
	for text, want := range map[string]string{
		`device.bot`:                              `device.bot`,
		`geo.country == "DE"`:                     `geo.country == "DE"`,
		`"DE" != geo.country`:                     `geo.country != "DE"`,
		`50 < cart.value`:                         `cart.value > 50`,
		`50.0 >= cart.count`:                      `cart.count <= 50.0`,
		`geo.country in ["DE", "AT"]`:             `geo.country in ["DE", "AT"]`,
		`"de" in request.languages`:               `"de" in request.languages`,
		`"q" in request.query`:                    `"q" in request.query`,
		`geo.country.startsWith("D")`:             `geo.country.startsWith("D")`,
		`geo.country.endsWith("E")`:               `geo.country.endsWith("E")`,
		`geo.country.contains("E")`:               `geo.country.contains("E")`,
		`now < timestamp("2026-01-01T00:00:00Z")`: `now < timestamp("2026-01-01T00:00:00Z")`,
		`any == null`:                             `any == null`,
		`any in [1, "a", [true]]`:                 `any in [1, "a", [true]]`,
		`"DE".startsWith(geo.country)`:            ``,
		`geo.country in {"DE": 1}`:                ``,
		`request.languages == ["de"]`:             ``,
		`request.languages in [["de"]]`:           `request.languages in [["de"]]`,
		`["de"] in [request.languages]`:           ``,
		`type(any) == int`:                        ``,
		`geo.country == device.class`:             ``,
		`geo.country in [device.class]`:           ``,
		`any`:                                     ``,
		`[1].exists(cart, geo.country == "DE")`:   ``,
		`["a"].exists(any, any == "a")`:           ``,
	} {
		t.Run(text, func(t *testing.T) {
			got := program(t, text)
			if want == "" {
				require.NotEqual(t, "0 predicate", got[:len("0 predicate")], got)
			} else {
				require.Equal(t, "0 predicate "+want, got)
			}
		})
	}
}

func TestUses(t *testing.T) {
	checked, faults := newChecker(t).Check(`has(geo.country) && (now == now || segment("big_cart") || request.query.all(q, granted("analytics")))`)
	require.Empty(t, faults)
	require.Equal(t, []Use{{"geo.country", 4, 11}, {"now", 21, 3}, {"request.query", 58, 13}}, checked.Attributes)
	require.Equal(t, []Use{{"big_cart", 43, 10}}, checked.Segments)
	require.Equal(t, []Use{{"analytics", 87, 11}}, checked.Purposes)
	require.Equal(t, "bool", checked.Type.String())
}

// Each fault underlines a part of the expression and says what is wrong with it.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, under, message, hint string }{
		// Names.
		{`geo.county == "DE"`, `geo.county`, `no attribute "geo.county"`, `did you mean geo.country?`},
		{`country == "DE"`, `country`, `no attribute "country"`, `did you mean geo.country?`},
		{`premium && device.bot`, `premium`, `no attribute "premium"`, `declare it under attributes, or write "premium" if it is a text`},
		{`device.class == desktop`, `desktop`, `no attribute "desktop"`, `declare it under attributes, or write "desktop" if it is a text`},
		{`profile.tier == "gold"`, `profile.tier`, `no attribute "profile.tier"`, `declare it under attributes`},
		{`geo.country.code == "DE"`, `geo.country.code`, `no attribute "geo.country.code": geo.country is string, which has no fields`, ``},
		{`geo.country.startWith("D")`, `startWith`, `no function startWith()`, `did you mean startsWith()?`},
		{`length(geo.country) > 3`, `length`, `no function length()`, ``},
		{`segment("big_card")`, `"big_card"`, `no segment "big_card"`, `did you mean "big_cart"?`},
		{`segment(geo.country)`, `geo.country`, `segment() takes a name in quotes`, ``},
		{`decision("banner") == "gold"`, `"banner"`, `no decision "banner"`, `the bundle has no decisions`},
		{`granted("analytic")`, `"analytic"`, `no purpose "analytic"`, `did you mean "analytics"?`},
		{`has(size(geo.country))`, `size`, `has() takes an attribute's name or a field, such as has(geo.city)`, ``},
		{`[1].all(x, has(x))`, `x`, `has() takes an attribute's name or a field, such as has(geo.city)`, ``},
		{`has("geo.country")`, `"geo.country"`, `has() takes an attribute's name or a field, such as has(geo.city)`, ``},
		{`Cart{value: 3}`, `{`, `messages are not supported`, `a map has its keys in quotes: {"a": 1}`},

		// Types.
		{`cart.value == 50`, `==`, `cannot compare double with int`, `write 50.0`},
		{`50 != cart.value`, `!=`, `cannot compare int with double`, `write 50.0`},
		{`cart.count == 50.0`, `==`, `cannot compare int with double`, `write 50`},
		{`score == 3`, `==`, `cannot compare uint with int`, `write 3u`},
		{`cart.count == "3"`, `==`, `cannot compare int with string`, `write 3`},
		{`geo.country == 3`, `==`, `cannot compare string with int`, `write "3"`},
		{`cart.value == cart.count`, `==`, `cannot compare double with int`, `convert one of them: double(...)`},
		{`cart.value in [1, 2]`, `in`, `cannot look for double in list(int)`, `write 1.0`},
		{`geo.country in "DE,AT"`, `in`, `cannot look for string in string`, `in looks in a list or map; a text has contains()`},
		{`now > "2026-01-01T00:00:00Z"`, `>`, `cannot compare timestamp with string`, `write timestamp("2026-01-01T00:00:00Z")`},
		{`device.bot == "true"`, `==`, `cannot compare bool with string`, `write true`},
		{`cart.value + cart.count > 3.0`, `+`, `cannot add double and int`, `convert one of them: double(...)`},
		{`cart.value && device.bot`, `cart.value`, `this is double where bool is needed`, `compare it with something: conditions are put together from bools`},
		{`!geo.country`, `!`, `! needs a bool, not string`, ``},
		{`-geo.country`, `-`, `- needs an int or a double, not string`, ``},
		{`cart.count ? 1 : 2`, `?`, `what stands before ? must be a bool, not int`, ``},
		{`device.bot ? 1 : "2"`, `?`, `the two sides of ?: are int and string`, ``},
		{`size(cart.count) > 1`, `size`, `size() does not take (int)`, ``},
		{`cart.count.size() > 1`, `size`, `size() is not a method of int`, ``},
		{`geo.country.contains(3)`, `contains`, `contains() of string does not take (int)`, ``},
		{`cart.count.all(x, true)`, `cart.count`, `a macro such as all() walks over a list or map, not over int`, ``},

		// Syntax.
		{``, ``, `the condition is empty`, `write "true" for one that always holds`},
		{`geo.country = "DE"`, `=`, `unexpected "="`, `== compares`},
		{`geo.country === "DE"`, `=`, `unexpected "="`, `== compares`},
		{`device.bot and device.bot`, `and`, `unexpected "and"`, `write &&`},
		{`device.bot & device.bot`, `&`, `unexpected "&"`, `write &&`},
		{`not device.bot`, `device`, `unexpected "device"`, ``},
		{`geo.country == “DE”`, `“`, `unexpected "“"`, `quotes are " or '`},
		{`geo.country ==`, ``, `the expression ends too early`, ``},
		{`(geo.country == "DE"`, ``, `the expression ends too early: ')' is missing`, ``},
		{`geo.country in ["DE", "AT"`, ``, `the expression ends too early: ']' is missing`, ``},
		{`geo.country == "DE`, `"`, `the string has no closing quote`, ``},
		{`geo.country == "\d"`, `"\d"`, `the string has an escape that CEL does not know`, `a backslash is written \\; r"..." takes backslashes as they are`},
		{`cart.count > 9223372036854775808`, `9223372036854775808`, `the number does not fit its type`, ``},
		{`if == 3`, `if`, `"if" is a reserved word of CEL`, ``},
		{`request.query.?q == "x"`, `==`, `cannot compare optional_type(string) with string`, `orValue(...) gives the value of an optional, or another where it is none`},
		{`[1].all(x.y, true)`, `x.y`, `the variable of this macro must be a simple name`, ``},
		{`[1].all(x, x, true)`, `x`, `the two variables have the same name`, ``},

		{`geo.country.matches("D(")`, `"D("`, "pattern is invalid: missing closing ): \"D(\"", ``},
		{`geo.country.matches(device.class)`, `device.class`, `matches() takes a pattern in quotes`, `a pattern that is computed cannot be compiled`},
		{`cart.count.matches("D")`, `matches`, `matches() of int does not take (string)`, ``},

		{`now.getHours("Europe/Berlim") > 3`, `"Europe/Berlim"`, `no time zone "Europe/Berlim"`, `did you mean "Europe/Berlin"?`},
		{`now.getHours("CEST+") > 3`, `"CEST+"`, `no time zone "CEST+"`, `write "UTC", an offset such as "-02:30" or a name such as "Europe/Berlin"`},

		// What is still to come.
		{`ip("10.0.0.1/8") == ip("10.0.0.2")`, `"10.0.0.1/8"`, `"10.0.0.1/8" is no IP address`, ``},
		{`cidr("10.0.0.1").containsIP("10.0.0.2")`, `"10.0.0.1"`, `"10.0.0.1" is no range of IP addresses such as 10.0.0.0/8`, ``},
		{`semver("1.2") == semver("1.2.0")`, `"1.2"`, `"1.2" is no semantic version such as 1.2.3`, ``},
		{`regex.replace("a", "b", "c") == "a"`, `regex`, `the functions of regex are not supported`, `matches() tests a text; replace(), split() and substring() take it apart`},
		{`request.languages.distinct() == []`, `distinct`, `distinct() is not supported`, `map(), filter(), transformList() and + make lists of lists`},
		{`math.flor(1.5) == 1.0`, `math`, `no function math.flor()`, `did you mean math.floor()?`},
		{`math.greatest(geo.country, 1) == 1`, `greatest`, `math.greatest() does not take (string, int)`, ``},
		{`request.languages[?"a"] == optional.none()`, `[`, `cannot index list(string) with string`, ``},
		{`cart.count.?x.hasValue()`, `cart.count.`, `cart.count is int, which has no fields`, ``},
		{`sets.contains(1, request.languages)`, `contains`, `the functions of sets take lists, not int`, ``},
		{`lists.range(3) == [0]`, `lists`, `the functions of lists are not supported`, `map(), filter(), transformList() and + make lists of lists`},
		{`"%d of %q".format([1, 2]) == ""`, `"%d of %q"`, `format() has no clause %q`, `clauses are %s, %d, %f, %e, %b, %o, %x and %X, with a precision as in %.2f; %% is a per cent sign`},
		{`"100%".format([]) == ""`, `"100%"`, `format() has no clause %`, `clauses are %s, %d, %f, %e, %b, %o, %x and %X, with a precision as in %.2f; %% is a per cent sign`},
		{`"%d %.1f".format([1]) == ""`, `"%d %.1f"`, `the pattern has more clauses than the 1 values in the list`, ``},
		{`"%d%%".format([1, cart.count]) == ""`, `cart.count`, `the pattern has no clause for this value`, ``},
		{`"%d".format([geo.country]) == ""`, `geo.country`, `%d does not take string`, ``},
		{`"%x".format([request.query]) == ""`, `request.query`, `%x does not take map(string, string)`, ``},
		{`math.greatest("a", cart.count) > 1`, `"a"`, `this is no number`, ``},
		{`math.greatest() > 1`, `math`, `math.greatest() takes numbers, or a list of them`, ``},
	} {
		t.Run(c.text, func(t *testing.T) {
			checked, faults := newChecker(t).Check(c.text)
			require.Nil(t, checked)
			require.NotEmpty(t, faults)
			f := faults[0]
			require.Equal(t, c.message, f.Message)
			require.Equal(t, c.hint, f.Hint)
			require.False(t, f.Warning)
			require.Positive(t, f.Length)
			runes := []rune(c.text)
			require.Equal(t, c.under, string(runes[min(f.Offset, len(runes)):min(f.Offset+f.Length, len(runes))]))
		})
	}
}

func TestHintsAreExpressions(t *testing.T) {
	for text, hint := range map[string]string{
		`now > "2026-01-01"`:          `write timestamp("2026-01-01T00:00:00Z")`,
		`now > "2026-01-01 10:00:00"`: `write timestamp("2026-01-01T10:00:00Z")`,
		`now - now > "30d"`:           `write duration("720h")`,
	} {
		_, faults := newChecker(t).Check(text)
		require.Len(t, faults, 1)
		require.Equal(t, hint, faults[0].Hint)
	}
}

// What is certain to be a mistake in a rule is an answer of CEL's all the same.
func TestCertainFaults(t *testing.T) {
	certain, err := New(declarations, Settings{Certain: true})
	require.NoError(t, err)
	for _, c := range []struct{ text, under, message, hint string }{
		{`now > timestamp("2020-01-01")`, `"2020-01-01"`, `"2020-01-01" is no timestamp`, `write timestamp("2020-01-01T00:00:00Z")`},
		{`now > timestamp("2020-01-01T10:00")`, `"2020-01-01T10:00"`, `"2020-01-01T10:00" is no timestamp`, `write timestamp("2020-01-01T10:00:00Z")`},
		{`now > timestamp("soon")`, `"soon"`, `"soon" is no timestamp`, `write RFC 3339, as in timestamp("2026-01-01T00:00:00Z")`},
		{`now - now > duration("30d")`, `"30d"`, `"30d" is no duration`, `write duration("720h")`},
		{`now - now > duration("long")`, `"long"`, `"long" is no duration`, `write a number with h, m, s or ms, as in duration("36h")`},
		{`1 / 0 == 1`, `/`, `this is always an error: division by zero`, ``},
		{`cart.count == 5 % 0`, `%`, `this is always an error: division by zero`, ``},
		{`int("x") == 1`, `"x"`, `"x" is no int`, ``},
		{`double("1,5") < cart.value`, `"1,5"`, `"1,5" is no double`, ``},
		{`cart.count > 9223372036854775807 + 1`, `+`, `this is always an error: overflow`, ``},
		{`cart.count == [1, 2][5]`, `[`, `this is always an error: index out of range`, ``},
		{`{"a": 1}["b"] == cart.count`, `[`, `this is always an error: no such key`, ``},
		{`device.bot || true && 1 / 0 > 1`, `/`, `this is always an error: division by zero`, ``},
		{`request.languages.exists(l, l == "de" && 1 / 0 > 1)`, `/`, `this is always an error: division by zero`, ``},
		{`geo.country in ["DE", 5]`, `5`, `string is looked for, and this is int`, `write "5"`},
		{`cart.value in [1.0, 2]`, `2`, `double is looked for, and this is int`, `write 2.0`},
		{`geo.country in {"DE": 1, 5: 2}`, `5`, `string is looked for, and this is int`, `write "5"`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, faults := certain.Check(c.text)
			require.Len(t, faults, 1)
			f := faults[0]
			require.Equal(t, c.message, f.Message)
			require.Equal(t, c.hint, f.Hint)
			require.Equal(t, c.under, string([]rune(c.text)[f.Offset:f.Offset+f.Length]))

			checked, _ := newChecker(t).Check(c.text)
			require.NotNil(t, checked, "elsewhere it is an expression like any other")
		})
	}
	for _, text := range []string{`now > timestamp("2020-01-01T00:00:00Z") + duration("36h")`, `geo.country in ["DE", any]`, `5 in [any, 5]`,
		`any in ["DE", 5]`, `1.0 / 0.0 > cart.value`, `"a" + "b" == geo.country`, `now.getHours("Europe/Berlin") == 5`, `cart.count / 0 == 1`} {
		_, faults := certain.Check(text)
		require.Empty(t, faults, text)
	}
}

func TestSeveralFaultsAtOnce(t *testing.T) {
	_, faults := newChecker(t).Check(`geo.county == "DE" && cart.value == 5 && segment("x") && nothing.startsWith("a")`)
	var messages []string
	for _, f := range faults {
		messages = append(messages, f.Message)
	}
	require.Equal(t, []string{`no attribute "geo.county"`, "cannot compare double with int", `no attribute "nothing"`}, messages)
}

func TestFaultInAFurtherLine(t *testing.T) {
	text := "device.bot &&\n  \"ä€😀\" != geo.county"
	_, faults := newChecker(t).Check(text)
	require.Len(t, faults, 1)
	require.Equal(t, "geo.county", string([]rune(text)[faults[0].Offset:][:faults[0].Length]))
}

func TestEnumWarnings(t *testing.T) {
	for _, c := range []struct {
		text     string
		messages []string
	}{
		{`device.class == "mobile"`, nil},
		{`device.class == "mobil"`, []string{`device.class is never "mobil"; did you mean "mobile"? it is one of mobile, tablet, desktop`}},
		{`"watch" != device.class`, []string{`device.class is never "watch"; it is one of mobile, tablet, desktop`}},
		{`device.class in ["mobile", "Tablet", "x"]`, []string{`device.class is never "Tablet"; did you mean "tablet"? it is one of mobile, tablet, desktop`,
			`device.class is never "x"; it is one of mobile, tablet, desktop`}},
		{`device.class.startsWith("mob")`, nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			checked, faults := newChecker(t).Check(c.text)
			require.NotNil(t, checked)
			var messages []string
			for _, f := range faults {
				require.True(t, f.Warning)
				messages = append(messages, f.Message+"; "+f.Hint)
			}
			require.Equal(t, c.messages, messages)
		})
	}
}

// What exceeds a limit is refused, by whichever step has the limit, and quickly.
func TestLimits(t *testing.T) {
	nest := func(depth int, begin, middle, end string) string {
		return strings.Repeat(begin, depth) + middle + strings.Repeat(end, depth)
	}
	for _, c := range []struct{ name, text, message string }{
		{"a text too long", `geo.country == "` + strings.Repeat("x", MaxText) + `"`, "expression has 65553 bytes, the limit is 65536"},
		{"parentheses too deep", nest(300, "(", "1", ")"), "the expression is nested more than 250 deep"},
		{"brackets too deep", nest(30000, "[", "", ""), "the expression is nested more than 250 deep"},
		{"a sum too long", "1" + strings.Repeat("+1", 300) + " == 1", "the expression is nested more than 250 deep"},
		{"too many instructions", "device.bot" + strings.Repeat(" || device.bot", 1500), "the expression takes 4501 instructions, the limit is 4096"},
		{"too many values at once", "[" + strings.Repeat("cart.count, ", 256) + "1].size() == 1", "the expression needs more than 255 values at once"},
		{"macros too deep", nest(20, "request.languages.exists(x, ", "true", ")"), "the expression needs more than 16 variables for macros such as all() in one another"},
		{"lists too deep", nest(17, "[", "1", "]") + " == []", "lists and maps are more than 16 deep inside one another"},
		{"maps too deep", nest(17, "{1: ", "1", "}") + " == {}", "lists and maps are more than 16 deep inside one another"},
		{"lists as deep as parentheses may be", nest(240, "[", "1", "]") + " == []", "lists and maps are more than 16 deep inside one another"},
		{"many lists too deep", "[" + strings.Repeat(nest(60, "[", "1", "]")+",", 500) + "] == []", "lists and maps are more than 16 deep inside one another"},
		{"macros that make lists of lists", "request.languages" + strings.Repeat(".map(v, [v])", 200) + " == []", "lists and maps are more than 16 deep inside one another"},
		{"a macro within macros", "[[1]].map(a, " + strings.Repeat("[a].map(a, ", 17) + "[a]" + strings.Repeat(")", 18) + " == []", "lists and maps are more than 16 deep inside one another"},
		{"a type that grows", "[0]" + strings.Repeat(".map(a, {a: a})", 40), "the maps made here would have types too large to check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			checker := newChecker(t)
			checked, faults := checker.Check(c.text)
			if checked != nil {
				require.Empty(t, faults)
				_, faults = checked.Emit(newTarget(t, checker), 1)
			}
			require.Len(t, faults, 1)
			require.Equal(t, c.message, faults[0].Message)
			require.Less(t, time.Since(begin), 5*time.Second)
		})
	}
	t.Run("many lists as deep as they may be take no time", func(t *testing.T) {
		begin := time.Now()
		_, faults := newChecker(t).Check("[" + strings.Repeat(nest(MaxTypeDepth-1, "[", "1", "]")+",", 1500) + "] == []")
		require.Empty(t, faults)
		_, faults = newChecker(t).Check("request.languages" + strings.Repeat(".map(v, [v])", MaxTypeDepth-2) + strings.Repeat(".map(v, v)", 200) + " == []")
		require.Empty(t, faults)
		require.Less(t, time.Since(begin), 5*time.Second)
	})
	t.Run("long lists of constants are no matter", func(t *testing.T) {
		require.Contains(t, program(t, "geo.country in ["+strings.Repeat(`"DE", `, 5000)+`"AT"]`), "0 predicate")
	})
	t.Run("segments too deep", func(t *testing.T) {
		names := make([]string, format.MaxNesting+1)
		for i := range names {
			names[i] = fmt.Sprintf("s%d", i)
		}
		checker, err := New(declarations, Settings{Segments: names})
		require.NoError(t, err)
		to := newTarget(t, checker)
		for i := range names {
			text := "device.bot"
			if i > 0 {
				text = fmt.Sprintf("segment(%q)", names[i-1])
			}
			checked, faults := checker.Check(text)
			require.Empty(t, faults)
			to.Segments[names[i]], faults = checked.Emit(to, i)
			if i == format.MaxNesting {
				require.Len(t, faults, 1)
				require.Equal(t, "the expression uses segments that use segments, more than 16 deep", faults[0].Message)
			} else {
				require.Empty(t, faults)
			}
		}
	})
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"string": "string", " int ": "int", "list": "list(dyn)", "list(string)": "list(string)", "map(string,string)": "map(string, string)",
		"map( int , list(map(bool,double)) )": "map(int, list(map(bool, double)))", "google.protobuf.Timestamp": "timestamp",
		"google.protobuf.Duration": "duration", "null_type": "null_type", "dyn": "dyn", "type": "type", "bytes": "bytes", "uint": "uint", "map": "map(dyn, dyn)",
	} {
		parsed, err := ParseType(text)
		require.NoError(t, err)
		require.Equal(t, want, parsed.String())
		again, err := ParseType(want)
		require.NoError(t, err)
		require.Equal(t, parsed.Word(), again.Word())
	}
	for text, want := range map[string]string{
		"":                          "a type is missing",
		"strin":                     `no type "strin"; did you mean string?`,
		"number":                    `no type "number"`,
		"list(string":               "a list takes 1 types in parentheses",
		"list()":                    "a type is missing",
		"list(int, int)":            "a list takes 1 types in parentheses",
		"map(string)":               "a map takes 2 types in parentheses",
		"map(double, int)":          "a map's keys are bool, int, uint or string, not double",
		"int int":                   `"int" is left over after the type`,
		strings.Repeat("list(", 40): "lists and maps lie more than 9 deep in one another",
	} {
		_, err := ParseType(text)
		require.EqualError(t, err, want)
	}
	require.Equal(t, format.TypeWord(format.Map, format.Double, format.String), typeOf("map(string, double)").Word())
	require.Equal(t, format.TypeWord(format.List, format.List, format.Dyn), typeOf("list(list(int))").Word())
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"cart.value": "", "a": "", "cart.the-value": "", "cart.in": "",
		"in": "in is a reserved word of CEL", "if.x": "if is a reserved word of CEL", "user-id": "CEL takes the - in user-id for a minus",
		"string": "string is the name of a CEL type", "string.x": "",
		"a.": "a. has a dot without a name after it", "a..b": "a..b has a dot without a name after it",
	} {
		if err := CheckName(name); want == "" {
			require.NoError(t, err)
			_, err := New([]Declaration{{Name: name, Type: typeOf("int")}}, Settings{})
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Run("a container", func(t *testing.T) {
		c, err := New([]Declaration{{Name: "com.shop.x", Type: typeOf("int")}}, Settings{Container: "com.shop"})
		require.NoError(t, err)
		checked, faults := c.Check("x == 1 && has(x)")
		require.Empty(t, faults)
		require.Equal(t, "com.shop.x", checked.Attributes[0].Name)
	})
	t.Run("no macros", func(t *testing.T) {
		c, err := New(nil, Settings{NoMacros: true})
		require.NoError(t, err)
		_, faults := c.Check("[1].exists(x, true)")
		require.NotEmpty(t, faults)
	})
	t.Run("declared twice", func(t *testing.T) {
		_, err := New([]Declaration{{Name: "x", Type: typeOf("int")}, {Name: "x", Type: typeOf("int")}}, Settings{})
		require.EqualError(t, err, `attribute "x" is declared twice`)
	})
	t.Run("a type's name", func(t *testing.T) {
		_, err := New([]Declaration{{Name: "list", Type: typeOf("int")}}, Settings{})
		require.EqualError(t, err, `attribute "list" has the name of a CEL type`)
	})
}

// FuzzCheck: whatever the text, checking ends without a panic, and what passes compiles to a program that core accepts.
// Without a bundle there are no keys to declare anything under.
func TestHintsOutsideABundle(t *testing.T) {
	c, err := New(nil, Settings{})
	require.NoError(t, err)
	for text, hint := range map[string]string{
		`premium.tier == 1`:         `declare its name and type`,
		`premium == 1`:              `declare its name and type, or write "premium" if it is a text`,
		`segment("big_cart")`:       `segment() asks for what a bundle has, and this expression stands in none`,
		`decision("hero") == "new"`: `decision() asks for what a bundle has, and this expression stands in none`,
	} {
		_, faults := c.Check(text)
		require.Len(t, faults, 1, text)
		require.Equal(t, hint, faults[0].Hint, text)
	}
}

func TestHintsWhereABundleHasNone(t *testing.T) {
	c, err := New(nil, Settings{InBundle: true})
	require.NoError(t, err)
	_, faults := c.Check(`segment("big_cart")`)
	require.Len(t, faults, 1)
	require.Equal(t, "the bundle has no segments", faults[0].Hint)
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		`geo.country == "DE" && cart.value >= 50.0`, `request.languages.exists(l, l.startsWith("de")) || segment("big_cart")`,
		`has(request.query.q) ? request.query.q : string(now.getHours("+01:00"))`, `[1, 2].map(x, {x: [x]}).all(i, m, m == {i: [i]})`,
		`b"\xff" + bytes("ä") != b''`, `{"a": [1u, -2, 0.5, null]}.a[0] == 1u`, `type(dyn(1)) == type(int)`, `m.?a[?b].optMap(x, x + 1).orValue(2)`,
		`[1, ?optional.of(2), ?[].first()] == {"a": 1, ?"b": optional.none()}[?"a"].or(optional.of([1])).value()`, `"%d%%%.3f%s".format([cart.count, cart.value, [geo.country]])`,
		`math.greatest(1, cart.value, 2u) > math.abs(-1)`, `sets.contains(request.languages, ["de"]) && base64.decode("YQ==") == b"a"`, `"`, `(((((`, `a.b.c.d(e)`, "\"\xff\"",
	} {
		f.Add(text)
	}
	checker := newChecker(f)
	f.Fuzz(func(t *testing.T, text string) {
		checked, faults := checker.Check(text)
		length := len([]rune(text))
		for _, fault := range faults {
			require.NotEmpty(t, fault.Message)
			require.True(t, fault.Offset >= 0 && fault.Offset <= length, "offset %d of %d", fault.Offset, length)
			require.Positive(t, fault.Length)
		}
		if checked == nil {
			require.NotEmpty(t, faults)
			return
		}
		to := newTarget(t, checker)
		if _, faults := checked.Emit(to, 1); len(faults) > 0 {
			return
		}
		_, err := format.Read(to.Finish().Append(nil))
		require.NoError(t, err, text)
	})
}
