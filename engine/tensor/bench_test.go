package tensor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"croft/engine/kernels"
)

// BenchmarkMultiply reports multiplications a second and, for one token, how fast weights are read. There are more
// matrices than any cache holds.
func BenchmarkMultiply(b *testing.B) {
	const rows, cols = 3072, 1024
	for _, set := range kernels.Available()[1:] {
		for _, typ := range supported {
			p := testPool(b, runtime.NumCPU())
			w := randomTensor(rand.New(rand.NewPCG(1, 2)), typ, rows, cols)
			ws := make([]*Matrix, 96<<20/len(w.Data))
			for i := range ws {
				ws[i] = mustPack(b, p, set, w)
			}
			for _, n := range []int{1, 4, 32, 512} {
				b.Run(fmt.Sprintf("%v/%v/%d", set, typ, n), func(b *testing.B) {
					benchmarkMultiply(b, p, set, ws, n)
				})
			}
		}
	}
}

func benchmarkMultiply(b *testing.B, p *Pool, set kernels.Set, ws []*Matrix, n int) {
	rows, cols := ws[0].Rows, ws[0].Cols
	in, out := NewInput(set), make([]float32, n*rows)
	x := randomInput(rand.New(rand.NewPCG(3, 4)), n, cols)
	i := 0
	for b.Loop() {
		in.Set(x, n, cols)
		Multiply(p, in, Product{ws[i%len(ws)], out})
		i++
	}
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(b.N)*float64(n*rows*cols)*1e-9/seconds, "GMAC/s")
	b.ReportMetric(float64(b.N)*float64(ws[0].Bytes())*1e-9/seconds, "GB/s")
}
