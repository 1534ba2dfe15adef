package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/edgewise-dev/edgewise/core"
)

// Pool is a bounded number of engines over one bundle, started as they are needed. A question waits for a free one as long as its
// caller's context allows. All methods may be called by several goroutines at once.
type Pool struct {
	bundle *core.Bundle
	start  func() (machine, error)
	faults *Faults

	places  chan struct{} // holds one for each engine at work
	closing chan struct{}
	once    sync.Once

	mu   sync.Mutex
	idle []machine // the one used last comes first: its memory is in the caches
}

// newPool starts the first engine, to learn whether engines start at all.
func newPool(b *core.Bundle, instances int, faults *Faults, start func() (machine, error)) (*Pool, error) {
	first, err := start()
	if err != nil {
		return nil, err
	}
	instances = max(instances, 1)
	p := &Pool{bundle: b, start: start, faults: faults, places: make(chan struct{}, instances), closing: make(chan struct{})}
	p.idle = append(make([]machine, 0, instances), first)
	return p, nil
}

// Bundle is what the pool decides with, for names and values.
func (p *Pool) Bundle() *core.Bundle { return p.bundle }

// Decide answers a question, in the room of earlier answers. Given room there, it allocates nothing.
//
// Where no engine could answer (ErrTrap, ErrClosed, or the end of ctx while waiting), the answers are the decisions' defaults
// with core.ReasonError, beside the error. Where the question is none there are no answers.
func (p *Pool) Decide(ctx context.Context, question []byte, room Answers) (Answers, error) {
	room = room.emptied()
	m, err := p.take(ctx)
	if err != nil {
		return p.defaults(question, room), err
	}
	answers, err := m.decide(question, room)
	p.give(m, err)
	if errors.Is(err, ErrQuestion) {
		return room, err
	}
	if err != nil {
		return p.defaults(question, room), err
	}
	return answers, nil
}

// Explain appends why a decision (an index of the bundle's) is answered as it is over the question's context, as core's
// Evaluator.Explain writes it.
func (p *Pool) Explain(ctx context.Context, question []byte, decision uint32, dst []byte) ([]byte, error) {
	return p.append(ctx, dst, func(m machine) ([]byte, error) { return m.explain(question, decision, dst) })
}

// Evaluate gives the value of a condition (an index of the bundle's) over the question's context.
func (p *Pool) Evaluate(ctx context.Context, question []byte, condition uint32) (Value, error) {
	m, err := p.take(ctx)
	if err != nil {
		return Value{}, err
	}
	data, err := m.evaluate(question, condition, nil)
	p.give(m, err)
	if err != nil {
		return Value{}, err
	}
	return readValue(data)
}

// Plan appends what to do with a visit, as edge.Plan.AppendJSON writes it. visit is as edge.AppendVisit writes it.
func (p *Pool) Plan(ctx context.Context, visit, dst []byte) ([]byte, error) {
	return p.append(ctx, dst, func(m machine) ([]byte, error) { return m.plan(visit, dst) })
}

// HandOver appends what to send to the origin for a visit's deferred decisions, as edge.Exchange.AppendHandOver writes it: nothing where
// there is nothing to hand over.
func (p *Pool) HandOver(ctx context.Context, visit, dst []byte) ([]byte, error) {
	return p.append(ctx, dst, func(m machine) ([]byte, error) { return m.handOver(visit, dst) })
}

// append has a free engine append to dst.
func (p *Pool) append(ctx context.Context, dst []byte, ask func(machine) ([]byte, error)) ([]byte, error) {
	m, err := p.take(ctx)
	if err != nil {
		return dst, err
	}
	appended, err := ask(m)
	p.give(m, err)
	if err != nil {
		return dst, err
	}
	return appended, nil
}

// Close ends all engines, after the questions that they are working on. Questions that come later get ErrClosed.
func (p *Pool) Close() {
	p.once.Do(func() {
		close(p.closing)
		for range cap(p.places) {
			p.places <- struct{}{}
		}
		for _, m := range p.idle {
			m.close()
		}
	})
}

// take waits for a place and gives the engine used last, or a fresh one.
func (p *Pool) take(ctx context.Context) (machine, error) {
	select {
	case p.places <- struct{}{}:
	default:
		select {
		case p.places <- struct{}{}:
		case <-p.closing:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for an engine: %w", context.Cause(ctx))
		}
	}
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		m := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return m, nil
	}
	p.mu.Unlock()
	m, err := p.start()
	if err != nil {
		<-p.places
		p.faults.Starts.Add(1)
		return nil, trapped(err)
	}
	return m, nil
}

// give takes an engine back, or discards it where it trapped.
func (p *Pool) give(m machine, err error) {
	if errors.Is(err, ErrTrap) {
		p.faults.Traps.Add(1)
		m.close()
	} else {
		p.mu.Lock()
		p.idle = append(p.idle, m)
		p.mu.Unlock()
	}
	<-p.places
}

// defaults answers a question without an engine, in the room of answers.
func (p *Pool) defaults(question []byte, answers Answers) Answers {
	for asked := askedIn(question); len(asked) > 0; asked = asked[4:] {
		decision := binary.LittleEndian.Uint32(asked)
		if int64(decision) >= int64(len(p.bundle.Decisions)) {
			return answers.emptied()
		}
		answers.Decisions = append(answers.Decisions, core.Answer{Decision: decision, Variant: p.bundle.Decisions[decision].Default, Reason: core.ReasonError})
	}
	return answers
}

// askedIn gives the words of the decisions that a question asks for, as core/wire.go lays it out; nil where it is too short.
func askedIn(question []byte) []byte {
	const countAt, start, word = 4 * 4, 9 * 4, 4
	if len(question) < start {
		return nil
	}
	end := start + word*int64(binary.LittleEndian.Uint32(question[countAt:]))
	if end > int64(len(question)) {
		return nil
	}
	return question[start:end]
}
