package openfeature_test

import (
	"context"
	"fmt"
	"log"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/host"
	provider "github.com/edgewise-dev/edgewise/host/openfeature"
)

func Example() {
	ctx := context.Background()
	bundle, err := bundles.Load("../../bundles/examples/hello.yaml")
	if err != nil {
		log.Fatal(err)
	}
	h, err := host.New(ctx, host.Options{Bundle: bundle.Data})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	if err := openfeature.SetProviderAndWait(provider.NewProvider(h)); err != nil {
		log.Fatal(err)
	}

	visitor := openfeature.NewEvaluationContext("s-1", map[string]any{"geo.country": "DE"})
	greeting, err := openfeature.NewClient("shop").StringValueDetails(ctx, "greeting", "Hi", visitor)
	if err != nil {
		log.Print(err) // the value is "Hi"
	}
	fmt.Println(greeting.Value, greeting.Reason)
	// Output:
	// Guten Tag TARGETING_MATCH
}
