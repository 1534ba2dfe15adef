package ruletest

import (
	"regexp/syntax"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"
)

// facts are what conditions mention: where to look for a visitor whom they fit.
type facts struct {
	attributes []string // each once
	texts      []string // constants; what a pattern of matches() fits, too
	numbers    []float64
	beside     map[string]*facts // by attribute: what it is compared with
}

// mentioned gives the facts of conditions and of the segments that they use.
func (s *Suite) mentioned(conditions ...string) *facts {
	f := &facts{beside: map[string]*facts{}}
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true)) // without macros: has(a.b) names a.b
	if err != nil {
		return f
	}
	seen := map[string]bool{}
	for len(conditions) > 0 {
		condition := conditions[0]
		conditions = conditions[1:]
		if seen[condition] {
			continue
		}
		seen[condition] = true
		parsed, errs := p.Parse(common.NewTextSource(condition))
		if len(errs.GetErrors()) > 0 {
			continue
		}
		ast.PostOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
			if name, ok := segmentOf(e); ok {
				for _, segment := range s.source.Segments {
					if segment.Name.Value == name {
						conditions = append(conditions, segment.When.Value)
					}
				}
			}
			f.note(e, s.types)
		}))
	}
	return f
}

// segmentOf is the name in segment("name").
func segmentOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "segment" || len(e.AsCall().Args()) != 1 {
		return "", false
	}
	return textOf(e.AsCall().Args()[0])
}

func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

func (f *facts) note(e ast.Expr, attributes map[string]string) {
	switch e.Kind() {
	case ast.IdentKind, ast.SelectKind:
		name := dotted(e)
		if attributes[name] != "" && !slices.Contains(f.attributes, name) {
			f.attributes = append(f.attributes, name)
		}
	case ast.CallKind:
		f.noteBeside(e.AsCall(), attributes)
		if call := e.AsCall(); call.FunctionName() == "matches" && len(call.Args()) > 0 {
			if pattern, ok := textOf(call.Args()[len(call.Args())-1]); ok {
				f.text(example(pattern))
			}
		}
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.String:
			f.text(string(v))
		case types.Int:
			f.numbers = append(f.numbers, float64(v))
		case types.Uint:
			f.numbers = append(f.numbers, float64(v))
		case types.Double:
			f.numbers = append(f.numbers, float64(v))
		}
	}
}

// noteBeside notes the constants that stand in a call beside an attribute, alone or in a list.
func (f *facts) noteBeside(call ast.CallExpr, attributes map[string]string) {
	operands := call.Args()
	if call.IsMemberFunction() {
		operands = append([]ast.Expr{call.Target()}, operands...)
	}
	var constants facts
	for _, operand := range operands {
		constants.note(operand, nil)
		if operand.Kind() == ast.ListKind {
			for _, element := range operand.AsList().Elements() {
				constants.note(element, nil)
			}
		}
	}
	for _, operand := range operands {
		if name := dotted(operand); attributes[name] != "" && len(constants.texts)+len(constants.numbers) > 0 {
			if f.beside[name] == nil {
				f.beside[name] = &facts{}
			}
			beside := f.beside[name]
			for _, text := range constants.texts {
				beside.text(text)
			}
			beside.numbers = append(beside.numbers, constants.numbers...)
		}
	}
}

func (f *facts) text(text string) {
	if !slices.Contains(f.texts, text) {
		f.texts = append(f.texts, text)
	}
}

// dotted is a name such as geo.country, "" for what is none.
func dotted(e ast.Expr) string {
	var parts []string
	for e.Kind() == ast.SelectKind {
		parts = append(parts, e.AsSelect().FieldName())
		e = e.AsSelect().Operand()
	}
	if e.Kind() != ast.IdentKind {
		return ""
	}
	parts = append(parts, e.AsIdent())
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// example is a text that fits a pattern, most often.
func example(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	writeExample(&b, re)
	return b.String()
}

func writeExample(b *strings.Builder, re *syntax.Regexp) {
	const longest = 200 // patterns may ask for very many repetitions
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if c := max(re.Rune[i], ' '); c <= re.Rune[i+1] {
				b.WriteRune(c)
				return
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpAlternate, syntax.OpCapture, syntax.OpPlus:
		writeExample(b, re.Sub[0])
	case syntax.OpRepeat:
		for i := 0; i < re.Min && b.Len() < longest; i++ {
			writeExample(b, re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writeExample(b, sub)
		}
	}
}
