package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles/assemble"
	"github.com/edgewise-dev/edgewise/core"
	"github.com/edgewise-dev/edgewise/core/format"
	"github.com/edgewise-dev/edgewise/core/policy"
	"github.com/edgewise-dev/edgewise/core/xxhash"
	"github.com/edgewise-dev/edgewise/host/internal/sample"
	"github.com/edgewise-dev/edgewise/host/module"
	"github.com/edgewise-dev/edgewise/host/question"
)

var background = context.Background()

// compiled is the module, compiled once for all tests.
var compiled = sync.OnceValues(func() (*Module, error) { return Compile(background, module.Wasm, "") })

func compileModule(t testing.TB) *Module {
	m, err := compiled()
	require.NoError(t, err)
	return m
}

// pools makes a pool of each kind over a bundle.
func pools(t testing.TB, bundle []byte, instances int) map[string]*Pool {
	var faults Faults
	native, err := NewNative(bundle, instances, &faults)
	require.NoError(t, err)
	wasm, err := compileModule(t).NewPool(bundle, instances, &faults)
	require.NoError(t, err)
	t.Cleanup(func() {
		native.Close()
		wasm.Close()
		require.Zero(t, faults.Traps.Load(), "traps")
		require.Zero(t, faults.Starts.Load(), "failed starts")
	})
	return map[string]*Pool{"native": native, "wasm": wasm}
}

// A value that is no JSON would end its answer, and could begin another.
func TestBundlesWithBrokenValuesAreRefused(t *testing.T) {
	b := assemble.New("b")
	b.Purposes = []format.Purpose{{Name: b.Str("necessary")}}
	b.Variants = []format.Variant{{Name: b.Str("v"), Kind: uint32(format.String), JSON: b.Str(`"x"},"admin":{"variant":"on"`)}}
	b.Decisions = []format.Decision{{Name: b.Str("d"), Default: 1, Variants: 1}}
	bundle := b.Finish().Append(nil)
	_, err := NewNative(bundle, 1, new(Faults))
	require.ErrorContains(t, err, `variant "v" of decision "d"`)
	_, err = compileModule(t).NewPool(bundle, 1, new(Faults))
	require.ErrorContains(t, err, `variant "v" of decision "d"`)
}

// randomQuestions are questions about the sample bundle; the same seed gives the same ones.
func randomQuestions(t testing.TB, schema *question.Schema, seed uint64, count int) [][]byte {
	random := rand.New(rand.NewPCG(seed, 1))
	var all [][]byte
	for range count {
		var q question.Question
		values, granted := sample.Context(random)
		now := sample.Now.Add(time.Duration(random.IntN(60*24)) * time.Hour)
		require.NoError(t, schema.Make(&q, values, question.Signals{Granted: granted}, nil, question.Overrides{}, now))
		all = append(all, q.Bytes)
	}
	return all
}

func TestNativeAndModuleAgree(t *testing.T) {
	of := pools(t, sample.Bundle(t), 1)
	native, wasm := of["native"], of["wasm"]
	bundle := native.Bundle()
	reasons := map[core.Reason]int{}
	values := map[format.Kind]int{}
	for i, q := range randomQuestions(t, question.NewSchema(bundle), 1, 3000) {
		want, err := native.Decide(background, q, Answers{})
		require.NoError(t, err)
		got, err := wasm.Decide(background, q, Answers{})
		require.NoError(t, err)
		require.Equal(t, want, got, "question %d", i)
		for _, answer := range want.Decisions {
			reasons[answer.Reason]++
		}
		if i%10 > 0 {
			continue
		}
		for decision := range bundle.Decisions {
			want, err := native.Explain(background, q, uint32(decision), nil)
			require.NoError(t, err)
			got, err := wasm.Explain(background, q, uint32(decision), nil)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got), "question %d, decision %d", i, decision)
		}
		for condition := range bundle.Conditions {
			want, err := native.Evaluate(background, q, uint32(condition))
			require.NoError(t, err)
			got, err := wasm.Evaluate(background, q, uint32(condition))
			require.NoError(t, err)
			require.Equal(t, want, got, "question %d, condition %d", i, condition)
			values[want.Kind]++
		}
	}
	for _, reason := range []core.Reason{core.ReasonDisabled, core.ReasonConsent, core.ReasonTargetingMatch, core.ReasonSplit, core.ReasonDefault,
		core.ReasonStatic} {
		require.NotZero(t, reasons[reason], "no question was answered with %s", reason)
	}
	require.NotZero(t, values[format.Bool])
	require.NotZero(t, values[format.Error])
}

func TestWhatIsNoQuestionIsRefusedByBoth(t *testing.T) {
	for name, p := range pools(t, sample.Bundle(t), 1) {
		good := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
		for _, c := range []struct {
			name  string
			bytes []byte
		}{
			{"nothing", nil},
			{"half a word", good[:3]},
			{"cut off", good[:len(good)-4]},
			{"something behind it", append(append([]byte{}, good...), 0, 0, 0, 0)},
			{"too large", make([]byte, core.MaxQuestion+1)},
			{"a decision that there is not", core.AppendQuestion(nil, 1, 0, 0, []uint32{99})},
			{"more decisions than there are", core.AppendQuestion(nil, 1, 0, 0, make([]uint32, 99))},
		} {
			t.Run(name+": "+c.name, func(t *testing.T) {
				answers, err := p.Decide(background, c.bytes, Answers{})
				require.ErrorIs(t, err, ErrQuestion)
				require.Empty(t, answers.Decisions)
				_, err = p.Explain(background, c.bytes, 0, nil)
				require.ErrorIs(t, err, ErrQuestion)
			})
		}
		_, err := p.Evaluate(background, good, 999)
		require.ErrorIs(t, err, ErrQuestion, name)
		answers, err := p.Decide(background, good, Answers{})
		require.NoError(t, err, name)
		require.Len(t, answers.Decisions, len(p.Bundle().Decisions), name)
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	for name, p := range pools(t, sample.Bundle(t), 1) {
		questions := randomQuestions(t, question.NewSchema(p.Bundle()), 2, 64)
		answers := roomFor(p.Bundle())
		next := 0
		allocated := testing.AllocsPerRun(1000, func() {
			_, err := p.Decide(background, questions[next%len(questions)], answers)
			next++
			if err != nil {
				t.Error(err)
			}
		})
		require.Zero(t, allocated, name)
	}
}

func TestMemoryStaysAsItWas(t *testing.T) {
	decisions := 1_000_000
	if testing.Short() {
		decisions = 50_000
	}
	p, err := compileModule(t).NewPool(sample.Bundle(t), 1, &Faults{})
	require.NoError(t, err)
	defer p.Close()
	questions := randomQuestions(t, question.NewSchema(p.Bundle()), 3, 256)
	i := p.idle[0].(*instance)
	answers := roomFor(p.Bundle())
	_, err = i.decide(questions[0], answers)
	require.NoError(t, err)
	size, scratch := i.memory.Size(), scratchUsed(t, i)
	for n := range decisions {
		_, err := i.decide(questions[n%len(questions)], answers)
		if err != nil {
			require.NoError(t, err)
		}
	}
	require.Equal(t, size, i.memory.Size(), "memory grew")
	require.Equal(t, scratch, scratchUsed(t, i), "something was allocated")
}

func scratchUsed(t *testing.T, i *instance) uint64 {
	used, err := i.call(i.scratchUsed)
	require.NoError(t, err)
	return used
}

// bundleOfSize is a valid bundle of about that many bytes, most of them text.
func bundleOfSize(t *testing.T, size int) []byte {
	b, err := format.Read(sample.Bundle(t))
	require.NoError(t, err)
	large := *b
	large.Text = append(append([]byte{}, b.Text...), make([]byte, size)...)
	return large.Append(nil)
}

func TestLoadingManyBundlesNeedsNoMoreThanTheLargest(t *testing.T) {
	i, err := compileModule(t).instantiate()
	require.NoError(t, err)
	defer i.close()
	var bundles [][]byte
	for _, size := range []int{1 << 20, 100, 3 << 20, 64 << 10, 5 << 20, 7} {
		bundles = append(bundles, bundleOfSize(t, size))
	}
	load := func(data []byte) {
		b, err := core.Load(data)
		require.NoError(t, err)
		require.NoError(t, i.loadBundle(b, data))
	}
	for range 4 { // each of the two places has met the largest
		load(bundles[4])
	}
	size := i.memory.Size()
	random := rand.New(rand.NewPCG(4, 1))
	for range 1000 {
		load(bundles[random.IntN(len(bundles))])
	}
	require.Equal(t, size, i.memory.Size())
}

// Where a question is written changes only when more is asked for than before, whatever is loaded and decided in between.
func TestTheRoomForAQuestionStays(t *testing.T) {
	i, err := compileModule(t).instantiate()
	require.NoError(t, err)
	defer i.close()
	bundle := sample.Bundle(t)
	b, err := core.Load(bundle)
	require.NoError(t, err)
	questions := randomQuestions(t, question.NewSchema(b), 8, 3)
	for _, n := range []int{1, 1 << 10, 64 << 10, 200_000, core.MaxQuestion} {
		room, err := i.room(n)
		require.NoError(t, err)
		for _, smaller := range []int{n, 0, n / 2, 1} {
			require.NoError(t, i.loadBundle(b, bundle))
			address, err := i.call(i.question, uint64(smaller))
			require.NoError(t, err)
			require.Equal(t, room, uint32(address), "%d of %d bytes", smaller, n)
			beyond, err := i.call(i.question, core.MaxQuestion+1)
			require.NoError(t, err)
			require.Zero(t, beyond)
		}
		for _, q := range questions {
			answers, err := i.decide(q, Answers{})
			require.NoError(t, err)
			require.Len(t, answers.Decisions, len(b.Decisions))
		}
	}
}

func TestTheLargestBundle(t *testing.T) {
	small := bundleOfSize(t, 0)
	largest := bundleOfSize(t, format.MaxSize-len(small))
	require.Len(t, largest, format.MaxSize)
	for name, p := range pools(t, largest, 1) {
		q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
		answers, err := p.Decide(background, q, Answers{})
		require.NoError(t, err, name)
		require.Len(t, answers.Decisions, len(p.Bundle().Decisions))
	}
	_, err := compileModule(t).NewPool(bundleOfSize(t, format.MaxSize-len(small)+1024), 1, &Faults{})
	require.ErrorContains(t, err, "the limit is 8192 KiB")
}

// damaged are bundles that must be refused.
func damaged(t *testing.T, good []byte) map[string][]byte {
	change := func(f func(data []byte)) []byte {
		data := append([]byte{}, good...)
		f(data)
		return data
	}
	newer := change(func(data []byte) { data[4]++ })
	b, err := format.Read(good)
	require.NoError(t, err)
	wrong := *b
	wrong.Decisions = append([]format.Decision{}, b.Decisions...)
	wrong.Decisions[0].FirstRule++
	return map[string][]byte{
		"cut off":                good[:len(good)-100],
		"cut off in the header":  good[:10],
		"empty":                  {},
		"something else":         []byte("hello, I am a bundle, believe me"),
		"a flipped bit":          change(func(data []byte) { data[len(data)/2] ^= 1 }),
		"a newer format":         resealed(newer),
		"a wrong record":         wrong.Append(nil),
		"beyond the size limit":  make([]byte, format.MaxSize+1),
		"more announced":         change(func(data []byte) { data[17]++ }),
		"something left at last": append(append([]byte{}, good...), 0, 0, 0, 0),
	}
}

func TestARefusedBundleLeavesTheOldOneDeciding(t *testing.T) {
	good := sample.Bundle(t)
	p, err := compileModule(t).NewPool(good, 1, &Faults{})
	require.NoError(t, err)
	defer p.Close()
	i := p.idle[0].(*instance)
	questions := randomQuestions(t, question.NewSchema(p.Bundle()), 5, 100)
	for name, data := range damaged(t, good) {
		t.Run(name, func(t *testing.T) {
			_, err := core.Load(data)
			var want, got *format.Refusal
			require.ErrorAs(t, err, &want)
			require.ErrorAs(t, i.loadBundle(nil, data), &got)
			require.Equal(t, want, got, "the module refuses it for another reason than core")
			require.NotNil(t, i.bundle)
			for _, q := range questions {
				answers, err := i.decide(q, Answers{})
				require.NoError(t, err)
				require.Len(t, answers.Decisions, len(p.Bundle().Decisions))
			}
		})
	}
}

func TestPoolUnderManyGoroutines(t *testing.T) {
	for name, p := range pools(t, sample.Bundle(t), 3) {
		t.Run(name, func(t *testing.T) {
			questions := randomQuestions(t, question.NewSchema(p.Bundle()), 6, 50)
			var wants []Answers
			for _, q := range questions {
				want, err := p.Decide(background, q, Answers{})
				require.NoError(t, err)
				wants = append(wants, want)
			}
			hammer(16, func(g, n int) {
				got, err := p.Decide(background, questions[(g+n)%len(questions)], Answers{})
				if err != nil || !equal(got, wants[(g+n)%len(questions)]) {
					t.Errorf("another answer: %v, %v", got, err)
				}
			})
			require.LessOrEqual(t, len(p.idle), 3)
		})
	}
}

func equal(a, b Answers) bool {
	return a.Jurisdiction == b.Jurisdiction && slices.Equal(a.Consent, b.Consent) && slices.Equal(a.Decisions, b.Decisions)
}

// hammer calls f in many goroutines for a tenth of a second.
func hammer(goroutines int, f func(goroutine, round int)) {
	until := time.Now().Add(100 * time.Millisecond)
	var wait sync.WaitGroup
	for g := range goroutines {
		wait.Go(func() {
			for n := 0; n < 100_000 && time.Now().Before(until); n++ {
				f(g, n)
			}
		})
	}
	wait.Wait()
}

func TestWaitingEndsWithTheCallersContext(t *testing.T) {
	for name, p := range pools(t, sample.Bundle(t), 1) {
		m, err := p.take(background)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(background, 5*time.Millisecond)
		q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
		answers, err := p.Decide(ctx, q, Answers{})
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		requireDefaults(t, p.Bundle(), answers)
		p.give(m, nil)
		_, err = p.Decide(background, q, Answers{})
		require.NoError(t, err)
	}
}

// roomFor is room for all answers about a bundle.
func roomFor(b *core.Bundle) Answers {
	return Answers{Consent: make([]policy.Evidence, 0, len(b.Purposes)), Decisions: make([]core.Answer, 0, len(b.Decisions))}
}

func requireDefaults(t *testing.T, b *core.Bundle, answers Answers) {
	t.Helper()
	require.Empty(t, answers.Consent)
	require.Len(t, answers.Decisions, len(b.Decisions))
	for i, answer := range answers.Decisions {
		require.Equal(t, core.Answer{Decision: uint32(i), Variant: b.Decisions[i].Default, Reason: core.ReasonError}, answer)
	}
}

func TestAClosedPoolSaysSo(t *testing.T) {
	for name, p := range pools(t, sample.Bundle(t), 2) {
		q := randomQuestions(t, question.NewSchema(p.Bundle()), 1, 1)[0]
		var answered, closed sync.WaitGroup
		closed.Go(func() {
			time.Sleep(5 * time.Millisecond)
			p.Close()
		})
		for range 4 {
			answered.Go(func() {
				for {
					if _, err := p.Decide(background, q, Answers{}); err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Error(name, err)
						}
						return
					}
				}
			})
		}
		answered.Wait()
		closed.Wait()
		p.Close()
	}
}

func TestCompilationCacheIsUsed(t *testing.T) {
	dir := t.TempDir() + "/made/where/missing"
	for range 2 {
		m, err := Compile(background, module.Wasm, dir)
		require.NoError(t, err)
		require.NoError(t, m.Close(background))
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, files)

	_, err = Compile(background, module.Wasm, "/dev/null/no")
	require.ErrorContains(t, err, "compilation cache")
}

func TestClosedInstancesGiveTheirMemoryBack(t *testing.T) {
	m := compileModule(t)
	bundle := sample.Bundle(t)
	cycle := func() {
		p, err := m.NewPool(bundle, 1, &Faults{})
		require.NoError(t, err)
		p.Close()
	}
	cycle()
	before := heap()
	for range 200 {
		cycle()
	}
	require.Less(t, heap(), before+8<<20)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resealed gives a bundle the checksum that fits its content.
func resealed(data []byte) []byte {
	seed := uint64(binary.LittleEndian.Uint32(data)) | uint64(binary.LittleEndian.Uint32(data[4:]))<<32
	binary.LittleEndian.PutUint64(data[8:], xxhash.Sum64(string(data[16:]), seed))
	return data
}
