package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/diff"
	"github.com/edgewise-dev/edgewise/bundles/lint"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/host"
)

func newPublish() *cobra.Command {
	var p publisher
	cmd := &cobra.Command{
		Use:     "publish SRC --to URL --channel NAME --key FILE... -m WHY [--trust FILE] [--strict]",
		GroupID: groupPublish,
		Short:   "Sign rules and make them current in a channel",
		Long: `Compiles the rules in SRC, signs them as the next version of a channel, writes them
to a store and makes them current there. Printed is

  {"bundle":"shop","channel":"production","version":3,"digest":"sha512-256:..."}

Whatever goes wrong on the way leaves the channel as it was. Refused is what does not
compile, what costs more than its limits, and what fails its own rule tests; and, unless
a flag asks for it, a bundle of more than twice the size of the one before, and one that
would give visitors of a running split another variant than they have. On the contexts
that the rules name with publish: {contexts: FILE}, or --contexts, the impact is shown as
` + "`edgewise impact`" + ` does, and refused is one beyond limits: {max_impact: 10%}. What
` + "`edgewise check --strict`" + ` finds is shown, and with --strict refused. With --trust the
release must be one that verifiers with this trust file accept: signed by enough of
those who may.

With --candidate the rules become current nowhere yet: a part of the places takes them
beside what is current, as --ramp says. ` + "`edgewise candidate`" + ` makes them current,
or withdraws them.

A store holds one bundle, in as many channels as there are steps to production.
` + storeHelp,
		Example: `  edgewise publish shop --to shop-rules --channel staging --key anna.key -m "summer sale"
  edgewise publish shop --to s3://rules/shop --channel production --key anna.key --key bert.key \
    --trust shop.trust -m "summer sale" --expires 30d
  edgewise publish shop --to shop-rules --channel production --key anna.key -m "summer sale" \
    --candidate --ramp 10%..100% --over 2h`,
		Args: arguments("SRC"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd, args[0]) },
	}
	p.location.flags(cmd, "to")
	p.signing.flags(cmd)
	p.validity.flags(cmd)
	cmd.Flags().BoolVar(&p.strict, "strict", false, "refuse what edgewise check --strict warns of")
	p.guards.flags(cmd)
	p.trial.flags(cmd)
	return cmd
}

// publisher is what publish was asked to do.
type publisher struct {
	location
	signing
	validity
	guards
	trial
	strict bool
}

func (p *publisher) run(cmd *cobra.Command, src string) error {
	ctx := cmd.Context()
	c, err := p.location.open(cmd, "to")
	if err != nil {
		return err
	}
	signers, err := p.signers(cmd)
	if err != nil {
		return err
	}
	loaded, err := bundles.Load(src)
	if err != nil {
		return explainLoad(src, err)
	}
	release := channel.Release{Action: channel.Publish, Payload: loaded.Data, Why: p.why, Signers: signers}
	if loaded.Source != nil {
		release.FreshFor = time.Duration(loaded.Source.Publish.FreshFor) * time.Millisecond
		release.Expires = time.Duration(loaded.Source.Publish.Expires) * time.Millisecond
	}
	if err := p.validity.apply(&release); err != nil {
		return err
	}
	if err := p.trial.apply(cmd, &release); err != nil {
		return err
	}
	if err := p.checkSource(ctx, src, loaded); err != nil {
		return err
	}
	keys, err := readTrust(ctx, p.trust, c)
	if err != nil {
		return err
	}
	head, err := headOf(ctx, c)
	if err != nil {
		return err
	}
	if err := p.guards.check(ctx, c, head, src, loaded); err != nil {
		return err
	}
	return write(ctx, c, head, release, keys)
}

// checkSource shows what lint finds, and runs the rules' tests.
func (p *publisher) checkSource(ctx context.Context, path string, loaded *bundles.Loaded) error {
	if loaded.Source == nil {
		fmt.Fprintf(os.Stderr, "%s is compiled already: neither its tests nor `check --strict` can be run\n", path)
		return nil
	}
	findings := append(loaded.Warnings[:len(loaded.Warnings):len(loaded.Warnings)], lint.Check(loaded.Source, loaded.Bundle, time.Now())...)
	findings = loaded.Source.Files.Report(findings)
	if p.strict && len(findings) > 0 {
		return &faulty{path, findings}
	}
	printFaults(os.Stderr, findings)
	tests, err := source.ReadTests(path, loaded.Source)
	if err != nil {
		return explainLoad(path, err)
	}
	if len(tests.Cases) == 0 {
		fmt.Fprintf(os.Stderr, "no tests beside %s\n", path)
		return nil
	}
	h, err := host.New(ctx, host.Options{Bundle: loaded.Data, Engine: host.Native, Instances: 1})
	if err != nil {
		return err
	}
	defer h.Close(ctx)
	suite, err := newSuite(ctx, loaded, tests, h)
	if err != nil {
		return explainLoad(path, err)
	}
	failed := 0
	for _, result := range suite.Run(func(string) bool { return true }, false) {
		if len(result.Failures) > 0 {
			failed++
			fmt.Fprintf(os.Stderr, "FAIL  %s\n", result.Name)
		}
	}
	if failed > 0 {
		return &hinted{fmt.Errorf("%s: %s of its own tests failed, so that it is not published", path, fmt.Sprintf("%d of %d", failed, len(tests.Cases))),
			"`edgewise test " + path + "` says why"}
	}
	return nil
}

// guards hold back what is likely to be an accident.
type guards struct {
	growth, rebucket, impact bool   // accepted
	contexts                 string // as openContexts takes them
	maxImpact                string // a share; "": as the rules say
}

func (g *guards) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&g.growth, "accept-growth", false, "also where the bundle is more than twice the size of the one before")
	cmd.Flags().StringVar(&g.contexts, "contexts", "", "show the impact on the contexts in `FILE`, a JSON object a line; recorded; or\npersonas (if absent recorded)")
	cmd.Flags().StringVar(&g.maxImpact, "max-impact", "", "by which `SHARE` of the contexts a decision may move, as 10% (if absent, as\nlimits: {max_impact: 10%} says in the rules; compiled ones say nothing)")
	cmd.Flags().BoolVar(&g.impact, "accept-impact", false, "also where a decision moves further than that")
	cmd.Flags().BoolVar(&g.rebucket, "accept-rebucketing", false, "also where units of running splits move to another variant")
}

// limit is by how much a decision may move, in hundredths of a percent; nil: by any.
func (g *guards) limit(rules *source.Bundle) (*uint32, error) {
	if g.maxImpact == "" {
		if rules == nil {
			return nil, nil
		}
		return rules.Limits.MaxImpact, nil
	}
	limit, ok := source.ParseShare(g.maxImpact)
	if !ok {
		return nil, &usageError{fmt.Sprintf("--max-impact %q: not a share", g.maxImpact), "write it as a percentage with at most two decimals: 10%"}
	}
	return &limit, nil
}

// check compares what is to be released, which was read from path, with what is current.
func (g *guards) check(ctx context.Context, c *channel.Channel, head *channel.Record, path string, next *bundles.Loaded) error {
	limit, err := g.limit(next.Source)
	if err != nil || head == nil {
		return err
	}
	file, err := c.Envelope(ctx, head)
	if err != nil {
		return err
	}
	envelope, err := verify.ReadEnvelope(file)
	if err != nil {
		return err
	}
	if size, before := len(next.Data), len(envelope.Payload); !g.growth && size > 2*before {
		return &hinted{fmt.Errorf("the bundle has %s, the current one %s: more than twice as many", plural(size, "byte"), thousands(before)),
			"if that is meant, say so: --accept-growth"}
	}
	statement, err := verify.ReadStatement(envelope.Release.Body)
	if err != nil {
		return err
	}
	before, err := format.Read(envelope.Payload)
	if err != nil { // of an older format: nothing in it can be compared
		fmt.Fprintf(os.Stderr, "%s@%d cannot be compared with: %v\n", c, head.Version, err)
		return nil
	}
	in, name, err := openContexts(g.contexts, path, next.Source)
	if err != nil {
		return err
	}
	switch {
	case in != nil:
		defer in.Close()
		if err := checkImpact(ctx, &bundles.Loaded{Data: envelope.Payload, Bundle: before, Statement: statement}, next, in, name, limit, g.impact); err != nil {
			return err
		}
	case g.maxImpact != "":
		return &usageError{"--max-impact: nothing says on which contexts", "give --contexts FILE"}
	case limit != nil:
		fmt.Fprintln(os.Stderr, "limits: max_impact was not looked at: it takes publish: {contexts: FILE} in the rules, or --contexts FILE")
	}
	moves := diff.Rebucketed(before, next.Bundle, time.Now())
	for _, m := range moves {
		fmt.Fprintln(os.Stderr, m)
	}
	if len(moves) > 0 && !g.rebucket {
		return &hinted{errors.New("visitors of running splits would get another variant than they have"),
			"keep the unit, the seed and the weights, put what is new into a split beside it, or, if that is meant, say so: --accept-rebucketing"}
	}
	return nil
}
