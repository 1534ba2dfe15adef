package engine

import (
	"testing"

	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/question"
)

// All decisions of the sample bundle, over questions that differ. What a user of this package pays besides is measured in package host.
func BenchmarkDecide(b *testing.B) {
	for name, p := range pools(b, sample.Bundle(b), 1) {
		b.Run(name, func(b *testing.B) {
			questions := randomQuestions(b, question.NewSchema(p.Bundle()), 1, 64)
			answers := roomFor(p.Bundle())
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if _, err := p.Decide(background, questions[n%len(questions)], answers); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}
