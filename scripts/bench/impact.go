package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// impactContexts is a tenth of what is to be compared in a minute.
const impactContexts = 100_000

// measureImpact compares two bundles of 1,000 rules over many contexts, in the module, with as many workers as there are processors.
func measureImpact(ctx context.Context, r *report, program, folder string) error {
	rules := workload.Rules(1000).Source()
	for name, text := range map[string]string{"before.yaml": rules, "after.yaml": strings.Replace(rules, `country == "GR"`, `country == "PT"`, 1)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := writeContexts(filepath.Join(folder, "contexts.jsonl")); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, program, "impact", "before.yaml", "after.yaml", "--contexts", "contexts.jsonl")
	command.Dir = folder
	start := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("edgewise impact: %w: %s", err, out)
	}
	took := time.Since(start)
	r.aim("impact of a change to 1,000 rules on 100,000 contexts", duration(float64(took.Nanoseconds())), "6 s", took <= 6*time.Second)
	return nil
}

func writeContexts(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for _, c := range workload.Contexts(impactContexts) {
		w.Write(c.Line()) // an error stays until Flush
		w.WriteByte('\n')
	}
	return w.Flush()
}
