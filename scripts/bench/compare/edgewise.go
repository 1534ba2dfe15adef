package compare

import (
	"context"
	"time"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
	"github.com/edgewise-dev/edgewise/testdata/workload"
)

// Bundle compiles rules.
func Bundle(set *workload.Set) ([]byte, error) {
	read, err := source.Parse(source.File{Name: "workload.yaml", Data: []byte(set.Source())})
	if err != nil {
		return nil, err
	}
	loaded, err := bundles.Compile(read)
	if err != nil {
		return nil, err
	}
	return loaded.Data, nil
}

// Questions asks of each context, in core's wire format, for all decisions of a bundle.
func Questions(b *core.Bundle, contexts []workload.Context) (questions [][]byte, err error) {
	schema := question.NewSchema(b)
	for _, c := range contexts {
		var q question.Question
		if err := schema.ReadJSON(&q, c.Line(), time.Time{}); err != nil {
			return nil, err
		}
		questions = append(questions, q.Bytes)
	}
	return questions, nil
}

// answered holds what was decided last.
type answered struct {
	bundle *core.Bundle
	engine.Answers
}

func (d *answered) Rule(placement int) string {
	switch a := d.Decisions[placement]; a.Reason {
	case core.ReasonTargetingMatch:
		return d.bundle.String(d.bundle.Rules[a.Rule-1].ID)
	case core.ReasonSplit:
		return d.bundle.String(d.bundle.Variants[a.Variant-1].Name)
	}
	return ""
}

// native is core with contexts that are in their slots already.
type native struct {
	answered
	evaluator *core.Evaluator
	contexts  []*core.Context
	asked     []uint32
}

// LoadNative decides natively, over contexts that are in core's slots already, as others have theirs in maps and structs.
func LoadNative(set *workload.Set, contexts []workload.Context) (Decider, error) {
	data, err := Bundle(set)
	if err != nil {
		return nil, err
	}
	b, err := core.Load(data)
	if err != nil {
		return nil, err
	}
	questions, err := Questions(b, contexts)
	if err != nil {
		return nil, err
	}
	d := &native{answered: answered{bundle: b}, evaluator: b.NewEvaluator()}
	for _, q := range questions {
		c := b.NewContext()
		asked, ok := c.ReadQuestion(q, nil)
		if !ok {
			return nil, engine.ErrQuestion
		}
		d.asked, d.contexts = asked, append(d.contexts, c)
		d.evaluator.Resolve(c) // masks and checks what was given
	}
	return d, nil
}

func (d *native) Decide(context int) error {
	d.Decisions = d.evaluator.Decide(d.contexts[context], d.asked, d.Decisions[:0])
	return nil
}

// pooled is an engine as package host uses it, from the bytes of a question to an answer each.
type pooled struct {
	answered
	pool      *engine.Pool
	questions [][]byte
}

// LoadQuestions decides natively, from the bytes of a question.
func LoadQuestions(set *workload.Set, contexts []workload.Context) (Decider, error) {
	data, err := Bundle(set)
	if err != nil {
		return nil, err
	}
	pool, err := engine.NewNative(data, 1, new(engine.Faults))
	if err != nil {
		return nil, err
	}
	return newPooled(pool, contexts)
}

// LoadWazero decides in the module, the call and the hand-over of question and answers included.
func LoadWazero(set *workload.Set, contexts []workload.Context) (Decider, error) {
	data, err := Bundle(set)
	if err != nil {
		return nil, err
	}
	compiled, err := engine.Compile(context.Background(), module.Wasm, "") // lives as long as the process
	if err != nil {
		return nil, err
	}
	pool, err := compiled.NewPool(data, 1, new(engine.Faults))
	if err != nil {
		return nil, err
	}
	return newPooled(pool, contexts)
}

func newPooled(pool *engine.Pool, contexts []workload.Context) (*pooled, error) {
	questions, err := Questions(pool.Bundle(), contexts)
	return &pooled{answered{bundle: pool.Bundle()}, pool, questions}, err
}

func (d *pooled) Decide(i int) (err error) {
	d.Answers, err = d.pool.Decide(context.Background(), d.questions[i], d.Answers)
	return err
}

// fromJSON decides natively from a line of JSON.
type fromJSON struct {
	answered
	pool     *engine.Pool
	schema   *question.Schema
	question question.Question
	lines    [][]byte
}

// LoadJSON decides natively, from the bytes of a line of JSON to an answer each.
func LoadJSON(set *workload.Set, contexts []workload.Context) (Decider, error) {
	data, err := Bundle(set)
	if err != nil {
		return nil, err
	}
	pool, err := engine.NewNative(data, 1, new(engine.Faults))
	if err != nil {
		return nil, err
	}
	return &fromJSON{answered: answered{bundle: pool.Bundle()}, pool: pool, schema: question.NewSchema(pool.Bundle()), lines: linesOf(contexts)}, nil
}

func (d *fromJSON) Decide(i int) (err error) {
	if err := d.schema.ReadJSON(&d.question, d.lines[i], time.Time{}); err != nil {
		return err
	}
	d.Answers, err = d.pool.Decide(context.Background(), d.question.Bytes, d.Answers)
	return err
}

// hosted decides as a Go program does that has lines of JSON.
type hosted struct {
	host   *host.Host
	lines  [][]byte
	result host.Result
}

// LoadHost decides natively, from the bytes of a line of JSON to names and values.
func LoadHost(set *workload.Set, contexts []workload.Context) (Decider, error) {
	data, err := Bundle(set)
	if err != nil {
		return nil, err
	}
	h, err := host.New(context.Background(), host.Options{Bundle: data, Instances: 1})
	return &hosted{host: h, lines: linesOf(contexts)}, err
}

func (d *hosted) Decide(i int) (err error) {
	d.result, err = d.host.DecideJSON(context.Background(), d.lines[i], time.Time{})
	return err
}

func (d *hosted) Rule(placement int) string {
	switch decided := d.result.Decisions[placement]; decided.Reason {
	case core.ReasonTargetingMatch.String():
		return decided.Rule
	case core.ReasonSplit.String():
		return decided.Variant
	}
	return ""
}

func linesOf(contexts []workload.Context) (lines [][]byte) {
	for _, c := range contexts {
		lines = append(lines, c.Line())
	}
	return lines
}
