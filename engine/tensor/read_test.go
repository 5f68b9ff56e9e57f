package tensor

import (
	"fmt"
	"testing"

	"croft/engine/kernels"
)

// TestBallastIsReadWhole and each byte once, by every set and any number of workers.
func TestBallastIsReadWhole(t *testing.T) {
	const asked = 9<<20 + 1
	for _, set := range kernels.Available() {
		for threads := 1; threads <= 3; threads++ {
			b, err := NewBallast(testPool(t, threads), set, asked)
			if err != nil {
				t.Fatal(err)
			}
			if b.Bytes() != 10<<20 {
				t.Errorf("%d bytes became %d", asked, b.Bytes())
			}
			for range 3 {
				if got := b.Read(); got != 10<<20/smallPageBytes {
					t.Errorf("%v, %d threads: the sum is %d", set, threads, got)
				}
			}
			b.data[len(b.data)-1]++ // the last byte is read too
			if got := b.Read(); got == 10<<20/smallPageBytes {
				t.Errorf("%v, %d threads: the end is not read", set, threads)
			}
		}
	}
}

// BenchmarkRead shows what caches give: small ballast stays in them.
func BenchmarkRead(b *testing.B) {
	for _, set := range kernels.Available() {
		for _, threads := range []int{1, 2} {
			for _, mib := range []int{1, 16, 384, 2048} {
				b.Run(fmt.Sprintf("%v/threads=%d/MiB=%d", set, threads, mib), func(b *testing.B) {
					ballast, err := NewBallast(testPool(b, threads), set, mib<<20)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(ballast.Bytes())
					for b.Loop() {
						ballast.Read()
					}
				})
			}
		}
	}
}
