package apikey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keys are the keys of a file. Its methods may be called by several goroutines at once.
type Keys struct {
	file string
	rate float64
	log  *slog.Logger

	mu      sync.Mutex
	entries map[string]*Entry
	limits  map[string]*rate.Limiter // by ID
	looked  time.Time                // at the file
	was     os.FileInfo
}

// recheck is how long a file that was looked at is taken to be the same.
const recheck = time.Second

// Open reads a file, which must have a key. perSecond is the rate of keys that have none of their own; 0 is no limit. log is told where the file
// cannot be read later on: then the keys stay as they were.
func Open(file string, perSecond float64, log *slog.Logger) (*Keys, error) {
	k := &Keys{file: file, rate: perSecond, log: log, limits: map[string]*rate.Limiter{}}
	if err := k.read(); err != nil {
		return nil, err
	}
	if len(k.entries) == 0 {
		return nil, fmt.Errorf("%s: no key in it", file)
	}
	return k, nil
}

// read reads the file.
func (k *Keys) read() error {
	info, err := os.Stat(k.file)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(k.file)
	if err != nil {
		return err
	}
	entries, err := read(data)
	if err != nil {
		return fmt.Errorf("%s: %w", k.file, err)
	}
	for id, e := range entries {
		if old := k.entries[id]; old != nil && old.Rate != e.Rate {
			delete(k.limits, id)
		}
	}
	for id := range k.limits {
		if entries[id] == nil {
			delete(k.limits, id)
		}
	}
	k.entries, k.was = entries, info
	return nil
}

// current gives the entries, read again where the file has changed.
func (k *Keys) current(now time.Time) map[string]*Entry {
	if now.Sub(k.looked) < recheck {
		return k.entries
	}
	k.looked = now
	info, err := os.Stat(k.file)
	if err == nil && k.was != nil && info.ModTime().Equal(k.was.ModTime()) && info.Size() == k.was.Size() {
		return k.entries
	}
	if err == nil {
		err = k.read()
	}
	if err != nil {
		k.log.Error("the file of API keys cannot be read; the keys stay as they were", "error", err)
	}
	return k.entries
}

// Find gives the entry of the key that a request carries, as a bearer token or in X-API-Key; nil where it has none that counts.
func (k *Keys) Find(r *http.Request) *Entry {
	key := r.Header.Get("X-API-Key")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		key = strings.TrimSpace(token)
	}
	now := time.Now()
	k.mu.Lock()
	entries := k.current(now)
	k.mu.Unlock()
	return find(entries, key, now)
}

// Wait takes one request from what a key may make, and says how long to wait where there is none left; 0: it may be made.
func (k *Keys) Wait(e *Entry) time.Duration {
	perSecond := e.Rate
	if perSecond == 0 {
		perSecond = k.rate
	}
	if perSecond == 0 {
		return 0
	}
	k.mu.Lock()
	limit := k.limits[e.ID]
	if limit == nil {
		limit = NewLimit(perSecond)
		k.limits[e.ID] = limit
	}
	k.mu.Unlock()
	return Take(limit)
}

// NewLimit allows so many requests in a second, and as many at once.
func NewLimit(perSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

// Take takes one request from a limit, and says how long to wait where there is none left.
func Take(limit *rate.Limiter) time.Duration {
	taken := limit.Reserve()
	wait := taken.Delay()
	if wait > 0 {
		taken.Cancel()
	}
	return wait
}

// A ticket stands for a key where a browser can send no header: in the address of an event stream. It is the same on every server that has the
// key's entry, and gives neither the key nor its hash away.
const ticketWords = "event stream"

// Ticket is the ticket of a key.
func (e *Entry) Ticket() string {
	mac := hmac.New(sha256.New, []byte(e.Hash))
	mac.Write([]byte(ticketWords))
	return e.ID + "." + hex.EncodeToString(mac.Sum(nil)[:16])
}

// FindTicket gives the entry that a ticket is of; nil where there is none that counts.
func (k *Keys) FindTicket(ticket string) *Entry {
	now := time.Now()
	k.mu.Lock()
	entries := k.current(now)
	k.mu.Unlock()
	id, _, _ := strings.Cut(ticket, ".")
	e := entries[id]
	if e == nil || !hmac.Equal([]byte(e.Ticket()), []byte(ticket)) || !e.Expires.IsZero() && !now.Before(e.Expires) {
		return nil
	}
	return e
}
