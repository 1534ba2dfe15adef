package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/edge/mac"
)

// Finish amends the plan by what became of its hand-over. A decision that the origin answered with a variant that its decider may choose gets that one, with
// the reason TARGETING_MATCH; every other that waited keeps the declared fallback, with the reason FALLBACK.
func (x *Exchange) Finish(h *HandOver) *Plan {
	if x.plan.Within() == 0 {
		return &x.plan
	}
	x.outcome = h.Outcome
	if h.Outcome == 0 || h.Outcome > Failed || h.Outcome == Answered && !x.authentic(h) {
		x.outcome = refused
	}
	x.fallBack()
	if x.outcome == Answered && !x.heed(view(h.Body)) {
		x.outcome = refused
		x.fallBack()
	}
	left := x.deferred[:0]
	for _, d := range x.deferred {
		if !d.Waits {
			left = append(left, d)
		}
	}
	x.deferred = left
	p := &x.plan
	p.Action, p.Status, p.Location, p.Origin, p.Cache = Forward, 0, "", Origin{Path: x.target()}, Cache{}
	p.RequestHeaders, p.ResponseHeaders, p.Cookies = x.requestHeaders[:0], x.responseHeaders[:0], x.cookies[:0]
	p.Deferred, x.lines = left, x.lines[:0]
	x.conclude()
	return &x.plan
}

// fallBack gives all decisions that wait their fallbacks.
func (x *Exchange) fallBack() {
	for _, d := range x.deferred {
		if d.Waits {
			a := x.answer(d.Decision)
			a.Variant = x.bundle.Deferrals[d.Deferral].Otherwise + 1
			a.Settle(0)
		}
	}
}

// answer is that of a decision of the plan.
func (x *Exchange) answer(decision uint32) *core.Answer {
	for i := range x.answers {
		if x.answers[i].Decision == decision {
			return &x.answers[i]
		}
	}
	return &core.Answer{}
}

// authentic says whether an answer comes from who has the secret, for this request and about now.
func (x *Exchange) authentic(h *HandOver) bool {
	if h.Status != 200 || len(h.Body) > MaxBody || len(x.secrets) == 0 {
		return false
	}
	if !x.computed {
		x.AppendHandOver(x.text[len(x.text):])
	}
	var t int64
	known := false
	for rest := h.Signature; rest != ""; {
		var part string
		part, rest, _ = cut(rest, ',')
		name, value, _ := cut(trim(part), '=')
		switch {
		case name == "t":
			t, known = text.ParseInt(value)
			if skew := t - h.Seconds; skew > MaxSkew || skew < -MaxSkew {
				return false
			}
		case name == "v1" && known && x.signed(t, value, h.Body):
			return true
		}
	}
	return false
}

// signed says whether an answer has been signed with one of the secrets.
func (x *Exchange) signed(t int64, hex string, body []byte) bool {
	for _, secret := range x.secrets {
		x.key.Set(secret)
		code := x.code(t, view(x.handed[:]), body)
		mac.AppendHex(x.hex[:0], code)
		if mac.Equal(x.hex[:], bytesOf(hex)) {
			return true
		}
	}
	return false
}

// heed takes the answers of the origin, and says whether they are JSON as they have to be. What they say of decisions that were not handed over is ignored.
func (x *Exchange) heed(body string) bool {
	check := jsonReader{rest: body}
	if check.skip(); !check.end() {
		return false
	}
	r := jsonReader{rest: body}
	for r.open('{'); r.more('}'); {
		switch r.key() {
		case "decisions":
			for r.open('{'); r.more('}'); {
				name := r.key()
				variant := ""
				for r.open('{'); r.more('}'); {
					if r.key() == "variant" && r.peek() == '"' {
						variant = r.string()
					} else {
						r.skip()
					}
				}
				x.take(name, variant)
			}
		case "keep":
			x.heedKeep(&r)
		default:
			r.skip()
		}
	}
	return r.end()
}

// take gives a decision that waits the variant that its decider chose, where it may.
func (x *Exchange) take(name, variant string) {
	b := x.bundle
	for _, d := range x.deferred {
		if !d.Waits || b.String(b.Decisions[d.Decision].Name) != name {
			continue
		}
		found := uint32(b.FindVariant(int(d.Decision), variant) + 1)
		if found > 0 && x.allows(d, found-1) {
			x.answer(d.Decision).Settle(found)
		}
	}
}

// allows says whether a decider may choose a variant, now.
func (x *Exchange) allows(d Deferred, variant uint32) bool {
	b := x.bundle
	if s := b.Variants[variant].Schedule; s > 0 && !b.Schedules[s-1].Includes(x.visit.Seconds) {
		return false
	}
	f := &b.Deferrals[d.Deferral]
	for _, may := range b.Allowed[f.FirstAllowed : f.FirstAllowed+f.Allowed] {
		if may == variant {
			return true
		}
	}
	return f.Allowed == 0
}
