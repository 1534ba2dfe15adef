package lint

import (
	"fmt"
	"strings"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/semver"
)

// versioned says whether a literal compares the version that a text holds. The longest versions are not understood, since those above them
// have no room.
func (l *linter) versioned(x literal) bool {
	test := format.Test(x.Test)
	if test < format.TestEqual || test > format.TestGreaterEqual || format.Kind(l.bundle.Constants[x.Constant].Kind) != format.Semver {
		return false
	}
	text, _ := l.constant(x.Constant)
	return len(text) < semver.MaxText-len("-0.0")
}

// like are those of literals that are about versions as x is, or are not as it is not: values that tell both apart are not looked for.
func (l *linter) like(x literal, literals []literal) []literal {
	var found []literal
	for _, other := range literals {
		if l.versioned(other) == l.versioned(x) {
			found = append(found, other)
		}
	}
	return found
}

// versions are enough versions to tell what literals about versions can say together: the least one, theirs, and the next ones to these.
func (l *linter) versions(literals []literal) []value {
	values := []value{{text: "0.0.0-0"}}
	for _, x := range literals {
		text, _ := l.constant(x.Constant)
		values = append(values, value{text: text}, value{text: nextVersion(text)})
	}
	return values
}

// nextVersion is the version just above another, with none between; above the greatest there is none, and it is the least.
func nextVersion(text string) string {
	text, _, _ = strings.Cut(text, "+")
	if strings.Contains(text, "-") {
		return text + ".0"
	}
	v, _ := semver.Parse(text)
	for i := len(v.Number) - 1; i >= 0; i-- {
		if v.Number[i]++; v.Number[i] != 0 {
			break
		}
	}
	return fmt.Sprintf("%d.%d.%d-0", v.Number[0], v.Number[1], v.Number[2])
}

// holdsVersion says whether a text makes a literal about versions true. One that is no version makes neither it nor its negation true.
func (l *linter) holdsVersion(x literal, text string) bool {
	version, ok := semver.Parse(text)
	if !ok {
		return false
	}
	written, _ := l.constant(x.Constant)
	constant, _ := semver.Parse(written)
	order, is := semver.Compare(version, constant), false
	switch format.Test(x.Test) {
	case format.TestEqual:
		is = order == 0
	case format.TestNotEqual:
		is = order != 0
	case format.TestLess:
		is = order < 0
	case format.TestLessEqual:
		is = order <= 0
	case format.TestGreater:
		is = order > 0
	case format.TestGreaterEqual:
		is = order >= 0
	}
	return is != x.negated
}
