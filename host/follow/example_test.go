package follow_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/follow"
)

func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	f, err := follow.Open("rules", "production", "shop.trust", "state")
	if err != nil {
		log.Fatal(err)
	}
	f.Report = func(e follow.Event) { log.Printf("%+v", e) }
	h, err := f.Serve(ctx, host.Options{Engine: host.Wasm})
	if err != nil {
		log.Fatal(err) // nothing that is trusted, neither in the store nor on disk
	}
	defer h.Close(ctx)
	go f.Run(ctx) // from now on h decides by whatever is current

	result, err := h.Decide(ctx, host.Question{Context: host.Context{"geo.country": "DE"}})
	if err != nil {
		log.Print(err) // the result holds the defaults
	}
	fmt.Printf("version %d: %s\n", result.Version, result.Decisions[0].Value)
	// Output:
	// version 1: "Guten Tag"
}

// TestMain makes the folder that the Example runs in: a store with a release, and the trust file of its signer.
func TestMain(m *testing.M) {
	if err := publishExample(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

func publishExample() error {
	bundle, err := bundles.Load(filepath.Join("..", "..", "bundles", "examples", "hello.yaml"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "follow")
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	signer, _, err := sign.Generate()
	if err != nil {
		return err
	}
	list := &verify.KeyList{Version: 1, Threshold: 1, Keys: []verify.Key{{Public: signer.Public()}}}
	if err := os.WriteFile("shop.trust", trust.Format(list), 0o644); err != nil {
		return err
	}
	c := &channel.Channel{Store: folder.Open("rules"), Name: "production"}
	_, err = c.Publish(context.Background(), nil, channel.Release{Action: channel.Publish, Payload: bundle.Data, Why: "first", Signers: []sign.Signer{signer}}, time.Now())
	return err
}
