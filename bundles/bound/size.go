package bound

import (
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/steps"
)

// measure finds the sizes that attributes can have and those that constants have.
func (a *analysis) measure() {
	for _, c := range a.Constants { // elements lie before their lists
		a.constants = append(a.constants, a.constant(c))
	}
	if table := a.About[0].Zones; table > 0 {
		a.zones = a.constants[table-1]
	}
	for _, attribute := range a.Attributes {
		size := largest(attribute.Type)
		if attribute.Enum > 0 && !size.Container {
			size = steps.Scalar(a.constants[attribute.Enum-1].Text)
		}
		a.attributes = append(a.attributes, size)
	}
	for _, t := range a.Indexed {
		longest := steps.Size{}
		for _, k := range a.IndexKeys[t.FirstKey:][:t.Keys] {
			longest = steps.Or(longest, a.constants[k.Constant])
		}
		a.longest = append(a.longest, longest)
	}
	for _, v := range a.Variants {
		a.variants = max(a.variants, uint64(len(a.String(v.Name))))
	}
}

func (a *analysis) constant(c format.Constant) steps.Size {
	switch format.Kind(c.Kind) {
	case format.String, format.Semver:
		return steps.Scalar(uint64(len(a.String(format.Str(c.Lo)))))
	case format.Bytes:
		return steps.Scalar(uint64(c.Hi))
	case format.List:
		return container(a.constants[c.Lo:][:c.Hi], false)
	case format.Map:
		return container(a.constants[c.Lo:][:2*c.Hi], true)
	}
	return steps.Scalar(0)
}

// container is the size of a list of elements, or of a map of keys and values in turn.
func container(elements []steps.Size, isMap bool) steps.Size {
	size := steps.Size{Container: true, Map: isMap, Count: uint64(len(elements)), Nodes: 1}
	if isMap {
		size.Count /= 2
	}
	for _, e := range elements {
		size.Text = max(size.Text, e.Text)
		size.All = steps.Add(size.All, e.All)
		size.Nodes = steps.Add(size.Nodes, e.Nodes)
		size.Nested = size.Nested || e.Container
		size.Map = size.Map || e.Map
	}
	return size
}

// largest is the largest value of a type that core takes.
func largest(t format.Type) steps.Size {
	switch t.Kind() {
	case format.String, format.Bytes:
		return steps.Scalar(core.MaxText)
	case format.List, format.Map, format.Dyn:
	default:
		return steps.Scalar(0)
	}
	size := steps.Size{Container: true, Count: core.MaxValues, Nodes: 1 + core.MaxValues, Text: core.MaxText, All: core.MaxText}
	switch {
	case t.Kind() == format.Dyn:
		size.Nested, size.Map = true, true
		return size
	case t.Kind() == format.Map:
		size.Count, size.Map = core.MaxValues/2, true // keys are values too
	case !hasText(t.Elem()):
		size.Text, size.All = 0, 0
	}
	switch t.Elem() {
	case format.List, format.Map, format.Dyn:
		size.Nested, size.Map = true, true
	}
	return size
}

func hasText(k format.Kind) bool {
	switch k {
	case format.String, format.Bytes, format.List, format.Map, format.Dyn:
		return true
	}
	return false
}

// element is the size of an element, a key or a value of x.
func element(x steps.Size) steps.Size {
	if !x.Container {
		return steps.Scalar(0) // an error
	}
	if !x.Nested {
		return steps.Scalar(x.Text)
	}
	x.Count = min(x.Nodes, max(core.MaxValues, x.Count))
	return x
}

// joined is the size of x + y. What does not fit core's scratch areas is an error there.
func joined(x, y steps.Size) steps.Size {
	size := steps.Or(x, y)
	size.Text = max(size.Text, min(x.Text+y.Text, core.ScratchBytes))
	size.All = steps.Add(x.All, y.All)
	if !size.Container {
		return steps.Scalar(size.Text)
	}
	size.Count = max(size.Count, min(x.Count+y.Count, mostBuilt(size)))
	size.Nodes = steps.Add(x.Nodes, y.Nodes)
	if !size.Nested {
		size.Nodes, size.All = min(size.Nodes, 1+2*size.Count), min(size.All, steps.Times(2*size.Count, size.Text))
	}
	return size
}

// mostBuilt is how many elements or pairs a condition can put into a container like x.
func mostBuilt(x steps.Size) uint64 {
	if x.Map && !x.Nested {
		return core.ScratchValues / 2
	}
	return core.ScratchValues
}

// inserted is the size of a map with a pair more, or with the pairs of another map.
func inserted(args []value) steps.Size {
	more := args[1].Size
	if len(args) == 3 {
		more = container([]steps.Size{args[1].Size, args[2].Size}, true)
	}
	return joined(args[0].Size, more)
}

// anything is the size of what a function can make that this package does not know.
func anything() steps.Size {
	return steps.Size{Text: core.ScratchBytes, All: core.ScratchBytes * core.ScratchValues, Count: core.ScratchValues,
		Nodes: 1 + core.ScratchValues, Container: true, Map: true}
}

// widest bounds a variable that grew while a loop was repeated: to what core lets be built, where it is not lists within lists.
func widest(x steps.Size) steps.Size {
	if x.Text > 0 {
		x.Text = max(x.Text, core.MaxText)
	}
	if !x.Container {
		return steps.Scalar(x.Text)
	}
	x.Count = max(x.Count, mostBuilt(x))
	x.Nodes, x.All = 1+2*x.Count, steps.Times(2*x.Count, x.Text)
	if x.Nested {
		x.Nodes, x.All = steps.Most, steps.Most
	}
	return x
}
