package policy

import (
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// groups is what the cookies of consent managers say about a bundle's groups. Each cookie is read once, however many groups there are: the
// names in it are looked up among those that are asked for.
type groups struct {
	bundle *format.Bundle // whose groups the table has

	// Groups that stand for one choice, since their cookies and names are the same, have one entry: the first of them.
	first [format.MaxConsentGroups]uint8
	// The table has for each hash of a name the group that is looked at first, and for each group the next one; +1, 0: none.
	table [256]uint16
	next  [format.MaxConsentGroups]uint16
	// said is what was read; Nothing where there is no cookie.
	said [format.MaxConsentGroups]Evidence
}

// begin forgets what was read, and makes the table unless it is there.
func (g *groups) begin(b *format.Bundle) {
	clear(g.said[:len(b.ConsentGroups)])
	if g.bundle == b {
		return
	}
	g.bundle = b
	clear(g.table[:])
	for i := range b.ConsentGroups {
		name := b.String(b.ConsentGroups[i].Name)
		at := &g.table[consent.Hash(name)]
		for *at > 0 && (b.ConsentGroups[*at-1].Cookie != b.ConsentGroups[i].Cookie || b.String(b.ConsentGroups[*at-1].Name) != name) {
			at = &g.next[*at-1]
		}
		if *at == 0 {
			*at, g.next[i] = uint16(i+1), 0
		}
		g.first[i] = uint8(*at - 1)
	}
}

// say keeps what a cookie says about a group, if it is more restrictive than what another of its name said.
func (g *groups) say(group int, e Evidence) {
	if was := &g.said[group]; rank(e.Finding()) > rank(was.Finding()) {
		*was = e
	}
}

// readChoices reads the cookies of consent managers. Of the groups that a purpose asks of one cookie all have to be granted; its cookies
// are alternatives, so that each is noted for itself: a grant by one says more than what another leaves open, and a denial by any wins.
func (r *Resolver) readChoices() {
	b := r.bundle
	if r.asks.Groups == 0 && r.asks.Flags&format.PurposeGPCDenies == 0 {
		return
	}
	r.groups.begin(b)
	for i := range r.list() {
		s := &r.signals[i]
		if cookie := int(s.kind) - int(FirstCookie); cookie >= 0 && cookie < len(b.Cookies) && b.Cookies[cookie].Format < format.CookieTCF {
			r.readManager(s, cookie)
		}
	}
	for p := 1; p < len(b.Purposes); p++ {
		asked := &b.Purposes[p]
		if r.open>>p&1 == 0 {
			continue
		}
		groups := b.ConsentGroups[:asked.FirstGroup+asked.Groups]
		for g := int(asked.FirstGroup); g < len(groups); {
			cookie, result := groups[g].Cookie, Evidence{}
			for ; g < len(groups) && groups[g].Cookie == cookie; g++ {
				if said := r.groups.said[r.groups.first[g]]; worse(said.Finding(), result.Finding()) {
					result = said
				}
			}
			if result.Finding() != Nothing {
				r.note(p, result)
			}
		}
	}
}

// readManager reads one of the bundle's cookies, that of a consent manager.
func (r *Resolver) readManager(s *signal, cookie int) {
	b, f := r.bundle, s.fault
	var c consent.Choices
	if f == consent.None {
		c, f = consent.ParseChoices(consent.Format(b.Cookies[cookie].Format), s.text)
	}
	if f == consent.Empty {
		return
	}
	at := place(sourceCookie, cookie)
	if c.GPC {
		r.control(at)
	}
	old := c.Decided != 0 && c.Decided < r.oldest
	for g := range b.ConsentGroups {
		switch {
		case int(b.ConsentGroups[g].Cookie) != cookie:
		case f != consent.None:
			r.groups.say(g, at.with(Unusable, uint32(f)))
		case old:
			r.groups.say(g, at.with(TooOld, uint32(g)))
		default:
			r.groups.say(g, at.with(NoChoice, uint32(g)))
		}
	}
	if f != consent.None || old {
		return
	}
	for pairs := c.Pairs(); pairs.Next(); {
		why := [...]Finding{consent.Unset: NoChoice, consent.Granted: GroupGranted, consent.Denied: GroupDenied}[pairs.Choice()]
		if why == NoChoice {
			continue
		}
		for g := r.groups.table[pairs.Hash()]; g > 0; g = r.groups.next[g-1] {
			if group := &b.ConsentGroups[g-1]; int(group.Cookie) == cookie && pairs.Is(b.String(group.Name)) {
				r.groups.say(int(g-1), at.with(why, uint32(g-1)))
				break
			}
		}
	}
}

// worse orders what the groups of a cookie come to: a denial is worse than an open choice, and that than a grant.
func worse(a, b Finding) bool {
	switch rank(b) {
	case opens:
		return rank(a) == denies
	case allows:
		return rank(a) != allows
	}
	return b == Nothing
}
