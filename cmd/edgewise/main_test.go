package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/store/storetest"
	"github.com/edgewise-dev/edgewise/bundles/trust"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts' cmp files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"edgewise": main, "ask": ask})
}

// The scripts are a manual of the command line: a file for each command, and one for wrong usage.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			return errors.Join(os.WriteFile(filepath.Join(env.WorkDir, "hostile.bundle"), hostile(), 0o644), writeKeys(env.WorkDir))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "workload": makeWorkload, "decided": decidedWorkload, "forge": forge},
	})
}

// writeKeys writes the keys that scripts sign with, and trust files: by shop.trust anna or bert can sign, and in production both have to; oncall
// can restore. Of eve nobody has heard.
func writeKeys(folder string) error {
	list := &verify.KeyList{Version: 1, Threshold: 1, Channels: []verify.Required{{Channel: "production", Signers: 2}}}
	for _, name := range []string{"anna", "bert", "oncall", "eve"} {
		signer, file, err := sign.Generate()
		if err != nil {
			return err
		}
		if err := sign.WritePrivate(filepath.Join(folder, name+".key"), file); err != nil {
			return err
		}
		key := verify.Key{Public: signer.Public(), Name: name}
		if name == "oncall" {
			key.Role = verify.Recovery
		}
		if name != "eve" {
			list.Keys = append(list.Keys, key)
		}
	}
	return os.WriteFile(filepath.Join(folder, "shop.trust"), trust.Format(list), 0o644)
}

// hostile is a compiled bundle whose names would make a terminal do things. No source makes one.
func hostile() []byte {
	const title = "\x1b]0;owned\x07\n"
	b := assemble.New("b" + title)
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}, {Name: b.Str("p" + title)}}
	b.Variants = []format.Variant{{Name: b.Str("v" + title), Kind: uint32(format.String), JSON: b.Str(`"x"`)}}
	b.Decisions = []format.Decision{{Name: b.Str("d" + title), Default: 1, Variants: 1, Purposes: 1}}
	return b.Finish().Append(nil)
}

// The commands that publish and follow work with a real S3 server as with a folder.
func TestS3(t *testing.T) {
	environment := storetest.S3(t, "rules")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/s3",
		Setup: func(env *testscript.Env) error {
			for name, value := range environment {
				env.Setenv(name, value)
			}
			return writeKeys(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}

// status runs a command and checks its exit status: status 2 edgewise chek.
func status(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

const workloadRequests = 64

// makeWorkload makes rules, as source, and requests to decide: workload RULES SOURCE REQUESTS.
func makeWorkload(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: workload RULES SOURCE REQUESTS")
	}
	rules, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(workload.Rules(rules).Source()), 0o644))
	var requests []byte
	for _, c := range workload.Contexts(workloadRequests) {
		requests = append(append(requests, c.Line()...), '\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), requests, 0o644))
}

// decidedWorkload checks what was printed last: that those requests were answered by the rules that are the first to match: decided RULES.
func decidedWorkload(ts *testscript.TestScript, _ bool, args []string) {
	rules, err := strconv.Atoi(args[0])
	ts.Check(err)
	set := workload.Rules(rules)
	answers := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	if len(answers) != workloadRequests {
		ts.Fatalf("%d answers, want %d", len(answers), workloadRequests)
	}
	for i, c := range workload.Contexts(workloadRequests) {
		var answer struct {
			Decisions map[string]struct{ Rule string }
		}
		ts.Check(json.Unmarshal([]byte(answers[i]), &answer))
		for placement, want := range set.Decide(&c) {
			if got := answer.Decisions[workload.Decision(placement)].Rule; got != want {
				ts.Fatalf("request %d, %s: rule %q, want %q", i, workload.Decision(placement), got, want)
			}
		}
	}
}

// A bundle of a newer format needs a newer program; compiling it again would be refused again.
func TestHintsForRefusedBundles(t *testing.T) {
	require.Empty(t, hintOf(explainLoad("x.bundle", &format.Refusal{Code: format.NewerFormat, Index: 2, Want: 1})))
	require.Contains(t, hintOf(explainLoad("x.bundle", &format.Refusal{Code: format.OlderFormat, Index: 0, Want: 1})), "compile it again")
	require.Equal(t, "bundle has more than 8192 KiB, the limit is 8192 KiB", (&format.Refusal{Code: format.TooLarge, Index: 8192, Want: 8192}).Error())
}

// In the text of a flag the first word in backquotes is the name of its value: a flag that takes one has a short name in capitals there, another has none.
func TestFlagsNameTheirValues(t *testing.T) {
	seen := 0
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			seen++
			name, _ := pflag.UnquoteUsage(f)
			if f.Value.Type() == "bool" {
				require.Empty(t, name, "%s --%s", cmd.CommandPath(), f.Name)
			} else {
				require.Regexp(t, `^[A-Z][A-Z_]*(=[A-Z])?$`, name, "%s --%s", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRoot())
	require.Greater(t, seen, 50)
}
