package source

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// MaxSteps is the largest budget that a source can ask for: a request that takes so many keeps its place busy for a second.
const MaxSteps = 200_000_000

var budgetKeys = keys[Budget]{what: "limits", rows: []key[Budget]{
	{"steps", "How many steps a request may take at most, 500000 unless given. `edgewise check` prints how many it can take; " +
		"a bundle beyond its limit is not compiled.", schema{"type": "integer", "minimum": 1, "maximum": MaxSteps},
		func(r *reader, n *yaml.Node, b *Budget) { b.Steps = r.steps(n) }},
	{"variants_per_route", "In how many ways the decisions of one route may come out together on a page, of a bundle without routes all: a page is cached once for each.",
		schema{"type": "integer", "minimum": 1, "maximum": maxVariantsPerRoute}, func(r *reader, n *yaml.Node, b *Budget) {
			b.VariantsPerRoute = r.whole(n, "variants_per_route", 1, maxVariantsPerRoute)
		}},
	{"max_impact", "By how much a decision may move when the bundle is published: 10%. `edgewise publish` decides the contexts of publish: {contexts: FILE}, or of --contexts, and refuses more.",
		schema{"type": "string", "pattern": `^[0-9]+(\.[0-9]{1,2})?%$`}, func(r *reader, n *yaml.Node, b *Budget) { b.MaxImpact = r.share(n, "max_impact") }},
}}

func readBudget(r *reader, n *yaml.Node, b *Bundle) {
	if r.once("limits", n) {
		readKeys(r, n, budgetKeys, &b.Limits)
	}
}

// share reads a percentage with its sign, in hundredths; nil where it is none.
func (r *reader) share(n *yaml.Node, key string) *uint32 {
	hundredths, ok := ParseShare(n.Value)
	if n.Kind != yaml.ScalarNode || !ok {
		r.fault(n, fmt.Sprintf("%s is a percentage from 0%% to 100%% with at most two decimals, not %s", key, kindOf(n)), "write 10%, say")
		return nil
	}
	return &hundredths
}

func (r *reader) steps(n *yaml.Node) uint64 {
	steps, err := strconv.ParseUint(n.Value, 10, 64)
	if scalarOf(n) != scalarNumber || err != nil || steps < 1 || steps > MaxSteps {
		r.fault(n, fmt.Sprintf("steps is a whole number from 1 to %d, not %s", MaxSteps, kindOf(n)), "")
		return 0
	}
	return steps
}
