package fastly_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge/fastly"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

var speed = flag.Bool("speed", false, "measure what deciding adds to a page (make bench-fastly)")

// TestSpeed measures the services beside services that forward and decide nothing, all in one run and in turns. It prints, and fails for no time.
func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("a measurement: -speed")
	}
	demo, err := bundles.Load("../../bundles/examples/storefront")
	require.NoError(t, err)
	rules := write(t, []byte(workload.Rules(1000).Source()))
	thousand, err := bundles.Load(rules)
	require.NoError(t, err)

	origin := newSite(t)
	origin.set(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>page</p>") }, nil)
	place := func(wasm string, objects map[string][]byte) *place {
		return serve(t, wasm, config{backends: map[string]string{"origin": origin.URL}, objects: objects, secret: secretText,
			settings: map[string]string{"refresh": "3600"}, geo: `country_code = "DE"`})
	}
	demoStore, demoSite := anyBundle(t, demo.Data)
	thousandStore, _ := anyBundle(t, thousand.Data)
	follows := write(t, demoSite)
	builtIn := write(t, (&fastly.Site{Bundle: thousand.Data}).Append(nil))

	var all []*measured
	for _, b := range []struct {
		name    string
		flags   []string
		through string
	}{{"direct", []string{"--direct"}, "edge/fastly/passthrough-direct"}, {"sdk", nil, "edge/fastly/passthrough"}} {
		var through, following, own built
		service := following.wasm(t, append(b.flags, follows)...)
		all = append(all,
			&measured{name: b.name + ": forwards only", place: place(through.wasm(t, "--command", b.through), nil)},
			&measured{name: b.name + ": demo bundle from the cache", place: place(service, demoStore)},
			&measured{name: b.name + ": 1,000 rules from the cache", place: place(service, thousandStore)},
			&measured{name: b.name + ": 1,000 rules built in", place: place(own.wasm(t, append(b.flags, builtIn)...), nil)})
	}
	const rounds = 600
	for range 50 {
		for _, m := range all {
			m.ask(t)
		}
	}
	for _, m := range all {
		m.times, m.inside = nil, nil
	}
	for range rounds {
		for _, m := range all {
			m.ask(t)
		}
	}
	var through *measured
	for i, m := range all {
		slices.Sort(m.times)
		slices.Sort(m.inside)
		if i%4 == 0 {
			through = m
		}
		t.Logf("%-34s p10 %7.3f ms, p50 %7.3f ms; added p10 %6.3f ms, p50 %6.3f ms; until the origin is asked p10 %.3f ms, p50 %.3f ms", m.name,
			at(m.times, 10), at(m.times, 50), at(m.times, 10)-at(through.times, 10), at(m.times, 50)-at(through.times, 50), at(m.inside, 10), at(m.inside, 50))
	}
}

// anyBundle is a store with a bundle as its only release, and the site of a service that follows it, whatever the bundle is called.
var speedSigner sign.Signer

func anyBundle(t *testing.T, data []byte) (objects map[string][]byte, site []byte) {
	s := newShop(t)
	if speedSigner == nil {
		speedSigner = s.anna
	}
	s.anna, s.keys = speedSigner, trusting(speedSigner)
	envelope := s.publish(data, func(r *channel.Release) { r.Why = "to measure" })
	policy := verify.Policy{Keys: s.keys, Channel: "production"}
	built := fastly.Site{Policy: verify.AppendPolicy(nil, &policy, 0), Bundle: envelope}
	return s.objects(), built.Append(nil)
}

type measured struct {
	name   string
	place  *place
	times  []time.Duration
	inside []time.Duration // as Server-Timing says
}

// ask asks for a page as a browser does, with 12 header lines and a cookie of 600 bytes.
func (m *measured) ask(t *testing.T) {
	r, err := http.NewRequestWithContext(context.Background(), "GET", m.place.url+"/shop/boots?utm_campaign=summer", nil)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"User-Agent":      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"Accept":          "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Language": "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "Accept-Encoding": "gzip", "Referer": "https://www.search.example/",
		"Sec-CH-UA": `"Chromium";v="126", "Google Chrome";v="126", "Not/A)Brand";v="8"`, "Sec-CH-UA-Mobile": "?0", "Sec-CH-UA-Platform": `"Windows"`,
		"Sec-Fetch-Mode": "navigate", "Upgrade-Insecure-Requests": "1", "Cookie": "cart=12.50; filler=" + strings.Repeat("x", 580),
	} {
		r.Header.Set(name, value)
	}
	begun := time.Now()
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	answer.Body.Close()
	m.times = append(m.times, time.Since(begun))
	require.Equal(t, http.StatusOK, answer.StatusCode)
	if _, text, ok := strings.Cut(answer.Header.Get("Server-Timing"), "dur="); ok {
		inside, err := time.ParseDuration(text + "ms")
		require.NoError(t, err)
		m.inside = append(m.inside, inside)
	}
}

// at is the time within which so many of 100 were answered, in milliseconds.
func at(times []time.Duration, percent int) float64 {
	if len(times) == 0 {
		return 0
	}
	return float64(times[len(times)*percent/100]) / 1e6
}
