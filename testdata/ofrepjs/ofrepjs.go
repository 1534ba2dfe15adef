// Package ofrepjs asks an OFREP server with OpenFeature's SDKs for JavaScript, those for pages and for servers, in the versions that
// scripts/tools/ofrepjs pins.
//
// Reach for Start, then Resolve.
package ofrepjs

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/edgewise-dev/edgewise/testdata/openfeature"
)

//go:embed ask.mjs
var program string

// SDK is which of them asks.
type SDK string

// The SDKs.
const (
	Server SDK = "server" // @openfeature/server-sdk: each flag is a request
	Web    SDK = "web"    // @openfeature/web-sdk: every flag is asked for at once, and again where something may have changed
)

// Clients is a process of Node with a client of each SDK.
type Clients struct {
	t   testing.TB
	in  io.Writer
	out *json.Decoder
}

// Start starts Node, whose clients ask the server at a URL with these headers: names and values in turn. It ends with the test. The test is skipped where
// scripts/setup has not installed the SDKs; in CI it fails.
func Start(t testing.TB, url string, headers ...string) *Clients {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	installed, err := filepath.Glob(filepath.Join(cache, "edgewise", "tools", "ofrepjs-*", "bin", "ofrepjs"))
	switch {
	case err != nil:
		t.Fatal(err)
	case len(installed) == 0 && os.Getenv("CI") != "":
		t.Fatal("no OpenFeature SDKs for JavaScript: run scripts/setup ofrepjs")
	case len(installed) == 0:
		t.Skip("no OpenFeature SDKs for JavaScript: run scripts/setup ofrepjs")
	}
	node := exec.Command(installed[len(installed)-1], program)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := node.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	c := &Clients{t, in, json.NewDecoder(bufio.NewReader(out))}
	pairs := [][2]string{}
	for i := 0; i < len(headers); i += 2 {
		pairs = append(pairs, [2]string{headers[i], headers[i+1]})
	}
	c.ask(map[string]any{"url": url, "headers": pairs})
	return c
}

// Resolve evaluates a scenario's flag.
func (c *Clients) Resolve(sdk SDK, s openfeature.Case) openfeature.Expected {
	c.t.Helper()
	return c.ask(map[string]any{"sdk": sdk, "flag": s.Flag, "type": s.Type, "default": s.Default, "context": s.Context})
}

func (c *Clients) ask(question map[string]any) openfeature.Expected {
	c.t.Helper()
	line, err := json.Marshal(question)
	if err == nil {
		_, err = c.in.Write(append(line, '\n'))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	var got struct {
		openfeature.Expected
		Problem string
	}
	if err := c.out.Decode(&got); err != nil {
		c.t.Fatalf("node: %v", err)
	}
	if got.Problem != "" {
		c.t.Fatal(got.Problem)
	}
	return got.Expected
}
