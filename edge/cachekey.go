package edge

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// MaxKey is how many bytes a key has at most: caches take headers of some kilobytes.
const MaxKey = 1 << 10

// cache says how the page may be kept: by what came out, not by whose request it was. The key has all decisions of the route but redirects, which
// leave no page to keep, also those that always come out alike: an earlier release may have served something else.
//
//	hero=gold&landing=same
//	hero=plain;deferred         the page shows plain and is to ask further, or its origin does
//
// Of a key beyond MaxKey its hash stands for it: XXH64 in hexadecimal digits.
func (x *Exchange) cache() {
	c := &x.plan.Cache
	start := len(x.text)
	for i := range x.answers {
		a := &x.answers[i]
		c.NoStore = c.NoStore || a.Reason == core.ReasonPreview
		if x.leads(a) {
			continue
		}
		if len(x.text) > start {
			x.put("&")
		}
		x.putEscaped(x.bundle.String(x.bundle.Decisions[a.Decision].Name))
		x.put("=")
		if a.Variant > 0 {
			x.putEscaped(x.bundle.String(x.bundle.Variants[a.Variant-1].Name))
		}
		if deferral, ok := deferralOf(x.bundle, a); ok && x.bundle.Deferrals[deferral].Mode != format.ModeWait {
			x.put(";deferred")
			c.Private = c.Private || x.bundle.Deferrals[deferral].Mode == format.ModeWithPage
		}
	}
	if len(x.text)-start > MaxKey {
		sum := xxhash.Sum64(x.since(start), 0)
		x.text = text.AppendBits(x.text[:start], sum, 4, 'a')
	}
	if c.Key = x.since(start); c.Key != "" {
		x.requestHeader("Edgewise-Key", c.Key)
	}
	if c.Private = c.Private || c.NoStore; c.Private {
		x.requestHeader("Edgewise-Private", "?1")
	}
	c.Personal = c.Private
	if x.route == nil {
		return
	}
	c.Personal = c.Private || x.route.Flags&(format.RoutePlatform|format.RouteOrigin) != 0
	c.Vary = x.vary[:0]
	for rest := x.bundle.String(x.route.Vary); rest != ""; {
		var name string
		name, rest, _ = cut(rest, ',')
		c.Vary = append(c.Vary, trim(name))
	}
}

// leads says whether a decision can lead the visitor elsewhere: where it does there is no page, and where it does not it says nothing of one.
func (x *Exchange) leads(a *core.Answer) bool {
	return format.Act(x.bundle.Decisions[a.Decision].Act&0xff) == format.ActRedirect
}
