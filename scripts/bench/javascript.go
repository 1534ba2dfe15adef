package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/scripts/bench/compare"
	"github.com/edgewise-dev/edgewise/testdata/v8"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// javaScriptRows are what the JavaScript package is measured doing, in nanoseconds, and what is aimed at; 0: nothing.
var javaScriptRows = []struct {
	name, label string
	aim         float64
}{
	{"decide", "decide: 8 decisions over 1,000 rules, from objects to objects", 2e3},
	{"stringify", "  to compare: JSON.stringify of the input alone", 0},
	{"plan", "plan: a request to the example storefront", 12e3},
	{"start", "load of a bundle of 1,000 rules and the first decision", 1e6},
	{"next", "  the next bundle in its place", 0},
	{"compile", "compiling the module, once", 0},
}

// javaScriptRequests are requests of browsers, as lines of `edgewise plan`.
const javaScriptRequests = `{"url":"https://shop.example/shop/boots?utm_campaign=gifts","headers":[["user-agent","Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"],["accept","text/html,application/xhtml+xml"],["accept-language","de-DE,de;q=0.9"],["accept-encoding","gzip, deflate, br"],["cookie","cart=80; theme=dark"]],"client_ip":"192.0.2.7","geo":{"country":"DE","continent":"EU"},"now":"2026-12-01T08:00:00Z"}
{"url":"https://shop.example/","headers":[["user-agent","Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"],["sec-ch-ua-mobile","?0"],["accept-language","en-US,en;q=0.5"],["referer","https://www.google.com/"],["sec-gpc","1"]],"client_ip":"192.0.2.8","geo":{"country":"US","continent":"NA"},"now":"2026-12-01T08:00:00Z"}
`

// measureJavaScript has Node measure the package, where there is one.
func measureJavaScript(ctx context.Context, r *report, s *settings) error {
	if _, err := v8.FindNode(); err != nil {
		return nil
	}
	folder, err := os.MkdirTemp("", "edgewise-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	arguments, err := javaScriptArguments(folder, s.root)
	if err != nil {
		return err
	}
	node := exec.CommandContext(ctx, "node", append([]string{filepath.Join(s.root, "edge", "js", "bench.mjs")}, arguments...)...)
	each := time.Duration(inV8*s.rounds) * s.turn
	node.Env = append(os.Environ(), "EDGEWISE_BENCH_MS="+strconv.FormatInt(each.Milliseconds(), 10))
	out, err := node.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		return err
	}
	best := map[string]float64{}
	if err := json.Unmarshal(out, &best); err != nil {
		return err
	}
	rows := [][]string{{"", "time"}}
	for _, row := range javaScriptRows {
		took, ok := best[row.name]
		if !ok {
			return fmt.Errorf("not measured: %s; Node said: %s", row.name, out)
		}
		rows = append(rows, []string{row.label, duration(took)})
		if row.aim > 0 {
			r.aim("JavaScript, "+row.label, duration(took), duration(row.aim), took <= row.aim)
		}
	}
	return r.table("The JavaScript package in V8", rows)
}

// javaScriptArguments writes what the package is measured with, and gives the files.
func javaScriptArguments(folder, root string) (files []string, err error) {
	rules, err := compare.Bundle(workload.Rules(1000))
	if err != nil {
		return nil, err
	}
	site, err := bundles.Load(filepath.Join(root, "bundles", "examples", "storefront"))
	if err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	for _, c := range workload.Contexts(compare.Requests) {
		lines.Write(c.Line())
		lines.WriteByte('\n')
	}
	for _, file := range []struct {
		name string
		data []byte
	}{{"rules.bundle", rules}, {"lines.jsonl", lines.Bytes()}, {"site.bundle", site.Data}, {"requests.jsonl", []byte(javaScriptRequests)}} {
		path := filepath.Join(folder, file.name)
		if err := os.WriteFile(path, file.data, 0o600); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}
