package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/scripts/bench/signals"
)

// measureConsent reads every class of strings with core/consent and with prebid's libraries.
func measureConsent(_ context.Context, r *report, s *settings) error {
	classes := signals.Own()
	if shared := sharedFolder(s); shared != "" {
		more, err := signals.Read(filepath.Join(shared, "vectors", "consent"))
		if err != nil {
			return err
		}
		classes = append(classes, more...)
	}
	rows := [][]string{{"", "strings", "core/consent", "prebid", "", "allocs", ""}}
	faster, compared, allocs := 0, 0, 0.0
	for _, c := range classes {
		ours, theirs, err := readClass(c, s)
		if err != nil {
			return err
		}
		row := []string{c.Framework + ", " + c.Name, fmt.Sprintf("%d of %d", ours.count, len(c.Strings)), duration(ours.best), "cannot read them", "", fmt.Sprint(ours.allocs), ""}
		allocs += ours.allocs
		if theirs != nil {
			compared++
			if theirs.best > ours.best {
				faster++
			}
			row = append(row[:3], duration(theirs.best), times(theirs.best/ours.best), fmt.Sprint(ours.allocs), fmt.Sprint(theirs.allocs))
		}
		rows = append(rows, row)
		if aim := consentAims[c.Name]; aim > 0 {
			r.aim("reading a consent string, "+strings.TrimPrefix(c.Name, "own: "), duration(ours.best), duration(aim), ours.best <= aim)
		}
	}
	if err := resolving(r, s); err != nil {
		return err
	}
	r.aim("classes of consent strings read faster than by prebid's libraries", fmt.Sprintf("%d of %d", faster, compared), "all", faster == compared)
	r.aim("  allocations", fmt.Sprint(allocs), "0", allocs == 0)
	return r.table("Consent strings, of each class those that prebid's libraries can read, too; the last columns are allocations of both", rows)
}

// resolving measures what a policy makes of a TC string: jurisdiction, granted purposes and evidence.
func resolving(r *report, s *settings) error {
	loaded, err := bundles.Load(filepath.Join(s.root, "bundles", "examples", "consent"))
	if err != nil {
		return err
	}
	b, err := core.Load(loaded.Data)
	if err != nil {
		return err
	}
	const madeIn2025 = 1_764_000_000 // seconds since 1970
	country, personalization := b.FindAttribute("geo.country"), slices.IndexFunc(b.Purposes, func(p format.Purpose) bool {
		return b.String(p.Name) == "personalization"
	})
	c, e, signal := b.NewContext(), b.NewEvaluator(), signals.Usual()
	resolve := &subject{name: "resolving", count: 1, run: func(int) error {
		c.Reset()
		c.SetTime(madeIn2025, 0)
		c.Set(country, core.String("DE"))
		c.AddSignal(policy.TCF, signal)
		e.Resolve(c)
		if !c.Granted(personalization) {
			return errors.New("the example's policy does not grant personalization")
		}
		return nil
	}}
	if err := measure([]*subject{resolve}, s.rounds, s.turn); err != nil {
		return err
	}
	r.aim("resolving consent from one TC string, by the example's policy", duration(resolve.best), "400 ns", resolve.best <= 400)
	r.aim("  allocations", fmt.Sprint(resolve.allocs), "0", resolve.allocs == 0)
	return nil
}

// consentAims are in nanoseconds, by class.
var consentAims = map[string]float64{"own: fixed fields only": 100, "own: 500 characters": 300, "own: usnat": 100}

// readClass measures reading those of a class's strings that the libraries can read; where there are none, with core/consent alone.
func readClass(c signals.Class, s *settings) (ours, theirs *subject, err error) {
	var both []string
	for _, text := range c.Strings {
		if signals.TheirsReads(c.Framework, text) {
			both = append(both, text)
		}
	}
	reading := func(name string, texts []string, read func(framework, s string) bool) *subject {
		return &subject{name: name, count: len(texts), run: func(i int) error {
			if !read(c.Framework, texts[i]) {
				return fmt.Errorf("cannot read %s", texts[i])
			}
			return nil
		}}
	}
	if len(both) == 0 {
		ours = reading("core/consent", c.Strings, signals.OursReads)
		return ours, nil, measure([]*subject{ours}, s.rounds, s.turn/10)
	}
	ours, theirs = reading("core/consent", both, signals.OursReads), reading("prebid", both, signals.TheirsReads)
	return ours, theirs, measure([]*subject{ours, theirs}, s.rounds, s.turn/10)
}

// sharedFolder is where other projects' data lies, "" where it is absent.
func sharedFolder(s *settings) string {
	folder := os.Getenv("EDGEWISE_SHARED")
	if folder == "" {
		folder = filepath.Join(s.root, "..", "shared")
	}
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}
