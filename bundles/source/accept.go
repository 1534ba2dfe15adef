package source

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Acceptance is a comment by which an author takes what a check finds on a line as it is, and says why: `# accept: REASON` at the end
// of that line, or alone on the line before.
type Acceptance struct {
	Comment Text   // from the # on
	Reason  string // "" where the author gives none
	Line    int    // that it is about
}

var acceptance = regexp.MustCompile(`(^|\s)(# accept:(.*))$`)

// Acceptances are the comments of all YAML files of a source that accept something, by place. One within a text that happens to look so
// is taken for one too.
func (f Files) Acceptances() []Acceptance {
	var all []Acceptance
	for _, name := range slices.Sorted(maps.Keys(f)) {
		p := f[name]
		if p.table {
			continue
		}
		for i, line := range p.lines {
			at := acceptance.FindStringSubmatchIndex(line)
			if at == nil {
				continue
			}
			column := len([]rune(line[:at[4]])) + 1
			a := Acceptance{Comment: Text{Value: line[at[4]:], Pos: p.clamp(i+1, column), page: p}, Reason: strings.TrimSpace(line[at[6]:]), Line: i + 1}
			if strings.TrimSpace(line[:at[4]]) == "" {
				a.Line++
			}
			all = append(all, a)
		}
	}
	return all
}
