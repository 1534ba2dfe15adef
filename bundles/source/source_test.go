package source

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the expected output of this package's tests anew")

// Each archive in testdata holds cases: the files of a source, NAME.yaml or NAME/*.yaml, and NAME.want, what reading it gives: the
// faults as they are shown, or the model.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	cases := 0
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		var files []File
		for i := range archive.Files {
			file := &archive.Files[i]
			caseName, isWant := strings.CutSuffix(file.Name, ".want")
			if !isWant {
				files = append(files, File{Name: file.Name, Data: file.Data})
				continue
			}
			cases++
			t.Run(strings.TrimSuffix(path.Base(name), ".txtar")+"/"+caseName, func(t *testing.T) {
				for _, f := range files {
					require.Equal(t, caseName, strings.SplitN(strings.TrimSuffix(f.Name, path.Ext(f.Name)), "/", 2)[0], "a source without .want")
				}
				got := read(files) + "\n"
				if *update {
					file.Data = []byte(got)
				}
				require.Equal(t, string(file.Data), got)
			})
			files = nil
		}
		require.Empty(t, files, "a source without .want")
		if *update {
			require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
		}
	}
	require.GreaterOrEqual(t, cases, 50, "cases found")
}

func read(files []File) string {
	bundle, err := Parse(files...)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(dump(bundle), "\n")
}

// dump shows a model, each text with its line and column.
func dump(b *Bundle) string {
	var out strings.Builder
	line := func(indent int, words ...any) {
		out.WriteString(strings.Repeat("  ", indent))
		for i, word := range words {
			if t, isText := word.(Text); isText {
				if word = "-"; t.Present() {
					word = fmt.Sprintf("%q@%d:%d", t.Value, t.Pos.Line, t.Pos.Column)
				}
			}
			if i > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprint(&out, word)
		}
		out.WriteByte('\n')
	}
	texts := func(list []Text) string {
		var words []string
		for _, t := range list {
			words = append(words, t.Value)
		}
		return "[" + strings.Join(words, " ") + "]"
	}
	line(0, "bundle", b.Name, "owner", b.Owner, "targeting_key", b.TargetingKey)
	if c := b.Consent; c != nil {
		line(0, "consent", "max_age", c.MaxAge, "min_policy", c.MinPolicy, "missing_disclosed", c.MissingDisclosed, "missing_notice", c.MissingNotice)
		for _, cookie := range c.Cookies {
			line(1, "cookie", cookie.Name, cookie.Format)
		}
		for _, p := range c.Purposes {
			line(1, "purpose", p.Name, "opt_out_of", texts(p.OptOutOf), "sensitive", texts(p.Sensitive), "gpc", p.GPCDenies)
			if t := p.TCF; t != nil {
				line(2, "tcf", t.Purposes, "subject", t.Subject, "vendor", t.Vendor, "legitimate_interest", t.LegitimateInterest)
			}
			for _, choice := range p.Choices {
				line(2, "cmp", choice.Cookie, texts(choice.Groups))
			}
		}
		for _, j := range c.Jurisdictions {
			line(1, "jurisdiction", j.Name, "when", j.When)
			for _, m := range j.Modes {
				line(2, m.Purpose, m.Mode)
			}
		}
	}
	for _, a := range b.Attributes {
		line(0, "attribute", a.Name, "type", a.Type, "purpose", a.Purpose, "from", a.From, "enum", texts(a.Enum))
	}
	for _, s := range b.Segments {
		line(0, "segment", s.Name, "when", s.When)
	}
	for _, d := range b.Decisions {
		line(0, "decision", d.Name, "purposes", texts(d.Purposes), "objective", d.Objective, "disabled", d.Disabled, "default", d.Default)
		for _, v := range d.Variants {
			line(1, "variant", v.Name, []string{"null", "bool", "string", "number", "object", "list"}[v.Kind], v.JSON)
		}
		for _, rule := range d.Rules {
			line(1, "rule", rule.ID, "when", rule.When, "serve", rule.Serve)
			if rule.From.Present() || rule.Until.Present() {
				line(2, "from", rule.From, rule.FromUnix, "until", rule.Until, rule.UntilUnix)
			}
			if s := rule.Split; s != nil {
				line(2, "split by", s.By, "seed", s.Seed, "buckets", s.Buckets)
				for _, w := range s.Weights {
					line(3, w.Variant, w.Millionth)
				}
			}
		}
	}
	for _, route := range b.Routes {
		line(0, "route", route.Path, "decisions", texts(route.Decisions), "all", route.All, "locked", route.Locked)
	}
	for _, p := range b.Personas {
		line(0, "persona", p.Name, p.Context, p.Consent)
	}
	return out.String()
}
