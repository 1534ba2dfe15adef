package host

import (
	"context"
	"time"

	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/host/question"
)

// SegmentsJSON says, after dst, for each of the segments, which are indexes of the bundle's, whether the context of a line of `edgewise decide` is in
// it. A condition that ends in an error does not hold. settled is as in DecideSettledJSON. The error is like that of DecideJSON.
func (h *Host) SegmentsJSON(ctx context.Context, line []byte, now time.Time, settled bool, segments []int, dst []bool) (in []bool, err error) {
	read := (*question.Schema).ReadJSON
	if settled {
		read = (*question.Schema).ReadSettledJSON
	}
	fill := func(s *question.Schema, into *question.Question) error { return read(s, into, line, now) }
	err = h.ask(fill, func(l *loaded, r *room) error {
		in = dst
		for _, i := range segments {
			value, err := l.pool.Evaluate(ctx, r.question.Bytes, l.bundle.Segments[i].Condition)
			if err != nil {
				return err
			}
			in = append(in, value.Kind == format.Bool && string(value.JSON) == "true")
		}
		return nil
	})
	return in, err
}
