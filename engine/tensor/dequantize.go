package tensor

import (
	"encoding/binary"
	"fmt"
	"math"

	"croft/engine/gguf"
)

// decoders turn one block into values, each as ggml's C code defines it (ggml-quants.c), in the same order of operations.
var decoders = map[gguf.Type]func(block []byte, dst []float32){
	gguf.F32: func(b []byte, dst []float32) { dst[0] = math.Float32frombits(binary.LittleEndian.Uint32(b)) },
	gguf.F16: func(b []byte, dst []float32) { dst[0] = half(b) },
	gguf.BF16: func(b []byte, dst []float32) {
		dst[0] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	},
	gguf.Q4_0: decodeQ4_0,
	gguf.Q8_0: decodeQ8_0,
	gguf.Q4_K: decodeQ4_K,
	gguf.Q5_K: decodeQ5_K,
	gguf.Q6_K: decodeQ6_K,
}

// Dequantize turns whole blocks of type t into values. It is an error when the type is not supported or src and dst do
// not hold the same number of values.
func Dequantize(t gguf.Type, src []byte, dst []float32) error {
	decode, ok := decoders[t]
	if !ok {
		return fmt.Errorf("weights of type %v are not supported", t)
	}
	values, size := t.BlockValues(), t.BlockBytes()
	if len(src)%size != 0 || len(src)/size*values != len(dst) {
		return fmt.Errorf("%d bytes of type %v are not %d values", len(src), t, len(dst))
	}
	for i := range len(src) / size {
		decode(src[i*size:(i+1)*size], dst[i*values:(i+1)*values])
	}
	return nil
}

// half is the IEEE binary16 number at the beginning of b.
func half(b []byte) float32 {
	h := uint32(binary.LittleEndian.Uint16(b))
	sign, exponent, mantissa := h>>15<<31, h>>10&31, h&1023
	switch exponent {
	case 0: // zero or subnormal
		return math.Float32frombits(sign | math.Float32bits(float32(mantissa)*0x1p-24))
	case 31: // infinite or not a number
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}

func decodeQ4_0(b []byte, dst []float32) {
	d := half(b)
	for i, q := range b[2:18] {
		dst[i] = d * float32(int(q&15)-8)
		dst[i+16] = d * float32(int(q>>4)-8)
	}
}

func decodeQ8_0(b []byte, dst []float32) {
	d := half(b)
	for i, q := range b[2:34] {
		dst[i] = d * float32(int8(q))
	}
}

// scaleMin is the 6-bit scale and minimum of sub-block s of Q4_K and Q5_K, from their 12 bytes.
func scaleMin(p []byte, s int) (scale, least float32) {
	if s < 4 {
		return float32(p[s] & 63), float32(p[s+4] & 63)
	}
	return float32(p[s+4]&15 | p[s-4]>>6<<4), float32(p[s+4]>>4 | p[s]>>6<<4)
}

func decodeQ4_K(b []byte, dst []float32) { decodeQ45_K(b, nil, b[16:144], dst) }

func decodeQ5_K(b []byte, dst []float32) { decodeQ45_K(b, b[16:48], b[48:176], dst) }

// decodeQ45_K: two sub-blocks of 32 values share 32 bytes of nibbles; bit s of fifth belongs to sub-block s.
func decodeQ45_K(b, fifth, nibbles []byte, dst []float32) {
	d, dmin := half(b), half(b[2:])
	for s := range 8 {
		scale, least := scaleMin(b[4:16], s)
		scale, least = d*scale, dmin*least
		for i := range 32 {
			q := nibbles[s/2*32+i] >> (s % 2 * 4) & 15
			if fifth != nil {
				q |= fifth[i] >> s & 1 << 4
			}
			dst[s*32+i] = float32(scale*float32(q)) - least
		}
	}
}

// decodeQ6_K: in each half of 128 values, four parts of 32 share 64 bytes of nibbles and 32 bytes of high bits.
func decodeQ6_K(b []byte, dst []float32) {
	low, high, scales, d := b[:128], b[128:192], b[192:208], half(b[208:])
	for i := range dst {
		h, part, at := i/128, i/32%4, i%32
		q := low[h*64+part%2*32+at]>>(part/2*4)&15 | high[h*32+at]>>(part*2)&3<<4
		dst[i] = d * float32(int8(scales[i/16])) * float32(int(q)-32)
	}
}
