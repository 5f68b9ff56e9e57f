package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
)

// randomTensor is W (rows, cols) of random bytes with finite scales.
func randomTensor(r *rand.Rand, t gguf.Type, rows, cols int) gguf.Tensor {
	data := make([]byte, rows*t.RowBytes(cols))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	scale := func(at int) { // zero, subnormal and normal ones, of both signs
		h := uint16(r.Uint32())&0x83ff | uint16(r.IntN(16))<<10
		binary.LittleEndian.PutUint16(data[at:], h)
	}
	for at := 0; at < len(data); at += t.BlockBytes() {
		switch t {
		case gguf.F32:
			binary.LittleEndian.PutUint32(data[at:], math.Float32bits(float32(r.NormFloat64())))
		case gguf.F16, gguf.Q4_0, gguf.Q8_0:
			scale(at)
		case gguf.BF16:
			data[at+1] = data[at+1]&0x80 | 0x3e
		case gguf.Q4_K, gguf.Q5_K:
			scale(at)
			scale(at + 2)
		case gguf.Q6_K:
			scale(at + 208)
		}
	}
	return gguf.Tensor{Name: "w", Type: t, Dims: []int{cols, rows}, Data: data}
}

// extreme makes every stored weight the largest or the smallest and every scale the largest.
func extreme(t gguf.Tensor, fill byte) gguf.Tensor {
	size := t.Type.BlockBytes()
	for at := 0; at < len(t.Data); at += size {
		block := t.Data[at : at+size]
		keep := slices.Clone(block)
		for i := range block {
			block[i] = fill
		}
		switch t.Type {
		case gguf.Q4_0, gguf.Q8_0:
			copy(block, keep[:2])
		case gguf.Q4_K, gguf.Q5_K:
			copy(block, keep[:4])
		case gguf.Q6_K:
			copy(block[208:], keep[208:])
			for i := 192; i < 208; i++ {
				block[i] = 0x80 // -128
			}
		default:
			copy(block, keep)
		}
	}
	return t
}

func randomInput(r *rand.Rand, n, cols int) []float32 {
	x := make([]float32, n*cols)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(3*r.NormFloat64()))
	}
	return x
}

func mustPack(t testing.TB, p *Pool, set kernels.Set, w gguf.Tensor) *Matrix {
	t.Helper()
	m, err := Pack(p, set, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testPool(t testing.TB, threads int) *Pool {
	p := NewPool(threads)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func colsOf(t gguf.Type) []int {
	switch t.BlockValues() {
	case 1:
		return []int{1, 8, 16, 172, 256}
	case 32:
		return []int{32, 64, 96, 320}
	}
	return []int{256, 512, 768}
}

func diff(got, want []float32) error {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Errorf("output %d of %d is %v, want %v", i, len(want), got[i], want[i])
		}
	}
	return nil
}

// TestMultiplyIsItsDefinition holds every set against the definition, bit for bit, for ragged shapes and extreme weights.
func TestMultiplyIsItsDefinition(t *testing.T) {
	p := testPool(t, 2)
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range supported {
		for _, cols := range colsOf(typ) {
			for _, rows := range []int{1, 16, 37} {
				for fill, w := range map[string]gguf.Tensor{
					"random": randomTensor(r, typ, rows, cols),
					"zeros":  extreme(randomTensor(r, typ, rows, cols), 0),
					"ones":   extreme(randomTensor(r, typ, rows, cols), 0xff),
				} {
					for _, n := range []int{1, 13} {
						t.Run(fmt.Sprintf("%v_%dx%d_%s_by_%d", typ, rows, cols, fill, n), func(t *testing.T) {
							checkProduct(t, p, w, randomInput(r, n, cols), n)
						})
					}
				}
			}
		}
	}
}

func checkProduct(t *testing.T, p *Pool, w gguf.Tensor, x []float32, n int) {
	rows, cols := w.Rows(), w.Cols()
	rowBytes := w.Type.RowBytes(cols)
	want := make([]float32, n*rows)
	for i := range want {
		row, token := i%rows, i/rows
		want[i] = wantProduct(w.Type, w.Data[row*rowBytes:(row+1)*rowBytes], x[token*cols:(token+1)*cols])
	}
	for _, set := range kernels.Available() {
		in := NewInput(set)
		in.Set(x, n, cols)
		got := make([]float32, n*rows)
		Multiply(p, in, Product{mustPack(t, p, set, w), got})
		if err := diff(got, want); err != nil {
			t.Fatalf("%v: %v", set, err)
		}
	}
}

// TestSameWords: a batch gives what its tokens give one by one, on any number of threads, with any set.
func TestSameWords(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, cols = 131, 512 // several pieces of tokens, and of rows of both matrices
	for _, typ := range supported {
		t.Run(typ.String(), func(t *testing.T) {
			w, v := randomTensor(r, typ, 72, cols), randomTensor(r, gguf.Q6_K, 200, cols)
			x := randomInput(r, n, cols)
			want := inBatches(t, testPool(t, 1), kernels.Reference, w, v, x, 1)
			for _, set := range kernels.Available() {
				for _, threads := range []int{1, 2, 4} {
					p := testPool(t, threads)
					for _, batch := range []int{n, 7, 1} {
						got := inBatches(t, p, set, w, v, x, batch)
						if err := diff(got, want); err != nil {
							t.Fatalf("%v, %d threads, batches of %d: %v", set, threads, batch, err)
						}
					}
				}
			}
		})
	}
}

// inBatches multiplies the tokens x with w and v, so many at once; first come all products with w.
func inBatches(t *testing.T, p *Pool, set kernels.Set, w, v gguf.Tensor, x []float32, batch int) []float32 {
	t.Helper()
	cols, in := w.Cols(), NewInput(set)
	a, b := mustPack(t, p, set, w), mustPack(t, p, set, v)
	n := len(x) / cols
	out := make([]float32, n*(a.Rows+b.Rows))
	for i := 0; i < n; i += batch {
		in.Set(x[i*cols:], min(batch, n-i), cols)
		Multiply(p, in, Product{a, out[i*a.Rows:]}, Product{b, out[n*a.Rows+i*b.Rows:]})
	}
	return out
}

// TestMultiplyDoesNotAllocate: buffers are made once.
func TestMultiplyDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	p := testPool(t, 2)
	m := mustPack(t, p, kernels.Best(), randomTensor(r, gguf.Q4_K, 512, 512))
	for _, n := range []int{1, 40} {
		in, x, out := NewInput(kernels.Best()), randomInput(r, n, 512), make([]float32, n*512)
		allocs := testing.AllocsPerRun(20, func() {
			in.Set(x, n, 512)
			Multiply(p, in, Product{m, out})
		})
		if allocs > 0 {
			t.Errorf("%d tokens: %v allocations", n, allocs)
		}
	}
}

// FuzzMultiply holds the best set against the definition for weights and inputs of any bytes.
func FuzzMultiply(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint8(3), []byte{0xff, 0x80, 0x7f})
	f.Add(uint64(0), uint64(0), uint8(7), []byte{})
	f.Fuzz(func(t *testing.T, seed, inputs uint64, which uint8, overlay []byte) {
		r := rand.New(rand.NewPCG(seed, inputs))
		typ := supported[int(which)%len(supported)]
		cols := colsOf(typ)[r.IntN(3)]
		w := randomTensor(r, typ, 1+r.IntN(40), cols)
		n := 1 + r.IntN(20)
		x := randomInput(r, n, cols)
		for i, b := range overlay { // values of any magnitude, but no infinity and no NaN
			at := r.IntN(len(x))
			if v := math.Float32frombits(uint32(b)<<23 | uint32(i)); !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) && v < 1e30 {
				x[at] = v
			}
		}
		checkProduct(t, testPool(t, 2), w, x, n)
	})
}
