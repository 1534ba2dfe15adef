package impact

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The picture's measures, in pixels.
const (
	pictureWidth = 760
	margin       = 24
	barLeft      = 260 // where bars begin: names stand before them
	barWidth     = 380
	rowHeight    = 22
	maxName      = 30 // characters of a name that fit before a bar
	maxTitle     = 60
	maxOf        = 95
	maxRows      = 40 // decisions that are drawn; the rest is counted
	maxKinds     = 6  // moves that are drawn of a decision
)

// pictureStyle follows the reader's choice of a light or dark page.
const pictureStyle = `<style>
.page{fill:#fff}.text{fill:#1f2328}.faint{fill:#59636e}.track{fill:#eaeef2}.moved{fill:#bc4c00}.move{fill:#fb8f44}.was{fill:#8c959f}.is{fill:#0969da}
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.text{fill:#e6edf3}.faint{fill:#9198a1}.track{fill:#262c36}.moved{fill:#f0883e}.move{fill:#9e6a03}.was{fill:#656c76}.is{fill:#4493f8}}
text{font:13px system-ui,sans-serif}.title{font-size:18px;font-weight:600}.name{font-weight:600}.small{font-size:12px}.end{text-anchor:end}
</style>
`

// AppendSVG draws a report: a bar for each decision, as long as the share of its answers that change, with its moves below; then segments and consent. The
// picture needs nothing else to be shown, and its text can be read and searched. of says what is compared.
func AppendSVG(dst []byte, r *Report, title, of string) []byte {
	p := &picture{y: margin}
	p.row(18)
	p.text(margin, "text title", shortened(title, maxTitle))
	p.row(rowHeight)
	p.text(margin, "faint", shortened(of, maxOf))
	p.row(rowHeight)
	p.text(margin, "faint", fmt.Sprintf("%d %s, %d with an answer that changes (%s)", r.Contexts, r.Kind(), r.Moved, percent(r.Moved, r.Contexts)))
	p.decisions(r)
	p.segments(r)
	p.consent(r)
	p.y += margin
	dst = fmt.Appendf(dst, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%s">`+"\n", pictureWidth, p.y, escaped(title))
	dst = append(dst, pictureStyle...)
	dst = fmt.Appendf(dst, `<rect class="page" width="%d" height="%d"/>`+"\n", pictureWidth, p.y)
	return append(append(dst, p.out.Bytes()...), "</svg>\n"...)
}

// picture is drawn from the top to the bottom.
type picture struct {
	out bytes.Buffer
	y   int // the line on which text stands
}

func (p *picture) row(height int) { p.y += height }

func (p *picture) text(x int, class, text string) {
	fmt.Fprintf(&p.out, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, p.y, class, escaped(text))
}

// bar draws a share of the whole width, something of it where it is more than nothing.
func (p *picture) bar(class string, share float64, height int) {
	width := barWidth * share
	if share > 0 {
		width = max(width, 1)
	}
	fmt.Fprintf(&p.out, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", class, barLeft, p.y-4-height/2, width, height)
}

// line is a row with a name, a bar of some of all, and the share in digits.
func (p *picture) line(nameClass, name, barClass string, some, all, height int) {
	p.row(rowHeight)
	p.text(barLeft-12, nameClass+" end", shortened(name, maxName))
	p.bar("track", 1, height)
	p.bar(barClass, share(some, all), height)
	p.text(barLeft+barWidth+12, nameClass, percent(some, all))
}

func (p *picture) heading(text string) {
	p.row(rowHeight + 14)
	p.text(margin, "text name", text)
}

func (p *picture) decisions(r *Report) {
	moving := slices.Clone(r.Decisions)
	slices.SortStableFunc(moving, func(a, b *DecisionReport) int { return cmp.Compare(b.Share, a.Share) })
	resting := 0
	p.heading("Answers that change")
	for i, d := range moving {
		if d.Moved == 0 && d.NewOnly == 0 || i >= maxRows {
			resting++
			continue
		}
		p.decision(d)
	}
	if resting > 0 {
		p.row(rowHeight)
		p.text(barLeft, "faint small", fmt.Sprintf("%d of %d decisions are not shown: they move less, or not at all", resting, len(r.Decisions)))
	}
}

func (p *picture) decision(d *DecisionReport) {
	asked := d.Asked + d.NewOnly
	p.row(6)
	p.line("text name", d.Name, "moved", d.Moved, asked, 14)
	switch {
	case d.NewOnly > 0:
		p.note("new: pages that ask for it have their own default until now")
	case d.OldOnly > 0:
		p.note("removed: pages that ask for it get their own default")
	}
	for i, m := range d.Moves {
		if i == maxKinds {
			p.note(fmt.Sprintf("and %d other kinds of moves", len(d.Moves)-i))
			break
		}
		to := variant(m.To)
		if m.To == m.From && d.Asked > d.OldOnly {
			to = "another value"
		}
		p.line("faint small", variant(m.From)+" → "+to, "move", m.Count, asked, 6)
	}
	if d.Rebucketed > 0 {
		p.note(percent(d.Rebucketed, asked) + " of a running split get another variant of it")
	}
}

func (p *picture) note(text string) {
	p.row(rowHeight)
	p.text(barLeft, "faint small", text)
}

func (p *picture) segments(r *Report) {
	if len(r.Segments) == 0 {
		return
	}
	p.heading("Segments that may have other members: contexts before and after")
	for _, s := range r.Segments {
		p.row(6)
		p.line("text name", s.Name, "was", s.Before, r.Contexts, 8)
		p.line("faint small", "after", "is", s.After, r.Contexts, 8)
		p.note(fmt.Sprintf("%d joined, %d left; %d with an answer that changes", s.Joined, s.Left, s.Moved))
	}
}

func (p *picture) consent(r *Report) {
	if len(r.Consent) == 0 {
		return
	}
	p.heading("Consent")
	for _, c := range r.Consent {
		p.row(6)
		p.line("text name", c.Purpose, "is", c.Gained, r.Contexts, 8)
		p.note(fmt.Sprintf("granted to %d more", c.Gained))
		p.line("faint small", "", "was", c.Lost, r.Contexts, 8)
		p.note(fmt.Sprintf("granted to %d fewer", c.Lost))
	}
}

func variant(name string) string { return cmp.Or(name, "(the caller's default)") }

func share(some, all int) float64 { return float64(some) / float64(max(all, 1)) }

func percent(some, all int) string { return fmt.Sprintf("%.2f%%", 100*share(some, all)) }

// shortened leaves out the end of a text that would run out of the picture.
func shortened(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// escaped is text as XML has it; what XML cannot hold becomes U+FFFD.
func escaped(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return "" // a buffer takes all
	}
	return b.String()
}
