package sample

import (
	"math"
	"math/bits"
)

var impossible = float32(math.Inf(-1))

// mask takes away the chances of tokens that are not allowed.
func mask(logits []float32, allowed []uint64) {
	if allowed == nil {
		return
	}
	for at := 0; at < len(logits); at += 64 {
		word := uint64(0)
		if at/64 < len(allowed) {
			word = allowed[at/64]
		}
		maskWord(logits[at:min(at+64, len(logits))], word)
	}
}

func maskWord(logits []float32, allowed uint64) {
	switch allowed {
	case math.MaxUint64:
		return
	case 0:
		for i := range logits {
			logits[i] = impossible
		}
		return
	}
	for i := range logits {
		if allowed>>i&1 == 0 {
			logits[i] = impossible
		}
	}
}

func has(allowed []uint64, id int) bool {
	return id/64 < len(allowed) && allowed[id/64]>>(id%64)&1 == 1
}

func first(allowed []uint64) int {
	for i, word := range allowed {
		if word != 0 {
			return 64*i + bits.TrailingZeros64(word)
		}
	}
	return 0
}
