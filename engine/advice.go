package engine

import (
	"math"

	"croft/engine/gguf"
	"croft/engine/sample"
)

// advice reads the metadata general.sampling.*, which llama.cpp defined in November 2025. A value out of its range is
// no advice.
func advice(f *gguf.File) sample.Advice {
	return sample.Advice{
		Temperature:   advised(f, "temp", 5),
		TopK:          advisedCount(f, "top_k"),
		TopP:          advised(f, "top_p", 1),
		MinP:          advised(f, "min_p", 1),
		RepeatPenalty: advised(f, "penalty_repeat", 5),
	}
}

func advised(f *gguf.File, name string, most float64) *float64 {
	v, ok := f.Float("general.sampling." + name)
	if !ok || !(v >= 0 && v <= most) {
		return nil
	}
	// The file has binary32: 0.95 of it is not 0.949999988.
	v = math.Round(v*1e6) / 1e6
	return &v
}

func advisedCount(f *gguf.File, name string) *int {
	n, ok := f.Int("general.sampling." + name)
	if !ok || n < 0 || n > math.MaxInt32 {
		return nil
	}
	return &n
}
