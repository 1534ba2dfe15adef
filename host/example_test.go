package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/host"
)

func Example() {
	ctx := context.Background()
	bundle, err := bundles.Load("../bundles/examples/hello.yaml")
	if err != nil {
		log.Fatal(err)
	}
	h, err := host.New(ctx, host.Options{Bundle: bundle.Data, Engine: host.Wasm})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)

	result, err := h.Decide(ctx, host.Question{Context: host.Context{"geo.country": "DE"}})
	if err != nil {
		log.Print(err) // the result holds the defaults
	}
	fmt.Println(result.StringValue("greeting", "Hi"))
	for _, d := range result.Decisions {
		fmt.Printf("%s: %s, because of %s %s\n", d.Name, d.Value, d.Reason, d.Rule)
	}
	// Output:
	// Guten Tag
	// greeting: "Guten Tag", because of TARGETING_MATCH german
}
