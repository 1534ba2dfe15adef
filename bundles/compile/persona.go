package compile

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// checkPersonas sees that personas speak of attributes and purposes that there are: what is mistyped would be ignored for ever.
func (c *compiler) checkPersonas() {
	for i := range c.src.Personas {
		p := &c.src.Personas[i]
		var context map[string]any
		_ = json.Unmarshal([]byte(p.Context), &context) // package source wrote it
		c.checkValues(p.Keys, "", context)
		for _, name := range sortedNames(p.Keys) {
			if !c.leads(name) {
				c.fault(p.Keys[name], fmt.Sprintf("no attribute %q", name),
					orElse(didYouMean(name, sortedNames(c.attributes)), "declare it under attributes, or take it out"))
			}
		}
		for _, purpose := range p.Granted {
			c.checkPurpose(purpose)
		}
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
