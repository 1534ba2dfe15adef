package traffic_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/accesslog"
	"github.com/edgewise-dev/edgewise/host/traffic"
)

var start = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

func write(t *testing.T, seed uint64, requests int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, traffic.Write(&b, seed, requests, start))
	return b.Bytes()
}

// TestDay looks at a day of traffic as the demo does.
func TestDay(t *testing.T) {
	const requests = 4000
	seen := map[string]int{}
	bad := 0
	var s edge.Scratch
	last := start
	for log := accesslog.NewReader(bytes.NewReader(write(t, 1, requests))); ; {
		entry, err := log.Read()
		var lineErr *accesslog.LineError
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.As(err, &lineErr) {
			bad++
			continue
		}
		require.NoError(t, err)
		require.False(t, entry.Time.Before(last), "in the order of time")
		last = entry.Time
		v := edge.Parse(&entry.Request, &s)
		require.Equal(t, "shop.example", v.Host)
		seen["all"]++
		seen["class "+v.Device.Class.String()]++
		seen["browser "+v.Device.Browser.String()]++
		seen["country "+v.Geo.Country]++
		seen["language "+v.Language]++
		seen["referrer "+v.ReferrerHost]++
		seen["section "+strings.SplitN(v.Path, "/", 3)[1]]++
		count := func(name string, ok bool) {
			if ok {
				seen[name]++
			}
		}
		count("bot", v.Device.Bot)
		count("night", entry.Time.Hour() < 6)
		count("evening", entry.Time.Hour() >= 18)
		count("save-data", v.SaveData)
		_, campaign := edge.FromQuery(&v, "utm_campaign")
		count("campaign", campaign)
		for _, name := range []string{"demo-session", "demo-consent", "cart"} {
			_, ok := edge.FromCookie(&entry.Request, name, &s)
			count(name, ok)
			require.False(t, ok && v.Device.Bot, "crawlers have no cookies")
		}
	}
	require.Equal(t, requests, seen["all"])
	require.InDelta(t, requests/traffic.NotRequests, bad, 1)
	require.True(t, last.Before(start.Add(24*time.Hour)))
	for name, atLeast := range map[string]int{
		"class mobile": 1000, "class desktop": 800, "class tablet": 100, "class tv": 30, "class other": 100,
		"browser chrome": 800, "browser safari": 500, "browser firefox": 80, "browser samsung": 60, "browser edge": 60, "browser opera": 20,
		"country DE": 1000, "country FR": 100, "country US": 100, "country ": 30, "language fr-FR": 50,
		"referrer www.google.com": 100, "referrer ": 300, "referrer shop.example": 1000,
		"section shop": 1000, "section news": 300, "section checkout": 40, "section search": 100,
		"bot": 300, "night": 150, "campaign": 80, "save-data": 40, "demo-session": 2000, "demo-consent": 700, "cart": 200,
	} {
		require.GreaterOrEqual(t, seen[name], atLeast, name)
	}
	require.Greater(t, seen["evening"], 2*seen["night"])
	require.Less(t, seen["demo-consent"], seen["demo-session"], "not everyone agrees")
	require.Less(t, seen["demo-session"], seen["all"]-seen["bot"], "not everyone has cookies")
}

func TestSameSeedSameBytes(t *testing.T) {
	one := write(t, 7, 500)
	require.Equal(t, one, write(t, 7, 500))
	require.NotEqual(t, one, write(t, 8, 500))
	// Written down, so that another platform or release of Go is seen to give the same.
	sum := sha256.Sum256(one)
	require.Equal(t, "db066a050444aa67d5461adf196e9ebd55c79ae9163aba4500b312d2689f860b", hex.EncodeToString(sum[:]))
}

func TestLimits(t *testing.T) {
	require.Empty(t, write(t, 1, 0))
	require.Error(t, traffic.Write(io.Discard, 1, -1, start))
	require.Error(t, traffic.Write(io.Discard, 1, traffic.MaxRequests+1, start))
	broken := errors.New("disk full")
	require.ErrorIs(t, traffic.Write(failing{broken}, 1, 5000, start), broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
