package models

import (
	"errors"
	"path/filepath"
	"testing"

	"croft/engine/gguf"
	"croft/engine/tinymodel"
)

func TestBenchMeasures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := tinymodel.Write(path, tinymodel.Options{Type: gguf.Q8_0}); err != nil {
		t.Fatal(err)
	}
	steps := 0
	s, err := Bench(t.Context(), path, Trial{Threads: 2, Prompt: 40, Reply: 6, Reps: 3}, func(_, _ int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Spread{"prefill": s.Prefill, "decode": s.Decode} {
		if r.Min <= 0 || r.Median < r.Min || r.Max < r.Median {
			t.Errorf("%s is %+v", name, r)
		}
	}
	info, err := Inspect(path)
	if err != nil {
		t.Fatal(err)
	}
	best, _ := Kernels()
	if s.BytesPerToken <= 0 || s.BytesPerToken > info.SizeBytes+6*info.CacheBytesPerToken || s.Threads != 2 || s.Kernels != best || steps != 6 {
		t.Errorf("%+v after %d steps", s, steps)
	}
	if s.LoadMS <= 0 || s.TTFTMS <= 0 || s.PeakRSSBytes <= 0 || s.BandwidthGBps < 0.01 || s.BandwidthShare <= 0 {
		t.Errorf("%+v", s)
	}
	if _, err := Bench(t.Context(), path, Trial{Prompt: 512, Reply: 1, Reps: 1}, nil); !errors.Is(err, ErrContext) {
		t.Errorf("a prompt as long as the context gives %v", err)
	}
}

func TestGreedyIsExactlySoMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := tinymodel.Write(path, tinymodel.Options{Context: 64}); err != nil {
		t.Fatal(err)
	}
	p, err := OpenProbe(path, 0, 1, "reference")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ids, _, err := p.Greedy(t.Context(), []int{1, 2, 3}, 32)
	if err != nil || len(ids) != 32 {
		t.Errorf("%d ids, %v", len(ids), err)
	}
	if _, _, err := p.Greedy(t.Context(), []int{1, 2, 3}, 100); !errors.Is(err, ErrContext) {
		t.Errorf("more than the context gives %v", err)
	}
}
