package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/scripts/bench/compare"
)

// measureMemory decides and loads for long with one instance of the module. What its memory may become is what the largest bundle needs,
// loaded twice, for there is one that decides while the other is checked.
func measureMemory(ctx context.Context, r *report, s *settings) error {
	cases := compare.Cases(many)
	largest, _, err := compiled(cases[len(cases)-1])
	if err != nil {
		return err
	}
	flag, questions, err := compiled(cases[1])
	if err != nil {
		return err
	}
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	i, err := newInstance(ctx, runtime)
	if err != nil {
		return err
	}
	for range 2 {
		if err := i.load(largest); err != nil {
			return err
		}
	}
	before := i.pages()
	for range s.loads / 2 {
		for _, data := range [][]byte{flag, largest} {
			if err := i.load(data); err != nil {
				return err
			}
		}
	}
	loaded := i.pages()
	if err := i.load(flag); err != nil {
		return err
	}
	scratch := i.scratch()
	for n := range s.decisions {
		if err := i.decide(questions[n%len(questions)]); err != nil {
			return err
		}
	}
	after := i.pages()
	const page = 64 // KiB
	rows := [][]string{{"", "pages", "MiB"}}
	for _, row := range []struct {
		name  string
		pages uint32
	}{{"after the largest bundle, 10,000 rules, twice", before}, {fmt.Sprintf("after %d loads more", s.loads), loaded},
		{fmt.Sprintf("after %d decisions more", s.decisions), after}} {
		rows = append(rows, []string{row.name, fmt.Sprint(row.pages), fmt.Sprintf("%.1f", float64(row.pages*page)/1024)})
	}
	if now := i.scratch(); now != scratch {
		return fmt.Errorf("decisions left %d bytes allocated, there were %d before them", now, scratch)
	}
	r.aim(fmt.Sprintf("memory that %d loads and %d decisions added", s.loads, s.decisions), fmt.Sprintf("%d pages", after-before), "0 pages", after == before)
	return r.table("The memory of one instance of the module", rows)
}

// instance is the module as bare as it is: its calls are specified in edge/wasm/main.go.
type instance struct {
	ctx    context.Context
	module api.Module
	stack  [2]uint64
}

func newInstance(ctx context.Context, runtime wazero.Runtime) (*instance, error) {
	m, err := runtime.InstantiateWithConfig(ctx, module.Wasm, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	return &instance{ctx: ctx, module: m}, err
}

func (i *instance) pages() uint32 { return i.module.Memory().Size() >> 16 }

func (i *instance) scratch() uint64 {
	used, _ := i.call("scratch_used", 0) // it cannot trap
	return used
}

func (i *instance) call(name string, param uint64) (uint64, error) {
	i.stack[0] = param
	err := i.module.ExportedFunction(name).CallWithStack(i.ctx, i.stack[:])
	return i.stack[0], err
}

// put writes bytes to where a function says that there is room for them.
func (i *instance) put(room string, data []byte) error {
	address, err := i.call(room, uint64(len(data)))
	if err != nil {
		return err
	}
	if address == 0 || !i.module.Memory().Write(uint32(address), data) {
		return errors.New("no room for what the module is to read")
	}
	return nil
}

func (i *instance) load(bundle []byte) error {
	if err := i.put("reserve", bundle); err != nil {
		return err
	}
	code, err := i.call("load", uint64(len(bundle)))
	if err == nil && code != 0 {
		err = fmt.Errorf("bundle refused with code %d", code)
	}
	return err
}

func (i *instance) decide(question []byte) error {
	if err := i.put("question", question); err != nil {
		return err
	}
	answer, err := i.call("decide", uint64(len(question)))
	if err == nil && answer == 0 {
		err = errors.New("took a question for none")
	}
	return err
}
