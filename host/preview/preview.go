// Package preview makes preview links: URLs that show whoever follows them a site as forced answers or a persona have it, signed and good for a
// while. Package edge/preview says what is in a link, and edge nodes that have the same secret show what it says.
package preview

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/edge/mac"
	"github.com/edgewise-dev/edgewise/edge/preview"
	"github.com/edgewise-dev/edgewise/host/question"
)

// MaxLife is how long a link is good at the most.
const MaxLife = preview.MaxLife * time.Second

// Link is what a link is to show.
type Link struct {
	Forced  []preview.Forced // what decisions answer, whatever their rules and the consent say
	Persona []byte           // a line {"context":{},"consent":{}}, as `edgewise decide` reads them, of whom all else is about; nil: whoever follows the link
	Now     time.Time
	Life    time.Duration // for how long it is good, at most MaxLife
}

// Token makes the token of a link to a site that decides by that bundle. Names that the bundle does not have, and values that are not of their
// attribute's type, are errors.
func (l *Link) Token(b *core.Bundle, secret []byte) (string, error) {
	switch {
	case len(secret) < MinSecret:
		return "", fmt.Errorf("a secret of %d bytes: want at least %d", len(secret), MinSecret)
	case l.Life <= 0 || l.Life > MaxLife:
		return "", fmt.Errorf("a link that is good for %v: want at most %v", l.Life, MaxLife)
	case len(l.Forced) == 0 && l.Persona == nil:
		return "", errors.New("a link that shows nothing: want answers, a persona, or both")
	}
	t := preview.Token{Expires: l.Now.Add(l.Life).Unix(), Forced: l.Forced}
	for _, f := range l.Forced {
		d := b.FindDecision(f.Decision)
		if d < 0 {
			return "", fmt.Errorf("there is no decision %q", f.Decision)
		}
		if b.FindVariant(d, f.Variant) < 0 {
			return "", fmt.Errorf("decision %s has no variant %q", f.Decision, f.Variant)
		}
	}
	if l.Persona != nil {
		if err := l.describe(&t, b); err != nil {
			return "", err
		}
	}
	var key mac.Key
	key.Set(secret)
	token, err := t.Append(nil, &key, b.Name())
	return string(token), err
}

// MinSecret is how many bytes a secret has at least.
const MinSecret = 16

// describe takes the persona: what its consent comes to, and its attributes.
func (l *Link) describe(t *preview.Token, b *core.Bundle) error {
	var q question.Question
	if err := question.NewSchema(b).ReadJSON(&q, l.Persona, l.Now); err != nil {
		return err
	}
	c := b.NewContext()
	if _, ok := c.ReadQuestion(q.Bytes, nil); !ok {
		return errors.New("a persona that cannot be asked about")
	}
	b.NewEvaluator().Resolve(c)
	t.Persona = true
	for i := 1; i < len(b.Purposes); i++ {
		if c.Granted(i) {
			t.Granted = append(t.Granted, b.String(b.Purposes[i].Name))
		}
	}
	for _, v := range q.Values() {
		name := b.String(b.Attributes[v.Attribute].Name)
		switch state := c.State(v.Attribute); state {
		case core.Present:
			t.Supplied = append(t.Supplied, preview.Supplied{Attribute: name, Value: q.Bytes[v.Start:v.End]})
		case core.Missing, core.Masked:
		default:
			return fmt.Errorf("attribute %s: %s", name, state)
		}
	}
	return nil
}

// Add adds a token to a URL, in place of one that is there.
func Add(to, token string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && name != preview.Parameter {
			pairs = append(pairs, pair)
		}
	}
	u.RawQuery = strings.Join(append(pairs, preview.Parameter+"="+token), "&")
	return u.String(), nil
}
