package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
)

// InConsent says whether a change is one of what consent signals grant.
func (c Change) InConsent() bool {
	return slices.Contains([]string{"policy", "purpose", "consent cookie", "jurisdiction"}, c.What) || c.What == "bundle" && c.Field == jurisdictionOrder
}

const jurisdictionOrder = "order of jurisdictions"

// addConsent adds how consent signals count.
func (l *lister) addConsent() {
	for _, p := range l.Policies {
		l.add("policy", "of consent", "",
			field{name: "max_age", text: seconds(p.MaxAge)},
			field{name: "least TCF policy", text: fmt.Sprint(p.MinPolicy)},
			field{name: "missing_disclosed", text: set(p.Flags, format.PolicyDisclosedOptional, "ok")},
			field{name: "missing_notice", text: set(p.Flags, format.PolicyNoticeNeeded, "denies")})
	}
	for i := range l.Purposes {
		l.addPurpose(&l.Purposes[i])
	}
	for _, c := range l.Cookies {
		l.add("consent cookie", l.String(c.Name), "", field{name: "written as", text: cookieFormat(c.Format)})
	}
	var order []string
	for i := range l.Jurisdictions {
		j := &l.Jurisdictions[i]
		name := l.String(j.Name)
		if name == "" {
			name = l.condition(j.Condition)
		}
		var modes []string
		for p := 1; p < len(l.Purposes); p++ { // the first is necessary
			modes = append(modes, l.String(l.Purposes[p].Name)+" "+j.Mode(p).String())
		}
		l.add("jurisdiction", name, "",
			field{name: "when", text: l.condition(j.Condition)},
			field{name: "modes", text: strings.Join(modes, ", ")})
		order = append(order, name)
	}
	l.things[0].fields = append(l.things[0].fields, field{name: jurisdictionOrder, text: strings.Join(order, " | ")})
}

func (l *lister) addPurpose(p *format.Purpose) {
	tcf, subject := numbers(p.TCF), ""
	if p.TCF != 0 {
		subject = [...]string{"publisher", "core", fmt.Sprint("vendor ", p.Vendor), "unknown"}[p.Flags&format.PurposeSubject]
	}
	var optOuts, groups []string
	for i, name := range slices.Concat(source.OptOuts, source.Sensitive) { // in the order of format.OptOutSale and so on
		if p.OptOuts&(1<<i) != 0 {
			optOuts = append(optOuts, name)
		}
	}
	for _, g := range l.ConsentGroups[p.FirstGroup : p.FirstGroup+p.Groups] {
		groups = append(groups, l.String(l.Cookies[g.Cookie].Name)+":"+l.String(g.Name))
	}
	l.add("purpose", l.String(p.Name), "",
		field{name: "tcf", text: tcf},
		field{name: "subject", text: subject},
		field{name: "legitimate_interest", text: set(p.Flags, format.PurposeLegitimateInterest, "true")},
		field{name: "opt_out_of", text: strings.Join(optOuts, " ")},
		field{name: "gpc", text: set(p.Flags, format.PurposeGPCDenies, "denies")},
		field{name: "groups", text: strings.Join(groups, " ")})
}

// cookieFormat is a format as sources name it: those of consent managers first, then the frameworks'.
func cookieFormat(f uint32) string {
	if f >= format.CookieTCF {
		f = f - format.CookieTCF + uint32(consent.Formats)
	}
	if f >= uint32(len(source.CookieFormats)) {
		return "unknown"
	}
	return source.CookieFormats[f]
}

// numbers lists the bits of a set, from 1.
func numbers(set uint32) string {
	var all []string
	for i := range 32 {
		if set&(1<<i) != 0 {
			all = append(all, fmt.Sprint(i+1))
		}
	}
	return strings.Join(all, " ")
}
