//go:build tinygo

// Command service-direct is the edge service for Fastly Compute over the host's interface alone. scripts/build-fastly builds it with a site's file
// beside it.
package main

import (
	_ "embed"

	"github.com/edgewise-dev/edgewise/edge/fastly/direct"
)

//go:embed site.edgewise
var site string

func main() { direct.Serve(site) }
