package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func scores(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	l := make([]float32, n)
	for i := range l {
		l[i] = float32(r.NormFloat64() * 3)
	}
	return l
}

func TestGreedyTakesTheFirstOfTheMostLikely(t *testing.T) {
	s := New(Settings{}, nil)
	if id := s.Next([]float32{1, 7, 3, 7}); id != 1 {
		t.Errorf("Next = %d, want 1", id)
	}
}

func TestSettingsNarrowTheChoice(t *testing.T) {
	logits := []float32{3, 2, 1, 0, -1, -9}
	for _, c := range []struct {
		name string
		set  Settings
		want []int
	}{
		{"all", Settings{Temperature: 2}, []int{0, 1, 2, 3, 4, 5}},
		{"top-k", Settings{Temperature: 2, TopK: 2}, []int{0, 1}},
		{"top-p", Settings{Temperature: 1, TopP: 0.7}, []int{0, 1}},
		{"top-p of one", Settings{Temperature: 1, TopP: 0.01}, []int{0}},
		{"min-p", Settings{Temperature: 1, MinP: 0.1}, []int{0, 1, 2}},
		{"min-p above one keeps the best", Settings{Temperature: 1, MinP: 2}, []int{0}},
		{"bias", Settings{Temperature: 1, TopK: 1, LogitBias: map[int]float32{5: 100, 99: 1, -1: 1}}, []int{5}},
		{"cold", Settings{Temperature: 1e-6}, []int{0}},
	} {
		got := map[int]bool{}
		for seed := range uint64(4000) {
			c.set.Seed = seed
			got[New(c.set, nil).Next(slices.Clone(logits))] = true
		}
		for id := range logits {
			if got[id] != slices.Contains(c.want, id) {
				t.Errorf("%s: token %d chosen: %v, want %v", c.name, id, got[id], c.want)
			}
		}
	}
}

func TestDrawsFollowTheDistribution(t *testing.T) {
	logits := []float32{2, 1, 0, -1}
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l) / 1.5)
	}
	const n = 20000
	counts := make([]float64, len(logits))
	s := New(Settings{Temperature: 1.5, Seed: 9}, nil)
	for range n {
		counts[s.Next(slices.Clone(logits))]++
	}
	for i, l := range logits {
		p := math.Exp(float64(l)/1.5) / sum
		if sigma := math.Sqrt(p * (1 - p) / n); math.Abs(counts[i]/n-p) > 4*sigma {
			t.Errorf("token %d: share %.4f, want %.4f ± %.4f", i, counts[i]/n, p, 4*sigma)
		}
	}
}

func TestPenaltiesLookBack(t *testing.T) {
	set := Settings{RepeatPenalty: 2, PresencePenalty: 0.5, FrequencyPenalty: 0.25, RepeatLast: 3}
	s := New(set, []int{3, 0, 1, 1}) // token 3 lies too far back
	logits := []float32{4, 4, 1.2, 1, -2}
	if id := s.Next(logits); id != 0 {
		t.Errorf("Next = %d, want 0", id)
	}
	for i, want := range []float32{4.0/2 - 0.75, 4.0/2 - 1, 1.2, 1, -2} {
		if logits[i] != want {
			t.Errorf("token %d: score %g, want %g", i, logits[i], want)
		}
	}
	s = New(Settings{RepeatPenalty: 2}, []int{4})
	logits = []float32{0, 0, 0, 0, -2}
	s.Next(logits)
	if logits[4] != -4 {
		t.Errorf("a negative score became %g, want -4", logits[4])
	}
}

// A reply that is carried on with what was written so far goes on with the same words.
func TestSequenceGoesOnElsewhere(t *testing.T) {
	set := Settings{Temperature: 1, TopP: 0.9, RepeatPenalty: 1.1, Seed: 42}
	whole := New(set, []int{1, 2, 3})
	var ids []int
	for i := range 40 {
		ids = append(ids, whole.Next(scores(500, uint64(i))))
	}
	rest := New(set, append([]int{1, 2, 3}, ids[:17]...))
	for i := 17; i < 40; i++ {
		if id := rest.Next(scores(500, uint64(i))); id != ids[i] {
			t.Fatalf("token %d is %d, want %d", i, id, ids[i])
		}
	}
}

func TestOnlyAllowedTokensAreChosen(t *testing.T) {
	allowed := []uint64{1<<3 | 1<<63, 0, 1 << 5} // of 200 tokens; the rest of the words is missing
	nan := slices.Repeat([]float32{float32(math.NaN())}, 200)
	got := map[int]bool{}
	for seed := range uint64(300) {
		for _, set := range []Settings{{}, {Temperature: 2, Seed: seed}, {Temperature: 2, TopP: 0.99, RepeatPenalty: 1.5, Seed: seed}} {
			s := New(set, []int{3, 7, 133})
			got[s.NextOf(scores(200, seed), allowed)] = true
			if id := s.NextOf(slices.Clone(nan), allowed); id != 3 {
				t.Fatalf("without scores %d was chosen, want 3", id)
			}
		}
	}
	if len(got) != 3 || !got[3] || !got[63] || !got[133] {
		t.Errorf("chosen: %v, want 3, 63 and 133", got)
	}
}

func TestScoresThatAreNotNumbers(t *testing.T) {
	nan := float32(math.NaN())
	if id := New(Settings{Temperature: 1}, nil).Next([]float32{nan, nan}); id != 0 {
		t.Errorf("Next = %d, want 0", id)
	}
}

func TestExp(t *testing.T) {
	for x := -50.0; x <= 0; x += 0.0137 {
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 4e-16 {
			t.Errorf("exp(%g) = %g, want %g", x, got, want)
		}
	}
}

func TestBestIsASort(t *testing.T) {
	for _, k := range []int{1, 2, 7, 256, 1000} {
		var c []candidate
		for id, l := range scores(1000, 3) {
			c = append(c, candidate{id, float64(int(l))}) // many ties
		}
		want := slices.Clone(c)
		slices.SortStableFunc(want, func(a, b candidate) int { return int(b.p - a.p) })
		if !slices.Equal(best(c, k), want[:k]) {
			t.Errorf("best %d differ from a sort", k)
		}
	}
}

func BenchmarkNextOf(b *testing.B) {
	logits := scores(151936, 1)
	for name, word := range map[string]uint64{"all": math.MaxUint64, "half": 0x5555555555555555, "few": 1} {
		b.Run(name, func(b *testing.B) {
			allowed := slices.Repeat([]uint64{word}, len(logits)/64)
			work := make([]float32, len(logits))
			for b.Loop() {
				copy(work, logits)
				mask(work, allowed)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	for name, set := range map[string]Settings{
		"greedy": {},
		"top-k":  {Temperature: 0.7, TopK: 20, TopP: 0.95},
		"top-p":  {Temperature: 0.7, TopP: 0.95},
		"all":    {Temperature: 1},
	} {
		b.Run(name, func(b *testing.B) {
			logits := scores(151936, 1)
			work := make([]float32, len(logits))
			s := New(set, nil)
			for b.Loop() {
				copy(work, logits)
				s.seen = s.seen[:0]
				s.Next(work)
			}
		})
	}
}
