//go:build tinygo

// Command passthrough forwards requests at Fastly Compute with Fastly's SDK and decides nothing: what package sdk's cost is measured against.
package main

import (
	"context"

	"github.com/fastly/compute-sdk-go/fsthttp"

	_ "github.com/edgewise-dev/edgewise/edge/fastly/sdk" // for what it stands in for of wasi-libc
)

func main() {
	fsthttp.ServeFunc(func(ctx context.Context, w fsthttp.ResponseWriter, r *fsthttp.Request) {
		answer, err := r.Send(ctx, "origin")
		if err != nil {
			w.WriteHeader(fsthttp.StatusServiceUnavailable)
			return
		}
		w.Header().Reset(answer.Header)
		w.WriteHeader(answer.StatusCode)
		w.Append(answer.Body)
		w.Close()
	})
}
