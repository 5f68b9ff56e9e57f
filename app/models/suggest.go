package models

import (
	"context"
	"slices"
	"strings"

	"croft/engine"
)

// Suggestion is a model that is published elsewhere and would run here. Croft downloads nothing: a person does.
type Suggestion struct {
	Name       string `json:"name"`
	File       string `json:"file"`    // what to download
	Address    string `json:"address"` // the page that has it
	Quant      string `json:"quant"`
	GoodAt     string `json:"good_at"` // a few words
	Parameters int64  `json:"parameters"`
	SizeBytes  int64  `json:"size_bytes"`
	NeedsBytes int64  `json:"needs_bytes"` // memory, with a context of roomTokens

	context    int   // tokens the model was made for
	cacheBytes int64 // of a token's keys and values
}

const (
	suggestionsMax = 4
	roomTokens     = 8192     // a suggested model has room for a conversation of this length
	workBytes      = 64 << 20 // more than any of them works in besides weights and cache
)

// cacheBytes are those of one token in a cache of binary16.
func cacheBytes(layers, headsKV, headDim int64) int64 { return 2 * 2 * layers * headsKV * headDim }

// Catalogue is what may be suggested, the best first. Sizes are those of the files as published; what a token takes
// follows from layers, key and value heads, and their width.
func Catalogue() []Suggestion {
	const hub = "https://huggingface.co/"
	return []Suggestion{
		{
			Name: "Qwen3 8B", File: "Qwen3-8B-Q4_K_M.gguf", Address: hub + "Qwen/Qwen3-8B-GGUF", Quant: "Q4_K_M",
			GoodAt: "Reasons well, many languages", Parameters: 8_190_735_360, SizeBytes: 5_027_783_488,
			context: 40960, cacheBytes: cacheBytes(36, 8, 128),
		},
		{
			Name: "Qwen3 4B", File: "Qwen3-4B-Q4_K_M.gguf", Address: hub + "Qwen/Qwen3-4B-GGUF", Quant: "Q4_K_M",
			GoodAt: "Reasons, writes, many languages", Parameters: 4_022_468_096, SizeBytes: 2_497_280_256,
			context: 40960, cacheBytes: cacheBytes(36, 8, 128),
		},
		{
			Name: "Qwen2.5 7B Instruct", File: "Qwen2.5-7B-Instruct-Q4_K_M.gguf", Address: hub + "bartowski/Qwen2.5-7B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Writing, code, many languages", Parameters: 7_615_616_512, SizeBytes: 4_683_074_240,
			context: 32768, cacheBytes: cacheBytes(28, 4, 128),
		},
		{
			Name: "Llama 3.2 3B Instruct", File: "Llama-3.2-3B-Instruct-Q4_K_M.gguf", Address: hub + "bartowski/Llama-3.2-3B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Everyday writing and summaries", Parameters: 3_212_749_888, SizeBytes: 2_019_377_696,
			context: 131072, cacheBytes: cacheBytes(28, 8, 128),
		},
		{
			Name: "Qwen2.5 3B Instruct", File: "qwen2.5-3b-instruct-q4_k_m.gguf", Address: hub + "Qwen/Qwen2.5-3B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Writing, code, many languages", Parameters: 3_085_938_688, SizeBytes: 2_104_932_768,
			context: 32768, cacheBytes: cacheBytes(36, 2, 128),
		},
		{
			Name: "Qwen3 1.7B", File: "Qwen3-1.7B-Q8_0.gguf", Address: hub + "Qwen/Qwen3-1.7B-GGUF", Quant: "Q8_0",
			GoodAt: "Quick answers, many languages", Parameters: 1_720_574_976, SizeBytes: 1_834_426_016,
			context: 40960, cacheBytes: cacheBytes(28, 8, 128),
		},
		{
			Name: "Qwen2.5 1.5B Instruct", File: "qwen2.5-1.5b-instruct-q4_k_m.gguf", Address: hub + "Qwen/Qwen2.5-1.5B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Short texts, many languages", Parameters: 1_543_714_304, SizeBytes: 1_117_320_736,
			context: 32768, cacheBytes: cacheBytes(28, 2, 128),
		},
		{
			Name: "SmolLM2 1.7B Instruct", File: "smollm2-1.7b-instruct-q4_k_m.gguf", Address: hub + "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Short texts in English", Parameters: 1_711_376_384, SizeBytes: 1_055_609_536,
			context: 8192, cacheBytes: cacheBytes(24, 32, 64),
		},
		{
			Name: "Llama 3.2 1B Instruct", File: "Llama-3.2-1B-Instruct-Q4_K_M.gguf", Address: hub + "bartowski/Llama-3.2-1B-Instruct-GGUF", Quant: "Q4_K_M",
			GoodAt: "Summaries on small devices", Parameters: 1_235_814_432, SizeBytes: 807_694_464,
			context: 131072, cacheBytes: cacheBytes(16, 8, 64),
		},
		{
			Name: "Qwen3 0.6B", File: "Qwen3-0.6B-Q8_0.gguf", Address: hub + "Qwen/Qwen3-0.6B-GGUF", Quant: "Q8_0",
			GoodAt: "Fast and small, simple tasks", Parameters: 596_049_920, SizeBytes: 639_446_688,
			context: 40960, cacheBytes: cacheBytes(28, 8, 128),
		},
	}
}

// Suggest returns the best of the catalogue that fit on this device with room to spare and are larger than what the
// library has, the best first.
func (l *Library) Suggest(ctx context.Context) ([]Suggestion, error) {
	list, err := l.List(ctx)
	if err != nil {
		return nil, err
	}
	return suggest(Catalogue(), list, l.budget()), nil
}

func suggest(all []Suggestion, have []Model, budget int64) (fitting []Suggestion) {
	for _, s := range all {
		info := engine.Info{SizeBytes: s.SizeBytes, CacheBytesPerToken: s.cacheBytes, WorkBytes: workBytes, ContextMax: s.context}
		how, context, _ := fit(info, budget, roomTokens)
		if how != Fits || context < roomTokens || slices.ContainsFunc(have, s.isNoStepFrom) || len(fitting) == suggestionsMax {
			continue
		}
		s.NeedsBytes = info.Needs(roomTokens)
		fitting = append(fitting, s)
	}
	return fitting
}

// isNoStepFrom tells whether m is this model, under whatever file name, or one that can be used and is no smaller.
func (s Suggestion) isNoStepFrom(m Model) bool {
	same := strings.Contains(plain(m.Name), strings.TrimSuffix(plain(s.Name), "instruct"))
	return same || m.CanChat() && m.Parameters >= s.Parameters
}
