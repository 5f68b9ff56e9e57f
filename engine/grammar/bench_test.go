package grammar

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const large = 151_936 // tokens, as Qwen's vocabularies have

func BenchmarkNewVocabulary(b *testing.B) {
	pieces := mixedPieces(large)
	for b.Loop() {
		NewVocabulary(len(pieces), func(id int) []byte { return pieces[id] }, []int{len(pieces) - 1})
	}
}

var benchSchemas = map[string]string{
	"json":   anyObject,
	"person": `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"mail":{"type":"string","maxLength":80},"tags":{"type":"array","items":{"type":"string"},"maxItems":8},"born":{"type":"string","format":"date"}},"required":["name","age"]}`,
	"tree":   `{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"label":{"type":"string","minLength":1,"maxLength":200},"kids":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["label","kids"]}}}`,
	"regexp": `{"type":"array","items":{"type":"string","pattern":"^[A-Z][a-z ]+([0-9]{1,3}|\\p{L}+)!?$"}}`,
}

// BenchmarkToken is a token of a reply by a random model, the first reply of a format and the later ones.
// It reports the mean, the median, and the slowest of a hundred and of all.
func BenchmarkToken(b *testing.B) {
	pieces := mixedPieces(large)
	for _, name := range []string{"json", "person", "tree", "regexp"} {
		f := schema(b, benchSchemas[name])
		for _, first := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/first=%v", name, first), func(b *testing.B) {
				v := NewVocabulary(len(pieces), func(id int) []byte { return pieces[id] }, []int{len(pieces) - 1})
				if !first {
					reply(v, f, 1)
				}
				var took []time.Duration
				seed := uint64(2)
				for b.Loop() {
					if first {
						v.running, v.sources = nil, nil
						seed = 1
					}
					took = append(took, reply(v, f, seed)...)
					seed++
				}
				report(b, took)
			})
		}
	}
}

// reply writes up to 200 tokens and returns how long each of them took.
func reply(v *Vocabulary, f *Format, seed uint64) (took []time.Duration) {
	r := rand.New(rand.NewPCG(seed, 9))
	begun := time.Now()
	m := v.Start(f)
	for step := 0; step < 200 && !m.Finished(); step++ {
		allowed := m.Allowed()
		took = append(took, time.Since(begun))
		id := drawn(r, allowed)
		if step%8 == 7 || strings.Contains(string(v.piece(id)), "\\") {
			id = closing(v, r, allowed)
		}
		begun = time.Now()
		if !m.Advance(id) {
			return took
		}
	}
	return took
}

// drawn is choose without looking at every token.
func drawn(r *rand.Rand, allowed []uint64) int {
	for range 100_000 {
		if id := r.IntN(64 * len(allowed)); allowed[id/64]>>(id%64)&1 == 1 {
			return id
		}
	}
	return choose(r, allowed)
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	sum := time.Duration(0)
	for _, d := range took {
		sum += d
	}
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))].Microseconds()) }
	b.ReportMetric(float64(sum.Microseconds())/float64(len(took)), "µs/token")
	b.ReportMetric(at(0.5), "µs-median")
	b.ReportMetric(at(0.99), "µs-99%")
	b.ReportMetric(at(1), "µs-max")
}
