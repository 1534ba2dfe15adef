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
var storefrontRows = []benchmarkRow{
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
	best, rows, err := hostBenchmark(ctx, s, "BenchmarkStorefront", storefrontRows)
	if err != nil {
		return err
	}
	ratio := best["wazero"] / best["native"]
	r.aim("the storefront in the module, wazero", times(ratio)+" native", "3 x native", ratio <= 3)
	return r.table("The example storefront: all its decisions for one request", rows)
}

// exchangeRows are the benchmarks of a request at the edge.
var exchangeRows = []benchmarkRow{
	{"plan-native", "planned, native", ""},
	{"plan-bytes-native", "from a visit's bytes to the plan's JSON, native", ""},
	{"plan-bytes-wazero", "likewise in the module, wazero", "plan-bytes-native"},
}

// measureExchange runs the benchmark of package host for a request at the edge.
func measureExchange(ctx context.Context, r *report, s *settings) error {
	best, rows, err := hostBenchmark(ctx, s, "BenchmarkExchange", exchangeRows)
	if err != nil {
		return err
	}
	const most = 6_000 // nanoseconds
	r.aim("a browser's request planned, 8 decisions over 1,000 rules", duration(best["plan-native"]), duration(most), best["plan-native"] <= most)
	ratio := best["plan-bytes-wazero"] / best["plan-bytes-native"]
	r.aim("likewise in the module, wazero, bytes to JSON", times(ratio)+" native", "3 x native", ratio <= 3)
	return r.table("A browser's ordinary request at the edge: 12 headers, 600 bytes of cookies with a TC string, 8 decisions over 1,000 rules", rows)
}

// benchmarkRow is a benchmark, and with which it is compared.
type benchmarkRow struct{ name, label, beside string }

// hostBenchmark runs a benchmark of package host, and gives the best nanoseconds by name and the rows of a table.
func hostBenchmark(ctx context.Context, s *settings, name string, labels []benchmarkRow) (best map[string]float64, rows [][]string, err error) {
	const short = 4 // the shorter a run the likelier it is that nothing disturbs it
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^"+name+"$", "-benchmem",
		"-benchtime", (s.turn / short).String(), "-count", strconv.Itoa(short*s.rounds), "./host")
	command.Dir = s.root
	out, err := command.CombinedOutput()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s", err, out)
	}
	best, allocs := readBenchmarks(out)
	rows = [][]string{{"", "time", "", "allocs"}}
	for _, row := range labels {
		took, ok := best[row.name]
		if !ok {
			return nil, nil, fmt.Errorf("not measured: %s; go test said: %s", row.name, out)
		}
		ratio := ""
		if beside := best[row.beside]; beside > 0 {
			ratio = times(took/beside) + " " + row.beside
		}
		rows = append(rows, []string{row.label, duration(took), ratio, allocs[row.name]})
	}
	return best, rows, nil
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
