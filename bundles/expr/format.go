package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// formatKinds are what each clause of format() takes; dyn goes anywhere.
var formatKinds = map[byte][]types.Kind{
	's': {types.StringKind, types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.BytesKind, types.TimestampKind, types.DurationKind,
		types.ListKind, types.MapKind, types.NullTypeKind, types.TypeKind, types.OpaqueKind},
	'd': {types.IntKind, types.UintKind, types.DoubleKind},
	'f': {types.IntKind, types.UintKind, types.DoubleKind},
	'e': {types.IntKind, types.UintKind, types.DoubleKind},
	'b': {types.IntKind, types.UintKind, types.BoolKind},
	'o': {types.IntKind, types.UintKind},
	'x': {types.IntKind, types.UintKind, types.StringKind, types.BytesKind},
	'X': {types.IntKind, types.UintKind, types.StringKind, types.BytesKind},
}

// checkFormat compares the clauses of a pattern that is written out with the arguments, where these are too.
func (s *survey) checkFormat(pattern, list ast.Expr) {
	written, ok := literalText(pattern)
	if !ok || list.Kind() != ast.ListKind || len(list.AsList().OptionalIndices()) > 0 {
		return
	}
	args := list.AsList().Elements()
	used := 0
	for {
		_, rest, found := strings.Cut(written, "%")
		if !found {
			break
		}
		if written, found = strings.CutPrefix(rest, "%"); found {
			continue
		}
		if strings.HasPrefix(rest, ".") {
			rest = strings.TrimLeft(rest[1:], "0123456789")
		}
		if rest == "" || formatKinds[rest[0]] == nil {
			s.add(pattern.ID(), fmt.Sprintf("format() has no clause %%%s", rest[:min(len(rest), 1)]),
				"clauses are %s, %d, %f, %e, %b, %o, %x and %X, with a precision as in %.2f; %% is a per cent sign")
			return
		}
		if used == len(args) {
			s.add(pattern.ID(), fmt.Sprintf("the pattern has more clauses than the %d values in the list", len(args)), "")
			return
		}
		s.checkClause(rest[0], args[used])
		used++
		written = rest[1:]
	}
	if used < len(args) {
		s.add(args[used].ID(), "the pattern has no clause for this value", "")
	}
}

func (s *survey) checkClause(clause byte, arg ast.Expr) {
	t := s.Checked.tree.GetType(arg.ID())
	if t == nil || t.Kind() == types.DynKind {
		return
	}
	for _, kind := range formatKinds[clause] {
		if t.Kind() == kind {
			return
		}
	}
	s.add(arg.ID(), fmt.Sprintf("%%%c does not take %s", clause, s.typeName(arg)), "")
}
