// Package expr is the front end of conditions: it reads CEL expressions, checks their types against the attributes that a bundle declares,
// and writes the instructions that core runs.
//
// Reach for New first: it takes the declarations and gives a Checker; Check takes an expression's text and gives what it reads, or
// its faults, in words that an author of rules understands; Emit writes its instructions. Checking and emitting are two steps
// because attributes and segments are numbered only when it is known which ones are used.
//
// Parsing and type checking are cel-go's. What a rule cannot do yet is a fault that says so, never a wrong answer.
package expr

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/containers"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/stdlib"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"

	"github.com/edgewise-dev/edgewise/bundles/pattern"
	"github.com/edgewise-dev/edgewise/core/format"
)

// The limits of an expression's text. They bound the time that checking takes, which grows with the text times the depth of its types.
const (
	MaxText      = format.MaxString // bytes: the text goes into the bundle
	MaxNesting   = 250              // parentheses, calls and operators inside one another
	MaxTypeDepth = 16               // lists and maps inside one another, written so or made by macros
)

// Declaration is an attribute that expressions may read.
type Declaration struct {
	Name string // with dots
	Type Type
	Enum []string // the only values a string attribute takes; nil: any
}

// Settings are what expressions are checked with besides attributes. The zero Settings are good for a condition that knows no segments.
type Settings struct {
	Segments  []string // what segment("...") may name
	Purposes  []string // what granted("...") may name
	Decisions []string // what decision("...") may name
	Container string   // CEL's container: the prefix tried before each name
	NoMacros  bool     // without all, exists, exists_one, map, filter and has
	InBundle  bool     // the expression stands in a bundle: hints name the bundle's keys
	Certain   bool     // parts that end in an error whoever asks, and members that in can never find, are faults
}

// Checker checks expressions. It may be used by several goroutines at once.
type Checker struct {
	settings   Settings
	attributes map[string]*Declaration
	names      []string // of attributes, sorted
	parser     *parser.Parser
	env        *checker.Env
}

// Fault is a mistake in an expression, or a doubt about it.
type Fault struct {
	Offset  int    // where it begins, in characters from the expression's beginning
	Length  int    // in characters
	Message string // lower case, without a period
	Hint    string // what to do; "" where there is nothing to say
	Warning bool   // the expression means something all the same
}

// New makes a checker for expressions over the declared attributes. The error names a declaration that cannot be.
func New(attributes []Declaration, settings Settings) (*Checker, error) {
	c := &Checker{settings: settings, attributes: map[string]*Declaration{}}
	container, err := containers.NewContainer(containers.Name(settings.Container))
	if err != nil {
		return nil, fmt.Errorf("container %q: %w", settings.Container, err)
	}
	if c.env, err = checker.NewEnv(container, types.NewEmptyRegistry(), checker.CrossTypeNumericComparisons(true)); err != nil {
		return nil, err
	}
	if err := c.env.AddIdents(stdlib.Types()...); err != nil {
		return nil, err
	}
	if err := c.env.AddIdents(decls.TypeVariable(ipType), decls.TypeVariable(cidrType), decls.TypeVariable(semverType), decls.TypeVariable(types.OptionalType)); err != nil {
		return nil, err
	}
	if err := c.env.AddFunctions(append(stdlib.Functions(), ownFunctions...)...); err != nil {
		return nil, err
	}
	for i := range attributes {
		a := &attributes[i]
		if c.attributes[a.Name] != nil {
			return nil, fmt.Errorf("attribute %q is declared twice", a.Name)
		}
		if err := c.env.AddIdents(decls.NewVariable(a.Name, a.Type.cel)); err != nil {
			return nil, fmt.Errorf("attribute %q has the name of a CEL type", a.Name)
		}
		c.attributes[a.Name] = a
		c.names = append(c.names, a.Name)
	}
	slices.Sort(c.names)
	options := []parser.Option{
		parser.EnablePrattParser(true), // says more exactly than the other what is wrong, and needs a tenth of the time
		parser.EnableOptionalSyntax(true),
		parser.MaxRecursionDepth(MaxNesting),
		parser.ExpressionSizeCodePointLimit(MaxText),
	}
	if !settings.NoMacros {
		options = append(options, parser.Macros(macros...))
	}
	c.parser, err = parser.NewParser(options...)
	return c, err
}

// Checked is an expression whose types fit.
type Checked struct {
	Text       string
	Type       Type
	Attributes []Use    // read, or asked for with has(); sorted by name
	Segments   []Use    // likewise
	Purposes   []Use    // asked for with granted(), likewise
	Decisions  []Use    // whose answers it reads, likewise
	Parameters []Use    // the constant keys by which it reads request.query, likewise
	Zones      []string // time zones that it names
	AnyZone    bool     // whether it uses time zones that are known only when it is evaluated

	checker  *Checker
	tree     *ast.AST
	patterns map[string]*pattern.Program // of matches(), by how they are written
}

// Use is a name that an expression uses, and the first place where it does, in characters.
type Use struct {
	Name           string
	Offset, Length int
}

// Check reads an expression. Where a fault is no warning there is no Checked.
func (c *Checker) Check(text string) (*Checked, []Fault) {
	if len(text) > MaxText {
		return nil, []Fault{{Length: 1, Message: fmt.Sprintf("expression has %d bytes, the limit is %d", len(text), MaxText),
			Hint: "split it into segments"}}
	}
	if !utf8.ValidString(text) {
		return nil, []Fault{{Length: 1, Message: "the expression is not UTF-8"}}
	}
	source := common.NewTextSource(text)
	tree, problems := c.parser.Parse(source)
	if faults := syntaxFaults(text, problems.GetErrors()); len(faults) > 0 {
		return nil, faults
	}
	if id := growingType(tree.Expr()); id != 0 {
		return nil, []Fault{newTranslator(c, text, tree).fault(id, "the maps made here would have types too large to check")}
	}
	if id := deepType(tree.Expr()); id != 0 {
		f := newTranslator(c, text, tree).fault(id, fmt.Sprintf("lists and maps are more than %d deep inside one another", MaxTypeDepth))
		return nil, []Fault{f}
	}
	tree, problems = checker.Check(tree, source, c.env)
	t := newTranslator(c, text, tree)
	if faults := t.typeFaults(problems.GetErrors()); len(faults) > 0 {
		return nil, faults
	}
	e := &Checked{Text: text, Type: Type{tree.GetType(tree.Expr().ID())}, checker: c, tree: tree, patterns: map[string]*pattern.Program{}}
	s := &survey{Checked: e, translator: t}
	s.visit(tree.Expr(), nil)
	if c.settings.Certain && len(s.faults) == 0 {
		s.checkCertain(tree.Expr())
	}
	e.Attributes, e.Segments, e.Purposes = firstUses(e.Attributes), firstUses(e.Segments), firstUses(e.Purposes)
	e.Decisions, e.Parameters = firstUses(e.Decisions), firstUses(e.Parameters)
	slices.SortStableFunc(s.faults, func(x, y Fault) int { return cmp.Compare(x.Offset, y.Offset) })
	if slices.ContainsFunc(s.faults, func(f Fault) bool { return !f.Warning }) {
		return nil, s.faults
	}
	return e, s.faults
}

// firstUses sorts uses by name and keeps the first of each.
func firstUses(uses []Use) []Use {
	slices.SortFunc(uses, func(x, y Use) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Offset, y.Offset))
	})
	return slices.CompactFunc(uses, func(x, y Use) bool { return x.Name == y.Name })
}
