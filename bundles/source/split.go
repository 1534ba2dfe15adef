package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/core/format"
)

const defaultBuckets = 10000

var splitKeys = keys[Split]{what: "a split", rules: schema{"required": []string{"by", "weights"}}, rows: slices.Concat([]key[Split]{
	{"by", "The unit: the attribute that is hashed, such as session.id. Where it is absent, the rule does not match.", nameSchema,
		func(r *reader, n *yaml.Node, s *Split) { s.By = r.name(n, "by") }},
	{"weights", "How much of the units each variant gets. Only the ratio counts, so that percentages and shares are alike.",
		weightsSchema, func(r *reader, n *yaml.Node, s *Split) { s.Weights = readWeights(r, n, "weights") }},
	{"seed", "What the unit is hashed with. Splits with one seed sort a unit alike; a new seed sorts all units anew. " +
		"Without one: the decision's name.", seedSchema,
		func(r *reader, n *yaml.Node, s *Split) { s.Seed = r.seed(n) }},
	{"buckets", "How many buckets units are hashed into, 10000 unless given. More only for shares finer than 0.01 percent.",
		schema{"type": "integer", "minimum": 2, "maximum": format.MaxBuckets}, readBuckets},
	{"ramp", "Moves the shares from those of start to those of weights, evenly between two times. Whoever gets a variant that grows keeps it.",
		rampKeys.schema(), readRamp},
}, hashKeys(func(s *Split) *Hashing { return &s.Hashing }))}

var rampKeys = keys[Ramp]{what: "a ramp", rules: schema{"required": []string{"from", "until", "start"}}, rows: []key[Ramp]{
	{"from", "Until this time the shares are those of start: RFC 3339, whole seconds.", timeSchema,
		func(r *reader, n *yaml.Node, ramp *Ramp) { ramp.From, ramp.FromUnix = r.time(n, "from") }},
	{"until", "From this time on the shares are those of weights: RFC 3339, whole seconds.", timeSchema,
		func(r *reader, n *yaml.Node, ramp *Ramp) { ramp.Until, ramp.UntilUnix = r.time(n, "until") }},
	{"start", "How much of the units each variant gets at first.", weightsSchema,
		func(r *reader, n *yaml.Node, ramp *Ramp) { ramp.Start = readWeights(r, n, "start") }},
}}

func readRamp(r *reader, n *yaml.Node, s *Split) {
	s.Ramp = &Ramp{Pos: r.page.clamp(n.Line, n.Column)}
	before := len(r.faults)
	readKeys(r, n, rampKeys, s.Ramp)
	switch {
	case len(r.faults) != before:
	case !s.Ramp.From.Present() || !s.Ramp.Until.Present() || len(s.Ramp.Start) == 0:
		r.fault(n, "a ramp needs from, until and start", "start has the weights that it begins with, such as {plain: 100, summer: 0}")
	case s.Ramp.FromUnix >= s.Ramp.UntilUnix:
		r.add(Fault{Pos: s.Ramp.Until.Pos, Length: s.Ramp.Until.Length(), Message: "until is not after from: the ramp has no length"})
	}
}

var weightsSchema = named(schema{"type": "number", "minimum": 0, "maximum": maxWeight}).with("type", "object").with("minProperties", 1)

func readSplit(r *reader, n *yaml.Node, rule *Rule) {
	s := &Split{Buckets: defaultBuckets, Pos: r.page.clamp(n.Line, n.Column)}
	before := len(r.faults)
	readKeys(r, n, splitKeys, s)
	rule.Split = s
	if len(r.faults) != before {
		return
	}
	if !s.By.Present() {
		r.fault(n, "a split needs by", "add by: session.id, or another attribute to hash")
	}
	if len(s.Weights) == 0 {
		r.fault(n, "a split needs weights", "add weights: {VARIANT: 50, VARIANT: 50}")
	}
}

func readBuckets(r *reader, n *yaml.Node, s *Split) {
	buckets, err := strconv.ParseUint(n.Value, 10, 32)
	if scalarOf(n) != scalarNumber || err != nil || buckets < 2 || buckets > format.MaxBuckets {
		r.fault(n, fmt.Sprintf("buckets is a whole number from 2 to %d, not %s", format.MaxBuckets, kindOf(n)), "")
		return
	}
	s.Buckets = uint32(buckets)
}

func readWeights(r *reader, n *yaml.Node, key string) (weights []Weight) {
	sum, before := uint64(0), len(r.faults)
	r.entries(n, key, func(name Text, _, value *yaml.Node) {
		millionth, ok := parseWeight(value.Value)
		switch {
		case scalarOf(value) != scalarNumber:
			r.fault(value, fmt.Sprintf("a weight is a number, not %s", kindOf(value)), "write 50 for 50 percent, without quotes")
		case strings.HasPrefix(value.Value, "-"):
			r.fault(value, "a weight cannot be negative", "0 gives a variant nobody")
		case !ok:
			r.fault(value, fmt.Sprintf("%s cannot be a weight", shortQuote(value.Value)),
				fmt.Sprintf("weights are at most %d and have at most 6 decimals", maxWeight))
		default:
			weights = append(weights, Weight{Variant: name, Millionth: millionth})
			sum += millionth
		}
	})
	if len(weights) > 0 && sum == 0 && len(r.faults) == before {
		r.fault(n, "the weights are all 0", "give at least one variant a share")
	}
	return weights
}

const (
	maxWeight  = 1_000_000_000 // so that the sum of a decision's weights, in millionths, fits 64 bits
	millionths = 1_000_000
)

// parseWeight reads a number such as 50 or 33.3, exactly, in millionths.
func parseWeight(text string) (uint64, bool) {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "+"), ".")
	if len(fraction) > 6 || whole == "" && fraction == "" {
		return 0, false
	}
	w, err := strconv.ParseUint("0"+whole, 10, 64)
	if err != nil || w > maxWeight {
		return 0, false
	}
	f, err := strconv.ParseUint((fraction + "000000")[:6], 10, 64)
	if err != nil || w == maxWeight && f > 0 {
		return 0, false
	}
	return w*millionths + f, true
}
