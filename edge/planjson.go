package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
)

// AppendPlain writes the plan for a request where nothing can be decided: it is forwarded as it came, without the headers that only the exchange may
// send.
func AppendPlain(dst []byte, v *Visit) []byte {
	x := Exchange{visit: v}
	x.at.authority, x.at.path, x.at.query = SplitURL(v.URL)
	x.readable(v)
	x.plan.Origin.Path = x.target()
	return x.plan.AppendJSON(dst)
}

// AppendJSON writes the plan as one JSON object, the same bytes on every platform. Its keys are in this order; those with a question mark stand
// only where they say something:
//
//	{"action":"forward"|"answer","status"?,"location"?,"body"?,"origin":{"path","backend"},"request_headers":[[name,value]],
//	"response_headers":[[name,value]],"drop"?:[name],"cache":{"key","vary":[],"private"?,"personal"?,"no_store"?},
//	"cookies":[{"name","value","max_age"?,"delete"?,"http_only"?}],
//	"deferred":[{"decision","to","within_ms","otherwise","mode","allow":[]}],
//	"decisions":{NAME:{"variant","value","reason","rule"?,"stale"?,"sticky"?,"defer"?}},
//	"consent":{PURPOSE:{"granted","because"}},"route","lines":[{"kind"}]}
func (p *Plan) AppendJSON(dst []byte) []byte {
	j := json{dst: dst}
	j.open('{')
	if p.Action == Answer {
		j.text("action", "answer")
		j.uint("status", uint64(p.Status))
		if p.Location != "" {
			j.text("location", p.Location)
		}
		if p.Body != "" {
			j.text("body", p.Body)
		}
	} else {
		j.text("action", "forward")
	}
	j.key("origin")
	j.open('{')
	j.text("path", p.Origin.Path)
	j.text("backend", p.Origin.Backend)
	j.close('}')
	j.headers("request_headers", p.RequestHeaders)
	j.headers("response_headers", p.ResponseHeaders)
	if len(p.Drop) > 0 {
		j.texts("drop", p.Drop)
	}
	j.key("cache")
	j.open('{')
	j.text("key", p.Cache.Key)
	j.texts("vary", p.Cache.Vary)
	j.yes("private", p.Cache.Private)
	j.yes("personal", p.Cache.Personal)
	j.yes("no_store", p.Cache.NoStore)
	j.close('}')
	p.cookiesJSON(&j)
	p.deferredJSON(&j)
	p.decisionsJSON(&j)
	p.consentJSON(&j)
	j.text("route", p.Route)
	j.key("lines")
	j.open('[')
	for _, line := range p.Lines {
		j.raw(line)
	}
	j.close(']')
	j.close('}')
	return j.dst
}

func (j *json) headers(key string, headers []Header) {
	j.key(key)
	j.open('[')
	for _, h := range headers {
		j.open('[')
		j.string(h.Name)
		j.string(h.Value)
		j.close(']')
	}
	j.close(']')
}

func (j *json) texts(key string, list []string) {
	j.key(key)
	j.open('[')
	for _, s := range list {
		j.string(s)
	}
	j.close(']')
}

func (p *Plan) cookiesJSON(j *json) {
	j.key("cookies")
	j.open('[')
	for i := range p.Cookies {
		c := &p.Cookies[i]
		j.open('{')
		j.text("name", c.Name)
		j.text("value", c.Value)
		if c.MaxAge > 0 {
			j.uint("max_age", uint64(c.MaxAge))
		}
		j.yes("delete", c.Delete)
		j.yes("http_only", c.HTTPOnly)
		j.close('}')
	}
	j.close(']')
}

func (p *Plan) deferredJSON(j *json) {
	b := p.bundle
	j.key("deferred")
	j.open('[')
	for _, d := range p.Deferred {
		f := &b.Deferrals[d.Deferral]
		j.open('{')
		j.text("decision", b.String(b.Decisions[d.Decision].Name))
		j.text("to", b.String(f.To))
		j.uint("within_ms", uint64(f.Within))
		j.text("otherwise", b.String(b.Variants[f.Otherwise].Name))
		if d.Waits {
			j.text("mode", "wait")
		} else {
			j.text("mode", f.ModeText())
		}
		allowed(j, b, d)
		j.close('}')
	}
	j.close(']')
}

// allowed writes the variants that a decider may answer: all of them where the deferral names none.
func allowed(j *json, b *core.Bundle, d Deferred) {
	f := &b.Deferrals[d.Deferral]
	j.key("allow")
	j.open('[')
	for _, v := range b.Allowed[f.FirstAllowed : f.FirstAllowed+f.Allowed] {
		j.string(b.String(b.Variants[v].Name))
	}
	if f.Allowed == 0 {
		decision := &b.Decisions[d.Decision]
		for _, v := range b.Variants[decision.FirstVariant : decision.FirstVariant+decision.Variants] {
			j.string(b.String(v.Name))
		}
	}
	j.close(']')
}

func (p *Plan) decisionsJSON(j *json) {
	b := p.bundle
	j.key("decisions")
	j.open('{')
	for i := range p.Decisions {
		a := &p.Decisions[i]
		j.key(b.String(b.Decisions[a.Decision].Name))
		j.open('{')
		if a.Variant > 0 {
			v := &b.Variants[a.Variant-1]
			j.text("variant", b.String(v.Name))
			j.key("value")
			j.raw(b.String(v.JSON))
		}
		j.text("reason", a.Reason.String())
		if a.Rule > 0 {
			j.text("rule", b.String(b.Rules[a.Rule-1].ID))
		}
		j.yes("stale", a.Flags&core.Stale != 0)
		j.yes("sticky", a.Flags&core.Sticky != 0)
		if deferral, ok := deferralOf(b, a); ok {
			j.deferral(b, &b.Deferrals[deferral])
		}
		j.close('}')
	}
	j.close('}')
}

func (j *json) deferral(b *core.Bundle, f *format.Deferral) {
	j.key("defer")
	j.open('{')
	j.text("to", b.String(f.To))
	j.uint("within_ms", uint64(f.Within))
	j.text("mode", f.ModeText())
	j.close('}')
}

func (p *Plan) consentJSON(j *json) {
	b := p.bundle
	j.key("consent")
	j.open('{')
	var words []byte
	for i := 1; i < len(p.Consent); i++ { // 0 is "necessary"
		j.key(b.String(b.Purposes[i].Name))
		j.open('{')
		j.key("granted")
		if p.Consent[i].Granted() {
			j.raw("true")
		} else {
			j.raw("false")
		}
		words = p.Consent[i].AppendBecause(words[:0], &b.Bundle, i, p.jurisdiction)
		j.text("because", view(words))
		j.close('}')
	}
	j.close('}')
}
