package kernels

import (
	"slices"
	"testing"
)

func TestParseTakesWhatIsAvailable(t *testing.T) {
	for _, want := range Available() {
		if got, err := Parse(want.String()); err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v", want, got, err)
		}
	}
	for _, name := range []string{"", "AVX2", "sse", "Set(9)"} {
		if _, err := Parse(name); err == nil {
			t.Errorf("Parse(%q) took it", name)
		}
	}
	if slices.Contains(Available(), NEON) && slices.Contains(Available(), AVX2) {
		t.Error("no processor has both NEON and AVX2")
	}
	for _, s := range []Set{Reference, AVX2, AVX512, NEON} {
		if _, err := Parse(s.String()); (err == nil) != slices.Contains(Available(), s) {
			t.Errorf("Parse(%q): %v, available are %v", s, err, Available())
		}
	}
}

func TestBestIsAvailable(t *testing.T) {
	if !slices.Contains(Available(), Best()) || Available()[0] != Reference {
		t.Errorf("Best() = %v of %v", Best(), Available())
	}
}
