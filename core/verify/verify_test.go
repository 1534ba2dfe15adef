package verify

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// signer is a key pair made from a seed.
type signer struct {
	private ed25519.PrivateKey
	public  [32]byte
	id      KeyID
}

func newSigner(seed byte) signer {
	var bytes [32]byte
	for i := range bytes {
		bytes[i] = seed + byte(i)
	}
	private := ed25519.NewKeyFromSeed(bytes[:])
	public := [32]byte(private.Public().(ed25519.PublicKey))
	return signer{private, public, ID(public)}
}

func (s signer) sign(body []byte) SignatureBy {
	return SignatureBy{s.id, [64]byte(ed25519.Sign(s.private, body))}
}

func signedBy(body []byte, signers ...signer) (s Signed) {
	s.Body = body
	for _, by := range signers {
		s.Add(by.sign(body))
	}
	return s
}

func exampleEnvelope() *Envelope {
	payload := []byte("EDGW")
	s := Statement{Version: 7, Made: 1796079472, NotBefore: 1796083200, FreshUntil: 1796169600, Expires: 1798675200, Engine: 1, Format: 1, Size: 4,
		Payload: Sum(payload), Bundle: "a", Channel: "production"}
	return &Envelope{Release: signedBy(s.Append(nil), newSigner(0)), Payload: payload}
}

func TestWorkedExample(t *testing.T) {
	source, err := os.ReadFile("verify.go")
	require.NoError(t, err)
	_, example, _ := strings.Cut(string(source), "# Worked example")
	var listed []byte
	for _, line := range regexp.MustCompile(`(?m)^//\t((?:[0-9a-f]{8} ?)+)`).FindAllStringSubmatch(example, -1) {
		words, err := hex.DecodeString(strings.ReplaceAll(line[1], " ", ""))
		require.NoError(t, err)
		listed = append(listed, words...)
	}
	require.Equal(t, fmt.Sprintf("%x", exampleEnvelope().Append(nil)), fmt.Sprintf("%x", listed))
	first := newSigner(0)
	policy := Policy{Keys: &KeyList{Version: 1, Threshold: 1, Keys: []Key{{Public: first.public}}}, Channel: "production"}
	release, err := policy.Accept(listed, 1796083200, CheckSignature)
	require.NoError(t, err)
	require.Equal(t, "EDGW", string(release.Payload))
	require.EqualValues(t, 7, release.Statement.Version)
}
