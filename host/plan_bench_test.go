package host_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/visit"
	"github.com/edgewise-dev/edgewise/testdata/signals"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// BenchmarkExchange plans a browser's ordinary request: 12 headers, a cookie header of some 600 bytes with a TC string in it, eight decisions over 1,000
// rules. `make bench` prints the best of many runs.
func BenchmarkExchange(b *testing.B) {
	bundle, v := sample.Compile(b, exchangeSource(1000)), ordinaryVisit(b)
	ctx := context.Background()
	b.Run("plan-native", func(b *testing.B) {
		h, err := host.New(ctx, host.Options{Bundle: bundle})
		require.NoError(b, err)
		defer h.Close(ctx)
		x := edge.NewExchange(h.Bundle())
		require.Len(b, x.Plan(&v.Visit).Decisions, 8)
		b.ReportAllocs()
		for b.Loop() {
			x.Plan(&v.Visit)
		}
	})
	asked := v.Append(nil)
	var faults engine.Faults
	plan := func(p *engine.Pool) func(*testing.B) {
		return func(b *testing.B) {
			room := make([]byte, 0, 16<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Plan(ctx, asked, room); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	native, err := engine.NewNative(bundle, 1, &faults)
	require.NoError(b, err)
	defer native.Close()
	b.Run("plan-bytes-native", plan(native))
	compiled, err := engine.Compile(ctx, module.Wasm, "")
	require.NoError(b, err)
	defer compiled.Close(ctx)
	wasm, err := compiled.NewPool(bundle, 1, &faults)
	require.NoError(b, err)
	defer wasm.Close()
	b.Run("plan-bytes-wazero", plan(wasm))
	require.Zero(b, faults.Traps.Load()+faults.Starts.Load())
}

// exchangeSource is the rules that benchmarks measure, over what requests say.
func exchangeSource(rules int) string {
	text := workload.Rules(rules).Source()
	for name, standard := range map[string]string{
		"country": "geo.country", "device": "device.class", "os": "device.os", "browser": "device.browser", "language": "request.language", "path": "request.path",
	} {
		text = regexp.MustCompile(`(?m)^  `+name+`: .*\n`).ReplaceAllString(text, "")
		text = regexp.MustCompile(`([ '(!])`+name+`( |\.startsWith)`).ReplaceAllString(text, "${1}"+standard+"${2}")
	}
	text = regexp.MustCompile(`(?m)^  query\.(\w+): \{(.*)\}$`).ReplaceAllString(text, `  query.$1: {$2, from: "query:$1"}`)
	text = regexp.MustCompile(`(?m)^  ((?:cookies|session|consent)\.)(\w+): \{(.*)\}$`).ReplaceAllString(text, `  $1$2: {$3, from: "cookie:$2"}`)
	text = regexp.MustCompile(`(?m)^  (app_version|visitor_id): \{(.*)\}$`).ReplaceAllString(text, `  $1: {$2, from: "header:x-$1"}`)
	return text + `consent:
  purposes:
    personalization: {tcf: {subject: core, purposes: [1, 3, 4]}}
  jurisdictions: [{modes: {"*": opt_in}}]
routes:
  - {path: "/shop/*"}
`
}

// ordinaryVisit is what a browser sends that has been to a site before.
func ordinaryVisit(t testing.TB) *visit.Visit {
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	tcf := signals.TC{Updated: now, Policy: 5, Purposes: []int{1, 2, 3, 4, 7, 9, 10}, Disclosed: []int{1, 10, 755}}.String()
	cookies := []string{"_ga=GA1.1.1734629081.1764489600", "_fbp=fb.1.1764489600123.1234567890", "seg=loyal", "ab=b", "visits=7", "cart_value=81.5", "pages=12",
		"logged_in=true", "marketing=true", "euconsent-v2=" + tcf, "theme=dark"}
	line := strings.Join(cookies, "; ")
	line += "; _uetsid=" + strings.Repeat("3f9c0d", (600-len(line))/6)
	headers := ""
	for _, h := range [][2]string{
		{"host", "shop.example"}, {"user-agent", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"},
		{"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"},
		{"accept-language", "de-DE,de;q=0.9,en;q=0.8"}, {"accept-encoding", "gzip, deflate, br, zstd"},
		{"sec-ch-ua", `\"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"`}, {"sec-ch-ua-mobile", "?1"}, {"sec-ch-ua-platform", `\"Android\"`},
		{"referer", "https://www.search.example/find?q=shoes"}, {"sec-fetch-site", "cross-site"}, {"upgrade-insecure-requests", "1"}, {"cookie", line},
	} {
		headers += fmt.Sprintf(`,["%s","%s"]`, h[0], h[1])
	}
	v := &visit.Visit{}
	require.NoError(t, v.ReadJSON([]byte(`{"url":"https://shop.example/shop/shoes/?utm_source=news&utm_campaign=winter","headers":[`+headers[1:]+`],
		"client_ip":"192.0.2.7","geo":{"country":"DE","region":"BY","city":"Munich","continent":"EU","timezone":"Europe/Berlin"}}`), now))
	return v
}
