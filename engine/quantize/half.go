package quantize

import (
	"encoding/binary"
	"math"
)

// putHalf writes the IEEE binary16 number nearest to x, ties to even, and returns it. Not ok: x is beyond the largest.
func putHalf(b []byte, x float32) (rounded float32, ok bool) {
	bits, rounded, ok := half(x)
	binary.LittleEndian.PutUint16(b, bits)
	return rounded, ok
}

func half(x float32) (bits uint16, rounded float32, ok bool) {
	const (
		normalMin = 0x38800000 // 2^-14
		overflow  = 0x477ff000 // 65520, half way from the largest to what would come next
	)
	u := math.Float32bits(x)
	sign, magnitude := u&(1<<31), u&^(1<<31)
	switch {
	case magnitude >= overflow:
		return 0, 0, false
	case magnitude < normalMin:
		// A float32 from 0.5 to 1 has steps of 2^-24, as a subnormal half has: the addition rounds.
		shifted := math.Float32frombits(magnitude) + 0.5
		steps := math.Float32bits(shifted) - math.Float32bits(0.5)
		return uint16(sign>>16 | steps), math.Float32frombits(sign | math.Float32bits(shifted-0.5)), true
	}
	magnitude += 0xfff + magnitude>>13&1
	return uint16(sign>>16 | (magnitude>>13 - (127-15)<<10)), math.Float32frombits(sign | magnitude&^0x1fff), true
}
