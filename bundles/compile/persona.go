package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
)

// checkPersonas sees that personas speak of attributes and purposes that there are: what is mistyped would be ignored for ever.
func (c *compiler) checkPersonas() {
	for i := range c.src.Personas {
		p := &c.src.Personas[i]
		for _, name := range sortedNames(p.Keys) {
			if !c.leads(name) {
				c.fault(p.Keys[name], fmt.Sprintf("no attribute %q", name),
					orElse(didYouMean(name, sortedNames(c.attributes)), "declare it under attributes, or take it out"))
			}
		}
		for _, purpose := range p.Granted {
			if !slices.Contains(c.purposes, purpose.Value) {
				c.fault(purpose, fmt.Sprintf("no purpose %q", purpose.Value),
					orElse(didYouMean(purpose.Value, c.purposes), "purposes are "+strings.Join(c.purposes, ", ")))
			}
		}
	}
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
