package fastly

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/core/sha2"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge"
)

// act does what a plan says.
func (h *handler) act(plan *edge.Plan) {
	if plan.Action == edge.Answer {
		var reply edge.Reply
		reply.To(plan, nil)
		headers := append([]edge.Header{}, reply.Set...)
		for i := range reply.Cookies {
			headers = append(headers, setCookie(&reply.Cookies[i]))
		}
		if plan.Location != "" {
			headers = append(headers, edge.Header{Name: "Location", Value: plan.Location})
		}
		headers = append(headers, h.timing())
		h.Answer(plan.Status, headers, plan.Body)
		return
	}
	o := &Outgoing{Backend: origin, Set: plan.RequestHeaders, Drop: plan.Drop, Private: plan.Cache.Private}
	if plan.Origin.Backend != "" && h.HasBackend(plan.Origin.Backend) {
		o.Backend = plan.Origin.Backend
	}
	if url := base(h.visit.URL) + plan.Origin.Path; url != h.visit.URL {
		o.URL = url
	}
	if plan.Cache.Key != "" {
		o.Key = cacheKeyOf(o.Backend, base(h.visit.URL)+plan.Origin.Path, plan.Cache.Key)
	}
	h.deliver(o, plan)
}

// deliver sends a request on, and what comes back to the visitor. plan is nil where nothing was decided.
func (h *handler) deliver(o *Outgoing, plan *edge.Plan) {
	o.Within = number(h.Setting(settingTimeout), 0)
	o.Drop = append(o.Drop, CacheKeyHeader)
	timing := h.timing()
	r := h.Send(o)
	if r == nil {
		// The site is not there. Fastly would say the same.
		h.Answer(503, []edge.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}, {Name: "Cache-Control", Value: "no-store"},
			{Name: "Retry-After", Value: "5"}, timing}, "The site does not answer.\n")
		return
	}
	if plan != nil {
		var reply edge.Reply
		reply.To(plan, r.Headers())
		for _, name := range reply.Drop {
			r.Remove(name)
		}
		for i := range reply.Set {
			r.Set(reply.Set[i].Name, reply.Set[i].Value)
		}
		for i := range reply.Cookies {
			line := setCookie(&reply.Cookies[i])
			r.Add(line.Name, line.Value)
		}
		r.Add(timing.Name, timing.Value)
	}
	r.Deliver()
}

// CacheKeyHeader tells Fastly's cache the key of a page. What a visitor sends under its name would put one page in another's place.
const CacheKeyHeader = "fastly-xqd-cache-key"

// cacheKeyOf is the key of a page in Fastly's cache: 64 hexadecimal digits in upper case, as its own keys are.
func cacheKeyOf(backend, url, outcomes string) string {
	var hash sha2.Hash256
	var sum [32]byte
	hash.Reset()
	hash.Write([]byte(backend + "\n" + url + "\n" + outcomes))
	hash.Sum(&sum)
	const digits = "0123456789ABCDEF"
	key := make([]byte, 0, 2*len(sum))
	for _, b := range sum {
		key = append(key, digits[b>>4], digits[b&15])
	}
	return string(key)
}

func setCookie(c *edge.Cookie) edge.Header {
	return edge.Header{Name: "Set-Cookie", Value: string(edge.AppendSetCookie(nil, c))}
}

// timing says how long it took until now: what the page waited for its decisions.
func (h *handler) timing() edge.Header {
	h.spent = h.Elapsed() - h.started
	value := appendMillis(text.AppendText(nil, "edgewise;dur="), h.spent)
	return edge.Header{Name: "Server-Timing", Value: string(value)}
}

// appendMillis writes nanoseconds as milliseconds with three decimals.
func appendMillis(dst []byte, nanos uint64) []byte {
	micros := nanos / 1000
	dst = append(text.AppendUint(dst, micros/1000), '.')
	return append(dst, byte('0'+micros/100%10), byte('0'+micros/10%10), byte('0'+micros%10))
}

// base is a URL up to its path.
func base(url string) string {
	authority, _, _ := edge.SplitURL(url)
	if authority == "" {
		return ""
	}
	start := uintptr(unsafe.Pointer(unsafe.StringData(authority))) - uintptr(unsafe.Pointer(unsafe.StringData(url)))
	return url[:int(start)+len(authority)]
}

// log writes the plan's lines, once the visitor has the page.
func (h *handler) log(plan *edge.Plan) {
	endpoint := or(h.Setting(settingLog), "edgewise")
	if endpoint == "-" {
		return
	}
	every := number(h.Setting(settingHealth), 1)
	for _, line := range plan.Lines {
		if hasPrefix(line, healthLine) {
			if every == 0 || int(h.visit.Nanos/1000)%every != 0 {
				continue
			}
			line = h.completed(line)
		}
		h.Log(endpoint, line)
	}
}

const healthLine = `{"kind":"health"`

// completed is a health line with what only the platform knows.
func (h *handler) completed(line string) string {
	dst := append([]byte(nil), line[:len(line)-1]...)
	dst = text.AppendText(dst, `,"spent_ms":`)
	dst = appendMillis(dst, h.spent)
	if h.refused != 0 {
		dst = text.AppendText(dst, `,"refused":`)
		dst = text.AppendJSONString(dst, h.refused.String())
	}
	if h.spoilt {
		dst = text.AppendText(dst, `,"secret":"unusable"`)
	}
	return string(append(dst, '}'))
}
