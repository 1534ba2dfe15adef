package format

import (
	"unicode/utf8"

	"github.com/edgewise-dev/edgewise/core/civil"
	"github.com/edgewise-dev/edgewise/core/pattern"
)

// check tests every index, count and bound of a bundle whose sections have been cut out. Whatever passes can be evaluated without further
// tests. The functions below follow the sections; the first fault found is the one reported.
func (b *Bundle) check() *Refusal {
	for _, step := range [...]func(*Bundle) *Refusal{
		(*Bundle).checkStrings, (*Bundle).checkNames, (*Bundle).checkConstants, (*Bundle).checkAttributes, (*Bundle).checkPredicates,
		(*Bundle).checkConditions, (*Bundle).checkConsent, (*Bundle).checkDraws, (*Bundle).checkDecisions, (*Bundle).checkRoutes, (*Bundle).checkDeciders,
		(*Bundle).checkIndex,
	} {
		if err := step(b); err != nil {
			return err
		}
	}
	return nil
}

//go:noinline
func badRecord(section Tag, index, word int) *Refusal {
	return refuse(BadRecord, section, uint32(index), uint32(word))
}

func tooMany(section Tag, count, limit int) *Refusal {
	return refuse(TooMany, section, uint32(count), uint32(limit))
}

// within says whether count records from first on lie inside a section of total records.
//
//go:noinline
func within(first, count uint32, total int) bool {
	return uint64(first)+uint64(count) <= uint64(total)
}

func (b *Bundle) isString(s Str) bool { return int64(s) < int64(len(b.Strings)) }

// checkStrings: strings lie end to end from the start of the text and are UTF-8 each. The bytes constants lie behind them.
func (b *Bundle) checkStrings() *Refusal {
	end := uint32(0)
	for i, s := range b.Strings {
		if s.Offset != end || s.Length > MaxString || !within(s.Offset, s.Length, len(b.Text)) {
			return badRecord(TagStrings, i, 0)
		}
		end = s.Offset + s.Length
		if !utf8.ValidString(asString(b.Text[s.Offset:end])) {
			return badRecord(TagStrings, i, 1)
		}
	}
	return nil
}

func (b *Bundle) checkNames() *Refusal {
	if len(b.About) != 1 {
		return tooMany(TagAbout, len(b.About), 1)
	}
	about := b.About[0]
	switch {
	case !b.isString(about.Name):
		return badRecord(TagAbout, 0, 0)
	case int64(about.TargetingKey) > int64(len(b.Attributes)):
		return badRecord(TagAbout, 0, 1)
	case int64(about.Now) > int64(len(b.Attributes)):
		return badRecord(TagAbout, 0, 2)
	case !b.isString(about.Owner) || !b.isString(about.Tags) || !b.isString(about.Metadata) || !b.isString(about.Hosts):
		return badRecord(TagAbout, 0, 3)
	}
	if len(b.Purposes) < 1 || len(b.Purposes) > MaxPurposes {
		return tooMany(TagPurposes, len(b.Purposes), MaxPurposes)
	}
	return nil
}

func (b *Bundle) checkConstants() *Refusal {
	for i, c := range b.Constants {
		bad := c.Kind == uint32(Error) || c.Kind >= uint32(Optional) // no constant is an optional
		switch Kind(c.Kind) {
		case String, Semver:
			bad = !b.isString(Str(c.Lo))
		case Bytes:
			bad = !within(c.Lo, c.Hi, len(b.Text))
		case IP, CIDR:
			bad = !within(c.Lo, c.Hi, len(b.Text)) || c.Hi != 4 && c.Hi != 16 || c.Nanos > 8*c.Hi
		case TypeOf:
			bad = c.Lo >= uint32(kinds)
		case List:
			bad = !within(c.Lo, c.Hi, i)
		case Map:
			bad = c.Hi > MaxSize || !within(c.Lo, 2*c.Hi, i)
		case Timestamp:
			seconds := int64(uint64(c.Lo) | uint64(c.Hi)<<32)
			bad = c.Nanos >= 1e9 || seconds < civil.MinSeconds || seconds > civil.MaxSeconds
		}
		if bad {
			return badRecord(TagConstants, i, 0)
		}
	}
	if err := b.checkConstantDepth(); err != nil {
		return err
	}
	return b.checkZones()
}

// checkZones: the constant with the time zones is a map of strings to tables that can be searched.
func (b *Bundle) checkZones() *Refusal {
	zones := b.About[0].Zones
	if zones == 0 {
		return nil
	}
	if int64(zones) > int64(len(b.Constants)) || Kind(b.Constants[zones-1].Kind) != Map {
		return badRecord(TagAbout, 0, 3)
	}
	all := b.Constants[zones-1]
	for i := all.Lo; i < all.Lo+2*all.Hi; i += 2 {
		name, table := b.Constants[i], b.Constants[i+1]
		if Kind(name.Kind) != String || Kind(table.Kind) != Bytes || !civil.Zone(b.Text[table.Lo:table.Lo+table.Hi]).Check() {
			return badRecord(TagConstants, int(i), 0)
		}
	}
	return nil
}

// checkConstantDepth bounds lists within lists. Elements lie before their list, and no two lists share elements, so one pass
// forward knows every depth.
func (b *Bundle) checkConstantDepth() *Refusal {
	depth := make([]uint8, len(b.Constants))
	end := uint32(0)
	for i, c := range b.Constants {
		count := c.Hi
		switch Kind(c.Kind) {
		case Map:
			count = 2 * c.Hi
		case List:
		default:
			continue
		}
		if count > 0 && c.Lo < end {
			return badRecord(TagConstants, i, 1)
		}
		for j := c.Lo; j < c.Lo+count; j++ {
			depth[i] = max(depth[i], depth[j])
		}
		if depth[i]++; depth[i] > MaxDepth {
			return badRecord(TagConstants, i, 2)
		}
		end = max(end, c.Lo+count)
	}
	return nil
}

func (b *Bundle) checkAttributes() *Refusal {
	if len(b.Attributes) > MaxAttributes {
		return tooMany(TagAttributes, len(b.Attributes), MaxAttributes)
	}
	for i, a := range b.Attributes {
		switch {
		case !b.isString(a.Name):
			return badRecord(TagAttributes, i, 0)
		case a.Type.Kind() >= kinds || a.Type.Elem() >= kinds || a.Type.Key() >= kinds || a.Type>>24 != 0:
			return badRecord(TagAttributes, i, 1)
		case !b.isString(a.TypeText):
			return badRecord(TagAttributes, i, 2)
		case int64(a.Purpose) >= int64(len(b.Purposes)):
			return badRecord(TagAttributes, i, 3)
		case a.Enum != 0 && (int64(a.Enum) > int64(len(b.Constants)) || Kind(b.Constants[a.Enum-1].Kind) != List):
			return badRecord(TagAttributes, i, 4)
		case !b.isString(a.From):
			return badRecord(TagAttributes, i, 5)
		}
	}
	return nil
}

func (b *Bundle) checkPredicates() *Refusal {
	for i, p := range b.Predicates {
		switch {
		case p.Test == uint32(TestInvalid) || p.Test >= uint32(tests):
			return badRecord(TagPredicates, i, 0)
		case int64(p.Attribute) >= int64(len(b.Attributes)):
			return badRecord(TagPredicates, i, 1)
		case Test(p.Test) == TestMatches && int64(p.Constant) >= int64(len(b.Patterns)):
			return badRecord(TagPredicates, i, 2)
		case Test(p.Test) != TestTrue && Test(p.Test) != TestMatches && int64(p.Constant) >= int64(len(b.Constants)):
			return badRecord(TagPredicates, i, 2)
		case !b.isString(p.Source):
			return badRecord(TagPredicates, i, 3)
		}
	}
	return b.checkPatterns()
}

// checkPatterns: the patterns' tables lie end to end, and each can be run.
func (b *Bundle) checkPatterns() *Refusal {
	next := uint32(0)
	for i, p := range b.Patterns {
		if p.Offset != next || !within(p.Offset, p.Length, len(b.Tables)) || !b.isString(p.Source) {
			return badRecord(TagPatterns, i, 0)
		}
		next += p.Length
		if !pattern.Check(b.Tables[p.Offset:next]) {
			return badRecord(TagPatterns, i, 1)
		}
	}
	return nil
}

func (b *Bundle) checkDecisions() *Refusal {
	for i, s := range b.Segments {
		if !b.isString(s.Name) || int64(s.Condition) >= int64(len(b.Conditions)) {
			return badRecord(TagSegments, i, 0)
		}
	}
	for i, v := range b.Variants {
		if !b.isString(v.Name) || v.Kind >= uint32(kinds) || !b.isString(v.JSON) || int64(v.Schedule) > int64(len(b.Schedules)) || !b.isString(v.Tags) {
			return badRecord(TagVariants, i, 0)
		}
	}
	if len(b.Decisions) > MaxDecisions {
		return tooMany(TagDecisions, len(b.Decisions), MaxDecisions)
	}
	// Variants, rules, splits and ranges belong to one owner each and lie in the order of their owners.
	var next struct{ variant, rule, split, rang, deferral, allowed, list uint32 }
	for i := range b.Decisions {
		d := &b.Decisions[i]
		switch {
		case !b.isString(d.Name), i > 0 && b.String(b.Decisions[i-1].Name) >= b.String(d.Name):
			return badRecord(TagDecisions, i, 0)
		case uint64(d.Purposes)>>len(b.Purposes) != 0:
			return badRecord(TagDecisions, i, 1)
		case d.Default > 0 && d.Default-1-d.FirstVariant >= d.Variants: // also where it is below FirstVariant: unsigned
			return badRecord(TagDecisions, i, 3)
		case d.Act&0xff >= uint32(acts) || !b.isString(d.Header) || int64(d.Measure) > int64(len(b.Purposes)) || !b.isString(d.Metadata) || !b.isString(d.Notes):
			return badRecord(TagDecisions, i, 14)
		case int64(d.Holdout) > int64(len(b.Holdouts)):
			return badRecord(TagDecisions, i, 9)
		case int64(d.Group) > int64(len(b.Groups)):
			return badRecord(TagDecisions, i, 10)
		case d.FirstVariant != next.variant || d.Variants > MaxVariants || !within(d.FirstVariant, d.Variants, len(b.Variants)):
			return badRecord(TagDecisions, i, 4)
		case d.FirstRule != next.rule || !within(d.FirstRule, d.Rules, len(b.Rules)) || !within(d.FirstRule+d.Rules, d.BeforeConsent, len(b.Rules)):
			return badRecord(TagDecisions, i, 6)
		case d.FirstPrerequisite != next.list || !b.areDecisions(d.FirstPrerequisite, d.Prerequisites):
			return badRecord(TagDecisions, i, 23)
		}
		next.list += d.Prerequisites
		next.variant += d.Variants
		for ; next.rule < d.FirstRule+d.Rules+d.BeforeConsent; next.rule++ {
			if err := b.checkRule(int(next.rule), d); err != nil {
				return err
			}
			r := &b.Rules[next.rule]
			if r.Does() == ActionDefer {
				if r.Target != next.deferral || !b.checkDeferral(r.Target, next.allowed, d) {
					return badRecord(TagRules, int(next.rule), 3)
				}
				next.allowed += b.Deferrals[next.deferral].Allowed
				next.deferral++
			}
			if r.Does() != ActionSplit {
				continue
			}
			if r.Target != next.split || int64(r.Target) >= int64(len(b.Splits)) {
				return badRecord(TagRules, int(next.rule), 3)
			}
			s := &b.Splits[next.split]
			if s.FirstRange != next.rang || !within(s.FirstRange, s.Ranges, len(b.Ranges)) {
				return badRecord(TagSplits, int(next.split), 1)
			}
			if err := b.checkSplit(int(next.split), d); err != nil {
				return err
			}
			next.split++
			next.rang += s.Ranges
		}
	}
	if int(next.split) != len(b.Splits) {
		return badRecord(TagSplits, int(next.split), 0)
	}
	if int(next.deferral) != len(b.Deferrals) {
		return badRecord(TagDeferrals, int(next.deferral), 0)
	}
	return nil
}

// checkRule tests a rule of decision d: what it serves must be a variant of d.
func (b *Bundle) checkRule(i int, d *Decision) *Refusal {
	r := &b.Rules[i]
	switch {
	case !b.isString(r.ID):
		return badRecord(TagRules, i, 0)
	case int64(r.Condition) > int64(len(b.Conditions)):
		return badRecord(TagRules, i, 1)
	case r.Does() == ActionInvalid || r.Does() >= actions:
		return badRecord(TagRules, i, 2)
	case int64(r.Schedule) > int64(len(b.Schedules)):
		return badRecord(TagRules, i, 4)
	case r.Does() == ActionServe && r.Target-d.FirstVariant >= d.Variants:
		return badRecord(TagRules, i, 3)
	}
	return nil
}

// checkDeferral tests a deferral of decision d, whose allowed variants are to begin at first.
func (b *Bundle) checkDeferral(i, first uint32, d *Decision) bool {
	if int64(i) >= int64(len(b.Deferrals)) {
		return false
	}
	f := &b.Deferrals[i]
	if !b.isString(f.To) || f.Mode >= modes || f.Otherwise-d.FirstVariant >= d.Variants || f.FirstAllowed != first ||
		!within(first, f.Allowed, len(b.Allowed)) {
		return false
	}
	for _, variant := range b.Allowed[first : first+f.Allowed] {
		if variant-d.FirstVariant >= d.Variants {
			return false
		}
	}
	return true
}

// checkDraws tests how units are put into buckets, and what leaves units out by them.
func (b *Bundle) checkDraws() *Refusal {
	for i, d := range b.Draws {
		switch {
		case int64(d.Unit) >= int64(len(b.Attributes)):
			return badRecord(TagDraws, i, 0)
		case d.Hash == HashInvalid || d.Hash >= hashes || d.Key != 0 && !d.Hash.Keyed():
			return badRecord(TagDraws, i, 1)
		case !b.isString(d.Seed):
			return badRecord(TagDraws, i, 2)
		case d.Buckets < 1 || d.Buckets > MaxBuckets:
			return badRecord(TagDraws, i, 4)
		}
	}
	for i, h := range b.Holdouts {
		if !b.isString(h.Name) || int64(h.Draw) >= int64(len(b.Draws)) {
			return badRecord(TagHoldouts, i, 0)
		}
	}
	for i, g := range b.Groups {
		if !b.isString(g.Name) || int64(g.Draw) >= int64(len(b.Draws)) {
			return badRecord(TagGroups, i, 0)
		}
	}
	return nil
}

// checkSplit tests a split of decision d: every bucket has its variant, before and after a ramp, and so during it.
func (b *Bundle) checkSplit(i int, d *Decision) *Refusal {
	s := &b.Splits[i]
	switch {
	case int64(s.Draw) >= int64(len(b.Draws)):
		return badRecord(TagSplits, i, 0)
	case int64(s.Ramp) > int64(len(b.Schedules)):
		return badRecord(TagSplits, i, 3)
	case s.Ramp > 0 && b.Schedules[s.Ramp-1].From() >= b.Schedules[s.Ramp-1].Until(): // its length is not 0
		return badRecord(TagSplits, i, 3)
	}
	var before Range
	for j := s.FirstRange; j < s.FirstRange+s.Ranges; j++ {
		r := b.Ranges[j]
		if r.End < before.End || r.Start < before.Start {
			return badRecord(TagRanges, int(j), 0)
		}
		if r.Variant > 0 && r.Variant-1-d.FirstVariant >= d.Variants {
			return badRecord(TagRanges, int(j), 2)
		}
		before = r
	}
	if buckets := b.Draws[s.Draw].Buckets; before.End != buckets || before.Start != buckets {
		return badRecord(TagSplits, i, 4)
	}
	return nil
}

func (b *Bundle) checkRoutes() *Refusal {
	next := uint32(0)
	for i := range b.Decisions { // their lists come first
		next += b.Decisions[i].Prerequisites
	}
	for i, r := range b.Routes {
		if !b.isString(r.Pattern) || !b.isString(r.Vary) || r.First != next || !within(r.First, r.Count, len(b.Lists)) {
			return badRecord(TagRoutes, i, 0)
		}
		if !b.areDecisions(r.First, r.Count) {
			return badRecord(TagRoutes, i, 2)
		}
		if !b.listed(r.First+r.Count, r.Reads, len(b.Attributes)) {
			return badRecord(TagRoutes, i, 4)
		}
		next += r.Count + r.Reads
	}
	return nil
}

// checkDeciders: what deciders are sent, and what they answer with, is there. Their lists need no order: nothing but deciders reads them.
func (b *Bundle) checkDeciders() *Refusal {
	for i := range b.Deciders {
		d := &b.Deciders[i]
		sent := len(b.Attributes)
		if d.Flags&DeciderSegments != 0 {
			sent = len(b.Segments)
		}
		if !b.isString(d.Name) || !b.isString(d.Model) || !b.listed(d.First, d.Inputs, len(b.Attributes)) ||
			!b.listed(d.First+d.Inputs, d.Sent, sent) || !within(d.FirstRule, d.Rules, len(b.DeciderRules)) {
			return badRecord(TagDeciders, i, 0)
		}
	}
	for i := range b.DeciderRules {
		if r := &b.DeciderRules[i]; int64(r.Condition) > int64(len(b.Conditions)) || !b.isString(r.Variant) {
			return badRecord(TagDeciderRules, i, 0)
		}
	}
	return nil
}

// areDecisions says whether count words of the lists section from first on are there, and name decisions.
func (b *Bundle) areDecisions(first, count uint32) bool {
	return b.listed(first, count, len(b.Decisions))
}

// listed says whether count words of the lists section from first on are there, and each is an index into a section of total records.
//
//go:noinline
func (b *Bundle) listed(first, count uint32, total int) bool {
	if !within(first, count, len(b.Lists)) {
		return false
	}
	for _, index := range b.Lists[first : first+count] {
		if int64(index) >= int64(total) {
			return false
		}
	}
	return true
}
