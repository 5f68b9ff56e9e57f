package tensor

import (
	"math"

	"croft/engine/gguf"
)

// The products as package kernels defines them, worked out in Go from the bytes of the file.

// fma32 is a·b + c rounded once.
func fma32(a, b, c float32) float32 {
	product := float64(a) * float64(b) // exact
	sum := product + float64(c)
	// The part that sum lost (Knuth's two-sum) says where the true value lies. An odd last bit keeps the second
	// rounding, to float32, from being misled.
	part := sum - product
	lost := (product - (sum - part)) + (float64(c) - part)
	if lost != 0 && math.Float64bits(sum)&1 == 0 {
		sum = math.Nextafter(sum, math.Copysign(math.Inf(1), lost))
	}
	return float32(sum)
}

// quantizeInput is the int8 values and the scale of a block.
func quantizeInput(x []float32) ([]int, float32) {
	var peak float32
	for _, v := range x {
		peak = max(peak, float32(math.Abs(float64(v))))
	}
	q := make([]int, len(x))
	if peak < 0x1p-100 {
		return q, 0
	}
	inverse := float32(127) / peak
	for i, v := range x {
		q[i] = int(math.RoundToEven(float64(float32(v * inverse))))
	}
	return q, peak / 127
}

// wantProduct is the product of one row of weights in the file and one token's input.
func wantProduct(t gguf.Type, row []byte, x []float32) float32 {
	if _, ok := dense[t]; ok {
		return wantDense(t, row, x)
	}
	values, size := t.BlockValues(), t.BlockBytes()
	var sum float32
	for b := range len(x) / values {
		q, one := quantizeInput(x[b*values : (b+1)*values])
		sum = wantBlock(t, row[b*size:(b+1)*size], q, one, sum)
	}
	return sum
}

func wantDense(t gguf.Type, row []byte, x []float32) float32 {
	w := make([]float32, len(x))
	if err := Dequantize(t, row, w); err != nil {
		panic(err)
	}
	var sums [16]float32
	for k := range x {
		sums[k%16] = fma32(w[k], x[k], sums[k%16])
	}
	for half := 8; half > 0; half /= 2 {
		for i := range half {
			sums[i] += sums[i+half]
		}
	}
	return sums[0]
}

// wantBlock adds one block: its integers come from the decoder, given scales of 1.
func wantBlock(t gguf.Type, block []byte, x []int, one, sum float32) float32 {
	switch t {
	case gguf.Q4_0, gguf.Q8_0:
		return fma32(float32(dotInt(t, block, 0, x)), half(block)*one, sum)
	case gguf.Q6_K:
		return fma32(float32(dotInt(t, block, 208, x)), half(block[208:])*one, sum)
	}
	mins := 0
	for s := range 8 {
		_, least := scaleMin(block[4:16], s)
		for _, v := range x[s*32 : (s+1)*32] {
			mins += int(least) * v
		}
	}
	withoutMin := append([]byte{}, block...)
	withoutMin[2], withoutMin[3] = 0, 0
	sum = fma32(float32(dotInt(t, withoutMin, 0, x)), half(block)*one, sum)
	return fma32(float32(mins), half(block[2:])*-one, sum)
}

// dotInt is the exact sum of the products of x and block's values when the float16 at scaleAt is 1.
func dotInt(t gguf.Type, block []byte, scaleAt int, x []int) int32 {
	b := append([]byte{}, block...)
	b[scaleAt], b[scaleAt+1] = 0, 0x3c
	w := make([]float32, len(x))
	if err := Dequantize(t, b, w); err != nil {
		panic(err)
	}
	sum := 0
	for i, v := range w {
		sum += int(v) * x[i]
	}
	return int32(sum)
}
