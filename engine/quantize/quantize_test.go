package quantize

import (
	"encoding/hex"
	"errors"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"croft/engine/gguf"
	"croft/engine/tensor"
)

var quantized = []gguf.Type{gguf.Q8_0, gguf.Q4_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K}

// roundTrip quantizes x and turns it back with the decoders of the engine.
func roundTrip(t *testing.T, typ gguf.Type, x []float32) []float32 {
	t.Helper()
	b, err := Append(nil, typ, x)
	if err != nil {
		t.Fatalf("%v: %v", typ, err)
	}
	y := make([]float32, len(x))
	if err := tensor.Dequantize(typ, b, y); err != nil {
		t.Fatal(err)
	}
	return y
}

// relativeError is the root of the mean squared error, over that of x itself; 0 for zeros that stayed zeros.
func relativeError(x, y []float32) float64 {
	missed, all := 0.0, 0.0
	for i, v := range x {
		d := float64(y[i]) - float64(v)
		missed, all = missed+d*d, all+float64(v)*float64(v)
	}
	if missed == 0 {
		return 0
	}
	return math.Sqrt(missed / all)
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// gaussian is n weights as a trained matrix has them.
func gaussian(r *rand.Rand, n int, sigma float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(sigma * r.NormFloat64())
	}
	return x
}

// TestErrorsOfOrdinaryWeights: each bit more halves the error. The bounds are measured, with 3 % to spare.
func TestErrorsOfOrdinaryWeights(t *testing.T) {
	bounds := map[gguf.Type]float64{gguf.Q8_0: 0.00554, gguf.Q4_0: 0.0892, gguf.Q4_K: 0.0726, gguf.Q5_K: 0.0357, gguf.Q6_K: 0.0178}
	for _, sigma := range []float64{0.02, 1, 300} {
		x := gaussian(random(1), 256*64, sigma)
		for _, typ := range quantized {
			e := relativeError(x, roundTrip(t, typ, x))
			t.Logf("%v, sigma %v: %.5f", typ, sigma, e)
			if e > bounds[typ] {
				t.Errorf("%v, sigma %v: error %.5f, at most %.5f", typ, sigma, e, bounds[typ])
			}
		}
	}
}

func TestZerosStayZeros(t *testing.T) {
	x := make([]float32, 512)
	x[300] = float32(math.Copysign(0, -1))
	for _, typ := range quantized {
		for i, v := range roundTrip(t, typ, x) {
			if v != 0 {
				t.Errorf("%v: zero %d became %v", typ, i, v)
			}
		}
	}
}

// TestEqualWeightsStayEqual: with one value everywhere, slopes and determinants vanish.
func TestEqualWeightsStayEqual(t *testing.T) {
	for _, value := range []float32{1, -1, 0.03, -700} {
		x := slices.Repeat([]float32{value}, 256)
		for _, typ := range quantized {
			y := roundTrip(t, typ, x)
			if e := relativeError(x, y); e > 0.005 || slices.Max(y) != slices.Min(y) {
				t.Errorf("%v: %v became %v to %v", typ, value, slices.Min(y), slices.Max(y))
			}
		}
	}
}

// TestTinyWeights: below what a half can scale, weights become zero, not something larger than they were.
func TestTinyWeights(t *testing.T) {
	for _, sigma := range []float64{1e-4, 1e-6, 1e-7, 1e-9, 1e-20, 1e-38, 1e-44} {
		x := gaussian(random(2), 1024, sigma)
		for _, typ := range quantized {
			if e := relativeError(x, roundTrip(t, typ, x)); e > 1.02 {
				t.Errorf("%v, sigma %v: error %v", typ, sigma, e)
			}
		}
	}
}

func TestWeightsThatAreNoNumbersAreRefused(t *testing.T) {
	infinity := float32(math.Inf(1))
	for word, bad := range map[string]float32{"not a number": float32(math.NaN()), "infinite": infinity, "that is infinite": -infinity} {
		for at := range 256 {
			x := gaussian(random(3), 256, 1)
			x[at] = bad
			for _, typ := range append(quantized, gguf.F16, gguf.F32) {
				if _, err := Append(nil, typ, x); !errors.Is(err, ErrWeight) || !strings.Contains(err.Error(), word) {
					t.Fatalf("%v: %v at %d gives %v", typ, bad, at, err)
				}
			}
		}
	}
}

// TestLargeWeights: as large as a half can scale is taken, more is refused; nothing becomes infinite.
func TestLargeWeights(t *testing.T) {
	for _, size := range []float64{1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e20, math.MaxFloat32} {
		x := make([]float32, 256)
		for i := range x {
			x[i] = float32(size * math.Sin(float64(i)))
		}
		for _, typ := range append(quantized, gguf.F16) {
			b, err := Append(nil, typ, x)
			if err != nil {
				if size < 5e5 && typ != gguf.F16 || !errors.Is(err, ErrWeight) || !strings.Contains(err.Error(), "too large for "+typ.String()) {
					t.Errorf("%v: %g gives %v", typ, size, err)
				}
				continue
			}
			y := make([]float32, len(x))
			if err := tensor.Dequantize(typ, b, y); err != nil {
				t.Fatal(err)
			}
			if e := relativeError(x, y); size >= 1e9 || !(e < 0.1) {
				t.Errorf("%v: %g was taken with an error of %v", typ, size, e)
			}
		}
	}
}

// TestAnyWeightsComeBack: whatever the values, no value of a block misses by more than a step that the format must have.
func TestAnyWeightsComeBack(t *testing.T) {
	r := random(4)
	for range 400 {
		x := oddWeights(r)
		for _, typ := range quantized {
			y := roundTrip(t, typ, x)
			// A block of 32 spans at most twice its peak; Q4_0 cuts off one end by a step of peak/8.
			steps := map[gguf.Type]float64{gguf.Q8_0: 220, gguf.Q4_0: 7.9, gguf.Q4_K: 7, gguf.Q5_K: 14, gguf.Q6_K: 24}[typ]
			for i := range x {
				block := x[i/256*256 : i/256*256+256]
				bound := float64(abs(peakOf(block)))/steps + 1e-4
				if miss := math.Abs(float64(y[i]) - float64(x[i])); !(miss <= bound) {
					t.Fatalf("%v: %v became %v, bound %v", typ, x[i], y[i], bound)
				}
			}
		}
	}
}

// oddWeights is 256 values of mixed sizes and signs, some equal, some zero.
func oddWeights(r *rand.Rand) []float32 {
	x := make([]float32, 256)
	shift, keep := r.NormFloat64()*float64(r.IntN(3)), r.Float64()
	for i := range x {
		if r.Float64() < keep {
			x[i] = float32((r.NormFloat64() + shift) * math.Exp(2*r.NormFloat64()))
		}
	}
	return x
}

func TestWrongSizesAndTypesAreRefused(t *testing.T) {
	if _, err := Append(nil, gguf.Q4_K, make([]float32, 255)); err == nil {
		t.Error("a block that is not whole was taken")
	}
	if _, err := Append(nil, gguf.IQ2_S, make([]float32, 256)); err == nil {
		t.Error("a type that cannot be made was taken")
	}
}

// TestHalfIsNearest compares with every half that is a number: itself, and the middle between it and the next.
func TestHalfIsNearest(t *testing.T) {
	decode := func(bits uint16) float32 {
		var x [1]float32
		if err := tensor.Dequantize(gguf.F16, []byte{byte(bits), byte(bits >> 8)}, x[:]); err != nil {
			t.Fatal(err)
		}
		return x[0]
	}
	check := func(x float32, want uint16) {
		for _, sign := range []uint16{0, 1 << 15} {
			if sign != 0 {
				x = -x
			}
			bits, rounded, ok := half(x)
			if !ok || bits != want|sign || rounded != decode(bits) {
				t.Fatalf("%v gives %#x = %v (%v), want %#x", x, bits, rounded, ok, want|sign)
			}
		}
	}
	const largest = 0x7bff
	for bits := range uint16(largest) {
		low, high := decode(bits), decode(bits+1)
		middle := (low + high) / 2
		check(low, bits)
		check(middle, bits+bits&1)
		check(math.Nextafter32(middle, 0), bits)
		check(math.Nextafter32(middle, high), bits+1)
	}
	check(math.Nextafter32(65520, 0), largest)
	if _, _, ok := half(65520); ok {
		t.Error("65520 is a half")
	}
}

// TestProcessorsMakeEqualBytes: the fingerprint is the same on every processor, those that fuse products and sums too.
func TestProcessorsMakeEqualBytes(t *testing.T) {
	h := fnv.New64a()
	r := random(5)
	for range 40 {
		for _, typ := range quantized {
			b, err := Append(nil, typ, oddWeights(r))
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != fingerprint {
		t.Errorf("the blocks have the fingerprint %s, elsewhere %s", got, fingerprint)
	}
}

const fingerprint = "fd1653b1a180cf7f"

func BenchmarkAppend(b *testing.B) {
	x := gaussian(random(6), 1<<16, 0.02)
	for _, typ := range quantized {
		b.Run(typ.String(), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			var dst []byte
			for b.Loop() {
				dst, _ = Append(dst[:0], typ, x)
			}
		})
	}
}
