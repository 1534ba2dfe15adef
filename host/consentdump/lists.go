package consentdump

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// idRange is the ids from first to last.
type idRange struct{ first, last int }

// collect adds what comes of a list to all.
func collect(all []idRange, list consent.Ranges) []idRange {
	for {
		first, last, ok := list.Next()
		if !ok {
			return all
		}
		all = append(all, idRange{first, last})
	}
}

// merge sorts ranges and joins those that touch or overlap.
func merge(all []idRange) []idRange {
	slices.SortFunc(all, func(a, b idRange) int { return cmp.Compare(a.first, b.first) })
	merged := all[:0]
	for _, r := range all {
		if n := len(merged); n > 0 && r.first <= merged[n-1].last+1 {
			merged[n-1].last = max(merged[n-1].last, r.last)
		} else {
			merged = append(merged, r)
		}
	}
	return merged
}

// write writes ranges as "1-3,7".
func write(all []idRange) string {
	var b strings.Builder
	for i, r := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(r.first))
		if r.last > r.first {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(r.last))
		}
	}
	return b.String()
}

// vendors writes a list of vendors, ascending: "1-3,7".
func vendors(list consent.Ranges) string { return write(merge(collect(nil, list))) }

// restriction is what a site does not allow vendors for a purpose, or only on another basis.
type restriction struct {
	Purpose int    `json:"purpose"`
	Type    int    `json:"type"`
	Vendors string `json:"vendors"`
}

// restrictions lists the restrictions by purpose and type, those that hold for no vendor left out.
func restrictions(list consent.Restrictions) []restriction {
	type key struct{ purpose, kind int }
	found := map[key][]idRange{}
	for {
		purpose, kind, vendors, ok := list.Next()
		if !ok {
			break
		}
		k := key{purpose, kind}
		found[k] = collect(found[k], vendors)
	}
	all := []restriction{}
	for k, ranges := range found {
		if len(ranges) > 0 {
			all = append(all, restriction{k.purpose, k.kind, write(merge(ranges))})
		}
	}
	slices.SortFunc(all, func(a, b restriction) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Type, b.Type))
	})
	return all
}

// ids lists the ids of a set.
func ids(set consent.Set) []int {
	all := []int{}
	for id := 1; id <= 64; id++ {
		if set.Has(id) {
			all = append(all, id)
		}
	}
	return all
}
