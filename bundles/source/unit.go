package source

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Who a decision is about: units that are held out, units in a part of a group, units that keep what they got.

var holdoutKeys = keys[Holdout]{what: "a holdout", rules: schema{"required": []string{"by", "percent"}}, rows: slices.Concat([]key[Holdout]{
	{"by", "The unit: the attribute that is hashed. Where it is absent, nobody is held out.", nameSchema,
		func(r *reader, n *yaml.Node, h *Holdout) { h.By = r.name(n, "by") }},
	{"percent", "How many units are held out, in steps of 0.01.", schema{"type": "number", "minimum": 0, "maximum": 100}, readPercent},
	{"seed", "What the unit is hashed with. Without one: the holdout's name.", seedSchema,
		func(r *reader, n *yaml.Node, h *Holdout) { h.Seed = r.seed(n) }},
}, hashKeys(func(h *Holdout) *Hashing { return &h.Hashing }))}

func readHoldouts(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "holdouts", func(name Text, key, value *yaml.Node) {
		if !r.once("holdout "+name.Value, key) {
			return
		}
		h := Holdout{Name: name, Seed: name}
		before := len(r.faults)
		readKeys(r, value, holdoutKeys, &h)
		if len(r.faults) == before && (!h.By.Present() || !hasKey(value, "percent")) {
			r.fault(key, fmt.Sprintf("holdout %s needs by and percent", name.Value), "write {by: session.id, percent: 5}, say")
		}
		b.Holdouts = append(b.Holdouts, h)
	})
}

// readPercent reads a percentage in hundredths, so that it is a whole number of 10,000 buckets.
func readPercent(r *reader, n *yaml.Node, h *Holdout) {
	hundredths, ok := parsePercent(n.Value)
	if scalarOf(n) != scalarNumber || !ok {
		r.fault(n, fmt.Sprintf("percent is a number from 0 to 100 with at most two decimals, not %s", kindOf(n)), "")
		return
	}
	h.Percent = hundredths
}

// ParseShare reads a percentage with its sign, such as 12.5%, in hundredths of a percent: from 0% to 100% with at most two decimals.
func ParseShare(text string) (hundredths uint32, ok bool) {
	number, sign := strings.CutSuffix(text, "%")
	hundredths, ok = parsePercent(number)
	return hundredths, ok && sign
}

// parsePercent reads a number from 0 to 100, in hundredths.
func parsePercent(number string) (hundredths uint32, ok bool) {
	const step = millionths / 100
	millionth, ok := parseWeight(number)
	return uint32(millionth / step), ok && number[0] != '+' && millionth <= 100*millionths && millionth%step == 0
}

var groupKeys = keys[Group]{what: "a group", rules: schema{"required": []string{"by", "slots"}}, rows: slices.Concat([]key[Group]{
	{"by", "The unit: the attribute that is hashed. Where it is absent, no split in the group matches.", nameSchema,
		func(r *reader, n *yaml.Node, g *Group) { g.By = r.name(n, "by") }},
	{"slots", "How many slots there are to share out.", schema{"type": "integer", "minimum": 1, "maximum": format.MaxBuckets},
		func(r *reader, n *yaml.Node, g *Group) { g.Slots = r.whole(n, "slots", 1, format.MaxBuckets) }},
	{"seed", "What the unit is hashed with. Without one: the group's name.", seedSchema,
		func(r *reader, n *yaml.Node, g *Group) { g.Seed = r.seed(n) }},
}, hashKeys(func(g *Group) *Hashing { return &g.Hashing }))}

// seedSchema is text that may be empty: another system may hash the unit alone.
var seedSchema = schema{"type": []string{"string", "number", "boolean"}}

func (r *reader) seed(n *yaml.Node) Text {
	if scalarOf(n) == scalarText && n.Value == "" {
		return r.written(n)
	}
	return r.text(n, "seed")
}

// hashes are the words of the hashes that there are, the usual one first.
var hashes = func() (words []string) {
	for h := format.HashXX64; h.String() != "unknown"; h++ {
		words = append(words, h.String())
	}
	return words
}()

// hashKeys are the keys of whatever hashes units.
func hashKeys[T any](of func(*T) *Hashing) []key[T] {
	return []key[T]{
		{"hash", "How the unit becomes a bucket, xxh64 unless given. The others are those of other systems, so that what moves here from them " +
			"keeps its visitors where they are: murmur3 is flagd's, murmur3_mod Unleash's, fnv1a and fnv1a_twice are GrowthBook's 1 and 2.",
			schema{"enum": hashes}, func(r *reader, n *yaml.Node, t *T) { of(t).Hash = r.oneOf(n, "hash", hashes...) }},
		{"hash_seed", "The seed of murmur3 itself, a number; 0 unless given. The text seed is hashed before the unit.",
			schema{"type": "integer", "minimum": 0, "maximum": math.MaxUint32}, func(r *reader, n *yaml.Node, t *T) {
				before := len(r.faults)
				of(t).Key = r.whole(n, "hash_seed", 0, math.MaxUint32)
				if len(r.faults) == before {
					of(t).KeyText = r.written(n)
				}
			}},
	}
}

func readGroups(r *reader, n *yaml.Node, b *Bundle) {
	r.entries(n, "groups", func(name Text, key, value *yaml.Node) {
		if !r.once("group "+name.Value, key) {
			return
		}
		g := Group{Name: name, Seed: name}
		before := len(r.faults)
		readKeys(r, value, groupKeys, &g)
		if len(r.faults) == before && (!g.By.Present() || g.Slots == 0) {
			r.fault(key, fmt.Sprintf("group %s needs by and slots", name.Value), "write {by: session.id, slots: 100}, say")
		}
		b.Groups = append(b.Groups, g)
	})
}

var slotsKeys = keys[Slots]{what: "a decision's group", rules: schema{"required": []string{"name", "slots"}}, rows: []key[Slots]{
	{"name", "The group, by its name under groups.", nameSchema,
		func(r *reader, n *yaml.Node, s *Slots) { s.Group = r.name(n, "name") }},
	{"slots", "Its first and last slot, both inclusive, counted from 0: [0, 49].",
		listOf(schema{"type": "integer", "minimum": 0}).with("minItems", 2).with("maxItems", 2), readSlotPair},
}}

func readSlots(r *reader, n *yaml.Node, d *Decision) {
	d.Group.Pos = r.page.clamp(n.Line, n.Column)
	before := len(r.faults)
	readKeys(r, n, slotsKeys, &d.Group)
	if len(r.faults) == before && (!d.Group.Group.Present() || !hasKey(n, "slots")) {
		r.fault(n, "a decision's group needs name and slots", "write {name: checkout, slots: [0, 49]}, say")
	}
}

func readSlotPair(r *reader, n *yaml.Node, s *Slots) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		r.fault(n, "slots are a first and a last one, not "+kindOf(n), "write [0, 49] for fifty of them")
		return
	}
	before := len(r.faults)
	s.First, s.Last = r.whole(n.Content[0], "a slot", 0, format.MaxBuckets), r.whole(n.Content[1], "a slot", 0, format.MaxBuckets)
	if len(r.faults) == before && s.First > s.Last {
		r.fault(n, "the first slot is after the last", "slots are counted from 0")
	}
}

var stickyKeys = keys[Sticky]{what: "sticky", rules: schema{"required": []string{"hold"}}, rows: []key[Sticky]{
	{"hold", "How long it is kept at least: 7d.", durationSchema,
		func(r *reader, n *yaml.Node, s *Sticky) { s.Hold = r.duration(n, "hold") }},
}}

func readSticky(r *reader, n *yaml.Node, d *Decision) {
	if n.Kind != yaml.MappingNode {
		d.Sticky.On = r.boolean(n, "sticky")
		return
	}
	d.Sticky.On = true
	before := len(r.faults)
	readKeys(r, n, stickyKeys, &d.Sticky)
	if len(r.faults) == before && d.Sticky.Hold == 0 {
		r.fault(n, "sticky needs hold here", "write sticky: true, or sticky: {hold: 7d}")
	}
}

// whole reads a whole number from low to high.
func (r *reader) whole(n *yaml.Node, key string, low, high uint32) uint32 {
	number, err := strconv.ParseUint(n.Value, 10, 32)
	if scalarOf(n) != scalarNumber || err != nil || uint32(number) < low || uint32(number) > high {
		r.fault(n, fmt.Sprintf("%s is a whole number from %d to %d, not %s", key, low, high, kindOf(n)), "")
		return low
	}
	return uint32(number)
}

// durationSchema is what duration reads.
var durationSchema = schema{"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"}

// units are the units of a duration, in milliseconds, the longer suffix first.
var units = []struct {
	suffix string
	millis int64
}{{"ms", 1}, {"s", 1000}, {"m", 60_000}, {"h", 3_600_000}, {"d", 86_400_000}}

// maxDuration is a hundred years: longer ones are mistakes.
const maxDuration = 36525 * 86_400_000

// duration reads a whole number with its unit, in milliseconds; 0 where it is none.
func (r *reader) duration(n *yaml.Node, key string) int64 {
	t := r.text(n, key)
	if !t.Present() {
		return 0
	}
	millis, ok := ParseDuration(t.Value)
	if !ok {
		r.fault(n, fmt.Sprintf("%s is not a duration", shortQuote(t.Value)), DurationHint)
	}
	return millis
}

// DurationHint says how a duration is written.
const DurationHint = "write a whole number with ms, s, m, h or d: 80ms, 24h, 7d"

// ParseDuration reads a duration as sources write it, in milliseconds: at least one, at most a hundred years.
func ParseDuration(text string) (millis int64, ok bool) {
	for _, unit := range units {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(digits, 10, 63)
		if err != nil || number == 0 || number > uint64(maxDuration/unit.millis) {
			return 0, false
		}
		return int64(number) * unit.millis, true
	}
	return 0, false
}
