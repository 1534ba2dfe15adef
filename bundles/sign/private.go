package sign

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/edgewise-dev/edgewise/core/verify"
)

// privateBlock is the PEM type of a private key file: PKCS #8, as openssl genpkey -algorithm ed25519 writes it too.
const privateBlock = "PRIVATE KEY"

// private is a key in this program's memory.
type private struct{ key ed25519.PrivateKey }

func (p private) Public() [32]byte { return [32]byte(p.key.Public().(ed25519.PublicKey)) }

func (p private) Sign(message []byte) ([64]byte, error) {
	return [64]byte(ed25519.Sign(p.key, message)), nil
}

// Generate makes a key pair and gives it with the file that Open reads.
func Generate() (Signer, []byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return private{key}, pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), nil
}

// Open finds a private key. where is
//
//	FILE          a PEM file with a PKCS #8 private key, which nobody but its owner may read or write
//	env:NAME      an environment variable that holds such a file's text
//	exec:COMMAND  a program with arguments, split at spaces, that has the key: called with the further argument "public" it prints the
//	              public key, called with "sign" it reads a message from standard input and prints the signature, both in base64
//
// An error never holds a part of the key.
func Open(where string) (Signer, error) {
	if name, ok := strings.CutPrefix(where, "env:"); ok {
		text, ok := os.LookupEnv(name)
		if !ok {
			return nil, fmt.Errorf("key %s: the environment variable %s is not set", where, name)
		}
		return parse(where, []byte(text))
	}
	if command, ok := strings.CutPrefix(where, "exec:"); ok {
		return openCommand(command)
	}
	info, err := os.Stat(where)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	file, err := os.ReadFile(where)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	signer, err := parse(where, file)
	if err != nil {
		return nil, err
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("key %s: others may use it (its mode is %#o): chmod 600 %s", where, info.Mode().Perm(), where)
	}
	return signer, nil
}

func parse(where string, text []byte) (Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && bytes.Contains(text, []byte(`"keys"`)) {
		return nil, fmt.Errorf("key %s: a trust file, which says whose signatures count: give the private key that `edgewise keys new --key` wrote", where)
	}
	if block == nil || block.Type != privateBlock {
		return nil, fmt.Errorf("key %s: not a PEM file with a %s: `edgewise keys new` makes one", where, privateBlock)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("key %s: not a PKCS #8 key", where)
	}
	own, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("key %s: of another algorithm (%T): only Ed25519 signs releases", where, key)
	}
	return private{own}, nil
}

// WritePrivate writes a private key's file, which only its owner may read. One that is there stays: a key is nothing to overwrite.
func WritePrivate(path string, file []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: a private key is not overwritten", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(file)
	return errors.Join(err, f.Sync(), f.Close())
}

// command is a key that another program holds.
type command struct {
	words  []string
	public [32]byte
}

// commandTime is how long a program may take: somebody may have to touch a token.
const commandTime = 2 * time.Minute

func openCommand(line string) (Signer, error) {
	c := &command{words: strings.Fields(line)}
	if len(c.words) == 0 {
		return nil, errors.New("key exec: names no command")
	}
	public, err := c.run("public", nil, len(c.public))
	if err != nil {
		return nil, err
	}
	c.public = [32]byte(public)
	return c, nil
}

func (c *command) Public() [32]byte { return c.public }

func (c *command) Sign(message []byte) ([64]byte, error) {
	signature, err := c.run("sign", message, 64)
	if err != nil {
		return [64]byte{}, err
	}
	return [64]byte(signature), nil
}

// run calls the program and gives the size bytes that it prints in base64.
func (c *command) run(what string, in []byte, size int) ([]byte, error) {
	name := "key exec:" + strings.Join(c.words, " ")
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	run := exec.CommandContext(ctx, c.words[0], append(c.words[1:len(c.words):len(c.words)], what)...)
	run.Stdin, run.Stderr = bytes.NewReader(in), os.Stderr
	var out bytes.Buffer
	run.Stdout = &limited{&out, 1 << 10}
	if err := run.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, what, err)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out.String()))
	if err != nil || len(data) != size {
		return nil, fmt.Errorf("%s %s: want %d bytes in base64", name, what, size)
	}
	return data, nil
}

// limited is a writer that takes no more than left bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errors.New("it prints too much")
	}
	l.left -= len(p)
	return l.w.Write(p)
}

// IDOf names a signer's key.
func IDOf(s Signer) verify.KeyID { return verify.ID(s.Public()) }
