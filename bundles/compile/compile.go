// Package compile turns a bundle's source into the compiled bundle that core reads.
//
// Reach for Compile: it takes what package source read and gives a format.Bundle, or every fault it finds: names that do not exist, types that
// do not fit, attributes that a decision has no consent to read. Bytes gives the file. The same source always gives the same bytes.
//
// Everything is checked before anything is laid out, because only then it is known which attributes and purposes are used.
package compile

import (
	"errors"
	"fmt"
	"slices"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/zone"
	"github.com/edgewise-dev/edgewise/core/format"
)

// Compile compiles a source. The faults are sorted by place; where one of them is no warning, there is no bundle.
func Compile(src *source.Bundle) (*format.Bundle, source.Faults) {
	c := check(src)
	if c.failed() {
		return nil, src.Files.Report(c.faults)
	}
	bundle := c.layOut()
	if !c.failed() {
		c.checkResult(bundle)
	}
	if c.failed() {
		return nil, src.Files.Report(c.faults)
	}
	return bundle, src.Files.Report(c.faults)
}

// newCompiler begins a compilation: it knows the source's attributes and purposes.
func newCompiler(src *source.Bundle) *compiler {
	c := &compiler{src: src, attributes: map[string]*attr{}, segments: map[string]*segment{}, decisions: map[string]*source.Decision{},
		asked:    map[string][]asking{},
		holdouts: map[string]*source.Holdout{}, groups: map[string]*source.Group{}, deciders: map[string]*decider{},
		draws: map[format.Draw]uint32{}, holdoutAt: map[string]uint32{}, groupAt: map[string]uint32{}}
	c.declareAttributes()
	return c
}

// check checks everything that does not depend on how it is laid out.
func check(src *source.Bundle) *compiler {
	c := newCompiler(src)
	if err := c.makeChecker(); err != nil {
		c.add(source.Fault{Message: err.Error()})
		return c
	}
	c.checkSegments()
	c.checkJurisdictions()
	c.checkHoldouts()
	c.checkGroups()
	c.checkDeciders()
	c.checkDecisions()
	c.checkRoutes()
	c.checkTargetingKey()
	c.checkZones()
	c.checkPersonas()
	c.checkPolicy()
	c.checkOutcomes()
	return c
}

// Bytes compiles a source into the bytes of a bundle file.
func Bytes(src *source.Bundle) ([]byte, source.Faults) {
	bundle, faults := Compile(src)
	if bundle == nil {
		return nil, faults
	}
	return bundle.Append(nil), faults
}

// compiler is one compilation.
type compiler struct {
	src    *source.Bundle
	faults []source.Fault

	attributes map[string]*attr // standard and declared ones
	purposes   []string         // that the bundle may speak of
	checker    *expr.Checker
	segments   map[string]*segment
	order      []*segment // each after those it uses
	holdouts   map[string]*source.Holdout
	groups     map[string]*source.Group
	decisions  map[string]*source.Decision
	asked      map[string][]asking // by whose rules ask
	// prerequisites are, for each decision, those to decide before it, in this order.
	prerequisites map[string][]string
	conditions    map[*source.Rule]*expr.Checked
	jurisdictions []*expr.Checked // their conditions, nil where there is none
	deciders      map[string]*decider
	early         bool // what is being checked runs before consent
	deciding      bool // what is being checked runs at the origin
	draws         map[format.Draw]uint32
	holdoutAt     map[string]uint32 // index+1
	groupAt       map[string]uint32 // likewise
	to            *expr.Target      // where it is laid out, once everything is checked
}

func (c *compiler) add(f source.Fault) { c.faults = append(c.faults, f) }

// fault notes a fault at a text of the source.
func (c *compiler) fault(at source.Text, message, hint string) {
	c.add(source.Fault{Pos: at.Pos, Length: at.Length(), Message: message, Hint: hint})
}

func (c *compiler) warn(at source.Text, message, hint string) {
	c.add(source.Fault{Pos: at.Pos, Length: at.Length(), Message: message, Hint: hint, Warning: true})
}

// inside notes the faults of an expression that is written in text.
func (c *compiler) inside(text source.Text, faults []expr.Fault) {
	for _, f := range faults {
		c.add(source.Fault{Pos: text.At(f.Offset), Length: f.Length, Message: f.Message, Hint: f.Hint, Warning: f.Warning})
	}
}

// failed says whether there is a fault that is no warning.
func (c *compiler) failed() bool {
	return slices.ContainsFunc(c.faults, func(f source.Fault) bool { return !f.Warning })
}

// didYouMean is a hint that names what is most like a mistyped word, or what there is if nothing is.
func didYouMean(word string, candidates []string) string {
	if nearest, ok := source.Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %s?", nearest)
	}
	return ""
}

// condition checks an expression that must be a condition. It gives nil where it is none.
func (c *compiler) condition(text source.Text) *expr.Checked {
	checked, faults := c.checker.Check(text.Value)
	c.inside(text, faults)
	if checked == nil {
		return nil
	}
	if !checked.Type.IsBool() && checked.Type.Kind() != format.Dyn {
		c.fault(text, fmt.Sprintf("a condition must be bool, this is %s", checked.Type), "compare it with something")
		return nil
	}
	return checked
}

// everyCondition calls do for the conditions of segments, each after those it uses, of jurisdictions, of rules and of deciders.
func (c *compiler) everyCondition(do func(*expr.Checked)) {
	for _, s := range c.order {
		if s.checked != nil {
			do(s.checked)
		}
	}
	for _, checked := range c.jurisdictions {
		if checked != nil {
			do(checked)
		}
	}
	for _, checked := range c.conditions {
		do(checked)
	}
	for _, d := range c.deciders {
		for _, checked := range d.conditions {
			if checked != nil {
				do(checked)
			}
		}
	}
}

// checkResult has the finished bundle read as core would. What is found here is beyond a limit of the format as a whole; anything
// else would be a mistake in this package.
func (c *compiler) checkResult(b *format.Bundle) {
	_, err := format.Read(b.Append(nil))
	var refusal *format.Refusal
	switch {
	case err == nil:
	case errors.As(err, &refusal) && (refusal.Code == format.TooLarge || refusal.Code == format.TooMany):
		c.add(source.Fault{Message: err.Error(), Hint: "make two bundles of it"})
	default:
		c.add(source.Fault{Message: "the compiler made an invalid bundle: " + err.Error(), Hint: "please report this with the source"})
	}
}

// Expression compiles one expression over declared attributes, all of them `necessary`, into a bundle that has it as its only
// condition: what `edgewise expr` evaluates. Any time zone may be met. Text that is wrong gives faults and no bundle.
func Expression(text string, attributes []expr.Declaration, settings expr.Settings) (*format.Bundle, []expr.Fault, error) {
	checker, err := expr.New(attributes, settings)
	if err != nil {
		return nil, nil, err
	}
	checked, faults := checker.Check(text)
	if checked == nil {
		return nil, faults, nil
	}
	b := assemble.New("expression")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	to := &expr.Target{Builder: b, Attributes: map[string]uint32{}}
	for i, a := range attributes {
		to.Attributes[a.Name] = uint32(i)
		b.Attributes = append(b.Attributes, format.Attribute{Name: b.Str(a.Name), Type: a.Type.Word(), TypeText: b.Str(a.Type.String())})
	}
	zones := checked.Zones
	if checked.AnyZone {
		zones = zone.Names()
	}
	layOutZones(b, zones)
	if _, exceeded := checked.Emit(to, 0); len(exceeded) > 0 {
		return nil, append(faults, exceeded...), nil
	}
	return b.Finish(), faults, nil
}
