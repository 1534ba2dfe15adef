package lines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/bundles/compile"
	"github.com/edgewise-dev/edgewise/bundles/expr"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/text"
	"github.com/edgewise-dev/edgewise/host"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Expressions evaluates single CEL expressions, each as the only condition of a bundle made for it.
type Expressions struct {
	module *engine.Module // nil: natively
	faults engine.Faults
}

// NewExpressions makes an evaluator that runs on an engine. cacheDir is as in host.Options.
func NewExpressions(ctx context.Context, on host.Engine, cacheDir string) (*Expressions, error) {
	e := &Expressions{}
	var err error
	switch on {
	case host.Native, "":
	case host.Wasm:
		e.module, err = engine.Compile(ctx, module.Wasm, cacheDir)
	default:
		err = fmt.Errorf("engine %q: want %s or %s", on, host.Native, host.Wasm)
	}
	return e, err
}

// Close frees the module.
func (e *Expressions) Close(ctx context.Context) error {
	if e.module == nil {
		return nil
	}
	return e.module.Close(ctx)
}

// Answer answers a line of `edgewise expr`:
//
//	{"id":"a","expr":"x + 1 > 2","decls":[{"name":"x","type":"int"}],"context":{"x":5},"container":"","disableMacros":false}
//
// with {"id":"a","value":true}, or {"id":"a","error":"..."} where the expression has a mistake or ends in an error. Only what is no such
// line is an error here.
func (e *Expressions) Answer(dst, line []byte) ([]byte, error) {
	object, err := question.ParseLine(line)
	if err != nil {
		return dst, err
	}
	if object.Get("expr").Type != gjson.String {
		return dst, errors.New("expr: want a string, the expression")
	}
	dst = append(dst, `{"id":`...)
	if id := object.Get("id"); id.Exists() {
		dst = append(dst, id.Raw...)
	} else {
		dst = append(dst, "null"...)
	}
	value, err := e.evaluate(object, line)
	if err != nil {
		return append(text.AppendJSONString(append(dst, `,"error":`...), err.Error()), '}'), nil
	}
	return append(append(append(dst, `,"value":`...), value...), '}'), nil
}

// evaluate gives the value as JSON.
func (e *Expressions) evaluate(object gjson.Result, line []byte) ([]byte, error) {
	bundle, err := compileLine(object)
	if err != nil {
		return nil, err
	}
	var pool *engine.Pool
	if e.module != nil {
		pool, err = e.module.NewPool(bundle, 1, &e.faults)
	} else {
		pool, err = engine.NewNative(bundle, 1, &e.faults)
	}
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	var q question.Question
	if err := question.NewSchema(pool.Bundle()).ReadJSON(&q, line, time.Time{}); err != nil {
		return nil, err
	}
	const onlyCondition = 0
	value, err := pool.Evaluate(context.Background(), q.Bytes, onlyCondition)
	if err != nil {
		return nil, err
	}
	if value.Kind != format.Error {
		return value.JSON, nil
	}
	if value.Code == core.Absent || value.Code == core.NotConsented {
		b := pool.Bundle()
		if int64(value.Attribute) < int64(len(b.Attributes)) {
			return nil, fmt.Errorf("%s: %s", b.String(b.Attributes[value.Attribute].Name), value.Code)
		}
	}
	return nil, errors.New(value.Code.String())
}

// Compile gives the bundle that has a line's expression as its only condition, for whoever has another engine. The error is the expression's
// mistakes, or says why the line is none.
func Compile(line []byte) ([]byte, error) {
	object, err := question.ParseLine(line)
	if err != nil {
		return nil, err
	}
	return compileLine(object)
}

// compileLine makes the bundle of a line's expression.
func compileLine(object gjson.Result) ([]byte, error) {
	var declared []expr.Declaration
	for i, decl := range object.Get("decls").Array() {
		name := decl.Get("name").String()
		t, err := expr.ParseType(decl.Get("type").String())
		if err != nil {
			return nil, fmt.Errorf("decls: %d: type of %q: %w", i, name, err)
		}
		declared = append(declared, expr.Declaration{Name: strings.Clone(name), Type: t})
	}
	settings := expr.Settings{Container: object.Get("container").String(), NoMacros: object.Get("disableMacros").Bool()}
	bundle, faults, err := compile.Expression(strings.Clone(object.Get("expr").String()), declared, settings)
	if err != nil {
		return nil, err
	}
	if bundle == nil {
		return nil, mistakes(faults)
	}
	return bundle.Append(nil), nil
}

// mistakes joins an expression's faults, without warnings.
func mistakes(faults []expr.Fault) error {
	var all []string
	for _, f := range faults {
		if f.Warning {
			continue
		}
		message := fmt.Sprintf("at character %d: %s", f.Offset+1, f.Message)
		if f.Hint != "" {
			message += " (" + f.Hint + ")"
		}
		all = append(all, message)
	}
	return errors.New(strings.Join(all, "; "))
}
