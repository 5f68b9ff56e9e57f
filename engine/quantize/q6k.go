package quantize

import "math"

// encodeQ6_K: 16 sub-blocks of 16 values d·scale·q, with scale in [-128, 127] and q in [-32, 31].
func encodeQ6_K(b []byte, x []float32) bool {
	clear(b)
	s := superQ6{}
	for i, v := range x {
		s.x[i] = float64(v)
	}
	peak := 0.0
	var wanted [16]float64
	for i := range wanted {
		wanted[i] = fitScale(s.sub(i), 32)
		if math.Abs(wanted[i]) > math.Abs(peak) {
			peak = wanted[i]
		}
	}
	d, ok := putHalf(b[208:], float32(unit(peak/-128)))
	s.d = float64(d)
	for i, w := range wanted {
		s.choose(i, w)
	}
	s.pack(b)
	return ok
}

// superQ6 is one block of 256 values while its scales are chosen.
type superQ6 struct {
	x      [256]float64
	d      float64 // a half
	scales [16]float64
}

func (s *superQ6) sub(i int) []float64 { return s.x[i*16 : (i+1)*16] }

// choose takes for sub-block i the scale with the least error among those next to the wanted one.
func (s *superQ6) choose(i int, wanted float64) {
	if s.d == 0 {
		return
	}
	middle, least := quantIn(wanted/s.d, -128, 127), math.Inf(1)
	for scale := max(middle-1, -128); scale <= min(middle+1, 127); scale++ {
		step, e := s.d*scale, 0.0
		for _, v := range s.sub(i) {
			miss := v - float64(step*quantOf(v, step))
			e += float64(miss * miss)
		}
		if e < least {
			least, s.scales[i] = e, scale
		}
	}
}

// quantOf is the q with which step·q is nearest to v.
func quantOf(v, step float64) float64 {
	if step == 0 {
		return 0
	}
	return quantIn(v/step, -32, 31)
}

// pack writes the quants plus 32: in each half of 128 values, four parts of 32 share 64 bytes of nibbles and 32 bytes
// of high bits.
func (s *superQ6) pack(b []byte) {
	low, high, scales := b[:128], b[128:192], b[192:208]
	for i, v := range s.x {
		q := byte(int(quantOf(v, s.d*s.scales[i/16])) + 32)
		h, part, at := i/128, i/32%4, i%32
		low[h*64+part%2*32+at] |= q & 15 << (part / 2 * 4)
		high[h*32+at] |= q >> 4 << (part * 2)
	}
	for i, scale := range s.scales {
		scales[i] = byte(int8(scale))
	}
}
