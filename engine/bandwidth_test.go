package engine

import (
	"testing"

	"croft/engine/kernels"
)

func TestReadingMeasures(t *testing.T) {
	for _, set := range kernels.Available() {
		for _, threads := range []int{1, 2} {
			r, err := NewReading(threads, set.String(), 32<<20)
			if err != nil {
				t.Fatal(err)
			}
			if r.Bytes() != 32<<20 {
				t.Errorf("it takes %d bytes", r.Bytes())
			}
			for range 3 {
				if rate := r.Rate(); rate < 1e7 || rate > 1e13 {
					t.Errorf("%v, %d threads: %v bytes a second", set, threads, rate)
				}
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := NewReading(1, "abacus", 1<<20); err == nil {
		t.Error("kernels that do not exist were taken")
	}
}

// TestReadingIsLargerThanCaches unless it may not be.
func TestReadingIsLargerThanCaches(t *testing.T) {
	for _, c := range []struct{ cache, most, want int64 }{
		{0, 0, 512 << 20},
		{32 << 20, 0, 512 << 20},
		{480 << 20, 0, 1920 << 20},
		{480 << 20, 700 << 20, 700 << 20},
		{32 << 20, 100 << 20, 100 << 20},
	} {
		if got := readingBytes(c.cache, c.most); int64(got) != c.want {
			t.Errorf("with a cache of %d and at most %d bytes, %d are read", c.cache, c.most, got)
		}
	}
	if c := lastCacheBytes(); c < 0 || c > 1<<40 {
		t.Errorf("the last cache has %d bytes", c)
	}
}
