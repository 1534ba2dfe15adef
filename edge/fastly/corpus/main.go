//go:build tinygo

// Command corpus answers the cases of testdata/exchange at Fastly Compute, for the test that compares them: a POST with the length of a bundle
// in 4 bytes, 4 zeros, the bundle with zeros to a multiple of 8, and a visit (edge.AppendVisit). It answers the plan as JSON, a line's end, and the
// hand-over.
package main

import (
	"unsafe"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/fastly"
	"github.com/edgewise-dev/edgewise/edge/fastly/direct"
)

func main() {
	host := direct.Start()
	host.Open()
	if answer, ok := answer(host); ok {
		host.Answer(200, nil, answer)
	} else {
		host.Answer(400, nil, "no case")
	}
}

func answer(host *direct.Host) (string, bool) {
	const head, limit = 8, 1 << 20
	data, ok := host.Receive(limit)
	if !ok || len(data) < head {
		return "", false
	}
	size := int(data[0]) | int(data[1])<<8 | int(data[2])<<16 | int(data[3])<<24
	visit := (head + size + 7) &^ 7
	if size < 0 || visit > len(data) {
		return "", false
	}
	b := fastly.Load(data[head : head+size])
	var inbox edge.Inbox
	if b == nil || !inbox.Read(data[visit:]) {
		return "", false
	}
	x := edge.NewExchange(b)
	plan := x.Plan(&inbox.Visit)
	if inbox.HandOver.Outcome != 0 {
		plan = x.Finish(&inbox.HandOver)
	}
	answer := append(plan.AppendJSON(nil), '\n')
	answer = x.AppendHandOver(answer)
	return unsafe.String(&answer[0], len(answer)), true
}
