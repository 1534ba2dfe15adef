package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// storefrontRows are the benchmarks of the storefront, and with what each is compared.
var storefrontRows = []struct{ name, label, beside string }{
	{"hand-written", "written by hand in Go", ""},
	{"native", "native, from a question's bytes", "hand-written"},
	{"wazero", "in the module, wazero", "native"},
	{"trivial-call", "a call of the module that does nothing", ""},
	{"read-request", "before: reading the request", "native"},
	{"host-decide", "host.Decide, from a Go map to named answers", "native"},
	{"cold-decision", "instance + bundle + first decision", ""},
	{"instantiate", "an instance of the compiled module", ""},
	{"compile", "compiling the module", ""},
	{"compile-cached", "  from the cache of machine code", ""},
}

// measureStorefront runs the benchmark of package host.
func measureStorefront(ctx context.Context, r *report, s *settings) error {
	const short = 4 // the shorter a run the likelier it is that nothing disturbs it
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkStorefront$", "-benchmem",
		"-benchtime", (s.turn / short).String(), "-count", strconv.Itoa(short*s.rounds), "./host")
	command.Dir = s.root
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	best, allocs := readBenchmarks(out)
	rows := [][]string{{"", "time", "", "allocs"}}
	for _, row := range storefrontRows {
		took, ok := best[row.name]
		if !ok {
			return fmt.Errorf("not measured: %s; go test said: %s", row.name, out)
		}
		ratio := ""
		if beside := best[row.beside]; beside > 0 {
			ratio = times(took/beside) + " " + row.beside
		}
		rows = append(rows, []string{row.label, duration(took), ratio, allocs[row.name]})
	}
	ratio := best["wazero"] / best["native"]
	r.aim("the storefront in the module, wazero", times(ratio)+" native", "3 x native", ratio <= 3)
	return r.table("The example storefront: all its decisions for one request", rows)
}

// readBenchmarks gives the least nanoseconds and the allocations of each benchmark that `go test` printed, by the last part of its name.
func readBenchmarks(out []byte) (best map[string]float64, allocs map[string]string) {
	best, allocs = map[string]float64{}, map[string]string{}
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		_, name, _ := strings.Cut(fields[0], "/")
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			name = name[:dash] // the number of threads
		}
		for i := 2; i+1 < len(fields); i += 2 {
			switch value, err := strconv.ParseFloat(fields[i], 64); {
			case err != nil:
			case fields[i+1] == "ns/op" && (best[name] == 0 || value < best[name]):
				best[name] = value
			case fields[i+1] == "allocs/op":
				allocs[name] = fields[i]
			}
		}
	}
	return best, allocs
}
