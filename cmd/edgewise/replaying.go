package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/bundles/impact"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/decisionlog"
)

// side is one of the two bundles of a comparison, and what decides by it.
type side struct {
	*host.Host
	bundle   *format.Bundle
	segments []int // those whose members may change
	names    []string
}

// measureImpact decides the contexts of in, which is called name, with two compiled bundles.
func measureImpact(ctx context.Context, before, after *bundles.Loaded, in io.Reader, name, engineName string, now time.Time) (*impact.Report, error) {
	engine, err := parseEngine(engineName)
	if err != nil {
		return nil, err
	}
	if now.IsZero() {
		now = time.Now() // the same for both bundles and all contexts
	}
	before, after = switchedAlike(before, after)
	reach := diff.ReachOf(before.Bundle, after.Bundle, diff.Of(before.Bundle, after.Bundle))
	workers := runtime.GOMAXPROCS(0)
	cache, err := os.MkdirTemp("", "edgewise-impact-") // so that the module is compiled once
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	var sides [2]*side
	for i, c := range []*bundles.Loaded{before, after} {
		options, err := hostOptions(c)
		if err != nil {
			return nil, err
		}
		options.Engine, options.Instances, options.CacheDir = engine, workers, cache
		h, err := host.New(ctx, options)
		if err != nil {
			return nil, err
		}
		defer h.Close(ctx)
		sides[i] = newSide(h, c.Bundle, reach.Segments)
	}
	r := replaying{sides[0], sides[1], now, reach.Consent}
	report, err := impact.Run(ctx, in, r.decider(ctx, r.before), r.decider(ctx, r.after), workers, progress(os.Stderr))
	if err == nil && report.Contexts == 0 {
		err = &hinted{fmt.Errorf("%s holds no context that both bundles can answer", name), report.FirstBad}
	}
	return report, err
}

func newSide(h *host.Host, b *format.Bundle, segments []string) *side {
	s := &side{Host: h, bundle: b}
	for i := range b.Segments {
		if name := b.String(b.Segments[i].Name); slices.Contains(segments, name) {
			s.segments, s.names = append(s.segments, i), append(s.names, name)
		}
	}
	return s
}

// replaying compares two sides.
type replaying struct {
	before, after *side
	now           time.Time
	consent       bool // another purpose may be granted to somebody
}

// decider lets a side decide lines, those of logs included.
func (r *replaying) decider(ctx context.Context, s *side) impact.Decide {
	return func(line []byte, answers *impact.Answers) error {
		settled, decide := false, s.DecideJSON
		if bytes.Contains(line, []byte(`"digest"`)) {
			if logged, ok := decisionlog.Read(line); ok {
				settled, decide = true, s.DecideSettledJSON
				if r.consent && s == r.after {
					if err := r.resolve(ctx, logged, answers); err != nil {
						return err
					}
				}
				line = logged.Question()
			}
		}
		result, err := decide(ctx, line, r.now)
		if err != nil {
			return err
		}
		for _, d := range result.Decisions {
			if s.bundle.FindDecision(d.Name) >= 0 {
				answers.Decisions = append(answers.Decisions, impact.Decision{Name: d.Name, Variant: d.Variant, Reason: d.Reason, Rule: d.Rule, Value: d.Value})
			}
		}
		for _, c := range result.Consent {
			answers.Granted = append(answers.Granted, impact.Granted{Purpose: c.Purpose, Granted: c.Granted})
		}
		return s.members(ctx, line, r.now, settled, answers)
	}
}

// resolve asks both sides what they grant where no signal is given, and changes the logged line accordingly.
func (r *replaying) resolve(ctx context.Context, logged *decisionlog.Logged, answers *impact.Answers) error {
	silent := logged.Silent()
	was, err := r.before.DecideJSON(ctx, silent, r.now)
	if err != nil {
		return err
	}
	is, err := r.after.DecideJSON(ctx, silent, r.now)
	if err != nil {
		return err
	}
	answers.Untried = !logged.Resolve(was.Consent, is.Consent)
	return nil
}

// members adds who is in the segments.
func (s *side) members(ctx context.Context, line []byte, now time.Time, settled bool, answers *impact.Answers) error {
	if len(s.segments) == 0 {
		return nil
	}
	in, err := s.SegmentsJSON(ctx, line, now, settled, s.segments, nil)
	if err != nil {
		return err
	}
	for i, name := range s.names {
		answers.Segments = append(answers.Segments, impact.Member{Segment: name, In: in[i]})
	}
	return nil
}
