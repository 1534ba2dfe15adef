package engine

import (
	"github.com/edgewise-dev/edgewise/bundles/values"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
)

// NewNative makes a pool of native engines over a compiled bundle; at most instances of them (at least 1) work at once, each with about
// 100 KiB of its own. It keeps bundle, which must not change. faults is where it counts. The error is a *format.Refusal, or
// names a variant whose value is no JSON.
func NewNative(bundle []byte, instances int, faults *Faults) (*Pool, error) {
	return NewSignedNative(bundle, nil, instances, faults)
}

// NewSignedNative is NewNative for an envelope, which trust has to accept; without trust it is a bundle. The error may also be a *verify.Refusal.
func NewSignedNative(envelope []byte, trust *Trust, instances int, faults *Faults) (*Pool, error) {
	loaded, err := load(envelope, trust)
	if err != nil {
		return nil, err
	}
	return NewNativeOf(loaded, instances, faults)
}

// NewNativeOf is NewNative for a bundle that is loaded already.
func NewNativeOf(b *core.Bundle, instances int, faults *Faults) (*Pool, error) {
	return newPool(b, instances, faults, func() (machine, error) { return newNative(b), nil })
}

// Trust is by what an envelope is accepted, and at which time, in seconds since 1970: the time when it went into service, also for engines that are
// started later.
type Trust struct {
	Policy verify.Policy
	At     int64
}

// load reads a bundle, or an envelope where there is a trust, and checks what core takes as given.
func load(data []byte, trust *Trust) (b *core.Bundle, err error) {
	if trust == nil {
		b, err = core.Load(data)
	} else {
		b, _, err = trust.Policy.Load(data, trust.At)
	}
	if err != nil {
		return nil, err
	}
	return b, values.Check(&b.Bundle)
}

// native is core itself.
type native struct {
	bundle    *core.Bundle
	context   *core.Context
	evaluator *core.Evaluator
	asked     []uint32

	// Of visits, made when the first comes.
	exchange *edge.Exchange
	inbox    *edge.Inbox
}

func newNative(b *core.Bundle) *native {
	return &native{bundle: b, context: b.NewContext(), evaluator: b.NewEvaluator(), asked: make([]uint32, 0, len(b.Decisions))}
}

func (n *native) decide(question []byte, answers Answers) (_ Answers, err error) {
	defer recoverTrap(&err)
	if err := n.read(question); err != nil {
		return answers, err
	}
	answers.Decisions = n.evaluator.Decide(n.context, n.asked, answers.Decisions)
	answers.Consent = append(answers.Consent, n.context.Evidence()[1:]...)
	answers.Jurisdiction = n.context.Jurisdiction()
	return answers, nil
}

func (n *native) explain(question []byte, decision uint32, dst []byte) (_ []byte, err error) {
	defer recoverTrap(&err)
	if err := n.read(question); err != nil {
		return dst, err
	}
	return n.evaluator.Explain(n.context, decision, dst), nil
}

func (n *native) evaluate(question []byte, condition uint32, dst []byte) (_ []byte, err error) {
	defer recoverTrap(&err)
	if err := n.read(question); err != nil {
		return dst, err
	}
	if int64(condition) >= int64(len(n.bundle.Conditions)) {
		return dst, ErrQuestion
	}
	return core.AppendResult(dst, n.evaluator.Evaluate(n.context, int(condition))), nil
}

func (n *native) read(question []byte) error {
	asked, ok := n.context.ReadQuestion(question, n.asked[:0])
	n.asked = asked
	if !ok {
		return ErrQuestion
	}
	return nil
}

func (n *native) plan(visit, dst []byte) (_ []byte, err error) {
	defer recoverTrap(&err)
	p, err := n.visit(visit)
	if err != nil {
		return dst, err
	}
	return p.AppendJSON(dst), nil
}

func (n *native) handOver(visit, dst []byte) (_ []byte, err error) {
	defer recoverTrap(&err)
	if _, err := n.visit(visit); err != nil {
		return dst, err
	}
	return n.exchange.AppendHandOver(dst), nil
}

func (n *native) visit(visit []byte) (*edge.Plan, error) {
	if n.exchange == nil {
		n.exchange, n.inbox = edge.NewExchange(n.bundle), &edge.Inbox{}
	}
	if !n.inbox.Read(visit) {
		return nil, ErrVisit
	}
	p := n.exchange.Plan(&n.inbox.Visit)
	if n.inbox.HandOver.Outcome != 0 {
		p = n.exchange.Finish(&n.inbox.HandOver)
	}
	return p, nil
}

func (n *native) close() {}

// recoverTrap turns a panic of core, which should have none, into what a trap of the module is.
func recoverTrap(err *error) {
	if cause := recover(); cause != nil {
		*err = trapped(cause)
	}
}
