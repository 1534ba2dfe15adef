package compile

import (
	"net/textproto"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/attribute"
	"github.com/edgewise-dev/edgewise/core/format"
)

// inputs are what a request's answers can depend on beside its URL: request headers by their names, and flags of format.Route for what no
// header of the request shows.
type inputs struct {
	headers    map[string]bool
	flags      uint32
	attributes map[string]bool // that rules read, but for the time
}

// spelled are headers that are not written as most are.
var spelled = map[string]string{"ect": "ECT", "sec-ch-ua": "Sec-CH-UA", "sec-ch-ua-mobile": "Sec-CH-UA-Mobile", "sec-ch-ua-platform": "Sec-CH-UA-Platform",
	"sec-gpc": "Sec-GPC"}

func (in *inputs) header(name string) {
	if written, ok := spelled[strings.ToLower(name)]; ok {
		in.headers[written] = true
	} else {
		in.headers[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
}

// vary is the headers as they stand in a Vary header.
func (in *inputs) vary() string { return strings.Join(sortedNames(in.headers), ", ") }

// inputsOf finds what a route's answers can depend on. A decision that always comes out alike depends on nothing.
func (f *flows) inputsOf(decisions []*source.Decision) *inputs {
	in := &inputs{headers: map[string]bool{}, attributes: map[string]bool{}}
	for _, d := range decisions {
		if len(f.outcomes(d)) < 2 {
			continue
		}
		for name := range f.reach(d) {
			f.addAttribute(in, name)
		}
		f.addOwn(in, d)
		for _, before := range f.prerequisites[d.Name.Value] {
			f.addOwn(in, f.decisions[before])
		}
	}
	return in
}

// addAttribute adds where an attribute comes from.
func (f *flows) addAttribute(in *inputs, name string) {
	a := f.attributes[name]
	place, from, _ := strings.Cut(a.from, ":")
	standard := attribute.Find(name)
	if name != now && !a.origin {
		in.attributes[name] = true
	}
	switch {
	case a.origin: // a decider reads it, and addOwn sees to those
	case place == "header":
		in.header(from)
	case place == "cookie" || a.trust == attribute.Signed: // the site's state is a cookie
		in.header("Cookie")
	case standard == nil: // of the query, or only a caller has it
	case name == now:
		in.flags |= format.RouteTime
	case standard.Trust == attribute.Platform:
		in.flags |= format.RoutePlatform
	default:
		for _, header := range standard.Headers {
			if header != "host" { // a part of the URL
				in.header(header)
			}
		}
		if name == "request.query" && slices.ContainsFunc(sortedNames(f.attributes), f.hidesParameter) {
			f.addConsent(in)
		}
	}
}

// hidesParameter says whether an attribute takes a parameter out of request.query while its purpose is not granted.
func (f *flows) hidesParameter(name string) bool {
	a := f.attributes[name]
	return strings.HasPrefix(a.from, "query:") && a.purpose != attribute.Necessary
}

// addOwn adds what a decision depends on beside attributes.
func (f *flows) addOwn(in *inputs, d *source.Decision) {
	if d.Disabled {
		return
	}
	if d.Sticky.On {
		in.header("Cookie")
	}
	if !onlyNecessary(d) {
		f.addConsent(in)
	}
	for _, v := range d.Variants {
		if v.Until.Present() {
			in.flags |= format.RouteTime
		}
	}
	for _, rules := range [][]source.Rule{d.Rules, d.BeforeConsent} {
		for i := range rules {
			r := &rules[i]
			if r.From.Present() || r.Until.Present() || r.Split != nil && r.Split.Ramp != nil {
				in.flags |= format.RouteTime
			}
			if r.Defer != nil && r.Defer.Mode != "after_render" { // which leaves the page as it is
				in.flags |= format.RouteOrigin
			}
			if checked := f.conditions[r]; checked != nil && slices.ContainsFunc(f.allReadings(checked), func(r reading) bool { return r.granted != "" }) {
				f.addConsent(in)
			}
		}
	}
}

// addConsent adds what tells what is granted: cookies, GPC where it counts, and what jurisdictions are found by.
func (f *flows) addConsent(in *inputs) {
	in.header("Cookie")
	if f.src.Consent == nil {
		return
	}
	if slices.ContainsFunc(f.src.Consent.Purposes, func(p source.Purpose) bool { return p.GPCDenies }) {
		in.header("Sec-GPC")
	}
	for _, checked := range f.compiler.jurisdictions {
		if checked == nil {
			continue
		}
		for _, r := range f.allReadings(checked) {
			if r.attribute != "" && r.attribute != "request.query" { // of that a jurisdiction sees only what needs no consent
				f.addAttribute(in, r.attribute)
			}
		}
	}
}
