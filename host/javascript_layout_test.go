package host_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/edge/device"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/question"
)

var update = flag.Bool("update", false, "write what is generated for the JavaScript package")

const layoutFile = "../edge/js/lib/layout.js"

// The JavaScript package reads names from bundles, writes questions and reads answers: by numbers that are core's, and that it is told here.
func TestJavaScriptLayout(t *testing.T) {
	want := layout()
	if *update {
		require.NoError(t, os.WriteFile(layoutFile, want, 0o644))
	}
	have, err := os.ReadFile(layoutFile)
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run: go test ./host -run JavaScriptLayout -update")
}

func layout() []byte {
	var out bytes.Buffer
	constant := func(comment, name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // numbers, strings and slices of them
		}
		fmt.Fprintf(&out, "\n// %s\nexport const %s = %s;\n", comment, name, text)
	}
	out.WriteString("// Numbers of the engine's that this package shares with it. Written by: go test ./host -run JavaScriptLayout -update\n")

	bundle := reflect.TypeFor[format.Bundle]()
	var sections []string
	for i := range bundle.NumField() {
		sections = append(sections, bundle.Field(i).Name)
	}
	constant("The sections of a bundle's file, in their order.", "sections", sections)
	out.WriteString("\n// Records of sections, in words: how many one has, and which word a field is.\n")
	for _, record := range []reflect.Type{
		reflect.TypeFor[format.About](), reflect.TypeFor[format.Purpose](), reflect.TypeFor[format.Cookie](), reflect.TypeFor[format.Span](),
		reflect.TypeFor[format.Attribute](), reflect.TypeFor[format.Decision](), reflect.TypeFor[format.Variant](), reflect.TypeFor[format.Rule](),
		reflect.TypeFor[format.Deferral](),
	} {
		fmt.Fprintf(&out, "export const %s = { size: %d", record.Name(), record.Size()/4)
		for i := range record.NumField() {
			field := record.Field(i)
			fmt.Fprintf(&out, ", %s: %d", field.Name, field.Offset/4)
		}
		out.WriteString(" };\n")
	}

	kinds := map[string]int{}
	for k := format.Error; k <= format.Map; k++ {
		kinds[k.String()] = int(k)
	}
	kinds["mistyped"], kinds["oversized"] = core.Mistyped, core.Oversized
	constant("The kinds of values, and what stands for a value without a reading, or without room.", "kinds", kinds)
	constant("Limits of questions.", "limits", map[string]int{
		"room": core.Room, "question": core.MaxQuestion, "values": core.MaxValues, "depth": format.MaxDepth, "purposes": format.MaxPurposes,
		"asked": question.MaxAsked, "signals": policy.MaxSignals, "signal": consent.MaxString, "cookie": consent.MaxCookie, "policy": verify.MaxPolicy,
		"bundle": format.MaxSize, "envelope": verify.MaxEnvelope, "headers": edge.MaxHeaders, "body": edge.MaxBody, "random": edge.RandomSize,
	})
	constant("What a signal of consent is.", "signals", map[string]int{
		"tcf": int(policy.TCF), "gpp": int(policy.GPP), "usp": int(policy.USPrivacy), "gpc": int(policy.GPC), "off": int(policy.Off), "firstCookie": int(policy.FirstCookie),
	})
	constant("The visitor's no on the site itself.", "off", map[string]string{"cookie": policy.OffCookie, "value": policy.OffValue})
	constant("The words of an answer.", "answerWords", core.AnswerWords)
	constant("The flags of an answer.", "flags", map[string]int{"sticky": int(core.Sticky), "stale": int(core.Stale)})
	var reasons []string
	for r := core.Reason(0); r.String() != "UNKNOWN"; r++ {
		reasons = append(reasons, r.String())
	}
	constant("The reasons of an answer.", "reasons", reasons)
	constant("What a rule does where an answer tells more of it, and the bit of a rule's action beside it.", "actions", map[string]int{"defer": int(format.ActionDefer), "indexed": int(format.RuleIndexed)})
	var modes []string
	for d := (format.Deferral{}); d.ModeText() != "unknown"; d.Mode++ {
		modes = append(modes, d.ModeText())
	}
	constant("How a deferred decision is waited for.", "modes", modes)
	var codes []string
	for c := verify.Signature; c.String() != "unknown"; c++ {
		codes = append(codes, c.String())
	}
	constant("Why verification refuses, and the number of the first reason.", "verification", map[string]any{"first": int(verify.Signature), "words": codes})
	constant("The device that a platform tells.", "devices", map[string]any{"class": device.Classes, "os": device.Systems, "browser": device.Browsers})
	constant("What can become of a hand-over.", "outcomes", map[string]int{"answered": int(edge.Answered), "late": int(edge.Late), "failed": int(edge.Failed)})
	constant("What an answer says where the engine stopped.", "trapped", engine.ErrTrap.Error())
	return out.Bytes()
}
