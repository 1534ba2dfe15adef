package ofrep_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/ofrep"
)

// BenchmarkEveryFlag asks for 8 flags over loopback, and beside it, in the same run, a handler that reads the body and answers with the same bytes. At least
// 0.6 of its requests in a second are aimed at.
func BenchmarkEveryFlag(b *testing.B) {
	var text strings.Builder
	text.WriteString("bundle: bench\ntargeting_key: session.id\ndecisions:\n")
	for i := range 8 {
		fmt.Fprintf(&text, "  flag-%d:\n    purpose: personalization\n    variants: {plain: /plain.html, gold: /gold.html}\n    default: plain\n    rules:\n"+
			"      - {id: phones, when: 'device.class == \"mobile\" && geo.country == \"FR\"', serve: gold}\n"+
			"      - {id: half, split: {by: session.id, weights: {plain: 50, gold: 50}, seed: s-%d}}\n", i, i)
	}
	const body = `{"context":{"targetingKey":"s-1","device.class":"mobile","geo.country":"DE","request.path":"/shop/shoes","consent":{"granted":["personalization"]}}}`
	flags := ofrep.New(ofrep.Options{Host: start(b, sample.Compile(b, text.String()))})
	answer := ask(flags, all, body).Body.Bytes()
	constant := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.Write(answer)
	})
	servers := [2]*httptest.Server{httptest.NewServer(constant), httptest.NewServer(flags)}
	var times [2][]time.Duration
	for b.Loop() {
		for i, server := range servers { // in turns, so that what else the machine does disturbs both
			before := time.Now()
			response, err := http.Post(server.URL+all, "application/json", strings.NewReader(body))
			require.NoError(b, err)
			got, err := io.ReadAll(response.Body)
			require.NoError(b, err)
			require.NoError(b, response.Body.Close())
			times[i] = append(times[i], time.Since(before))
			if !bytes.Equal(answer, got) {
				b.Fatalf("%s", got)
			}
		}
	}
	for i, server := range servers {
		server.Close()
		slices.Sort(times[i])
	}
	median := func(i int) float64 { return float64(times[i][len(times[i])/2].Nanoseconds()) }
	b.ReportMetric(median(0), "constant-ns")
	b.ReportMetric(median(1), "ofrep-ns")
	b.ReportMetric(median(0)/median(1), "ratio")
}
