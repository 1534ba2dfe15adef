package channel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/folder"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
)

// with is a compiled bundle with decisions of these names, ascending.
func with(decisions ...string) []byte {
	b := assemble.New("shop")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	for i, name := range decisions {
		b.Variants = append(b.Variants, format.Variant{Name: b.Str("v"), Kind: uint32(format.String), JSON: b.Str("1")})
		b.Decisions = append(b.Decisions, format.Decision{Name: b.Str(name), Default: uint32(i + 1), FirstVariant: uint32(i), Variants: 1, Purposes: 1})
	}
	return b.Finish().Append(nil)
}

func TestSwitchingOff(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	_, err := c.Publish(t.Context(), nil, Release{Action: Disable, Payload: with("a"), Switches: []string{"a"}, Why: "why", Signers: []sign.Signer{anna}}, now)
	require.ErrorIs(t, err, ErrEmpty)
	_, err = c.Publish(t.Context(), nil, Release{Action: Publish, Payload: with("a", "b", "c"), Why: "why", Signers: []sign.Signer{anna}}, now)
	require.NoError(t, err)
	steps := []struct {
		name    string
		release Release
		want    []string
		refused string
	}{
		{"two", Release{Action: Disable, Payload: with("a", "b", "c"), Switches: []string{"c", "a"}}, []string{"a", "c"}, ""},
		{"one again", Release{Action: Disable, Payload: with("a", "b", "c"), Switches: []string{"c"}}, nil, "c is switched off already"},
		{"one that there is not", Release{Action: Disable, Payload: with("a", "b", "c"), Switches: []string{"d"}}, nil, `shop has no decision "d"`},
		{"with other rules", Release{Action: Disable, Payload: with("b"), Switches: []string{"b"}}, nil, "not the content which was released"},
		{"on with other rules", Release{Action: Enable, Payload: with("a"), Switches: []string{"a"}}, nil, "not the content which was released"},
		{"other rules leave it", Release{Action: Publish, Payload: with("a", "c", "d")}, []string{"a", "c"}, ""},
		{"rules without one of them", Release{Action: Publish, Payload: with("c", "d")}, []string{"c"}, ""},
		{"rules with it again", Release{Action: Publish, Payload: with("a", "c")}, []string{"c"}, ""},
		{"back to what had both off", Release{Action: Rollback, Payload: with("a", "b", "c"), Restores: 2, Switches: []string{"a", "c"}}, []string{"a", "c"}, ""},
		{"one on", Release{Action: Enable, Payload: with("a", "b", "c"), Switches: []string{"a"}}, []string{"c"}, ""},
		{"one on again", Release{Action: Enable, Payload: with("a", "b", "c"), Switches: []string{"a"}}, nil, "a is not switched off"},
		{"a freeze leaves it", Release{Action: Freeze}, []string{"c"}, ""},
		{"the last one on, although it is frozen", Release{Action: Enable, Payload: with("a", "b", "c"), Switches: []string{"c"}}, nil, ""},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			r, err := act(t, c, step.release, anna)
			if step.refused != "" {
				require.ErrorContains(t, err, step.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, step.want, r.Disabled)
			require.Equal(t, step.want, says(t, c, r).Disabled, "the record and the statement agree")
		})
	}
	requireWhole(t, c, trusting(1, anna), 9)
}

// says is the statement of a record's release.
func says(t *testing.T, c *Channel, r *Record) *verify.Statement {
	data, err := c.Envelope(t.Context(), r)
	require.NoError(t, err)
	e, err := verify.ReadEnvelope(data)
	require.NoError(t, err)
	s, err := verify.ReadStatement(e.Release.Body)
	require.NoError(t, err)
	return s
}

func TestSwitchingOffHasALimit(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	var names []string
	for i := range verify.MaxDisabled + 1 {
		names = append(names, fmt.Sprintf("d%03d", i))
	}
	_, err := c.Publish(t.Context(), nil, Release{Action: Publish, Payload: with(names...), Why: "why", Signers: []sign.Signer{anna}}, now)
	require.NoError(t, err)
	_, err = act(t, c, Release{Action: Disable, Payload: with(names...), Switches: names}, anna)
	require.ErrorContains(t, err, "the limit is 64")
	r, err := act(t, c, Release{Action: Disable, Payload: with(names...), Switches: names[1:]}, anna)
	require.NoError(t, err)
	require.Len(t, r.Disabled, verify.MaxDisabled)
}

// Places that have taken a candidate go back, with the decision off: it may be off in no other way for them.
func TestSwitchingOffEndsACandidate(t *testing.T) {
	anna := newSigner(t)
	c := open(t, folder.Open(t.TempDir()))
	publish(t, c, "one", anna)
	tried := try(t, c, "two", anna)
	off, err := act(t, c, Release{Action: Disable, Payload: payload("one"), Switches: []string{"d"}}, anna)
	require.NoError(t, err)
	require.Nil(t, off.Beside)
	require.Greater(t, off.Version, tried.Beside.Version)
	again := try(t, c, "two", anna)
	require.Equal(t, []string{"d"}, says(t, c, again.Tried()).Disabled, "what is off is off in a candidate too")
	requireWhole(t, c, trusting(1, anna), 4)
}

// A record that says something else than its release is found.
func TestCheckFindsWhatIsNotSwitchedOff(t *testing.T) {
	anna := newSigner(t)
	root := t.TempDir()
	c := open(t, folder.Open(root))
	publish(t, c, "one", anna)
	_, err := act(t, c, Release{Action: Disable, Payload: payload("one"), Switches: []string{"d"}}, anna)
	require.NoError(t, err)
	edit(t, root, `"disabled":["d"]`, `"disabled":["e"]`)
	found, err := c.Check(t.Context(), nil)
	require.NoError(t, err)
	require.Contains(t, strings.Join(found.Problems, "\n"), `the record says that ["e"] are switched off, the release that ["d"] are`)
}
