// Package quantize turns the float weights of a model file into blocks of few bits.
//
// The block formats are ggml's (see the decoders of engine/tensor); what is ours is how scales are chosen: each format
// of the K family looks for those with the least squared error. All arithmetic is stated so that no processor may fuse
// it: the same weights give the same bytes everywhere.
package quantize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"croft/engine/gguf"
)

// What callers branch on. The text of every error that wraps one of these is one sentence for people.
var (
	ErrSource = errors.New("a file that cannot be quantized")
	ErrWeight = errors.New("a weight that cannot be quantized") // not a number, infinite, or too large
)

// fault is a sentence for people with a sentinel for callers.
type fault struct {
	kind     error
	sentence string
}

func (f *fault) Error() string { return f.sentence }
func (f *fault) Unwrap() error { return f.kind }

func refuse(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Sprintf(format, args...)}
}

// encoders write one block of finite values; false: they are too large for the format.
var encoders = map[gguf.Type]func(block []byte, x []float32) bool{
	gguf.F32:  encodeF32,
	gguf.F16:  encodeF16,
	gguf.Q8_0: encodeQ8_0,
	gguf.Q4_0: encodeQ4_0,
	gguf.Q4_K: encodeQ4_K,
	gguf.Q5_K: encodeQ5_K,
	gguf.Q6_K: encodeQ6_K,
}

// Append appends x as blocks of type t, which is F32, F16, Q8_0, Q4_0, Q4_K, Q5_K or Q6_K. It is an error when x is no
// whole number of blocks, and ErrWeight when a value is not finite or too large for t.
func Append(dst []byte, t gguf.Type, x []float32) ([]byte, error) {
	encode, ok := encoders[t]
	if !ok {
		return nil, fmt.Errorf("weights cannot be turned into type %v", t)
	}
	size := t.RowBytes(len(x))
	if size < 0 {
		return nil, fmt.Errorf("%d values are no whole blocks of type %v", len(x), t)
	}
	begin := len(dst)
	dst = append(dst, make([]byte, size)...)
	return dst, encodeAll(dst[begin:], t, encode, x)
}

func encodeAll(dst []byte, t gguf.Type, encode func([]byte, []float32) bool, x []float32) error {
	values, size := t.BlockValues(), t.BlockBytes()
	for i := range len(x) / values {
		part := x[i*values : (i+1)*values]
		if peak := peakOf(part); !finite(peak) {
			return notFinite(part)
		} else if !encode(dst[i*size:(i+1)*size], part) {
			return refuse(ErrWeight, "a weight of %g, which is too large for %v", peak, t)
		}
	}
	return nil
}

// peakOf is the value farthest from zero, the first of them; or one that is not finite.
func peakOf(x []float32) (peak float32) {
	most := uint32(0)
	for _, v := range x { // without their sign, floats are ordered as their bits
		if b := math.Float32bits(v) &^ (1 << 31); b > most {
			most, peak = b, v
		}
	}
	return peak
}

func finite(x float32) bool { return math.Float32bits(x)&0x7f800000 != 0x7f800000 }

func notFinite(x []float32) error {
	for _, v := range x {
		if v != v {
			return refuse(ErrWeight, "a weight that is not a number")
		}
	}
	return refuse(ErrWeight, "a weight that is infinite")
}

func encodeF32(b []byte, x []float32) bool {
	binary.LittleEndian.PutUint32(b, math.Float32bits(x[0]))
	return true
}

func encodeF16(b []byte, x []float32) bool {
	_, ok := putHalf(b, x[0])
	return ok
}

// encodeQ8_0: the scale puts the peak at 127.
func encodeQ8_0(b []byte, x []float32) bool {
	d := abs(peakOf(x)) / 127
	inverse := inverse(d)
	for i, v := range x {
		b[2+i] = byte(int8(awayFromZero(v * inverse)))
	}
	_, ok := putHalf(b, d)
	return ok
}

// encodeQ4_0: the scale puts the peak, with its sign, at -8, the end of the range that has one step more.
func encodeQ4_0(b []byte, x []float32) bool {
	d := peakOf(x) / -8
	inverse := inverse(d)
	quant := func(v float32) byte { return byte(min(15, int(float32(v*inverse)+8.5))) }
	for i := range 16 {
		b[2+i] = quant(x[i]) | quant(x[i+16])<<4
	}
	_, ok := putHalf(b, d)
	return ok
}

// inverse is 1/d, or 0 where that is too large; such a d is 0 in half precision, so every quant will do.
func inverse(d float32) float32 {
	if i := 1 / d; finite(i) {
		return i
	}
	return 0
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// awayFromZero rounds to the nearest integer, ties away from zero.
func awayFromZero(x float32) int { return int(float64(x) + math.Copysign(0.5, float64(x))) }
