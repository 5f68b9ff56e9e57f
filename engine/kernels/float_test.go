package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"
)

func randoms(r *rand.Rand, n int, scale float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(scale * r.NormFloat64())
	}
	return x
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// everySet runs f with every set and checks that what it returns is the same to the bit.
func everySet(t *testing.T, f func(s Set) []float32) []float32 {
	t.Helper()
	want := f(Reference)
	for _, s := range Available()[1:] {
		if got := f(s); !sameBits(got, want) {
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%v differs from the reference: element %d of %d is %v, not %v", s, i, len(got), got[i], want[i])
				}
			}
			t.Fatalf("%v differs from the reference", s)
		}
	}
	return want
}

func closeTo(t *testing.T, what string, got float32, want, tolerance float64) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= tolerance*max(1, math.Abs(want))) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestExp(t *testing.T) {
	x := []float32{0, 1, -1, 88, 100, -86.9, -87, -87.1, float32(math.Inf(-1)), 1e-30, 0.34657, -0.34658}
	for v := float32(-87); v <= 88; v += 0.0137 {
		x = append(x, v)
	}
	out := everySet(t, func(s Set) []float32 {
		out := make([]float32, len(x))
		s.Exp(x, out)
		return out
	})
	if out[0] != 1 {
		t.Errorf("exp(0) = %v", out[0])
	}
	for i, v := range x {
		want := math.Exp(float64(min(v, 88)))
		if v < -87 {
			want = 0
		}
		if d := math.Abs(float64(out[i]) - want); !(d <= 1.5e-7*want) {
			t.Fatalf("exp(%v) = %v, want %v", v, out[i], want)
		}
	}
}

func TestAddNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, cols := range []int{1, 8, 15, 16, 17, 64, 100, 1024, 1031} {
		n := 3
		x, y, w := randoms(r, n*cols, 3), randoms(r, n*cols, 3), randoms(r, cols, 1)
		out := everySet(t, func(s Set) []float32 {
			sum, out := slices.Clone(x), make([]float32, n*cols)
			s.AddNorm(sum, y, w, 1e-5, out)
			return append(sum, out...)
		})
		for row := range n {
			squares := 0.0
			for i := range cols {
				v := float64(x[row*cols+i] + y[row*cols+i])
				squares += v * v
			}
			for i := range cols {
				v := float64(x[row*cols+i]+y[row*cols+i]) / math.Sqrt(squares/float64(cols)+1e-5) * float64(w[i])
				closeTo(t, fmt.Sprint("norm over ", cols), out[n*cols+row*cols+i], v, 1e-5)
			}
		}
	}
}

func TestSiLUMul(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	gate, up := randoms(r, 1003, 20), randoms(r, 1003, 2)
	out := everySet(t, func(s Set) []float32 {
		out := slices.Clone(gate)
		s.SiLUMul(out, up)
		return out
	})
	for i := range out {
		g := float64(gate[i])
		closeTo(t, "silu", out[i], g/(1+math.Exp(-g))*float64(up[i]), 1e-6)
	}
}

func TestPrepareHeads(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const n, heads = 3, 5
	for _, dim := range []int{8, 32, 64, 80, 96, 128} {
		for _, interleaved := range []bool{false, true} {
			for _, rotated := range []int{dim, dim / 2} {
				h := Heads{
					Dim: dim, Rotated: rotated, Interleaved: interleaved, Eps: 1e-6, Scale: 0.3,
					Norm: randoms(r, dim, 1), Bias: randoms(r, heads*dim, 1),
				}
				angle := randoms(r, n*rotated/2, 1)
				cos, sin := make([]float32, len(angle)), make([]float32, len(angle))
				for i, a := range angle {
					cos[i], sin[i] = float32(math.Cos(float64(a))), float32(math.Sin(float64(a)))
				}
				x := randoms(r, n*heads*dim, 2)
				got := everySet(t, func(s Set) []float32 {
					out := slices.Clone(x)
					s.PrepareHeads(&h, n, cos, sin, out)
					return out
				})
				want := preparedHeads(&h, n, cos, sin, x)
				for i := range got {
					closeTo(t, fmt.Sprint("head of ", dim), got[i], want[i], 1e-5)
				}
			}
		}
	}
}

// preparedHeads is PrepareHeads as the papers have it, in float64.
func preparedHeads(h *Heads, n int, cos, sin, x []float32) []float64 {
	out := make([]float64, len(x))
	row := len(x) / n
	for i := range x {
		out[i] = float64(x[i] + h.Bias[i%row])
	}
	for at := 0; at < len(out); at += h.Dim {
		head, squares := out[at:at+h.Dim], 0.0
		for _, v := range head {
			squares += v * v
		}
		for i := range head {
			head[i] *= float64(h.Norm[i]) / math.Sqrt(squares/float64(h.Dim)+float64(h.Eps))
		}
		for i := range h.Rotated / 2 {
			a, b := i, i+h.Rotated/2
			if h.Interleaved {
				a, b = 2*i, 2*i+1
			}
			c, s := float64(cos[at/row*h.Rotated/2+i]), float64(sin[at/row*h.Rotated/2+i])
			head[a], head[b] = head[a]*c-head[b]*s, head[b]*c+head[a]*s
		}
		for i := range head {
			head[i] *= float64(h.Scale)
		}
	}
	return out
}

// memory is a sequence's keys and values of one layer.
type memory struct {
	l     TileLayout
	heads int
	bytes [][]byte
}

func newMemory(s Set, l TileLayout, heads int, k, v []float32) *memory {
	m := &memory{l: l, heads: heads}
	row := heads * l.Dim
	for p := range len(k) / row {
		if p%Tile == 0 {
			m.bytes = append(m.bytes, make([]byte, heads*l.Bytes()))
		}
		s.Store(l, k[p*row:(p+1)*row], v[p*row:(p+1)*row], m.bytes[p/Tile], p%Tile)
	}
	return m
}

// attend runs one key head's attention, with the tiles where the collector cannot object to their addresses.
func (m *memory) attend(s Set, head, group, stride int, pos []int32, x []float32) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	tiles := make([]unsafe.Pointer, len(m.bytes))
	for i, b := range m.bytes {
		pinner.Pin(&b[0])
		tiles[i] = unsafe.Pointer(&b[0])
	}
	s.Attend(m.l, tiles, head*m.l.Bytes(), group, stride, pos, x)
}

func TestAttention(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const heads = 2
	dims, groups := []int{8, 16, 32, 64, 80, 96, 128, 256}, []int{1, 2, 3, 4, 7}
	if testing.Short() { // for processors that are emulated
		dims, groups = []int{8, 80, 128}, []int{1, 7}
	}
	for _, dim := range dims {
		for _, half := range []bool{false, true} {
			for _, group := range groups {
				const n = 133
				l := TileLayout{Dim: dim, Half: half}
				k, v := randoms(r, n*heads*dim, 1), randoms(r, n*heads*dim, 1)
				q := randoms(r, n*group*dim, 1/math.Sqrt(float64(dim)))
				pos := make([]int32, n)
				for i := range pos {
					pos[i] = int32(i)
				}
				got := everySet(t, func(s Set) []float32 {
					x := slices.Clone(q)
					newMemory(s, l, heads, k, v).attend(s, 1, group, group*dim, pos, x)
					return x
				})
				tolerance := 1e-5
				if half {
					tolerance = 3e-3
				}
				for _, i := range []int{0, 1, 15, 16, 63, 64, 65, 132} {
					for g := range group {
						at := (i*group + g) * dim
						want := attention(q[at:at+dim], k, v, 1, heads, i+1)
						for d := range want {
							closeTo(t, fmt.Sprintf("dim %d half %v group %d token %d", dim, half, group, i), got[at+d], want[d], tolerance)
						}
					}
				}
				for _, s := range Available() {
					checkAlone(t, s, newMemory(s, l, heads, k, v), group, q, got)
				}
			}
		}
	}
}

// checkAlone asks for tokens one at a time and in small groups, which must change no bit.
func checkAlone(t *testing.T, s Set, m *memory, group int, q, want []float32) {
	t.Helper()
	row := group * m.l.Dim
	for _, first := range []int{0, 17, 63, 64, 130} {
		for _, n := range []int{1, 2, 3} {
			x := slices.Clone(q[first*row : (first+n)*row])
			pos := []int32{int32(first), int32(first + 1), int32(first + 2)}[:n]
			m.attend(s, 1, group, row, pos, x)
			if !sameBits(x, want[first*row:(first+n)*row]) {
				t.Fatalf("%v: head of %d, group of %d: tokens %d to %d alone are not what they are in a prompt", s, m.l.Dim, group, first, first+n)
			}
		}
	}
}

// attention of one query over n positions, in float64.
func attention(q, k, v []float32, head, heads, n int) []float64 {
	dim := len(q)
	at := func(x []float32, p, d int) float64 { return float64(x[(p*heads+head)*dim+d]) }
	score, top := make([]float64, n), math.Inf(-1)
	for p := range score {
		for d := range q {
			score[p] += float64(q[d]) * at(k, p, d)
		}
		top = max(top, score[p])
	}
	out, total := make([]float64, dim), 0.0
	for p := range score {
		w := math.Exp(score[p] - top)
		total += w
		for d := range out {
			out[d] += w * at(v, p, d)
		}
	}
	for d := range out {
		out[d] /= total
	}
	return out
}

func TestHalvesRoundToEvenAndEndAtTheLargest(t *testing.T) {
	cases := map[float32]float64{
		1: 1, 65504: 65504, 65519: 65504, 65520: 65504, 1e30: 65504, -1e30: -65504, 2049: 2048, 2051: 2052, 0: 0,
		5.9604645e-08: math.Ldexp(1, -24), 2.9802322e-08: 0, 8.940697e-08: math.Ldexp(1, -23), 6.1035156e-05: math.Ldexp(1, -14), 0.1: 0.0999755859375,
	}
	for x, want := range cases {
		got := everySet(t, func(s Set) []float32 {
			l := TileLayout{Dim: 16, Half: true}
			v := slices.Repeat([]float32{x}, 16)
			out := make([]float32, 16) // a query of zeros over one position gives the value back
			newMemory(s, l, 1, v, v).attend(s, 0, 1, 16, []int32{0}, out)
			return out
		})
		if float64(got[0]) != want {
			t.Errorf("%v was kept as %v, want %v", x, got[0], want)
		}
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"AddNorm": func() { Reference.AddNorm(make([]float32, 5), nil, make([]float32, 2), 0, make([]float32, 5)) },
		"Add":     func() { Reference.Add(make([]float32, 2), make([]float32, 1)) },
		"Attend": func() {
			Reference.Attend(TileLayout{Dim: 16}, nil, 0, 1, 16, []int32{0}, make([]float32, 16))
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s took lengths that do not fit", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkAttend(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	const dim, group = 128, 2
	l := TileLayout{Dim: dim, Half: true}
	for _, c := range []struct{ tokens, seen int }{{1, 128}, {1, 2048}, {64, 512}, {64, 2048}} {
		for _, s := range Available() {
			k := randoms(r, c.seen*dim, 1)
			m := newMemory(s, l, 1, k, k)
			q := randoms(r, c.tokens*group*dim, 0.1)
			pos := make([]int32, c.tokens)
			for i := range pos {
				pos[i] = int32(c.seen - c.tokens + i)
			}
			b.Run(fmt.Sprintf("%v/tokens=%d/seen=%d", s, c.tokens, c.seen), func(b *testing.B) {
				x := make([]float32, len(q))
				for b.Loop() {
					copy(x, q)
					m.attend(s, 0, group, group*dim, pos, x)
				}
				macs := float64(2 * c.tokens * group * dim * c.seen)
				b.ReportMetric(macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}
