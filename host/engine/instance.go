package engine

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/verify"
	"github.com/edgewise-dev/edgewise/edge"
)

// instance is the module with its own memory. Its functions are looked up once, when it is made.
type instance struct {
	module api.Module
	memory api.Memory
	bundle *core.Bundle // the loaded one: what the instance says is compared with it before it is used

	abiVersion, reserve, trust, load, refusal, question, decideAll, explainOne, evaluateOne, planVisit, handVisit, scratchUsed api.Function

	asking     uint32 // where questions of up to askingSize bytes are written; 0: nowhere yet
	askingSize int

	stack [2]uint64 // of parameters and result
}

// instantiate makes an instance without a bundle.
func (m *Module) instantiate() (*instance, error) {
	// Without a name, so that there may be many; _initialize is what a module without a main runs first.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	module, err := m.runtime.InstantiateModule(context.Background(), m.compiled, config)
	if err != nil {
		return nil, err
	}
	return &instance{
		module:      module,
		memory:      module.Memory(),
		abiVersion:  module.ExportedFunction("abi_version"),
		reserve:     module.ExportedFunction("reserve"),
		trust:       module.ExportedFunction("trust"),
		load:        module.ExportedFunction("load"),
		refusal:     module.ExportedFunction("refusal"),
		question:    module.ExportedFunction("question"),
		decideAll:   module.ExportedFunction("decide"),
		explainOne:  module.ExportedFunction("explain"),
		evaluateOne: module.ExportedFunction("evaluate"),
		planVisit:   module.ExportedFunction("plan"),
		handVisit:   module.ExportedFunction("hand_over"),
		scratchUsed: module.ExportedFunction("scratch_used"),
	}, nil
}

// call calls a function of the module. An error is a trap. It allocates nothing where there is none.
func (i *instance) call(f api.Function, params ...uint64) (uint64, error) {
	copy(i.stack[:], params)
	if err := f.CallWithStack(context.Background(), i.stack[:]); err != nil {
		return 0, trapped(err)
	}
	return i.stack[0], nil
}

// setTrust has the instance accept from now on only what t accepts. A policy that is too large gives a *verify.Refusal.
func (i *instance) setTrust(t *Trust) error {
	encoded := verify.AppendPolicy(nil, &t.Policy, t.At)
	if len(encoded) > verify.MaxPolicy {
		return &verify.Refusal{Code: verify.Limit, Have: uint64(len(encoded)), Want: verify.MaxPolicy}
	}
	room, err := i.room(len(encoded))
	if err != nil {
		return err
	}
	if room == 0 || !i.memory.Write(room, encoded) {
		return trapped("room for a policy outside of memory")
	}
	taken, err := i.call(i.trust, uint64(len(encoded)))
	if err == nil && taken == 0 {
		err = trapped("did not take a policy")
	}
	return err
}

// loadBundle loads data; b is what core makes of it natively. A refusal gives a *format.Refusal or a *verify.Refusal, and
// the bundle loaded before, if any, stays.
func (i *instance) loadBundle(b *core.Bundle, data []byte) error {
	address, err := i.call(i.reserve, uint64(len(data)))
	if err != nil {
		return err
	}
	if address == 0 {
		if len(data) > format.MaxSize {
			return &format.Refusal{Code: format.TooLarge, Index: uint32(len(data) >> 10), Want: format.MaxSize >> 10}
		}
		return &format.Refusal{Code: format.NoMemory, Index: uint32(len(data) >> 10)}
	}
	if !i.memory.Write(uint32(address), data) {
		return trapped("room for a bundle outside of memory")
	}
	code, err := i.call(i.load, uint64(len(data)))
	switch {
	case err != nil:
		return err
	case format.Code(code) != format.OK:
		return i.readRefusal()
	}
	i.bundle = b
	return nil
}

// readRefusal gives why the last load refused: a *format.Refusal, or a *verify.Refusal with what the module tells of it.
func (i *instance) readRefusal() error {
	address, err := i.call(i.refusal)
	if err != nil {
		return err
	}
	words, ok := i.memory.Read(uint32(address), 4*4)
	if !ok {
		return trapped("a refusal outside of memory")
	}
	code, index, want := binary.LittleEndian.Uint32(words), binary.LittleEndian.Uint32(words[8:]), binary.LittleEndian.Uint32(words[12:])
	switch verify.Code(code) {
	case verify.Signature, verify.UnknownKey, verify.RevokedKey:
		return &verify.Refusal{Code: verify.Code(code), Key: verify.KeyID(index) | verify.KeyID(want)<<32}
	}
	if verify.Code(code) >= verify.Signature {
		return &verify.Refusal{Code: verify.Code(code), Have: uint64(index), Want: uint64(want)}
	}
	return &format.Refusal{Code: format.Code(code), Section: format.Tag(binary.LittleEndian.Uint32(words[4:])), Index: index, Want: want}
}

// room is the address where a question of n bytes is written, or 0 where there can be none. It asks the module for more than it has asked
// for only: until then the room stays where it is.
func (i *instance) room(n int) (uint32, error) {
	if i.asking != 0 && n <= i.askingSize {
		return i.asking, nil
	}
	address, err := i.call(i.question, uint64(n))
	if err != nil || uint32(address) == 0 {
		return 0, err
	}
	i.asking, i.askingSize = uint32(address), n
	return i.asking, nil
}

// ask hands over a question, calls f with its length and, where f takes one, an index, and gives the bytes of the answer: a view of the
// instance's memory, valid until the next call.
func (i *instance) ask(f api.Function, question []byte, index uint32) ([]byte, error) {
	answer, err := i.tell(f, question, index)
	if err != nil {
		return nil, err
	}
	if answer == 0 {
		if isQuestion(i.bundle, question) {
			return nil, trapped("took a question for none")
		}
		return nil, ErrQuestion
	}
	return i.view(answer)
}

// tell hands over a question or a visit and calls f; the result is where the answer lies, or 0.
func (i *instance) tell(f api.Function, question []byte, index uint32) (uint64, error) {
	room, err := i.room(len(question))
	if err != nil {
		return 0, err
	}
	if room == 0 {
		return 0, ErrQuestion
	}
	if !i.memory.Write(room, question) {
		return 0, trapped("room for a question outside of memory")
	}
	return i.call(f, uint64(len(question)), uint64(index))
}

func (i *instance) view(answer uint64) ([]byte, error) {
	view, ok := i.memory.Read(uint32(answer>>32), uint32(answer))
	if !ok {
		return nil, trapped("an answer outside of memory")
	}
	return view, nil
}

// isQuestion says whether core takes the bytes for a question.
func isQuestion(b *core.Bundle, question []byte) bool {
	_, ok := b.NewContext().ReadQuestion(question, nil)
	return ok
}

func (i *instance) decide(question []byte, answers Answers) (Answers, error) {
	view, err := i.ask(i.decideAll, question, 0)
	if err != nil {
		return answers, err
	}
	const size = 4 * core.AnswerWords
	asked, head := askedIn(question), 4*core.EvidenceWords(i.bundle)
	if len(view) != head+size*len(asked)/4 {
		return answers, trapped("more or fewer answers than were asked for")
	}
	answers.Jurisdiction = int(binary.LittleEndian.Uint32(view))
	for at := 4; at < head; at += 8 {
		answers.Consent = append(answers.Consent, policy.Evidence{What: binary.LittleEndian.Uint32(view[at:]), Detail: binary.LittleEndian.Uint32(view[at+4:])})
	}
	if !i.hasEvidence(answers) {
		return answers, trapped("evidence that the bundle does not have")
	}
	for view = view[head:]; len(view) > 0; view, asked = view[size:], asked[4:] {
		answer := core.Answer{
			Decision: binary.LittleEndian.Uint32(view),
			Variant:  binary.LittleEndian.Uint32(view[4:]),
			Rule:     binary.LittleEndian.Uint32(view[8:]),
			Reason:   core.Reason(binary.LittleEndian.Uint16(view[12:])),
			Flags:    core.Flags(binary.LittleEndian.Uint16(view[14:])),
		}
		if answer.Decision != binary.LittleEndian.Uint32(asked) || !i.possible(answer) {
			return answers, trapped("an answer that the bundle does not have")
		}
		answers.Decisions = append(answers.Decisions, answer)
	}
	return answers, nil
}

// hasEvidence says whether the bundle has what the evidence refers to.
func (i *instance) hasEvidence(answers Answers) bool {
	if answers.Jurisdiction > 0 && answers.Jurisdiction >= len(i.bundle.Jurisdictions) {
		return false
	}
	for _, e := range answers.Consent {
		if !e.Possible(&i.bundle.Bundle) {
			return false
		}
	}
	return true
}

// possible says whether the bundle has what the answer refers to. A module whose memory was damaged could say anything.
func (i *instance) possible(a core.Answer) bool {
	return int64(a.Variant) <= int64(len(i.bundle.Variants)) && int64(a.Rule) <= int64(len(i.bundle.Rules))
}

func (i *instance) explain(question []byte, decision uint32, dst []byte) ([]byte, error) {
	view, err := i.ask(i.explainOne, question, decision)
	return append(dst, view...), err
}

func (i *instance) evaluate(question []byte, condition uint32, dst []byte) ([]byte, error) {
	if int64(condition) >= int64(len(i.bundle.Conditions)) {
		return dst, ErrQuestion
	}
	view, err := i.ask(i.evaluateOne, question, condition)
	return append(dst, view...), err
}

func (i *instance) plan(visit, dst []byte) ([]byte, error) {
	answer, err := i.tell(i.planVisit, visit, 0)
	if err != nil {
		return dst, err
	}
	if answer == 0 {
		if (&edge.Inbox{}).Read(visit) {
			return dst, trapped("took a visit for none")
		}
		return dst, ErrVisit
	}
	view, err := i.view(answer)
	return append(dst, view...), err
}

func (i *instance) handOver(visit, dst []byte) ([]byte, error) {
	answer, err := i.tell(i.handVisit, visit, 0)
	if err != nil || answer == 0 {
		return dst, err
	}
	view, err := i.view(answer)
	return append(dst, view...), err
}

// close ends the instance. Closing an instance that trapped is fine.
func (i *instance) close() {
	_ = i.module.Close(context.Background()) // has nothing to flush
}
