// Package tinymodel writes model files that are small enough to make in every test: true in form, random in weights.
//
// A file has everything a real one has: hyperparameters, a byte-level BPE vocabulary, a ChatML template, and matrices
// of the wanted type. The same options give the same bytes.
package tinymodel

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"

	"croft/engine/gguf"
)

// Options say what a file shall hold. Every zero stands for a default; with defaults a file is below 2 MB.
type Options struct {
	Family  string    // "llama" (the default), "qwen2" or "qwen3"
	Type    gguf.Type // of every matrix: F32, F16, BF16, Q4_0, Q8_0, Q4_K, Q5_K or Q6_K
	Layers  int       // 2
	Embd    int       // 64; 256 for the K types, whose rows are multiples of 256
	Heads   int       // 4
	HeadsKV int       // 2
	HeadDim int       // Embd / Heads
	FF      int       // 96; 256 for the K types
	Vocab   int       // 384; at least 259
	Context int       // 512 tokens
	Rope    string    // scaling of the rotation: "", "linear", "yarn", or "llama3" (factors in a tensor)
	Pooling string    // "": makes text; "last": makes vectors
	Chat    string    // the chat template; "" is ChatML
	Seed    uint64
}

func (o Options) withDefaults() Options {
	small := o.Type.BlockValues() <= 32
	width, inner := 256, 256
	if small {
		width, inner = 64, 96
	}
	o.Family = cmp.Or(o.Family, "llama")
	o.Layers = cmp.Or(o.Layers, 2)
	o.Embd = cmp.Or(o.Embd, width)
	o.Heads = cmp.Or(o.Heads, 4)
	o.HeadsKV = cmp.Or(o.HeadsKV, min(2, o.Heads))
	o.HeadDim = cmp.Or(o.HeadDim, o.Embd/o.Heads)
	o.FF = cmp.Or(o.FF, inner)
	o.Vocab = cmp.Or(o.Vocab, 384)
	o.Context = cmp.Or(o.Context, 512)
	o.Chat = cmp.Or(o.Chat, chatML)
	return o
}

// Write writes a model file to path.
func Write(path string, o Options) error {
	b, err := Bytes(o)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// Bytes returns the model file.
func Bytes(o Options) ([]byte, error) {
	o = o.withDefaults()
	m := &maker{o: o, random: rand.New(rand.NewPCG(o.Seed, 0x63726f6674))}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.tensors()
	if m.err != nil {
		return nil, m.err
	}
	vocabulary, err := vocabulary(o.Vocab)
	if err != nil {
		return nil, err
	}
	kv := append(append(m.metadata(), vocabulary...), gguf.KV{Key: "tokenizer.chat_template", Value: o.Chat})
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, m.made); err != nil {
		return nil, fmt.Errorf("tinymodel: %w", err)
	}
	return b.Bytes(), nil
}

// maker collects the tensors of one file.
type maker struct {
	o      Options
	random *rand.Rand
	made   []gguf.Tensor
	err    error // the first
}

func (m *maker) check() error {
	o := m.o
	switch o.Family {
	case "llama", "qwen2", "qwen3":
	default:
		return fmt.Errorf("tinymodel: no family %q", o.Family)
	}
	if o.Heads%o.HeadsKV != 0 || o.HeadDim < 2 || o.HeadDim%2 != 0 {
		return fmt.Errorf("tinymodel: %d heads of %d share %d key heads", o.Heads, o.HeadDim, o.HeadsKV)
	}
	return nil
}

func (m *maker) metadata() []gguf.KV {
	o := m.o
	kv := []gguf.KV{
		{Key: "general.architecture", Value: o.Family},
		{Key: "general.name", Value: fmt.Sprintf("Tiny %s %v", o.Family, o.Type)},
	}
	add := func(key string, value any) { kv = append(kv, gguf.KV{Key: o.Family + "." + key, Value: value}) }
	add("context_length", uint32(o.Context))
	add("embedding_length", uint32(o.Embd))
	add("block_count", uint32(o.Layers))
	add("feed_forward_length", uint32(o.FF))
	add("attention.head_count", uint32(o.Heads))
	add("attention.head_count_kv", uint32(o.HeadsKV))
	add("attention.key_length", uint32(o.HeadDim))
	add("attention.value_length", uint32(o.HeadDim))
	add("attention.layer_norm_rms_epsilon", float32(1e-5))
	add("rope.dimension_count", uint32(o.HeadDim))
	add("rope.freq_base", float32(10000))
	switch o.Rope {
	case "yarn":
		add("rope.scaling.original_context_length", uint32(32))
		fallthrough
	case "linear":
		add("rope.scaling.type", o.Rope)
		add("rope.scaling.factor", float32(4))
	}
	if o.Pooling == "last" {
		add("pooling_type", uint32(3))
	}
	return kv
}

// tensors makes every tensor of the family. Gains are such that attention is sharp and logits spread over several units.
func (m *maker) tensors() {
	o := m.o
	q, kv := o.Heads*o.HeadDim, o.HeadsKV*o.HeadDim
	m.matrix("token_embd.weight", o.Embd, o.Vocab, 3)
	m.norm("output_norm.weight", o.Embd)
	if o.Family == "llama" {
		m.matrix("output.weight", o.Embd, o.Vocab, 3)
	}
	if o.Rope == "llama3" {
		m.factors("rope_freqs.weight", o.HeadDim/2)
	}
	for i := range o.Layers {
		name := func(part string) string { return fmt.Sprintf("blk.%d.%s", i, part) }
		m.norm(name("attn_norm.weight"), o.Embd)
		m.matrix(name("attn_q.weight"), o.Embd, q, 1.5)
		m.matrix(name("attn_k.weight"), o.Embd, kv, 1.5)
		m.matrix(name("attn_v.weight"), o.Embd, kv, 1)
		m.matrix(name("attn_output.weight"), q, o.Embd, 1)
		m.norm(name("ffn_norm.weight"), o.Embd)
		m.matrix(name("ffn_gate.weight"), o.Embd, o.FF, 1)
		m.matrix(name("ffn_up.weight"), o.Embd, o.FF, 1)
		m.matrix(name("ffn_down.weight"), o.FF, o.Embd, 1)
		switch o.Family {
		case "qwen2":
			m.bias(name("attn_q.bias"), q)
			m.bias(name("attn_k.bias"), kv)
			m.bias(name("attn_v.bias"), kv)
		case "qwen3":
			m.norm(name("attn_q_norm.weight"), o.HeadDim)
			m.norm(name("attn_k_norm.weight"), o.HeadDim)
		}
	}
}
