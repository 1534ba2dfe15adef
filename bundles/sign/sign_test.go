package sign_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/sign"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/verify"
)

func payload(t *testing.T) []byte {
	src, err := source.Parse(source.File{Name: "shop.yaml", Data: []byte("bundle: shop\ndecisions: {hero: {purpose: necessary, variants: {a: 1}}}\n")})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	return loaded.Data
}

func generate(t *testing.T) (sign.Signer, []byte) {
	signer, file, err := sign.Generate()
	require.NoError(t, err)
	return signer, file
}

func TestReleaseIsAccepted(t *testing.T) {
	anna, _ := generate(t)
	bert, _ := generate(t)
	list := &verify.KeyList{Version: 1, Threshold: 2, Keys: []verify.Key{{Public: anna.Public()}, {Public: bert.Public()}}}
	data := payload(t)
	envelope, err := sign.Release(data, verify.Statement{Version: 3, Channel: "production", NotBefore: 100, Expires: 200}, nil, anna, bert)
	require.NoError(t, err)
	policy := verify.Policy{Keys: list, Channel: "production"}
	release, err := policy.Accept(envelope, 150, verify.CheckSignature)
	require.NoError(t, err)
	require.Equal(t, data, release.Payload)
	require.Equal(t, "shop", release.Statement.Bundle)
	require.False(t, release.Restored)
}

func TestReleaseRefusesWhatNobodyWouldAccept(t *testing.T) {
	anna, _ := generate(t)
	good := verify.Statement{Version: 1, Channel: "production", NotBefore: 100, FreshUntil: 150, Expires: 200}
	for name, c := range map[string]struct {
		change func(*verify.Statement)
		want   string
	}{
		"no version":               {func(s *verify.Statement) { s.Version = 0 }, "version 0: versions begin at 1"},
		"a version beyond JSON":    {func(s *verify.Statement) { s.Version = 1 << 53 }, "versions begin at 1"},
		"no channel":               {func(s *verify.Statement) { s.Channel = "" }, `channel "": want a letter`},
		"a channel with a slash":   {func(s *verify.Statement) { s.Channel = "a/b" }, `channel "a/b"`},
		"an audience with a space": {func(s *verify.Statement) { s.Audience = "a b" }, `audience "a b"`},
		"after the year 9999":      {func(s *verify.Statement) { s.Expires = 253402300800 }, "after the year 9999"},
		"a ramp that never ends":   {func(s *verify.Statement) { s.Ramp = verify.Ramp{From: 100, Until: 1 << 62} }, "after the year 9999"},
		"decisions out of order":   {func(s *verify.Statement) { s.Disabled = []string{"b", "a"} }, "nobody could read it"},
		"before 1970":              {func(s *verify.Statement) { s.NotBefore = -1 }, "before 1970"},
		"stale at once":            {func(s *verify.Statement) { s.FreshUntil = 99 }, "stale before it begins"},
		"a ramp that goes back":    {func(s *verify.Statement) { s.Ramp = verify.Ramp{From: 100, Until: 99} }, "ends when it begins"},
		"a ramp above all":         {func(s *verify.Statement) { s.Ramp = verify.Ramp{From: 100, Until: 100, End: 10_001} }, "above 100%"},
		"over at once":             {func(s *verify.Statement) { s.Expires = 100 }, "expire before it begins"},
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			c.change(&s)
			_, err := sign.Release(payload(t), s, nil, anna)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := sign.Release([]byte("bundle: shop"), good, nil, anna)
	require.ErrorContains(t, err, "not a compiled bundle")
}

func TestOpenFindsAKeyWhereverItIsKept(t *testing.T) {
	want, file := generate(t)
	path := filepath.Join(t.TempDir(), "anna.key")
	require.NoError(t, sign.WritePrivate(path, file))
	require.ErrorContains(t, sign.WritePrivate(path, file), "not overwritten")
	t.Setenv("EDGEWISE_TEST_KEY", string(file))
	command := filepath.Join(t.TempDir(), "signer")
	require.NoError(t, os.WriteFile(command, []byte("#!/bin/sh\nexec \"$EDGEWISE_TEST_SELF\" -test.run=TestActAsSigner -- \"$@\"\n"), 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	t.Setenv("EDGEWISE_TEST_SELF", self)
	for _, where := range []string{path, "env:EDGEWISE_TEST_KEY", "exec:" + command} {
		got, err := sign.Open(where)
		require.NoError(t, err, where)
		require.Equal(t, want.Public(), got.Public(), where)
		_, err = sign.All([]byte("body"), got)
		require.NoError(t, err, where)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, file := generate(t)
	folder := t.TempDir()
	write := func(name string, data []byte, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, data, mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(other)
	require.NoError(t, err)
	t.Setenv("EDGEWISE_TEST_KEY", "secret words")
	for name, c := range map[string]struct{ where, want string }{
		"no file":                 {filepath.Join(folder, "none"), "no such file"},
		"others may read it":      {write("open", file, 0o644), "chmod 600"},
		"the group may write it":  {write("group", file, 0o620), "chmod 600"},
		"not PEM":                 {write("text", []byte("secret words"), 0o600), "not a PEM file"},
		"PEM of nothing":          {write("empty", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"}), 0o600), "not a PKCS #8 key"},
		"another algorithm":       {write("ecdsa", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600), "only Ed25519"},
		"no variable":             {"env:EDGEWISE_NO_SUCH", "not set"},
		"a variable without key":  {"env:EDGEWISE_TEST_KEY", "not a PEM file"},
		"no command":              {"exec:", "names no command"},
		"a command that fails":    {"exec:false", "exit status 1"},
		"a command without a key": {"exec:echo", "want 32 bytes in base64"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sign.Open(c.where)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret words")
		})
	}
}
