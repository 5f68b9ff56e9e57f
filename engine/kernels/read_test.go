package kernels

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestReadSums every word of every line once, at any address, and none beside them.
func TestReadSums(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	memory := make([]byte, 70*LineBytes)
	for i := range memory {
		memory[i] = byte(r.Uint32())
	}
	for lines := range 67 {
		for _, at := range []int{0, 8, 1, 63} {
			b := memory[at : at+lines*LineBytes]
			want := uint64(0)
			for i := 0; i < len(b); i += 8 {
				want += binary.NativeEndian.Uint64(b[i:])
			}
			for _, s := range Available() {
				if got := s.Read(b); got != want {
					t.Fatalf("%v: %d lines from %d: the sum is %x, not %x", s, lines, at, got, want)
				}
			}
		}
	}
}

func TestReadTakesWholeLines(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("half a line was taken")
		}
	}()
	Reference.Read(make([]byte, LineBytes/2))
}
