package edge

import (
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/sfv"
)

// decisionsHeader is the value of Edgewise-Decisions: a dictionary (RFC 9651) of the route's decisions, each with the name of its variant, or false where it leaves
// the answer to its caller's default, and its reason. Redirects are not told: a page cannot depend on them.
//
//	hero="gold";reason=SPLIT, *c-t-a=?0;reason=DISABLED
//
// The dictionary's keys have no upper case: a star stands before each letter that has it in the decision's name, as in *c-t-a for C-t-a.
func (x *Exchange) decisionsHeader() string {
	start := len(x.text)
	for i := range x.answers {
		a := &x.answers[i]
		if x.leads(a) {
			continue
		}
		before := len(x.text)
		if before > start {
			x.put(", ")
		}
		x.text = appendKey(x.text, x.bundle.String(x.bundle.Decisions[a.Decision].Name))
		if a.Variant > 0 {
			x.put("=")
			x.text, _ = sfv.AppendString(x.text, x.bundle.String(x.bundle.Variants[a.Variant-1].Name))
		} else {
			x.put("=?0")
		}
		x.put(";reason=")
		x.put(a.Reason.String())
		if len(x.text)-start > MaxDecisionsHeader {
			x.text = x.text[:before]
			break
		}
	}
	return x.since(start)
}

// appendKey writes a decision's name as the key of a dictionary.
func appendKey(dst []byte, name string) []byte {
	for i := 0; i < len(name); i++ {
		if 'A' <= name[i] && name[i] <= 'Z' {
			dst = text.AppendByte(dst, '*')
		}
		dst = text.AppendByte(dst, lower(name[i]))
	}
	return dst
}
