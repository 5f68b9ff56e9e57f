package arch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/tinymodel"
)

// benchNetwork has the shape of Qwen3-0.6B in Q4_0, with random weights, or is the file that CROFT_BENCH_MODEL names.
func benchNetwork(b *testing.B) *Network {
	path := os.Getenv("CROFT_BENCH_MODEL")
	if path == "" {
		path = filepath.Join(b.TempDir(), "bench.gguf")
		o := tinymodel.Options{
			Family: "qwen3", Type: gguf.Q4_0, Layers: 28, Embd: 1024, Heads: 16, HeadsKV: 8,
			HeadDim: 128, FF: 3072, Vocab: 151936, Context: 4096,
		}
		if err := tinymodel.Write(path, o); err != nil {
			b.Fatal(err)
		}
	}
	return openNetwork(b, path, kernels.Best(), min(runtime.NumCPU(), 8))
}

func BenchmarkPrefill(b *testing.B) {
	n := benchNetwork(b)
	for _, tokens := range []int{32, 512, 2048} {
		b.Run(fmt.Sprint(tokens), func(b *testing.B) {
			r := newReader(b, n)
			ids := make([]int, tokens)
			for i := range ids {
				ids[i] = 300 + 7*i
			}
			for b.Loop() {
				r.cache.Truncate(0)
				r.last(ids...)
			}
			b.ReportMetric(float64(tokens*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	n := benchNetwork(b)
	r := newReader(b, n)
	logits := make([]float32, n.Vocabulary())
	rows := make([]Row, 1)
	b.ReportAllocs()
	for b.Loop() {
		if r.cache.Len() == 128 {
			r.cache.Truncate(0)
		}
		rows[0] = Row{Token: 300 + 7*r.cache.Len(), Cache: r.cache, Pos: r.cache.Len(), Logits: true}
		if err := n.Forward(context.Background(), rows, logits); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}
