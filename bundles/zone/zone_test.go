package zone

import (
	"archive/zip"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/civil"
)

// Every zone's table gives the offsets that Go's own package gives: just before and at each change up to 2200, and at random times.
func TestTablesAgreeWithGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	size := 0
	for _, name := range Names() {
		table, ok := Table(name)
		require.True(t, ok, name)
		size += len(table)
		zone := civil.Zone(table)
		require.True(t, zone.Check(), name)
		location, err := time.LoadLocation(name)
		require.NoError(t, err)
		check := func(at int64) {
			_, want := time.Unix(at, 0).In(location).Zone()
			require.Equal(t, want, zone.Offset(at), "%s at %s", name, time.Unix(at, 0).UTC())
		}
		check(civil.MinSeconds)
		check(civil.MaxSeconds)
		for at := time.Unix(civil.MinSeconds, 0).In(location); ; {
			_, end := at.ZoneBounds()
			if end.IsZero() || end.Year() > 2200 {
				break
			}
			check(end.Unix() - 1)
			check(end.Unix())
			if at = end; at.UTC().YearDay() == 366 { // where Go finds an end again and again
				at = at.Add(24 * time.Hour)
			}
		}
		for range 100 {
			check(civil.MinSeconds + r.Int64N(civil.MaxSeconds-civil.MinSeconds))
			check(r.Int64N(1 << 32))
		}
	}
	t.Logf("%d zones, %d bytes", len(Names()), size)
}

func TestNamesAreThoseOfGo(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib/time/zoneinfo.zip"))
	if err != nil {
		t.Skip("no zoneinfo.zip beside this Go: ", err)
	}
	defer archive.Close()
	var want []string
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			want = append(want, f.Name)
		}
	}
	slices.Sort(want)
	require.Equal(t, want, Names())
}

func TestNoSuchZone(t *testing.T) {
	for _, name := range []string{"", "Local", "Europe/Berlim", "europe/berlin", "UTC+1", "../passwd", "CEST"} {
		_, ok := Table(name)
		require.False(t, ok, name)
	}
}
