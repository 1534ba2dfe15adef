// Package planned says in words what an edge node does with a request.
//
// Reach for View.Write. What it prints is for people and may change; programs read the JSON that it is made from (edge.Plan.AppendJSON).
package planned

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/cmd/edgewise/internal/term"
)

// plan is what edge.Plan.AppendJSON writes; see there.
type plan struct {
	Action   string
	Status   int
	Location string
	Body     string
	Origin   struct{ Path, Backend string }
	Request  [][2]string `json:"request_headers"`
	Response [][2]string `json:"response_headers"`
	Drop     []string
	Cache    struct {
		Key     string
		Vary    []string
		Private bool
	}
	Cookies []struct {
		Name, Value string
		MaxAge      int `json:"max_age"`
		Delete      bool
	}
	Deferred []struct {
		Decision, To, Otherwise, Mode string
		Within                        int `json:"within_ms"`
	}
	Decisions map[string]decision
	Consent   map[string]struct {
		Granted bool
		Because string
	}
	Route string
	Lines []json.RawMessage
}

type decision struct {
	Variant, Reason, Rule string
	Stale, Sticky         bool
}

// View is how plans are shown.
type View struct {
	term.Style
	Columns int // of the terminal
}

// Write says what is done with the request for url, whose plan is in JSON.
func (v View) Write(w io.Writer, url string, data []byte) error {
	var p plan
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("the plan: %w", err)
	}
	url = term.Printable(url)
	fmt.Fprintln(w, v.Bold(url))
	v.text(w, p.what(url))
	v.consent(w, &p)
	v.decisions(w, &p)
	for _, d := range p.Deferred {
		v.text(w, d.Decision+" "+fmt.Sprintf(modes[d.Mode], d.To, within(d.Within), d.Otherwise))
	}
	v.headers(w, "the origin gets", p.Request)
	if len(p.Drop) > 0 {
		v.title(w, "the origin does not get, for a visitor may not send it")
		v.text(w, term.Printable(strings.Join(p.Drop, ", ")))
	}
	if p.Action == "forward" {
		v.title(w, "caches")
		v.text(w, p.cached())
	}
	v.cookies(w, &p)
	v.headers(w, "the visitor gets", p.Response)
	if len(p.Lines) > 0 {
		v.title(w, "the log gets")
		for _, line := range p.Lines {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	return nil
}

// what says where the request goes.
func (p *plan) what(url string) string {
	route := "no route has this path, so nothing is decided"
	if p.Route != "" {
		route = "route " + p.Route
	}
	switch {
	case p.Location != "":
		return fmt.Sprintf("%s: the visitor is sent to %s (status %d)", route, p.Location, p.Status)
	case p.Action == "answer":
		return fmt.Sprintf("answered here, with status %d and %d bytes", p.Status, len(p.Body))
	}
	to := "the origin"
	if p.Origin.Backend != "" {
		to = "the backend " + p.Origin.Backend
	}
	if p.Origin.Path != url {
		to += " as " + p.Origin.Path
	}
	return route + ": forwarded to " + to
}

// cached says how the page may be kept.
func (p *plan) cached() string {
	vary := ""
	if len(p.Cache.Vary) > 0 {
		vary = "; caches in front of the edge keep it by " + strings.Join(p.Cache.Vary, ", ")
	}
	switch {
	case p.Cache.Private:
		return "no shared cache may keep the page"
	case p.Cache.Key == "":
		return "the page is the same for everybody" + vary
	}
	return "the page is kept once for all who get " + p.Cache.Key + vary
}

func (v View) consent(w io.Writer, p *plan) {
	if len(p.Consent) == 0 {
		return
	}
	v.title(w, "consent")
	var rows [][]string
	for _, purpose := range sorted(p.Consent) {
		c := p.Consent[purpose]
		word := v.Red("no")
		if c.Granted {
			word = v.Green("yes")
		}
		rows = append(rows, []string{purpose, word, c.Because})
	}
	term.Table(w, "  ", rows)
}

func (v View) decisions(w io.Writer, p *plan) {
	if len(p.Decisions) == 0 {
		return
	}
	v.title(w, "decisions")
	var rows [][]string
	for _, name := range sorted(p.Decisions) {
		d := p.Decisions[name]
		variant := v.Bold(d.Variant)
		if d.Variant == "" {
			variant = v.Dim("(the caller's)")
		}
		rows = append(rows, []string{name, variant, d.words()})
	}
	term.Table(w, "  ", rows)
}

// reasons say in words why a decision is answered as it is.
var reasons = map[string]string{
	"DISABLED": "switched off", "CONSENT": "no rule may be tried without consent", "TARGETING_MATCH": "by a rule", "SPLIT": "by a split",
	"DEFAULT": "no rule matched", "STATIC": "there are no rules", "PREVIEW": "previewed", "HOLDOUT": "the visitor is held out",
	"DEFERRED": "somebody else decides; this is the fallback", "FALLBACK": "the origin gave no answer that counts", "STALE": "the bundle is not fresh any more",
}

func (d *decision) words() string {
	words := reasons[d.Reason]
	if d.Rule != "" {
		words += ", rule " + d.Rule
	}
	if d.Sticky {
		words = "kept from before"
	}
	if d.Stale && d.Reason != "STALE" {
		words += "; the bundle is not fresh any more"
	}
	return words
}

// modes say who decides what is deferred, within what time, and what stands instead.
var modes = map[string]string{
	"wait":         "waits for the origin's %s at most %s, then it is %s",
	"with_page":    "is left to the origin's %s while it makes the page, at most %s; else it is %s",
	"after_render": "is left to the page, which asks %s for at most %s; until then it is %s",
}

func (v View) headers(w io.Writer, title string, headers [][2]string) {
	if len(headers) == 0 {
		return
	}
	v.title(w, title)
	for _, h := range headers {
		v.text(w, h[0]+": "+h[1])
	}
}

func (v View) cookies(w io.Writer, p *plan) {
	if len(p.Cookies) == 0 {
		return
	}
	v.title(w, "cookies")
	for _, c := range p.Cookies {
		switch {
		case c.Delete:
			v.text(w, c.Name+" is deleted")
		case c.MaxAge > 0:
			v.text(w, c.Name+" is set for "+within(1000*c.MaxAge))
		default:
			v.text(w, c.Name+" is set until the browser is closed")
		}
	}
}

func (v View) title(w io.Writer, text string) { fmt.Fprintf(w, "\n%s\n", v.Dim(text)) }

func (v View) text(w io.Writer, text string) {
	fmt.Fprintln(w, "  "+term.Wrap(text, 2, 4, v.Columns))
}

// within is a time in words.
func within(milliseconds int) string {
	d := time.Duration(milliseconds) * time.Millisecond
	if d >= 24*time.Hour && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	}
	return d.String()
}

func sorted[V any](m map[string]V) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
