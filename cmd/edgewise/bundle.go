package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// bundleUsage says what a bundle may be.
const bundleUsage = "the `BUNDLE`: a folder or file of rules, a compiled file, or\na release: URL#CHANNEL[@VERSION]"

// bundleFlag adds the flag --bundle.
func bundleFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "bundle", "b", "", bundleUsage)
}

// loadFlag loads the bundle that a command was given with --bundle.
func loadFlag(cmd *cobra.Command, path string) (*bundles.Loaded, error) {
	if path == "" {
		return nil, &usageError{cmd.Name() + ": --bundle is missing", fmt.Sprintf("usage: %s", cmd.UseLine())}
	}
	return load(cmd.Context(), path)
}

// load loads a bundle from anywhere and shows warnings about its source.
func load(ctx context.Context, name string) (*bundles.Loaded, error) {
	loaded, err := loadAnywhere(ctx, name)
	if err != nil {
		return nil, err
	}
	printFaults(os.Stderr, loaded.Warnings)
	return loaded, nil
}

// loadAnywhere loads rules, a compiled bundle, a release of a channel, or one that a verifier keeps on disk. Who has signed a release it does not ask.
func loadAnywhere(ctx context.Context, name string) (*bundles.Loaded, error) {
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		if r, ok, err := parseReference(name); ok {
			if err != nil {
				return nil, err
			}
			return loadReference(ctx, r)
		}
	}
	loaded, err := bundles.Load(name)
	if errors.Is(err, bundles.ErrSigned) {
		return loadEnvelope(name)
	}
	if err != nil {
		return nil, explainLoad(name, err)
	}
	return loaded, nil
}

func loadReference(ctx context.Context, r reference) (*bundles.Loaded, error) {
	if err := existing(r.url); err != nil {
		return nil, err
	}
	from, err := openChannel(r.url, r.channel)
	if err != nil {
		return nil, err
	}
	found, _, err := readRelease(ctx, from, r.version, trusted{}, nil)
	if err != nil {
		return nil, err
	}
	return payload(fmt.Sprintf("%s@%d", from, found.record.Version), found.envelope, found.statement)
}

// loadEnvelope reads a release from a file, such as the one in a verifier's state folder, and checks that its content is what its statement says.
func loadEnvelope(name string) (*bundles.Loaded, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	envelope, err := verify.ReadEnvelope(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s, err := verify.ReadStatement(envelope.Release.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if verify.Sum(envelope.Payload) != s.Payload {
		return nil, fmt.Errorf("%s: its content is not what was signed", name)
	}
	fmt.Fprintf(os.Stderr, "%s: release %s#%s@%d; who has signed it was not looked at\n", name, s.Bundle, s.Channel, s.Version)
	return payload(name, envelope, s)
}

// payload is the bundle within a release, with what its statement switches off.
func payload(name string, envelope *verify.Envelope, s *verify.Statement) (*bundles.Loaded, error) {
	bundle, err := format.Read(envelope.Payload)
	if err == nil {
		err = values.Check(bundle)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &bundles.Loaded{Data: envelope.Payload, Bundle: switchOff(bundle, s.Disabled), Statement: s}, nil
}

// explainLoad says what was being done, and what to do.
func explainLoad(path string, err error) error {
	var faults source.Faults
	var refusal *format.Refusal
	switch {
	case errors.As(err, &faults):
		return &faulty{path, faults}
	case errors.As(err, &refusal) && refusal.Code == format.NewerFormat:
		return err // which says that a newer edgewise is needed
	case errors.As(err, &refusal):
		return &hinted{err, "compile it again with `edgewise build SRC -o FILE`"}
	}
	return noSuchBundle(err)
}

// sizes says how much a bundle holds: "8 decisions, 43 rules, 9,876 bytes compiled".
func sizes(b *bundles.Loaded) string {
	return fmt.Sprintf("%s, %s, %s compiled", plural(len(b.Bundle.Decisions), "decision"), plural(len(b.Bundle.Rules), "rule"),
		plural(len(b.Data), "byte"))
}
