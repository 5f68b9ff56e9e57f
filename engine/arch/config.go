// Package arch turns model files into running networks, one file for each model family.
//
// Letters in shapes: n rows (tokens of this pass), d = Config.Embd, h = Heads, hKV = HeadsKV, hd = HeadDim.
package arch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/kvcache"
)

// ErrUnsupported says that a model is whole but of a kind that does not run here.
var ErrUnsupported = errors.New("the model is not supported")

// ErrInvalid says that a model file contradicts itself or lacks something.
var ErrInvalid = errors.New("the model file is not usable")

// Pooling says how the vectors of a text's tokens become the vector of the text (llama.cpp's llama_pooling_type).
type Pooling int

// A model without pooling makes text.
const (
	PoolingNone  Pooling = 0
	PoolingMean  Pooling = 1
	PoolingFirst Pooling = 2
	PoolingLast  Pooling = 3
)

// Config is what a model file says of its network.
type Config struct {
	Family  string
	Context int // tokens the model was made for
	Vocab   int
	Layers  int
	Embd    int
	Heads   int // of queries
	HeadsKV int // of keys and values; divides Heads
	HeadDim int
	FF      int     // width of the feed-forward layer
	Eps     float32 // of the norms
	Rope    Rope
	Pooling Pooling

	// CacheHalf: keys and values are kept as binary16, as suits a quantized model. Else they stay binary32.
	CacheHalf          bool
	CacheBytesPerToken int64
}

// Group is the number of query heads that share a key head.
func (c Config) Group() int { return c.Heads / c.HeadsKV }

// WorkBytes is the memory of a forward pass besides weights and cache, for chunks of n rows.
func (c Config) WorkBytes(n int) int64 {
	floats := 3*c.Embd + c.Heads*c.HeadDim + 2*c.HeadsKV*c.HeadDim + 2*c.FF + c.Rope.Dim
	quantized := 5 * max(c.FF, c.Embd, c.Heads*c.HeadDim) / 4 // bytes of the widest input of a product
	return int64(min(n, ChunkRows)) * int64(4*floats+quantized)
}

func (c Config) cacheShape() kvcache.Shape {
	return kvcache.Shape{Layers: c.Layers, Heads: c.HeadsKV, Layout: c.tiles()}
}

func (c Config) tiles() kernels.TileLayout {
	return kernels.TileLayout{Dim: c.HeadDim, Half: c.CacheHalf}
}

// ReadConfig reads and checks the hyperparameters; weights are not touched. Its errors are one sentence for people and
// match ErrUnsupported or ErrInvalid.
func ReadConfig(f *gguf.File) (Config, error) {
	name, ok := f.String("general.architecture")
	if !ok {
		return Config{}, invalid("the file does not say which family of models it belongs to")
	}
	family, ok := families[name]
	if !ok {
		return Config{}, unsupported("the model is of the family %q; the families that run here are %s", name, strings.Join(Families(), ", "))
	}
	h := &header{file: f, prefix: name + "."}
	c := h.config(name)
	if h.err != nil {
		return Config{}, h.err
	}
	c.Rope.Interleaved = family.interleaved
	c.CacheBytesPerToken = c.cacheShape().BytesPerToken()
	return c, nil
}

// Families lists the model families that run, in alphabetical order.
func Families() []string {
	var names []string
	for name := range families {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Bounds of what is believed. The largest models published are far below them.
const (
	contextMax = 1 << 27
	layersMax  = 1 << 10
	widthMax   = 1 << 20
	headsMax   = 1 << 12
	vocabMax   = 1 << 24
)

// header reads hyperparameters and keeps the first error.
type header struct {
	file   *gguf.File
	prefix string
	err    error
}

func (h *header) config(family string) Config {
	c := Config{
		Family:  family,
		Context: h.count("context_length", 0, contextMax),
		Layers:  h.count("block_count", 0, layersMax),
		Embd:    h.count("embedding_length", 0, widthMax),
		Heads:   h.count("attention.head_count", 0, headsMax),
		FF:      h.count("feed_forward_length", 0, widthMax),
		Eps:     float32(h.number("attention.layer_norm_rms_epsilon", 0)),
	}
	if h.err != nil {
		return c
	}
	c.HeadsKV = h.count("attention.head_count_kv", c.Heads, headsMax)
	c.HeadDim = h.count("attention.key_length", c.Embd/c.Heads, widthMax)
	c.Rope = h.rope(c)
	c.Pooling = Pooling(h.optional("pooling_type", 0))
	c.Vocab = h.vocabulary(c.Embd)
	c.CacheHalf = quantized(h.file)
	h.check(c)
	return c
}

// check refuses what the numbers alone can tell.
func (h *header) check(c Config) {
	values := h.count("attention.value_length", c.HeadDim, widthMax)
	experts := h.optional("expert_count", 0)
	switch {
	case c.Heads%c.HeadsKV != 0:
		h.fail(invalid("%d attention heads cannot share %d key heads evenly", c.Heads, c.HeadsKV))
	case c.HeadDim > kernels.HeadDimMax:
		h.fail(unsupported("attention heads of %d values are larger than the %d that run here", c.HeadDim, kernels.HeadDimMax))
	case values != c.HeadDim:
		h.fail(unsupported("keys of %d and values of %d numbers do not run here: they must have the same size", c.HeadDim, values))
	case c.Heads*c.HeadDim > widthMax:
		h.fail(invalid("%d heads of %d values are too many", c.Heads, c.HeadDim))
	case experts > 0:
		h.fail(unsupported("the model is a mixture of %d experts, which does not run here", experts))
	case c.Rope.Dim > c.HeadDim || c.Rope.Dim%2 != 0:
		h.fail(invalid("%d of %d values of each head cannot be rotated in pairs", c.Rope.Dim, c.HeadDim))
	case c.Pooling < PoolingNone || c.Pooling > PoolingLast:
		h.fail(unsupported("the model pools its vectors in a way (type %d) that does not run here", c.Pooling))
	}
}

// vocabulary is the number of rows of the token embedding.
func (h *header) vocabulary(embd int) int {
	t, ok := h.file.Tensor("token_embd.weight")
	switch {
	case !ok:
		h.fail(missing("token_embd.weight"))
		return 0
	case len(t.Dims) != 2 || t.Dims[0] != embd || t.Dims[1] > vocabMax:
		h.fail(invalid("the tensor token_embd.weight has the shape %v, which does not fit an embedding of %d", t.Dims, embd))
		return 0
	}
	return t.Dims[1]
}

// quantized says whether the file has weights that share scales.
func quantized(f *gguf.File) bool {
	return slices.ContainsFunc(f.Tensors(), func(t gguf.Tensor) bool { return t.Type.BlockValues() > 1 })
}

// count reads a whole number in [1, most]. It must be there unless there is a default.
func (h *header) count(key string, otherwise, most int) int {
	n := h.optional(key, otherwise)
	if n == 0 {
		h.fail(invalid("the header lacks %s%s", h.prefix, key))
		return 1
	}
	if n < 1 || n > most {
		h.fail(invalid("the header says %s%s = %d, which cannot be", h.prefix, key, n))
		return 1
	}
	return n
}

// optional reads a whole number. Where other families have one for each layer, a list of equal numbers counts as one.
func (h *header) optional(key string, otherwise int) int {
	v, ok := h.file.Value(h.prefix + key)
	if !ok {
		return otherwise
	}
	if n, ok := h.file.Int(h.prefix + key); ok {
		return n
	}
	if list, ok := h.file.Ints(h.prefix + key); ok && len(list) > 0 {
		if slices.Max(list) != slices.Min(list) {
			h.fail(unsupported("layers of different %s%s do not run here", h.prefix, key))
		}
		return list[0]
	}
	h.fail(invalid("the header gives %s%s as %v, not as a number", h.prefix, key, v.Type))
	return cmp.Or(otherwise, 1)
}

// number reads a number that is finite and not negative. It must be there unless there is a default.
func (h *header) number(key string, otherwise float64) float64 {
	x, ok := h.file.Float(h.prefix + key)
	if _, there := h.file.Value(h.prefix + key); !there && otherwise != 0 {
		return otherwise
	}
	if !ok || !(x >= 0 && x < 1e30) {
		h.fail(invalid("the header has no usable %s%s", h.prefix, key))
	}
	return x
}

func (h *header) fail(err error) {
	if h.err == nil {
		h.err = err
	}
}

// fault is a sentence for people with a sentinel for callers.
type fault struct {
	kind     error
	sentence string
}

func (f *fault) Error() string { return f.sentence }
func (f *fault) Unwrap() error { return f.kind }

func unsupported(format string, args ...any) error {
	return &fault{ErrUnsupported, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &fault{ErrInvalid, fmt.Sprintf(format, args...)}
}

func missing(tensor string) error {
	return invalid("the model file lacks the tensor %s", tensor)
}
