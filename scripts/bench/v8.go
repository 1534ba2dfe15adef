package main

import (
	"errors"
	"time"

	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/scripts/bench/compare"
	"github.com/edgewise-dev/edgewise/testdata/v8"
)

// inV8 is how many times as long V8 is measured as others are, who need not warm up: it compiles to better code what has run for long.
const inV8 = 3

// measureInV8 measures a case in Node; nil where there is none.
func measureInV8(c compare.Case, s *settings) (*subject, error) {
	node, stop, err := v8.Run(module.Wasm)
	if errors.Is(err, v8.ErrNoNode) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer stop()
	data, questions, err := compiled(c)
	if err != nil {
		return nil, err
	}
	if _, err := node.Load(data); err != nil {
		return nil, err
	}
	best, err := node.TimeDecide(questions, inV8*time.Duration(s.rounds)*s.turn)
	return &subject{name: "v8", best: best}, err
}

// startInV8 measures how many nanoseconds it takes until a new instance has decided; 0 where there is no Node.
func startInV8(bundle, question []byte, s *settings) (float64, error) {
	node, stop, err := v8.Run(module.Wasm)
	if errors.Is(err, v8.ErrNoNode) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer stop()
	return node.TimeStart(bundle, question, time.Duration(s.rounds)*s.turn)
}

// compiled gives a case's bundle and questions.
func compiled(c compare.Case) (data []byte, questions [][]byte, err error) {
	if data, err = compare.Bundle(c.Set); err != nil {
		return nil, nil, err
	}
	b, err := core.Load(data)
	if err != nil {
		return nil, nil, err
	}
	questions, err = compare.Questions(b, c.Contexts)
	return data, questions, err
}
