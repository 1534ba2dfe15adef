package compare

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// exprRules are the rules of expr: a program each, run by one machine.
type exprRules struct {
	rules    [][]exprRule // by placement
	contexts []workload.Context
	machine  vm.VM
	split    bool
	decided  []string
}

type exprRule struct {
	id      string
	program *vm.Program
}

// LoadExpr decides with expr-lang/expr, which reads attributes from a struct.
func LoadExpr(set *workload.Set, contexts []workload.Context) (Decider, error) {
	version := expr.Function("version", func(params ...any) (any, error) {
		return int(workload.Version(params[0].(string))), nil
	}, new(func(string) int))
	d := &exprRules{contexts: contexts, split: set.Split, decided: make([]string, set.Placements)}
	for placement := range set.Placements {
		var rules []exprRule
		for _, r := range set.Of(placement) {
			program, err := expr.Compile(exprExpression(r), expr.Env(&workload.Context{}), expr.AsBool(), version)
			if err != nil {
				return nil, err
			}
			rules = append(rules, exprRule{r.ID, program})
		}
		d.rules = append(d.rules, rules)
	}
	return d, nil
}

// exprExpression is the rule in expr's language.
func exprExpression(r workload.Rule) string {
	var all []string
	for _, c := range r.Conds {
		if c.Op == "prefix" {
			all = append(all, fmt.Sprintf("%s startsWith %q", c.Attr, c.Value))
		} else {
			all = append(all, celExpression(workload.Rule{Conds: []workload.Condition{c}}))
		}
	}
	return strings.Join(all, " && ")
}

func (d *exprRules) Decide(context int) error {
	for placement, rules := range d.rules {
		d.decided[placement] = ""
		for _, r := range rules {
			matches, err := d.machine.Run(r.program, &d.contexts[context])
			if err != nil {
				return err
			}
			if matches.(bool) {
				d.decided[placement] = r.id
				break
			}
		}
		if d.split && d.decided[placement] == "" {
			d.decided[placement] = splitByHand(d.contexts[context].VisitorID)
		}
	}
	return nil
}

func (d *exprRules) Rule(placement int) string { return d.decided[placement] }
