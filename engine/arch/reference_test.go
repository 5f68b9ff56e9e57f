package arch

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/tensor"
	"croft/engine/tinymodel"
)

// plain is the forward pass as the papers have it: float64, one token after another, no kernel of ours.
type plain struct {
	t    *testing.T
	f    *gguf.File
	c    Config
	keys [][][]float64 // layer, position, (hKV·hd)
	vals [][][]float64
	read map[string][]float64
}

func newPlain(t *testing.T, path string) *plain {
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	c, err := ReadConfig(f)
	if err != nil {
		t.Fatal(err)
	}
	return &plain{t, f, c, make([][][]float64, c.Layers), make([][][]float64, c.Layers), map[string][]float64{}}
}

// values are a tensor's numbers, or nil when there is no such tensor.
func (p *plain) values(name string) []float64 {
	if x, ok := p.read[name]; ok {
		return x
	}
	t, ok := p.f.Tensor(name)
	if !ok {
		return nil
	}
	x := make([]float32, t.Values())
	if err := tensor.Dequantize(t.Type, t.Data, x); err != nil {
		p.t.Fatal(err)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	p.read[name] = out
	return out
}

// linear is x @ Wᵀ + bias.
func (p *plain) linear(name string, x []float64) []float64 {
	w, bias := p.values(name+".weight"), p.values(name+".bias")
	out := make([]float64, len(w)/len(x))
	for r := range out {
		for k, v := range x {
			out[r] += w[r*len(x)+k] * v
		}
		if bias != nil {
			out[r] += bias[r]
		}
	}
	return out
}

func (p *plain) norm(name string, x []float64) []float64 {
	w, out, squares := p.values(name), make([]float64, len(x)), 0.0
	for _, v := range x {
		squares += v * v
	}
	for i := range x {
		out[i] = x[i] / math.Sqrt(squares/float64(len(x))+float64(p.c.Eps)) * w[i]
	}
	return out
}

// rotate turns the pairs of a head, whose frequencies are written out here once more.
func (p *plain) rotate(x []float64, pos int) {
	r := p.c.Rope
	factors := p.values("rope_freqs.weight")
	for i := range r.Dim / 2 {
		angle := float64(pos) * math.Pow(r.Base, -2*float64(i)/float64(r.Dim))
		magnitude := 1.0
		if factors != nil {
			angle /= factors[i]
		}
		switch r.Scaling {
		case "linear":
			angle /= r.Factor
		case "yarn":
			turns := float64(r.Original) * math.Pow(r.Base, -2*float64(i)/float64(r.Dim)) / (2 * math.Pi)
			low, high := math.Floor(yarnPair(r, 32)), math.Ceil(yarnPair(r, 1))
			kept := 1 - min(1, max(0, (float64(i)-max(low, 0))/max(0.001, min(high, float64(r.Dim-1))-max(low, 0))))
			if turns < 0 {
				p.t.Fatal("a frequency below 0")
			}
			angle = angle/r.Factor*(1-kept) + angle*kept
			magnitude = 1 + 0.1*math.Log(r.Factor)
		}
		a, b := i, i+r.Dim/2
		if p.c.Family == "llama" {
			a, b = 2*i, 2*i+1
		}
		s, c := math.Sincos(angle)
		x[a], x[b] = magnitude*(x[a]*c-x[b]*s), magnitude*(x[b]*c+x[a]*s)
	}
}

// yarnPair is the pair that turns so often within the original context.
func yarnPair(r Rope, turns float64) float64 {
	return float64(r.Dim) * math.Log(float64(r.Original)/(turns*2*math.Pi)) / (2 * math.Log(r.Base))
}

// heads norms, where the family does, and rotates each head of x.
func (p *plain) heads(x []float64, norm string, pos int) []float64 {
	for at := 0; at < len(x); at += p.c.HeadDim {
		head := x[at : at+p.c.HeadDim]
		if p.c.Family == "qwen3" {
			copy(head, p.norm(norm, head))
		}
		p.rotate(head, pos)
	}
	return x
}

func (p *plain) attention(layer int, q []float64) []float64 {
	c, out := p.c, make([]float64, len(q))
	for h := range c.Heads {
		kv, at := h/c.Group()*c.HeadDim, h*c.HeadDim
		weights, total := make([]float64, len(p.keys[layer])), 0.0
		for pos, k := range p.keys[layer] {
			score := 0.0
			for d := range c.HeadDim {
				score += q[at+d] * k[kv+d]
			}
			weights[pos] = math.Exp(score / math.Sqrt(float64(c.HeadDim)))
			total += weights[pos]
		}
		for pos, v := range p.vals[layer] {
			for d := range c.HeadDim {
				out[at+d] += weights[pos] / total * v[kv+d]
			}
		}
	}
	return out
}

// next returns the scores after one more token.
func (p *plain) next(token int) []float64 {
	c := p.c
	x := slices.Clone(p.values("token_embd.weight")[token*c.Embd : (token+1)*c.Embd])
	add := func(y []float64) {
		for i := range x {
			x[i] += y[i]
		}
	}
	for l := range c.Layers {
		name := func(part string) string { return fmt.Sprintf("blk.%d.%s", l, part) }
		pos := len(p.keys[l])
		h := p.norm(name("attn_norm.weight"), x)
		p.keys[l] = append(p.keys[l], p.heads(p.linear(name("attn_k"), h), name("attn_k_norm.weight"), pos))
		p.vals[l] = append(p.vals[l], p.linear(name("attn_v"), h))
		q := p.heads(p.linear(name("attn_q"), h), name("attn_q_norm.weight"), pos)
		add(p.linear(name("attn_output"), p.attention(l, q)))
		h = p.norm(name("ffn_norm.weight"), x)
		gate, up := p.linear(name("ffn_gate"), h), p.linear(name("ffn_up"), h)
		for i, g := range gate {
			gate[i] = g / (1 + math.Exp(-g)) * up[i]
		}
		add(p.linear(name("ffn_down"), gate))
	}
	h := p.norm("output_norm.weight", x)
	if _, ok := p.f.Tensor("output.weight"); !ok {
		return p.linear("token_embd", h)
	}
	return p.linear("output", h)
}

// models are the kinds of files that a test should see: every family, every type, every scaling of the rotation.
// Three of them do for -short, which is for processors that are emulated.
func models() []tinymodel.Options {
	var all []tinymodel.Options
	if testing.Short() {
		return []tinymodel.Options{
			{Family: "qwen2", Type: gguf.Q8_0, Layers: 1, HeadDim: 80, Heads: 4, HeadsKV: 1},
			{Family: "qwen3", Type: gguf.Q4_K, Layers: 1},
			{Rope: "llama3", Layers: 1},
		}
	}
	for _, family := range []string{"llama", "qwen2", "qwen3"} {
		for _, kind := range []gguf.Type{gguf.F32, gguf.F16, gguf.BF16, gguf.Q4_0, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K} {
			all = append(all, tinymodel.Options{Family: family, Type: kind, Seed: 1})
		}
	}
	for _, rope := range []string{"linear", "yarn", "llama3"} {
		all = append(all, tinymodel.Options{Rope: rope, Seed: 2})
	}
	return append(all,
		tinymodel.Options{HeadDim: 8, Heads: 8, HeadsKV: 4, Seed: 3},
		tinymodel.Options{Family: "qwen3", HeadDim: 80, Heads: 3, HeadsKV: 1, Seed: 4},
		tinymodel.Options{Family: "qwen2", HeadDim: 96, Heads: 2, HeadsKV: 2, Seed: 5},
	)
}

func label(o tinymodel.Options) string {
	return fmt.Sprintf("%s %v %s%d", o.Family, o.Type, o.Rope, o.HeadDim)
}

func writeModel(t testing.TB, o tinymodel.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := tinymodel.Write(path, o); err != nil {
		t.Fatal(err)
	}
	return path
}

// somewhat random tokens of a tiny model.
func someTokens(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = 3 + (i*i*7+i*13)%380
	}
	return ids
}

func TestReference(t *testing.T) {
	for _, o := range models() {
		t.Run(label(o), func(t *testing.T) {
			path := writeModel(t, o)
			ids := someTokens(40)
			n := openNetwork(t, path, kernels.Best(), 2)
			got := newReader(t, n).all(ids)
			p, vocab := newPlain(t, path), n.Vocabulary()
			var want []float64
			for _, id := range ids {
				want = append(want, p.next(id)...)
			}
			mean, spread := 0.0, 0.0
			for _, v := range want {
				mean += v / float64(len(want))
			}
			for _, v := range want {
				spread += (v - mean) * (v - mean) / float64(len(want))
			}
			spread = math.Sqrt(spread)
			if spread < 1 {
				t.Fatalf("scores spread over %.2g: the test would see little", spread)
			}
			// Quantized weights multiply inputs of 8 bits, so about one part in 30 is lost; floats lose almost nothing.
			tolerance := 5e-4
			if n.Config().CacheHalf {
				tolerance = 0.06 * spread
			}
			most, rms := difference(got, want)
			if rms > tolerance || most > 8*tolerance {
				t.Errorf("off by %.2g, rms %.2g, where scores of %d tokens spread over %.2g", most, rms, vocab, spread)
			}
		})
	}
}
