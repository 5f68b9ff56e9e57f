package models

import (
	"strings"
	"testing"

	"croft/engine"
)

func TestFit(t *testing.T) {
	info := engine.Info{SizeBytes: 4e9, WorkBytes: 1e8, CacheBytesPerToken: 1e5, ContextMax: 32768}
	for name, c := range map[string]struct {
		budget     int64
		contextMax int
		fit        Fit
		context    int
		why        string
	}{
		"all of it":         {16e9, 0, Fits, 32768, ""},
		"as preferred":      {16e9, 5000, Fits, 5000, ""},
		"long enough":       {5e9, 0, Fits, 8960, ""},
		"short":             {4.4e9, 0, Tight, 2816, "Runs with a shorter context here: 2,816 of 32,768 tokens."},
		"hardly any":        {4.15e9, 0, TooBig, 1024, "Needs 4.2 GB; this device has 4.2 GB free."},
		"none":              {1e9, 0, TooBig, 1024, "Needs 4.2 GB; this device has 1.0 GB free."},
		"small by request":  {4.2e9, 512, Fits, 512, ""},
		"nothing is stated": {16e9, 0, Fits, 32768, ""},
	} {
		fit, context, why := fit(info, c.budget, c.contextMax)
		if fit != c.fit || context != c.context || why != c.why {
			t.Errorf("%s: %q, %d, %q; want %q, %d, %q", name, fit, context, why, c.fit, c.context, c.why)
		}
		if fit != TooBig && info.Needs(context) > c.budget {
			t.Errorf("%s: a context of %d needs %d of %d", name, context, info.Needs(context), c.budget)
		}
	}
	if _, context, _ := fit(engine.Info{SizeBytes: 1}, 1e9, 0); context != contextUnstated {
		t.Errorf("a file that states no context gets %d", context)
	}
}

func TestBytesAndCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 396e6: "396 MB", 999_600_000: "1.0 GB", 15_800_000_000: "15.8 GB", 2e12: "2.0 TB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		general, path string
		parameters    int64
		want          string
	}{
		{"Qwen3 0.6B", "x.gguf", 6e8, "Qwen3 0.6B"},
		{"Qwen3", "x.gguf", 596e6, "Qwen3 0.6B"},
		{"", "/m/qwen2.5-1.5b-instruct-q4_k_m.gguf", 15e8, "Qwen2.5 1.5B Instruct"},
		{"", "/m/Llama-3.2-1B-Instruct-Q8_0.gguf", 12e8, "Llama 3.2 1B Instruct"},
		{"", "/m/SmolLM2-135M-Instruct-f16.gguf", 135e6, "SmolLM2 135M Instruct"},
		{"", "/m/Mistral-Nemo-UD-Q6_K_XL.gguf", 122e8, "Mistral Nemo 12B"},
		{"model", "/jan/models/tinyllama-1.1b/model.gguf", 11e8, "Tinyllama 1.1B"},
		{"llama", "/blobs/sha256-" + strings.Repeat("ab", 32), 11e8, "Model 1.1B"},
		{"meta-llama/Llama-3.1-8B", "x.gguf", 8e9, "Llama 3.1 8B"},
		{"a\x1b[31mb\u0000c", "x.gguf", 0, "A[31mbc"},
		{"", "", 0, "Model"},
		{strings.Repeat("x", 500), "x.gguf", 0, "X" + strings.Repeat("x", 78) + "…"},
	} {
		if got := nameOf(c.general, c.path, c.parameters); got != c.want {
			t.Errorf("%q in %q is %q, want %q", c.general, c.path, got, c.want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("Qwen3 0.6B", "/m/x-q4_0.gguf", int64(6e8))
	f.Add("\xff\x00\u202e", "..", int64(-1))
	f.Fuzz(func(t *testing.T, general, path string, parameters int64) {
		name := nameOf(general, path, parameters)
		if name == "" || strings.ContainsAny(name, "/\\\n\x1b\x00") || len([]rune(name)) > nameMax+20 {
			t.Errorf("%q", name)
		}
	})
}
