// Package impact says what a change of rules does before it is published: contexts are decided with the bundle of today and with that of tomorrow, and the
// answers compared.
//
// Reach for Run. It decides nothing itself: it is given two functions that do. What it tells is of the contexts that it is given, recorded or made
// up, each counted once: so many answers, not so many visitors.
package impact

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"sync"
)

// Answers are what a bundle makes of a context.
type Answers struct {
	Decisions []Decision // of those that the bundle has
	Granted   []Granted
	Settled   bool // the context said which purposes are granted, as logs do: no consent policy was asked
}

// Decision is one answer. The variant is "" where the caller's own default stands. The value is JSON, not to be changed.
type Decision struct {
	Name, Variant, Reason, Rule string
	Value                       json.RawMessage
}

// Granted says whether a purpose is.
type Granted struct {
	Purpose string
	Granted bool
}

// Decide answers a line of `edgewise decide`. It fills answers, which are empty before, and may keep nothing of line. It is called by several goroutines.
type Decide func(line []byte, answers *Answers) error

// Report is what changes.
type Report struct {
	Contexts  int               `json:"contexts"` // compared
	Bad       int               `json:"bad"`      // lines that one of the bundles could not answer
	Moved     int               `json:"moved"`    // contexts with an answer that changes
	Decisions []*DecisionReport `json:"decisions"`
	Consent   []*ConsentReport  `json:"consent"`           // purposes of which the outcome changes
	Settled   int               `json:"settled,omitempty"` // contexts for which no consent policy was asked
	FirstBad  string            `json:"first_bad,omitempty"`
}

// DecisionReport is what changes of a decision. One that is gone has moved for everybody who asks for it. One that is new counts apart, in NewOnly and with
// its moves: pages that ask for it by now have their own default.
type DecisionReport struct {
	Name       string  `json:"name"`
	Asked      int     `json:"asked"`              // answers that the bundle before gives
	Moved      int     `json:"moved"`              // of which the variant or its value changes, or there is none any more
	Share      float64 `json:"share"`              // Moved of Asked, 0 to 1
	Rebucketed int     `json:"rebucketed"`         // of those moved: by the same rule's split before and after
	Moves      []Move  `json:"moves"`              // by count, then names
	OldOnly    int     `json:"old_only,omitempty"` // of Asked: it is gone
	NewOnly    int     `json:"new_only,omitempty"` // besides Asked: it is new
}

// Move is from which variant to which. "" is the caller's own default. From a variant to itself it is to another value.
type Move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

// ConsentReport is for how many contexts a purpose is granted that was not, or the other way round.
type ConsentReport struct {
	Purpose string `json:"purpose"`
	Gained  int    `json:"gained"`
	Lost    int    `json:"lost"`
}

// Largest is the largest share by which a decision moves.
func (r *Report) Largest() (share float64) {
	for _, d := range r.Decisions {
		share = max(share, d.Share)
	}
	return share
}

// batch is how many lines a goroutine takes at a time.
const batch = 256

// Run compares the answers to each line of in. progress, if not nil, is told now and then how many lines are done. The error is of reading, or ctx's.
func Run(ctx context.Context, in io.Reader, before, after Decide, workers int, progress func(lines int)) (*Report, error) {
	work := make(chan [][]byte, workers)
	var mu sync.Mutex
	all, done := newTally(), 0
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			t := newTally()
			for lines := range work {
				for _, line := range lines {
					t.compare(line, before, after)
				}
				mu.Lock()
				if done += len(lines); progress != nil {
					progress(done)
				}
				mu.Unlock()
			}
			mu.Lock()
			all.add(t)
			mu.Unlock()
		})
	}
	err := split(ctx, in, work)
	close(work)
	running.Wait()
	if err != nil {
		return nil, err
	}
	return all.report(), nil
}

// maxLine is more than a question may have; it is the deciding function that refuses a long one.
const maxLine = 4 << 20

// split hands out the lines of in.
func split(ctx context.Context, in io.Reader, work chan<- [][]byte) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	var lines [][]byte
	for scanner.Scan() {
		if line := bytes.TrimSpace(scanner.Bytes()); len(line) > 0 {
			lines = append(lines, bytes.Clone(line))
		}
		if len(lines) == batch {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case work <- lines:
			}
			lines = nil
		}
	}
	if len(lines) > 0 {
		work <- lines
	}
	return scanner.Err()
}

// tally counts.
type tally struct {
	Report
	decisions map[string]*counts
	consent   map[string]*ConsentReport
	before    Answers
	after     Answers
}

// counts is a DecisionReport in the making.
type counts struct {
	DecisionReport
	moves map[[2]string]int
}

func newTally() *tally {
	return &tally{decisions: map[string]*counts{}, consent: map[string]*ConsentReport{}}
}

func (t *tally) decision(name string) *counts {
	c, ok := t.decisions[name]
	if !ok {
		c = &counts{DecisionReport: DecisionReport{Name: name}, moves: map[[2]string]int{}}
		t.decisions[name] = c
	}
	return c
}

func (t *tally) purpose(name string) *ConsentReport {
	c, ok := t.consent[name]
	if !ok {
		c = &ConsentReport{Purpose: name}
		t.consent[name] = c
	}
	return c
}

// compare decides a line with both bundles and counts what differs.
func (t *tally) compare(line []byte, before, after Decide) {
	for _, side := range []struct {
		decide Decide
		into   *Answers
	}{{before, &t.before}, {after, &t.after}} {
		side.into.Decisions, side.into.Granted = side.into.Decisions[:0], side.into.Granted[:0]
		side.into.Settled = false
		if err := side.decide(line, side.into); err != nil {
			if t.Bad++; t.FirstBad == "" {
				t.FirstBad = err.Error()
			}
			return
		}
	}
	t.Contexts++
	if t.before.Settled || t.after.Settled {
		t.Settled++
	}
	moved := false
	olds, news := t.before.Decisions, t.after.Decisions
	for i := range news {
		d := &news[i]
		c := t.decision(d.Name)
		o := find(olds, i, d.Name)
		if o == nil {
			c.NewOnly++
			c.moves[[2]string{"", d.Variant}]++
			continue
		}
		c.Asked++
		if o.Variant == d.Variant && bytes.Equal(o.Value, d.Value) {
			continue
		}
		moved = true
		c.Moved++
		c.moves[[2]string{o.Variant, d.Variant}]++
		if o.Variant != d.Variant && o.Reason == "SPLIT" && d.Reason == "SPLIT" && o.Rule == d.Rule {
			c.Rebucketed++
		}
	}
	for i := range olds {
		if o := &olds[i]; find(news, i, o.Name) == nil {
			moved = true
			c := t.decision(o.Name)
			c.Asked++
			c.Moved++
			c.OldOnly++
			c.moves[[2]string{o.Variant, ""}]++
		}
	}
	for _, g := range t.after.Granted {
		for _, was := range t.before.Granted {
			switch {
			case was.Purpose != g.Purpose || was.Granted == g.Granted:
			case g.Granted:
				t.purpose(g.Purpose).Gained++
			default:
				t.purpose(g.Purpose).Lost++
			}
		}
	}
	if moved {
		t.Moved++
	}
}

// find gives the answer of a decision, which is most likely near the place i.
func find(all []Decision, i int, name string) *Decision {
	if i < len(all) && all[i].Name == name {
		return &all[i]
	}
	for j := range all {
		if all[j].Name == name {
			return &all[j]
		}
	}
	return nil
}

// add counts what another tally has counted.
func (t *tally) add(other *tally) {
	t.Contexts += other.Contexts
	t.Bad += other.Bad
	t.Settled += other.Settled
	t.Moved += other.Moved
	t.FirstBad = cmp.Or(t.FirstBad, other.FirstBad)
	for name, o := range other.decisions {
		c := t.decision(name)
		c.Asked += o.Asked
		c.Moved += o.Moved
		c.Rebucketed += o.Rebucketed
		c.OldOnly += o.OldOnly
		c.NewOnly += o.NewOnly
		for move, n := range o.moves {
			c.moves[move] += n
		}
	}
	for name, o := range other.consent {
		c := t.purpose(name)
		c.Gained += o.Gained
		c.Lost += o.Lost
	}
}

// report puts what was counted in order: decisions and purposes by name, moves by how many.
func (t *tally) report() *Report {
	t.Report.Decisions, t.Report.Consent = []*DecisionReport{}, []*ConsentReport{}
	for _, name := range slices.Sorted(maps.Keys(t.decisions)) {
		c := t.decisions[name]
		c.Moves = []Move{}
		for move, n := range c.moves {
			c.Moves = append(c.Moves, Move{move[0], move[1], n})
		}
		slices.SortFunc(c.Moves, func(a, b Move) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		if c.Asked > 0 {
			c.Share = float64(c.Moved) / float64(c.Asked)
		}
		t.Report.Decisions = append(t.Report.Decisions, &c.DecisionReport)
	}
	for _, name := range slices.Sorted(maps.Keys(t.consent)) {
		t.Report.Consent = append(t.Report.Consent, t.consent[name])
	}
	return &t.Report
}
