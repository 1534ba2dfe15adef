// Package traffic makes up a day of requests to a small shop with a news section, for
// the demo and for tests: people who look around, search, fill a cart and sometimes
// buy, on telephones, computers, tablets and televisions from several countries, with
// and without consent; crawlers that come all day; and a few lines that are no requests.
//
// The same seed gives the same bytes everywhere: no clock, no maps, no floating point.
package traffic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// MaxRequests is how many requests Write makes at most.
const MaxRequests = 1_000_000

// NotRequests is how many requests there are to each line that is none.
const NotRequests = 150

// Write writes a log of the day that begins at start, as JSON lines that package
// accesslog reads, in the order of time. Of its lines exactly so many are requests;
// one more in NotRequests is not.
//
// A visitor carries the cookies demo-session, from the second request on;
// demo-consent, which lists the purposes agreed to, once the question was answered;
// and cart, the value of what lies in it. Some visitors have no cookies at all.
func Write(w io.Writer, seed uint64, requests int, start time.Time) error {
	if requests < 0 || requests > MaxRequests {
		return fmt.Errorf("traffic: %d requests, want 0 to %d", requests, MaxRequests)
	}
	d := day{rng: rand.New(rand.NewPCG(seed, 0xed9e)), start: start.UTC(), want: requests}
	for len(d.lines) < requests {
		if d.chance(30) {
			d.crawl()
		} else {
			d.visit()
		}
	}
	slices.SortStableFunc(d.lines, func(a, b line) int { return a.at.Compare(b.at) })
	out := bufio.NewWriter(w)
	for i := range d.lines {
		text, err := d.lines[i].encode()
		if err != nil {
			return err
		}
		if i%NotRequests == NotRequests/2 {
			fmt.Fprintf(out, "%s\n", d.noRequest(text))
		}
		out.Write(text)
	}
	return out.Flush()
}

// line is one request of the log.
type line struct {
	at      time.Time
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers [][2]string `json:"headers"`
	Client  string      `json:"client_ip"`
	Time    string      `json:"time"`
	Geo     *geo        `json:"geo,omitempty"`
}

type geo struct {
	Country   string `json:"country"`
	City      string `json:"city,omitempty"`
	Continent string `json:"continent"`
	Timezone  string `json:"timezone"`
}

// encode is the line with its end.
func (l *line) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	l.Time = l.at.Format(time.RFC3339)
	err := e.Encode(l)
	return b.Bytes(), err
}

// day is the log being made.
type day struct {
	rng   *rand.Rand
	start time.Time
	lines []line
	want  int
}

var errDayIsOver = errors.New("the day is over")

// add appends a request, or fails where there are enough or it is past midnight.
func (d *day) add(l line) error {
	if len(d.lines) == d.want || !l.at.Before(d.start.Add(24*time.Hour)) {
		return errDayIsOver
	}
	d.lines = append(d.lines, l)
	return nil
}

// chance is true in percent of a hundred cases.
func (d *day) chance(percent int) bool { return d.rng.IntN(100) < percent }

// seconds is a duration between two numbers of seconds.
func (d *day) seconds(from, to int) time.Duration {
	return time.Duration(from+d.rng.IntN(to-from+1)) * time.Second
}

// hours is how busy each hour of the day is.
var hours = [24]int{14, 8, 5, 4, 4, 6, 14, 28, 40, 48, 52, 54, 60, 56, 50, 50, 54, 62, 74, 86, 92, 80, 54, 28}

// moment is a time of the day, more often in its busy hours.
func (d *day) moment() time.Time {
	total := 0
	for _, h := range hours {
		total += h
	}
	n, hour := d.rng.IntN(total), 0
	for n >= hours[hour] {
		n -= hours[hour]
		hour++
	}
	return d.start.Add(time.Duration(hour)*time.Hour + d.seconds(0, 3599))
}

// weighted is something chosen more often the greater its weight.
type weighted interface{ share() int }

func pick[T weighted](d *day, all []T) T {
	total := 0
	for _, one := range all {
		total += one.share()
	}
	n := d.rng.IntN(total)
	for _, one := range all {
		if n -= one.share(); n < 0 {
			return one
		}
	}
	panic("traffic: weights that do not add up")
}

// one is any of several texts.
func (d *day) one(texts []string) string { return texts[d.rng.IntN(len(texts))] }

// noRequest is what also stands in logs; text is a line that is one.
func (d *day) noRequest(text []byte) string {
	stamp := d.start.Format("02/Jan/2006:15:04:05 -0700")
	switch d.rng.IntN(4) {
	case 0: // written while the disk was full
		return string(text[:len(text)/3])
	case 1: // a connection that sent nothing
		return `203.0.113.9 - - [` + stamp + `] "-" 408 0 "-" "-"`
	case 2: // another protocol on the port
		return `203.0.113.77 - - [` + stamp + `] "\x16\x03\x01\x02\x00" 400 150 "-" "-"`
	}
	return "=== log rotated ==="
}
