package expr

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/types"

	"github.com/edgewise-dev/edgewise/core/format"
)

// Type is the type of an attribute or of an expression.
type Type struct{ cel *types.Type }

// maxTypeDepth bounds lists and maps within one another in a type's text: one more than what a context can hold.
const maxTypeDepth = format.MaxDepth + 1

var namedTypes = map[string]*types.Type{
	"bool": types.BoolType, "int": types.IntType, "uint": types.UintType, "double": types.DoubleType, "string": types.StringType,
	"bytes": types.BytesType, "null_type": types.NullType, "dyn": types.DynType, "type": types.NewTypeTypeWithParam(types.DynType),
	"timestamp": types.TimestampType, "google.protobuf.Timestamp": types.TimestampType,
	"duration": types.DurationType, "google.protobuf.Duration": types.DurationType,
}

// typeNames are the names that an unknown type's name is compared with.
var typeNames = []string{"bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "dyn", "null_type", "type", "list", "map"}

// ParseType reads a type as CEL writes it: bool, int, uint, double, string, bytes, timestamp, duration, dyn, null_type, type,
// list(T) and map(K, V), where K is bool, int, uint, string or dyn. A list or map without its types holds dyn.
func ParseType(text string) (Type, error) {
	p := typeParser{rest: strings.TrimSpace(text)}
	t, err := p.parse(0)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("%q is left over after the type", p.rest)
	}
	if err != nil {
		return Type{}, err
	}
	return Type{t}, nil
}

// String is the type as CEL writes it.
func (t Type) String() string {
	switch t.cel.Kind() {
	case types.TimestampKind:
		return "timestamp"
	case types.DurationKind:
		return "duration"
	case types.NullTypeKind:
		return "null_type"
	case types.TypeKind:
		return "type"
	case types.ListKind:
		return "list(" + t.parameter(0).String() + ")"
	case types.MapKind:
		return "map(" + t.parameter(0).String() + ", " + t.parameter(1).String() + ")"
	}
	return checker.FormatCELType(t.cel)
}

func (t Type) parameter(i int) Type { return Type{t.cel.Parameters()[i]} }

// IsBool says whether the type is bool.
func (t Type) IsBool() bool { return t.cel.Kind() == types.BoolKind }

// Kind is the kind of the type's values; format.Dyn where they can be of several.
func (t Type) Kind() format.Kind {
	switch t.cel.Kind() {
	case types.NullTypeKind:
		return format.Null
	case types.BoolKind:
		return format.Bool
	case types.IntKind:
		return format.Int
	case types.UintKind:
		return format.Uint
	case types.DoubleKind:
		return format.Double
	case types.StringKind:
		return format.String
	case types.BytesKind:
		return format.Bytes
	case types.TimestampKind:
		return format.Timestamp
	case types.DurationKind:
		return format.Duration
	case types.ListKind:
		return format.List
	case types.MapKind:
		return format.Map
	case types.TypeKind:
		return format.TypeOf
	}
	if t.cel.Kind() == types.OpaqueKind {
		return opaqueKinds[t.cel.TypeName()]
	}
	return format.Dyn
}

// Word is the type as a compiled bundle has it.
func (t Type) Word() format.Type {
	switch t.cel.Kind() {
	case types.ListKind:
		return format.TypeWord(format.List, t.parameter(0).Kind(), format.Dyn)
	case types.MapKind:
		return format.TypeWord(format.Map, t.parameter(1).Kind(), t.parameter(0).Kind())
	}
	return format.TypeWord(t.Kind(), format.Dyn, format.Dyn)
}

// typeParser reads a type from the front of rest.
type typeParser struct {
	rest   string
	others map[string]*types.Type // known by name beside CEL's; where it is nil there are no optionals either
}

func (p *typeParser) parse(depth int) (*types.Type, error) {
	if depth > maxTypeDepth {
		return nil, fmt.Errorf("lists and maps lie more than %d deep in one another", maxTypeDepth)
	}
	end := strings.IndexAny(p.rest, "(), \t")
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.skip(end)
	switch name {
	case "":
		return nil, errors.New("a type is missing")
	case "list":
		args, err := p.arguments(1, depth)
		if err != nil {
			return nil, err
		}
		return types.NewListType(args[0]), nil
	case "map":
		args, err := p.arguments(2, depth)
		if err != nil {
			return nil, err
		}
		switch args[0].Kind() {
		case types.BoolKind, types.IntKind, types.UintKind, types.StringKind, types.DynKind, types.TypeParamKind:
			return types.NewMapType(args[0], args[1]), nil
		}
		return nil, fmt.Errorf("a map's keys are bool, int, uint or string, not %s", Type{args[0]})
	}
	if t, ok := namedTypes[name]; ok {
		return t, nil
	}
	if t, ok := p.others[name]; ok {
		return t, nil
	}
	if name == "optional_type" && p.others != nil {
		args, err := p.arguments(1, depth)
		if err != nil {
			return nil, err
		}
		return types.NewOptionalType(args[0]), nil
	}
	return nil, fmt.Errorf("no type %q%s", name, didYouMean(name, typeNames))
}

// arguments reads "(T, ...)", or gives dyn for each where there is no parenthesis.
func (p *typeParser) arguments(count, depth int) ([]*types.Type, error) {
	args := []*types.Type{types.DynType, types.DynType}[:count]
	if !strings.HasPrefix(p.rest, "(") {
		return args, nil
	}
	for i := range args {
		p.skip(1) // the parenthesis or comma
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		args[i] = t
		want := ","
		if i == count-1 {
			want = ")"
		}
		if !strings.HasPrefix(p.rest, want) {
			return nil, fmt.Errorf("a %s takes %d types in parentheses", [...]string{1: "list", 2: "map"}[count], count)
		}
	}
	p.skip(1)
	return args, nil
}

// skip drops n bytes and the blanks after them.
func (p *typeParser) skip(n int) { p.rest = strings.TrimLeft(p.rest[n:], " \t") }
