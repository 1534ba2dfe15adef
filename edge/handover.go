package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// The hand-over asks the origin for all decisions of a request that wait for it, in one POST to HandOverPath:
//
//	{"bundle":"shop","version":7,"decisions":[{"name":"hero","decider":"tiers","allow":["gold","plain"],"within_ms":80}],
//	 "attributes":{"cart.value":80},"segments":{"big_cart":true},"granted":["personalization"],"traceparent":"00-..."}
//
// Only what a decider declares and the visitor consents to is in it. The answer names a variant each, and what the edge is to remember:
//
//	{"decisions":{"hero":{"variant":"gold"}},"keep":{"attributes":{"profile.stage":"loyal"},"for":"7d"}}
//
// Both have the header Edgewise-Signature: t=SECONDS,v1=HEX. The request's HEX is the HMAC-SHA256 of SECONDS "." BODY; the answer's that of SECONDS "."
// the request's HEX "." BODY, so that it is an answer to this request only.
const (
	HandOverPath    = OwnPaths + "v1/handover"
	SignatureHeader = "Edgewise-Signature"
	// MaxSkew is how many seconds the clocks of the two may be apart.
	MaxSkew = 60
)

// Outcomes of a hand-over that the exchange finds out itself.
const (
	refused Outcome = Failed + 1 + iota // the answer is not the decider's, or none
	outcomes
)

var outcomeTexts = [outcomes]string{Answered: "answered", Late: "late", Failed: "failed", refused: "refused"}

// Within is how many milliseconds the hand-over may take: what the least patient of its decisions has. 0: there is nothing to hand over.
func (p *Plan) Within() (milliseconds uint32) {
	for _, d := range p.Deferred {
		if f := &p.bundle.Deferrals[d.Deferral]; d.Waits && (milliseconds == 0 || f.Within < milliseconds) {
			milliseconds = f.Within
		}
	}
	return milliseconds
}

// HandOver appends the body of the POST for the decisions of the plan that wait, and gives its Edgewise-Signature. The body is nil where there is
// nothing to hand over, or no secret to sign it with.
func (x *Exchange) HandOver(dst []byte) (body []byte, signature string) {
	start := len(dst)
	dst = x.AppendHandOver(dst)
	signature, body = SplitHandOver(dst[start:])
	return body, signature
}

// SplitHandOver takes apart what AppendHandOver wrote.
func SplitHandOver(sent []byte) (signature string, body []byte) {
	signature, _, found := cut(view(sent), '\n')
	if !found {
		return "", nil
	}
	return signature, sent[len(signature)+1:]
}

// AppendHandOver is HandOver in one text: the signature, a line's end, the body.
func (x *Exchange) AppendHandOver(dst []byte) []byte {
	if x.plan.Within() == 0 || len(x.secrets) == 0 {
		return dst
	}
	dst = text.AppendText(dst, "t=")
	dst = text.AppendInt(dst, x.visit.Seconds)
	dst = text.AppendText(dst, ",v1=")
	signed := len(dst)
	dst = append(dst, x.handed[:]...)
	dst = text.AppendByte(dst, '\n')
	body := len(dst)
	dst = x.handOverJSON(dst)
	x.key.Set(x.secrets[0])
	code := x.code(x.visit.Seconds, "", dst[body:])
	mac.AppendHex(x.handed[:0], code)
	x.computed = true
	copy(dst[signed:], x.handed[:])
	return dst
}

// code is that of a request by the key's secret, or with the HEX of one that of its answer.
func (x *Exchange) code(seconds int64, request string, body []byte) []byte {
	x.key.Start()
	x.digits = text.AppendInt(x.digits[:0], seconds)
	x.key.Write(x.digits)
	x.key.WriteText(".")
	if request != "" {
		x.key.WriteText(request)
		x.key.WriteText(".")
	}
	x.key.Write(body)
	return x.key.Sum()
}

func (x *Exchange) handOverJSON(dst []byte) []byte {
	b := x.bundle
	j := json{dst: dst}
	j.open('{')
	j.text("bundle", b.Name())
	j.uint("version", b.Validity().Version)
	j.key("decisions")
	j.open('[')
	for _, d := range x.deferred {
		if !d.Waits {
			continue
		}
		f := &b.Deferrals[d.Deferral]
		j.open('{')
		j.text("name", b.String(b.Decisions[d.Decision].Name))
		j.text("decider", b.String(f.To))
		allowed(&j, b, d)
		j.uint("within_ms", uint64(f.Within))
		j.close('}')
	}
	j.close(']')
	x.sent(&j, "attributes", 0)
	x.sent(&j, "segments", format.DeciderSegments)
	j.key("granted")
	j.open('[')
	for p := 1; p < len(b.Purposes); p++ {
		if x.granted>>p&1 != 0 {
			j.string(b.String(b.Purposes[p].Name))
		}
	}
	j.close(']')
	if trace, _ := HeaderValue(x.visit.Headers, "traceparent"); isTrace(trace) {
		j.text("traceparent", trace)
	}
	j.close('}')
	return j.dst
}

// sent writes what the deciders are sent: attributes that rules see, or the truth of segments. What is absent or not consented to is not there,
// and neither is a segment whose condition ends in an error.
func (x *Exchange) sent(j *json, key string, segments uint32) {
	b := x.bundle
	count := len(b.Attributes)
	if segments != 0 {
		count = len(b.Segments)
	}
	j.key(key)
	j.open('{')
	for i := 0; i < count; i++ {
		if !x.isSent(uint32(i), segments) {
			continue
		}
		var name format.Str
		var value core.Value
		if segments != 0 {
			name, value = b.Segments[i].Name, x.evaluator.Evaluate(x.context, int(b.Segments[i].Condition))
		} else {
			name, value = b.Attributes[i].Name, x.context.Value(i)
		}
		if value.Kind() != format.Error {
			j.key(b.String(name))
			j.separate()
			j.dst = core.AppendJSON(j.dst, value)
		}
	}
	j.close('}')
}

// isSent says whether one of the deciders gets an attribute or, with format.DeciderSegments, a segment.
func (x *Exchange) isSent(index, segments uint32) bool {
	b := x.bundle
	for _, d := range x.deferred {
		found := b.FindDecider(b.String(b.Deferrals[d.Deferral].To))
		if found < 0 || !d.Waits || b.Deciders[found].Flags&format.DeciderSegments != segments {
			continue
		}
		decider := &b.Deciders[found]
		first := decider.First + decider.Inputs
		for _, sent := range b.Lists[first : first+decider.Sent] {
			if sent == index {
				return true
			}
		}
	}
	return false
}

// isTrace says whether a header has the form of a W3C traceparent.
func isTrace(s string) bool {
	for i := 0; i < len(s); i++ {
		if hexValue(s[i]) > 15 && s[i] != '-' {
			return false
		}
	}
	return len(s) == len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
}
