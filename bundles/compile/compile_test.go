package compile

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/inspect"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// Each archive in testdata is a bundle's source and what becomes of it: file "bundle" is the compiled bundle, "faults" what is said
// about the source.
func TestPrograms(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			src := parse(t, archive)
			data, faults := Bytes(src)
			got := []txtar.File{}
			if len(data) > 0 {
				bundle, err := format.Read(data)
				require.NoError(t, err)
				got = append(got, txtar.File{Name: "bundle", Data: []byte(inspect.Dump(bundle))})
			}
			if len(faults) > 0 {
				got = append(got, txtar.File{Name: "faults", Data: []byte(faults.Error() + "\n")})
			}
			sources := 0
			for sources < len(archive.Files) && strings.Contains(archive.Files[sources].Name, ".") {
				sources++
			}
			if *update {
				archive.Files = append(archive.Files[:sources:sources], got...)
				require.NoError(t, os.WriteFile(path, txtar.Format(archive), 0o644))
				return
			}
			require.Equal(t, string(txtar.Format(&txtar.Archive{Files: archive.Files[sources:]})), string(txtar.Format(&txtar.Archive{Files: got})),
				"go test ./bundles/compile -update writes what comes out")
		})
	}
}

// parse reads the archive's source files: those whose name has a dot.
func parse(t *testing.T, archive *txtar.Archive) *source.Bundle {
	var files []source.File
	for _, f := range archive.Files {
		if strings.Contains(f.Name, ".") {
			files = append(files, source.File{Name: f.Name, Data: f.Data})
		}
	}
	src, err := source.Parse(files...)
	require.NoError(t, err)
	return src
}

// The same source gives the same bytes, in whatever order its segments and decisions stand.
func TestSameBytes(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/storefront.txtar")
	require.NoError(t, err)
	want, faults := Bytes(parse(t, archive))
	require.Empty(t, faults)
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		src := parse(t, archive)
		r.Shuffle(len(src.Segments), func(i, j int) { src.Segments[i], src.Segments[j] = src.Segments[j], src.Segments[i] })
		r.Shuffle(len(src.Decisions), func(i, j int) { src.Decisions[i], src.Decisions[j] = src.Decisions[j], src.Decisions[i] })
		r.Shuffle(len(src.Attributes), func(i, j int) { src.Attributes[i], src.Attributes[j] = src.Attributes[j], src.Attributes[i] })
		got, faults := Bytes(src)
		require.Empty(t, faults)
		require.Equal(t, want, got)
	}
}

// madePolicy is a consent policy made by a program.
func madePolicy() *source.Consent {
	return &source.Consent{
		Cookies: []source.ConsentCookie{{Name: made("OptanonConsent"), Format: made("onetrust")}},
		Purposes: []source.Purpose{{Name: made("personalization"), OptOutOf: texts("sale"), TCF: &source.TCF{Purposes: []uint32{1}},
			Choices: []source.ChoiceOf{{Cookie: made("OptanonConsent"), Groups: texts("C0003")}}}},
		Jurisdictions: []source.Jurisdiction{
			{When: made(`geo.country == "DE"`), Modes: []source.ModeOf{{Purpose: made("*"), Mode: made("opt_in")}}},
			{Modes: []source.ModeOf{{Purpose: made("*"), Mode: made("opt_out")}}},
		},
	}
}

func TestMadePolicies(t *testing.T) {
	with := func(do func(*source.Consent)) *source.Bundle {
		b := small()
		b.Consent = madePolicy()
		do(b.Consent)
		return b
	}
	_, faults := Compile(with(func(*source.Consent) {}))
	require.Empty(t, faults)
	for _, c := range []struct {
		name string
		do   func(*source.Consent)
		want string
	}{
		{"an unknown format", func(c *source.Consent) { c.Cookies[0].Format = made("optanon") }, `"optanon" is no format of a cookie`},
		{"an unknown opt-out", func(c *source.Consent) { c.Purposes[0].OptOutOf = texts("sales") }, `"sales" is no opt-out of GPP`},
		{"an unknown mode", func(c *source.Consent) { c.Jurisdictions[1].Modes[0].Mode = made("ask") }, `"ask" is no mode`},
		{"no purpose of the TCF", func(c *source.Consent) { c.Purposes[0].TCF.Purposes = []uint32{0} }, "the TCF has the purposes 1 to 24"},
		{"a purpose beyond the TCF", func(c *source.Consent) { c.Purposes[0].TCF.Purposes = []uint32{25} }, "the TCF has the purposes 1 to 24"},
		{"a jurisdiction without a condition before others", func(c *source.Consent) { c.Jurisdictions[0].When = source.Text{} }, "those behind it are never reached"},
		{"a condition for the last", func(c *source.Consent) { c.Jurisdictions[1].When = made("true") }, "nothing is said of other places"},
		{"a cookie twice", func(c *source.Consent) { c.Cookies = append(c.Cookies, c.Cookies[0]) }, "the compiler made an invalid bundle"},
		{"too many cookies", func(c *source.Consent) {
			for i := range format.MaxCookies {
				c.Cookies = append(c.Cookies, source.ConsentCookie{Name: made(fmt.Sprintf("c%d", i)), Format: made("tcf")})
			}
		}, "consent.cookies has 65 cookies, the limit is 64"},
		{"too many groups", func(c *source.Consent) {
			for i := range format.MaxConsentGroups {
				c.Purposes[0].Choices[0].Groups = append(c.Purposes[0].Choices[0].Groups, made(fmt.Sprintf("C%d", i)))
			}
		}, "the purposes ask for 257 groups of consent managers, the limit is 256"},
		{"too many purposes", func(c *source.Consent) {
			for i := range format.MaxPurposes {
				c.Purposes = append(c.Purposes, source.Purpose{Name: made(fmt.Sprintf("p%d", i))})
			}
		}, "purposes, the limit is 32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, faults := Compile(with(c.do))
			require.Nil(t, b)
			require.ErrorContains(t, faults, c.want)
		})
	}
}

// made is a text that no file has.
func made(value string) source.Text {
	return source.Text{Value: value, Pos: source.Pos{Line: 1, Column: 1}}
}

func texts(values ...string) (all []source.Text) {
	for _, v := range values {
		all = append(all, made(v))
	}
	return all
}

// small is a source made by a program.
func small() *source.Bundle {
	return &source.Bundle{
		Name:       made("small"),
		Attributes: []source.Attribute{{Name: made("tier"), Type: made("string"), Purpose: made("necessary")}},
		Segments:   []source.Segment{{Name: made("gold"), When: made(`tier == "gold"`)}},
		Decisions: []source.Decision{{
			Name: made("flag"), Purposes: texts("necessary"), Default: made("off"),
			Variants: []source.Variant{{Name: made("on"), Kind: source.Bool, JSON: "true"}, {Name: made("off"), Kind: source.Bool, JSON: "false"}},
			Rules: []source.Rule{
				{ID: made("a"), When: made(`segment("gold")`), Serve: made("on")},
				{ID: made("b"), Split: &source.Split{By: made("tier"), Buckets: 100, Weights: []source.Weight{{Variant: made("on"), Millionth: 1}}}},
			},
		}},
		Routes: []source.Route{{Path: made("/*"), All: true}},
	}
}

// What package source refuses already, a source made by a program can still have.
func TestMadeSources(t *testing.T) {
	_, faults := Compile(small())
	require.Empty(t, faults)
	for _, c := range []struct {
		name string
		do   func(*source.Bundle)
		want string
	}{
		{"an attribute without type", func(b *source.Bundle) { b.Attributes[0].Type = source.Text{} }, "attribute tier has no type"},
		{"an attribute without purpose", func(b *source.Bundle) { b.Attributes[0].Purpose = source.Text{} }, "attribute tier has no purpose"},
		{"an attribute from nowhere", func(b *source.Bundle) { b.Attributes[0].From = made("session:x") }, `"session:x" is no source of an attribute`},
		{"an attribute from no cookie", func(b *source.Bundle) { b.Attributes[0].From = made("cookie:") }, `"cookie:" is no source of an attribute`},
		{"an attribute twice", func(b *source.Bundle) { b.Attributes = append(b.Attributes, b.Attributes[0]) }, "attribute tier is declared twice"},
		{"too many attributes", func(b *source.Bundle) {
			for i := range format.MaxAttributes {
				a := b.Attributes[0]
				a.Name = made(fmt.Sprintf("a%d", i))
				b.Attributes = append(b.Attributes, a)
			}
		}, "the bundle has 1025 attributes, the limit is 1024"},
		{"a segment twice", func(b *source.Bundle) { b.Segments = append(b.Segments, b.Segments[0]) }, "segment gold is declared twice"},
		{"a decision twice", func(b *source.Bundle) { b.Decisions = append(b.Decisions, b.Decisions[0]) }, "decision flag is declared twice"},
		{"too many decisions", func(b *source.Bundle) {
			for i := range format.MaxDecisions {
				b.Decisions = append(b.Decisions, source.Decision{Name: made(fmt.Sprintf("d%d", i)), Purposes: []source.Text{made("necessary")}})
			}
		}, "decisions, the limit is 4096"},
		{"a decision without purpose", func(b *source.Bundle) { b.Decisions[0].Purposes = nil }, "decision flag has no purpose"},
		{"a variant twice", func(b *source.Bundle) { b.Decisions[0].Variants[1].Name = made("on") }, "decision flag has two variants on"},
		{"too many variants", func(b *source.Bundle) {
			for i := range format.MaxVariants {
				b.Decisions[0].Variants = append(b.Decisions[0].Variants, source.Variant{Name: made(fmt.Sprintf("v%d", i)), JSON: "null"})
			}
		}, "decision flag has 4098 variants, the limit is 4096"},
		{"a variant that is too large", func(b *source.Bundle) { b.Decisions[0].Variants[0].JSON = strings.Repeat(" ", 1<<16) + "1" }, "variant on has 65537 bytes, the limit is 65536"},
		{"a rule's id twice", func(b *source.Bundle) { b.Decisions[0].Rules[1].ID = made("a") }, "decision flag has two rules a"},
		{"a rule that does nothing", func(b *source.Bundle) { b.Decisions[0].Rules[1].Split = nil }, "rule b needs one of serve, split and defer"},
		{"a rule that does two things", func(b *source.Bundle) { b.Decisions[0].Rules[1].Serve = made("on") }, "rule b needs one of serve, split and defer"},
		{"weights that are all zero", func(b *source.Bundle) { b.Decisions[0].Rules[1].Split.Weights[0].Millionth = 0 }, "the weights are all 0, or too large"},
		{"weights beyond 64 bits", func(b *source.Bundle) {
			b.Decisions[0].Rules[1].Split.Weights = []source.Weight{{Variant: made("on"), Millionth: 1 << 63}, {Variant: made("off"), Millionth: 1 << 63}}
		}, "the weights are all 0, or too large"},
		{"no buckets", func(b *source.Bundle) { b.Decisions[0].Rules[1].Split.Buckets = 0 }, "buckets is from 1 to 16777216, not 0"},
		{"too many buckets", func(b *source.Bundle) { b.Decisions[0].Rules[1].Split.Buckets = 1 << 25 }, "buckets is from 1 to 16777216, not 33554432"},
		{"a targeting key that is a number", func(b *source.Bundle) {
			b.Attributes[0].Type, b.TargetingKey = made("int"), made("tier")
			b.Segments[0].When = made("tier == 1")
		}, "OpenFeature's targeting key is a string, tier is int"},
		{"a bundle that is too large", func(b *source.Bundle) {
			for i := range 130 {
				b.Decisions[0].Variants = append(b.Decisions[0].Variants, source.Variant{Name: made(fmt.Sprintf("v%d", i)), Kind: source.String,
					JSON: fmt.Sprintf("%q", fmt.Sprint(i)+strings.Repeat("x", 65500))})
			}
		}, "KiB, the limit is 8192 KiB"},
		{"a condition that is too long", func(b *source.Bundle) {
			b.Decisions[0].Rules[0].When = made("device.bot" + strings.Repeat(" || device.bot", 1500))
		}, "the expression takes 4501 instructions, the limit is 4096"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := small()
			c.do(src)
			bundle, faults := Compile(src)
			require.Nil(t, bundle)
			require.Error(t, faults.Err())
			var messages []string
			for _, f := range faults {
				messages = append(messages, f.Message)
			}
			require.Contains(t, strings.Join(messages, "\n"), c.want)
		})
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []uint64
		buckets uint32
		want    []uint32
	}{
		{"even", []uint64{1, 1}, 100, []uint32{50, 50}},
		{"thirds: the remainder goes to the earliest", []uint64{1, 1, 1}, 100, []uint32{34, 33, 33}},
		{"the largest remainder first", []uint64{10, 15, 5}, 7, []uint32{2, 4, 1}},
		{"nobody", []uint64{0, 7, 0}, 10, []uint32{0, 10, 0}},
		{"too little for a bucket", []uint64{1, 1_000_000}, 10, []uint32{0, 10}},
		{"fewer buckets than variants", []uint64{1, 1, 1}, 2, []uint32{1, 1, 0}},
		{"the largest numbers", []uint64{1<<64 - 2, 1}, format.MaxBuckets, []uint32{format.MaxBuckets, 0}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, shares(c.weights, c.buckets)) })
	}
	t.Run("each is its exact share, rounded down or up", func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 2000 {
			weights, sum := make([]uint64, 1+r.IntN(6)), uint64(0)
			for i := range weights {
				weights[i] = r.Uint64N(1000)
				sum += weights[i]
			}
			if sum == 0 {
				continue
			}
			buckets, total := uint32(1+r.IntN(20000)), uint32(0)
			for i, share := range shares(weights, buckets) {
				exact := weights[i] * uint64(buckets)
				require.True(t, uint64(share) == exact/sum || uint64(share) == exact/sum+1 && exact%sum > 0)
				total += share
			}
			require.Equal(t, buckets, total)
		}
	})
}

func TestVariantValues(t *testing.T) {
	for _, c := range []struct {
		kind source.ValueKind
		json string
		want format.Kind
		text string
	}{
		{source.Number, "1", format.Int, "1"},
		{source.Number, "-1.0", format.Int, "-1"},
		{source.Number, "1e3", format.Int, "1000"},
		{source.Number, "0.5", format.Double, "0.5"},
		{source.Number, "9007199254740992", format.Int, "9007199254740992"},
		{source.Number, "9007199254740994", format.Double, "9007199254740994"},
		{source.Number, "1e300", format.Double, "1e300"},
		{source.String, `"a"`, format.String, `"a"`},
		{source.Bool, "true", format.Bool, "true"},
		{source.Null, "null", format.Null, "null"},
		{source.Object, `{"b":1,"a":1.0}`, format.Map, `{"b":1,"a":1.0}`},
	} {
		kind, text := variantValue(source.Variant{Kind: c.kind, JSON: c.json})
		require.Equal(t, c.want, kind, c.json)
		require.Equal(t, c.text, text)
	}
}

// A rule whose schedule ends with 1970 never holds: 0 would mean that it has no end.
func TestScheduleAroundZero(t *testing.T) {
	src := small()
	src.Decisions[0].Rules[0].Until = made("1970-01-01T00:00:00Z")
	bundle, faults := Compile(src)
	require.Empty(t, faults)
	require.False(t, bundle.Schedules[0].Includes(0))
	require.False(t, bundle.Schedules[0].Includes(1<<40))
}

func TestExpression(t *testing.T) {
	number, err := expr.ParseType("int")
	require.NoError(t, err)
	declared := []expr.Declaration{{Name: "n", Type: number}}
	bundle, faults, err := Expression("n + 1", declared, expr.Settings{})
	require.NoError(t, err)
	require.Empty(t, faults)
	require.Len(t, bundle.Conditions, 1)
	_, err = format.Read(bundle.Append(nil))
	require.NoError(t, err)

	bundle, faults, err = Expression("n + x", declared, expr.Settings{})
	require.NoError(t, err)
	require.Nil(t, bundle)
	require.Equal(t, `no attribute "x"`, faults[0].Message)

	_, _, err = Expression("n", append(declared, declared...), expr.Settings{})
	require.Error(t, err)
}
