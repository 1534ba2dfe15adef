package core_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/bundles/index"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// edit changes words of a bundle: each four bytes of edits are the number of a word and what to add to it. Then the checksum is made to
// fit, so that what comes behind it is tested too.
func edit(bundle, edits []byte) []byte {
	data := append([]byte(nil), bundle...)
	for ; len(edits) >= 4; edits = edits[4:] {
		word := data[int(binary.LittleEndian.Uint16(edits))%(len(data)/4)*4:]
		binary.LittleEndian.PutUint32(word, binary.LittleEndian.Uint32(word)+uint32(int16(binary.LittleEndian.Uint16(edits[2:]))))
	}
	binary.LittleEndian.PutUint32(data, format.Magic)
	binary.LittleEndian.PutUint32(data[4:], format.Version)
	seed := uint64(format.Magic) | uint64(format.Version)<<32
	binary.LittleEndian.PutUint64(data[8:], xxhash.Sum64(string(data[16:]), seed))
	return data
}

// Whatever is loaded and whatever is asked, core neither panics nor runs on.
func FuzzDecide(f *testing.F) {
	s := newShop()
	segment := s.when(s.is(country, "DE")) - 1
	walk := s.when(op(format.OpAttribute, languages), op(format.OpIterate, 10), s.push(assemble.Bool(false)), opA(format.OpStore, 1, 0),
		opA(format.OpNext, 0, 8), opA(format.OpLocal, 0, 0), opA(format.OpStore, 1, 0), op(format.OpLoop, 4), op(format.OpIterateEnd, 0),
		opA(format.OpLocal, 1, 0))
	list := assemble.Constant{Kind: format.List, Elements: []assemble.Constant{assemble.String("DE"), assemble.Bytes([]byte{1})}}
	more := s.when(s.push(list), op(format.OpAttribute, country), op(format.OpAdd, 0), opA(format.OpCall, 1, uint32(format.FuncSize)),
		s.push(assemble.Double(2)), op(format.OpLess, 0), opA(format.OpChoose, 10, 9), op(format.OpHas, bot), op(format.OpJump, 10),
		op(format.OpGranted, 1))
	s.decide("hero", 1, serve(s.when(op(format.OpCondition, segment)), 1), serve(walk, 2), serve(more, 1), s.halves("seed"))
	s.decide("many", 1, slices.Repeat([]format.Rule{serve(s.when(s.is(country, "FR")), 2), serve(s.when(op(format.OpPredicate,
		s.Predicate(format.TestGreater, cartValue, s.Constant(assemble.Double(9))))), 1)}, 10)...)
	s.policy()
	finished := s.Finish()
	index.Build(finished)
	bundle := finished.Append(nil)
	question := core.AppendQuestion(nil, 0b11, 0, 0, []uint32{0, 1})
	question = core.AppendText(core.AppendSignal(question, policy.FirstCookie), "allow")
	question = core.AppendText(core.AppendSignal(question, policy.USPrivacy), "1YNN")
	question = core.AppendText(core.AppendAttribute(question, country), "DE")
	question = core.AppendText(core.AppendListHead(core.AppendAttribute(question, languages), 1), "de")
	f.Add([]byte{}, question)
	for word := range len(bundle) / 4 {
		f.Add([]byte{byte(word), byte(word >> 8), 1, 0}, question)
	}
	f.Fuzz(func(t *testing.T, edits, question []byte) {
		b, err := core.Load(edit(bundle, edits))
		if err != nil {
			_ = err.Error()
			return
		}
		c, e := b.NewContext(), b.NewEvaluator()
		asked, _ := c.ReadQuestion(question, nil)
		for _, a := range e.Decide(c, asked, nil) {
			_ = a.Reason.String()
		}
		for purpose, evidence := range c.Evidence() {
			evidence.AppendBecause(nil, &b.Bundle, purpose, c.Jurisdiction())
		}
		for i := range min(len(b.Decisions), 4) {
			e.Explain(c, uint32(i), nil)
		}
		for i := range min(len(b.Conditions), 8) {
			core.AppendResult(nil, e.Evaluate(c, i))
		}
	})
}
