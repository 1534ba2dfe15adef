package host

import (
	"context"
	"errors"
	"time"

	"github.com/edgewise-dev/edgewise/edge"
	"github.com/edgewise-dev/edgewise/host/engine"
	"github.com/edgewise-dev/edgewise/host/visit"
)

// Plan says what to do with a request, as JSON (edge.Plan.AppendJSON): what an edge node does with it. Where no engine could say it, the
// request is to be forwarded as it came; the error says so where the wait for an engine ended or the host is closed.
func (h *Host) Plan(ctx context.Context, v *visit.Visit) ([]byte, error) {
	asked := v.Append(nil)
	plan, err := h.retry(func(p *engine.Pool) ([]byte, error) { return p.Plan(ctx, asked, nil) })
	if err == nil {
		return plan, nil
	}
	if errors.Is(err, engine.ErrTrap) {
		err = nil // counted
	}
	return edge.AppendPlain(nil, &v.Visit), err
}

// PlanJSON is Plan for a line of `edgewise plan` (visit.Visit.ReadJSON). The error may also say what is wrong with the line; then there is no plan.
func (h *Host) PlanJSON(ctx context.Context, line []byte, now time.Time) ([]byte, error) {
	var v visit.Visit
	if err := v.ReadJSON(line, now); err != nil {
		return nil, err
	}
	return h.Plan(ctx, &v)
}

// HandOver gives what to send to the origin for a request's deferred decisions: the body of a POST to edge.HandOverPath and its Edgewise-Signature.
// The body is nil where there is nothing to hand over. What the origin answers goes into the visit, for Plan to heed.
func (h *Host) HandOver(ctx context.Context, v *visit.Visit) (body []byte, signature string, err error) {
	asked := v.Append(nil)
	sent, err := h.retry(func(p *engine.Pool) ([]byte, error) { return p.HandOver(ctx, asked, nil) })
	if err != nil || len(sent) == 0 {
		return nil, "", err
	}
	signature, body = edge.SplitHandOver(sent)
	return body, signature, nil
}

// retry asks the bundle in service; once more where another bundle took its place in between.
func (h *Host) retry(ask func(*engine.Pool) ([]byte, error)) ([]byte, error) {
	for {
		l := h.current.Load()
		answer, err := ask(l.pool)
		if errors.Is(err, engine.ErrClosed) && h.current.Load() != l {
			continue
		}
		return answer, err
	}
}
