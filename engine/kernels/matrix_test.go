package kernels

import (
	"math"
	"testing"
)

// TestQuantizeRoundsToEven: with a peak of 127 every value is its own quotient.
func TestQuantizeRoundsToEven(t *testing.T) {
	x := make([]float32, 256)
	x[0], x[1], x[2], x[3], x[4], x[5] = 127, 0.5, 1.5, -2.5, -127, 2.4999
	want := []int8{127, 0, 2, -2, -127, 2}
	for _, set := range Available() {
		for _, block := range []int{32, 256} {
			words := make([]uint32, InputWords(block, len(x)))
			Quantize(set, block, x, len(x), 1, 1, words)
			for i, w := range want {
				if got := int8(words[i/4] >> (i % 4 * 8)); got != w {
					t.Errorf("%v, blocks of %d: %v became %d, want %d", set, block, x[i], got, w)
				}
			}
		}
	}
}

// TestQuantizeOddBlocks: nothing becomes nothing, tiny values become 0, and what is not finite stays so.
func TestQuantizeOddBlocks(t *testing.T) {
	inf := float32(math.Inf(1))
	cases := map[float32]func(scale float32) bool{
		0:                             func(s float32) bool { return s == 0 },
		0x1p-120:                      func(s float32) bool { return s == 0 },
		127 * 0x1p-90:                 func(s float32) bool { return s == 0x1p-90 },
		math.MaxFloat32:               func(s float32) bool { return s == float32(math.MaxFloat32)/127 },
		inf:                           func(s float32) bool { return s != s },
		float32(math.Copysign(0, -1)): func(s float32) bool { return s == 0 },
	}
	for _, set := range Available() {
		for value, ok := range cases {
			x, words := make([]float32, 32), make([]uint32, InputWords(32, 32))
			x[7] = value
			Quantize(set, 32, x, 32, 1, 1, words)
			if scale := math.Float32frombits(words[8]); !ok(scale) {
				t.Errorf("%v: a block whose peak is %v has the scale %v", set, value, scale)
			}
		}
	}
}

// TestLengthsAreChecked: what does not fit never reaches C.
func TestLengthsAreChecked(t *testing.T) {
	panics := func(name string, f func()) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s was taken", name)
			}
		}()
		f()
	}
	x, words, out := make([]float32, 64), make([]uint32, InputWords(32, 64)), make([]float32, 16)
	panel := make([]byte, Q4_0.PanelBytes(2))
	MultiplyPanels(Best(), Q4_0, panel, 16, 64, words, 1, 1, out, 16)
	panics("a short panel", func() { MultiplyPanels(Best(), Q4_0, panel[1:], 16, 64, words, 1, 1, out, 16) })
	panics("a short input", func() { MultiplyPanels(Best(), Q4_0, panel, 16, 64, words[1:], 1, 1, out, 16) })
	panics("a short output", func() { MultiplyPanels(Best(), Q4_0, panel, 16, 64, words, 1, 1, out[1:], 16) })
	panics("a stride below the rows", func() { MultiplyPanels(Best(), Q4_0, panel, 16, 64, words, 1, 1, out, 15) })
	panics("short rows", func() { MultiplyRows(Best(), F16, panel[:100], 1, 64, x, 1, out, 16) })
	panics("short words", func() { Quantize(Best(), 32, x, 64, 1, 1, words[1:]) })
	panics("half a block", func() { Quantize(Best(), 32, x, 40, 1, 1, words) })
	panics("more tokens than fit together", func() { Quantize(Best(), 32, x, 32, 1, 2, words) })
}
