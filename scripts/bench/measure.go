package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// subject is something to measure: run does one of count things, which take turns.
type subject struct {
	name   string
	count  int
	run    func(i int) error
	best   float64 // nanoseconds that one takes in the best pass
	allocs float64 // for one
	repeat int     // of all of them in a pass
}

// shortestPass is how long a pass should take at least, so that looking at the clock is no part of it worth naming.
const shortestPass = 20 * time.Microsecond

// measure runs the subjects in turns, so that whatever else the machine does meanwhile disturbs all of them, and keeps each one's best pass
// over all of its things: others can only make it worse.
func measure(subjects []*subject, rounds int, turn time.Duration) error {
	for _, s := range subjects {
		for s.repeat = 1; ; s.repeat *= 2 {
			took, err := s.pass()
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if took >= shortestPass {
				break
			}
		}
		i := 0
		s.allocs = testing.AllocsPerRun(s.count, func() { _ = s.run(i % s.count); i++ })
	}
	for range rounds {
		for _, s := range subjects {
			runtime.GC()
			for end := time.Now().Add(turn); time.Now().Before(end); {
				took, err := s.pass()
				if err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				if each := float64(took.Nanoseconds()) / float64(s.repeat*s.count); s.best == 0 || each < s.best {
					s.best = each
				}
			}
		}
	}
	return nil
}

// pass runs all of a subject's things.
func (s *subject) pass() (time.Duration, error) {
	start := time.Now()
	for range s.repeat {
		for i := range s.count {
			if err := s.run(i); err != nil {
				return 0, err
			}
		}
	}
	return time.Since(start), nil
}

// duration writes nanoseconds for people.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	}
	return fmt.Sprintf("%.2f s", ns/1e9)
}

func times(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("%.0f x", ratio)
	}
	return fmt.Sprintf("%.1f x", ratio)
}
