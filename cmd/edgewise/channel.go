package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgewise-dev/edgewise/bundles/channel"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/store"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/bundles/store/open"
	"github.com/edgewise-dev/edgewise/bundles/store/web"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// What the commands that work on channels have in common.

// storeHelp is what each of them says of URLs.
const storeHelp = `URL is a folder, or file:///PATH, s3://BUCKET/PREFIX, fastly-kv://STORE,
cloudflare-kv://ACCOUNT/NAMESPACE; what only reads takes https://HOST/PATH too.
Credentials come from the environment, as each vendor's own tools name them:
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (also AWS_REGION and, for other servers
than Amazon's, AWS_ENDPOINT_URL_S3), FASTLY_API_TOKEN, CLOUDFLARE_API_TOKEN.`

// location is a channel as flags name it.
type location struct{ url, channel string }

// flags adds --from or --to, and --channel.
func (p *location) flags(cmd *cobra.Command, direction string) {
	cmd.Flags().StringVar(&p.url, direction, "", "the `URL` of the store")
	cmd.Flags().StringVar(&p.channel, "channel", "", "the `NAME` of the channel, such as production")
}

func (p *location) open(cmd *cobra.Command, direction string) (*channel.Channel, error) {
	for _, flag := range []struct{ name, value string }{{direction, p.url}, {"channel", p.channel}} {
		if flag.value == "" {
			return nil, &usageError{fmt.Sprintf("%s: --%s is missing", cmd.Name(), flag.name), "usage: " + cmd.UseLine()}
		}
	}
	c, err := openChannel(p.url, p.channel)
	if err == nil && direction == "to" {
		err = writable(c.Store)
	}
	return c, err
}

// writable says where a store that is to be written to can only be read, before anything is made ready for it.
func writable(s store.Store) error {
	if _, ok := s.(*web.Store); !ok {
		return nil
	}
	return &hinted{fmt.Errorf("%s: %w", s, store.ErrReadOnly), "publish to a folder that the web server serves, or to s3://, fastly-kv:// or cloudflare-kv://"}
}

// existing says where a store that is to be read is a folder that is not there.
func existing(url string) error {
	s, err := open.URL(url)
	if err != nil {
		return err
	}
	if _, ok := s.(*folder.Store); !ok {
		return nil
	}
	if _, err := os.Stat(s.String()); errors.Is(err, fs.ErrNotExist) {
		return &hinted{fmt.Errorf("%s: there is no such folder", s), "it is made by the first `edgewise publish --to " + url + "`"}
	}
	return nil
}

func openChannel(url, name string) (*channel.Channel, error) {
	s, err := open.URL(url)
	if err != nil {
		return nil, err
	}
	return channel.Open(s, name)
}

// reference is URL#CHANNEL or URL#CHANNEL@VERSION.
type reference struct {
	url, channel string
	version      uint64 // 0: the latest
}

// parseReference reads a reference. ok is false where text is something else: without a #.
func parseReference(text string) (r reference, ok bool, err error) {
	var version string
	r.url, r.channel, ok = strings.Cut(text, "#")
	if !ok {
		return r, false, nil
	}
	if r.channel, version, ok = strings.Cut(r.channel, "@"); ok {
		if r.version, err = strconv.ParseUint(version, 10, 64); err != nil || r.version == 0 {
			return r, true, &usageError{fmt.Sprintf("%s: %q is no version", text, version), "write URL#CHANNEL@VERSION, as shop-rules#production@3"}
		}
	}
	return r, true, nil
}

// signing is what the commands that write are told by flags.
type signing struct {
	keys  []string
	why   string
	trust string
}

func (s *signing) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&s.keys, "key", nil, "a private key to sign with: a `FILE` of `edgewise keys new`, env:NAME or\nexec:COMMAND; may be given several times")
	cmd.Flags().StringVarP(&s.why, "message", "m", "", "`WHY`: a reason for the log")
	trustFlag(cmd, &s.trust)
}

func trustFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "trust", "", "the `FILE` that says whose signatures count; it is checked with them")
}

// signers opens the keys.
func (s *signing) signers(cmd *cobra.Command) ([]sign.Signer, error) {
	switch {
	case len(s.keys) == 0:
		return nil, &usageError{cmd.Name() + ": --key is missing", "`edgewise keys new` makes a key"}
	case strings.TrimSpace(s.why) == "":
		return nil, &usageError{cmd.Name() + ": -m WHY is missing", "say why, for those who read the log"}
	}
	var signers []sign.Signer
	for _, where := range s.keys {
		signer, err := sign.Open(where)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	return signers, nil
}

// trusted is who is trusted: now, ever, and from the first list to the latest. All are nil where no trust file was given.
type trusted struct {
	latest, ever *verify.KeyList
	lists        []*verify.KeyList
}

// begin gives what it takes to release anew what a channel has: who signs, who is trusted, and the channel's head.
func (s *signing) begin(cmd *cobra.Command, c *channel.Channel) (signers []sign.Signer, keys trusted, head *channel.Record, err error) {
	if signers, err = s.signers(cmd); err != nil {
		return
	}
	if keys, err = readTrust(cmd.Context(), s.trust, c); err != nil {
		return
	}
	head, err = c.Head(cmd.Context(), "")
	return
}

// readTrust reads a trust file, and follows the signed lists in a channel's store from it.
func readTrust(ctx context.Context, path string, c *channel.Channel) (t trusted, err error) {
	if path == "" {
		return t, nil
	}
	root, err := trust.Read(path)
	if err != nil {
		return t, err
	}
	lists, err := channel.Keys(ctx, c.Store, root)
	if err != nil {
		return t, err
	}
	return trusted{lists[len(lists)-1], channel.Ever(lists), lists}, nil
}

// headOf reads what is current in a channel; nil where nothing is.
func headOf(ctx context.Context, c *channel.Channel) (*channel.Record, error) {
	head, err := c.Head(ctx, "")
	if errors.Is(err, channel.ErrEmpty) {
		return nil, nil
	}
	return head, err
}

// released is a release that was read from a channel.
type released struct {
	record    *channel.Record
	envelope  *verify.Envelope
	statement *verify.Statement
}

// readRelease reads a version of a channel, the latest where it is 0, and checks that its content is what its statement says. Who has signed it is
// checked where that is known; otherwise unknown are the ids of its signers where none of them is among own.
func readRelease(ctx context.Context, c *channel.Channel, version uint64, keys trusted, own []sign.Signer) (r *released, unknown []string, err error) {
	var record *channel.Record
	if version == 0 {
		record, err = c.Head(ctx, "")
	} else {
		record, err = c.Find(ctx, version)
	}
	if err != nil {
		return nil, nil, err
	}
	return readRecord(ctx, c, record, keys, own)
}

// readRecord is readRelease of what a record names.
func readRecord(ctx context.Context, c *channel.Channel, record *channel.Record, keys trusted, own []sign.Signer) (r *released, unknown []string, err error) {
	r = &released{record: record}
	data, err := c.Envelope(ctx, r.record)
	if err != nil {
		return nil, nil, err
	}
	fail := func(err error) (*released, []string, error) {
		return nil, nil, fmt.Errorf("%s@%d: %w", c, r.record.Version, err)
	}
	if r.envelope, err = verify.ReadEnvelope(data); err != nil {
		return fail(err)
	}
	if r.statement, err = verify.ReadStatement(r.envelope.Release.Body); err != nil {
		return fail(err)
	}
	if s := r.statement; verify.Sum(r.envelope.Payload) != s.Payload || s.Payload != r.record.Payload || s.Channel != c.Name {
		return fail(errors.New("its content is not what was signed"))
	}
	trusting := keys.ever
	if trusting == nil {
		trusting = &verify.KeyList{}
		for _, signer := range own {
			trusting.Keys = append(trusting.Keys, verify.Key{Public: signer.Public()})
		}
	}
	signed := false
	for _, by := range r.envelope.Release.Signatures {
		unknown = append(unknown, by.Key.String())
		for _, key := range trusting.Keys {
			if verify.ID(key.Public) == by.Key {
				if !verify.CheckSignature(&key.Public, r.envelope.Release.Body, &by.Value) {
					return fail(fmt.Errorf("the signature by %s does not hold", by.Key))
				}
				signed = true
			}
		}
	}
	if signed {
		return r, nil, nil
	}
	if keys.ever != nil {
		return fail(fmt.Errorf("it is signed by nobody who is trusted (%s)", strings.Join(unknown, ", ")))
	}
	return r, unknown, nil
}

// lasting are for how long the release was fresh and valid, from when it began.
func (r *released) lasting() (freshFor, expires time.Duration) {
	begins := r.record.Time
	switch s := r.statement; {
	case s.NotBefore != 0:
		begins = time.Unix(s.NotBefore, 0)
	case s.Candidate():
		begins = time.Unix(s.Ramp.From, 0)
	}
	since := func(seconds int64) time.Duration {
		if seconds == 0 {
			return 0
		}
		return max(time.Unix(seconds, 0).Sub(begins), time.Second)
	}
	return since(r.statement.FreshUntil), since(r.statement.Expires)
}

// validity is when a release is valid, as flags say it.
type validity struct{ audience, notBefore, freshFor, expires string }

func (v *validity) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&v.audience, "audience", "", "only places that call themselves `A` accept the release (if\nabsent everybody)")
	cmd.Flags().StringVar(&v.notBefore, "not-before", "", "the `TIME` before which nobody accepts it, as 2026-12-01T08:00:00Z\n(if absent at once)")
	cmd.Flags().StringVar(&v.freshFor, "fresh-for", "", "for how long answers are fresh: a duration `D` as 24h; after it\ntheir reason is STALE (if absent, as publish: says in the rules)")
	cmd.Flags().StringVar(&v.expires, "expires", "", "after how long, `D`, only what is necessary is decided (if\nabsent, as publish: says in the rules)")
}

// apply writes what the flags say into a release. What they do not say stays.
func (v *validity) apply(r *channel.Release) error {
	if v.audience != "" {
		r.Audience = v.audience
	}
	if v.notBefore != "" {
		seconds, _, ok := text.ParseTimestamp(v.notBefore)
		if !ok || seconds < 0 {
			return &usageError{fmt.Sprintf("--not-before %q: not a time", v.notBefore), "write it as RFC 3339 has it: 2026-12-01T08:00:00Z"}
		}
		r.Begins = time.Unix(seconds, 0)
	}
	for _, d := range []struct {
		flag, text string
		into       *time.Duration
	}{{"fresh-for", v.freshFor, &r.FreshFor}, {"expires", v.expires, &r.Expires}} {
		if d.text == "" {
			continue
		}
		millis, ok := source.ParseDuration(d.text)
		if !ok {
			return &usageError{fmt.Sprintf("--%s %q: not a duration", d.flag, d.text), source.DurationHint}
		}
		*d.into = time.Duration(millis) * time.Millisecond
	}
	if v.freshFor+v.expires != "" && r.Expires > 0 && r.FreshFor > r.Expires {
		return &usageError{fmt.Sprintf("it would expire after %v, before it stops being fresh after %v", r.Expires, r.FreshFor),
			"let --expires be as long as --fresh-for, or longer; what no flag says is as `publish:` in the rules or the earlier release has it"}
	}
	return nil
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
