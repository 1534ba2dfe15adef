//go:build tinygo

// Command service is an edge service for Fastly Compute, with Fastly's SDK. scripts/build-fastly builds it with a site's file beside it.
package main

import (
	_ "embed"

	"github.com/edgewise-dev/edgewise/edge/fastly/sdk"
)

//go:embed site.edgewise
var site string

func main() {
	service := sdk.Service{Site: site}
	service.Serve()
}
