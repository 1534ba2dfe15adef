package core_test

import (
	"encoding/binary"
	"testing"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/xxhash"
)

// seal makes damaged bytes pass for a bundle as far as the header goes, so that what comes behind the checksum is tested too.
func seal(data []byte) []byte {
	if len(data) < 24 {
		return data
	}
	data = append([]byte(nil), data...)
	binary.LittleEndian.PutUint32(data, format.Magic)
	binary.LittleEndian.PutUint32(data[4:], format.Version)
	binary.LittleEndian.PutUint32(data[16:], uint32(len(data)))
	seed := uint64(format.Magic) | uint64(format.Version)<<32
	binary.LittleEndian.PutUint64(data[8:], xxhash.Sum64(data[16:], seed))
	return data
}

// Whatever bytes are loaded and whatever is asked, core neither panics nor runs on, and explaining agrees with deciding.
func FuzzDecide(f *testing.F) {
	s := newShop()
	segment := s.when(s.is(country, "DE")) - 1
	walk := s.when(op(format.OpAttribute, languages), op(format.OpIterate, 10), s.push(assemble.Bool(false)), opA(format.OpStore, 1, 0),
		opA(format.OpNext, 0, 8), opA(format.OpLocal, 0, 0), opA(format.OpStore, 1, 0), op(format.OpLoop, 4), op(format.OpIterateEnd, 0),
		opA(format.OpLocal, 1, 0))
	s.decide("hero", 1, serve(s.when(op(format.OpCondition, segment)), 1), serve(walk, 2), s.halves("seed"))
	bundle := s.Finish().Append(nil)
	question := core.AppendQuestion(nil, 0b11, 0, 0, []uint32{0})
	question = core.AppendText(core.AppendAttribute(question, country), "DE")
	question = core.AppendText(core.AppendListHead(core.AppendAttribute(question, languages), 1), "de")
	f.Add(bundle, question)
	f.Add(bundle[:len(bundle)-4], question)
	f.Add(bundle, []byte{})
	f.Fuzz(func(t *testing.T, bundle, question []byte) {
		b, err := core.Load(seal(bundle))
		if err != nil {
			_ = err.Error()
			return
		}
		c, e := b.NewContext(), b.NewEvaluator()
		asked, _ := c.ReadQuestion(question, nil)
		for _, a := range e.Decide(c, asked, nil) {
			_ = a.Reason.String()
		}
		for i := range min(len(b.Decisions), 4) {
			e.Explain(c, uint32(i), nil)
		}
		for i := range min(len(b.Conditions), 8) {
			core.AppendResult(nil, e.Evaluate(c, i))
		}
	})
}
