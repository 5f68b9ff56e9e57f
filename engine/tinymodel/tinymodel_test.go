package tinymodel

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"croft/engine/gguf"
)

var types = []gguf.Type{gguf.F32, gguf.F16, gguf.BF16, gguf.Q4_0, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K}

func TestFilesAreWholeSmallAndTheSameEachTime(t *testing.T) {
	for _, family := range []string{"llama", "qwen2", "qwen3"} {
		for _, kind := range types {
			o := Options{Family: family, Type: kind, Seed: 7}
			b, err := Bytes(o)
			if err != nil {
				t.Fatalf("%s %v: %v", family, kind, err)
			}
			if len(b) >= 2<<20 {
				t.Errorf("%s %v: %d bytes", family, kind, len(b))
			}
			again, _ := Bytes(o)
			if !bytes.Equal(b, again) {
				t.Errorf("%s %v: two files of one seed differ", family, kind)
			}
			other, _ := Bytes(Options{Family: family, Type: kind, Seed: 8})
			if bytes.Equal(b, other) {
				t.Errorf("%s %v: files of two seeds are equal", family, kind)
			}
		}
	}
}

func TestWriteMakesAFileThatOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := Write(path, Options{Family: "qwen3", Type: gguf.Q4_K}); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if e, ok := f.Tensor("token_embd.weight"); !ok || e.Cols() != 256 || e.Rows() != 384 {
		t.Errorf("token_embd.weight: %v %v", e.Dims, ok)
	}
	if s, _ := f.String("tokenizer.chat_template"); !strings.Contains(s, "<|im_start|>") {
		t.Errorf("template %q", s)
	}
}

func TestMergesMakeEveryTokenFromBytes(t *testing.T) {
	kv, err := vocabulary(384)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, kv := range kv {
		if kv.Key == "tokenizer.ggml.tokens" {
			for _, token := range kv.Value.([]string) {
				if seen[token] {
					t.Errorf("%q is there twice", token)
				}
				seen[token] = true
			}
		}
	}
	merges := learn(100)
	if len(merges) < 50 {
		t.Errorf("only %d merges", len(merges))
	}
	for _, m := range merges {
		a, b, _ := strings.Cut(m, " ")
		if !seen[a] || !seen[b] || !seen[a+b] {
			t.Errorf("merge %q uses or makes a token that is not there", m)
		}
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []Options{
		{Family: "mamba"},
		{Type: gguf.Q4_K, Embd: 64},
		{Type: gguf.IQ2_S},
		{Vocab: 10},
		{Heads: 3, HeadsKV: 2},
	} {
		if _, err := Bytes(o); err == nil {
			t.Errorf("%+v made a file", o)
		}
	}
}

func TestHalfKeepsNormalNumbers(t *testing.T) {
	for x, want := range map[float64]uint16{1: 0x3c00, -2: 0xc000, 0.5: 0x3800, 65504: 0x7bff, math.Ldexp(1, -14): 0x0400, math.Ldexp(1, -24): 1} {
		if got := half(x); got != want {
			t.Errorf("half(%v) = %#x, want %#x", x, got, want)
		}
	}
}
