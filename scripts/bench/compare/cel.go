package compare

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// celRules are the rules of cel-go: a program each.
type celRules struct {
	rules    [][]celRule // by placement
	contexts []cel.Activation
	split    []string // by context; nil: there is none
	decided  []string
}

type celRule struct {
	id      string
	program cel.Program
}

// LoadCEL decides with cel-go. It compiles each rule to a program, with constants folded, and looks attributes up by their full names.
func LoadCEL(set *workload.Set, contexts []workload.Context) (Decider, error) {
	options := []cel.EnvOption{cel.Function("version", cel.Overload("version_string", []*cel.Type{cel.StringType}, cel.IntType,
		cel.UnaryBinding(func(v ref.Val) ref.Val { return types.Int(workload.Version(string(v.(types.String)))) })))}
	for _, a := range workload.Attributes {
		options = append(options, cel.Variable(a.Name, map[string]*cel.Type{"string": cel.StringType, "double": cel.DoubleType,
			"bool": cel.BoolType, "timestamp": cel.IntType}[a.Type]))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	d := &celRules{decided: make([]string, set.Placements)}
	for placement := range set.Placements {
		var rules []celRule
		for _, r := range set.Of(placement) {
			checked, issues := env.Compile(celExpression(r))
			if issues.Err() != nil {
				return nil, issues.Err()
			}
			program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize))
			if err != nil {
				return nil, err
			}
			rules = append(rules, celRule{r.ID, program})
		}
		d.rules = append(d.rules, rules)
	}
	for _, c := range contexts {
		values := map[string]any{}
		for _, a := range workload.Attributes {
			values[a.Name] = c.Value(a.Name)
		}
		activation, err := cel.NewActivation(values)
		if err != nil {
			return nil, err
		}
		d.contexts = append(d.contexts, activation)
		if set.Split {
			d.split = append(d.split, c.VisitorID)
		}
	}
	return d, nil
}

// celExpression is the rule in CEL without extensions: times are seconds.
func celExpression(r workload.Rule) string {
	var all []string
	for _, c := range r.Conds {
		switch c.Op {
		case "semver_gte":
			all = append(all, fmt.Sprintf("version(%s) >= %d", c.Attr, workload.Version(c.Value.(string))))
		case "between":
			from, to := c.Range()
			all = append(all, fmt.Sprintf("%s >= %d && %s < %d", c.Attr, from, c.Attr, to))
		default:
			all = append(all, c.CEL())
		}
	}
	return strings.Join(all, " && ")
}

func (d *celRules) Decide(context int) error {
	for placement, rules := range d.rules {
		d.decided[placement] = ""
		for _, r := range rules {
			matches, _, err := r.program.Eval(d.contexts[context])
			if err != nil {
				return err
			}
			if matches == types.True {
				d.decided[placement] = r.id
				break
			}
		}
		if d.split != nil && d.decided[placement] == "" {
			d.decided[placement] = splitByHand(d.split[context])
		}
	}
	return nil
}

func (d *celRules) Rule(placement int) string { return d.decided[placement] }
