package compile

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

// checkPersonas sees that personas, and the visitors of tests, speak of attributes and purposes that there are: what is mistyped would be
// ignored for ever.
func (c *compiler) checkPersonas() {
	for i := range c.src.Personas {
		p := &c.src.Personas[i]
		c.checkVisitor(p.Context, p.Keys, p.Granted)
	}
	c.checkTests(c.src.Tests)
}

func (c *compiler) checkTests(cases []source.Test) {
	for i := range cases {
		t := &cases[i]
		c.checkVisitor(t.Context, t.Keys, t.Granted)
		for _, o := range t.Outcomes {
			if o.Purpose.Value == attribute.Necessary {
				c.fault(o.Purpose, "what is necessary needs no consent", "take it out")
				continue
			}
			c.checkPurpose(o.Purpose)
		}
	}
}

// CheckTests gives the faults of tests that stand beside a source that compiles: attributes and purposes that it does not have, and values
// that an attribute cannot have.
func CheckTests(src *source.Bundle, cases []source.Test) []source.Fault {
	c := newCompiler(src)
	c.faults = nil // a source that compiles has none but warnings
	c.checkTests(cases)
	return c.faults
}

// checkVisitor checks a made-up visitor: its context, where the context's keys stand, and what it granted.
func (c *compiler) checkVisitor(context string, keys map[string]source.Text, granted []source.Text) {
	var values map[string]any
	_ = json.Unmarshal([]byte(context), &values) // package source wrote it, or there is none
	c.checkValues(keys, "", values)
	for _, name := range sortedNames(keys) {
		if !c.leads(name) {
			c.fault(keys[name], fmt.Sprintf("no attribute %q", name),
				orElse(didYouMean(name, sortedNames(c.attributes)), "declare it under attributes, or take it out"))
		}
	}
	for _, purpose := range granted {
		c.checkPurpose(purpose)
	}
}

// checkValues finds values that are none for their attributes: a rule would see them as absent.
func (c *compiler) checkValues(keys map[string]source.Text, prefix string, object map[string]any) {
	for key, value := range object {
		name := prefix + key
		a := c.attributes[name]
		inner, isObject := value.(map[string]any)
		switch {
		case a == nil && isObject:
			c.checkValues(keys, name+".", inner)
		case a == nil || value == nil || fits(a.kind.Kind(), value) && c.inEnum(a, value):
		case !fits(a.kind.Kind(), value):
			c.fault(keys[name], fmt.Sprintf("%s is %s, and this value is none", name, a.kind), "")
		default:
			c.fault(keys[name], fmt.Sprintf("%s is never %q", name, value), "it is one of "+strings.Join(a.words, ", "))
		}
	}
}

func (c *compiler) inEnum(a *attr, value any) bool {
	word, isText := value.(string)
	return !isText || len(a.words) == 0 || slices.Contains(a.words, word)
}

// fits says whether a JSON value can be read as a kind, as far as its shape tells.
func fits(kind format.Kind, value any) bool {
	switch v := value.(type) {
	case bool:
		return kind == format.Bool || kind == format.Dyn
	case float64:
		whole := v == math.Trunc(v)
		return kind == format.Double || kind == format.Dyn || kind == format.Int && whole || kind == format.Uint && whole && v >= 0
	case []any:
		return kind == format.List || kind == format.Dyn
	case map[string]any:
		return kind == format.Map || kind == format.Dyn
	}
	return kind != format.Bool && kind != format.Int && kind != format.Uint && kind != format.Double && kind != format.List && kind != format.Map
}

// leads says whether the name of a context's key is an attribute's, begins one's, or lies within the value of one.
func (c *compiler) leads(name string) bool {
	if c.attributes[name] != nil {
		return true
	}
	for known, a := range c.attributes {
		kind := a.kind.Kind()
		if strings.HasPrefix(known, name+".") || (kind == format.Map || kind == format.Dyn) && strings.HasPrefix(name, known+".") {
			return true
		}
	}
	return false
}
