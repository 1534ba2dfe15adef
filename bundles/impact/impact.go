// Package impact says what a change of rules does before it is published: contexts are decided with the bundle of today and with that of tomorrow, and the
// answers compared.
//
// Reach for Run, and for AppendSVG, which draws its report; Sample makes contexts up. Run decides nothing itself: it is given two functions that do. What it tells is of the contexts that it is given, recorded or made
// up, each counted once: so many answers, not so many visitors.
package impact

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Answers are what a bundle makes of a context.
type Answers struct {
	Decisions []Decision // of those that the bundle has
	Granted   []Granted
	Segments  []Member // of those that may have other members
	Untried   bool     // what the consent policy grants could not be asked, or not what follows from it
}

// Member says whether a context is in a segment.
type Member struct {
	Segment string
	In      bool
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
	Contexts  int               `json:"contexts"`          // compared
	MadeUp    bool              `json:"made_up,omitempty"` // by Sample: the shares are those of no real visitors
	Bad       int               `json:"bad"`               // lines that one of the bundles could not answer
	Moved     int               `json:"moved"`             // contexts with an answer that changes
	Decisions []*DecisionReport `json:"decisions"`
	Segments  []*SegmentReport  `json:"segments"`                  // those that may have other members
	Consent   []*ConsentReport  `json:"consent"`                   // purposes of which the outcome changes
	Untried   int               `json:"consent_untried,omitempty"` // contexts from logs for which the consent policy could not be asked
	FirstBad  string            `json:"first_bad,omitempty"`
}

// SegmentReport is for how many contexts the members of a segment change.
type SegmentReport struct {
	Name   string `json:"name"`
	Before int    `json:"before"` // contexts in it, by the bundle before
	After  int    `json:"after"`
	Joined int    `json:"joined"` // in it after, and not before
	Left   int    `json:"left"`
	Moved  int    `json:"moved"` // in it before or after, with an answer that changes
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

// Kind is what contexts the report is of, in words.
func (r *Report) Kind() string {
	if r.MadeUp {
		return "made-up contexts"
	}
	return "contexts"
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
	read := 0
	for ; scanner.Scan(); read++ {
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
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d has more than %d bytes: no context is that long", read+1, maxLine)
	}
	return scanner.Err()
}
