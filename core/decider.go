package core

// Fact is the truth of a segment (an index of the bundle's), as a decider that is sent segments instead of attributes gets it.
type Fact struct {
	Segment uint32
	True    bool
}

// AnswerDeferred has a decider answer a decision (indexes of the bundle's), where what only the origin knows is in c: its attributes, and the
// model's answer as the attribute score where the decider has a model. It gives the variant+1 that the first rule answers whose condition is
// true. It gives 0 where there is none, where that is no variant of the decision or one that may no longer be served, where a purpose of
// the decision is not granted or the bundle has expired, and where an index is none of the bundle's. Whether the rule that deferred allows the variant is for whoever
// asked to see (format.Deferral). Segments that are in facts are as they say, whatever is in c.
//
// It is no part of the WebAssembly module, whose hosts evaluate the rules' conditions one by one.
func (e *Evaluator) AnswerDeferred(c *Context, decider, decision uint32, facts []Fact) (variant uint32) {
	e.begin(c)
	b := e.bundle
	if int64(decider) >= int64(len(b.Deciders)) || int64(decision) >= int64(len(b.Decisions)) {
		return 0
	}
	if purposes := b.Decisions[decision].Purposes; purposes&^c.granted != 0 || b.validity.Expired(c.seconds) && purposes != necessary {
		return 0
	}
	for _, f := range facts {
		if int64(f.Segment) < int64(len(b.Segments)) {
			e.note(b.Segments[f.Segment].Condition, Bool(f.True))
		}
	}
	d := &b.Deciders[decider]
	for _, r := range b.DeciderRules[d.FirstRule : d.FirstRule+d.Rules] {
		if r.Condition > 0 && e.test(r.Condition-1) != yes {
			continue
		}
		if found := b.FindVariant(int(decision), b.String(r.Variant)); found >= 0 && e.current(uint32(found)+1) {
			return uint32(found) + 1
		}
		return 0
	}
	return 0
}
