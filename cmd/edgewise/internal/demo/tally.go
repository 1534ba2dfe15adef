package demo

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/accesslog"
)

// maxShownBad is how many lines that are no requests are shown.
const maxShownBad = 3

// tally is what the requests of a log came to. Its memory does not grow with the log.
type tally struct {
	bundle    *format.Bundle
	requests  int
	badLines  int
	shownBad  []string
	differing int // requests that the engines answered differently

	first, last time.Time
	classes     map[string]int
	bots        int
	countries   map[string]int
	granted     []int // by purpose

	answers               map[outcome]int
	mapping, native, wasm latencies
	candidates            map[candidateKey]*candidate
	scratch               edge.Scratch
}

// outcome is what is counted of an answer.
type outcome struct {
	decision, variant uint32 // variant+1
	reason            core.Reason
}

func newTally(b *format.Bundle) *tally {
	return &tally{bundle: b, classes: map[string]int{}, countries: map[string]int{}, granted: make([]int, len(b.Purposes)),
		answers: map[outcome]int{}, candidates: map[candidateKey]*candidate{}}
}

func (t *tally) bad(e *accesslog.LineError) {
	t.badLines++
	if len(t.shownBad) < maxShownBad {
		t.shownBad = append(t.shownBad, e.Error())
	}
}

// count counts a request that has been decided.
func (t *tally) count(entry *accesslog.Entry, a *asker) {
	t.requests++
	if t.requests == 1 {
		t.first = a.at
	}
	t.last = a.at
	view := edge.Parse(&entry.Request, &t.scratch)
	switch {
	case !view.HasDevice:
		t.classes["no user agent"]++
	case view.Device.Bot:
		t.bots++
	default:
		t.classes[view.Device.Class.String()]++
	}
	if len(view.Geo.Country) == len("DE") {
		t.countries[strings.Clone(view.Geo.Country)]++
	}
	for i := range t.granted {
		if a.granted>>i&1 != 0 {
			t.granted[i]++
		}
	}
	for _, answer := range a.wasm.Decisions {
		t.answers[outcome{answer.Decision, answer.Variant, answer.Reason}]++
		t.consider(answer, &view, a)
	}
}

// candidate is an answer that may be explained.
type candidate struct {
	answer   core.Answer
	question []byte
	request  string // in words
	good     bool   // it shows more than the least
}

type candidateKey struct {
	decision uint32
	reason   core.Reason
}

// consider keeps an answer to explain, the first telling one of each decision and reason.
func (t *tally) consider(answer core.Answer, view *edge.View, a *asker) {
	key := candidateKey{answer.Decision, answer.Reason}
	kept := t.candidates[key]
	if kept != nil && kept.good {
		return
	}
	good := t.telling(answer, view)
	if kept != nil && !good {
		return
	}
	t.candidates[key] = &candidate{answer, slices.Clone(a.question), describe(view, a), good}
}

// telling answers are those that a person got for a page, by a rule that is neither the first nor far down.
func (t *tally) telling(answer core.Answer, view *edge.View) bool {
	const fewest, most = 2, 5 // rules that were tried
	if view.Device.Bot || strings.Contains(path.Base(view.Path), ".") {
		return false
	}
	if answer.Rule == 0 {
		return true
	}
	tried := answer.Rule - t.bundle.Decisions[answer.Decision].FirstRule
	return tried >= fewest && tried <= most
}

// describe says in a line what a request is.
func describe(view *edge.View, a *asker) string {
	var known []string
	switch {
	case view.Device.Bot:
		known = append(known, "bot")
	case view.HasDevice:
		known = append(known, view.Device.Class.String())
	}
	if view.Geo.Country != "" {
		known = append(known, view.Geo.Country)
	}
	necessaryOnly := true
	for i, p := range a.bundle.Purposes {
		if i > 0 && a.granted>>i&1 != 0 {
			known = append(known, a.bundle.String(p.Name))
			necessaryOnly = false
		}
	}
	if necessaryOnly {
		known = append(known, "no consent")
	}
	return fmt.Sprintf("%s %s %s (%s)", a.at.UTC().Format("15:04:05"), view.Method, view.Path, strings.Join(known, ", "))
}

// explainFirst is which reasons are explained before others.
var explainFirst = []core.Reason{core.ReasonSplit, core.ReasonTargetingMatch, core.ReasonConsent, core.ReasonDefault, core.ReasonStatic, core.ReasonDisabled}

// choose picks n answers to explain: of different reasons and decisions as far as there are any.
func (t *tally) choose(n int) []*candidate {
	var all []*candidate
	for _, c := range t.candidates {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		return cmp.Or(
			cmp.Compare(slices.Index(explainFirst, a.answer.Reason), slices.Index(explainFirst, b.answer.Reason)),
			-compareBool(a.good, b.good),
			cmp.Compare(a.answer.Decision, b.answer.Decision))
	})
	var chosen []*candidate
	reasons, decisions := map[core.Reason]bool{}, map[uint32]bool{}
	take := func(fits func(*candidate) bool) {
		for _, c := range all {
			if len(chosen) < n && !slices.Contains(chosen, c) && fits(c) {
				chosen = append(chosen, c)
				reasons[c.answer.Reason], decisions[c.answer.Decision] = true, true
			}
		}
	}
	take(func(c *candidate) bool { return !reasons[c.answer.Reason] && !decisions[c.answer.Decision] })
	take(func(c *candidate) bool { return !decisions[c.answer.Decision] })
	take(func(*candidate) bool { return true })
	return chosen
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
