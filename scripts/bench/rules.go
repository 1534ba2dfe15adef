package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/scripts/bench/compare"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// many is how many rules are still to be handled with ease.
const many = 10000

// measureRules runs the command over many rules, and loads them.
func measureRules(ctx context.Context, r *report, s *settings) error {
	folder, err := os.MkdirTemp("", "edgewise-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := commandLines(ctx, r, s, folder); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(folder, "rules.bundle"))
	if err != nil {
		return err
	}
	perRule := float64(len(data)) / many
	r.aim("  bytes of the compiled bundle for each", fmt.Sprintf("%.0f", perRule), "200", perRule <= 200)
	if err := loading(ctx, r, s, data); err != nil {
		return err
	}
	gzip := exec.CommandContext(ctx, "gzip", "-9nc")
	gzip.Stdin = bytes.NewReader(module.Wasm)
	packed, err := gzip.Output()
	if err != nil {
		return err
	}
	const raw, gzipped = 90 << 10, 40 << 10
	r.aim("bytes of the module", fmt.Sprint(len(module.Wasm)), fmt.Sprint(raw), len(module.Wasm) <= raw)
	r.aim("  after gzip -9", fmt.Sprint(len(packed)), fmt.Sprint(gzipped), len(packed) <= gzipped)
	return nil
}

// commandLines builds the command and runs it over many rules.
func commandLines(ctx context.Context, r *report, s *settings, folder string) error {
	program := filepath.Join(folder, "edgewise")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/edgewise")
	build.Dir = s.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(folder, "rules.yaml"), []byte(workload.Rules(many).Source()), 0o644); err != nil {
		return err
	}
	request := workload.Contexts(1)[0].Line()
	rows := [][]string{{"", "time", "CPU time", "memory", "output"}}
	for _, line := range []string{"check rules.yaml", "check --strict rules.yaml", "build rules.yaml -o rules.bundle", "inspect rules.bundle",
		"decide --bundle rules.bundle", "decide --engine wasm --bundle rules.bundle", "explain --bundle rules.bundle"} {
		command := exec.CommandContext(ctx, program, strings.Fields(line)...)
		command.Dir, command.Stdin = folder, bytes.NewReader(request)
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		start := time.Now()
		err := command.Run()
		took := time.Since(start)
		if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && strings.Contains(line, "--strict")) { // which finds something
			return fmt.Errorf("edgewise %s: %w: %s", line, err, out.String())
		}
		peak := peakMemory(command.ProcessState)
		worked := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		rows = append(rows, []string{"edgewise " + line, duration(float64(took.Nanoseconds())), duration(float64(worked.Nanoseconds())),
			fmt.Sprintf("%d MiB", peak>>20), fmt.Sprintf("%d lines", bytes.Count(out.Bytes(), []byte("\n")))})
		if strings.HasPrefix(line, "build") {
			r.aim("10,000 rules compiled by the command: CPU time", duration(float64(worked.Nanoseconds())), "5 s", worked <= 5*time.Second)
			r.aim("  with at most", fmt.Sprintf("%d MiB", peak>>20), "1024 MiB", peak <= 1<<30)
		}
	}
	if err := measureImpact(ctx, r, program, folder); err != nil {
		return err
	}
	return r.table("10,000 rules from the command line, each command a process of its own", rows)
}

// peakMemory is the most memory that a process had, in bytes. Linux counts it in kilobytes.
func peakMemory(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}

// loading measures how long it takes until a bundle decides.
func loading(ctx context.Context, r *report, s *settings, data []byte) error {
	small, questions, err := compiled(compare.Cases(10)[0])
	if err != nil {
		return err
	}
	m, err := engine.Compile(ctx, module.Wasm, "")
	if err != nil {
		return err
	}
	defer m.Close(ctx)
	subjects := []*subject{
		{name: "loading 10,000 rules, their check included", count: 1, run: func(int) error {
			_, err := core.Load(data)
			return err
		}},
		{name: "instance + bundle of one rule + first decision, wazero", count: 1, run: func(int) error {
			p, err := m.NewPool(small, 1, new(engine.Faults))
			if err != nil {
				return err
			}
			defer p.Close()
			_, err = p.Decide(ctx, questions[0], engine.Answers{})
			return err
		}},
	}
	if err := measure(subjects, s.rounds, s.turn); err != nil {
		return err
	}
	rows := [][]string{{"", "time"}}
	for _, s := range subjects {
		rows = append(rows, []string{s.name, duration(s.best)})
	}
	r.aim("loading 10,000 rules", duration(subjects[0].best), "3 ms", subjects[0].best <= 3e6)
	r.aim("instance + bundle + first decision, wazero", duration(subjects[1].best), "1 ms", subjects[1].best <= 1e6)
	took, err := startInV8(small, questions[0], s)
	if err != nil {
		return err
	}
	if took > 0 {
		rows = append(rows, []string{"instance + bundle of one rule + first decision, V8", duration(took)})
		r.aim("instance + bundle + first decision, V8", duration(took), "1 ms", took <= 1e6)
	}
	return r.table("Until a bundle decides", rows)
}
