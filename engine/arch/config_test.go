package arch

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/tensor"
	"croft/engine/tinymodel"
)

// altered is a tiny model whose metadata and tensors were changed; a nil value removes a key.
func altered(t testing.TB, o tinymodel.Options, keys map[string]any, tensors func([]gguf.Tensor) []gguf.Tensor) *gguf.File {
	t.Helper()
	whole, err := tinymodel.Bytes(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	var kv []gguf.KV
	for k, v := range f.Keys() {
		if _, changed := keys[k]; !changed {
			kv = append(kv, gguf.KV{Key: k, Value: v})
		}
	}
	for k, v := range keys {
		if v != nil {
			kv = append(kv, gguf.KV{Key: k, Value: v})
		}
	}
	list := slices.Clone(f.Tensors())
	if tensors != nil {
		list = tensors(list)
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, list); err != nil {
		t.Fatal(err)
	}
	if f, err = gguf.Parse(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return f
}

func load(f *gguf.File) (*Network, error) {
	p := tensor.NewPool(1)
	n, err := Load(f, p, kernels.Best(), nil)
	return n, errors.Join(err, p.Close())
}

func TestConfigReadsTheHeader(t *testing.T) {
	c, err := ReadConfig(altered(t, tinymodel.Options{Family: "qwen3", Type: gguf.Q4_K, Rope: "yarn", Pooling: "last"}, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Family: "qwen3", Context: 512, Vocab: 384, Layers: 2, Embd: 256, Heads: 4, HeadsKV: 2, HeadDim: 64, FF: 256, Eps: 1e-5,
		Rope:    Rope{Dim: 64, Base: 10000, Scaling: "yarn", Factor: 4, Original: 32, Extrapolate: 1, BetaFast: 32, BetaSlow: 1, Attention: 1},
		Pooling: PoolingLast, CacheHalf: true, CacheBytesPerToken: 2 * 2 * 64 * 2 * 2,
	}
	if c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}

func TestConfigHasDefaults(t *testing.T) {
	c, err := ReadConfig(altered(t, tinymodel.Options{Heads: 4, HeadsKV: 4}, map[string]any{
		"llama.attention.head_count_kv": nil, "llama.attention.key_length": nil, "llama.attention.value_length": nil,
		"llama.rope.dimension_count": nil, "llama.rope.freq_base": nil, "llama.feed_forward_length": []int32{96, 96},
	}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.HeadsKV != 4 || c.HeadDim != 16 || c.Rope.Dim != 16 || c.Rope.Base != 10000 || c.FF != 96 {
		t.Errorf("%+v", c)
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		keys map[string]any
		kind error
		says string
	}{
		{map[string]any{"general.architecture": nil}, ErrInvalid, "does not say which family"},
		{map[string]any{"general.architecture": "mamba"}, ErrUnsupported, `family "mamba"; the families that run here are llama, qwen2, qwen3`},
		{map[string]any{"llama.block_count": nil}, ErrInvalid, "lacks llama.block_count"},
		{map[string]any{"llama.block_count": uint32(1 << 31)}, ErrInvalid, "llama.block_count = 2147483648"},
		{map[string]any{"llama.block_count": uint64(math.MaxUint64)}, ErrInvalid, "llama.block_count"},
		{map[string]any{"llama.block_count": "two"}, ErrInvalid, "llama.block_count"},
		{map[string]any{"llama.block_count": int32(-1)}, ErrInvalid, "= -1"},
		{map[string]any{"llama.embedding_length": uint32(65)}, ErrInvalid, "token_embd.weight has the shape [64 384]"},
		{map[string]any{"llama.attention.head_count_kv": uint32(3)}, ErrInvalid, "4 attention heads cannot share 3"},
		{map[string]any{"llama.attention.head_count_kv": []int32{2, 1}}, ErrUnsupported, "layers of different llama.attention.head_count_kv"},
		{map[string]any{"llama.attention.key_length": uint32(512)}, ErrUnsupported, "larger than the 256"},
		{map[string]any{"llama.attention.value_length": uint32(8)}, ErrUnsupported, "must have the same size"},
		{map[string]any{"llama.rope.dimension_count": uint32(18)}, ErrInvalid, "18 of 16"},
		{map[string]any{"llama.rope.dimension_count": uint32(15)}, ErrInvalid, "15 of 16"},
		{map[string]any{"llama.rope.freq_base": float32(0)}, ErrInvalid, "base 0"},
		{map[string]any{"llama.rope.freq_base": float32(math.NaN())}, ErrInvalid, "llama.rope.freq_base"},
		{map[string]any{"llama.rope.scaling.type": "longrope"}, ErrUnsupported, `"longrope"`},
		{map[string]any{"llama.rope.scaling.yarn_beta_fast": float32(0)}, ErrInvalid, "YaRN"},
		{map[string]any{"llama.attention.layer_norm_rms_epsilon": nil}, ErrInvalid, "layer_norm_rms_epsilon"},
		{map[string]any{"llama.expert_count": uint32(8)}, ErrUnsupported, "mixture of 8 experts"},
		{map[string]any{"llama.pooling_type": uint32(4)}, ErrUnsupported, "pools"},
	} {
		_, err := ReadConfig(altered(t, tinymodel.Options{}, c.keys, nil))
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want %q", c.keys, err, c.says)
		}
	}
}

func TestTensorsThatAreRefused(t *testing.T) {
	without := func(name string) func([]gguf.Tensor) []gguf.Tensor {
		return func(list []gguf.Tensor) []gguf.Tensor {
			return slices.DeleteFunc(list, func(t gguf.Tensor) bool { return t.Name == name })
		}
	}
	with := func(name string, values int) func([]gguf.Tensor) []gguf.Tensor {
		return func(list []gguf.Tensor) []gguf.Tensor {
			list = slices.DeleteFunc(list, func(t gguf.Tensor) bool { return t.Name == name })
			return append(list, gguf.Tensor{Name: name, Type: gguf.F32, Dims: []int{values}, Data: make([]byte, 4*values)})
		}
	}
	for _, c := range []struct {
		family  string
		tensors func([]gguf.Tensor) []gguf.Tensor
		kind    error
		says    string
	}{
		{"llama", without("blk.1.ffn_down.weight"), ErrInvalid, "lacks the tensor blk.1.ffn_down.weight"},
		{"llama", without("token_embd.weight"), ErrInvalid, "lacks the tensor token_embd.weight"},
		{"llama", without("output_norm.weight"), ErrInvalid, "lacks the tensor output_norm.weight"},
		{"qwen2", without("blk.0.attn_k.bias"), ErrInvalid, "lacks the tensor blk.0.attn_k.bias"},
		{"qwen3", without("blk.0.attn_q_norm.weight"), ErrInvalid, "lacks the tensor blk.0.attn_q_norm.weight"},
		{"llama", with("blk.0.attn_norm.weight", 63), ErrInvalid, "blk.0.attn_norm.weight has the shape [63] where the header asks for [64]"},
		{"llama", with("blk.0.attn_q.weight", 64), ErrInvalid, "blk.0.attn_q.weight has the shape [64]"},
		{"llama", with("blk.0.attn_sub_norm.weight", 64), ErrUnsupported, "weights of a kind that does not run here: blk.0.attn_sub_norm.weight"},
		{"qwen3", with("blk.0.attn_k.bias", 32), ErrUnsupported, "blk.0.attn_k.bias"},
		{"llama", with("rope_freqs.weight", 8), ErrInvalid, "divides frequency 0 by 0"},
	} {
		_, err := load(altered(t, tinymodel.Options{Family: c.family}, nil, c.tensors))
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
}

func TestLeftoversOfOldConvertersAreTaken(t *testing.T) {
	n, err := load(altered(t, tinymodel.Options{}, nil, func(list []gguf.Tensor) []gguf.Tensor {
		return append(list, gguf.Tensor{Name: "blk.0.attn_rot_embd", Type: gguf.F32, Dims: []int{4}, Data: make([]byte, 16)})
	}))
	if err != nil || n == nil {
		t.Error(err)
	}
}

// With weights that no family names there are no biases; some models of the llama family have them all.
func TestOptionalBiasesCount(t *testing.T) {
	bias := func(part string, n int) gguf.Tensor {
		data := bytes.Repeat([]byte{0, 0, 0x80, 0x3e}, n) // 0.25
		return gguf.Tensor{Name: "blk.0." + part + ".bias", Type: gguf.F32, Dims: []int{n}, Data: data}
	}
	scores := func(extra ...gguf.Tensor) []float32 {
		f := altered(t, tinymodel.Options{}, nil, func(list []gguf.Tensor) []gguf.Tensor { return append(list, extra...) })
		p := tensor.NewPool(1)
		defer p.Close()
		n, err := Load(f, p, kernels.Best(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return newReader(t, n).last(5, 6, 7)
	}
	none := scores()
	for part, n := range map[string]int{
		"attn_q": 64, "attn_k": 32, "attn_v": 32, "attn_output": 64, "ffn_gate": 96, "ffn_up": 96, "ffn_down": 64,
	} {
		if sameBits(scores(bias(part, n)), none) {
			t.Errorf("the bias of %s makes no difference", part)
		}
	}
}

func TestProgressAndBytes(t *testing.T) {
	f := altered(t, tinymodel.Options{Type: gguf.Q8_0}, nil, nil)
	p := tensor.NewPool(2)
	defer p.Close()
	var seen []float64
	n, err := Load(f, p, kernels.Best(), func(done float64) { seen = append(seen, done) })
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 || !slices.IsSorted(seen) || seen[0] <= 0 || seen[len(seen)-1] != 1 {
		t.Errorf("progress %v", seen)
	}
	if n.Bytes() < f.Size()/2 || n.Bytes() > f.Size()*3/2 {
		t.Errorf("%d bytes of weights from a file of %d", n.Bytes(), f.Size())
	}
}

func TestTrigonometry(t *testing.T) {
	for _, x := range []float64{0, 1e-9, 0.5, math.Pi / 4, 1, 3, 100, 12345.678, 131071, 1e6, -2} {
		s, c := sincos(x)
		ws, wc := math.Sincos(x)
		if math.Abs(s-ws) > 1e-15 || math.Abs(c-wc) > 1e-15 {
			t.Errorf("sincos(%v) = %v, %v; want %v, %v", x, s, c, ws, wc)
		}
	}
	for _, base := range []float64{1.5, 10000, 5e5, 1e6} {
		for _, e := range []float64{0, -0.015625, -0.5, -0.984375, -1} {
			if got, want := power(base, e), math.Pow(base, e); math.Abs(got-want) > 1e-14*want {
				t.Errorf("%v^%v = %v, want %v", base, e, got, want)
			}
		}
	}
}

// FuzzHeader puts a number where the header has another: the model is refused in one sentence, or it runs.
func FuzzHeader(f *testing.F) {
	whole, err := tinymodel.Bytes(tinymodel.Options{Family: "qwen3", Rope: "yarn", Layers: 1, Vocab: 259})
	if err != nil {
		f.Fatal(err)
	}
	file, err := gguf.Parse(whole)
	if err != nil {
		f.Fatal(err)
	}
	var keys []string
	for k := range file.Keys() {
		if strings.HasPrefix(k, "qwen3.") {
			keys = append(keys, k)
		}
	}
	keys = append(keys, "qwen3.rope.scaling.yarn_ext_factor", "qwen3.rope.scaling.yarn_beta_slow", "qwen3.rope.scale_linear", "qwen3.pooling_type")
	for i := range keys {
		f.Add(uint8(i), uint8(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, key, kind uint8, bits uint64) {
		values := []any{bits, uint32(bits), int32(bits), math.Float32frombits(uint32(bits)), math.Float64frombits(bits), bits&1 == 1, []uint32{uint32(bits)}}
		changed := map[string]any{keys[int(key)%len(keys)]: values[int(kind)%len(values)]}
		n, err := load(altered(t, tinymodel.Options{Family: "qwen3", Rope: "yarn", Layers: 1, Vocab: 259}, changed, nil))
		if err == nil {
			n.NewCache(2).Free()
			return
		}
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", changed, err)
		}
	})
}
