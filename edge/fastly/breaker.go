package fastly

import "github.com/edgewise-dev/edgewise/edge"

// A hand-over that fails costs each visitor its deadline, and who fails the chance to recover. So after some failures in a row nobody is asked
// for a while. The count lies in the point of presence's cache, where requests that run at the same time may miss each other's failures: it is a
// breaker and no account.
const (
	breakAfter   = 5  // failures in a row, none more than breakSeconds after the one before
	breakSeconds = 10 // for which nobody is asked then
)

// handOver asks for decisions, unless those who would be asked have failed lately.
func (h *handler) handOver(q *Question) edge.HandOver {
	q.Backend = origin
	if h.HasBackend(handover) {
		q.Backend = handover
	}
	key := "edgewise/failures/" + q.Backend
	failures := len(h.Recall(key))
	if failures >= breakAfter {
		return edge.HandOver{Outcome: edge.Failed}
	}
	outcome := h.Ask(q)
	switch {
	case outcome.Outcome != edge.Answered || outcome.Status >= 500:
		const marks = "xxxxx" // one for each
		h.Remember(key, marks[:failures+1], breakSeconds)
	case failures > 0:
		h.Remember(key, "", 1)
	}
	return outcome
}
