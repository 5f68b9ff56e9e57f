package quantize

import (
	"encoding/binary"
	"math"
)

func encodeQ4_K(b []byte, x []float32) bool { return encodeQ45_K(b, nil, b[16:144], x) }

func encodeQ5_K(b []byte, x []float32) bool { return encodeQ45_K(b, b[16:48], b[48:176], x) }

// encodeQ45_K: 8 sub-blocks of 32 values d·scale·q - dmin·least, with scale and least in [0, 63] and q in [0, 15], or
// [0, 31] where there is room for a fifth bit.
func encodeQ45_K(b, fifth, nibbles []byte, x []float32) bool {
	clear(b)
	s := superQ45{n: 15}
	if fifth != nil {
		s.n = 31
	}
	for i, v := range x {
		s.x[i] = float64(v)
	}
	var wanted [8]line
	var scaleMax, leastMax float64
	for i := range wanted {
		wanted[i] = fitLine(s.sub(i), s.n)
		scaleMax, leastMax = max(scaleMax, wanted[i].scale), max(leastMax, wanted[i].least)
	}
	ok := s.setUnits(unit(scaleMax/63), unit(leastMax/63))
	for i, w := range wanted {
		s.choose(i, w)
	}
	s.refitUnits()
	binary.LittleEndian.PutUint16(b, s.halves[0])
	binary.LittleEndian.PutUint16(b[2:], s.halves[1])
	s.packScales(b[4:16])
	s.packQuants(fifth, nibbles)
	return ok
}

// superQ45 is one block of 256 values while its scales are chosen.
type superQ45 struct {
	n       float64 // the greatest quant
	x       [256]float64
	d, dmin float64 // halves
	halves  [2]uint16
	lines   [8]line // whole numbers, in units of d and dmin
}

func (s *superQ45) sub(i int) []float64 { return s.x[i*32 : (i+1)*32] }

// setUnits rounds d and dmin to halves.
func (s *superQ45) setUnits(d, dmin float64) bool {
	first, dHalf, ok := half(float32(d))
	second, dminHalf, ok2 := half(float32(dmin))
	s.d, s.dmin, s.halves = float64(dHalf), float64(dminHalf), [2]uint16{first, second}
	return ok && ok2
}

// choose takes for sub-block i the whole numbers with the least error among those next to the wanted line.
func (s *superQ45) choose(i int, wanted line) {
	scale, least := inUnits(wanted.scale, s.d), inUnits(wanted.least, s.dmin)
	lowest := s.missed(i, line{}) // which is better than a line whose parts are not small enough
	for a := max(scale-1, 0); a <= min(scale+1, 63); a++ {
		for m := max(least-1, 0); m <= min(least+1, 63); m++ {
			if e := s.missed(i, line{a, m}); e < lowest {
				lowest, s.lines[i] = e, line{a, m}
			}
		}
	}
}

// unit keeps what is not zero from becoming zero as a half.
func unit(x float64) float64 {
	if x == 0 {
		return 0
	}
	return math.Copysign(max(math.Abs(x), 0x1p-24), x)
}

// inUnits is how often unit goes into x, a whole number from 0 to 63.
func inUnits(x, unit float64) float64 {
	if unit == 0 {
		return 0
	}
	return quantIn(x/unit, 0, 63)
}

// missed is the squared error of sub-block i with a line in units.
func (s *superQ45) missed(i int, l line) (e float64) {
	scale, least := s.d*l.scale, s.dmin*l.least
	inverse := inverseOf(scale)
	for _, v := range s.sub(i) {
		q := quantIn(float64((v+least)*inverse), 0, s.n)
		miss := v + least - float64(scale*q)
		e += float64(miss * miss)
	}
	return e
}

func inverseOf(scale float64) float64 {
	if scale == 0 {
		return 0
	}
	return 1 / scale
}

func (s *superQ45) quant(i int, l line) float64 {
	scale, least := s.d*l.scale, s.dmin*l.least
	return quantIn(float64((s.x[i]+least)*inverseOf(scale)), 0, s.n)
}

func (s *superQ45) missedAll() (e float64) {
	for i, l := range s.lines {
		e += s.missed(i, l)
	}
	return e
}

// refitUnits takes the d and dmin of least squares for the chosen quants, x ≈ d·(scale·q) - dmin·least, where they are
// better after all rounding.
func (s *superQ45) refitUnits() {
	var aa, ab, bb, xa, xb float64
	for i, v := range s.x {
		l := s.lines[i/32]
		a, b := float64(l.scale*s.quant(i, l)), l.least
		aa, ab, bb = aa+float64(a*a), ab+float64(a*b), bb+float64(b*b)
		xa, xb = xa+float64(v*a), xb+float64(v*b)
	}
	det := float64(aa*bb) - float64(ab*ab)
	if det <= 0 {
		return
	}
	before, was := *s, s.missedAll()
	d, dmin := (float64(xa*bb)-float64(xb*ab))/det, (float64(xa*ab)-float64(xb*aa))/det
	if d <= 0 || dmin <= 0 || !s.setUnits(d, dmin) || s.missedAll() >= was {
		*s = before
	}
}

// packScales writes 8 scales and 8 minima of 6 bits into 12 bytes.
func (s *superQ45) packScales(p []byte) {
	for i := range 4 {
		scale, least := byte(s.lines[i+4].scale), byte(s.lines[i+4].least)
		p[i] = byte(s.lines[i].scale) | scale>>4<<6
		p[i+4] = byte(s.lines[i].least) | least>>4<<6
		p[i+8] = scale&15 | least&15<<4
	}
}

// packQuants: two sub-blocks of 32 values share 32 bytes of nibbles; bit i of fifth belongs to sub-block i.
func (s *superQ45) packQuants(fifth, nibbles []byte) {
	for i := range s.x {
		sub, at := i/32, i%32
		q := byte(s.quant(i, s.lines[sub]))
		nibbles[sub/2*32+at] |= q & 15 << (sub % 2 * 4)
		if fifth != nil {
			fifth[at] |= q >> 4 << sub
		}
	}
}
