package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/sha2"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// The OpenFeature Remote Evaluation Protocol, version 0.3 (github.com/open-feature/protocol), for pages of the site itself: what package host/ofrep answers
// at the origin, but for a few things. Consent is the request's own, whatever the body says of it. What a browser tells counts for attributes that visitors
// or callers may tell, and never for those that the platform or the origin vouches for.

// The error codes of OpenFeature.
const (
	parseError          = "PARSE_ERROR"
	invalidContext      = "INVALID_CONTEXT"
	flagNotFound        = "FLAG_NOT_FOUND"
	targetingKeyMissing = "TARGETING_KEY_MISSING"
)

const (
	// MaxContext bounds the values of a context that are looked at.
	MaxContext = 512
	// maxName is room for the name of an attribute, and a dot.
	maxName = 64 + 1
)

// readContext takes what the body of a request for flags tells: {"context":{"targetingKey":"...","cart":{"value":80}}}.
func (x *Exchange) readContext() {
	body := view(x.visit.Body)
	r := jsonReader{rest: body}
	if len(body) > MaxBody {
		x.refuse(413, "the body is too large")
		return
	}
	if r.skip(); !r.end() {
		x.errorCode = parseError
		x.refuse(400, "the body is no JSON")
		return
	}
	context := "{}"
	r = jsonReader{rest: body}
	if r.peek() != '{' {
		context = ""
	} else {
		for r.open('{'); r.more('}'); {
			name := r.key()
			if value := r.skip(); name == "context" && value != "null" {
				context = value
			}
		}
	}
	if context == "" || context[0] != '{' || !x.supplyKey(context) {
		x.errorCode = invalidContext
		x.refuse(400, `the body is to be {"context":{...}}, with a text as targetingKey`)
		return
	}
	x.supplyContext(context, true)
	x.supplyContext(context, false) // a full name goes before one that is nested
}

// supplyKey gives the targeting key to the attribute that it stands for. It says false where that is no text.
func (x *Exchange) supplyKey(context string) bool {
	r := jsonReader{rest: context}
	for r.open('{'); r.more('}'); {
		if r.key() != "targetingKey" {
			r.skip()
			continue
		}
		if r.peek() != '"' {
			return r.skip() == "null"
		}
		text, ok := x.scratch.unquote(r.string())
		if key := x.bundle.About[0].TargetingKey; ok && key > 0 && text != "" {
			x.context.Supply(int(key-1), core.String(text))
		}
	}
	return true
}

// supplyContext gives values to attributes: those whose names are nested in objects, or those with their full names. Where a name stands several times
// the last counts.
func (x *Exchange) supplyContext(context string, nested bool) {
	var name [maxName]byte
	var ends [16]uint8 // of the names of the objects that are open
	depth, values := 0, 0
	r := jsonReader{rest: context}
	for r.open('{'); values < MaxContext; {
		if !r.more('}') {
			if depth == 0 || r.bad {
				return
			}
			depth--
			continue
		}
		start := 0
		if depth > 0 {
			start = int(ends[depth-1])
		}
		key := r.key()
		end := start + len(key)
		fits := end < len(name)
		if fits {
			copy(name[start:], key)
		}
		if r.peek() == '{' && fits && depth < len(ends) && nested && !x.takesObjects(view(name[:end])) {
			name[end] = '.'
			ends[depth] = uint8(end + 1)
			depth++
			r.open('{')
			continue
		}
		value := r.skip()
		values++
		if fits && nested == (depth > 0) {
			x.supplyTold(view(name[:end]), value)
		}
	}
}

// told finds an attribute that a browser may tell the value of, or -1.
func (x *Exchange) told(name string) int {
	i := x.bundle.FindAttribute(name)
	if i < 0 {
		return -1
	}
	switch a := &x.bundle.Attributes[i]; attribute.Trust(a.Flags & format.AttributeTrust) {
	case attribute.Visitor, attribute.Caller:
		if a.Flags&format.AttributeOrigin == 0 {
			return i
		}
	}
	return -1
}

// takesObjects says whether an attribute of that name takes an object as its value, rather than what is in it.
func (x *Exchange) takesObjects(name string) bool {
	i := x.told(name)
	return i >= 0 && (x.bundle.Attributes[i].Type.Kind() == format.Map || x.bundle.Attributes[i].Type.Kind() == format.Dyn)
}

func (x *Exchange) supplyTold(name, value string) {
	if i := x.told(name); i >= 0 && value != "null" && x.granted>>x.bundle.Attributes[i].Purpose&1 != 0 {
		x.context.Supply(i, x.readJSON(x.bundle.Attributes[i].Type, value))
	}
}

// putFlags writes the answer to a request for flags.
func (x *Exchange) putFlags(j *json) {
	if x.own == ownFlag {
		x.plan.Status = 404
		if len(x.answers) == 0 {
			x.errorCode, x.why = flagNotFound, "no flag of this name"
			x.putRefusal(j)
			return
		}
		x.plan.Status = 200
		if !x.putFlag(j, &x.answers[0]) {
			x.plan.Status = 400
		}
		x.text = j.dst
		return
	}
	j.open('{')
	j.key("flags")
	j.open('[')
	for i := range x.answers {
		x.putFlag(j, &x.answers[i])
	}
	j.close(']')
	j.key("metadata")
	j.merged(x.bundle.String(x.bundle.About[0].Metadata))
	j.text("edgewise.bundle", x.bundle.Name())
	j.uint("edgewise.version", x.bundle.Validity().Version)
	j.close('}')
	j.close('}')
	x.text = j.dst
}

// merged opens an object with what is in another, compact one.
func (j *json) merged(object string) {
	j.open('{')
	if len(object) > len("{}") {
		j.raw(object[1 : len(object)-1])
	}
}

// putFlag writes a flag, and says whether it has a value rather than an error.
func (x *Exchange) putFlag(j *json, a *core.Answer) bool {
	b := x.bundle
	d := &b.Decisions[a.Decision]
	j.open('{')
	j.text("key", b.String(d.Name))
	if x.missesKey(a) {
		j.text("errorCode", targetingKeyMissing)
		j.text("errorDetails", "a split asks for the targeting key, and the context has none")
		j.close('}')
		return false
	}
	reason, own := a.Reason.String(), true
	switch a.Reason {
	case core.ReasonPreview:
		reason = core.ReasonStatic.String()
	case core.ReasonConsent, core.ReasonDeferred, core.ReasonFallback, core.ReasonHoldout, core.ReasonError:
		reason = core.ReasonDefault.String()
	default:
		own = false
	}
	if a.Variant > 0 {
		if v := &b.Variants[a.Variant-1]; format.Kind(v.Kind) != format.Null { // which no flag can have
			j.key("value")
			j.raw(b.String(v.JSON))
		}
	}
	j.text("reason", reason)
	if a.Variant > 0 {
		j.text("variant", b.String(b.Variants[a.Variant-1].Name))
	}
	if metadata, version := b.String(d.Metadata), b.Validity().Version; own || version > 0 || metadata != "" {
		j.key("metadata")
		j.merged(metadata)
		if own {
			j.text("edgewise.reason", a.Reason.String())
		}
		if own || version > 0 {
			j.uint("edgewise.version", version)
		}
		j.close('}')
	}
	j.close('}')
	return true
}

// missesKey says whether a decision came to a split by the targeting key and found none. Its explanation says so; it is asked for only where there is no key and
// such a split.
func (x *Exchange) missesKey(a *core.Answer) bool {
	b := x.bundle
	key := b.About[0].TargetingKey
	if key == 0 || x.context.State(int(key-1)) != core.Missing || a.Reason == core.ReasonConsent || a.Flags&core.Sticky != 0 {
		return false
	}
	splits := false
	d := &b.Decisions[a.Decision]
	for i := d.FirstRule; i < d.FirstRule+d.Rules; i++ {
		r := &b.Rules[i]
		splits = splits || r.Does() == format.ActionSplit && b.Draws[b.Splits[r.Target].Draw].Unit == key-1
	}
	if !splits {
		return false
	}
	r := jsonReader{rest: view(x.evaluator.Explain(x.context, a.Decision, nil))}
	for r.open('{'); r.more('}'); {
		if r.key() != "rules" {
			r.skip()
			continue
		}
		for r.open('['); r.more(']'); {
			if x.ruleMisses(&r, key-1) {
				return true
			}
		}
	}
	return false
}

// ruleMisses reads an explained rule, and says whether it is a split that found no unit, by that attribute.
func (x *Exchange) ruleMisses(r *jsonReader, attribute uint32) bool {
	none, by := false, false
	for r.open('{'); r.more('}'); {
		switch r.key() {
		case "outcome":
			none = r.string() == "no unit"
		case "split":
			for r.open('{'); r.more('}'); {
				if r.key() == "by" {
					by = r.string() == x.bundle.String(x.bundle.Attributes[attribute].Name)
				} else {
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	return none && by
}

// tagFlags gives an answer with all flags an entity tag, and nothing else where whoever asks has it.
func (x *Exchange) tagFlags() {
	p := &x.plan
	if x.own != ownFlags || p.Status != 200 {
		return
	}
	var h sha2.Hash256
	var sum [32]byte
	h.Reset()
	h.Write(bytesOf(p.Body))
	h.Sum(&sum)
	start := len(x.text)
	x.put(`"`)
	x.text = mac.AppendHex(x.text, sum[:16])
	x.put(`"`)
	tag := x.since(start)
	x.responseHeader("ETag", tag)
	for i := range x.visit.Headers {
		if h := &x.visit.Headers[i]; equalFold(h.Name, "if-none-match") && names(h.Value, tag) {
			p.Status, p.Body = 304, ""
		}
	}
}

// names says whether one of the entity tags in a list is tag. Only "*" is never it: what the client has may be anything. Some clients take the quotes off.
func names(list, tag string) bool {
	for list != "" {
		var one string
		one, list, _ = cut(list, ',')
		if one = trim(one); hasPrefix(one, "W/") {
			one = one[2:]
		}
		if one == tag || one == tag[1:len(tag)-1] {
			return true
		}
	}
	return false
}
