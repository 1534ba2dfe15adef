package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// forgeries are what no command of ours would release.
var forgeries = map[string]func(*verify.Envelope, *verify.Statement){
	"signature": func(e *verify.Envelope, _ *verify.Statement) { e.Release.Signatures[0].Value[10] ^= 1 },
	"format":    func(_ *verify.Envelope, s *verify.Statement) { s.Format++ },
	"engine":    func(_ *verify.Envelope, s *verify.Statement) { s.Engine = format.Level + 1 },
	"limit": func(e *verify.Envelope, s *verify.Statement) {
		e.Payload = make([]byte, format.MaxSize+1024)
		s.Payload, s.Size = verify.Sum(e.Payload), uint32(len(e.Payload))
	},
}

// forge puts a forgery in the place of what is current in a channel: forge KIND STORE CHANNEL. Where the statement changes anna signs it; the head nobody
// signs, as places do not ask.
func forge(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 || forgeries[args[0]] == nil {
		ts.Fatalf("usage: forge KIND STORE CHANNEL")
	}
	anna, err := sign.Open(ts.MkAbs("anna.key"))
	ts.Check(err)
	ts.Check(forgeRelease(ts.MkAbs(args[1]), args[2], forgeries[args[0]], anna))
}

func forgeRelease(store, name string, change func(*verify.Envelope, *verify.Statement), signer sign.Signer) error {
	c, err := channel.Open(folder.Open(store), name)
	if err != nil {
		return err
	}
	head, err := c.Head(context.Background(), "")
	if err != nil {
		return err
	}
	file, err := c.Envelope(context.Background(), head)
	if err != nil {
		return err
	}
	e, err := verify.ReadEnvelope(file)
	if err != nil {
		return err
	}
	s, err := verify.ReadStatement(e.Release.Body)
	if err != nil {
		return err
	}
	change(e, s)
	if body := s.Append(nil); !bytes.Equal(body, e.Release.Body) {
		if e.Release, err = sign.All(body, signer); err != nil {
			return err
		}
	}
	file = e.Append(nil)
	digest := verify.Sum(file)
	if err := os.WriteFile(filepath.Join(store, "envelopes", fmt.Sprintf("%x", digest[:])), file, 0o644); err != nil {
		return err
	}
	path := filepath.Join(store, "channels", name, "head")
	record, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(record, []byte("\n"))
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return err
	}
	fields["envelope"] = digest.String()
	if line, err = json.Marshal(fields); err != nil {
		return err
	}
	return os.WriteFile(path, append(line, '\n'), 0o644)
}
