//go:build tinygo

// Command passthrough-direct forwards requests at Fastly Compute over the host's interface and decides nothing: what package direct's cost is measured
// against.
package main

import (
	"github.com/edgewise-dev/edgewise/edge/fastly"
	"github.com/edgewise-dev/edgewise/edge/fastly/direct"
)

func main() {
	host := direct.Start()
	host.Open()
	if answer := host.Send(&fastly.Outgoing{Backend: "origin"}); answer != nil {
		answer.Deliver()
	}
}
