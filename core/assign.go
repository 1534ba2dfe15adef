package core

// Assign says where one of a decision's splits (indexes of the bundle's) puts the context's unit: its bucket, and the variant+1 that has the
// bucket, 0 for the decision's default. ok is false where there is no unit, where the decision's holdout or group keeps it from the
// split, and where the bundle has no such decision or split.
func (e *Evaluator) Assign(c *Context, decision, split uint32) (bucket, variant uint32, ok bool) {
	e.begin(c)
	b := e.bundle
	if int64(decision) >= int64(len(b.Decisions)) || int64(split) >= int64(len(b.Splits)) {
		return 0, 0, false
	}
	d, s := &b.Decisions[decision], &b.Splits[split]
	if bucket, ok = e.bucket(s.Draw); !ok || !e.inSlots(d) || d.Holdout > 0 && e.heldOut(&b.Holdouts[d.Holdout-1]) {
		return 0, 0, false
	}
	if variant = e.share(s, bucket).variant; variant > 0 && !e.current(variant) {
		variant = 0
	}
	return bucket, variant, true
}
