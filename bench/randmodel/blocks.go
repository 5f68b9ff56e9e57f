package randmodel

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// blockType is how a tensor's values are stored: blocks of elems values in
// bytes bytes, made random by fill.
type blockType struct {
	ggml  uint32 // the type's number in a GGUF file
	elems int
	bytes int
	fill  func(row []byte, sigma float64, r *rand.ChaCha8)
}

// The block layouts are those of the GGUF specification.
var (
	f32  = blockType{ggml: 0, elems: 1, bytes: 4, fill: fillF32}
	f16  = blockType{ggml: 1, elems: 1, bytes: 2, fill: fillF16}
	q4_0 = blockType{ggml: 2, elems: 32, bytes: 18, fill: fillQ4_0}
	q8_0 = blockType{ggml: 8, elems: 32, bytes: 34, fill: fillQ8_0}
	q4_K = blockType{ggml: 12, elems: 256, bytes: 144, fill: fillQ4_K}
	q6_K = blockType{ggml: 14, elems: 256, bytes: 210, fill: fillQ6_K}
)

func (t blockType) size(elems int) int { return elems / t.elems * t.bytes }

// Standard deviations of the uniform integers that the blocks hold.
const (
	std4 = 4.61  // 0 … 15
	std6 = 18.47 // -32 … 31
	std8 = 73.3  // -127 … 127
)

func fillF32(row []byte, _ float64, _ *rand.ChaCha8) {
	for i := 0; i < len(row); i += 4 { // norms and rotary factors: all one
		binary.LittleEndian.PutUint32(row[i:], math.Float32bits(1))
	}
}

func fillF16(row []byte, sigma float64, r *rand.ChaCha8) {
	r.Read(row)
	for i := 0; i < len(row); i += 2 {
		u := float64(int16(binary.LittleEndian.Uint16(row[i:]))) / 32768 // uniform in [-1, 1)
		putHalf(row[i:], u*math.Sqrt(3)*sigma)
	}
}

func fillQ4_0(row []byte, sigma float64, r *rand.ChaCha8) {
	r.Read(row)
	for b := 0; b < len(row); b += 18 {
		putHalf(row[b:], vary(row[b:])*sigma/std4)
	}
}

func fillQ8_0(row []byte, sigma float64, r *rand.ChaCha8) {
	r.Read(row)
	for b := 0; b < len(row); b += 34 {
		putHalf(row[b:], vary(row[b:])*sigma/std8)
		for i := b + 2; i < b+34; i++ {
			if row[i] == 0x80 { // no quantiser writes -128
				row[i] = 0x81
			}
		}
	}
}

// fillQ4_K gives each sub-block a minimum of 7.5 of its steps, so that the
// values are centred on zero: value = d*sc*q - dmin*m with m = sc, dmin = 7.5 d.
func fillQ4_K(row []byte, sigma float64, r *rand.ChaCha8) {
	r.Read(row)
	const scMean = 48.0
	for b := 0; b < len(row); b += 144 {
		d := vary(row[b:]) * sigma / (std4 * scMean)
		putHalf(row[b:], d)
		putHalf(row[b+2:], 7.5*d)
		scales := row[b+4 : b+16]
		for i := range 4 { // sub-blocks i and i+4; six bits each: 32 … 63
			lo, hi := 32|scales[i]&31, 32|scales[i+4]&31
			scales[i] = lo | hi>>4<<6
			scales[i+4] = lo | hi>>4<<6
			scales[i+8] = hi&15 | hi&15<<4
		}
	}
}

func fillQ6_K(row []byte, sigma float64, r *rand.ChaCha8) {
	r.Read(row)
	const scMean = 96.0
	for b := 0; b < len(row); b += 210 {
		putHalf(row[b+208:], vary(row[b+208:])*sigma/(std6*scMean))
		for i := b + 192; i < b+208; i++ {
			scale := int8(64 | row[i]&63)
			if row[i]&64 != 0 {
				scale = -scale
			}
			row[i] = byte(scale)
		}
	}
}

// vary turns two random bytes into a factor between 0.75 and 1.25.
func vary(random []byte) float64 {
	return 0.75 + 0.5*float64(binary.LittleEndian.Uint16(random))/65535
}

// putHalf writes x, a normal or subnormal half in magnitude, as IEEE binary16.
func putHalf(b []byte, x float64) {
	bits := math.Float32bits(float32(x))
	sign := uint16(bits >> 16 & 0x8000)
	exp, man := int(bits>>23&0xff)-127+15, bits&0x7fffff
	switch {
	case exp >= 31:
		binary.LittleEndian.PutUint16(b, sign|0x7bff) // the largest half
	case exp > 0:
		binary.LittleEndian.PutUint16(b, sign|uint16(exp<<10)+uint16((man+0x1000)>>13))
	case exp > -11:
		binary.LittleEndian.PutUint16(b, sign|uint16((man|0x800000)>>(14-exp)))
	default:
		binary.LittleEndian.PutUint16(b, sign)
	}
}
