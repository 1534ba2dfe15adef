package compile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
)

// attr is an attribute that conditions can read, standard or declared.
type attr struct {
	name     string
	kind     expr.Type
	purpose  string
	from     string
	trust    attribute.Trust
	standard bool
	origin   bool   // known there only
	maxAge   uint32 // seconds for which a signed value counts; 0: no bound
	declared bool   // in the source, and so in the bundle whether or not it is read
	nameless bool   // by a name that CEL cannot write, which is a fault
	enum     []assemble.Constant
	words    []string // enum, where the attribute is a string
}

// closedHeaders are no source of an attribute, in lower case, with the reason: each holds what a purpose of its own guards, or says what
// is consented to.
var closedHeaders = map[string]struct{ why, hint string }{
	"cookie":     {"it holds the cookies of every purpose", "write cookie:NAME for one of them"},
	"sec-gpc":    {"it is a consent signal, no data to decide on", `a condition asks granted("personalization")`},
	"dnt":        {"it is a consent signal, no data to decide on", `a condition asks granted("personalization")`},
	"set-cookie": {"it is no header of a request", "write cookie:NAME for a cookie"},
}

// stateCookie holds parts of several purposes, and is deleted unread where none of them is granted.
const stateCookie = "__Host-edgewise"

// declareAttributes collects the standard attributes, the declared ones and the purposes.
func (c *compiler) declareAttributes() {
	for _, s := range attribute.Table {
		a := &attr{name: s.Name, purpose: s.Purpose, trust: s.Trust, standard: true, words: s.Enum}
		a.kind, _ = expr.ParseType(s.Type)
		for _, word := range s.Enum {
			a.enum = append(a.enum, assemble.String(word))
		}
		c.attributes[s.Name] = a
	}
	c.declarePurposes()
	for i := range c.src.Attributes {
		declared := &c.src.Attributes[i]
		if standard := attribute.Find(declared.Name.Value); standard != nil {
			c.repeatStandard(declared, standard)
		} else {
			c.declareOwn(declared)
		}
	}
	for i := range c.src.Attributes { // once the purposes of all are known, whatever their order
		if declared := &c.src.Attributes[i]; declared.From.Present() && attribute.Find(declared.Name.Value) == nil {
			c.checkHeader(declared)
		}
	}
}

// repeatStandard takes a declaration of a standard attribute: the same type, the same or a stricter purpose.
func (c *compiler) repeatStandard(declared *source.Attribute, standard *attribute.Standard) {
	a := c.attributes[standard.Name]
	a.declared, a.maxAge = true, seconds(declared.MaxAge)
	if declared.Type.Present() {
		kind, err := expr.ParseType(declared.Type.Value)
		if err != nil || kind.String() != a.kind.String() {
			c.fault(declared.Type, fmt.Sprintf("%s is a standard attribute of type %s", standard.Name, standard.Type),
				"leave the type out, or choose another name")
		}
	}
	if declared.From.Present() {
		c.fault(declared.From, fmt.Sprintf("%s is a standard attribute: it comes from the %s", standard.Name, standard.Source),
			"leave from out, or choose another name")
	}
	if declared.Origin {
		c.fault(declared.At, fmt.Sprintf("%s is a standard attribute: every place knows it", standard.Name), "leave at out, or choose another name")
	}
	if len(declared.Enum) > 0 {
		c.fault(declared.Enum[0], fmt.Sprintf("the values of the standard attribute %s are fixed", standard.Name), "leave enum out")
	}
	if !declared.Purpose.Present() || declared.Purpose.Value == standard.Purpose {
		return
	}
	if standard.Purpose != attribute.Necessary {
		c.fault(declared.Purpose, fmt.Sprintf("%s needs %s: another purpose would be less strict", standard.Name, standard.Purpose), "leave purpose out")
		return
	}
	a.purpose = declared.Purpose.Value
	c.checkPurpose(declared.Purpose)
}

// seconds rounds milliseconds up.
func seconds(milliseconds int64) uint32 { return uint32((milliseconds + 999) / 1000) }

// declareOwn takes the declaration of an attribute of the bundle's own. Where its type is wrong it is known as dyn, so that conditions which
// read it are not faults as well.
func (c *compiler) declareOwn(declared *source.Attribute) {
	a := &attr{name: declared.Name.Value, trust: attribute.Caller, declared: true, origin: declared.Origin, maxAge: seconds(declared.MaxAge)}
	kind, err := expr.ParseType(declared.Type.Value)
	switch {
	case !declared.Type.Present():
		c.fault(declared.Name, fmt.Sprintf("attribute %s has no type", a.name), "add type: string, say")
	case err != nil:
		c.fault(declared.Type, err.Error(), "")
	case kind.Kind() == format.TypeOf || kind.Kind() == format.Null:
		c.fault(declared.Type, fmt.Sprintf("an attribute cannot be of type %s", kind), "")
		err = fmt.Errorf("type %s", kind)
	}
	if err != nil {
		kind, _ = expr.ParseType("dyn")
	}
	a.kind = kind
	if err := expr.CheckName(a.name); err != nil {
		a.nameless = true
		c.fault(declared.Name, fmt.Sprintf("no condition could read %s: %v", a.name, err), "choose another name")
	}
	if declared.Purpose.Present() {
		a.purpose = declared.Purpose.Value
		c.checkPurpose(declared.Purpose)
	} else {
		c.fault(declared.Name, fmt.Sprintf("attribute %s has no purpose", a.name), "add purpose: necessary, or what a visitor must consent to")
	}
	if declared.From.Present() {
		c.takeFrom(a, declared)
	}
	for _, value := range declared.Enum {
		c.takeEnumValue(a, value)
	}
	if c.attributes[a.name] != nil {
		c.fault(declared.Name, fmt.Sprintf("attribute %s is declared twice", a.name), "")
	}
	c.attributes[a.name] = a
}

// takeFrom takes where an attribute comes from, and with it how far it can be trusted.
func (c *compiler) takeFrom(a *attr, declared *source.Attribute) {
	a.from = declared.From.Value
	place, name, _ := strings.Cut(a.from, ":")
	switch {
	case a.from == "signed":
		a.trust = attribute.Signed
		if kind := a.kind.Kind(); kind == format.Map || kind == format.Bytes || kind == format.Dyn {
			c.fault(declared.From, fmt.Sprintf("what the origin signs cannot be %s", a.kind), "take a string, a number, a bool, a time or a list of those")
		}
		return
	case (place == "cookie" || place == "query" || place == "header") && name != "":
		a.trust = attribute.Visitor
	default:
		c.fault(declared.From, fmt.Sprintf("%q is no source of an attribute", a.from), "write cookie:NAME, query:NAME or header:NAME")
		return
	}
	if kind := a.kind.Kind(); kind == format.Map || kind == format.Bytes {
		c.fault(declared.From, fmt.Sprintf("the text of a %s cannot be read as %s", place, a.kind),
			"take a string, a number, a bool, a time or a list of those")
	}
	closed, ok := closedHeaders[strings.ToLower(name)]
	switch {
	case place == "header" && ok:
		c.fault(declared.From, fmt.Sprintf("header %s cannot be an attribute: %s", name, closed.why), closed.hint)
	case place == "cookie" && c.isSignal(name):
		c.fault(declared.From, fmt.Sprintf("cookie %s cannot be an attribute: it is a consent signal, no data to decide on", name),
			`a condition asks granted("personalization")`)
	case place == "cookie" && name == stateCookie:
		c.fault(declared.From, fmt.Sprintf("cookie %s cannot be an attribute: it holds state of several purposes", name),
			"read session.id or visitor.id instead")
	}
}

// checkHeader sees that an attribute from a header that feeds a standard attribute too has that one's purpose.
func (c *compiler) checkHeader(declared *source.Attribute) {
	place, name, _ := strings.Cut(declared.From.Value, ":")
	if place != "header" || !declared.Purpose.Present() {
		return
	}
	needs, fed := "", ""
	for _, s := range attribute.Table {
		if !slices.Contains(s.Headers, strings.ToLower(name)) {
			continue
		}
		purpose := c.attributes[s.Name].purpose
		if needs == "" || needs == attribute.Necessary && purpose != needs { // of several what needs consent counts
			needs, fed = purpose, s.Name
		}
	}
	if needs != "" && declared.Purpose.Value != needs {
		c.fault(declared.Purpose, fmt.Sprintf("header %s also feeds %s, whose purpose is %s", name, fed, needs), "write purpose: "+needs)
	}
}

// takeEnumValue reads one of the only values of an attribute as its type.
func (c *compiler) takeEnumValue(a *attr, value source.Text) {
	var constant assemble.Constant
	ok := true
	switch a.kind.Kind() {
	case format.String:
		constant = assemble.String(value.Value)
		a.words = append(a.words, value.Value)
	case format.Int:
		var number int64
		number, ok = text.ParseInt(value.Value)
		constant = assemble.Int(number)
	case format.Uint:
		var number uint64
		number, ok = text.ParseUint(value.Value)
		constant = assemble.Uint(number)
	case format.Double:
		var number float64
		number, ok = text.ParseDouble(value.Value)
		ok = ok && !math.IsNaN(number)
		constant = assemble.Double(number)
	case format.Dyn:
		return // its type is a fault already
	default:
		c.fault(value, fmt.Sprintf("enum is for strings and numbers, %s is %s", a.name, a.kind), "leave enum out")
		return
	}
	if !ok {
		c.fault(value, fmt.Sprintf("%q is no %s", value.Value, a.kind), "")
	}
	a.enum = append(a.enum, constant)
}

// makeChecker prepares checking conditions over all attributes.
func (c *compiler) makeChecker() (err error) {
	c.checker, err = c.newChecker()
	return err
}

// newChecker prepares checking over all attributes and what is added to them.
func (c *compiler) newChecker(added ...expr.Declaration) (*expr.Checker, error) {
	var declarations []expr.Declaration
	for _, name := range sortedNames(c.attributes) {
		if a := c.attributes[name]; !a.nameless {
			declarations = append(declarations, expr.Declaration{Name: name, Type: a.kind, Enum: a.words})
		}
	}
	settings := expr.Settings{Purposes: c.purposes, InBundle: true, Certain: true}
	for _, s := range c.src.Segments {
		settings.Segments = append(settings.Segments, s.Name.Value)
	}
	for _, d := range c.src.Decisions {
		settings.Decisions = append(settings.Decisions, d.Name.Value)
	}
	return expr.New(append(declarations, added...), settings)
}

// sortedNames are the keys of a map in order.
func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
