package steps_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/steps"
)

func TestPrices(t *testing.T) {
	short, long := steps.Scalar(2), steps.Scalar(16<<10)
	list := steps.Size{Text: 10, All: 640, Count: 100, Nodes: 101, Container: true}
	table := steps.Size{Text: 10, All: 640, Count: 50, Nodes: 101, Container: true, Map: true}
	for _, c := range []struct {
		name  string
		op    format.Op
		x, y  steps.Size
		steps uint64
	}{
		{"a comparison reads the shorter text", format.OpEqual, long, short, 2},
		{"two long texts are read to the end", format.OpEqual, long, long, 2 + 256},
		{"a list is compared element by element", format.OpEqual, list, list, 1 + 101 + 10},
		{"a list and a number are not alike", format.OpEqual, list, steps.Scalar(0), 2},
		{"each key is looked up among the other map's", format.OpEqual, table, table, 1 + 101*101 + 101*640/64},
		{"in compares with each element", format.OpIn, short, list, 1 + 100 + 200/64},
		{"a list's element is there at once", format.OpIndex, list, steps.Scalar(0), 1},
		{"a map's key is looked for", format.OpIndex, table, short, 1 + 50 + 100/64},
		{"a sum is one step; what it builds is counted apart", format.OpAdd, long, long, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.steps, steps.Instruction(format.MakeInstr(c.op, 0, 0), []steps.Size{c.x, c.y}, steps.Size{}))
		})
	}
}

func TestNothingOverflows(t *testing.T) {
	require.Equal(t, uint64(steps.Most), steps.Times(steps.Most, steps.Most))
	require.Equal(t, uint64(steps.Most), steps.Add(steps.Most, steps.Most))
	most := steps.Size{Text: steps.Most, All: steps.Most, Count: steps.Most, Nodes: steps.Most, Container: true, Map: true}
	require.LessOrEqual(t, steps.Instruction(format.MakeInstr(format.OpEqual, 0, 0), []steps.Size{most, most}, most), uint64(steps.Most+1))
}

// An ordinary build of core has nothing to do with steps.
func TestCoreCountsOnlyWhenAsked(t *testing.T) {
	const core, this = "github.com/edgewise-dev/edgewise/core", "github.com/edgewise-dev/edgewise/core/steps"
	ordinary, err := exec.Command("go", "list", "-deps", core).Output()
	require.NoError(t, err)
	require.NotContains(t, string(ordinary), this)
	counting, err := exec.Command("go", "list", "-deps", "-tags", "edgewise_steps", core).Output()
	require.NoError(t, err)
	require.Contains(t, string(counting), this)
}
