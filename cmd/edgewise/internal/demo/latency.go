package demo

import (
	"math/bits"
	"time"
)

// edges part the latencies that the histogram shows, each row in about 1.4 times the time of the one before.
var edges = []time.Duration{
	100, 150, 200, 300, 400, 500, 700,
	1000, 1500, 2000, 3000, 4000, 5000, 7000,
	10000, 15000, 20000, 30000, 50000, 70000, 100000,
}

// The fine counts: each power of two of nanoseconds is divided in this many equal parts, so a quantile is right to about 3 percent.
const (
	partBits = 5
	parts    = 1 << partBits
)

// latencies counts how long decisions took, in fixed memory however many there were.
type latencies struct {
	count uint64
	rows  [32]uint64 // below edges[i]; the one behind the last edge: slower
	fine  [64 * parts]uint64
}

func (l *latencies) add(d time.Duration) {
	row := 0
	for row < len(edges) && d >= edges[row] {
		row++
	}
	l.count++
	l.rows[row]++
	l.fine[fineIndex(uint64(max(d, 0)))]++
}

// fineIndex is the number of the part that n lies in: the first are exact, then each power of two has its parts.
func fineIndex(n uint64) int {
	octave := bits.Len64(n) - partBits
	if octave <= 0 {
		return int(n)
	}
	return octave<<partBits + int(n>>(octave-1))&(parts-1)
}

// fineStart is the least number that lies in a part.
func fineStart(index int) uint64 {
	octave := index >> partBits
	if octave == 0 {
		return uint64(index)
	}
	return uint64(parts+index&(parts-1)) << (octave - 1)
}

// quantile is the time that the fraction q of all decisions took at most.
func (l *latencies) quantile(q float64) time.Duration {
	target := uint64(q * float64(l.count))
	seen := uint64(0)
	for i, n := range l.fine {
		if seen += n; n > 0 && seen > target {
			return time.Duration(fineStart(i))
		}
	}
	return 0
}

// percents is the share of each row; the last one, behind all edges, has no end.
func (l *latencies) percents() []float64 {
	shares := make([]float64, len(edges)+1)
	for row := range shares {
		shares[row] = 100 * float64(l.rows[row]) / float64(max(l.count, 1))
	}
	return shares
}
