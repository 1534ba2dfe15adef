// Package apikey holds the keys by which callers of a server are known: a file of entries, each of which says what its key may do, and no key.
//
// Reach for New to make a key, Append to write its entry down, and Open for a server. A key is random, 160 bits, so its SHA-256 gives nothing away:
// whoever reads the file cannot call. The file is looked at again when it changes, so an entry that is taken out ends its key within
// a second.
//
// # The file
//
// JSON, one object a line, and empty lines:
//
//	{"name":"web","id":"4fgh2k7q","sha256":"9f86...","scope":"page","decisions":["hero","shop.*"],"rate":50,"expires":"2027-03-01T00:00:00Z"}
//
// scope and those before it must be there. decisions are the names that the key may ask for, * being any run of characters; without it all. rate is
// the requests in a second, at most, as many of them at once; without it the server's. Unknown keys are errors: a limit that is misspelled would be none.
package apikey

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// Scope says for whom a key is.
type Scope string

// The scopes.
const (
	Server Scope = "server" // a server of one's own: every decision
	Page   Scope = "page"   // a page or an app that visitors can look into: not the decisions whose visibility is server
)

// Entry is what is known of a key.
type Entry struct {
	Name      string    `json:"name"`   // for people and logs
	ID        string    `json:"id"`     // the key's second part, by which it is found
	Hash      string    `json:"sha256"` // of the whole key, in hexadecimal
	Scope     Scope     `json:"scope"`
	Decisions []string  `json:"decisions,omitempty"`
	Rate      float64   `json:"rate,omitempty"` // requests a second; 0: the server's
	Expires   time.Time `json:"expires,omitzero"`
}

// prefix begins every key, so that programs that look for secrets in the wrong places know one.
const prefix = "edgewise_"

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// New makes a key for an entry, whose ID and Hash it fills in. The key is told once: nothing can give it again.
func New(e Entry) (Entry, string) {
	random := make([]byte, 5+20)
	rand.Read(random) // never fails
	text := strings.ToLower(letters.EncodeToString(random))
	e.ID = text[:8]
	key := prefix + e.ID + "_" + text[8:]
	hash := sha256.Sum256([]byte(key))
	e.Hash = hex.EncodeToString(hash[:])
	return e, key
}

// Append adds an entry to a file, which it makes where there is none. The error says what is wrong with the entry.
func Append(file string, e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(before) > 0 && before[len(before)-1] != '\n' {
		line = append([]byte{'\n'}, line...)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// read reads the entries of a file, by their IDs.
func read(data []byte) (map[string]*Entry, error) {
	all := map[string]*Entry{}
	number := 0
	for line := range bytes.Lines(data) {
		if number++; len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e := new(Entry)
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(e)
		if err == nil {
			err = e.check()
		}
		if _, more := decoder.Token(); err == nil && more != io.EOF {
			err = errors.New("more than an object")
		}
		if err == nil && all[e.ID] != nil {
			err = fmt.Errorf("the id %s stands there twice", e.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		all[e.ID] = e
	}
	return all, nil
}

func (e *Entry) check() error {
	hash, err := hex.DecodeString(e.Hash)
	switch {
	case e.Name == "":
		return errors.New("a key needs a name")
	case e.ID == "" || strings.Contains(e.ID, "_"):
		return fmt.Errorf("%s: id %q is none", e.Name, e.ID)
	case err != nil || len(hash) != sha256.Size:
		return fmt.Errorf("%s: sha256 is not one, in hexadecimal", e.Name)
	case e.Scope != Server && e.Scope != Page:
		return fmt.Errorf("%s: scope %q: want %s or %s", e.Name, e.Scope, Server, Page)
	case e.Rate < 0:
		return fmt.Errorf("%s: rate %v is below 0", e.Name, e.Rate)
	case e.Decisions != nil && len(e.Decisions) == 0:
		return fmt.Errorf("%s: decisions names none", e.Name)
	}
	for _, pattern := range e.Decisions {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%s: decisions: %q is no pattern", e.Name, pattern)
		}
	}
	return nil
}

// Restricted says whether there are decisions that the key may not ask for.
func (e *Entry) Restricted() bool { return e.Scope == Page || e.Decisions != nil }

// Names says whether the key may ask for a decision of that name, whether or not there is one.
func (e *Entry) Names(decision string) bool {
	if e.Decisions == nil {
		return true
	}
	for _, pattern := range e.Decisions {
		if matched, _ := path.Match(pattern, decision); matched {
			return true
		}
	}
	return false
}

// is says whether key is the one that the entry is of.
func (e *Entry) is(key string) bool {
	want, _ := hex.DecodeString(e.Hash)
	have := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(want, have[:]) == 1
}

// find finds a key's entry among all. What is not found takes as long as what is, and what is compared is a hash: times tell nothing.
func find(all map[string]*Entry, key string, now time.Time) *Entry {
	rest, _ := strings.CutPrefix(key, prefix)
	id, _, _ := strings.Cut(rest, "_")
	e := all[id]
	if e == nil {
		e = &nobody
	}
	if !e.is(key) || !e.Expires.IsZero() && !now.Before(e.Expires) {
		return nil
	}
	return e
}

// nobody is the entry of no key: nothing is known to have this hash.
var nobody = Entry{Hash: strings.Repeat("0", 2*sha256.Size)}
