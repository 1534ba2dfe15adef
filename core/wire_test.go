package core_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
)

func TestQuestionIsReadBack(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	b := s.load(t)
	question := core.AppendQuestion(nil, 0b10, -5, 7, []uint32{0})
	question = core.AppendFloat(core.AppendAttribute(question, cartValue), 80.5)
	question = core.AppendText(core.AppendAttribute(question, country), "DE")
	question = core.AppendListHead(core.AppendAttribute(question, languages), 2)
	question = core.AppendText(core.AppendText(question, "de"), "en-GB")
	question = core.AppendMapHead(core.AppendAttribute(question, query), 1)
	question = core.AppendText(core.AppendText(question, "q"), "täglich")
	question = core.AppendMistyped(core.AppendAttribute(question, bot))

	c := b.NewContext()
	asked, ok := c.ReadQuestion(question, nil)
	require.True(t, ok)
	require.Equal(t, []uint32{0}, asked)
	require.True(t, c.Granted(0), "necessary is always granted")
	require.True(t, c.Granted(1))
	for attribute, want := range map[int]string{
		cartValue: "80.5", country: `"DE"`, languages: `["de","en-GB"]`, query: `{"q":"täglich"}`, now: `"1969-12-31T23:59:55.000000007Z"`,
	} {
		require.Equal(t, want, result(c.Value(attribute)))
	}
	require.Equal(t, core.WrongType, c.State(bot))
	require.Equal(t, core.Missing, c.State(session))
}

func TestOverridesAreReadBack(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	s.Decisions[0].Flags = format.DecisionSticky
	b := s.load(t)
	c := b.NewContext()
	plain := core.AppendQuestion(nil, 1, 0, 0, []uint32{0})
	for _, step := range []struct {
		name     string
		question []byte
		want     answer
	}{
		{"nothing", plain, answer{"b", core.ReasonTargetingMatch, 1}},
		{"sticky", core.AppendSticky(bytes.Clone(plain), 0, 2), answer{"c", core.ReasonSplit, 0}},
		{"preview", core.AppendPreview(core.AppendSticky(bytes.Clone(plain), 0, 2), 0, 0), answer{"a", core.ReasonPreview, 0}},
		{"nothing again", plain, answer{"b", core.ReasonTargetingMatch, 1}},
	} {
		_, ok := c.ReadQuestion(step.question, nil)
		require.True(t, ok, step.name)
		require.Equal(t, step.want, ask(b, c), step.name)
	}
}

func TestSignalsAreReadBack(t *testing.T) {
	s := newShop()
	s.policy()
	b := s.load(t)
	c, e := b.NewContext(), b.NewEvaluator()
	plain := core.AppendQuestion(nil, 0b10, 0, 0, nil)
	plain = core.AppendText(core.AppendAttribute(plain, country), "DE")
	start := func(kind policy.Kind) []byte {
		return core.AppendSignal(core.AppendQuestion(nil, 0b10, 0, 0, nil), kind)
	}
	settled := core.AppendText(start(policy.GPC), "1")
	core.SettleQuestion(settled)
	for _, step := range []struct {
		name     string
		question []byte
		says     string
	}{
		{"none", plain, "yes: granted by the caller"},
		{"a header", core.AppendText(start(policy.GPC), "1"), "no: gpc: Global Privacy Control is on"},
		{"a cookie", core.AppendText(start(policy.FirstCookie), "deny"), "no: choice: denied"},
		{"several", core.AppendText(core.AppendSignal(core.AppendText(start(policy.FirstCookie), "allow"), policy.USPrivacy), "1YYN"), "no: usp: opted out of sale"},
		{"one that is no text", core.AppendText(core.AppendSignal(core.AppendMistyped(start(policy.USPrivacy)), policy.Off), "off"), "no: switched off by the visitor on this site"},
		{"one that is too large", core.AppendOversized(start(policy.FirstCookie)), "yes: granted by the caller"},
		{"settled before", settled, "yes: granted by the caller"},
		{"none again", plain, "yes: granted by the caller"},
	} {
		_, ok := c.ReadQuestion(step.question, nil)
		require.True(t, ok, step.name)
		e.Resolve(c)
		require.Equal(t, step.says, because(b, c), step.name)
	}
}

// An empty text at a question's end has no byte to point at: behind it lies what belongs to another, and the collector ends a program that
// keeps that alive.
func TestNothingPointsBehindAQuestion(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	b := s.load(t)
	const size = 128 // of which the allocator leaves nothing over
	var kept []*core.Context
	var between []byte // each is free again when the next is made
	for range 512 {
		question := core.AppendQuestion(nil, 0, 0, 0, nil)
		question = core.AppendText(core.AppendAttribute(question, session), strings.Repeat("-", size-24-len(question)))
		question = core.AppendText(core.AppendAttribute(question, country), "")
		require.Len(t, question, size)
		c := b.NewContext()
		_, ok := c.ReadQuestion(append(make([]byte, 0, size), question...), nil)
		require.True(t, ok)
		kept = append(kept, c)
		between = append(make([]byte, 0, size), question...)
	}
	for range 3 {
		runtime.GC()
	}
	runtime.KeepAlive(kept)
	runtime.KeepAlive(between)
}

// Whatever is not exactly a question is refused as a whole, and leaves nothing of it behind.
// An empty text at a question's end may not be a pointer to whatever lies behind the question: the collector would find what is no object.
func TestEmptyTextAtTheEnd(t *testing.T) {
	s := newShop()
	s.decide("hero", 1, serve(0, 1))
	b := s.load(t)
	const size = 256 // of an object that Go allocates without a byte to spare
	head := core.AppendQuestion(nil, 1, 0, 0, []uint32{0})
	filled := core.AppendText(core.AppendAttribute(bytes.Clone(head), country), "")
	filler := strings.Repeat("x", size-len(filled)-len(core.AppendText(core.AppendAttribute(bytes.Clone(head), session), ""))+len(head))
	for range 20 {
		question := append(make([]byte, 0, size), head...)
		question = core.AppendText(core.AppendAttribute(question, session), filler)
		question = core.AppendText(core.AppendAttribute(question, country), "")
		require.Len(t, question, size)
		c := b.NewContext()
		_, ok := c.ReadQuestion(question, nil)
		require.True(t, ok)
		runtime.GC()
		require.Equal(t, `""`, result(c.Value(country)))
	}
}

func TestWhatIsNoQuestion(t *testing.T) {
	s := newShop()
	s.decide("hero", 1)
	b := s.load(t)
	start := func() []byte { return core.AppendQuestion(nil, 0, 0, 0, []uint32{0}) }
	whole := core.AppendListHead(core.AppendAttribute(start(), languages), 1)
	whole = core.AppendText(whole, "de")
	for name, question := range map[string][]byte{
		"nothing":                          nil,
		"a decision that is not":           core.AppendQuestion(nil, 0, 0, 0, []uint32{1}),
		"more decisions than are":          core.AppendQuestion(nil, 0, 0, 0, []uint32{0, 0}),
		"an attribute that is not":         core.AppendBool(core.AppendAttribute(start(), 99), true),
		"an attribute without value":       core.AppendAttribute(start(), country),
		"a list without elements":          core.AppendListHead(core.AppendAttribute(start(), languages), 1),
		"a list of two billion":            core.AppendListHead(core.AppendAttribute(start(), languages), 1<<31-1),
		"an unknown kind":                  append(core.AppendAttribute(start(), country), 77, 0, 0, 0),
		"a year beyond CEL's":              core.AppendTime(core.AppendAttribute(start(), now), 1<<40, 0),
		"an override of no decision":       core.AppendSticky(start(), 1, 0),
		"an override with another variant": core.AppendPreview(start(), 0, 3),
		"half an override":                 core.AppendPreview(start(), 0, 1)[:len(start())+4],
		"an override of no kind":           append(core.AppendPreview(start(), 0, 1)[:len(start())+4], 3, 0, 0, 0, 0, 0, 0, 0),
		"a signal of no kind":              core.AppendText(core.AppendSignal(start(), policy.FirstCookie), "1"),
		"a signal that is a number":        core.AppendInt(core.AppendSignal(start(), 99), 1),
		"a signal without text":            core.AppendSignal(start(), policy.GPC),
		"a signal of an unknown type":      append(core.AppendSignal(start(), policy.GPC), 0, 1, 0, 0),
		"settled in no known way":          append(bytes.Clone(start()[:4*8]), append([]byte{2, 0, 0, 0}, start()[4*9:]...)...),
		"bytes left over":                  append(start(), 0),
		"more than the limit":              make([]byte, core.MaxQuestion+1),
	} {
		c := b.NewContext()
		_, ok := c.ReadQuestion(question, nil)
		require.False(t, ok, name)
		require.Equal(t, core.Missing, c.State(country), name)
	}
	for n := range whole {
		_, ok := b.NewContext().ReadQuestion(whole[:n], nil)
		require.False(t, ok, "cut to %d bytes", n)
	}
}

// Lists beyond the limits make the attribute absent, not the question invalid.
func TestContextLimits(t *testing.T) {
	b := newShop().load(t)
	deep := core.AppendAttribute(core.AppendQuestion(nil, 0, 0, 0, nil), languages)
	for range 20 {
		deep = core.AppendListHead(deep, 1)
	}
	deep = core.AppendNull(deep)
	long := core.AppendListHead(core.AppendAttribute(core.AppendQuestion(nil, 0, 0, 0, nil), languages), core.MaxValues+1)
	for range core.MaxValues + 1 {
		long = core.AppendText(long, "")
	}
	wordy := core.AppendListHead(core.AppendAttribute(core.AppendQuestion(nil, 0, 0, 0, nil), languages), 2)
	wordy = core.AppendText(core.AppendText(wordy, strings.Repeat("x", core.MaxText)), "y")
	for name, question := range map[string][]byte{"deep": deep, "long": long, "wordy": wordy} {
		c := b.NewContext()
		_, ok := c.ReadQuestion(question, nil)
		require.True(t, ok, name)
		require.Equal(t, core.BeyondSize, c.State(languages), name)
	}
}
