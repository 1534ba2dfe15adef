package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/apikey"
	"github.com/edgewise-dev/edgewise/host/follow"
	"github.com/edgewise-dev/edgewise/host/ofrep"
	"github.com/edgewise-dev/edgewise/host/server"
)

// serving is what serve was asked to do.
type serving struct {
	settings                          settings
	from                              verifier
	bundle, selfCheck                 string
	every, engine, listen, keys, wait string
	origins                           []string
	noAuth, events, logJSON           bool
	rate                              float64
	connections                       int

	grace, interval time.Duration
}

func newServe() *cobra.Command {
	s := serving{settings: settings{prefix: "EDGEWISE_SERVE_"}, from: verifier{hosts: true}}
	cmd := &cobra.Command{
		Use:     "serve --bundle BUNDLE | --from URL --channel NAME --trust FILE --state DIR [--listen ADDRESS] [--keys FILE]",
		GroupID: groupServe,
		Short:   "Answer OpenFeature clients over HTTP",
		Long: `Decides with a bundle, or with whatever is current in a channel, for OpenFeature clients
in any language: it speaks the OpenFeature Remote Evaluation Protocol (OFREP) below
/ofrep/v1/. When it is ready it prints a line:

  serving shop, unsigned, on http://127.0.0.1:8016

Where only this machine can reach it, everybody may ask unless --keys names the keys of
those who may, a file of ` + "`edgewise serve apikey new`" + `. On any other address it starts only
with --keys, or with --no-auth. It speaks plain HTTP: TLS is for what stands before it.

SIGTERM and Ctrl-C end it when the requests that have begun are answered. /healthz and
/readyz are for whoever watches it. Logs go to standard error.

` + settingsHelp(s.settings.prefix) + `

` + engineHelp + `

` + storeHelp,
		Example: `  edgewise serve --bundle shop
  edgewise serve --from shop-rules --channel production --trust shop.trust --state state --listen :8016 --keys api.keys
  curl -d '{"context":{"device.class":"mobile"}}' 127.0.0.1:8016/ofrep/v1/evaluate/flags/hero`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	bundleFlag(cmd, &s.bundle)
	s.from.flags(cmd)
	f.StringVar(&s.selfCheck, "self-check", "", "a `FILE` of questions that a release must answer before it serves,\nas lines of decide")
	f.StringVar(&s.every, "every", "10s", "how often to ask the store: a duration `D`, a fifth more or less")
	f.StringVarP(&s.listen, "listen", "l", "127.0.0.1:8016", "the `ADDRESS` to listen on; port 0 picks one")
	f.StringVar(&s.keys, "keys", "", "the API keys of those who may ask: a `FILE`")
	f.BoolVar(&s.noAuth, "no-auth", false, "let everybody ask who can reach the address")
	f.Float64Var(&s.rate, "rate", 0, "how many requests a second an API key may make that says\nnothing of its own, or all callers together without keys:\n`N`, 0 for any")
	f.StringSliceVar(&s.origins, "origin", []string{"*"}, "an `ORIGIN` whose pages may ask, as https://shop.example; * is\nevery one; may be given several times")
	f.BoolVar(&s.events, "events", false, "tell clients of new releases (server-sent events). Those that listen\nstop asking at intervals, so what begins by the clock, such as a\nschedule, reaches them late")
	f.IntVar(&s.connections, "connections", server.Connections, "how many connections there may be at once: `N`")
	f.StringVar(&s.wait, "grace", "10s", "how long requests may take that have begun when it is told to\nend: a duration `D`")
	f.BoolVar(&s.logJSON, "log-json", false, "log in JSON")
	engineFlag(cmd, &s.engine)
	s.settings.flags(cmd)
	cmd.AddGroup(&cobra.Group{ID: groupServe, Title: "Commands:"})
	cmd.AddCommand(newAPIKey())
	return cmd
}

func (s *serving) run(cmd *cobra.Command) error {
	if err := s.settings.resolve(cmd); err != nil {
		return err
	}
	if s.settings.print {
		s.settings.show(cmd, stdout)
		return nil
	}
	if err := s.check(cmd); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if s.logJSON {
		log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	options := server.Options{Connections: s.connections, Grace: s.grace, Log: log, OFREP: ofrep.Options{Rate: s.rate, Origins: s.origins, Events: s.events}}
	if s.keys != "" {
		keys, err := apikey.Open(s.keys, s.rate, log)
		if err != nil {
			return &hinted{err, "`edgewise serve apikey new --keys " + s.keys + "` makes a key"}
		}
		options.OFREP.Keys = keys
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var follower *follow.Follower
	var err error
	if s.bundle != "" {
		options.OFREP.Host, err = s.load(cmd)
	} else {
		follower, options.OFREP.Host, err = s.follow(cmd, ctx, log)
		options.Follower = follower
	}
	if err != nil {
		return err
	}
	defer options.OFREP.Host.Close(context.Background())
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return &hinted{err, "--listen takes another address; port 0 picks one that is free"}
	}
	h := server.New(options)
	if follower != nil {
		before := follower.Report
		follower.Report = func(e follow.Event) {
			before(e)
			if e.Refused == "" { // whether it is another one, or the same grown old, answers are others
				h.Changed()
			}
		}
		go follower.Run(ctx)
	}
	fmt.Fprintf(stdout, "serving %s on http://%s\n", serves(options.OFREP.Host), listener.Addr())
	go func() {
		<-ctx.Done()
		stop() // a second signal ends it at once
	}()
	return h.Run(ctx, listener)
}

// serves names what a host decides by.
func serves(h *host.Host) string {
	b := h.Bundle()
	if v := b.Validity().Version; v > 0 {
		return fmt.Sprintf("%s, version %d,", b.Name(), v)
	}
	return b.Name() + ", unsigned,"
}

// check looks whether what was asked makes sense.
func (s *serving) check(cmd *cobra.Command) error {
	usage := "usage: " + cmd.UseLine()
	switch {
	case s.bundle == "" && s.from.url == "":
		return &usageError{"serve: --bundle is missing, or --from", usage}
	case s.bundle != "" && s.from.url != "":
		return &usageError{"serve: --bundle and --from exclude each other", usage}
	case s.from.url != "" && s.from.trust == "":
		return &usageError{"serve: --trust is missing", usage}
	case s.keys != "" && s.noAuth:
		return &usageError{"serve: --keys and --no-auth exclude each other", usage}
	case s.rate < 0:
		return &usageError{fmt.Sprintf("--rate %v: below 0", s.rate), seeHelp(cmd)}
	case s.connections < 1:
		return &usageError{fmt.Sprintf("--connections %d: below 1", s.connections), seeHelp(cmd)}
	}
	for _, d := range []struct {
		flag, text string
		into       *time.Duration
	}{{"every", s.every, &s.interval}, {"grace", s.wait, &s.grace}} {
		millis, ok := source.ParseDuration(d.text)
		if !ok {
			return &usageError{fmt.Sprintf("--%s %q: not a duration", d.flag, d.text), source.DurationHint}
		}
		*d.into = time.Duration(millis) * time.Millisecond
	}
	local, err := server.Loopback(s.listen)
	if err != nil {
		return &usageError{fmt.Sprintf("--listen %q: %v", s.listen, err), "write HOST:PORT, as 127.0.0.1:8016"}
	}
	if !local && s.keys == "" && !s.noAuth {
		return &usageError{fmt.Sprintf("serve: others can reach %s, and no API key is asked for", s.listen),
			"`edgewise serve apikey new --keys api.keys --name WHO --scope server` makes a key; then give --keys api.keys,\nor --no-auth where something else keeps strangers away"}
	}
	return nil
}

// load makes a host of a bundle.
func (s *serving) load(cmd *cobra.Command) (*host.Host, error) {
	engine, err := parseEngine(s.engine)
	if err != nil {
		return nil, err
	}
	loaded, err := load(cmd.Context(), s.bundle)
	if err != nil {
		return nil, err
	}
	return host.New(cmd.Context(), host.Options{Bundle: loaded.Data, Engine: engine})
}

// follow makes a host of a channel, and the follower that is to keep it current.
func (s *serving) follow(cmd *cobra.Command, ctx context.Context, log *slog.Logger) (*follow.Follower, *host.Host, error) {
	engine, err := parseEngine(s.engine)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.from.open(cmd)
	if err != nil {
		return nil, nil, err
	}
	f.Interval, f.Report = s.interval, logging(log)
	options := host.Options{Engine: engine}
	if s.selfCheck != "" {
		questions, err := os.ReadFile(s.selfCheck)
		if err != nil {
			return nil, nil, err
		}
		options.SelfCheck = bytes.Split(bytes.TrimSpace(questions), []byte("\n"))
	}
	h, err := f.Serve(ctx, options)
	return f, h, err
}

// logging gives what logs what a follower does.
func logging(log *slog.Logger) func(follow.Event) {
	return func(e follow.Event) {
		about := []any{"bundle", e.Bundle, "channel", e.Channel, "version", e.Version}
		switch {
		case e.Refused != "":
			log.Warn("a release was refused", "refused", e.Refused, "detail", e.Detail)
		case e.State != "":
			log.Warn("what is in service is "+e.State, about...)
		case e.Held != 0:
			log.Warn("a candidate did worse and is held", append(about, "held", e.Held, "detail", e.Detail)...)
		default:
			log.Info("a release is in service", append(about, "digest", e.Digest, "candidate", e.Candidate)...)
		}
	}
}
