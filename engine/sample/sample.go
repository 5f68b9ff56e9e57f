// Package sample chooses the next token.
package sample

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Settings say how to choose. The zero value is greedy.
//
// The order is that of Hugging Face's generate: logit bias, penalties, temperature, top-k, top-p, min-p.
type Settings struct {
	Temperature      float32 // 0: always the most likely token
	TopK             int     // 0: all
	TopP             float32 // 0 or 1: all
	MinP             float32 // 0: all
	RepeatPenalty    float32 // 0 or 1: none; Keskar et al., CTRL, arXiv 1909.05858
	PresencePenalty  float32
	FrequencyPenalty float32
	RepeatLast       int    // tokens the penalties look back on; 0: 64
	Seed             uint64 // the same seed gives the same reply
	LogitBias        map[int]float32
}

const repeatLastDefault = 64

// Sampler chooses the tokens of one sequence. It is not safe for concurrent use.
type Sampler struct {
	Settings
	seen       []int // every token so far, the prompt included
	candidates []candidate
}

type candidate struct {
	id int
	p  float64 // a score first, then a weight relative to the most likely token's
}

// New returns a sampler for a sequence that begins with prompt.
func New(s Settings, prompt []int) *Sampler {
	if s.RepeatLast <= 0 {
		s.RepeatLast = repeatLastDefault
	}
	return &Sampler{Settings: s, seen: slices.Clone(prompt)}
}

// Next chooses a token by its scores (vocabulary), which it overwrites, and remembers it.
//
// The random number depends on the seed and the token's position alone, so a sequence that is
// carried on elsewhere goes on with the same words.
func (s *Sampler) Next(logits []float32) int { return s.NextOf(logits, nil) }

// NextOf is Next among the tokens whose bits are set in allowed (id%64 of word id/64), or among all when it is nil.
// At least one bit must be set.
func (s *Sampler) NextOf(logits []float32, allowed []uint64) int {
	s.bias(logits)
	s.penalize(logits)
	mask(logits, allowed)
	id := mostLikely(logits)
	if s.Temperature > 0 {
		id = s.draw(logits, float64(logits[id]))
	}
	if allowed != nil && !has(allowed, id) { // scores that are not numbers
		id = first(allowed)
	}
	s.seen = append(s.seen, id)
	return id
}

func (s *Sampler) bias(logits []float32) {
	for id, b := range s.LogitBias {
		if id >= 0 && id < len(logits) {
			logits[id] += b
		}
	}
}

func (s *Sampler) penalize(logits []float32) {
	repeat := s.RepeatPenalty
	if repeat <= 0 {
		repeat = 1
	}
	if repeat == 1 && s.PresencePenalty == 0 && s.FrequencyPenalty == 0 {
		return
	}
	for id, count := range s.recent(len(logits)) {
		l := logits[id]
		if l > 0 {
			l /= repeat
		} else {
			l *= repeat
		}
		logits[id] = l - s.PresencePenalty - float32(count)*s.FrequencyPenalty
	}
}

func (s *Sampler) recent(vocabulary int) map[int]int {
	counts := make(map[int]int, s.RepeatLast)
	for _, id := range s.seen[max(0, len(s.seen)-s.RepeatLast):] {
		if id >= 0 && id < vocabulary {
			counts[id]++
		}
	}
	return counts
}

func mostLikely(logits []float32) int {
	best := 0
	for i, l := range logits {
		if l > logits[best] {
			best = i
		}
	}
	return best
}

// A token e^-50 times as likely as the best one cannot change a sum of 53 bits.
const negligible = 50

func (s *Sampler) draw(logits []float32, highest float64) int {
	c := s.candidates[:0]
	t := float64(s.Temperature)
	for id, l := range logits {
		if d := (float64(l) - highest) / t; d > -negligible {
			c = append(c, candidate{id, d})
		}
	}
	s.candidates = c
	if len(c) == 0 { // scores that are not numbers
		return 0
	}
	return pick(s.truncate(c), uniform(s.Seed, len(s.seen)))
}

func (s *Sampler) truncate(c []candidate) []candidate {
	if s.TopK > 0 && s.TopK < len(c) {
		c = best(c, s.TopK)
	}
	for i := range c {
		c[i].p = exp(c[i].p)
	}
	if s.TopP > 0 && s.TopP < 1 {
		c = nucleus(c, float64(s.TopP))
	}
	if s.MinP > 0 {
		// The best token has weight 1.
		c = slices.DeleteFunc(c, func(x candidate) bool { return x.p < float64(s.MinP) && x.p < 1 })
	}
	return c
}

// nucleus keeps the fewest tokens whose share of the sum reaches p (Holtzman et al., arXiv 1904.09751).
func nucleus(c []candidate, p float64) []candidate {
	limit := p * total(c)
	// It is small nearly always: sorting a whole vocabulary would take longer than the rest of the step.
	for k := min(256, len(c)); ; k = min(8*k, len(c)) {
		sum, top := 0.0, best(c, k)
		for i, x := range top {
			if sum += x.p; sum >= limit {
				return top[:i+1]
			}
		}
		if k == len(c) {
			return top
		}
	}
}

// best moves the k best of c to its front, the best first, and returns them.
func best(c []candidate, k int) []candidate {
	top := c[:k]
	for i := k/2 - 1; i >= 0; i-- {
		sink(top, i)
	}
	for i := k; i < len(c); i++ {
		if better(c[i], top[0]) {
			top[0], c[i] = c[i], top[0]
			sink(top, 0)
		}
	}
	slices.SortFunc(top, func(a, b candidate) int {
		if better(a, b) {
			return -1
		}
		return 1
	})
	return top
}

// sink restores a heap whose worst member is at the root, from position i down.
func sink(heap []candidate, i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if better(heap[worst], heap[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		heap[i], heap[worst] = heap[worst], heap[i]
		i = worst
	}
}

func better(a, b candidate) bool {
	return a.p > b.p || a.p == b.p && a.id < b.id
}

func total(c []candidate) float64 {
	sum := 0.0
	for _, x := range c {
		sum += x.p
	}
	return sum
}

// pick returns the token at which the running sum passes the share u in [0, 1) of the whole.
func pick(c []candidate, u float64) int {
	limit, sum := u*total(c), 0.0
	for _, x := range c {
		if sum += x.p; sum > limit {
			return x.id
		}
	}
	return c[len(c)-1].id
}

func uniform(seed uint64, position int) float64 {
	return rand.New(rand.NewPCG(seed, uint64(position))).Float64()
}

// exp is e^x for x in [-50, 0]. math.Exp differs between processors in the last bit; this does not,
// since every multiply-add is a stated one. Taylor's series on |r| <= ln(2)/2, error below 2^-52.
func exp(x float64) float64 {
	n := math.RoundToEven(x * math.Log2E)
	r := math.FMA(-n, ln2High, x)
	r = math.FMA(-n, ln2Low, r)
	y := 1.0 / 6227020800 // 1/13!
	for _, c := range taylor {
		y = math.FMA(y, r, c)
	}
	return math.Ldexp(y, int(n))
}

const (
	ln2High = 6.93147180369123816490e-01 // the first 33 bits, so that n*ln2High is exact
	ln2Low  = 1.90821492927058770002e-10
)

var taylor = [...]float64{
	1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
	1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
}
