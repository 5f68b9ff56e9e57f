// Package randmodel writes GGUF files that have the true shape of a published
// model and random weights: as fast or as slow to run as the real file, with no
// download and nothing of its vendor inside.
package randmodel

import (
	"fmt"
	"slices"
)

// Shape is what of a model decides its speed.
type Shape struct {
	Name      string // as in file names: qwen3-0.6b
	Arch      string // general.architecture
	nLayers   int
	d         int // width of the residual stream
	nHeads    int
	nKVHeads  int
	headDim   int
	dFF       int
	context   int
	ropeBase  float32
	rmsEps    float32
	qkNorm    bool // qwen3 normalises each head's query and key
	ropeFreqs bool // llama 3 scales its rotary frequencies by a tensor
	vocab     vocabulary
}

// Shapes lists the models that can be written. All of them tie the output head
// to the token embedding.
var Shapes = []Shape{
	{
		Name: "qwen3-0.6b", Arch: "qwen3", nLayers: 28, d: 1024, nHeads: 16, nKVHeads: 8, headDim: 128,
		dFF: 3072, context: 40960, ropeBase: 1e6, rmsEps: 1e-6, qkNorm: true, vocab: qwenVocabulary,
	},
	{
		Name: "qwen3-1.7b", Arch: "qwen3", nLayers: 28, d: 2048, nHeads: 16, nKVHeads: 8, headDim: 128,
		dFF: 6144, context: 40960, ropeBase: 1e6, rmsEps: 1e-6, qkNorm: true, vocab: qwenVocabulary,
	},
	{
		Name: "llama-3.2-1b", Arch: "llama", nLayers: 16, d: 2048, nHeads: 32, nKVHeads: 8, headDim: 64,
		dFF: 8192, context: 131072, ropeBase: 5e5, rmsEps: 1e-5, ropeFreqs: true, vocab: llamaVocabulary,
	},
	{
		Name: "tiny", Arch: "qwen3", nLayers: 2, d: 256, nHeads: 4, nKVHeads: 2, headDim: 64,
		dFF: 512, context: 2048, ropeBase: 1e6, rmsEps: 1e-6, qkNorm: true, vocab: tinyVocabulary,
	},
}

// ShapeNamed looks a shape up by its Name.
func ShapeNamed(name string) (Shape, error) {
	i := slices.IndexFunc(Shapes, func(s Shape) bool { return s.Name == name })
	if i < 0 {
		return Shape{}, fmt.Errorf("no shape is called %q", name)
	}
	return Shapes[i], nil
}

// KVBytes is the size of the keys and values of n positions kept in F16.
func (s Shape) KVBytes(n int) int64 {
	return int64(n) * int64(s.nLayers) * int64(s.nKVHeads) * int64(s.headDim) * 2 * 2
}

// Mix says which type each matrix of a file has, as llama.cpp's quantiser
// chooses it for a model whose head is tied to its embedding.
type Mix struct {
	Name     string // as in file names: q4_k_m
	fileType uint32 // general.file_type
	weights  blockType
	embed    blockType
	moreBits blockType // for attn_v and ffn_down in the layers useMoreBits names
}

// Mixes lists the types that can be written.
var Mixes = []Mix{
	{Name: "q4_0", fileType: 2, weights: q4_0, embed: q6_K, moreBits: q4_0},
	{Name: "q4_k_m", fileType: 15, weights: q4_K, embed: q6_K, moreBits: q6_K},
	{Name: "q8_0", fileType: 7, weights: q8_0, embed: q8_0, moreBits: q8_0},
	{Name: "q6_k", fileType: 18, weights: q6_K, embed: q6_K, moreBits: q6_K},
	{Name: "f16", fileType: 1, weights: f16, embed: f16, moreBits: f16},
}

// MixNamed looks a mix up by its Name.
func MixNamed(name string) (Mix, error) {
	i := slices.IndexFunc(Mixes, func(m Mix) bool { return m.Name == name })
	if i < 0 {
		return Mix{}, fmt.Errorf("no type is called %q", name)
	}
	return Mixes[i], nil
}

// useMoreBits is the rule of llama.cpp's quantiser for the M mixes: the first
// and the last eighth of the layers and every third one between.
func useMoreBits(layer, nLayers int) bool {
	eighth := nLayers / 8
	return layer < eighth || layer >= 7*nLayers/8 || (layer-eighth)%3 == 2
}

// tensor is one entry of the file. The first dimension is the contiguous one,
// the input of a matrix.
type tensor struct {
	name string
	dims []int
	typ  blockType
}

func (s Shape) tensors(m Mix) []tensor {
	ts := []tensor{{"token_embd.weight", []int{s.d, s.vocab.size}, m.embed}}
	if s.ropeFreqs {
		ts = append(ts, tensor{"rope_freqs.weight", []int{s.headDim / 2}, f32})
	}
	for l := range s.nLayers {
		ts = append(ts, s.layer(m, l)...)
	}
	return append(ts, tensor{"output_norm.weight", []int{s.d}, f32})
}

func (s Shape) layer(m Mix, l int) []tensor {
	more := m.weights
	if useMoreBits(l, s.nLayers) {
		more = m.moreBits
	}
	name := func(part string) string { return fmt.Sprintf("blk.%d.%s.weight", l, part) }
	q, kv := s.nHeads*s.headDim, s.nKVHeads*s.headDim
	ts := []tensor{
		{name("attn_norm"), []int{s.d}, f32},
		{name("attn_q"), []int{s.d, q}, m.weights},
		{name("attn_k"), []int{s.d, kv}, m.weights},
		{name("attn_v"), []int{s.d, kv}, more},
		{name("attn_output"), []int{q, s.d}, m.weights},
		{name("ffn_norm"), []int{s.d}, f32},
		{name("ffn_gate"), []int{s.d, s.dFF}, m.weights},
		{name("ffn_up"), []int{s.d, s.dFF}, m.weights},
		{name("ffn_down"), []int{s.dFF, s.d}, more},
	}
	if s.qkNorm {
		ts = append(ts,
			tensor{name("attn_q_norm"), []int{s.headDim}, f32},
			tensor{name("attn_k_norm"), []int{s.headDim}, f32})
	}
	return ts
}
